//! What a supervisor, a load balancer and Prometheus ask: does the process live, may it be sent work, what are its figures.

mod figures;
mod text;

use std::path::Path;
use std::time::Duration;

use actix_web::HttpResponse;
use actix_web::http::header::{CACHE_CONTROL, ContentType};
use actix_web::web::Data;
use chrono::{DateTime, TimeDelta, Utc};
use serde::Serialize;

use crate::app::App;
use crate::error::Result;
use crate::language::Message;
use crate::models::recurring_jobs::RecurringJob;
use crate::models::runs::Backlog;

pub use figures::prometheus;

/// How long the database may take to answer before we say that we are not ready.
const PATIENCE: Duration = Duration::from_secs(2);
/// How long what is due may wait to be fired: the scheduler looks each second.
const MOST_UNFIRED: TimeDelta = TimeDelta::minutes(1);
/// How long a run may wait for a worker: longer than ten thousand of them at once take.
const MOST_UNTAKEN: TimeDelta = TimeDelta::minutes(3);
/// Free space of the data directory below which nothing large may begin.
const LEAST_FREE_BYTES: u64 = 64 << 20;

/// Whether this process lives: it answers, and asks nobody else.
///
/// `GET /healthz`
pub async fn live() -> HttpResponse {
    HttpResponse::Ok().insert_header(ContentType::plaintext()).insert_header((CACHE_CONTROL, "no-store")).body("ok\n")
}

/// Whether work may be sent here: database, scheduler, workers and disk (R11). 503 where one of them is not well.
///
/// `GET /readyz`
pub async fn ready(app: Data<App>) -> HttpResponse {
    let checks = Readiness::of(&app).await;
    let mut response = if checks.ready { HttpResponse::Ok() } else { HttpResponse::ServiceUnavailable() };
    response.insert_header((CACHE_CONTROL, "no-store")).json(checks)
}

/// What was found; nothing that tells of this machine's insides (W12).
#[derive(Debug, Serialize)]
struct Readiness {
    ready: bool,
    database: &'static str,
    scheduler: &'static str,
    workers: &'static str,
    disk: &'static str,
}

impl Readiness {
    async fn of(app: &App) -> Self {
        let now = app.clock.now();
        let asked = app.db.run(move |connection| {
            Ok::<_, crate::error::Error>((RecurringJob::all(connection)?, Backlog::of(connection, now)?))
        });
        let asked: Option<Result<(Vec<RecurringJob>, Backlog)>> = tokio::time::timeout(PATIENCE, asked).await.ok();
        let (database, scheduler, workers) = match asked {
            Some(Ok((jobs, backlog))) => {
                let fires = backlog.unfired(now) < MOST_UNFIRED;
                let word = |is_well| if is_well { "ok" } else { "late" };
                ("ok", word(fires && is_ticking(&jobs, now)), word(backlog.untaken(now) < MOST_UNTAKEN))
            }
            Some(Err(_)) | None => ("away", "unknown", "unknown"),
        };
        let disk = match free_bytes(&app.config.data_dir) {
            Some(free) if free < LEAST_FREE_BYTES => "full",
            Some(_) => "ok",
            None => "unknown",
        };
        let ready = database == "ok" && ![scheduler, workers].contains(&"late") && disk != "full";
        Self { ready, database, scheduler, workers, disk }
    }
}

/// Whether somebody does what comes round: nothing waits for longer than two of its intervals. No job at all is well:
/// no worker was started yet.
fn is_ticking(jobs: &[RecurringJob], now: DateTime<Utc>) -> bool {
    jobs.iter()
        .all(|job| job.state != "idle" || overdue(job, now) < TimeDelta::seconds(2 * i64::from(job.every_seconds) + 5))
}

/// How long a job has been due; zero where it is not.
fn overdue(job: &RecurringJob, now: DateTime<Utc>) -> TimeDelta {
    (now - job.next_at).max(TimeDelta::zero())
}

/// What people are told while the data directory has too little room.
pub fn disk_warning(folder: &Path) -> Option<Message> {
    let free = free_bytes(folder).filter(|free| *free < LEAST_FREE_BYTES)?;
    let sentence = "The disk of this console is full: {free} MiB are left. You can read on; changes are refused until space is freed";
    Some(Message::new(sentence).with("free", free >> 20))
}

fn free_bytes(folder: &Path) -> Option<u64> {
    let found = rustix::fs::statvfs(folder).ok()?;
    found.f_bavail.checked_mul(found.f_frsize)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn job(every_seconds: i32, due_seconds_ago: i64, state: &str) -> RecurringJob {
        RecurringJob {
            name: "roll_up".to_owned(),
            every_seconds,
            next_at: DateTime::UNIX_EPOCH - TimeDelta::seconds(due_seconds_ago),
            state: state.to_owned(),
            token: 1,
            lease_until: None,
            started_at: None,
            finished_at: None,
            took_ms: None,
            outcome: String::new(),
            error: String::new(),
        }
    }

    #[test]
    fn sec_r11_a_scheduler_that_lets_two_intervals_pass_is_late() {
        let now = DateTime::UNIX_EPOCH;
        assert!(is_ticking(&[], now));
        assert!(is_ticking(&[job(10, -5, "idle"), job(10, 20, "idle")], now));
        assert!(is_ticking(&[job(10, 60, "running")], now), "what runs is not late");
        assert!(!is_ticking(&[job(10, -5, "idle"), job(10, 30, "idle")], now));
    }

    #[test]
    fn the_free_space_of_a_folder_is_known() {
        assert!(free_bytes(Path::new("/")).is_some());
        assert_eq!(free_bytes(Path::new("/no such folder")), None);
    }
}
