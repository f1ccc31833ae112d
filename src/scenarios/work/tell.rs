//! One try of one delivery: sent, judged, and tried again later where that may help (O06, J11).

use std::time::Instant;

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Scenarios, settle};
use crate::error::Result;
use crate::language::Message;
use crate::models::deliveries::{Delivery, DeliveryState, Try};
use crate::models::ids::DeliveryId;
use crate::models::runs::{Run, RunState};
use crate::queue::Queued;
use crate::scenarios::carry::{Carried, carry};
use crate::scenarios::channels::Channels;
use crate::scenarios::destinations::{self, Judgement, Kind, Sent, Way};
use crate::scenarios::fire::by_chance;

/// How often something is tried.
const MOST_TRIES: i32 = 5;
/// The pause before the second try; each one after it is four times as long, by chance up to that: 15 s, 1 min, 4 min, 16 min.
const FIRST_PAUSE_SECONDS: u32 = 15;
/// How long whoever asked to be left alone is waited for at most: a receiver may write any number there.
const LONGEST_PAUSE: TimeDelta = TimeDelta::minutes(30);
/// Those that were put back together come back apart, by up to so many seconds.
const MOST_SPREAD_SECONDS: u32 = 10;

/// An entry of the queue: deliveries whose time has come, each with its token.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TryDeliveries(pub Vec<(DeliveryId, i64)>);

impl Queued for TryDeliveries {
    const QUEUE: &'static str = "deliveries";

    fn key(&self) -> String {
        self.0.first().map_or_else(String::new, |(id, token)| format!("delivery:{id}:{token}"))
    }
}

impl Scenarios {
    /// Tries those of one entry that nobody has tried since, and ends the runs that only waited for them.
    pub async fn try_again(&self, entry: &TryDeliveries) -> Result<()> {
        for (id, token) in &entry.0 {
            let (id, token, now) = (*id, *token, self.clock.now());
            let mine = self.db.run(move |connection| Delivery::take(connection, id, token, now)).await?;
            let Some(delivery) = mine else { continue };
            let run = delivery.run_id;
            self.tell(delivery).await?;
            let now = self.clock.now();
            self.db
                .transaction(move |connection| {
                    let run = Run::by_id(connection, run)?;
                    // What a worker has in hand it ends itself.
                    if run.state == RunState::Delivering { settle(connection, &run, now) } else { Ok(()) }
                })
                .await?;
        }
        Ok(())
    }

    /// Sends one that is marked as on its way, and writes what became of it.
    pub(super) async fn tell(&self, delivery: Delivery) -> Result<()> {
        let begun = Instant::now();
        let how = self.attempt(&delivery).await?;
        let took_ms = i64::try_from(begun.elapsed().as_millis()).unwrap_or(i64::MAX);
        let (how, now) = (Try { took_ms, ..how }, self.clock.now());
        let kept = self.db.run(move |connection| delivery.tried(connection, &how, now)).await?;
        if !kept {
            tracing::warn!("stale: another process has the delivery now; this result is not kept");
        }
        Ok(())
    }

    async fn attempt(&self, delivery: &Delivery) -> Result<Try> {
        let Some(kind) = destinations::of(&delivery.kind) else {
            let unknown = Message::new("This version of hannun does not know the destination {kind}");
            return Ok(failed(unknown.with("kind", &delivery.kind)));
        };
        if matches!(kind.way, Way::Command) {
            return self.command(delivery).await;
        }
        let Some(channel) = self.channel(kind, delivery).await? else {
            return Ok(failed(Message::new("Its channel was removed")));
        };
        if let Some(later) = self.turn(kind, delivery).await? {
            return Ok(later);
        }
        let sent = Sent {
            message: &delivery.message,
            channel: &channel,
            key: &delivery.key,
            at: self.clock.now().timestamp(),
        };
        let carried = carry(&self.outbound, kind.way, sent).await;
        Ok(judged(delivery, carried, self.clock.now()))
    }

    /// What its channel knows; none where it was removed.
    async fn channel(&self, kind: &Kind, delivery: &Delivery) -> Result<Option<Value>> {
        match (kind.channel, delivery.channel_id) {
            (None, _) => Ok(Some(Value::Null)),
            (Some(_), None) => Ok(None),
            (Some(_), Some(channel)) => self.channels().open(channel).await,
        }
    }

    fn channels(&self) -> Channels<'_> {
        Channels { db: &self.db, sealer: &self.sealer, outbound: &self.outbound, clock: &self.clock }
    }

    /// Waits for its turn where a channel takes few at a time; put back, by chance, where that would be long. That was no try.
    async fn turn(&self, kind: &Kind, delivery: &Delivery) -> Result<Option<Try>> {
        let Some(channel) = delivery.channel_id else { return Ok(None) };
        let Some(at) = self.channels().turn(kind, channel).await? else { return Ok(None) };
        let at = at + by_chance(MOST_SPREAD_SECONDS);
        if at > delivery.give_up_at {
            return Ok(Some(failed(Message::new("Its channel had no room for it within the hour"))));
        }
        Ok(Some(Try { counts: false, ..again(at, None) }))
    }
}

/// How a try ended that sent something.
fn judged(delivery: &Delivery, carried: Carried, now: DateTime<Utc>) -> Try {
    let why = carried.why.unwrap_or_else(|| Message::new(""));
    let how = match carried.judgement {
        Judgement::Arrived => Try { state: DeliveryState::Delivered, why: None, ..failed(why) },
        Judgement::Never(_) => failed(why),
        Judgement::Later if delivery.at_most_once && carried.may_have_arrived => {
            let why =
                Message::new("{why}. It was not to arrive twice, so it was not sent again").with_words("why", why);
            Try { state: DeliveryState::Unknown, ..failed(why) }
        }
        Judgement::Later => match next_try(delivery, carried.pause, now) {
            Some(at) => again(at, Some(why)),
            None => failed(why),
        },
    };
    Try { status: carried.status.map(Into::into), said: carried.said, ..how }
}

/// When it is tried again, where it is: exponentially later, by chance, no sooner than the receiver asked for, within the hour.
pub(super) fn next_try(delivery: &Delivery, asked: Option<TimeDelta>, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
    if delivery.tries >= MOST_TRIES {
        return None;
    }
    let round = u32::try_from(delivery.tries - 1).unwrap_or_default();
    let pause = by_chance(FIRST_PAUSE_SECONDS.saturating_mul(4_u32.saturating_pow(round))).max(TimeDelta::seconds(1));
    let asked = asked.unwrap_or_default().clamp(TimeDelta::zero(), LONGEST_PAUSE);
    Some(now + pause.max(asked)).filter(|at| *at <= delivery.give_up_at)
}

pub(super) fn failed(why: Message) -> Try {
    Try {
        state: DeliveryState::Failed,
        next_try_at: None,
        status: None,
        said: String::new(),
        why: Some(why),
        took_ms: 0,
        counts: true,
    }
}

pub(super) fn again(at: DateTime<Utc>, why: Option<Message>) -> Try {
    Try {
        state: DeliveryState::Pending,
        next_try_at: Some(at),
        status: None,
        said: String::new(),
        why,
        took_ms: 0,
        counts: true,
    }
}
