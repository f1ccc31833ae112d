//! The last answer of a check of an administrator's own: it runs by its own timetable, and is not run again for this.

use futures_util::FutureExt;
use serde_json::json;

use super::{Asked, Found, Source, found, none};
use crate::error::{Error, Result};
use crate::language::Message;
use crate::models::alarms::is_fresh;
use crate::models::check_results::{CheckResult, CheckState};
use crate::scenarios::fields::{Default, Field, Takes, text};

/// What a check said last.
pub(super) const RESULT: Source = Source {
    kind: "check",
    label: "Check",
    icon: "list-checks",
    fields: &[Field {
        name: "check",
        label: "Check",
        hint: "The name that an administrator gave it",
        takes: Takes::Line { most: 48 },
        default: Default::Required,
    }],
    gives: &[
        ("check.value", "42"),
        ("check.state", "warning"),
        ("check.text", "all is well"),
        ("check.error", ""),
        ("check.unit", "jobs"),
        ("check.since", "2026-11-28T08:00:00Z"),
        ("check.ran_at", "2026-11-28T08:50:00Z"),
    ],
    asks_server: false,
    acts: false,
    problems: none,
    read: |asked| read(asked).boxed(),
};

async fn read(asked: Asked<'_>) -> Result<Found> {
    let (name, id) = (text(asked.settings, "check"), asked.host.server().id);
    let results = asked.db.run(move |connection| CheckResult::of_server(connection, id)).await?;
    let not = |sentence: &'static str| {
        let why = Message::new(sentence).with("check", name).with("server", asked.host.name());
        Err(Error::Unavailable(why))
    };
    let Some((result, check)) = results.into_iter().find(|(_, check)| check.name == name) else {
        return not("No check {check} runs on {server}");
    };
    // A server that does not answer leaves the last answer standing; that is no news.
    if !is_fresh(result.ran_at, check.interval_seconds, asked.clock.now()) {
        return not("The check {check} has not run on {server} for some time");
    }
    let is_read = result.state != CheckState::Failed;
    let reading = result.reading().filter(|_| is_read).unwrap_or_default();
    let unit = if check.unit_word.is_empty() { check.unit } else { check.unit_word };
    Ok(found(json!({
        "check": {
            "name": check.name,
            "value": reading.value,
            "state": result.state.name(),
            "text": reading.text,
            "head": reading.head,
            "rows": reading.rows,
            "error": result.error,
            "unit": unit,
            "since": result.since,
            "ran_at": result.ran_at,
        },
    })))
}
