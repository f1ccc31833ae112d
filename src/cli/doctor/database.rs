//! What the database tells: its roles, its state, the queue, the clock.

use std::path::Path;

use chrono::{DateTime, TimeDelta, Utc};

use super::{Check, instances, said};
use crate::cli::connect::Database;
use crate::clock::Clock;
use crate::config::Config;
use crate::db::{self, Connection, migrate, roles};
use crate::error::{Error, Result};
use crate::models::audit::{AuditEvent, AuditFilter};
use crate::models::data_keys::DataKey;
use crate::models::instances::Instance;
use crate::models::recurring_jobs::RecurringJob;
use crate::models::sampling_leases::ToSample;
use crate::models::users::User;

/// Clocks may differ by this much.
const TOLERANCE: TimeDelta = TimeDelta::seconds(2);

/// Everything that is asked of the database, one check each.
pub(super) async fn checks(config: &Config, found: &Database) -> Vec<Check> {
    let mut checks = match found.db.run(migrate::pending).await {
        Ok(0) => vec![Check::ok("database", found.server.describe())],
        Ok(pending) => {
            let detail = format!("{}, {pending} changes behind this version", found.server.describe());
            return vec![Check::failed("database", detail, "Run hannun migrate")];
        }
        Err(error) => return vec![Check::failed("database", said(&error), way_back(config))],
    };
    let now = Clock::system().now();
    match found.db.run(Facts::load).await {
        Ok(facts) => {
            let processes = instances::check(&facts.living, &facts.to_sample, facts.database_time);
            checks.extend([facts.audit(), processes, facts.queue(now), facts.clock(now), facts.people()]);
        }
        Err(error) => checks.push(Check::failed("database", said(&error), "Look at the log of PostgreSQL")),
    }
    let key_path = config.secret_key_path();
    match found.db.run(move |connection| secrets(connection, &key_path)).await {
        Ok(check) => checks.extend(check),
        Err(error) => checks.push(Check::failed("secrets", said(&error), "Look at the log of PostgreSQL")),
    }
    checks
}

/// What to do where the database does not answer.
pub(super) fn way_back(config: &Config) -> &'static str {
    if config.database_url.is_some() {
        "Start PostgreSQL, or correct DATABASE_URL or DATABASE_URL_FILE"
    } else {
        "Do what the sentence says; postgres-private/postgres.log in the data directory has PostgreSQL's own words"
    }
}

/// Whether the key file opens what is stored; nothing where nothing is. Opens no secret itself.
fn secrets(connection: &mut Connection, key_path: &Path) -> Result<Option<Check>> {
    if !DataKey::any_exists(connection)? {
        return Ok(None);
    }
    Ok(Some(match DataKey::open_sealer(connection, key_path) {
        Ok(_) => Check::ok("secrets", "the key file opens what the database holds"),
        Err(error) => Check::failed(
            "secrets",
            said(&error),
            "Put back the key file that belongs to this database, from its own backup. Without it every credential has to be entered again",
        ),
    }))
}

struct Facts {
    audit_is_guarded: bool,
    living: Vec<Instance>,
    to_sample: Vec<ToSample>,
    jobs: Vec<RecurringJob>,
    database_time: DateTime<Utc>,
    last_event: Option<DateTime<Utc>>,
    anybody: bool,
}

impl Facts {
    fn load(connection: &mut Connection) -> Result<Self, Error> {
        Ok(Self {
            audit_is_guarded: roles::audit_is_guarded(connection)?,
            living: Instance::living(connection)?,
            to_sample: ToSample::all(connection)?,
            jobs: RecurringJob::all(connection)?,
            database_time: db::time(connection)?,
            last_event: AuditEvent::latest(connection, &AuditFilter::default(), 1)?.first().map(|event| event.at),
            anybody: User::anybody_exists(connection)?,
        })
    }

    /// L02: with one role for everything, only the trigger keeps the log from being rewritten.
    fn audit(&self) -> Check {
        if self.audit_is_guarded {
            return Check::ok("audit log", "the role that hannun works with cannot rewrite it");
        }
        Check::warning(
            "audit log",
            "one database role for everything: the trigger alone guards the audit log",
            "Let another role own the tables: run hannun migrate --grant ROLE as the owner, and give hannun serve the DATABASE_URL of that ROLE",
        )
    }

    fn queue(&self, now: DateTime<Utc>) -> Check {
        let name = "queue";
        if self.jobs.is_empty() {
            return Check::warning(name, "no worker has run yet", "Start hannun serve, or hannun work");
        }
        let late = |job: &&RecurringJob| {
            job.state == "idle" && now - job.next_at > TimeDelta::seconds(2 * i64::from(job.every_seconds) + 60)
        };
        let waiting: Vec<&str> = self.jobs.iter().filter(late).map(|job| job.name.as_str()).collect();
        if !waiting.is_empty() {
            let detail = format!("nobody does what is due: {}", waiting.join(", "));
            return Check::warning(name, detail, "Start hannun serve, or hannun work; if one runs, look at its log");
        }
        let failed: Vec<String> = self
            .jobs
            .iter()
            .filter(|job| job.outcome == "failed")
            .map(|job| format!("{} ({})", job.name, job.error))
            .collect();
        if !failed.is_empty() {
            return Check::warning(
                name,
                format!("failed last time: {}", failed.join(", ")),
                "Look at the log of the worker",
            );
        }
        Check::ok(name, format!("{} recurring jobs, none late", self.jobs.len()))
    }

    fn clock(&self, now: DateTime<Utc>) -> Check {
        let apart = (now - self.database_time).abs();
        if apart > TOLERANCE {
            let detail = format!("this machine and the database are {} s apart", apart.num_seconds());
            return Check::failed("clock", detail, "Set both clocks by NTP: sessions and schedules go by them");
        }
        match self.last_event {
            Some(last) if last > now + TOLERANCE => Check::failed(
                "clock",
                format!("the last audit event is of {}, which is not yet", last.format("%F %T UTC")),
                "The clock was set back. Set it by NTP",
            ),
            _ => Check::ok("clock", "agrees with the database"),
        }
    }

    fn people(&self) -> Check {
        if self.anybody {
            return Check::ok("people", "somebody can sign in");
        }
        let next = "Start hannun serve and open the link that it prints, or run hannun user add NAME --role administrator --password-stdin";
        Check::warning("people", "nobody can sign in yet", next)
    }
}
