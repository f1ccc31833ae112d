//! What a database must not go on with that was just restored from a backup (R09): whoever was signed in then is not any more, what
//! was at work then ended long ago, nobody knows how, and nothing begins by itself until somebody says so.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel::sql_types::{Jsonb, Text, Timestamptz};
use serde::Serialize;

use super::actor::Actor;
use super::audit::{self, AuditEntry, Outcome};
use super::pauses::Pause;
use crate::db::restoring;
use crate::error::{Error, Result};
use crate::language::Message;

/// What was ended, and how many of each.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Settled {
    /// Sessions of people.
    pub sessions: usize,
    /// Commands on servers.
    pub executions: usize,
    /// Runs of scenarios.
    pub runs: usize,
    /// Messages that had not arrived.
    pub deliveries: usize,
    /// Terminals.
    pub terminals: usize,
}

/// Held by processes, browsers and workers that are gone. The queue only names what is ended here.
const GONE: &[&str] = &[
    "delete from terminal_tickets",
    "delete from setup_tokens",
    "delete from instances",
    "delete from crontab_runs",
    "delete from apalis.jobs",
    "delete from apalis.workers",
    "update recurring_jobs set state = 'idle', lease_until = null, token = token + 1 where state <> 'idle'",
];

/// `$1` is why, `$2` is now. Each token grows: whatever still carries the old one is refused.
const EXECUTIONS: &str = "update executions set state = 'unknown', why = $1, ended_at = $2, lease_until = null,
    token = token + 1 where ended_at is null";
const RUNS: &str = "update runs set state = 'unknown', why = $1, ended_at = $2, lease_until = null,
    token = token + 1 where ended_at is null";
const DELIVERIES: &str = "update deliveries set state = 'unknown', why = $1, ended_at = $2, lease_until = null,
    next_try_at = null, token = token + 1 where state in ('pending', 'sending')";
const FAN_OUTS: &str = "update fan_outs set state = 'stopped', why = $1, ended_at = $2, lease_until = null,
    pause_until = null, token = token + 1 where ended_at is null";
const POWER: &str = "update power_requests set state = 'unknown', why = $1, ended_at = $2, lease_until = null,
    token = token + 1 where ended_at is null";
const TERMINALS: &str = "update terminals set why = $1, ended_at = least(seen_at, $2) where ended_at is null";

/// Settles all of it in one transaction: sessions are void, what was at work is unknown, the scheduler is paused, and the audit log
/// tells of it. Only then the database counts as restored. `time` is that of the backup, as people read it.
pub fn settle(connection: &mut PgConnection, actor: &Actor, time: &str, now: DateTime<Utc>) -> Result<Settled> {
    connection.transaction(|connection| {
        let why = Message::new("It had not ended when the backup of {time} was made, from which hannun was restored: nobody knows what became of it")
            .with("time", time);
        let settled = end_all(connection, &why, now)?;
        let stood = Pause::standing(connection)?;
        if let Some(pause) = &stood {
            Pause::end(connection, pause.id, &actor.name, now)?;
        }
        let reason = format!("restored from the backup of {time}");
        let pause = Pause::begin(connection, &actor.name, &reason, now)?
            .ok_or_else(|| Error::Conflict(Message::new("The scheduler is paused already")))?;
        audit::end_as_unknown(connection, now)?;
        let mut restored = AuditEntry::by(actor, "restore")
            .detail("backup_of", time)
            .detail("sessions_ended", settled.sessions)
            .detail("executions_ended", settled.executions)
            .detail("runs_ended", settled.runs);
        if let Some(before) = stood {
            restored = restored.detail("paused_before", before.why);
        }
        restored.record(connection, Outcome::Succeeded, now)?;
        AuditEntry::by(actor, "pause_scheduler")
            .detail("why", &reason)
            .detail("object", format!("pauses/{}", pause.id))
            .record(connection, Outcome::Succeeded, now)?;
        restoring::end(connection)?;
        Ok(settled)
    })
}

fn end_all(connection: &mut PgConnection, why: &Message, now: DateTime<Utc>) -> Result<Settled> {
    let words = serde_json::to_value(why).map_err(Error::internal)?;
    let mut end = |statement: &str| {
        diesel::sql_query(statement).bind::<Jsonb, _>(&words).bind::<Timestamptz, _>(now).execute(connection)
    };
    let mut settled = Settled {
        executions: end(EXECUTIONS)?,
        runs: end(RUNS)?,
        deliveries: end(DELIVERIES)?,
        terminals: end(TERMINALS)?,
        sessions: 0,
    };
    for statement in [FAN_OUTS, POWER] {
        end(statement)?;
    }
    diesel::sql_query("update fan_out_members set state = 'left', why = $1 where state = 'waiting'")
        .bind::<Jsonb, _>(&words)
        .execute(connection)?;
    // Its why is a text.
    diesel::sql_query(
        "update guarded_changes set state = 'unknown', why = $1, ended_at = $2 where state in ('asked', 'armed')",
    )
    .bind::<Text, _>(why.to_string())
    .bind::<Timestamptz, _>(now)
    .execute(connection)?;
    for statement in GONE {
        diesel::sql_query(*statement).execute(connection)?;
    }
    settled.sessions = diesel::sql_query("delete from sessions").execute(connection)?;
    Ok(settled)
}
