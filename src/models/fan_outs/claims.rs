//! Who works on a fan-out: every step is a compare-and-set on a growing token (J02, J05).

use chrono::{DateTime, TimeDelta, Utc};
use diesel::prelude::*;

use super::{FanOut, FanOutState};
use crate::db::schema::{executions, fan_out_members, fan_outs};
use crate::language::Message;
use crate::models::ids::{ExecutionId, FanOutId};

/// How long a claim holds without a sign of life.
pub(super) const LEASE: TimeDelta = TimeDelta::seconds(60);

/// How one ended.
#[derive(Debug, Clone, PartialEq)]
pub struct FanOutEnd {
    /// In which state.
    pub state: FanOutState,
    /// Why no more began, as a sentence.
    pub why: Option<Message>,
}

/// Whose end somebody has asked for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Asked {
    /// Of all of it.
    pub all: bool,
    /// Of these alone.
    pub executions: Vec<ExecutionId>,
}

impl FanOut {
    /// Takes it, if nobody has since it was queued with this token.
    pub fn claim(
        connection: &mut PgConnection,
        id: FanOutId,
        token: i64,
        now: DateTime<Utc>,
    ) -> QueryResult<Option<Self>> {
        let begun: Option<DateTime<Utc>> =
            fan_outs::table.find(id).select(fan_outs::started_at).first(connection).optional()?.flatten();
        diesel::update(fan_outs::table.find(id))
            .filter(fan_outs::token.eq(token).and(fan_outs::lease_until.is_null()))
            .filter(fan_outs::ended_at.is_null())
            .set((
                fan_outs::state.eq(FanOutState::Running),
                fan_outs::lease_until.eq(now + LEASE),
                fan_outs::started_at.eq(begun.unwrap_or(now)),
            ))
            .returning(Self::as_returning())
            .get_result(connection)
            .optional()
    }

    /// A sign of life of it and of its executions that run here; false where somebody else has it now.
    pub fn renew(
        &self,
        connection: &mut PgConnection,
        running: &[ExecutionId],
        now: DateTime<Utc>,
    ) -> QueryResult<bool> {
        let of_it = executions::table.filter(executions::id.eq_any(running));
        diesel::update(of_it.filter(executions::token.eq(0).and(executions::ended_at.is_null())))
            .set(executions::lease_until.eq(now + LEASE))
            .execute(connection)?;
        let held = fan_outs::table.find(self.id).filter(fan_outs::token.eq(self.token));
        diesel::update(held.filter(fan_outs::ended_at.is_null()))
            .set(fan_outs::lease_until.eq(now + LEASE))
            .execute(connection)
            .map(|held| held == 1)
    }

    /// Gives it back: another process goes on with those that wait (R06).
    pub fn release(&self, connection: &mut PgConnection, now: DateTime<Utc>) -> QueryResult<()> {
        let held = fan_outs::table.find(self.id).filter(fan_outs::token.eq(self.token));
        diesel::update(held.filter(fan_outs::ended_at.is_null()))
            .set(fan_outs::lease_until.eq(now - TimeDelta::seconds(1)))
            .execute(connection)
            .map(drop)
    }

    /// Holds it until the transaction ends; false where somebody else has it now, or where it was asked to end: one or the other
    /// comes first, and what was asked to end by then never begins (P07).
    pub fn may_begin(&self, connection: &mut PgConnection) -> QueryResult<bool> {
        let held = fan_outs::table.filter(fan_outs::id.eq(self.id).and(fan_outs::token.eq(self.token)));
        let held = held.filter(fan_outs::ended_at.is_null().and(fan_outs::stop_asked_by.is_null()));
        let found: Option<FanOutId> = held.select(fan_outs::id).for_update().first(connection).optional()?;
        Ok(found.is_some())
    }

    /// Until when it rests before the next batch: what stands there already, or this moment.
    pub fn rests_until(&self, connection: &mut PgConnection, until: DateTime<Utc>) -> QueryResult<DateTime<Utc>> {
        let held = fan_outs::table.find(self.id).filter(fan_outs::token.eq(self.token));
        diesel::update(held.filter(fan_outs::pause_until.is_null()))
            .set(fan_outs::pause_until.eq(until))
            .execute(connection)?;
        let stands: Option<DateTime<Utc>> =
            fan_outs::table.find(self.id).select(fan_outs::pause_until).first(connection)?;
        Ok(stands.unwrap_or(until))
    }

    /// The rest is over: the next batch begins.
    pub fn has_rested(&self, connection: &mut PgConnection) -> QueryResult<usize> {
        let held = fan_outs::table.find(self.id).filter(fan_outs::token.eq(self.token));
        diesel::update(held).set(fan_outs::pause_until.eq(None::<DateTime<Utc>>)).execute(connection)
    }

    /// Whose end somebody has asked for.
    pub fn asked_to_stop(connection: &mut PgConnection, id: FanOutId) -> QueryResult<Asked> {
        let by: Option<String> = fan_outs::table.find(id).select(fan_outs::stop_asked_by).first(connection)?;
        let executions = fan_out_members::table
            .inner_join(executions::table)
            .filter(fan_out_members::fan_out_id.eq(id))
            .filter(executions::stop_asked_by.is_not_null().and(executions::ended_at.is_null()))
            .select(executions::id)
            .load(connection)?;
        Ok(Asked { all: by.is_some(), executions })
    }

    /// Asks for the end of it and of all that run; false where it has ended already.
    pub fn ask_to_stop(connection: &mut PgConnection, id: FanOutId, by: &str) -> QueryResult<bool> {
        let open = fan_outs::table.find(id).filter(fan_outs::ended_at.is_null());
        if diesel::update(open).set(fan_outs::stop_asked_by.eq(by)).execute(connection)? == 0 {
            return Ok(false);
        }
        let of_it = fan_out_members::table
            .filter(fan_out_members::fan_out_id.eq(id))
            .select(fan_out_members::execution_id.assume_not_null());
        let of_it = of_it.filter(fan_out_members::execution_id.is_not_null());
        diesel::update(executions::table.filter(executions::id.eq_any(of_it)).filter(executions::ended_at.is_null()))
            .set(executions::stop_asked_by.eq(by))
            .execute(connection)?;
        Ok(true)
    }

    /// Frees those whose worker was not heard of, to be queued with the token that each has now.
    pub fn free_lost(connection: &mut PgConnection, now: DateTime<Utc>) -> QueryResult<Vec<Self>> {
        diesel::update(fan_outs::table.filter(fan_outs::lease_until.lt(now)).filter(fan_outs::ended_at.is_null()))
            .set((
                fan_outs::token.eq(fan_outs::token + 1),
                fan_outs::lease_until.eq(None::<DateTime<Utc>>),
                fan_outs::state.eq(FanOutState::Queued),
            ))
            .returning(Self::as_returning())
            .get_results(connection)
    }

    /// How it ended; false where somebody else has it now.
    pub fn end(&self, connection: &mut PgConnection, end: &FanOutEnd, now: DateTime<Utc>) -> QueryResult<bool> {
        let held = fan_outs::table.find(self.id).filter(fan_outs::token.eq(self.token));
        diesel::update(held.filter(fan_outs::ended_at.is_null()))
            .set((
                fan_outs::state.eq(end.state),
                fan_outs::why.eq(end.why.as_ref().and_then(|why| serde_json::to_value(why).ok())),
                fan_outs::ended_at.eq(now),
                fan_outs::lease_until.eq(None::<DateTime<Utc>>),
                fan_outs::pause_until.eq(None::<DateTime<Utc>>),
            ))
            .execute(connection)
            .map(|ended| ended == 1)
    }
}
