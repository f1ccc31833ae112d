//! *Try*: what a scenario would read and tell at this moment. It is read, and told to nobody; nothing of it is kept.

use std::time::{Duration, Instant};

use chrono::{DateTime, Utc};
use futures_util::stream::{self, StreamExt};
use serde_json::Value;

use super::destinations::Kind;
use super::reading::Reading;
use super::unsaved::{Prepared, Unsaved};
use super::work::{AT_ONCE, Scenarios, wanted};
use crate::error::{Error, Result};
use crate::language::Message;
use crate::models::actor::Actor;

/// Servers that are read at most: all of them at the same time, so that a try takes no longer than the slowest of them may.
pub const MOST_SERVERS: usize = AT_ONCE;

/// What was read, and who would be told.
pub struct Trial {
    /// When it was read.
    pub at: DateTime<Utc>,
    /// Of each server, or why not.
    pub readings: Vec<Reading>,
    /// Servers that a run would read besides these.
    pub left_out: usize,
    /// How long reading took.
    pub took: Duration,
    /// The destinations, in their order.
    pub destinations: Vec<Would>,
}

/// What one destination would be told.
pub struct Would {
    /// Its kind.
    pub kind: &'static Kind,
    /// Of which servers; of none where its condition does not hold.
    pub servers: Vec<String>,
    /// The message, or why there would be none; none where nobody would be told.
    pub message: Option<std::result::Result<Value, Message>>,
}

impl Scenarios {
    /// Reads what a draft would read, and finds out what it would tell whom, for whoever `asks`.
    pub async fn try_out(&self, asks: &Actor, unsaved: Unsaved) -> Result<Trial> {
        let (asks, now) = (asks.clone(), self.clock.now());
        let prepared = self.db.run(move |connection| unsaved.prepare(connection, &asks, now)).await?;
        if prepared.source.acts {
            let why = Message::new(
                "Reading {source} does something on servers, and trying does nothing. Save the scenario, and use Run now",
            );
            return Err(Error::Conflict(why.with_words("source", prepared.source.label)));
        }
        let begun = Instant::now();
        let (servers, left_out) = prepared.first_servers(MOST_SERVERS);
        let readings: Vec<Reading> = stream::iter(servers)
            .map(|server| {
                self.read_one(prepared.source, &prepared.settings, (prepared.actor.clone(), server), (now, None))
            })
            .buffered(AT_ONCE)
            .map(|(reading, _mark)| reading)
            .collect()
            .await;
        let destinations = would(&prepared, &readings, now);
        Ok(Trial { at: now, readings, left_out, took: begun.elapsed(), destinations })
    }
}

/// The same decision as in a run.
fn would(prepared: &Prepared, readings: &[Reading], at: DateTime<Utc>) -> Vec<Would> {
    let one = |destination: &super::unsaved::Destination| {
        let about = wanted(readings, &prepared.before, &destination.condition);
        Would {
            kind: destination.kind,
            servers: about.iter().map(|reading| reading.server.clone()).collect(),
            message: (!about.is_empty()).then(|| prepared.message(destination, &about, at)),
        }
    };
    prepared.destinations.iter().map(one).collect()
}
