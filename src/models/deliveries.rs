//! What one destination of a run was to be told: one row, however often it is tried (O06).

mod claims;

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use serde_json::Value;

use super::ids::{ChannelId, DeliveryId, DestinationId, RunId};
use crate::db::schema::deliveries;
use crate::db::types::text_enum;
use crate::language::Message;

pub use claims::Try;

text_enum! {
    /// How far a delivery is, or how it ended.
    pub enum DeliveryState {
        /// It waits for its first try, or for another one.
        Pending = "pending",
        /// It is on its way.
        Sending = "sending",
        /// It arrived.
        Delivered = "delivered",
        /// It did not, and is not tried again.
        Failed = "failed",
        /// Its condition did not hold.
        NotWanted = "not_wanted",
        /// Somebody stopped the run.
        Stopped = "stopped",
        /// Nobody knows whether it arrived, and it was not to arrive twice.
        Unknown = "unknown",
    }
}

impl DeliveryState {
    /// The English word for people; pages translate it.
    pub fn label(self) -> &'static str {
        match self {
            Self::Pending => "Tried again later",
            Self::Sending => "On its way",
            Self::Delivered => "Delivered",
            Self::Failed => "Failed",
            Self::NotWanted => "Not wanted",
            Self::Stopped => "Stopped",
            Self::Unknown => "Unknown",
        }
    }

    /// The shape of its dot.
    pub fn dot(self) -> &'static str {
        match self {
            Self::Pending | Self::Sending => "run",
            Self::Delivered => "up",
            Self::Failed => "crit",
            Self::NotWanted | Self::Stopped => "paused",
            Self::Unknown => "none",
        }
    }
}

/// One row of `deliveries`.
#[derive(Debug, Clone, PartialEq, HasQuery, Identifiable)]
#[diesel(table_name = deliveries)]
#[expect(missing_docs, reason = "the migration describes the columns")]
pub struct Delivery {
    pub id: DeliveryId,
    pub key: String,
    pub run_id: RunId,
    pub destination_id: Option<DestinationId>,
    pub position: i32,
    pub kind: String,
    pub channel_id: Option<ChannelId>,
    pub settings: Value,
    pub at_most_once: bool,
    pub message: Value,
    pub state: DeliveryState,
    pub token: i64,
    pub tries: i32,
    pub next_try_at: Option<DateTime<Utc>>,
    pub give_up_at: DateTime<Utc>,
    pub may_repeat: bool,
    pub status: Option<i32>,
    pub said: String,
    pub why: Option<Value>,
    pub took_ms: Option<i64>,
    pub ended_at: Option<DateTime<Utc>>,
}

/// A delivery that is about to be: on its way at once, or not wanted.
#[derive(Debug, Clone, Insertable)]
#[diesel(table_name = deliveries)]
#[expect(missing_docs, reason = "the migration describes the columns")]
pub struct NewDelivery {
    pub key: String,
    pub run_id: RunId,
    pub destination_id: Option<DestinationId>,
    pub position: i32,
    pub kind: String,
    pub channel_id: Option<ChannelId>,
    pub settings: Value,
    pub at_most_once: bool,
    pub message: Value,
    pub state: DeliveryState,
    pub next_try_at: Option<DateTime<Utc>>,
    pub give_up_at: DateTime<Utc>,
    pub why: Option<Value>,
    pub ended_at: Option<DateTime<Utc>>,
}

impl NewDelivery {
    /// Adds them. One that a try of the run before this one has added stays as it is (J04).
    pub fn insert_all(connection: &mut PgConnection, new: &[Self]) -> QueryResult<usize> {
        diesel::insert_into(deliveries::table).values(new).on_conflict_do_nothing().execute(connection)
    }
}

impl Delivery {
    /// Those of a run, in the order of its destinations.
    pub fn of_run(connection: &mut PgConnection, run: RunId) -> QueryResult<Vec<Self>> {
        Self::query().filter(deliveries::run_id.eq(run)).order(deliveries::position).load(connection)
    }

    /// Those of several runs, in the order of their destinations.
    pub fn of_runs(connection: &mut PgConnection, runs: &[RunId]) -> QueryResult<Vec<Self>> {
        let of_runs = Self::query().filter(deliveries::run_id.eq_any(runs));
        of_runs.order((deliveries::run_id, deliveries::position)).load(connection)
    }

    /// The sentence about its end.
    pub fn why(&self) -> Option<Message> {
        self.why.as_ref().and_then(|why| serde_json::from_value(why.clone()).ok())
    }
}
