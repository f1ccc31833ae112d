//! Who works on an execution: every step is a compare-and-set on a growing token (J02, J03, J05).

use chrono::{DateTime, TimeDelta, Utc};
use diesel::prelude::*;

use super::{Execution, ExecutionState};
use crate::db::schema::executions;
use crate::language::Message;
use crate::models::ids::ExecutionId;

/// How long a claim holds without a sign of life.
const LEASE: TimeDelta = TimeDelta::seconds(60);

/// How one ended.
#[derive(Debug, Clone, PartialEq)]
pub struct End {
    /// In which state.
    pub state: ExecutionState,
    /// The exit status, where there was one.
    pub exit_status: Option<i32>,
    /// Why, as a sentence.
    pub why: Option<Message>,
    /// What the command left for us to read.
    pub answer: String,
}

impl Execution {
    /// Takes it, if nobody has since it was queued with this token.
    pub fn claim(
        connection: &mut PgConnection,
        id: ExecutionId,
        token: i64,
        now: DateTime<Utc>,
    ) -> QueryResult<Option<Self>> {
        diesel::update(executions::table.find(id))
            .filter(executions::token.eq(token).and(executions::lease_until.is_null()))
            .filter(executions::ended_at.is_null())
            .set(executions::lease_until.eq(now + LEASE))
            .returning(Self::as_returning())
            .get_result(connection)
            .optional()
    }

    /// A sign of life; false where somebody else has it now.
    pub fn renew(&self, connection: &mut PgConnection, now: DateTime<Utc>) -> QueryResult<bool> {
        let held = executions::table.find(self.id).filter(executions::token.eq(self.token));
        diesel::update(held).set(executions::lease_until.eq(now + LEASE)).execute(connection).map(|held| held == 1)
    }

    /// Gives it back: another worker goes on at once.
    pub fn release(&self, connection: &mut PgConnection, now: DateTime<Utc>) -> QueryResult<()> {
        let held = executions::table.find(self.id).filter(executions::token.eq(self.token));
        diesel::update(held).set(executions::lease_until.eq(now - TimeDelta::seconds(1))).execute(connection).map(drop)
    }

    /// Frees those whose worker was not heard of, to be queued with the token that each has now.
    pub fn free_lost(connection: &mut PgConnection, now: DateTime<Utc>) -> QueryResult<Vec<(ExecutionId, i64)>> {
        diesel::update(executions::table.filter(executions::lease_until.lt(now)).filter(executions::ended_at.is_null()))
            .set((executions::token.eq(executions::token + 1), executions::lease_until.eq(None::<DateTime<Utc>>)))
            .returning((executions::id, executions::token))
            .get_results(connection)
    }

    /// Its file is on its way to a folder of this word; false where somebody else has it now.
    pub fn copies_to(&self, connection: &mut PgConnection, file_place: &str) -> QueryResult<bool> {
        let held = executions::table.find(self.id).filter(executions::token.eq(self.token));
        diesel::update(held)
            .set((executions::state.eq(ExecutionState::Copying), executions::file_place.eq(file_place)))
            .execute(connection)
            .map(|moved| moved == 1)
    }

    /// Its start is about to be sent; false where somebody else has it now, or where it was asked to end: one or the other comes
    /// first, and what was asked to end by then is never sent.
    pub fn starts(&self, connection: &mut PgConnection, now: DateTime<Utc>) -> QueryResult<bool> {
        let held = executions::table.find(self.id).filter(executions::token.eq(self.token));
        diesel::update(held.filter(executions::stop_asked_by.is_null()))
            .set((executions::state.eq(ExecutionState::Starting), executions::started_at.eq(now)))
            .execute(connection)
            .map(|moved| moved == 1)
    }

    /// Who asked for its end, if anybody has.
    pub fn stop_asked_by(connection: &mut PgConnection, id: ExecutionId) -> QueryResult<Option<String>> {
        executions::table.find(id).select(executions::stop_asked_by).first(connection)
    }

    /// How it ended; false where somebody else has it now.
    pub fn end(&self, connection: &mut PgConnection, end: &End, now: DateTime<Utc>) -> QueryResult<bool> {
        let why = end.why.as_ref().and_then(|why| serde_json::to_value(why).ok());
        let open = executions::table.find(self.id).filter(executions::token.eq(self.token));
        diesel::update(open.filter(executions::ended_at.is_null()))
            .set((
                executions::state.eq(end.state),
                executions::exit_status.eq(end.exit_status),
                executions::why.eq(why),
                executions::answer.eq(end.answer.replace('\0', "\u{fffd}")),
                executions::ended_at.eq(now),
                executions::lease_until.eq(None::<DateTime<Utc>>),
            ))
            .execute(connection)
            .map(|ended| ended == 1)
    }

    /// Asks for the end of one. False where it has ended already.
    pub fn ask_to_stop(connection: &mut PgConnection, id: ExecutionId, by: &str) -> QueryResult<bool> {
        diesel::update(executions::table.find(id).filter(executions::ended_at.is_null()))
            .set(executions::stop_asked_by.eq(by))
            .execute(connection)
            .map(|asked| asked == 1)
    }
}
