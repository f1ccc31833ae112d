//! Askama filters. A template's Rust file says `use crate::web::filters;` to have them.
//!
//! `t` translates a literal, `say` a [`Message`], `asset` gives a static file's URL; the rest are the formats of
//! [`super::format`]. None of them makes text exempt from escaping.

#![expect(missing_docs, reason = "the attribute makes items that cannot carry documentation")]
#![expect(clippy::inline_always, reason = "the attribute asks for it")]

use std::fmt::Display;
use std::time::Duration;

use askama::{Values, filter_fn};
use chrono::{DateTime, Utc};

use super::assets;
use super::format;
use super::shell::Shell;
use crate::language::Message;

fn shell(values: &dyn Values) -> askama::Result<&Shell> {
    askama::get_value(values, Shell::KEY)
}

/// `{{ "Processes"|t }}`: the English literal in the reader's language.
#[filter_fn]
pub fn t<T: Display>(english: T, values: &dyn Values) -> askama::Result<String> {
    Ok(shell(values)?.language.translate(&english.to_string()).to_owned())
}

/// `{{ problem|say }}`: a message with its values in the reader's language.
#[filter_fn]
pub fn say(message: &Message, values: &dyn Values) -> askama::Result<String> {
    Ok(message.in_language(shell(values)?.language))
}

/// `{{ "js/toast.js"|asset }}`: the URL of a static file.
#[filter_fn]
pub fn asset<T: Display>(path: T, _: &dyn Values) -> askama::Result<String> {
    Ok(assets::url(&path.to_string()))
}

/// `8,214`
#[filter_fn]
pub fn number(value: &i64, _: &dyn Values) -> askama::Result<String> {
    Ok(format::number(*value))
}

/// At most three significant digits: `9.6`.
#[filter_fn]
pub fn short(value: &f64, _: &dyn Values) -> askama::Result<String> {
    Ok(format::short(*value))
}

/// `42.3 %`
#[filter_fn]
pub fn percent(value: &f64, _: &dyn Values) -> askama::Result<String> {
    Ok(format::percent(*value))
}

/// `3.6 GiB`
#[filter_fn]
pub fn bytes(value: &u64, _: &dyn Values) -> askama::Result<String> {
    Ok(format::bytes(*value))
}

/// `184 Mbit/s`
#[filter_fn]
pub fn bit_rate(value: &u64, _: &dyn Values) -> askama::Result<String> {
    Ok(format::bit_rate(*value))
}

/// `41 d 6 h`
#[filter_fn]
pub fn duration(value: &Duration, _: &dyn Values) -> askama::Result<String> {
    Ok(format::duration(*value))
}

/// `4 s ago`
#[filter_fn]
pub fn age(at: &DateTime<Utc>, values: &dyn Values) -> askama::Result<String> {
    let shell = shell(values)?;
    Ok(format::age(shell.now - *at).in_language(shell.language))
}

/// `14:32:05`, `Mon 22:03` or `14 Oct`, in the reader's zone.
#[filter_fn]
pub fn time(at: &DateTime<Utc>, values: &dyn Values) -> askama::Result<String> {
    let shell = shell(values)?;
    Ok(format::time(*at, shell.now, shell.time_zone, shell.language))
}

/// `14:32`, `Mon 22:03` or `14 Oct`, in the reader's zone: under a picture over time.
#[filter_fn]
pub fn mark(at: &DateTime<Utc>, values: &dyn Values) -> askama::Result<String> {
    let shell = shell(values)?;
    Ok(format::mark(*at, shell.now, shell.time_zone, shell.language))
}

/// `14:32:05`, in the reader's zone, whatever the day.
#[filter_fn]
pub fn clock(at: &DateTime<Utc>, values: &dyn Values) -> askama::Result<String> {
    Ok(at.with_timezone(&shell(values)?.time_zone).format("%H:%M:%S").to_string())
}

/// Several lines of text with their control characters shown, but for the line ends and tabs between them.
#[filter_fn]
pub fn lines<T: Display>(text: T, _: &dyn Values) -> askama::Result<String> {
    let text = text.to_string();
    let cells = |line: &str| line.split('\t').map(format::visible).collect::<Vec<_>>().join("\t");
    Ok(text.lines().map(cells).collect::<Vec<_>>().join("\n"))
}

/// Text from a server with its control characters shown (X04).
#[filter_fn]
pub fn visible<T: Display>(text: T, _: &dyn Values) -> askama::Result<String> {
    Ok(format::visible(&text.to_string()))
}
