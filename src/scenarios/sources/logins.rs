//! How many failed to sign in to a server, of what its logs told: read from our own tables.

use chrono::TimeDelta;
use futures_util::FutureExt;
use serde_json::json;

use super::{Asked, Found, Source, found, none};
use crate::error::{Error, Result};
use crate::language::Message;
use crate::models::login_events::addresses::{AddressQuestion, FromAddress};
use crate::models::login_events::{LoginEvent, LoginFilter, LoginOutcome};
use crate::models::login_readings::LoginReading;
use crate::scenarios::fields::{Default, Field, Takes, number};

/// Addresses that are told.
const ADDRESSES: i64 = 5;
/// Logs that were not read for longer than this, and for longer than the window, say nothing about now.
const STALE: TimeDelta = TimeDelta::minutes(15);

/// Failed logins within a window.
pub(super) const FAILED: Source = Source {
    kind: "failed_logins",
    label: "Failed logins",
    icon: "log-in",
    fields: &[Field {
        name: "window_seconds",
        label: "Counted over",
        hint: "Seconds up to the run",
        takes: Takes::Number { least: 60, most: 7 * 86_400 },
        default: Default::Number(3_600),
    }],
    gives: &[
        ("logins.failed", "128"),
        ("logins.top.address", "203.0.113.9"),
        ("logins.top.failed", "96"),
        ("logins.addresses", "[{\"address\":\"203.0.113.9\",\"failed\":96,\"names\":12}]"),
        ("logins.read_at", "2026-11-28T08:49:30Z"),
    ],
    asks_server: false,
    acts: false,
    problems: none,
    read: |asked| read(asked).boxed(),
};

async fn read(asked: Asked<'_>) -> Result<Found> {
    let (server, to) = (asked.host.server().id, asked.at);
    let window = TimeDelta::seconds(number(asked.settings, "window_seconds"));
    let from = to - window;
    let (reading, failed, addresses) = asked
        .db
        .run(move |connection| {
            let (servers, outcome) = (vec![server], LoginOutcome::Failed);
            let filter = LoginFilter {
                servers: servers.clone(),
                outcome: Some(outcome),
                from: Some(from),
                to: Some(to),
                ..LoginFilter::default()
            };
            let question = AddressQuestion {
                server,
                outcome,
                span: (from, to),
                text: None,
                sees_unknown_names: false,
                scope: servers,
            };
            let reading = LoginReading::of(connection, server)?;
            let failed = LoginEvent::count(connection, &filter)?;
            Ok::<_, Error>((reading, failed, FromAddress::of(connection, &question, ADDRESSES)?))
        })
        .await?;
    let read_at = reading.as_ref().and_then(|reading| reading.read_at);
    let limit = window.max(STALE);
    if read_at.is_none_or(|at| asked.clock.now() - at > limit) {
        let why = reading.map(|reading| reading.error).unwrap_or_default();
        let sentence = match why.as_str() {
            "" => Message::new("The logs of {server} were not read for some time"),
            _ => Message::new("The logs of {server} were not read for some time: {why}"),
        };
        return Err(Error::Unavailable(sentence.with("server", asked.host.name()).with("why", why)));
    }
    let addresses: Vec<_> = addresses
        .into_iter()
        .map(|one| {
            let address = one.address.map_or(one.host, |address| address.0.to_string());
            json!({ "address": address, "failed": one.tried, "names": one.names, "last_at": one.last_at })
        })
        .collect();
    let nobody = json!({ "address": null, "failed": 0 });
    Ok(found(json!({
        "logins": {
            "failed": failed,
            "top": addresses.first().unwrap_or(&nobody),
            "addresses": addresses,
            "read_at": read_at,
        },
    })))
}
