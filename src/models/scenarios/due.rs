//! Which scenarios are due, one process at a time for each (J02).

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use serde_json::Value;

use super::{Missed, Overlap, Scenario};
use crate::db::schema::scenarios;
use crate::models::ids::{ScenarioId, UserId};

/// What is needed to fire one.
#[derive(Debug, Clone, PartialEq, HasQuery)]
#[diesel(table_name = scenarios)]
#[expect(missing_docs, reason = "the migration describes the columns")]
pub struct DueScenario {
    pub id: ScenarioId,
    pub schedule: Value,
    pub source: String,
    pub grace_seconds: Option<i32>,
    pub missed: Missed,
    pub overlap: Overlap,
    pub parallel_most: i32,
    pub next_slot: Option<DateTime<Utc>>,
}

/// What comes next of one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Next {
    /// Of which.
    pub id: ScenarioId,
    /// The slot; none where there is no more.
    pub slot: Option<DateTime<Utc>>,
    /// When it is run: later than the slot where chance puts it off.
    pub run_at: Option<DateTime<Utc>>,
}

impl DueScenario {
    /// At most `limit` that are due, which nobody else has in hand; held until the transaction ends.
    pub fn take(connection: &mut PgConnection, now: DateTime<Utc>, limit: i64) -> QueryResult<Vec<Self>> {
        Self::query()
            .filter(scenarios::enabled.and(scenarios::next_run_at.le(now)))
            .order(scenarios::next_run_at)
            .limit(limit)
            .for_update()
            .skip_locked()
            .load(connection)
    }

    /// The one of an id, held until the transaction ends: whoever else fires it waits.
    pub fn hold(connection: &mut PgConnection, id: ScenarioId) -> QueryResult<Option<Self>> {
        Self::query().filter(scenarios::id.eq(id)).for_update().first(connection).optional()
    }
}

impl Scenario {
    /// At most `limit` that come before a moment, the next one first, and how many there are in all; of one owner, or of everybody.
    pub fn coming(
        connection: &mut PgConnection,
        owner: Option<UserId>,
        until: DateTime<Utc>,
        limit: i64,
    ) -> QueryResult<(Vec<Self>, i64)> {
        let coming = || {
            let mut coming =
                scenarios::table.filter(scenarios::enabled.and(scenarios::next_slot.le(until))).into_boxed();
            if let Some(owner) = owner {
                coming = coming.filter(scenarios::owner_id.eq(owner));
            }
            coming
        };
        let first = coming().select(Self::as_select()).order((scenarios::next_slot, scenarios::id)).limit(limit);
        Ok((first.load(connection)?, coming().count().get_result(connection)?))
    }

    /// Writes the slots that come next, and when they are run.
    pub fn advance(connection: &mut PgConnection, nexts: &[Next]) -> QueryResult<usize> {
        use diesel::sql_types::{Array, BigInt, Nullable, Timestamptz};
        let ids: Vec<i64> = nexts.iter().map(|next| next.id.0).collect();
        let slots: Vec<Option<DateTime<Utc>>> = nexts.iter().map(|next| next.slot).collect();
        let runs: Vec<Option<DateTime<Utc>>> = nexts.iter().map(|next| next.run_at).collect();
        diesel::sql_query(
            "update scenarios set next_slot = next.slot, next_run_at = next.run
             from unnest($1::bigint[], $2::timestamptz[], $3::timestamptz[]) as next (id, slot, run)
             where scenarios.id = next.id",
        )
        .bind::<Array<BigInt>, _>(ids)
        .bind::<Array<Nullable<Timestamptz>>, _>(slots)
        .bind::<Array<Nullable<Timestamptz>>, _>(runs)
        .execute(connection)
    }
}
