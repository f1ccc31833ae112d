//! Who sends a delivery: every try is a compare-and-set on a growing token, so that nobody sends what another one sends (J04).

use chrono::{DateTime, TimeDelta, Utc};
use diesel::prelude::*;

use super::{Delivery, DeliveryState};
use crate::db::schema::deliveries;
use crate::language::Message;
use crate::models::ids::{DeliveryId, RunId};

/// How long a try may take, without a sign of life: more than the longest request.
const LEASE: TimeDelta = TimeDelta::seconds(60);
/// Characters of an answer that are kept.
const SAID: usize = 1_024;

/// How one try ended.
#[derive(Debug, Clone, PartialEq)]
pub struct Try {
    /// In which state the delivery is now.
    pub state: DeliveryState,
    /// When it is tried again, where it is.
    pub next_try_at: Option<DateTime<Utc>>,
    /// The status of the answer, where there was one.
    pub status: Option<i32>,
    /// The beginning of the answer.
    pub said: String,
    /// Why it failed, as a sentence.
    pub why: Option<Message>,
    /// How long it took, milliseconds.
    pub took_ms: i64,
    /// Whether anything was sent, or might have been.
    pub counts: bool,
}

impl Delivery {
    /// Takes those of a run that wait to be tried.
    pub fn take_of_run(connection: &mut PgConnection, run: RunId, now: DateTime<Utc>) -> QueryResult<Vec<Self>> {
        let due = deliveries::run_id.eq(run).and(deliveries::next_try_at.le(now));
        let mut taken: Vec<Self> = diesel::update(deliveries::table.filter(due))
            .filter(deliveries::state.eq(DeliveryState::Pending))
            .set(on_its_way(now))
            .returning(Self::as_returning())
            .get_results(connection)?;
        taken.sort_by_key(|delivery| delivery.position);
        Ok(taken)
    }

    /// Those whose time has come, with the token that each has: to be queued.
    pub fn due(connection: &mut PgConnection, now: DateTime<Utc>, limit: i64) -> QueryResult<Vec<(DeliveryId, i64)>> {
        deliveries::table
            .filter(deliveries::state.eq(DeliveryState::Pending).and(deliveries::next_try_at.le(now)))
            .order(deliveries::next_try_at)
            .limit(limit)
            .select((deliveries::id, deliveries::token))
            .for_update()
            .skip_locked()
            .load(connection)
    }

    /// Keeps those that are queued from being queued again for a while.
    pub fn put_off(connection: &mut PgConnection, ids: &[DeliveryId], until: DateTime<Utc>) -> QueryResult<usize> {
        diesel::update(deliveries::table.filter(deliveries::id.eq_any(ids)))
            .set((deliveries::next_try_at.eq(until), deliveries::token.eq(deliveries::token + 1)))
            .execute(connection)
    }

    /// Takes one, if nobody has since it was queued with this token.
    pub fn take(
        connection: &mut PgConnection,
        id: DeliveryId,
        token: i64,
        now: DateTime<Utc>,
    ) -> QueryResult<Option<Self>> {
        diesel::update(deliveries::table.find(id).filter(deliveries::token.eq(token)))
            .filter(deliveries::state.eq(DeliveryState::Pending))
            .set(on_its_way(now))
            .returning(Self::as_returning())
            .get_result(connection)
            .optional()
    }

    /// How a try ended; false where another one is on its way by now.
    pub fn tried(&self, connection: &mut PgConnection, how: &Try, now: DateTime<Utc>) -> QueryResult<bool> {
        let held = deliveries::table.find(self.id).filter(deliveries::token.eq(self.token));
        let said: String = how.said.chars().filter(|sign| *sign != '\0').take(SAID).collect();
        diesel::update(held.filter(deliveries::state.eq(DeliveryState::Sending)))
            .set((
                deliveries::state.eq(how.state),
                deliveries::tries.eq(deliveries::tries - i32::from(!how.counts)),
                deliveries::next_try_at.eq(how.next_try_at),
                deliveries::status.eq(how.status),
                deliveries::said.eq(said),
                deliveries::why.eq(how.why.as_ref().and_then(|why| serde_json::to_value(why).ok())),
                deliveries::took_ms.eq(how.took_ms),
                deliveries::lease_until.eq(None::<DateTime<Utc>>),
                deliveries::ended_at.eq((how.state != DeliveryState::Pending).then_some(now)),
            ))
            .execute(connection)
            .map(|tried| tried == 1)
    }

    /// What becomes of those whose sender was not heard of: nobody knows whether they arrived. They are tried again, marked, with
    /// the same key; but not those that were to arrive once at most. Gives the runs that they are of.
    pub fn free_lost(connection: &mut PgConnection, now: DateTime<Utc>) -> QueryResult<Vec<RunId>> {
        let lost = || {
            let lost = deliveries::table.filter(deliveries::lease_until.lt(now));
            lost.filter(deliveries::state.eq(DeliveryState::Sending))
        };
        let why =
            Message::new("hannun ended while it was being sent; it was not to arrive twice, so it was not sent again");
        let mut of: Vec<RunId> = diesel::update(lost().filter(deliveries::at_most_once))
            .set((
                deliveries::state.eq(DeliveryState::Unknown),
                deliveries::why.eq(serde_json::to_value(&why).ok()),
                deliveries::lease_until.eq(None::<DateTime<Utc>>),
                deliveries::token.eq(deliveries::token + 1),
                deliveries::ended_at.eq(now),
            ))
            .returning(deliveries::run_id)
            .get_results(connection)?;
        of.extend::<Vec<RunId>>(
            diesel::update(lost().filter(diesel::dsl::not(deliveries::at_most_once)))
                .set((
                    deliveries::state.eq(DeliveryState::Pending),
                    deliveries::may_repeat.eq(true),
                    deliveries::lease_until.eq(None::<DateTime<Utc>>),
                    deliveries::token.eq(deliveries::token + 1),
                    deliveries::next_try_at.eq(now),
                ))
                .returning(deliveries::run_id)
                .get_results(connection)?,
        );
        of.sort_unstable();
        of.dedup();
        Ok(of)
    }

    /// Ends what has not arrived yet, because somebody stopped the run: what waits does not go out, and of what is on its way nobody
    /// will know whether it arrived. None of it is tried again.
    pub fn stop(connection: &mut PgConnection, run: RunId, now: DateTime<Utc>) -> QueryResult<()> {
        let on_its_way = Message::new("It was on its way when the run was stopped, so nobody knows whether it arrived");
        for (from, to, why) in [
            (DeliveryState::Pending, DeliveryState::Stopped, None),
            (DeliveryState::Sending, DeliveryState::Unknown, serde_json::to_value(&on_its_way).ok()),
        ] {
            let of_run = deliveries::table.filter(deliveries::run_id.eq(run).and(deliveries::state.eq(from)));
            diesel::update(of_run)
                .set((
                    deliveries::state.eq(to),
                    deliveries::why.eq(why),
                    deliveries::token.eq(deliveries::token + 1),
                    deliveries::lease_until.eq(None::<DateTime<Utc>>),
                    deliveries::next_try_at.eq(None::<DateTime<Utc>>),
                    deliveries::ended_at.eq(now),
                ))
                .execute(connection)?;
        }
        Ok(())
    }
}

type OnItsWay = (
    diesel::dsl::Eq<deliveries::state, DeliveryState>,
    diesel::dsl::Eq<deliveries::tries, diesel::dsl::Add<deliveries::tries, i32>>,
    diesel::dsl::Eq<deliveries::lease_until, DateTime<Utc>>,
);

fn on_its_way(now: DateTime<Utc>) -> OnItsWay {
    (
        deliveries::state.eq(DeliveryState::Sending),
        deliveries::tries.eq(deliveries::tries + 1),
        deliveries::lease_until.eq(now + LEASE),
    )
}
