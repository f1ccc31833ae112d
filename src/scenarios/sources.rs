//! What a scenario may read. To add a source: one file with a [`Source`], one line in [`ALL`], one test.

mod certificate;
mod check;
mod command;
mod file;
mod http;
mod logins;
mod metrics;
mod port;
mod processes;
mod service;
mod stored;
mod updates;

use std::time::Duration;

use chrono::{DateTime, Utc};
use futures_util::future::BoxFuture;
use serde_json::{Map, Value};

use super::fields::{Default, Field, Takes};
use crate::clock::Clock;
use crate::config::Retention;
use crate::db::Db;
use crate::error::{FieldErrors, Result};
use crate::models::runs::Run;
use crate::models::source_marks::NewMark;
use crate::remote::host::Host;
use crate::remote::hosts::Hosts;

pub(super) use metrics::nothing;
pub(super) use stored::{Past, Stored, stored};

/// How long one server may take to be read.
pub const PATIENCE: Duration = Duration::from_mins(1);

/// What was read, to come.
pub type Values<'a> = BoxFuture<'a, Result<Found>>;

/// What was read of a server.
#[derive(Debug, Clone, PartialEq)]
pub struct Found {
    /// The values.
    pub values: Map<String, Value>,
    /// Where the next reading goes on, where the source reads on from where it was. It is kept together with the reading, or not
    /// at all.
    pub mark: Option<NewMark>,
}

impl From<Map<String, Value>> for Found {
    fn from(values: Map<String, Value>) -> Self {
        Self { values, mark: None }
    }
}

/// What was read, from an object of `json!`.
fn found(values: Value) -> Found {
    match values {
        Value::Object(values) => values.into(),
        other => Map::from_iter([("value".to_owned(), other)]).into(),
    }
}

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
    /// Whether reading it does something on the server that nobody knows beforehand: it runs what somebody wrote.
    pub acts: bool,
    /// What is wrong with fields that were accepted, each for itself.
    pub problems: fn(&Value) -> FieldErrors,
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
    /// Which run it is for; none: somebody only tries it.
    pub run: Option<&'a Run>,
    /// The way to servers, for what is done there beside the reading.
    pub hosts: &'a Hosts,
}

/// Nothing is wrong with fields that were accepted.
fn none(_: &Value) -> FieldErrors {
    FieldErrors::default()
}

/// As whom something is read on a server, where that makes a difference.
const ACTING: Field = Field {
    name: "acting",
    label: "As whom",
    hint: "",
    takes: Takes::Choice(&[("user", "The user who signs in"), ("root", "root")]),
    default: Default::Text("user"),
};

/// Every source, in the order of the palette.
pub const ALL: &[Source] = &[
    metrics::CPU,
    metrics::MEMORY,
    metrics::DISK,
    metrics::LOAD,
    metrics::NETWORK,
    processes::SEARCH,
    service::STATE,
    port::OPEN,
    file::TAIL,
    command::OUTPUT,
    check::RESULT,
    logins::FAILED,
    updates::PENDING,
    certificate::EXPIRY,
    http::CHECK,
];

/// The source of a word.
pub fn of(kind: &str) -> Option<&'static Source> {
    ALL.iter().find(|source| source.kind == kind)
}

/// Whether a source asks servers; one that is not known might.
pub fn asks_servers(kind: &str) -> bool {
    of(kind).is_none_or(|source| source.asks_server)
}
