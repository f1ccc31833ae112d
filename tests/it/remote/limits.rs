//! H07, X01, X02: a server that asks too much, says too much, or never ends.

use std::time::{Duration, Instant};

use futures_util::future::join_all;
use hannun::clock::Clock;
use hannun::config::RemoteConfig;
use hannun::error::{RemoteError, StillRunning};
use hannun::models::ids::ServerId;
use hannun::remote::{Endpoint, Pool};

use crate::harness::fake_host::{Act, FakeHost, Manner};
use crate::harness::ssh::{ask, ask_within, eventually, pool};

#[tokio::test]
async fn sec_h07_channels_that_a_server_opens_to_us_are_refused_and_after_a_hundred_we_hang_up() {
    let host = FakeHost::start(Manner { opens_to_us: 1000, ..Manner::default() }.when("sleep", Act::Silent)).await;
    let error = pool().run(&host.endpoint(), ask("sleep 60")).await.unwrap_err();
    assert!(matches!(error, RemoteError::CutOff { .. }), "{error:?}");
    eventually("the connection is closed", || host.alive() == 0).await;
    let (accepted, refused) = host.opened_to_us();
    assert_eq!(accepted, 0);
    assert!((90..=100).contains(&refused), "{refused}");
}

#[tokio::test]
async fn sec_h07_a_few_channels_opened_to_us_are_refused_and_work_goes_on() {
    let host =
        FakeHost::start(Manner { opens_to_us: 8, ..Manner::default() }.when("true", Act::answer("", "", 0))).await;
    let pool = pool();
    pool.run(&host.endpoint(), ask("true")).await.unwrap();
    eventually("all are refused", || host.opened_to_us() == (0, 8)).await;
    pool.run(&host.endpoint(), ask("true")).await.unwrap();
    assert_eq!(host.connections(), 1);
}

#[tokio::test]
async fn sec_x01_endless_output_is_stopped_at_its_limit_and_others_go_on() {
    let host =
        FakeHost::start(Manner::default().when("yes", Act::Endless).when("true", Act::answer("ok\n", "", 0))).await;
    let config = RemoteConfig { output_limit: 256 << 10, ..RemoteConfig::default() };
    let pool = Pool::new(config, Clock::system()).unwrap();
    let endpoints: Vec<_> = (0..10).map(|id| Endpoint { id: ServerId(id), ..host.endpoint() }).collect();
    let bombs = endpoints.iter().map(|endpoint| pool.run(endpoint, ask("yes")));
    let others = endpoints.iter().map(|endpoint| pool.run(endpoint, ask("true")));
    let (bombs, others) = tokio::join!(join_all(bombs), join_all(others));
    for outcome in bombs {
        let error = outcome.unwrap_err();
        assert!(matches!(error, RemoteError::OutputLimit { limit_bytes: 262_144, .. }), "{error:?}");
    }
    for outcome in others {
        assert_eq!(outcome.unwrap().stdout, b"ok\n");
    }
    assert_eq!(host.signals().len(), 10, "each was told to stop once");
}

#[tokio::test]
async fn sec_x02_the_deadline_counts_the_whole_time_and_not_the_silence() {
    let host = FakeHost::start(Manner::default().when("drip", Act::Drip(Duration::from_millis(20)))).await;
    let began = Instant::now();
    let deadline = Duration::from_millis(600);
    let error = pool().run(&host.endpoint(), ask_within("drip", deadline)).await.unwrap_err();
    let RemoteError::DeadlinePassed { after, still_running, .. } = &error else { panic!("{error:?}") };
    assert_eq!((*after, *still_running), (deadline, StillRunning::No));
    assert!((deadline..deadline + Duration::from_secs(1)).contains(&began.elapsed()), "{:?}", began.elapsed());
}

#[tokio::test]
async fn a_command_that_nobody_waits_for_is_stopped() {
    let host = FakeHost::start(Manner::default().when("sleep", Act::Silent)).await;
    let (pool, endpoint) = (pool(), host.endpoint());
    let waiting = tokio::spawn(async move { pool.run(&endpoint, ask("sleep 60")).await });
    eventually("it runs", || host.ran().len() == 1).await;
    waiting.abort();
    eventually("it is told to stop", || host.signals() == ["TERM"]).await;
}
