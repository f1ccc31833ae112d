//! Whom a scenario may tell. To add a destination: one file with a [`Kind`], one line in [`ALL`], one test.

mod http;
mod slack;

use chrono_tz::Tz;
use serde_json::{Map, Value};

use super::fields::{Field, Takes};
use crate::language::Message;
use crate::outbound::{Answer, OutboundError, Request};

/// A kind of destination.
pub struct Kind {
    /// The word in the database, the API and files: `http_post`.
    pub kind: &'static str,
    /// In English; pages translate it.
    pub label: &'static str,
    /// Which picture.
    pub icon: &'static str,
    /// What it wants to know of each destination.
    pub fields: &'static [Field],
    /// What it wants to know of a channel, where it goes through one.
    pub channel: Option<&'static [Field]>,
    /// Makes what is sent: once, before the first try. A later try says the same.
    pub make: fn(Told<'_>) -> Result<Value, Message>,
    /// The request that carries it.
    pub request: fn(Sent<'_>) -> Result<Request, OutboundError>,
    /// What an answer means.
    pub judge: fn(&Answer) -> Judgement,
    /// The least time between two messages through one channel, milliseconds; 0 where any number may go at once.
    pub pace_ms: i64,
}

impl Kind {
    /// The field whose text a message is made of: what is wrong with the message is told there.
    pub fn template_field(&self) -> &'static str {
        let template = self.fields.iter().find(|field| matches!(field.takes, Takes::Template { .. }));
        template.or(self.fields.first()).map_or("settings", |field| field.name)
    }
}

/// What a message is made of.
#[derive(Debug, Clone, Copy)]
pub struct Told<'a> {
    /// The fields of the destination.
    pub settings: &'a Value,
    /// What the message is about: one set of values for each reading, with `server`, `time`, `scenario`, `run` and `link`.
    pub about: &'a [Map<String, Value>],
    /// By which clock times are written.
    pub zone: Tz,
}

/// What is sent in a try.
#[derive(Debug, Clone, Copy)]
pub struct Sent<'a> {
    /// What was made for it.
    pub message: &'a Value,
    /// What its channel knows, secrets among it.
    pub channel: &'a Value,
    /// The same in every try, for the receiver (O05).
    pub key: &'a str,
    /// When it is sent, seconds since 1970.
    pub at: i64,
}

/// What an answer means.
#[derive(Debug, Clone, PartialEq)]
pub enum Judgement {
    /// It arrived.
    Arrived,
    /// It may arrive later (O06).
    Later,
    /// It never will: somebody must change something first.
    Never(Message),
}

/// Every destination, in the order of the palette.
pub const ALL: &[Kind] = &[http::GET, http::POST, http::WEBHOOK, slack::SLACK];

/// Those that go through channels.
pub fn with_channels() -> impl Iterator<Item = (&'static Kind, &'static [Field])> {
    ALL.iter().filter_map(|kind| Some((kind, kind.channel?)))
}

/// The destination of a word.
pub fn of(kind: &str) -> Option<&'static Kind> {
    ALL.iter().find(|destination| destination.kind == kind)
}

/// What a status means to most receivers: 408, 425, 429 and those of a server that is in trouble are worth another try (O06).
fn by_status(status: u16) -> Judgement {
    match status {
        200..=299 => Judgement::Arrived,
        408 | 425 | 429 | 500..=599 => Judgement::Later,
        300..=399 => Judgement::Never(
            Message::new("It answered {status} and points elsewhere, which is not followed").with("status", status),
        ),
        _ => Judgement::Never(
            Message::new("It answered {status}, which another try would not change").with("status", status),
        ),
    }
}

/// Several texts of readings as one.
fn texts(told: Told<'_>, template: &str, into: super::template::Into, between: &str) -> Result<String, Message> {
    let make = |values: &Map<String, Value>| super::template::render(template, values, into, told.zone);
    Ok(told.about.iter().map(make).collect::<Result<Vec<_>, _>>()?.join(between))
}
