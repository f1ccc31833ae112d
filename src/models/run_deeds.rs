//! What runs have done on servers to read them: once, also where a run is taken up again by another worker (J03).

use chrono::{DateTime, Utc};
use diesel::prelude::*;

use super::ids::{ExecutionId, RunId, ServerId};
use crate::db::schema::run_deeds;

/// One row of `run_deeds`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, HasQuery, Identifiable, Insertable)]
#[diesel(table_name = run_deeds, primary_key(run_id, server_id))]
#[expect(missing_docs, reason = "the migration describes the columns")]
pub struct RunDeed {
    pub run_id: RunId,
    pub server_id: ServerId,
    pub execution_id: ExecutionId,
    pub done_at: DateTime<Utc>,
}

impl RunDeed {
    /// What a run has done on a server; none where it has done nothing yet.
    pub fn of(connection: &mut PgConnection, run: RunId, server: ServerId) -> QueryResult<Option<Self>> {
        Self::query().find((run, server)).first(connection).optional()
    }

    /// Remembers it, in the transaction that writes what is done; false where it was done before.
    pub fn insert(&self, connection: &mut PgConnection) -> QueryResult<bool> {
        diesel::insert_into(run_deeds::table)
            .values(self)
            .on_conflict_do_nothing()
            .execute(connection)
            .map(|inserted| inserted == 1)
    }
}
