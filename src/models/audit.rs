//! The audit log: who did what to which server, from where, and how it ended. Added to, never changed (L01, L02, L03).

mod chain;
mod entry;
mod export;
pub mod kept_heads;

use std::net::IpAddr;

use chrono::{DateTime, TimeDelta, Utc};
use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::{Bool, Text};

use crate::db::schema::audit_events;
use crate::db::types::{Address, Labels, text_enum};

pub use chain::{Head, Verification, head, verify};
pub use entry::{Asked, AuditEntry};
pub use export::{CSV_HEAD, csv_cell};

text_enum! {
    /// How something ended, or that it was asked.
    pub enum Outcome {
        /// About to be done; another entry tells how it ended.
        Asked = "asked",
        /// It was done.
        Succeeded = "succeeded",
        /// It was tried and did not work.
        Failed = "failed",
        /// It was not allowed.
        Refused = "refused",
        /// Nobody knows whether it was done.
        Unknown = "unknown",
    }
}

/// One row of `audit_events`.
#[derive(Debug, Clone, PartialEq, Eq, HasQuery, Insertable, Identifiable)]
#[diesel(table_name = audit_events, primary_key(number))]
#[expect(missing_docs, reason = "the migration describes the columns")]
pub struct AuditEvent {
    pub number: i64,
    pub at: DateTime<Utc>,
    pub actor_kind: String,
    pub actor: String,
    pub address: Option<Address>,
    pub action: String,
    pub server: String,
    pub target: String,
    pub run_as: String,
    pub outcome: Outcome,
    /// Texts by name: what was changed, how many, why.
    pub details: Labels,
    pub asked_number: Option<i64>,
    pub previous_hash: Vec<u8>,
    pub hash: Vec<u8>,
}

/// Which events to show; empty fields do not narrow.
#[derive(Debug, Clone, Default)]
pub struct AuditFilter {
    /// Of this actor.
    pub actor: Option<String>,
    /// About this server.
    pub server: Option<String>,
    /// Of this action.
    pub action: Option<String>,
    /// With this outcome.
    pub outcome: Option<Outcome>,
    /// To a target with this in its name.
    pub target: Option<String>,
    /// From this address.
    pub address: Option<IpAddr>,
    /// From this moment on.
    pub from: Option<DateTime<Utc>>,
    /// Before this moment.
    pub to: Option<DateTime<Utc>>,
    /// About the row that the detail `object` names: `servers/12`.
    pub object: Option<String>,
    /// Whose target, server, actor or details hold this text.
    pub text: Option<String>,
    /// Older than this number: how the next page is asked for.
    pub before: Option<i64>,
}

/// A column whose words people choose from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AuditColumn {
    /// Who.
    Actor,
    /// What.
    Action,
    /// Where.
    Server,
}

#[derive(QueryableByName)]
struct Word {
    #[diesel(sql_type = diesel::sql_types::Text)]
    word: String,
}

impl Outcome {
    /// The word that people read.
    pub fn label(self) -> &'static str {
        match self {
            Self::Asked => "Asked",
            Self::Succeeded => "Succeeded",
            Self::Failed => "Failed",
            Self::Refused => "Refused",
            Self::Unknown => "Unknown",
        }
    }
}

/// What `ilike` finds `text` with, taken literally but for the signs that would stand for others.
fn pattern_of(text: &str) -> String {
    format!("%{}%", entry::cleaned(text).replace(['\\', '%', '_'], "_"))
}

/// Writes, of all that was asked and whose end is not written, that nobody knows how it ended; of how much.
pub(super) fn end_as_unknown(connection: &mut PgConnection, now: DateTime<Utc>) -> QueryResult<usize> {
    // Also by a clock that was ahead of ours.
    let open = AuditEvent::without_outcome(connection, now + TimeDelta::days(36_500))?;
    let ended = open.into_iter().map(|asked| AuditEvent {
        at: now,
        outcome: Outcome::Unknown,
        asked_number: Some(asked.number),
        ..asked
    });
    let ended: Vec<AuditEvent> = ended.collect();
    let count = ended.len();
    if count > 0 {
        chain::append(connection, ended)?;
    }
    Ok(count)
}

impl AuditEvent {
    /// The newest `limit` events that `filter` lets through, newest first.
    pub fn latest(connection: &mut PgConnection, filter: &AuditFilter, limit: i64) -> QueryResult<Vec<Self>> {
        let mut events = audit_events::table.select(Self::as_select()).into_boxed();
        if let Some(actor) = &filter.actor {
            events = events.filter(audit_events::actor.eq(entry::cleaned(actor)));
        }
        if let Some(server) = &filter.server {
            events = events.filter(audit_events::server.eq(entry::cleaned(server)));
        }
        if let Some(action) = &filter.action {
            events = events.filter(audit_events::action.eq(entry::cleaned(action)));
        }
        if let Some(outcome) = filter.outcome {
            events = events.filter(audit_events::outcome.eq(outcome));
        }
        if let Some(target) = &filter.target {
            events = events.filter(audit_events::target.ilike(pattern_of(target)));
        }
        if let Some(address) = filter.address {
            events = events.filter(audit_events::address.eq(Address(address.to_canonical())));
        }
        if let Some(object) = &filter.object {
            let is_about =
                sql::<Bool>("details ? 'object' and details ->> 'object' = ").bind::<Text, _>(entry::cleaned(object));
            events = events.filter(is_about);
        }
        if let Some(text) = &filter.text {
            let pattern = pattern_of(text);
            let holds = audit_events::target
                .ilike(pattern.clone())
                .or(audit_events::server.ilike(pattern.clone()))
                .or(audit_events::actor.ilike(pattern.clone()))
                .or(sql::<Bool>("details::text ilike ").bind::<Text, _>(pattern));
            events = events.filter(holds);
        }
        if let Some(from) = filter.from {
            events = events.filter(audit_events::at.ge(from));
        }
        if let Some(to) = filter.to {
            events = events.filter(audit_events::at.lt(to));
        }
        if let Some(before) = filter.before {
            events = events.filter(audit_events::number.lt(before));
        }
        events.order(audit_events::number.desc()).limit(limit).load(connection)
    }

    /// The different words of a column, at most `limit`, each found by one step through its index.
    pub fn words(connection: &mut PgConnection, column: AuditColumn, limit: i64) -> QueryResult<Vec<String>> {
        let words: Vec<Word> = diesel::sql_query(match column {
            AuditColumn::Actor => include_str!("audit/actors.sql"),
            AuditColumn::Action => include_str!("audit/actions.sql"),
            AuditColumn::Server => include_str!("audit/servers.sql"),
        })
        .bind::<diesel::sql_types::BigInt, _>(limit)
        .load(connection)?;
        Ok(words.into_iter().map(|row| row.word).collect())
    }

    /// The event of a number.
    pub fn by_number(connection: &mut PgConnection, number: i64) -> QueryResult<Option<Self>> {
        Self::query().find(number).first(connection).optional()
    }

    /// Up to `limit` events after `number`, oldest first: for the export.
    pub fn after(connection: &mut PgConnection, number: i64, limit: i64) -> QueryResult<Vec<Self>> {
        Self::query().filter(audit_events::number.gt(number)).order(audit_events::number).limit(limit).load(connection)
    }

    /// How an "asked" event ended, if that is known.
    pub fn outcome_of(connection: &mut PgConnection, asked: i64) -> QueryResult<Option<Self>> {
        Self::query()
            .filter(audit_events::asked_number.eq(asked))
            .order(audit_events::number)
            .first(connection)
            .optional()
    }

    /// Whether anybody asked for something longer than `before` ago whose end is not written: a process died over it.
    pub fn without_outcome(connection: &mut PgConnection, before: DateTime<Utc>) -> QueryResult<Vec<Self>> {
        let outcomes = diesel::alias!(audit_events as outcomes);
        let ended = outcomes.filter(outcomes.field(audit_events::asked_number).eq(audit_events::number.nullable()));
        Self::query()
            .filter(audit_events::outcome.eq(Outcome::Asked).and(audit_events::at.lt(before)))
            .filter(diesel::dsl::not(diesel::dsl::exists(ended)))
            .order(audit_events::number)
            .load(connection)
    }
}
