//! Who watches a request: every step is a compare-and-set on a growing token (J02, J05).

use chrono::{DateTime, TimeDelta, Utc};
use diesel::prelude::*;

use super::{PowerRequest, PowerState};
use crate::db::schema::power_requests;
use crate::language::Message;
use crate::models::ids::PowerRequestId;

/// How long a claim holds without a sign of life.
const LEASE: TimeDelta = TimeDelta::seconds(60);
/// How long whoever sends a request holds it, who shows none: sending takes seconds.
pub const SENDING: TimeDelta = TimeDelta::minutes(2);

/// How one ended.
#[derive(Debug, Clone, PartialEq)]
pub struct End {
    /// In which state.
    pub state: PowerState,
    /// Why, as a sentence.
    pub why: Option<Message>,
    /// In which boot the server is, where it is another one.
    pub boot_after: String,
    /// When it answered again.
    pub back_at: Option<DateTime<Utc>>,
    /// When it had begun to boot by then.
    pub booted_at: Option<DateTime<Utc>>,
}

impl End {
    /// An end at which the server did not come back.
    pub fn away(state: PowerState, why: Option<Message>) -> Self {
        Self { state, why, boot_after: String::new(), back_at: None, booted_at: None }
    }
}

impl PowerRequest {
    /// It was sent: watchers may take it. False where somebody has taken it already.
    pub fn goes(&self, connection: &mut PgConnection) -> QueryResult<bool> {
        let asked = power_requests::table.find(self.id).filter(power_requests::token.eq(self.token));
        diesel::update(asked.filter(power_requests::ended_at.is_null()))
            .set((power_requests::state.eq(PowerState::Going), power_requests::lease_until.eq(None::<DateTime<Utc>>)))
            .execute(connection)
            .map(|moved| moved == 1)
    }

    /// Takes it, if nobody has since it was queued with this token.
    pub fn claim(
        connection: &mut PgConnection,
        id: PowerRequestId,
        token: i64,
        now: DateTime<Utc>,
    ) -> QueryResult<Option<Self>> {
        diesel::update(power_requests::table.find(id))
            .filter(power_requests::token.eq(token).and(power_requests::lease_until.is_null()))
            .filter(power_requests::ended_at.is_null())
            .set(power_requests::lease_until.eq(now + LEASE))
            .returning(Self::as_returning())
            .get_result(connection)
            .optional()
    }

    /// A sign of life; false where somebody else has it now.
    pub fn renew(&self, connection: &mut PgConnection, now: DateTime<Utc>) -> QueryResult<bool> {
        let held = power_requests::table.find(self.id).filter(power_requests::token.eq(self.token));
        diesel::update(held).set(power_requests::lease_until.eq(now + LEASE)).execute(connection).map(|held| held == 1)
    }

    /// Gives it back: another watcher goes on at once.
    pub fn release(&self, connection: &mut PgConnection, now: DateTime<Utc>) -> QueryResult<()> {
        let held = power_requests::table.find(self.id).filter(power_requests::token.eq(self.token));
        diesel::update(held)
            .set(power_requests::lease_until.eq(now - TimeDelta::seconds(1)))
            .execute(connection)
            .map(drop)
    }

    /// Frees those whose watcher was not heard of, to be queued with the token that each has now.
    pub fn free_lost(connection: &mut PgConnection, now: DateTime<Utc>) -> QueryResult<Vec<(PowerRequestId, i64)>> {
        let lost = power_requests::table.filter(power_requests::lease_until.lt(now));
        diesel::update(lost.filter(power_requests::ended_at.is_null()))
            .set((
                power_requests::token.eq(power_requests::token + 1),
                power_requests::lease_until.eq(None::<DateTime<Utc>>),
            ))
            .returning((power_requests::id, power_requests::token))
            .get_results(connection)
    }

    /// How it is now, and since when the server does not answer; false where somebody else has it now.
    pub fn moves(
        &self,
        connection: &mut PgConnection,
        state: PowerState,
        away_at: Option<DateTime<Utc>>,
    ) -> QueryResult<bool> {
        let held = power_requests::table.find(self.id).filter(power_requests::token.eq(self.token));
        diesel::update(held.filter(power_requests::ended_at.is_null()))
            .set((power_requests::state.eq(state), power_requests::away_at.eq(away_at)))
            .execute(connection)
            .map(|moved| moved == 1)
    }

    /// How it ended; false where somebody else has it now, or where it was over.
    pub fn end(&self, connection: &mut PgConnection, end: &End, now: DateTime<Utc>) -> QueryResult<bool> {
        let why = end.why.as_ref().and_then(|why| serde_json::to_value(why).ok());
        let held = power_requests::table.find(self.id).filter(power_requests::token.eq(self.token));
        diesel::update(held.filter(power_requests::ended_at.is_null()))
            .set((
                power_requests::state.eq(end.state),
                power_requests::why.eq(why),
                power_requests::boot_after.eq(end.boot_after.replace('\0', "\u{fffd}")),
                power_requests::back_at.eq(end.back_at),
                power_requests::booted_at.eq(end.booted_at),
                power_requests::ended_at.eq(now),
                power_requests::lease_until.eq(None::<DateTime<Utc>>),
            ))
            .execute(connection)
            .map(|ended| ended == 1)
    }
}
