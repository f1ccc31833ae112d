//! The sampler with servers that fail on demand: how they are said to be, and how it comes back.

mod listings;
mod troubles;

use std::time::Duration;

use hannun::clock::Clock;
use hannun::error::RemoteError;
use hannun::metrics::catalogue::Metric;
use hannun::metrics::live::Live;
use hannun::metrics::sampler::Sampler;
use hannun::metrics::store::Store;
use hannun::models::actor::Scope;
use hannun::models::ids::ServerId;
use hannun::models::sampling_leases::Lease;
use hannun::models::server_states::{ServerState, State};
use hannun::models::servers::{Server, ServerChanges};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::eventually;
use super::fake_server::{FakeServer, cut, refused, silent};
use crate::harness::database::TestDatabase;

/// One server, sampled each second, in a hurry.
struct Scene {
    database: TestDatabase,
    fake: FakeServer,
    id: ServerId,
    live: Live,
    store: Store,
    stop: CancellationToken,
    task: tokio::task::JoinHandle<()>,
}

impl Scene {
    fn start(fake: FakeServer) -> Self {
        Self::start_with(fake, 1)
    }

    /// With so many servers; `id` is the first one's.
    fn start_with(fake: FakeServer, servers: usize) -> Self {
        let database = TestDatabase::new();
        let id = super::sampled_servers(&database, servers)[0];
        let (live, store, stop) = (Live::default(), Store::default(), CancellationToken::new());
        let presence = super::presence(&database.db, 1);
        let sampler = Sampler::new(fake.clone(), presence, Clock::system(), live.clone(), store.clone(), super::HURRY);
        let stopping = stop.clone();
        let task = tokio::spawn(async move { sampler.run(&stopping).await });
        Self { database, fake, id, live, store, stop, task }
    }

    async fn state(&self) -> Option<ServerState> {
        let id = self.id;
        self.database.db.run(move |connection| ServerState::of(connection, id)).await.unwrap()
    }

    async fn becomes(&self, state: State) -> ServerState {
        eventually(state.name(), async || self.state().await.is_some_and(|now| now.state == state)).await;
        self.state().await.unwrap()
    }

    /// Waits for the first sample.
    async fn is_sampled(&self) -> ServerState {
        eventually("a sample", async || self.live.latest(self.id).is_some()).await;
        self.becomes(State::Up).await
    }

    async fn change(&self, changes: ServerChanges) {
        let id = self.id;
        self.database
            .db
            .run(move |connection| Server::change(connection, id, &changes, chrono::Utc::now()).map(drop))
            .await
            .unwrap();
    }

    async fn end(self) {
        self.stop.cancel();
        tokio::time::timeout(Duration::from_secs(5), self.task).await.unwrap().unwrap();
    }
}

#[tokio::test]
async fn a_server_that_answers_is_up_with_values_and_its_platform_is_asked_once() {
    let scene = Scene::start(FakeServer::polite());
    let state = scene.becomes(State::Up).await;
    assert!(state.seen_at.is_some());
    let server = scene.live.server(scene.id);
    eventually("filesystems", async || {
        server.latest().is_some_and(|latest| latest.value_of(Metric::FilesystemPercent, "/") == Some(25.0))
    })
    .await;
    assert_eq!(server.latest().unwrap().value(Metric::Load1), Some(0.5));
    assert_eq!(server.trouble(), None);
    let (detected, opened) = {
        let manner = scene.fake.manner();
        (manner.detected, manner.opened)
    };
    assert_eq!((detected, opened), (1, 1));
    scene.end().await;
}

#[tokio::test]
async fn what_was_read_last_is_stored_at_the_end() {
    let scene = Scene::start(FakeServer::polite());
    scene.is_sampled().await;
    let (id, store, db) = (scene.id, scene.store.clone(), scene.database.db.clone());
    scene.stop.cancel();
    scene.task.await.unwrap();
    assert!(store.is_empty());
    let now = chrono::Utc::now();
    // A point stands at the beginning of its step: that may be the very second in which the span would end.
    let span = (now - super::seconds(60), now + super::seconds(60));
    let kept = super::lines(&db, id, Metric::Load1, span, 100).await;
    assert_eq!(kept.len(), 1);
}

#[tokio::test]
async fn somebody_who_looks_raises_the_rate_at_once() {
    let scene = Scene::start(FakeServer::polite());
    scene.is_sampled().await;
    let mut subscription = scene.live.server(scene.id).subscribe();
    let before = scene.fake.manner().ticks.len();
    let begun = Instant::now();
    for _ in 0..20 {
        tokio::time::timeout(Duration::from_secs(2), subscription.next()).await.unwrap();
    }
    // Twenty samples of a second each would take twenty seconds.
    assert!(begun.elapsed() < Duration::from_secs(5), "{:?}", begun.elapsed());
    assert!(scene.fake.manner().ticks.len() >= before + 20);
    scene.end().await;
}

#[tokio::test]
async fn rel_r02_a_server_that_falls_silent_is_unreachable_and_comes_back_by_itself() {
    let scene = Scene::start(FakeServer::polite());
    scene.is_sampled().await;
    let since = {
        let mut manner = scene.fake.manner();
        (manner.refuses, manner.cut) = (Some(silent()), Some(cut()));
        chrono::Utc::now()
    };
    let away = scene.becomes(State::Unreachable).await;
    assert_eq!(away.why().map(RemoteError::code), Some("timed-out"));
    assert!(away.since >= since);
    assert_eq!(scene.live.server(scene.id).trouble().unwrap().code(), "timed-out");
    scene.fake.manner().refuses = None;
    let back = scene.becomes(State::Up).await;
    assert_eq!(back.why(), None);
    assert_eq!(scene.live.server(scene.id).trouble(), None);
    scene.end().await;
}

#[tokio::test]
async fn a_loop_that_ends_on_a_server_that_is_well_changes_nothing_but_the_loop() {
    let scene = Scene::start(FakeServer::polite());
    let before = scene.is_sampled().await;
    let ended = |fake: &FakeServer| fake.manner().opened;
    for round in 2..5 {
        scene.fake.manner().cut = Some(cut());
        eventually("opened again", async || ended(&scene.fake) >= round).await;
        let ticks = scene.fake.manner().ticks.len();
        eventually("ticks again", async || scene.fake.manner().ticks.len() > ticks + 1).await;
    }
    let after = scene.state().await.unwrap();
    assert_eq!((after.state, after.since), (State::Up, before.since));
    scene.end().await;
}

#[tokio::test]
async fn sec_h06_after_a_refusal_nothing_is_sent_before_somebody_changed_something() {
    let fake = FakeServer::polite();
    fake.manner().refuses = Some(refused());
    let scene = Scene::start(fake);
    let state = scene.becomes(State::Refused).await;
    assert_eq!(state.why().map(RemoteError::code), Some("sign-in-refused"));
    let tried = scene.fake.manner().detected;
    // Ten retries' worth of time.
    tokio::time::sleep(Duration::from_millis(400)).await;
    assert_eq!(scene.fake.manner().detected, tried);

    // Somebody entered another password.
    {
        let mut manner = scene.fake.manner();
        (manner.refuses, manner.identity) = (None, 2);
    }
    scene.becomes(State::Up).await;
    scene.end().await;
}

#[tokio::test]
async fn a_test_that_passed_makes_the_sampler_try_at_once() {
    let fake = FakeServer::polite();
    fake.manner().refuses = Some(refused());
    let scene = Scene::start(fake);
    scene.becomes(State::Refused).await;
    scene.fake.manner().refuses = None;
    let id = scene.id;
    scene.database.db.run(move |connection| Lease::try_now(connection, id)).await.unwrap();
    scene.becomes(State::Up).await;
    assert!(scene.fake.manner().forgiven.contains(&id), "earlier failures count no more");
    scene.end().await;
}

#[tokio::test]
async fn a_loop_that_does_not_answer_is_done_without() {
    let fake = FakeServer::polite();
    fake.manner().mute = true;
    let scene = Scene::start(fake);
    scene.is_sampled().await;
    assert!(scene.fake.manner().once >= 1);
    assert!(scene.live.latest(scene.id).is_some());
    scene.end().await;
}

#[tokio::test]
async fn rel_r03_a_reboot_makes_the_platform_asked_again() {
    let scene = Scene::start(FakeServer::polite());
    scene.is_sampled().await;
    scene.fake.manner().booted = Instant::now();
    eventually("detected again", async || scene.fake.manner().detected == 2).await;
    scene.end().await;
}

#[tokio::test]
async fn a_server_that_is_switched_off_gets_no_packet_and_is_paused() {
    let scene = Scene::start(FakeServer::polite());
    scene.is_sampled().await;
    scene.change(ServerChanges { enabled: Some(false), ..ServerChanges::default() }).await;
    scene.becomes(State::Paused).await;
    assert!(scene.fake.manner().let_go.contains(&scene.id), "its connections are closed");
    let ticks = scene.fake.manner().ticks.len();
    tokio::time::sleep(Duration::from_millis(200)).await;
    assert_eq!(scene.fake.manner().ticks.len(), ticks);
    scene.change(ServerChanges { enabled: Some(true), ..ServerChanges::default() }).await;
    scene.becomes(State::Up).await;
    scene.end().await;
}
