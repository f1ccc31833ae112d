//! H03, R02 and decision 1: kept connections, whose they are, and when they end.

use std::time::{Duration, Instant};

use chrono::{DateTime, TimeDelta};
use futures_util::future::join_all;
use hannun::clock::Clock;
use hannun::config::RemoteConfig;
use hannun::error::RemoteError;
use hannun::models::ids::ServerId;
use hannun::remote::{Endpoint, Pool};

use crate::harness::fake_host::{Act, FakeHost, Manner};
use crate::harness::relay::Relay;
use crate::harness::ssh::{ask, ask_within, eventually, password, pool, short_limits};

fn answering() -> Manner {
    Manner::default().when("true", Act::answer("", "", 0)).when("sleep", Act::Silent)
}

#[tokio::test]
async fn one_connection_serves_many_commands_and_never_more_than_three_at_once() {
    let host = FakeHost::start(answering()).await;
    let (pool, endpoint) = (pool(), host.endpoint());
    let outcomes = join_all((0..40).map(|_| pool.run(&endpoint, ask("true")))).await;
    assert!(outcomes.iter().all(Result::is_ok), "{outcomes:?}");
    assert_eq!(host.connections(), 1);
    assert!((2..=3).contains(&host.most_sessions()), "{}", host.most_sessions());
}

#[tokio::test]
async fn sec_h03_a_connection_is_never_used_for_another_identity() {
    let host = FakeHost::start(answering()).await;
    let (pool, endpoint) = (pool(), host.endpoint());
    pool.run(&endpoint, ask("true")).await.unwrap();
    for (number, identity) in ["address", "user", "credential", "server", "pin"].iter().enumerate() {
        let changed = Endpoint { identity: (*identity).to_owned(), ..endpoint.clone() };
        let began = Instant::now();
        pool.run(&changed, ask("true")).await.unwrap();
        assert_eq!(host.connections(), number + 2, "{identity}");
        eventually("the old one is closed", || host.alive() == 1).await;
        assert!(began.elapsed() < Duration::from_secs(5));
    }
    pool.forget(endpoint.id);
    eventually("a forgotten server has no connection", || host.alive() == 0).await;
}

#[tokio::test]
async fn at_the_end_every_server_is_left() {
    let host = FakeHost::start(answering()).await;
    let pool = pool();
    for id in 1..=3 {
        pool.run(&Endpoint { id: ServerId(id), ..host.endpoint() }, ask("true")).await.unwrap();
    }
    assert_eq!(host.alive(), 3);
    pool.close_all().await;
    eventually("they are closed", || host.alive() == 0).await;
}

#[tokio::test]
async fn a_paused_server_gets_not_a_packet() {
    let host = FakeHost::start(answering()).await;
    let (pool, paused) = (pool(), Endpoint { enabled: false, ..host.endpoint() });
    let disabled = RemoteError::Disabled { server: "web-1".to_owned() };
    assert_eq!(pool.run(&paused, ask("true")).await, Err(disabled.clone()));
    assert_eq!(pool.present_key(&paused).await, Err(disabled.clone()));
    assert_eq!(pool.ticker(&paused, ask("true")).await.map(drop), Err(disabled.clone()));
    assert_eq!(pool.test(&paused).await.error(), Some(&disabled));
    let behind = Endpoint { id: ServerId(2), jump: Some(Box::new(paused)), ..host.endpoint() };
    assert_eq!(pool.run(&behind, ask("true")).await, Err(disabled));
    assert_eq!(host.connections(), 0);
}

#[tokio::test]
async fn an_idle_connection_is_closed_and_a_used_one_is_not() {
    let host = FakeHost::start(answering()).await;
    let config = RemoteConfig { idle: Duration::from_millis(200), ..RemoteConfig::default() };
    let pool = Pool::new(config, Clock::system()).unwrap();
    let endpoint = host.endpoint();
    let running = pool.run(&endpoint, ask_within("sleep 1", Duration::from_millis(800)));
    assert!(running.await.is_err());
    assert_eq!(host.connections(), 1, "a command that runs keeps its connection");
    eventually("it is closed", || host.alive() == 0).await;
    pool.run(&endpoint, ask("true")).await.unwrap();
    assert_eq!(host.connections(), 2);
}

#[tokio::test]
async fn rel_r02_a_pulled_cable_is_noticed_and_the_command_is_known_to_be_cut() {
    let host = FakeHost::start(answering()).await;
    let relay = Relay::to(host.port).await;
    let config = RemoteConfig { keepalive: Duration::from_millis(100), ..RemoteConfig::default() };
    let pool = Pool::new(config, Clock::system()).unwrap();
    let endpoint = Endpoint { port: relay.port, ..host.endpoint() };
    let running = pool.run(&endpoint, ask("sleep 60"));
    let pulling = async {
        eventually("it runs", || host.ran().len() == 1).await;
        relay.pull();
        Instant::now()
    };
    let (outcome, pulled) = tokio::join!(running, pulling);
    assert!(matches!(outcome, Err(RemoteError::CutOff { .. })), "{outcome:?}");
    // Three questions without an answer: 40 s with the product's keepalive of 10 s.
    let noticed = pulled.elapsed();
    assert!((Duration::from_millis(250)..Duration::from_millis(1500)).contains(&noticed), "{noticed:?}");
}

#[tokio::test]
async fn rel_r02_a_connection_that_is_reset_ends_the_command_at_once_as_cut_off() {
    let host = FakeHost::start(Manner::default().when("sleep", Act::Silent)).await;
    let relay = Relay::to(host.port).await;
    let (pool, endpoint) = (pool(), Endpoint { port: relay.port, ..host.endpoint() });
    let running =
        tokio::spawn(async move { pool.run(&endpoint, ask_within("sleep 60", Duration::from_mins(1))).await });
    eventually("it runs", || host.ran().len() == 1).await;
    relay.cut();
    let error = tokio::time::timeout(Duration::from_secs(10), running).await.expect("nobody noticed").unwrap();
    let error = error.unwrap_err();
    assert!(matches!(error, RemoteError::CutOff { .. }), "{error:?}");
}

#[tokio::test]
async fn rel_r02_after_a_cut_the_next_command_has_a_new_connection() {
    let host = FakeHost::start(answering().when("cut", Act::Cut(Vec::new()))).await;
    let (pool, endpoint) = (pool(), host.endpoint());
    assert!(matches!(pool.run(&endpoint, ask("cut")).await, Err(RemoteError::CutOff { .. })));
    pool.run(&endpoint, ask("true")).await.unwrap();
    assert_eq!(host.connections(), 2);
}

#[tokio::test]
async fn rel_r01_a_server_that_fails_is_left_alone_for_a_while() {
    let clock = Clock::standing_at(DateTime::UNIX_EPOCH);
    let pool = Pool::new(short_limits(), clock.clone()).unwrap();
    let host = FakeHost::start(answering()).await;
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let away = Endpoint { port: free, ..host.endpoint() };
    for _ in 0..3 {
        let error = pool.run(&away, ask("true")).await.unwrap_err();
        assert!(matches!(error, RemoteError::Unreachable { .. }), "{error:?}");
    }
    let error = pool.run(&away, ask("true")).await.unwrap_err();
    let RemoteError::Resting { seconds, last, .. } = &error else { panic!("{error:?}") };
    assert!((24..=37).contains(seconds), "{seconds}");
    assert!(last.to_string().contains("connection refused"), "{last}");

    clock.advance(TimeDelta::seconds(40));
    let error = pool.run(&away, ask("true")).await.unwrap_err();
    assert!(matches!(error, RemoteError::Unreachable { .. }), "{error:?}");
    let error = pool.run(&away, ask("true")).await.unwrap_err();
    assert!(matches!(error, RemoteError::Resting { .. }), "{error:?}");
    pool.reset_breaker(away.id);
    let error = pool.run(&away, ask("true")).await.unwrap_err();
    assert!(matches!(error, RemoteError::Unreachable { .. }), "{error:?}");
}

#[tokio::test]
async fn a_refused_password_is_tried_once_by_however_many_ask() {
    let host = FakeHost::start(answering()).await;
    let (pool, endpoint) = (pool(), Endpoint { credential: password("wrong"), ..host.endpoint() });
    let outcomes = join_all((0..10).map(|_| pool.run(&endpoint, ask("true")))).await;
    assert!(outcomes.iter().all(|outcome| matches!(outcome, Err(RemoteError::SignInRefused { .. }))), "{outcomes:?}");
    assert_eq!(host.told(), ["wrong"]);
}

#[tokio::test]
async fn servers_behind_a_jump_server_share_its_connection_and_it_resolves_their_names() {
    let (inside, jump) = (FakeHost::start(answering()).await, FakeHost::polite().await);
    let pool = pool();
    let through = |id: i64| Endpoint {
        id: ServerId(id),
        address: "inside.example".to_owned(),
        jump: Some(Box::new(Endpoint { id: ServerId(100), name: "jump".to_owned(), ..jump.endpoint() })),
        ..inside.endpoint()
    };
    for id in 1..=3 {
        pool.run(&through(id), ask("true")).await.unwrap();
    }
    assert_eq!((inside.connections(), jump.connections()), (3, 1));

    let nowhere = Endpoint { id: ServerId(4), address: "nowhere.invalid".to_owned(), ..through(4) };
    let error = pool.run(&nowhere, ask("true")).await.unwrap_err();
    let RemoteError::Unreachable { why, .. } = &error else { panic!("{error:?}") };
    assert_eq!(why.to_string(), "jump cannot connect to it");

    let presented = pool.present_key(&Endpoint { pins: Vec::new(), ..through(5) }).await.unwrap();
    assert_eq!(presented.pinned(), inside.pin());
}
