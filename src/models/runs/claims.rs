//! Who works on a run: every step is a compare-and-set on a growing token (J02, J05).

use chrono::{DateTime, TimeDelta, Utc};
use diesel::prelude::*;
use serde_json::Value;

use super::{Run, RunState};
use crate::db::schema::{deliveries, runs};
use crate::language::Message;
use crate::models::deliveries::DeliveryState;
use crate::models::ids::{RunId, ScenarioId};

/// How long a claim holds without a sign of life.
const LEASE: TimeDelta = TimeDelta::seconds(60);
/// What ends its worker this often is not begun again (J03).
pub const MOST_TRIES: i32 = 3;

/// How one ended, or that it only waits for another try of what could not be told.
#[derive(Debug, Clone, PartialEq)]
pub struct RunEnd {
    /// In which state.
    pub state: RunState,
    /// Why, as a sentence.
    pub why: Option<Message>,
}

impl Run {
    /// Takes those that nobody has taken since they were queued with this token.
    pub fn claim(
        connection: &mut PgConnection,
        ids: &[RunId],
        token: i64,
        now: DateTime<Utc>,
    ) -> QueryResult<Vec<Self>> {
        let queued = runs::table.filter(runs::id.eq_any(ids).and(runs::token.eq(token)));
        let queued = queued.filter(runs::state.eq(RunState::Queued).and(runs::lease_until.is_null()));
        diesel::update(queued)
            .set((
                runs::state.eq(RunState::Running),
                runs::tries.eq(runs::tries + 1),
                runs::lease_until.eq(now + LEASE),
                runs::started_at.eq(now),
            ))
            .returning(Self::as_returning())
            .get_results(connection)
    }

    /// A sign of life of all of them; gives those that are still held.
    pub fn renew(
        connection: &mut PgConnection,
        ids: &[RunId],
        token: i64,
        now: DateTime<Utc>,
    ) -> QueryResult<Vec<RunId>> {
        diesel::update(runs::table.filter(runs::id.eq_any(ids).and(runs::token.eq(token))))
            .filter(runs::state.eq(RunState::Running))
            .set(runs::lease_until.eq(now + LEASE))
            .returning(runs::id)
            .get_results(connection)
    }

    /// Gives them back, to be begun again by another process: what was read changes nothing (R06).
    pub fn release(connection: &mut PgConnection, ids: &[RunId], token: i64, now: DateTime<Utc>) -> QueryResult<usize> {
        diesel::update(runs::table.filter(runs::id.eq_any(ids).and(runs::token.eq(token))))
            .filter(runs::state.eq(RunState::Running))
            .set((runs::lease_until.eq(now - TimeDelta::seconds(1)), runs::tries.eq(runs::tries - 1)))
            .execute(connection)
    }

    /// Frees those whose worker was not heard of, to be queued with the token that each has now.
    pub fn free_lost(connection: &mut PgConnection, now: DateTime<Utc>) -> QueryResult<Vec<Self>> {
        diesel::update(runs::table.filter(runs::lease_until.lt(now).and(runs::ended_at.is_null())))
            .set((
                runs::token.eq(runs::token + 1),
                runs::lease_until.eq(None::<DateTime<Utc>>),
                runs::state.eq(RunState::Queued),
            ))
            .returning(Self::as_returning())
            .get_results(connection)
    }

    /// Those that only waited for deliveries which have all ended since: whoever sent the last one died before it said so. Held until
    /// the transaction ends.
    pub fn left_open(connection: &mut PgConnection, limit: i64) -> QueryResult<Vec<Self>> {
        let open = deliveries::state.eq_any([DeliveryState::Pending, DeliveryState::Sending]);
        let open = deliveries::table.filter(deliveries::run_id.eq(runs::id).and(open));
        Self::query()
            .filter(runs::state.eq(RunState::Delivering).and(runs::ended_at.is_null()))
            .filter(diesel::dsl::not(diesel::dsl::exists(open)))
            .order(runs::id)
            .limit(limit)
            .for_update()
            .skip_locked()
            .load(connection)
    }

    /// Who asked for the end of these, if anybody has.
    pub fn asked_to_stop(connection: &mut PgConnection, ids: &[RunId]) -> QueryResult<Vec<(RunId, String)>> {
        runs::table
            .filter(runs::id.eq_any(ids))
            .select((runs::id, runs::stop_asked_by.assume_not_null()))
            .filter(runs::stop_asked_by.is_not_null())
            .load(connection)
    }

    /// Writes what was read; false where somebody else has it now.
    pub fn reads(&self, connection: &mut PgConnection, readings: &Value) -> QueryResult<bool> {
        let held = runs::table.find(self.id).filter(runs::token.eq(self.token).and(runs::state.eq(RunState::Running)));
        diesel::update(held).set(runs::readings.eq(readings)).execute(connection).map(|held| held == 1)
    }

    /// How it ended, or how it goes on without a worker; false where somebody else has it now.
    pub fn end(&self, connection: &mut PgConnection, end: &RunEnd, now: DateTime<Utc>) -> QueryResult<bool> {
        let held = runs::table.find(self.id).filter(runs::token.eq(self.token).and(runs::ended_at.is_null()));
        let (ended_at, took_ms) = if end.state == RunState::Delivering {
            (None, None)
        } else {
            let since = self.started_at.unwrap_or(self.queued_at);
            (Some(now), Some((now - since).num_milliseconds().max(0)))
        };
        diesel::update(held)
            .set((
                runs::state.eq(end.state),
                runs::why.eq(end.why.as_ref().and_then(|why| serde_json::to_value(why).ok())),
                runs::ended_at.eq(ended_at),
                runs::took_ms.eq(took_ms),
                runs::lease_until.eq(None::<DateTime<Utc>>),
            ))
            .execute(connection)
            .map(|ended| ended == 1)
    }

    /// The run of an id, held until the transaction ends: no worker takes it meanwhile.
    pub fn hold(connection: &mut PgConnection, id: RunId) -> QueryResult<Self> {
        Self::query().filter(runs::id.eq(id)).for_update().first(connection)
    }

    /// Asks for the end of one that goes on; false where it has ended.
    pub fn ask_to_stop(connection: &mut PgConnection, id: RunId, by: &str) -> QueryResult<bool> {
        diesel::update(runs::table.find(id).filter(runs::ended_at.is_null()))
            .set(runs::stop_asked_by.eq(by))
            .execute(connection)
            .map(|asked| asked == 1)
    }

    /// Lets the oldest one that waits for the end of another begin; none where none does.
    pub fn begin_waiting(connection: &mut PgConnection, scenario: ScenarioId) -> QueryResult<Option<Self>> {
        let waiting: Option<RunId> = runs::table
            .filter(runs::scenario_id.eq(scenario).and(runs::state.eq(RunState::Waiting)))
            .order(runs::id)
            .select(runs::id)
            .for_update()
            .first(connection)
            .optional()?;
        let Some(id) = waiting else { return Ok(None) };
        diesel::update(runs::table.find(id))
            .set(runs::state.eq(RunState::Queued))
            .returning(Self::as_returning())
            .get_result(connection)
            .optional()
    }
}
