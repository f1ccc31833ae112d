//! Work that hannun does by itself: one file per job, a list, a scheduler and workers.
//!
//! To add one that comes round: a file with a [`Recurring`], one line in [`ALL`], one test in `tests/it/jobs/`.

mod forget_artifacts;
mod forget_consumers;
mod forget_executions;
mod forget_fan_outs;
mod forget_logins;
mod forget_metrics;
mod forget_requests;
mod forget_runs;
mod forget_terminals;
mod forget_trials;
mod keep_audit_head;
mod pack_metrics;
mod reconcile;
pub mod recurring;
mod resume_executions;
mod resume_fan_outs;
mod resume_power;
mod run_execution;
mod run_fan_out;
mod run_scenarios;
mod scheduler;
mod watch_power;

use std::time::Duration;

use futures_util::future::BoxFuture;
use tokio_util::sync::CancellationToken;

use crate::clock::Clock;
use crate::config::Retention;
use crate::db::Db;
use crate::error::Result;
use crate::installations::artifact_store::ArtifactStore;
use crate::models::audit::kept_heads::KeptHeads;
use crate::queue::Workers;

pub use recurring::RunRecurring;
pub use scheduler::Scheduler;

/// What jobs work with.
#[derive(Clone)]
pub struct Work {
    /// The database.
    pub db: Db,
    /// The time.
    pub clock: Clock,
    /// How long numbers are kept.
    pub retention: Retention,
    /// How long logins are kept.
    pub logins_kept: Duration,
    /// Where the ends of the audit log are kept outside the database.
    pub audit_heads: KeptHeads,
    /// Where uploaded files lie.
    pub artifacts: ArtifactStore,
    /// The jobs that come round in this process.
    pub recurring: &'static [Recurring],
}

/// A job that comes round. It may be repeated after a crash: it changes nothing but our own tables.
pub struct Recurring {
    /// Its name in `recurring_jobs`.
    pub name: &'static str,
    /// How often.
    pub every_seconds: i32,
    /// What it does.
    pub run: fn(Work) -> BoxFuture<'static, Result<()>>,
}

/// Every job that comes round.
pub const ALL: &[Recurring] = &[
    pack_metrics::JOB,
    forget_metrics::JOB,
    forget_artifacts::JOB,
    forget_consumers::JOB,
    forget_executions::JOB,
    forget_fan_outs::JOB,
    forget_logins::JOB,
    forget_requests::JOB,
    forget_runs::JOB,
    forget_terminals::JOB,
    forget_trials::JOB,
    keep_audit_head::JOB,
    reconcile::JOB,
    resume_executions::JOB,
    resume_fan_outs::JOB,
    resume_power::JOB,
];

/// Schedules and works until `stop`; `workers` may have been given further queues.
pub async fn run(workers: Workers, work: Work, stop: &CancellationToken) {
    let scheduler = Scheduler::new(work.clone());
    let workers = workers.on::<Work, RunRecurring>(work);
    tokio::join!(scheduler.run(stop), workers.run(stop));
}
