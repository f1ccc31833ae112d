//! Several processes on one database: who samples which server, and who takes over.

mod showing;

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use hannun::clock::Clock;
use hannun::db::private_server::{Durability, PrivateServer};
use hannun::metrics::live::Live;
use hannun::metrics::mirror::Mirror;
use hannun::metrics::presence::Presence;
use hannun::metrics::sampler::Sampler;
use hannun::metrics::store::Store;
use hannun::metrics::telling::Telling;
use hannun::models::ids::{InstanceId, ServerId};
use hannun::models::instances::{Instance, NewInstance};
use hannun::models::sampling_leases::{Lease, ToSample};
use hannun::models::servers::NewServer;
use tokio::runtime::Runtime;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::fake_server::FakeServer;
use super::{LEASE, eventually, instance, sampled_servers};
use crate::harness::database::TestDatabase;
use crate::harness::outage::Frozen;

/// Longer than any test: who takes over within it did not wait for it.
const LONG_LEASE: Duration = Duration::from_mins(10);

/// What one process of hannun runs beside its web server, on threads of its own.
struct Process {
    id: InstanceId,
    fake: FakeServer,
    live: Live,
    stop: CancellationToken,
    /// None once it was killed.
    runtime: Option<Runtime>,
    running: Vec<tokio::task::JoinHandle<()>>,
}

impl Process {
    fn all(database: &TestDatabase, id: i64, lease: Duration) -> Self {
        Self::start(database, instance(id), lease)
    }

    fn web(database: &TestDatabase, id: i64) -> Self {
        Self::start(database, NewInstance { samples: false, ..instance(id) }, LONG_LEASE)
    }

    fn work(database: &TestDatabase, id: i64) -> Self {
        Self::start(database, NewInstance { serves: false, ..instance(id) }, LONG_LEASE)
    }

    fn start(database: &TestDatabase, introduction: NewInstance, lease: Duration) -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let (id, does_sample, serves) = (introduction.id, introduction.samples, introduction.serves);
        let (fake, live, stop) = (FakeServer::polite(), Live::default(), CancellationToken::new());
        let presence = Presence::new(database.db.clone(), introduction, lease);
        let mut running = Vec::new();
        if does_sample {
            let store = Store::default();
            let sampler =
                Sampler::new(fake.clone(), presence.clone(), Clock::system(), live.clone(), store, super::HURRY);
            let telling = Telling::new(presence.clone(), live.clone());
            let (sampling, saying) = (stop.clone(), stop.clone());
            running.push(runtime.spawn(async move { sampler.run(&sampling).await }));
            running.push(runtime.spawn(async move { telling.run(&saying).await }));
        } else {
            let (presence, stopping) = (presence.clone(), stop.clone());
            running.push(runtime.spawn(async move { presence.run(&stopping).await }));
        }
        if serves {
            let (mirror, stopping) = (Mirror::new(presence, live.clone()), stop.clone());
            running.push(runtime.spawn(async move { mirror.run(&stopping).await }));
        }
        Self { id, fake, live, stop, runtime: Some(runtime), running }
    }

    /// Ends as TERM ends it.
    async fn stop(mut self) {
        self.stop.cancel();
        for one in std::mem::take(&mut self.running) {
            one.await.unwrap();
        }
    }

    /// All of it is gone at once: no goodbye.
    fn kill(&mut self) {
        self.runtime.take().unwrap().shutdown_background();
    }

    /// It stands still for `pause`: none of its tasks runs, and its timers are late, as after SIGSTOP and SIGCONT.
    fn stand_still(&self, pause: Duration) {
        let runtime = self.runtime.as_ref().unwrap();
        runtime.spawn(async move { std::thread::sleep(pause) });
    }

    /// The servers that it ticked since `since`.
    fn ticked_since(&self, since: Instant) -> BTreeSet<ServerId> {
        self.fake.manner().ticks.iter().filter(|(_, at)| *at >= since).map(|(server, _)| *server).collect()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

/// How many servers each process leases; 0: nobody.
async fn shares(database: &TestDatabase) -> BTreeMap<i64, usize> {
    let mut shares = BTreeMap::new();
    for one in database.db.run(ToSample::all).await.unwrap() {
        *shares.entry(one.lease.map_or(0, |lease| lease.holder.0)).or_default() += 1;
    }
    shares
}

async fn come_to(database: &TestDatabase, expected: &[(i64, usize)]) {
    let expected: BTreeMap<i64, usize> = expected.iter().copied().collect();
    eventually(&format!("{expected:?}"), async || shares(database).await == expected).await;
}

/// Waits until these processes tick all of `servers` from now on, each of them in one process only.
async fn are_ticked_once(processes: &[&Process], servers: &[ServerId]) {
    eventually("each server is ticked by one process", async || {
        // What was under way when the lease changed hands has ended after this.
        tokio::time::sleep(Duration::from_millis(50)).await;
        let since = Instant::now();
        tokio::time::sleep(Duration::from_millis(1_200)).await;
        let ticked: Vec<ServerId> = processes.iter().flat_map(|process| process.ticked_since(since)).collect();
        let different: BTreeSet<ServerId> = ticked.iter().copied().collect();
        ticked.len() == different.len() && different == servers.iter().copied().collect()
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn rel_j05_processes_share_the_servers_about_evenly_and_no_server_has_two() {
    let database = TestDatabase::with_connections(8);
    let servers = sampled_servers(&database, 5);
    let one = Process::all(&database, 1, LONG_LEASE);
    come_to(&database, &[(1, 5)]).await;
    eventually("all are sampled", async || servers.iter().all(|id| one.live.latest(*id).is_some())).await;
    let two = Process::all(&database, 2, LONG_LEASE);
    come_to(&database, &[(1, 3), (2, 2)]).await;
    are_ticked_once(&[&one, &two], &servers).await;
    assert_eq!(one.fake.manner().left, [servers[3], servers[4]].into(), "its connections to them may be closed");
    assert!(one.fake.manner().let_go.is_empty(), "but not under the hands of somebody who uses them");
    let three = Process::work(&database, 3);
    come_to(&database, &[(1, 2), (2, 2), (3, 1)]).await;
    are_ticked_once(&[&one, &two, &three], &servers).await;
    for process in [one, two, three] {
        process.stop().await;
    }
    come_to(&database, &[(0, 5)]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn rel_r06_what_a_process_sampled_that_ends_is_taken_over_at_once() {
    let database = TestDatabase::with_connections(8);
    let servers = sampled_servers(&database, 4);
    let (one, two) = (Process::all(&database, 1, LONG_LEASE), Process::all(&database, 2, LONG_LEASE));
    come_to(&database, &[(1, 2), (2, 2)]).await;
    two.stop().await;
    come_to(&database, &[(1, 4)]).await;
    are_ticked_once(&[&one], &servers).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn rel_j05_what_a_killed_process_sampled_is_taken_over_when_its_lease_has_run_out() {
    let database = TestDatabase::with_connections(8);
    let servers = sampled_servers(&database, 4);
    let (one, mut two) = (Process::all(&database, 1, LONG_LEASE), Process::all(&database, 2, LEASE));
    come_to(&database, &[(1, 2), (2, 2)]).await;
    let (me, all) = (one.id, servers.clone());
    two.kill();
    let taken = database.db.run(move |connection| Lease::claim(connection, me, &all)).await.unwrap();
    assert_eq!(taken, 0, "the lease still holds");
    come_to(&database, &[(1, 4)]).await;
    are_ticked_once(&[&one], &servers).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn rel_j02_one_that_stood_still_for_longer_than_its_lease_does_not_go_on_with_what_it_lost() {
    let database = TestDatabase::with_connections(8);
    let servers = sampled_servers(&database, 4);
    let (one, two) = (Process::all(&database, 1, LEASE), Process::all(&database, 2, LONG_LEASE));
    come_to(&database, &[(1, 2), (2, 2)]).await;
    for id in &servers {
        // Each of them fifty times a second: one tick too many is seen.
        one.live.server(*id).look();
        two.live.server(*id).look();
    }
    are_ticked_once(&[&one, &two], &servers).await;
    one.stand_still(3 * LEASE);
    come_to(&database, &[(2, 4)]).await;
    come_to(&database, &[(1, 2), (2, 2)]).await;
    are_ticked_once(&[&one, &two], &servers).await;
    for lease in database.db.run(ToSample::all).await.unwrap() {
        let ticks_of = |process: &Process| {
            let ticks = process.fake.manner().ticks.clone();
            ticks.into_iter().filter(|(id, _)| *id == lease.server.id).map(|(_, at)| at).collect::<Vec<_>>()
        };
        let of_one = ticks_of(&one).into_iter().map(|at| (at, 1));
        let mut ticks: Vec<_> = of_one.chain(ticks_of(&two).into_iter().map(|at| (at, 2))).collect();
        ticks.sort_unstable();
        let changes = ticks.windows(2).filter(|pair| pair[0].1 != pair[1].1).count();
        // The token began with 1, and grew with each change of hands.
        let token = usize::try_from(lease.lease.unwrap().token).unwrap();
        assert!(changes < token, "{}: {changes} changes between processes, token {token}", lease.server.name);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_is_added_is_sampled_by_whoever_has_the_smaller_share() {
    let database = TestDatabase::with_connections(8);
    sampled_servers(&database, 1);
    let _one = Process::all(&database, 1, LONG_LEASE);
    come_to(&database, &[(1, 1)]).await;
    let two = Process::all(&database, 2, LONG_LEASE);
    let credential_id = database.db.run(ToSample::all).await.unwrap()[0].server.credential_id;
    let added = database.db.run(move |connection| {
        let new = NewServer { credential_id, sampling_seconds: 1, ..NewServer::new("added", "10.0.0.6") };
        new.insert(connection)
    });
    let added = added.await.unwrap().id;
    come_to(&database, &[(1, 1), (2, 1)]).await;
    eventually("the other one samples it", async || two.live.latest(added).is_some()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn rel_r04_one_alone_goes_on_sampling_while_the_database_is_away() {
    let database = TestDatabase::with_connections(8);
    let servers = sampled_servers(&database, 2);
    let one = Process::all(&database, 1, LEASE);
    are_ticked_once(&[&one], &servers).await;
    let opened = one.fake.manner().opened;
    database.go_away();
    tokio::time::sleep(LEASE + LEASE / 2).await;
    are_ticked_once(&[&one], &servers).await;
    database.come_back();
    come_to(&database, &[(1, 2)]).await;
    are_ticked_once(&[&one], &servers).await;
    assert_eq!(one.fake.manner().opened, opened, "nothing was opened anew");
}

#[tokio::test(flavor = "multi_thread")]
async fn rel_r04_one_alone_goes_on_sampling_while_the_database_hangs() {
    let folder = tempfile::tempdir().unwrap();
    let database = TestDatabase::of(PrivateServer::start(folder.path(), Durability::None).unwrap());
    let servers = sampled_servers(&database, 1);
    let one = Process::all(&database, 1, LEASE);
    are_ticked_once(&[&one], &servers).await;
    let frozen = Frozen::take(&database);
    tokio::time::sleep(LEASE + LEASE / 2).await;
    are_ticked_once(&[&one], &servers).await;
    drop(frozen);
    one.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn rel_j02_who_cannot_renew_its_lease_stops_sampling_where_others_could_take_over() {
    let database = TestDatabase::with_connections(8);
    let servers = sampled_servers(&database, 2);
    let (one, two) = (Process::all(&database, 1, LEASE), Process::all(&database, 2, LEASE));
    come_to(&database, &[(1, 1), (2, 1)]).await;
    are_ticked_once(&[&one, &two], &servers).await;
    database.go_away();
    tokio::time::sleep(LEASE + LEASE / 2).await;
    let since = Instant::now();
    tokio::time::sleep(Duration::from_millis(1_500)).await;
    assert!(one.ticked_since(since).is_empty() && two.ticked_since(since).is_empty());
    database.come_back();
    are_ticked_once(&[&one, &two], &servers).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn rel_j05_a_process_that_is_cleared_away_comes_back_with_its_next_sign_of_life() {
    let database = TestDatabase::with_connections(8);
    let servers = sampled_servers(&database, 1);
    let one = Process::all(&database, 1, LEASE);
    come_to(&database, &[(1, 1)]).await;
    database.db.run(|connection| Instance::end(connection, &[InstanceId(1)])).await.unwrap();
    come_to(&database, &[(1, 1)]).await;
    are_ticked_once(&[&one], &servers).await;
}
