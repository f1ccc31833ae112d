//! Writing to the audit log, inside the transaction of what is written about: no trace, no change (L01).

use std::fmt::Display;
use std::net::IpAddr;

use chrono::{DateTime, Utc};
use diesel::prelude::*;

use super::chain;
use super::{AuditEvent, Outcome};
use crate::db::schema::audit_events;
use crate::db::types::{Address, Labels};
use crate::error::Result;
use crate::models::actor::Actor;

/// Longest text of one field, in characters; host and user text may be of any length.
const LONGEST: usize = 2_000;

/// What will be written, but for number, time and outcome.
#[derive(Debug, Clone)]
pub struct AuditEntry {
    actor_kind: &'static str,
    actor: String,
    address: Option<Address>,
    action: &'static str,
    server: String,
    target: String,
    run_as: String,
    details: Labels,
}

/// An "asked" entry that waits for its outcome.
#[derive(Debug, Clone)]
#[must_use = "tell how it ended with `Asked::ended`"]
pub struct Asked {
    entry: AuditEntry,
    /// The number of the "asked" event.
    pub number: i64,
}

impl AuditEntry {
    /// `actor` does `action` (`signal_process`, `sign_in`, `server.change`).
    pub fn by(actor: &Actor, action: &'static str) -> Self {
        Self::from(actor.kind_name(), &actor.name, actor.address, action)
    }

    /// Somebody who is not signed in does `action`; `name` is what they called themselves.
    pub fn by_nobody(name: &str, address: Option<IpAddr>, action: &'static str) -> Self {
        Self::from("nobody", name, address, action)
    }

    fn from(actor_kind: &'static str, actor: &str, address: Option<IpAddr>, action: &'static str) -> Self {
        Self {
            actor_kind,
            actor: cleaned(actor),
            address: address.map(|address| Address(address.to_canonical())),
            action,
            server: String::new(),
            target: String::new(),
            run_as: String::new(),
            details: Labels::default(),
        }
    }

    /// The server's name.
    #[must_use]
    pub fn server(mut self, name: &str) -> Self {
        self.server = cleaned(name);
        self
    }

    /// What it is done to: `nginx (4121)`, `user anna`, `/etc/hosts`.
    #[must_use]
    pub fn target(mut self, target: &str) -> Self {
        self.target = cleaned(target);
        self
    }

    /// The user on the server.
    #[must_use]
    pub fn run_as(mut self, user: &str) -> Self {
        self.run_as = cleaned(user);
        self
    }

    /// One more thing to know. Of a secret, say that it changed, never what it is.
    #[must_use]
    pub fn detail(mut self, name: &'static str, value: impl Display) -> Self {
        self.details.0.insert(name.to_owned(), cleaned(&value.to_string()));
        self
    }

    /// Writes the entry. Call it last in the transaction of the change: it holds the log until the commit.
    pub fn record(&self, connection: &mut PgConnection, outcome: Outcome, now: DateTime<Utc>) -> Result<i64> {
        self.write(connection, outcome, None, now)
    }

    /// Writes many entries that ended alike, in their order, in a few statements.
    pub fn record_all(
        connection: &mut PgConnection,
        entries: &[Self],
        outcome: Outcome,
        now: DateTime<Utc>,
    ) -> Result<()> {
        if entries.is_empty() {
            return Ok(());
        }
        let events = entries.iter().map(|entry| entry.event(outcome, None, now)).collect();
        Ok(connection.transaction(|connection| chain::append(connection, events)).map(drop)?)
    }

    /// Writes that it was asked, before it is done. Commit it before the server is spoken to.
    pub fn asked(self, connection: &mut PgConnection, now: DateTime<Utc>) -> Result<Asked> {
        let number = self.write(connection, Outcome::Asked, None, now)?;
        Ok(Asked { entry: self, number })
    }

    /// The same for many, in their order and in a few statements.
    pub fn asked_all(connection: &mut PgConnection, entries: Vec<Self>, now: DateTime<Utc>) -> Result<Vec<Asked>> {
        if entries.is_empty() {
            return Ok(Vec::new());
        }
        let events: Vec<AuditEvent> = entries.iter().map(|entry| entry.event(Outcome::Asked, None, now)).collect();
        let last = connection.transaction(|connection| chain::append(connection, events))?;
        let first = last + 1 - i64::try_from(entries.len()).unwrap_or_default();
        Ok((first..).zip(entries).map(|(number, entry)| Asked { entry, number }).collect())
    }

    /// Goes on with what was asked earlier, perhaps by another process: `number` is that of its "asked" event.
    pub fn asked_before(self, number: i64) -> Asked {
        Asked { entry: self, number }
    }

    /// Somebody whose name, kind and address were kept does `action`.
    pub fn by_kept(kind: &str, actor: &str, address: Option<Address>, action: &'static str) -> Self {
        let kind = match kind {
            "user" => "user",
            "token" => "token",
            _ => "system",
        };
        Self { address, ..Self::from(kind, actor, None, action) }
    }

    /// Whether the same was recorded before: same actor, action and target.
    pub fn is_recorded(&self, connection: &mut PgConnection) -> QueryResult<bool> {
        let same = audit_events::table
            .filter(audit_events::actor.eq(&self.actor).and(audit_events::actor_kind.eq(self.actor_kind)))
            .filter(audit_events::action.eq(self.action).and(audit_events::target.eq(&self.target)));
        diesel::select(diesel::dsl::exists(same)).get_result(connection)
    }

    fn write(
        &self,
        connection: &mut PgConnection,
        outcome: Outcome,
        asked_number: Option<i64>,
        now: DateTime<Utc>,
    ) -> Result<i64> {
        let event = self.event(outcome, asked_number, now);
        Ok(connection.transaction(|connection| chain::append(connection, vec![event]))?)
    }

    /// The event, but for its place in the chain.
    fn event(&self, outcome: Outcome, asked_number: Option<i64>, now: DateTime<Utc>) -> AuditEvent {
        AuditEvent {
            number: 0,
            at: now,
            actor_kind: self.actor_kind.to_owned(),
            actor: self.actor.clone(),
            address: self.address,
            action: self.action.to_owned(),
            server: self.server.clone(),
            target: self.target.clone(),
            run_as: self.run_as.clone(),
            outcome,
            details: self.details.clone(),
            asked_number,
            previous_hash: Vec::new(),
            hash: Vec::new(),
        }
    }
}

impl Asked {
    /// Writes how it ended. The entry names the number of its "asked".
    pub fn ended(&self, connection: &mut PgConnection, outcome: Outcome, now: DateTime<Utc>) -> Result<i64> {
        self.entry.write(connection, outcome, Some(self.number), now)
    }

    /// The same for many, in their order and in a few statements.
    pub fn ended_all(connection: &mut PgConnection, ended: &[(Self, Outcome)], now: DateTime<Utc>) -> Result<()> {
        if ended.is_empty() {
            return Ok(());
        }
        let events =
            ended.iter().map(|(asked, outcome)| asked.entry.event(*outcome, Some(asked.number), now)).collect();
        Ok(connection.transaction(|connection| chain::append(connection, events)).map(drop)?)
    }

    /// One more thing to know at the end: exit status, how long it took.
    pub fn detail(mut self, name: &'static str, value: impl Display) -> Self {
        self.entry = self.entry.detail(name, value);
        self
    }
}

/// A text as it is kept: bounded, and without NUL, which PostgreSQL refuses. The rest is escaped where it is shown.
pub(super) fn cleaned(text: &str) -> String {
    let mut kept: String = text.chars().take(LONGEST).map(|c| if c == '\0' { '\u{fffd}' } else { c }).collect();
    if text.chars().nth(LONGEST).is_some() {
        kept.push('…');
    }
    kept
}
