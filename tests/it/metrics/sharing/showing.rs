//! Live values in a process that does not sample: the same as in the one that does.

use diesel::RunQueryDsl;
use futures_util::FutureExt;
use hannun::error::RemoteError;
use hannun::metrics::catalogue::Metric;
use hannun::models::live_samples::LiveSample;

use super::super::fake_server::{cut, silent};
use super::*;

/// What was told to a process that has not heard anything yet.
async fn told(database: &TestDatabase) -> Vec<LiveSample> {
    database.db.run(|connection| LiveSample::newer(connection, InstanceId(0), &[])).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_process_that_only_answers_shows_what_another_one_samples() {
    let database = TestDatabase::with_connections(8);
    let id = sampled_servers(&database, 1)[0];
    let (work, web) = (Process::work(&database, 1), Process::web(&database, 2));
    eventually("the values are there", async || {
        web.live.refresh().await;
        web.live.latest(id).is_some_and(|latest| latest.value_of(Metric::FilesystemPercent, "/") == Some(25.0))
    })
    .await;
    let latest = web.live.latest(id).unwrap();
    assert_eq!(latest.value(Metric::Load1), Some(0.5));
    assert_eq!(latest.filesystems[0].mount, "/");
    assert!(latest.uptime_seconds > 999.0);
    eventually("they move on", async || web.live.latest(id).is_some_and(|next| next.at > latest.at)).await;
    eventually("the last minutes fill", async || web.live.server(id).recent(&[Metric::Load1])[0].points.len() > 1)
        .await;
    work.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_look_through_one_process_raises_the_rate_in_the_one_that_samples() {
    let database = TestDatabase::with_connections(8);
    let id = sampled_servers(&database, 1)[0];
    let (work, web) = (Process::work(&database, 1), Process::web(&database, 2));
    eventually("it is sampled", async || work.live.latest(id).is_some()).await;
    assert!(!work.live.server(id).is_watched());
    let mut subscription = web.live.server(id).subscribe();
    eventually("the look arrives", async || work.live.server(id).is_watched()).await;
    let before = work.fake.manner().ticks.len();
    for _ in 0..3 {
        tokio::time::timeout(Duration::from_secs(5), subscription.next()).await.unwrap();
    }
    let ticks = work.fake.manner().ticks.len() - before;
    assert!(ticks > 20, "{ticks}: three of a second each, were nobody looking");
}

#[tokio::test(flavor = "multi_thread")]
async fn two_processes_that_sample_show_each_other_s_servers() {
    let database = TestDatabase::with_connections(8);
    let servers = sampled_servers(&database, 4);
    let (one, two) = (Process::all(&database, 1, LONG_LEASE), Process::all(&database, 2, LONG_LEASE));
    come_to(&database, &[(1, 2), (2, 2)]).await;
    for process in [&one, &two] {
        eventually("all of them", async || {
            process.live.refresh().await;
            servers.iter().all(|id| process.live.latest(*id).is_some())
        })
        .await;
    }
    are_ticked_once(&[&one, &two], &servers).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn why_a_server_gives_no_values_is_known_in_every_process() {
    let database = TestDatabase::with_connections(8);
    let id = sampled_servers(&database, 1)[0];
    let (work, web) = (Process::work(&database, 1), Process::web(&database, 2));
    eventually("it is sampled", async || work.live.latest(id).is_some()).await;
    {
        let mut manner = work.fake.manner();
        (manner.refuses, manner.cut) = (Some(silent()), Some(cut()));
    }
    let trouble = async || {
        web.live.refresh().await;
        web.live.server(id).trouble()
    };
    eventually("the trouble is told", async || trouble().await.is_some()).await;
    assert_eq!(*trouble().await.unwrap(), silent());
    work.fake.manner().refuses = None;
    eventually("it has passed", async || trouble().await.is_none()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_process_alone_tells_nobody() {
    let database = TestDatabase::with_connections(8);
    let id = sampled_servers(&database, 1)[0];
    let one = Process::all(&database, 1, LONG_LEASE);
    eventually("it is sampled", async || one.live.latest(id).is_some()).await;
    one.live.server(id).look();
    assert!(one.live.refresh().now_or_never().is_some(), "nobody is waited for");
    // Two batches' worth of time.
    tokio::time::sleep(Duration::from_millis(2_200)).await;
    assert_eq!(told(&database).await, []);
    let _web = Process::web(&database, 2);
    eventually("somebody came who may show them", async || told(&database).await.len() == 1).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn while_nobody_looks_nothing_is_asked_and_values_are_told_rarely() {
    let database = TestDatabase::with_connections(8);
    sampled_servers(&database, 1);
    let _work = Process::work(&database, 1);
    let _web = Process::web(&database, 2);
    eventually("told once", async || told(&database).await.len() == 1).await;
    let batch = told(&database).await[0].batch;
    tokio::time::sleep(Duration::from_millis(2_200)).await;
    assert_eq!(told(&database).await[0].batch, batch, "two samples later");
    let looks = database.db.run(|connection| Instance::looks_of_others(connection, InstanceId(1))).await.unwrap();
    assert!(looks.iter().all(|look| !look.now && look.servers.is_empty()), "{looks:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn sec_h03_another_credential_closes_what_was_opened_with_the_old_one_in_whichever_process() {
    let database = TestDatabase::with_connections(8);
    let id = sampled_servers(&database, 1)[0];
    let work = Process::work(&database, 1);
    eventually("it is sampled", async || work.live.latest(id).is_some()).await;
    let opened = work.fake.manner().opened;
    // Another process's administrator: nothing here hears of it but the table.
    diesel::sql_query("update credentials set version = version + 1").execute(&mut database.connection()).unwrap();
    eventually("it is opened anew", async || work.fake.manner().opened > opened).await;
    assert!(work.fake.manner().let_go.contains(&id));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_try_that_a_person_asks_for_in_one_process_is_made_in_the_other() {
    let database = TestDatabase::with_connections(8);
    let id = sampled_servers(&database, 1)[0];
    let work = Process::work(&database, 1);
    eventually("it is sampled", async || work.live.latest(id).is_some()).await;
    {
        let mut manner = work.fake.manner();
        let refused = RemoteError::SignInRefused {
            server: "web-1".to_owned(),
            user: "root".to_owned(),
            method: "publickey".into(),
        };
        (manner.refuses, manner.cut) = (Some(refused), Some(cut()));
    }
    eventually("given up", async || work.live.server(id).trouble().is_some()).await;
    // Somebody mended the server itself: nothing that hannun knows has changed.
    work.fake.manner().refuses = None;
    database.db.run(move |connection| Lease::try_now(connection, id)).await.unwrap();
    eventually("tried", async || work.live.server(id).trouble().is_none()).await;
    assert!(work.fake.manner().forgiven.contains(&id));
}
