//! Many scenarios that are due at the same second: read from stored numbers, each told to somebody on this machine.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use diesel::prelude::*;
use hannun::db::schema::{runs, scenarios, users};
use hannun::models::ids::{ServerId, UserId};
use hannun::models::metric_points::InboxRow;
use hannun::models::scenarios::{Missed, NewDestination, NewScenario, Overlap};
use hannun::models::series::{NewSeries, Series};
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::time::{Instant, sleep, timeout};

use crate::contestant::Contestant;
use crate::stage::{Stage, USER};

/// Scenarios that are due together, and then, in the same console, many more.
const MANY: usize = 2_000;
const MORE: usize = 10_000;
/// How long after they begin to be made they are due: the console must have started by then, or all of them must be there.
const AHEAD: TimeDelta = TimeDelta::seconds(20);
const FURTHER_AHEAD: TimeDelta = TimeDelta::seconds(90);
/// How long all of them are waited for.
const PATIENCE: Duration = Duration::from_mins(5);

/// One round.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Fired {
    /// From the second at which the first ones were due to their last message.
    pub(crate) all_told: Duration,
    /// From that second to a run's start, the 99th percentile.
    pub(crate) lag: Duration,
    /// Processor time of the whole console for each of them.
    pub(crate) each: Duration,
    /// From the second at which the many more were due to their last message.
    pub(crate) more_told: Duration,
    /// Memory that the console has more after these than after the first ones, bytes.
    pub(crate) grew: u64,
}

/// One round.
pub(crate) async fn round(stage: &Stage) -> Fired {
    let told = receiver(stage.receiver());
    let due = whole(Utc::now() + AHEAD);
    make(stage, MANY, due).await;
    let console = Contestant::start("console-watches", &stage.settings).await;
    come(due).await;
    let before = console.meter.processor_time();
    let all_told = all(&told, MANY).await;
    let each = console.meter.processor_time().saturating_sub(before) / MANY as u32;
    let (lag, resident) = (lag(stage, MANY, due).await, console.meter.resident());
    told.store(0, Ordering::Relaxed);
    let due = whole(Utc::now() + FURTHER_AHEAD);
    make(stage, MORE, due).await;
    come(due).await;
    let more_told = all(&told, MORE).await;
    let grew = console.meter.resident().saturating_sub(resident);
    // It waits to be told about sampling, and is not.
    drop(console);
    Fired { all_told, lag, each, more_told, grew }
}

fn whole(at: DateTime<Utc>) -> DateTime<Utc> {
    at - TimeDelta::microseconds(i64::from(at.timestamp_subsec_micros()))
}

/// Waits for a moment.
async fn come(due: DateTime<Utc>) {
    sleep((due - Utc::now()).to_std().expect("they were not ready in time")).await;
}

/// How long it takes from now on until so many were told.
async fn all(told: &AtomicUsize, many: usize) -> Duration {
    let begun = Instant::now();
    let all = timeout(PATIENCE, async {
        while told.load(Ordering::Relaxed) < many {
            sleep(Duration::from_millis(20)).await;
        }
    });
    all.await.unwrap_or_else(|_| panic!("{} of {many} were told", told.load(Ordering::Relaxed)));
    let took = begun.elapsed();
    // What is written after the last message belongs to it.
    sleep(Duration::from_secs(2)).await;
    took
}

/// Answers everybody at once, and counts.
fn receiver(listener: std::net::TcpListener) -> Arc<AtomicUsize> {
    let told = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&told);
    listener.set_nonblocking(true).unwrap();
    let listener = TcpListener::from_std(listener).unwrap();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let count = Arc::clone(&count);
            tokio::spawn(async move {
                let mut request = [0; 4096];
                drop(stream.read(&mut request).await);
                drop(stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n").await);
                count.fetch_add(1, Ordering::Relaxed);
            });
        }
    });
    told
}

async fn make(stage: &Stage, many: usize, due: DateTime<Utc>) {
    let (port, server) = (stage.settings.receiver_port, stage.first_server());
    let made = stage.app.db.transaction(move |connection| {
        diesel::delete(scenarios::table).execute(connection)?;
        let owner: UserId = users::table.filter(users::name.eq(USER)).select(users::id).first(connection)?;
        measured(connection, server, due)?;
        let destination = NewDestination {
            kind: "http_post".to_owned(),
            settings: json!({ "url": format!("http://127.0.0.1:{port}/hook"), "format": "json", "body": "" }),
            channel_id: None,
            condition: json!({ "kind": "always" }),
            at_most_once: false,
        };
        for number in 0..many {
            let new = NewScenario {
                name: format!("scenario {number}"),
                schedule: json!({ "when": { "kind": "date", "at": due }, "time_zone": "Asia/Seoul" }),
                source: "cpu_usage".to_owned(),
                source_settings: json!({ "window_seconds": 300 }),
                servers: vec!["server-0".to_owned()],
                enabled: true,
                grace_seconds: None,
                missed: Missed::Coalesce,
                overlap: Overlap::Skip,
                parallel_most: 1,
                next_slot: Some(due),
                next_run_at: Some(due),
            };
            new.insert(connection, owner, std::slice::from_ref(&destination))?;
        }
        Ok(())
    });
    made.await.unwrap();
}

fn measured(connection: &mut PgConnection, server: ServerId, due: DateTime<Utc>) -> QueryResult<()> {
    let wanted = [NewSeries { server_id: server, metric: "cpu.total", device: String::new() }];
    let series = Series::ensure(connection, &wanted)?;
    let at = DateTime::from_timestamp((due.timestamp() - 120).div_euclid(10) * 10, 0).unwrap();
    let row = InboxRow {
        server_id: server,
        at,
        series_ids: series.iter().map(|series| series.id).collect(),
        means: vec![12.5],
        minimums: Vec::new(),
        maximums: Vec::new(),
    };
    InboxRow::store(connection, &[row]).map(drop)
}

async fn lag(stage: &Stage, many: usize, due: DateTime<Utc>) -> Duration {
    let started = stage.app.db.run(move |connection| {
        runs::table
            .filter(runs::scheduled_for.eq(due))
            .select(runs::started_at.assume_not_null())
            .order(runs::started_at)
            .load::<DateTime<Utc>>(connection)
    });
    let started = started.await.unwrap();
    assert_eq!(started.len(), many, "each has its run");
    (started[many * 99 / 100] - due).to_std().unwrap_or_default()
}
