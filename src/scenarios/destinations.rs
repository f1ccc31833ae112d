//! Whom a scenario may tell. To add a destination: one file with a [`Kind`], one line in [`ALL`], one test.

mod chat;
mod color;
pub(super) mod command;
mod discord;
mod email;
mod headers;
mod http;
mod own;
mod slack;
mod teams;

use chrono_tz::Tz;
use serde_json::{Map, Value};

use super::fields::{Field, Takes};
use crate::error::FieldErrors;
use crate::language::Message;
use crate::outbound::{Answer, Mail, OutboundError, Request};

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
    pub channel: Option<Asked>,
    /// Makes what is sent: once, before the first try. A later try says the same.
    pub make: fn(Told<'_>) -> Result<Value, Message>,
    /// The text for people in what is sent, where that is packed for a program.
    pub reads: fn(&Value) -> Option<String>,
    /// How it gets there.
    pub way: Way,
    /// The least time between two messages through one channel, milliseconds; 0 where any number may go at once.
    pub pace_ms: i64,
}

/// What is asked about a channel.
#[derive(Clone, Copy)]
pub struct Asked {
    /// Its fields.
    pub fields: &'static [Field],
    /// What is wrong with them beyond what each field takes by itself, by field.
    pub check: fn(&Value) -> FieldErrors,
    /// The settings of a destination that sends a test through it: `text` is what the test says.
    pub test: &'static [(&'static str, &'static str)],
}

impl Asked {
    /// Of a channel whose fields say nothing about one another.
    const fn about(fields: &'static [Field], test: &'static [(&'static str, &'static str)]) -> Self {
        Self { fields, check: |_| FieldErrors::default(), test }
    }
}

/// How something gets to whom it is for.
#[derive(Clone, Copy)]
pub enum Way {
    /// As an HTTP request.
    Http {
        /// The request that carries it.
        request: fn(Sent<'_>) -> Result<Request, OutboundError>,
        /// What an answer means.
        judge: fn(&Answer) -> Judgement,
    },
    /// As a letter, through a server of mail.
    Mail {
        /// The letter, and who takes it.
        letter: fn(Sent<'_>) -> Result<Mail, Message>,
    },
    /// As a command on servers, which is asked for once (J03).
    Command,
}

/// What most messages are: nothing but what they are made of.
fn as_it_is(_: &Value) -> Option<String> {
    None
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
pub const ALL: &[Kind] = &[
    http::GET,
    http::POST,
    http::WEBHOOK,
    own::WEBHOOK,
    slack::SLACK,
    discord::DISCORD,
    teams::TEAMS,
    email::EMAIL,
    command::COMMAND,
];

/// Those that go through channels.
pub fn with_channels() -> impl Iterator<Item = (&'static Kind, &'static [Field])> {
    ALL.iter().filter_map(|kind| Some((kind, kind.channel?.fields)))
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

/// A text that is no longer than so many characters; where it was cut, it ends with a link to all of it.
fn cut(whole: &str, most: usize, link: Option<&str>) -> String {
    let mut shown: String = whole.chars().take(most).collect();
    if shown.len() < whole.len() {
        shown.push('…');
        if let Some(link) = link {
            shown.extend(["\n", link]);
        }
    }
    shown
}

/// A value on one line, whatever a server said, and no longer than so many characters.
fn one_line(value: &str, most: usize) -> String {
    let calm = |sign: char| if sign.is_control() { ' ' } else { sign };
    value.chars().map(calm).take(most).collect()
}

/// The page of the run that a message is of.
fn link<'a>(told: &Told<'a>) -> Option<&'a str> {
    told.about.first().and_then(|about| about.get("link")).and_then(Value::as_str)
}

/// Several texts of readings as one.
fn texts(told: Told<'_>, template: &str, into: super::template::Into, between: &str) -> Result<String, Message> {
    let make = |values: &Map<String, Value>| super::template::render(template, values, into, told.zone);
    Ok(told.about.iter().map(make).collect::<Result<Vec<_>, _>>()?.join(between))
}
