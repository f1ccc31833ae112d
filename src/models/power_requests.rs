//! Servers that were asked to restart or to shut down: what was seen of each until it was over.

mod claims;

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use diesel::prelude::*;

use super::ids::{PowerRequestId, ServerId};
use crate::db::schema::power_requests;
use crate::db::types::text_enum;
use crate::language::Message;

pub use claims::{End, SENDING};

text_enum! {
    /// What a server was asked for.
    pub enum PowerDeed {
        /// To start again.
        Restart = "restart",
        /// To go off.
        ShutDown = "shut_down",
    }
}

text_enum! {
    /// How far it is.
    pub enum PowerState {
        /// It is being asked.
        Asked = "asked",
        /// It was asked, and still answers.
        Going = "going",
        /// It does not answer.
        Away = "away",
        /// It answers again, in another boot.
        Back = "back",
        /// It was to go off, and does not answer any more.
        Off = "off",
        /// It was not asked: nothing happened.
        Failed = "failed",
        /// Nobody knows.
        Unknown = "unknown",
    }
}

impl PowerDeed {
    /// The English word for people; pages translate it.
    pub fn label(self) -> &'static str {
        match self {
            Self::Restart => "Restart",
            Self::ShutDown => "Shut down",
        }
    }
}

impl PowerState {
    /// The English word for people; pages translate it.
    pub fn label(self) -> &'static str {
        match self {
            Self::Asked => "Being asked",
            Self::Going => "Going down",
            Self::Away => "Does not answer",
            Self::Back => "Back again",
            Self::Off => "Switched off",
            Self::Failed => "Failed",
            Self::Unknown => "Unknown",
        }
    }

    /// The shape of its dot.
    pub fn dot(self) -> &'static str {
        match self {
            Self::Asked | Self::Going | Self::Away => "run",
            Self::Back => "up",
            Self::Off => "paused",
            Self::Failed => "crit",
            Self::Unknown => "none",
        }
    }
}

/// One row of `power_requests`.
#[derive(Debug, Clone, PartialEq, HasQuery, Identifiable)]
#[diesel(table_name = power_requests)]
#[expect(missing_docs, reason = "the migration describes the columns")]
pub struct PowerRequest {
    pub id: PowerRequestId,
    pub server_id: ServerId,
    pub deed: PowerDeed,
    pub asked_by: String,
    pub boot_before: String,
    pub uptime_before: f64,
    pub boot_after: String,
    pub state: PowerState,
    pub why: Option<serde_json::Value>,
    pub asked_at: DateTime<Utc>,
    pub away_at: Option<DateTime<Utc>>,
    pub back_at: Option<DateTime<Utc>>,
    pub booted_at: Option<DateTime<Utc>>,
    pub ended_at: Option<DateTime<Utc>>,
    pub token: i64,
}

/// A request that is about to be sent. Until that is over, whoever sends it holds its claim.
#[derive(Debug, Clone, Insertable)]
#[diesel(table_name = power_requests)]
#[expect(missing_docs, reason = "the migration describes the columns")]
pub struct NewPowerRequest {
    pub server_id: ServerId,
    pub deed: PowerDeed,
    pub asked_by: String,
    pub boot_before: String,
    pub uptime_before: f64,
    pub asked_at: DateTime<Utc>,
    pub lease_until: DateTime<Utc>,
}

impl NewPowerRequest {
    /// Writes it down; none where another one of the server is not over.
    pub fn insert(&self, connection: &mut PgConnection) -> QueryResult<Option<PowerRequest>> {
        diesel::insert_into(power_requests::table)
            .values(self)
            .on_conflict_do_nothing()
            .returning(PowerRequest::as_returning())
            .get_result(connection)
            .optional()
    }
}

impl PowerRequest {
    /// Those of a server, the newest first.
    pub fn of_server(connection: &mut PgConnection, server: ServerId, limit: i64) -> QueryResult<Vec<Self>> {
        let of_server = Self::query().filter(power_requests::server_id.eq(server));
        of_server.order(power_requests::id.desc()).limit(limit).load(connection)
    }

    /// One of a server by its number.
    pub fn of(connection: &mut PgConnection, server: ServerId, id: PowerRequestId) -> QueryResult<Option<Self>> {
        Self::query()
            .filter(power_requests::server_id.eq(server))
            .filter(power_requests::id.eq(id))
            .first(connection)
            .optional()
    }

    /// Removes those that ended before this; how many. The last one of each server stays: it may say why that is off.
    pub fn forget(connection: &mut PgConnection, before: DateTime<Utc>) -> QueryResult<usize> {
        let last = diesel::alias!(power_requests as last);
        let newer = last
            .filter(last.field(power_requests::server_id).eq(power_requests::server_id))
            .filter(last.field(power_requests::id).gt(power_requests::id));
        let old = power_requests::table.filter(power_requests::ended_at.lt(before));
        diesel::delete(old.filter(diesel::dsl::exists(newer))).execute(connection)
    }

    /// Whether it may still become another state.
    pub fn is_open(&self) -> bool {
        self.ended_at.is_none()
    }

    /// How long the server did not answer, or has not answered by `now`; none where it was never seen not to.
    pub fn away_for(&self, now: DateTime<Utc>) -> Option<Duration> {
        self.away_at.map(|since| length(self.back_at.unwrap_or(now) - since))
    }

    /// How long after it was asked it was back.
    pub fn back_after(&self) -> Option<Duration> {
        self.back_at.map(|back| length(back - self.asked_at))
    }

    /// The sentence about its end.
    pub fn why(&self) -> Option<Message> {
        self.why.as_ref().and_then(|why| serde_json::from_value(why.clone()).ok())
    }
}

/// A clock that was set back makes no length shorter than nothing.
fn length(span: TimeDelta) -> Duration {
    span.to_std().unwrap_or_default()
}
