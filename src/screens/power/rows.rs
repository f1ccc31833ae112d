//! Requests as people read them: where the last one stands, and the list.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};

use crate::language::Message;
use crate::models::power_requests::{PowerDeed, PowerRequest, PowerState};
use crate::web::format;

/// How long what ended is still told above everything else.
const NEWS: TimeDelta = TimeDelta::minutes(10);

/// The last request, while it goes on and as long as it is news.
pub struct Standing {
    /// How serious: `warn`, `crit`, or nothing.
    pub level: &'static str,
    /// The shape of its dot.
    pub dot: &'static str,
    /// What is known.
    pub sentence: Message,
    /// Why it ended as it did, for those who may read it.
    pub why: Option<Message>,
    /// Who asked.
    pub by: String,
    /// When.
    pub at: DateTime<Utc>,
    /// More is to come.
    pub is_open: bool,
}

/// One request in the list.
pub(super) struct RequestRow {
    pub deed: &'static str,
    pub dot: &'static str,
    pub state: &'static str,
    pub by: String,
    pub at: DateTime<Utc>,
    pub away: Option<Duration>,
    pub back_after: Option<Duration>,
    pub why: Option<Message>,
}

impl Standing {
    /// Where a request stands; none where that is no news any more.
    pub(super) fn of(row: &PowerRequest, now: DateTime<Utc>, may_read: bool) -> Option<Self> {
        let is_news = row.ended_at.is_none_or(|ended| now - ended <= NEWS);
        is_news.then(|| Self::new(row, now, may_read))
    }

    /// The same, also where it is no news.
    pub(super) fn new(row: &PowerRequest, now: DateTime<Utc>, may_read: bool) -> Self {
        let level = match row.state {
            PowerState::Failed => "crit",
            PowerState::Unknown => "warn",
            _ => "",
        };
        let (dot, is_open) = (row.state.dot(), row.is_open());
        let why = row.why().filter(|_| may_read);
        let (by, at) = (row.asked_by.clone(), row.asked_at);
        Self { level, dot, sentence: sentence(row, now), why, by, at, is_open }
    }
}

/// What is known of a request, with how long it has taken.
fn sentence(row: &PowerRequest, now: DateTime<Utc>) -> Message {
    let since_asked = (now - row.asked_at).to_std().unwrap_or_default();
    let away = row.away_for(row.ended_at.unwrap_or(now));
    let template = match (row.state, row.deed) {
        (PowerState::Asked, PowerDeed::Restart) => "It is being asked to restart",
        (PowerState::Asked, PowerDeed::ShutDown) => "It is being asked to shut down",
        (PowerState::Going, PowerDeed::Restart) => "It was asked to restart {asked} ago, and still answers",
        (PowerState::Going, PowerDeed::ShutDown) => "It was asked to shut down {asked} ago, and still answers",
        (PowerState::Away, PowerDeed::Restart) => {
            "It restarts: it has not answered for {away}. hannun tries every two seconds"
        }
        (PowerState::Away, PowerDeed::ShutDown) => {
            "It shuts down: it has not answered for {away}. After a minute it counts as off"
        }
        (PowerState::Back, _) if away.is_some() => {
            "It is back {total} after it was asked. It did not answer for {away}"
        }
        (PowerState::Back, _) => "It is back {total} after it was asked",
        (PowerState::Off, _) => "It is off: it does not answer any more. hannun cannot switch it on",
        (PowerState::Failed, _) => "It was not asked: nothing happened",
        (PowerState::Unknown, _) => "What became of it is not known",
    };
    let told = |span: Duration| format::duration(whole(span));
    Message::new(template)
        .with("asked", told(since_asked))
        .with("away", told(away.unwrap_or_default()))
        .with("total", told(row.back_after().unwrap_or_default()))
}

impl RequestRow {
    pub(super) fn new(row: &PowerRequest, may_read: bool) -> Self {
        Self {
            deed: row.deed.label(),
            dot: row.state.dot(),
            state: row.state.label(),
            by: row.asked_by.clone(),
            at: row.asked_at,
            // What never came back has no length.
            away: row.back_at.and_then(|back| row.away_for(back)).map(whole),
            back_after: row.back_after().map(whole),
            why: row.why().filter(|_| may_read),
        }
    }
}

/// Looks are seconds apart: nobody knows it more precisely.
fn whole(span: Duration) -> Duration {
    Duration::from_secs(span.as_secs().max(1))
}
