//! How far sources have read on servers. A mark moves in the transaction that writes the reading up to it, or not at all.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use serde_json::Value;

use super::ids::{RunId, ScenarioId, ServerId};
use crate::db::schema::source_marks;

/// One row of `source_marks`.
#[derive(Debug, Clone, PartialEq, HasQuery, Identifiable)]
#[diesel(table_name = source_marks, primary_key(scenario_id, server_id))]
#[expect(missing_docs, reason = "the migration describes the columns")]
pub struct SourceMark {
    pub scenario_id: ScenarioId,
    pub server_id: ServerId,
    pub mark: Value,
    pub moves: i64,
    pub run_id: Option<RunId>,
    pub moved_at: DateTime<Utc>,
}

/// Where a reading ended.
#[derive(Debug, Clone, PartialEq)]
pub struct NewMark {
    /// On which server.
    pub server: ServerId,
    /// In the words of the source.
    pub mark: Value,
    /// How often the mark had moved that the reading began at; 0 where there was none.
    pub seen: i64,
}

impl SourceMark {
    /// Where the last reading of a scenario ended on a server; none before the first.
    pub fn of(connection: &mut PgConnection, scenario: ScenarioId, server: ServerId) -> QueryResult<Option<Self>> {
        Self::query().find((scenario, server)).first(connection).optional()
    }
}

impl NewMark {
    /// Moves the mark; false where another run has moved it since the reading began, and what was read is not what is new.
    pub fn moves(
        &self,
        connection: &mut PgConnection,
        (scenario, run): (ScenarioId, RunId),
        now: DateTime<Utc>,
    ) -> QueryResult<bool> {
        let to =
            (source_marks::mark.eq(&self.mark), source_marks::run_id.eq(Some(run)), source_marks::moved_at.eq(now));
        let moved = if self.seen == 0 {
            diesel::insert_into(source_marks::table)
                .values((source_marks::scenario_id.eq(scenario), source_marks::server_id.eq(self.server), to))
                .on_conflict_do_nothing()
                .execute(connection)?
        } else {
            let seen = source_marks::table.find((scenario, self.server)).filter(source_marks::moves.eq(self.seen));
            diesel::update(seen).set((to, source_marks::moves.eq(source_marks::moves + 1))).execute(connection)?
        };
        Ok(moved == 1)
    }
}
