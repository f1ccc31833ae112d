//! The `table` format of logins, for systems whose logs an administrator reads by a script of their own.
//!
//! Each reading tells all that there is, or the latest part of it; what was told before is known.

use chrono::{DateTime, Utc};

use super::message::address_of;
use super::{Login, LoginOutcome, LoginReading, SourceState, ToldBy};
use crate::commands::ParseError;
use crate::commands::shape::{Shape, needed, optional};
use crate::commands::table::{self, Row};
use crate::commands::text::{self, SHORT};

pub(in crate::commands) const SHAPES: &[Shape] = &[Shape::rows(&[
    needed("time", "When, in seconds since 1970, with or without a fraction", "1795345732.52"),
    needed("outcome", "accepted or failed", "failed"),
    optional("user", "The name that was given", "admin"),
    optional("address", "From which address", "203.0.113.50"),
    optional("port", "From which port", "51234"),
    optional("method", "password, publickey and the like", "password"),
    optional("pid", "Process id of the one who dealt with it", "4121"),
    optional("end", "When the session was over, in seconds since 1970", "1795345799"),
])];

pub(super) fn parse(output: &[u8]) -> Result<LoginReading, ParseError> {
    let mut reading = LoginReading::default();
    for row in table::rows(output, 8) {
        reading.logins.push(login(&row?)?);
    }
    reading.place.is_whole = true;
    reading.place.sources.insert("file".to_owned(), SourceState::Read);
    Ok(reading)
}

fn login(row: &Row<'_>) -> Result<Login, ParseError> {
    let text = |at: usize| row.column(at).map(|value| text::shown(value, SHORT)).unwrap_or_default();
    let outcome = row.read(1, "outcome", |word| match word {
        b"accepted" => Some(LoginOutcome::Accepted),
        b"failed" => Some(LoginOutcome::Failed),
        _ => None,
    })?;
    let (Some(at), Some(outcome)) = (row.read(0, "time", moment)?, outcome) else {
        return Err(row.error("the columns time and outcome must be there"));
    };
    let host = text(3);
    let address = address_of(&host);
    Ok(Login {
        at,
        outcome,
        user: text(2),
        is_unknown_user: outcome == LoginOutcome::Failed,
        address,
        host: if address.is_some() { String::new() } else { host },
        port: row.read(4, "port", |word| u16::try_from(text::integer(word)?).ok())?,
        method: text(5),
        key: String::new(),
        pid: row.read(6, "pid", text::integer32)?,
        terminal: String::new(),
        ended_at: row.read(7, "end", moment)?,
        times: 1,
        told_by: ToldBy::Attempt,
    })
}

#[expect(clippy::cast_possible_truncation, reason = "microseconds of our age fit")]
fn moment(word: &[u8]) -> Option<DateTime<Utc>> {
    let seconds = text::decimal(word).filter(|seconds| *seconds < 1e10)?;
    DateTime::from_timestamp_micros((seconds * 1e6).round() as i64)
}
