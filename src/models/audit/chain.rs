//! The chain of the audit log: gap-free numbers, and each hash covers the one before and the canonical entry (L02).

use std::fmt;
use std::str::FromStr;

use diesel::prelude::*;
use serde::Serialize;
use sha2::{Digest, Sha256};

use super::AuditEvent;
use crate::db::schema::{audit_events, audit_head};

/// Events read at a time while verifying.
const BATCH: i64 = 2_000;

/// The end of the chain: written outside the database now and then, it shows what was cut off since.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Head {
    /// The number of the newest event; 0 for an empty log.
    pub number: i64,
    /// Its hash.
    pub hash: Vec<u8>,
}

impl fmt::Display for Head {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{} {}", self.number, hex::encode(&self.hash))
    }
}

impl FromStr for Head {
    type Err = &'static str;

    /// Reads a line that [`Head`] wrote.
    fn from_str(line: &str) -> Result<Self, Self::Err> {
        let problem = "a head is a number and a hash";
        let (number, hash) = line.trim().split_once(' ').ok_or(problem)?;
        let number = number.parse().map_err(|_malformed| problem)?;
        let hash = hex::decode(hash).map_err(|_malformed| problem)?;
        Ok(Self { number, hash })
    }
}

/// What a look at the whole chain found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verification {
    /// Every event is there and as it was written.
    Intact(Head),
    /// The chain is broken.
    Broken {
        /// The first number that is missing or is not as it was written.
        number: i64,
        /// What is wrong there.
        why: &'static str,
    },
}

/// The end of the chain now.
pub fn head(connection: &mut PgConnection) -> QueryResult<Head> {
    let (number, hash) = audit_head::table.select((audit_head::number, audit_head::hash)).first(connection)?;
    Ok(Head { number, hash })
}

/// Rows of one statement: PostgreSQL takes 65,535 values.
const ROWS_AT_ONCE: usize = 4_000;

/// Adds events as the next ones, in their order; gives the number of the last. Whoever comes at the same time waits for this
/// transaction's end: no gaps, no forks.
pub(super) fn append(connection: &mut PgConnection, mut events: Vec<AuditEvent>) -> QueryResult<i64> {
    let (mut number, mut hash): (i64, Vec<u8>) =
        audit_head::table.select((audit_head::number, audit_head::hash)).for_update().first(connection)?;
    for event in &mut events {
        number += 1;
        event.number = number;
        event.previous_hash = std::mem::take(&mut hash);
        event.hash = hash_of(&event.previous_hash, event);
        hash.clone_from(&event.hash);
    }
    for some in events.chunks(ROWS_AT_ONCE) {
        diesel::insert_into(audit_events::table).values(some).execute(connection)?;
    }
    diesel::update(audit_head::table)
        .set((audit_head::number.eq(number), audit_head::hash.eq(hash)))
        .execute(connection)?;
    Ok(number)
}

/// Reads the whole log and says whether anything was changed, taken out, swapped or cut off. `known` are heads kept
/// outside the database: they show what the database's own head may hide.
pub fn verify(connection: &mut PgConnection, known: &[Head]) -> QueryResult<Verification> {
    let mut known: Vec<&Head> = known.iter().collect();
    known.sort_by_key(|head| head.number);
    // One snapshot: events written meanwhile do not look cut off.
    connection.build_transaction().repeatable_read().read_only().run(|connection| {
        let end = head(connection)?;
        let mut last = Head { number: 0, hash: Vec::new() };
        loop {
            let batch = AuditEvent::after(connection, last.number, BATCH)?;
            if batch.is_empty() {
                return Ok(judge_end(last, &end, &known));
            }
            for event in batch {
                if let Some(why) = wrong_with(&event, &last, &known) {
                    return Ok(Verification::Broken { number: last.number + 1, why });
                }
                last = Head { number: event.number, hash: event.hash };
            }
        }
    })
}

/// What is wrong with the event that should follow `last`; `known` is in the order of its numbers.
fn wrong_with(event: &AuditEvent, last: &Head, known: &[&Head]) -> Option<&'static str> {
    let from = known.partition_point(|head| head.number < event.number);
    let mut kept = known.iter().skip(from).take_while(|head| head.number == event.number);
    if event.number != last.number + 1 {
        Some("it is missing")
    } else if event.previous_hash != last.hash {
        Some("it does not follow the one before")
    } else if event.hash != hash_of(&last.hash, event) {
        Some("it was changed")
    } else if kept.any(|head| head.hash != event.hash) {
        Some("it is not the one whose hash was kept outside the database")
    } else {
        None
    }
}

/// Whether the last event is the newest that ever was.
fn judge_end(last: Head, end: &Head, known: &[&Head]) -> Verification {
    let newest = known.iter().map(|head| head.number).chain([end.number]).max().unwrap_or_default();
    if newest > last.number {
        Verification::Broken { number: last.number + 1, why: "it is missing" }
    } else if *end != last {
        Verification::Broken { number: last.number, why: "the head of the log does not know it" }
    } else {
        Verification::Intact(last)
    }
}

/// SHA-256 over the previous hash and the canonical entry.
fn hash_of(previous: &[u8], event: &AuditEvent) -> Vec<u8> {
    let mut digest = Sha256::new();
    digest.update(previous);
    digest.update(canonical(event));
    digest.finalize().to_vec()
}

/// The entry as JSON with its fields in this order, details by name, microseconds in UTC.
#[derive(Serialize)]
struct Canonical<'a> {
    number: i64,
    at: String,
    actor_kind: &'a str,
    actor: &'a str,
    address: Option<String>,
    action: &'a str,
    server: &'a str,
    target: &'a str,
    run_as: &'a str,
    outcome: &'a str,
    details: &'a std::collections::BTreeMap<String, String>,
    asked_number: Option<i64>,
}

pub(super) fn canonical(event: &AuditEvent) -> Vec<u8> {
    let canonical = Canonical {
        number: event.number,
        at: event.at.to_rfc3339_opts(chrono::SecondsFormat::Micros, true),
        actor_kind: &event.actor_kind,
        actor: &event.actor,
        address: event.address.map(|address| address.0.to_string()),
        action: &event.action,
        server: &event.server,
        target: &event.target,
        run_as: &event.run_as,
        outcome: event.outcome.name(),
        details: &event.details.0,
        asked_number: event.asked_number,
    };
    // Texts and numbers always serialise; an empty text would only make the log look broken, never whole.
    serde_json::to_vec(&canonical).unwrap_or_default()
}
