//! What a scenario may read. To add a source: one file with a [`Source`], one line in [`ALL`], one test.

mod metrics;
mod stored;

use std::time::Duration;

use chrono::{DateTime, Utc};
use futures_util::future::BoxFuture;
use serde_json::{Map, Value};

use super::fields::Field;
use crate::clock::Clock;
use crate::config::Retention;
use crate::db::Db;
use crate::error::Result;
use crate::remote::host::Host;

pub(super) use metrics::nothing;
pub(super) use stored::{Past, Stored, stored};

/// How long one server may take to be read.
pub const PATIENCE: Duration = Duration::from_mins(1);

/// The values of a reading, to come.
pub type Values<'a> = BoxFuture<'a, Result<Map<String, Value>>>;

/// A kind of source.
pub struct Source {
    /// The word in the database, the API and files: `cpu_usage`.
    pub kind: &'static str,
    /// In English; pages translate it.
    pub label: &'static str,
    /// Which picture.
    pub icon: &'static str,
    /// What it wants to know.
    pub fields: &'static [Field],
    /// What it gives, with an example of each; the first number is what conditions begin with.
    pub gives: &'static [(&'static str, &'static str)],
    /// Whether reading it asks the server, and not only our own tables.
    pub asks_server: bool,
    /// Reads it.
    pub read: for<'a> fn(Asked<'a>) -> Values<'a>,
}

/// What a source reads with.
#[derive(Clone, Copy)]
pub struct Asked<'a> {
    /// The server, with the rights of the scenario's owner.
    pub host: &'a Host,
    /// The fields of its kind, as they were accepted.
    pub settings: &'a Value,
    /// Our own tables.
    pub db: &'a Db,
    /// The time.
    pub clock: &'a Clock,
    /// How long numbers are kept.
    pub retention: &'a Retention,
    /// When the run is for.
    pub at: DateTime<Utc>,
}

/// Every source, in the order of the palette.
pub const ALL: &[Source] = &[metrics::CPU, metrics::MEMORY, metrics::DISK, metrics::LOAD, metrics::NETWORK];

/// The source of a word.
pub fn of(kind: &str) -> Option<&'static Source> {
    ALL.iter().find(|source| source.kind == kind)
}

/// Whether reading a source does something on servers that nobody knows beforehand: it runs what somebody wrote.
pub fn acts(kind: &str) -> bool {
    kind == "command_output"
}

/// Whether a source asks servers; one that is not known might.
pub fn asks_servers(kind: &str) -> bool {
    of(kind).is_none_or(|source| source.asks_server)
}
