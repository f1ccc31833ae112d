//! H06: connecting never hangs, and what it did not get past is named.

use std::time::{Duration, Instant};

use futures_util::future::join_all;
use hannun::clock::Clock;
use hannun::config::RemoteConfig;
use hannun::error::{RemoteError, Stage};
use hannun::language::Message;
use hannun::remote::{Endpoint, Pool, StageOutcome};
use tokio::io::AsyncWriteExt;
use tokio::net::{TcpListener, TcpSocket, TcpStream};

use crate::harness::fake_host::{Act, FakeHost, Manner};
use crate::harness::relay::Relay;
use crate::harness::ssh::{ask_within, eventually, impatient_pool};

const DEADLINE: Duration = Duration::from_millis(1500);

fn stage_of(error: &RemoteError) -> Stage {
    match error {
        RemoteError::TimedOut { stage, .. } => *stage,
        RemoteError::DeadlinePassed { .. } => Stage::Command,
        other => panic!("{other:?}"),
    }
}

/// Stops a server after each twentieth of what it says in a whole run.
#[tokio::test]
async fn sec_h06_a_server_that_stops_answering_at_any_point_is_left_in_time_and_the_stage_is_named() {
    let host = FakeHost::start(Manner::default().when("sleep", Act::Silent).when("true", Act::answer("", "", 0))).await;
    let whole = Relay::to(host.port).await;
    let endpoint = |relay: &Relay| Endpoint { port: relay.port, ..host.endpoint() };
    impatient_pool().run(&endpoint(&whole), ask_within("true", DEADLINE)).await.unwrap();
    let total = whole.forwarded();

    let runs = (0..20).map(|part| {
        let (host, endpoint) = (&host, &endpoint);
        async move {
            let relay = Relay::stopping_after(host.port, total * part / 20).await;
            let began = Instant::now();
            let error = impatient_pool().run(&endpoint(&relay), ask_within("sleep 60", DEADLINE)).await.unwrap_err();
            (stage_of(&error), began.elapsed())
        }
    });
    let seen = join_all(runs).await;
    let stages: Vec<_> = seen.iter().map(|(stage, _)| *stage).collect();
    assert!(stages.is_sorted(), "{stages:?}");
    for stage in [Stage::HostKey, Stage::SignIn, Stage::Shell] {
        assert!(stages.contains(&stage), "{stage:?} is missing in {stages:?}");
    }
    // The deadline, and what it takes to stop what may have been started.
    assert!(seen.iter().all(|(_, took)| *took < DEADLINE + Duration::from_secs(4)), "{seen:?}");
}

#[tokio::test]
async fn sec_h06_a_server_that_never_ends_its_banner_is_left() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            tokio::spawn(async move { while stream.write_all(b"welcome\r\n").await.is_ok() {} });
        }
    });
    let host = FakeHost::polite().await;
    let error =
        impatient_pool().run(&Endpoint { port, ..host.endpoint() }, ask_within("true", DEADLINE)).await.unwrap_err();
    assert!(matches!(error, RemoteError::NotNegotiable { .. }), "{error:?}");
}

#[tokio::test]
async fn sec_h06_a_server_that_drips_is_left() {
    let host = FakeHost::polite().await;
    let relay = Relay::dripping(host.port, Duration::from_millis(20)).await;
    let error = impatient_pool()
        .run(&Endpoint { port: relay.port, ..host.endpoint() }, ask_within("true", DEADLINE))
        .await
        .unwrap_err();
    assert_eq!(stage_of(&error), Stage::HostKey);
    drop(relay);
    // Giving up ends the connection's task too: the server sees us go.
    eventually("the connection is closed", || host.alive() == 0).await;
}

#[tokio::test]
async fn sec_h06_an_address_that_swallows_packets_fails_at_connect() {
    // A full queue of connections that nobody accepts makes the kernel drop the next ones.
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let listener = socket.listen(1).unwrap();
    let address = listener.local_addr().unwrap();
    let mut queue = Vec::new();
    while let Ok(Ok(stream)) = tokio::time::timeout(Duration::from_millis(200), TcpStream::connect(address)).await {
        queue.push(stream);
    }
    let host = FakeHost::polite().await;
    let endpoint = Endpoint { port: address.port(), ..host.endpoint() };
    let error = impatient_pool().run(&endpoint, ask_within("true", DEADLINE)).await.unwrap_err();
    assert_eq!(stage_of(&error), Stage::Connect);
}

#[tokio::test]
async fn a_name_without_an_address_and_a_port_without_a_server_are_told_apart() {
    let pool = Pool::new(RemoteConfig::default(), Clock::system()).unwrap();
    let host = FakeHost::polite().await;
    let named = Endpoint { address: "web-1.invalid".to_owned(), ..host.endpoint() };
    let error = pool.run(&named, ask_within("true", DEADLINE)).await.unwrap_err();
    assert!(
        matches!(error, RemoteError::NameNotFound { .. } | RemoteError::TimedOut { stage: Stage::Name, .. }),
        "{error:?}"
    );

    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let error = pool.run(&Endpoint { port: free, ..host.endpoint() }, ask_within("true", DEADLINE)).await.unwrap_err();
    let RemoteError::Unreachable { why, .. } = &error else { panic!("{error:?}") };
    assert_eq!(why.to_string(), format!("connection refused (127.0.0.1:{free})"));
}

#[tokio::test]
async fn sec_h06_a_server_that_never_opens_a_channel_fails_at_the_shell() {
    let host = FakeHost::start(Manner { ignores_sessions: true, ..Manner::default() }).await;
    let error = impatient_pool().run(&host.endpoint(), ask_within("true", DEADLINE)).await.unwrap_err();
    assert_eq!(stage_of(&error), Stage::Shell);
    eventually("the connection is closed", || host.alive() == 0).await;
}

#[tokio::test]
async fn a_connection_test_reports_each_stage_with_what_was_learnt() {
    let host = FakeHost::start(Manner::default().when(":", Act::answer("", "", 0))).await;
    let pool = impatient_pool();
    let report = pool.test(&host.endpoint()).await;
    assert!(report.passed(), "{report:?}");
    let learnt: Vec<_> = report.stages.iter().map(|report| (report.stage, &report.outcome)).collect();
    assert_eq!(learnt.len(), 5);
    assert_eq!(learnt[0], (Stage::Name, &StageOutcome::Passed(Message::heard("127.0.0.1"))));
    let (Stage::SignIn, StageOutcome::Passed(said)) = learnt[3] else { panic!("{learnt:?}") };
    assert_eq!(said.to_string(), "deploy by password");
    assert_eq!(host.connections(), 1);

    // What the test opened is kept for what comes next.
    pool.test(&host.endpoint()).await;
    eventually("one connection is kept", || host.alive() == 1).await;
}

#[tokio::test]
async fn a_connection_test_says_what_was_not_reached() {
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let host = FakeHost::polite().await;
    let report = impatient_pool().test(&Endpoint { port: free, ..host.endpoint() }).await;
    assert!(matches!(report.error(), Some(RemoteError::Unreachable { .. })), "{report:?}");
    let outcomes: Vec<_> = report.stages.iter().map(|report| &report.outcome).collect();
    assert!(matches!(outcomes[1], StageOutcome::Failed(_)), "{report:?}");
    assert_eq!(outcomes[2..], [&StageOutcome::NotReached; 3]);
}
