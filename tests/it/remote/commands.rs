//! P04, P05, P07, P08 and ticks: one script, its ends, and the loop.

use std::time::Duration;

use hannun::commands::script::Privilege;
use hannun::error::{RemoteError, StillRunning};
use hannun::remote::Endpoint;
use hannun::secret::SecretText;
use russh::Sig;

use crate::harness::fake_host::{Act, FakeHost, Manner};
use crate::harness::ssh::{ask, ask_as, ask_within, eventually, pool};

const TEN_SECONDS: Duration = Duration::from_secs(10);

#[tokio::test]
async fn sec_p08_a_status_a_signal_no_status_and_a_cut_are_four_ends() {
    let manner = Manner::default()
        .when("zero", Act::answer("out\n", "err\n", 0))
        .when("seven", Act::answer("out\n", "err\n", 7))
        .when("signal", Act::Signal(Sig::SEGV))
        .when("nothing", Act::NoStatus(b"half".to_vec()))
        .when("cut", Act::Cut(b"half".to_vec()));
    let host = FakeHost::start(manner).await;
    let (pool, endpoint) = (pool(), host.endpoint());
    let answer = pool.run(&endpoint, ask("zero")).await.unwrap();
    assert_eq!((answer.stdout.as_slice(), answer.stderr.as_slice(), answer.status), (&b"out\n"[..], &b"err\n"[..], 0));
    let answer = pool.run(&endpoint, ask("seven")).await.unwrap();
    assert_eq!(answer.status, 7);
    let (server, command) = ("web-1".to_owned(), "Test script".to_owned());
    let failed =
        RemoteError::Failed { server: server.clone(), command: command.clone(), status: 7, stderr: "err".to_owned() };
    assert_eq!(answer.success("web-1", "Test script"), Err(failed));
    let killed = RemoteError::Killed { server: server.clone(), command: command.clone(), signal: "SEGV".to_owned() };
    assert_eq!(pool.run(&endpoint, ask("signal")).await, Err(killed));
    let no_status = RemoteError::NoStatus { server: server.clone(), command: command.clone() };
    assert_eq!(pool.run(&endpoint, ask("nothing")).await, Err(no_status));
    assert_eq!(pool.run(&endpoint, ask("cut")).await, Err(RemoteError::CutOff { server, command }));
}

#[tokio::test]
async fn what_follows_the_script_is_sent_only_after_it_said_that_it_is_ready() {
    let frame = b"cpu 1\nFRAME_END\n".to_vec();
    let host =
        FakeHost::start(Manner::default().when("loop", Act::Frames(frame)).when("login", Act::Stuck("login: "))).await;
    let pool = pool();
    let mut request = ask("loop");
    request.feed = b"\n".to_vec();
    let answer = pool.run(&host.endpoint(), request).await.unwrap();
    assert_eq!(answer.stdout, b"cpu 1\nFRAME_END\n");
    assert_eq!(host.fed(), b"\n");

    let mut request = ask_within("login", Duration::from_millis(300));
    request.feed = b"too early\n".to_vec();
    let error = pool.run(&host.endpoint(), request).await.unwrap_err();
    assert_eq!(error, RemoteError::ShellUnusable { server: "web-1".to_owned(), said: "login:".to_owned() });
    assert_eq!(host.fed(), b"\n");
}

#[tokio::test]
async fn sec_p04_the_sudo_password_is_told_after_each_sudo_s_own_prompt_only() {
    let right = Act::Sudo { numbers: &[812, 813], right: "hunter2" };
    let host =
        FakeHost::start(Manner::default().when("$as_root id", right).when("cat", Act::answer("", "Password:", 0)))
            .await;
    let endpoint = Endpoint { sudo_password: Some(SecretText::new("hunter2".to_owned())), ..host.endpoint() };
    let pool = pool();
    let answer = pool.run(&endpoint, ask_as("$as_root id", Privilege::SudoPassword, TEN_SECONDS)).await.unwrap();
    assert_eq!((answer.stdout.as_slice(), answer.stderr.as_slice()), (&b"done\n"[..], &b""[..]));
    assert_eq!(host.fed(), b"hunter2\nhunter2\n");

    pool.run(&endpoint, ask("cat")).await.unwrap();
    assert_eq!(host.fed(), b"hunter2\nhunter2\n", "another question is not ours");
}

#[tokio::test]
async fn sec_p04_a_wrong_sudo_password_is_tried_once() {
    let wrong = Act::Sudo { numbers: &[812, 812, 812], right: "other" };
    let host = FakeHost::start(Manner::default().when("$as_root id", wrong)).await;
    let endpoint = Endpoint { sudo_password: Some(SecretText::new("hunter2".to_owned())), ..host.endpoint() };
    let error = pool().run(&endpoint, ask_as("$as_root id", Privilege::SudoPassword, TEN_SECONDS)).await.unwrap_err();
    assert!(matches!(error, RemoteError::PrivilegeRefused { .. }), "{error:?}");
    assert_eq!(host.fed(), b"hunter2\n");
}

#[tokio::test]
async fn sec_p07_a_command_that_cannot_be_stopped_is_said_to_run_on() {
    let manner = Manner::default().when("stubborn", Act::Stubborn).when("sleep", Act::Silent);
    let host = FakeHost::start(manner).await;
    let (pool, endpoint) = (pool(), host.endpoint());
    let deadline = Duration::from_millis(200);
    for (script, expected) in [("sleep 60", StillRunning::No), ("stubborn", StillRunning::Yes)] {
        let error = pool.run(&endpoint, ask_within(script, deadline)).await.unwrap_err();
        let RemoteError::DeadlinePassed { still_running, .. } = error else { panic!("{error:?}") };
        assert_eq!(still_running, expected, "{script}");
    }
    assert_eq!(host.signals(), ["TERM", "TERM", "KILL"]);
}

#[tokio::test]
async fn each_tick_brings_one_frame_and_dropping_the_ticker_ends_the_loop() {
    let frame = b"cpu 1\nmem 2\nFRAME_END\n".to_vec();
    let host = FakeHost::start(Manner::default().when("loop", Act::Frames(frame))).await;
    let pool = pool();
    let mut ticker = pool.ticker(&host.endpoint(), ask("loop")).await.unwrap();
    for _ in 0..3 {
        assert_eq!(ticker.tick(TEN_SECONDS).await.unwrap(), &b"cpu 1\nmem 2\n"[..]);
    }
    drop(ticker);
    // The sampler's one channel is free again.
    pool.ticker(&host.endpoint(), ask("loop")).await.unwrap();
    assert_eq!(host.connections(), 1);
}

#[tokio::test]
async fn a_tick_that_comes_too_late_or_too_large_ends_the_ticker() {
    let manner = Manner::default()
        .when("silent", Act::Silent)
        .when("huge", Act::Frames(vec![b'x'; 300 << 10]))
        .when("dead", Act::answer("", "no /proc here\n", 3))
        .when("absent", Act::NoShell("This account is currently not available.\n"));
    let host = FakeHost::start(manner).await;
    let (pool, endpoint) = (pool(), host.endpoint());
    let mut silent = pool.ticker(&endpoint, ask("silent")).await.unwrap();
    let error = silent.tick(Duration::from_millis(100)).await.unwrap_err();
    assert!(matches!(error, RemoteError::DeadlinePassed { .. }), "{error:?}");
    let error = silent.tick(TEN_SECONDS).await.unwrap_err();
    assert!(matches!(error, RemoteError::CutOff { .. }), "an ended ticker stays ended: {error:?}");

    let mut huge = pool.ticker(&endpoint, ask("huge")).await.unwrap();
    let error = huge.tick(TEN_SECONDS).await.unwrap_err();
    assert!(matches!(error, RemoteError::OutputLimit { .. }), "{error:?}");
    drop(huge);

    let mut dead = pool.ticker(&endpoint, ask("dead")).await.unwrap();
    let error = dead.tick(TEN_SECONDS).await.unwrap_err();
    assert!(matches!(&error, RemoteError::Failed { status: 3, stderr, .. } if stderr == "no /proc here"), "{error:?}");
    drop(dead);

    let error = pool.ticker(&endpoint, ask("absent")).await.map(drop).unwrap_err();
    assert!(matches!(error, RemoteError::ShellUnusable { .. }), "{error:?}");
}

#[tokio::test]
async fn a_refused_session_is_asked_for_again_within_the_time() {
    let manner = Manner { refuses_sessions: 3, ..Manner::default() };
    let host = FakeHost::start(manner.when("true", Act::answer("", "", 0))).await;
    pool().run(&host.endpoint(), ask("true")).await.unwrap();
    eventually("one connection was enough", || host.connections() == 1).await;
}

#[tokio::test]
async fn a_server_that_runs_no_commands_says_so() {
    let host = FakeHost::start(Manner { refuses_exec: true, ..Manner::default() }).await;
    let error = pool().run(&host.endpoint(), ask("true")).await.unwrap_err();
    let expected =
        RemoteError::ShellUnusable { server: "web-1".to_owned(), said: "it does not run commands".to_owned() };
    assert_eq!(error, expected);
}
