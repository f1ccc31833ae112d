//! Jobs through the queue, with real workers.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use chrono::TimeDelta;
use futures_util::FutureExt;
use hannun::clock::Clock;
use hannun::config::Retention;
use hannun::db::private_server::{Durability, PrivateServer};
use hannun::db::roles::APPLICATION_ROLE;
use hannun::error::Error;
use hannun::installations::artifact_store::ArtifactStore;
use hannun::jobs::{self, Recurring, Scheduler, Work};
use hannun::models::audit::kept_heads::KeptHeads;
use hannun::models::queue_entry;
use hannun::models::recurring_jobs::RecurringJob;
use hannun::queue::{self, Workers};
use tokio_util::sync::CancellationToken;

use crate::harness::PATIENCE;
use crate::harness::database::TestDatabase;
use crate::harness::outage::Frozen;
use crate::harness::ssh::eventually;

/// A database with the queue's own tables.
async fn database() -> TestDatabase {
    let database = TestDatabase::with_connections(6);
    queue::set_up(&database.owner_url(), Some(APPLICATION_ROLE)).await.unwrap();
    database
}

fn work(database: &TestDatabase, recurring: &'static [Recurring]) -> Work {
    // The system's clock: workers and scheduler run for real.
    Work {
        db: database.db.clone(),
        clock: Clock::system(),
        retention: Retention::default(),
        logins_kept: std::time::Duration::from_hours(24),
        audit_heads: KeptHeads::in_folder(TestDatabase::cluster_folder()),
        artifacts: ArtifactStore::in_folder(TestDatabase::cluster_folder()),
        recurring,
    }
}

/// Workers and scheduler, as a process has them.
struct Process {
    stop: CancellationToken,
    task: tokio::task::JoinHandle<()>,
}

impl Process {
    fn start(database: &TestDatabase, recurring: &'static [Recurring]) -> Self {
        Self::start_with(database, recurring, |workers| workers)
    }

    fn start_with(
        database: &TestDatabase,
        recurring: &'static [Recurring],
        change: impl FnOnce(Workers) -> Workers,
    ) -> Self {
        let (stop, work) = (CancellationToken::new(), work(database, recurring));
        let (workers, stopping) = (change(Workers::new(&database.application_url()).unwrap()), stop.clone());
        let task = tokio::spawn(async move { jobs::run(workers, work, &stopping).await });
        Self { stop, task }
    }

    async fn stop(self) {
        self.stop.cancel();
        tokio::time::timeout(Duration::from_secs(20), self.task).await.unwrap().unwrap();
    }
}

async fn job(database: &TestDatabase, name: &'static str) -> RecurringJob {
    database.db.run(move |connection| RecurringJob::named(connection, name)).await.unwrap()
}

/// Waits, at most 15 seconds, for what `is_so` says of the job.
async fn wait_for(database: &TestDatabase, name: &'static str, is_so: impl Fn(&RecurringJob) -> bool) -> RecurringJob {
    let end = tokio::time::Instant::now() + PATIENCE;
    loop {
        let found = database.db.run(RecurringJob::all).await.unwrap();
        if let Some(job) = found.iter().find(|job| job.name == name && is_so(job)) {
            return job.clone();
        }
        assert!(tokio::time::Instant::now() < end, "{found:#?}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_job_of_the_list_runs_and_succeeds() {
    let database = database().await;
    let process = Process::start(&database, jobs::ALL);
    for job in jobs::ALL {
        let done = wait_for(&database, job.name, |job| !job.outcome.is_empty()).await;
        assert_eq!((done.outcome.as_str(), done.error.as_str()), ("succeeded", ""), "{}", job.name);
    }
    process.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn rel_r07_a_job_that_panics_has_failed_and_the_others_go_on() {
    static RUNS: AtomicUsize = AtomicUsize::new(0);
    const JOBS: &[Recurring] = &[
        Recurring { name: "panics", every_seconds: 1, run: |_| async { panic!("a fault point") }.boxed() },
        Recurring {
            name: "fails",
            every_seconds: 1,
            run: |_| async { Err(Error::Unavailable("The database cannot be reached".into())) }.boxed(),
        },
        Recurring {
            name: "works",
            every_seconds: 1,
            run: |_| {
                async {
                    RUNS.fetch_add(1, Ordering::SeqCst);
                    Ok(())
                }
                .boxed()
            },
        },
    ];
    let database = database().await;
    let process = Process::start(&database, JOBS);
    let panicked = wait_for(&database, "panics", |job| job.token >= 3 && job.outcome == "failed").await;
    assert_eq!(panicked.error, "Something went wrong on our side", "the panic's text is for the log");
    let failed = wait_for(&database, "fails", |job| job.outcome == "failed").await;
    assert_eq!(failed.error, "The database cannot be reached");
    wait_for(&database, "works", |job| job.token >= 3 && job.outcome == "succeeded").await;
    assert!(RUNS.load(Ordering::SeqCst) >= 2);
    process.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn rel_j02_two_processes_run_each_claim_once() {
    static RUNS: AtomicUsize = AtomicUsize::new(0);
    const JOBS: &[Recurring] = &[Recurring {
        name: "counts",
        every_seconds: 1,
        run: |_| {
            async {
                RUNS.fetch_add(1, Ordering::SeqCst);
                Ok(())
            }
            .boxed()
        },
    }];
    let database = database().await;
    let (one, two) = (Process::start(&database, JOBS), Process::start(&database, JOBS));
    wait_for(&database, "counts", |job| job.token >= 4).await;
    one.stop().await;
    two.stop().await;
    let job = job(&database, "counts").await;
    let begun = if job.state == "queued" { job.token - 1 } else { job.token };
    assert_eq!(i64::try_from(RUNS.load(Ordering::SeqCst)).unwrap(), begun);
}

#[tokio::test(flavor = "multi_thread")]
async fn rel_j05_what_a_dead_process_held_is_run_by_another_after_the_lease() {
    static RUNS: AtomicUsize = AtomicUsize::new(0);
    // The first run never ends: its process is killed in the middle of it.
    const JOBS: &[Recurring] = &[Recurring {
        name: "hangs once",
        every_seconds: 3_600,
        run: |_| {
            async {
                if RUNS.fetch_add(1, Ordering::SeqCst) == 0 {
                    std::future::pending::<()>().await;
                }
                Ok(())
            }
            .boxed()
        },
    }];
    let database = database().await;
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let (doomed, workers) = (work(&database, JOBS), Workers::new(&database.application_url()).unwrap());
    runtime.spawn(async move { jobs::run(workers, doomed, &CancellationToken::new()).await });
    wait_for(&database, "hangs once", |job| job.state == "running").await;
    eventually("its first run is in the middle of it", || RUNS.load(Ordering::SeqCst) == 1).await;
    // All of it is gone at once: no heartbeat, no result.
    runtime.shutdown_background();

    let process = Process::start(&database, JOBS);
    let clock = Clock::standing_at(chrono::Utc::now() + TimeDelta::seconds(70));
    let later = Work { clock, ..work(&database, JOBS) };
    assert_eq!(job(&database, "hangs once").await.state, "running", "the lease still holds");
    assert_eq!(Scheduler::new(later).tick().await.unwrap(), 1);
    let done = wait_for(&database, "hangs once", |job| job.outcome == "succeeded").await;
    assert_eq!((done.token, RUNS.load(Ordering::SeqCst)), (3, 2));
    process.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn rel_r06_a_stop_waits_for_what_is_running() {
    static DONE: AtomicUsize = AtomicUsize::new(0);
    const JOBS: &[Recurring] = &[Recurring {
        name: "takes a second",
        every_seconds: 3_600,
        run: |_| {
            async {
                tokio::time::sleep(Duration::from_secs(1)).await;
                DONE.fetch_add(1, Ordering::SeqCst);
                Ok(())
            }
            .boxed()
        },
    }];
    let database = database().await;
    let process = Process::start(&database, JOBS);
    wait_for(&database, "takes a second", |job| job.state == "running").await;
    process.stop().await;
    assert_eq!(DONE.load(Ordering::SeqCst), 1);
    assert_eq!(job(&database, "takes a second").await.outcome, "succeeded");
}

#[tokio::test(flavor = "multi_thread")]
async fn rel_r04_workers_go_on_after_the_database_ended_their_connections() {
    const JOBS: &[Recurring] =
        &[Recurring { name: "comes round", every_seconds: 1, run: |_| async { Ok(()) }.boxed() }];
    let database = database().await;
    let process = Process::start(&database, JOBS);
    let before = wait_for(&database, "comes round", |job| job.outcome == "succeeded").await;
    let mut owner = database.owner();
    diesel::RunQueryDsl::execute(
        diesel::sql_query("select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()"),
        &mut owner,
    )
    .unwrap();
    let token = before.token + 2;
    wait_for(&database, "comes round", move |job| job.token >= token && job.state == "idle").await;
    process.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn rel_r04_a_worker_whose_database_never_answers_is_begun_anew_and_others_take_what_waits() {
    const JOBS: &[Recurring] =
        &[Recurring { name: "comes round", every_seconds: 1, run: |_| async { Ok(()) }.boxed() }];
    let folder = tempfile::tempdir().unwrap();
    let database = TestDatabase::of(PrivateServer::start(folder.path(), Durability::None).unwrap());
    queue::set_up(&database.owner_url(), Some(APPLICATION_ROLE)).await.unwrap();
    let process = Process::start_with(&database, JOBS, |workers| workers.begun_anew_after(Duration::from_secs(2)));
    let before = wait_for(&database, "comes round", |job| job.outcome == "succeeded").await;
    let frozen = Frozen::connections(&database, "hannun queue");
    let token = before.token + 3;
    wait_for(&database, "comes round", move |job| job.token >= token && job.state == "idle").await;
    drop(frozen);
    process.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn ended_entries_are_deleted_and_waiting_ones_stay() {
    const JOBS: &[Recurring] =
        &[Recurring { name: "comes round", every_seconds: 1, run: |_| async { Ok(()) }.boxed() }];
    let database = database().await;
    let process = Process::start(&database, JOBS);
    wait_for(&database, "comes round", |job| job.token >= 3 && job.state == "idle").await;
    process.stop().await;
    let waiting = queue::entry(&jobs::RunRecurring { name: "comes round".to_owned(), token: 99 }).unwrap();
    let purged = database
        .db
        .run(move |connection| {
            waiting.insert(connection)?;
            queue_entry::purge(connection, -1.0, 100)
        })
        .await
        .unwrap();
    assert!(purged >= 2, "{purged}");
    assert_eq!(database.db.run(|connection| queue_entry::purge(connection, -1.0, 100)).await.unwrap(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_entry_is_made_once_for_each_key_and_not_at_all_when_its_transaction_fails() {
    let database = database().await;
    let entry = queue::entry(&jobs::RunRecurring { name: "pack".to_owned(), token: 7 }).unwrap();
    let undone = entry.clone();
    let failed = database.db.transaction(move |connection| {
        assert!(undone.insert(connection)?);
        Err::<(), _>(Error::NotFound("The server"))
    });
    assert!(failed.await.is_err());
    let made = database
        .db
        .run(move |connection| Ok::<_, diesel::result::Error>((entry.insert(connection)?, entry.insert(connection)?)));
    assert_eq!(made.await.unwrap(), (true, false));
}
