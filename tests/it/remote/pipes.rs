//! F05, P04, P07 with a real `sshd`: output that is taken as it comes, input that is given as it is taken.

use std::time::Duration;

use bytes::Bytes;
use hannun::commands::script::Privilege;
use hannun::error::{RemoteError, StillRunning};
use hannun::remote::{Endpoint, Pipe, Pool, Request};
use hannun::secret::SecretText;

use crate::harness::alone::{alone, forget_peak, peak, resident};
use crate::harness::fake_host::{Act, FakeHost, Manner};
use crate::harness::relay::Relay;
use crate::harness::ssh::{PASSWORD, ask, ask_as, eventually, pool};
use crate::harness::sshd::{Setup, Sshd};

const TEN_SECONDS: Duration = Duration::from_secs(10);
const MIB: usize = 1 << 20;

fn sshd(test: &str) -> Option<Sshd> {
    Setup::default().start(test)
}

/// Starts `request` so that its input stays open and silence is given up on.
async fn open(pool: &Pool, endpoint: &Endpoint, request: Request) -> Pipe {
    pool.pipe(endpoint, request, true, Some(TEN_SECONDS)).await.unwrap()
}

/// Starts `script`, which reads no input.
async fn listen(pool: &Pool, endpoint: &Endpoint, script: &str) -> Pipe {
    pool.pipe(endpoint, ask(script), false, Some(TEN_SECONDS)).await.unwrap()
}

/// Everything that is left.
async fn rest(pipe: &mut Pipe) -> Result<Vec<u8>, RemoteError> {
    let mut all = Vec::new();
    while let Some(bytes) = pipe.next().await? {
        all.extend_from_slice(&bytes);
    }
    Ok(all)
}

/// Takes output until this much has come.
async fn take(pipe: &mut Pipe, wanted: usize) -> usize {
    let mut taken = 0;
    while taken < wanted {
        taken += pipe.next().await.unwrap().unwrap().len();
    }
    taken
}

/// Whether a program with this argument runs.
fn runs(argument: &str) -> bool {
    let is_it = |entry: std::fs::DirEntry| {
        std::fs::read(entry.path().join("cmdline"))
            .is_ok_and(|line| line.split(|b| *b == 0).any(|word| word == argument.as_bytes()))
    };
    std::fs::read_dir("/proc").unwrap().flatten().any(is_it)
}

#[tokio::test]
async fn sec_f05_a_gibibyte_flows_through_in_flat_memory_in_each_direction() {
    if alone("remote::pipes::sec_f05_a_gibibyte_flows_through_in_flat_memory_in_each_direction").is_some() {
        return;
    }
    let Some(sshd) = sshd("sec_f05_a_gibibyte_flows_through_in_flat_memory_in_each_direction") else { return };
    let (pool, endpoint) = (pool(), sshd.endpoint());
    pool.run(&endpoint, ask("true")).await.unwrap();
    let before = resident();
    forget_peak();
    let mut down = listen(&pool, &endpoint, "head -c 1073741824 /dev/zero").await;
    let mut taken = 0;
    while let Some(bytes) = down.next().await.unwrap() {
        taken += bytes.len();
    }
    let mut up = open(&pool, &endpoint, ask("$as_root_fed wc -c")).await;
    let piece = Bytes::from(vec![7; MIB / 4]);
    for _ in 0..4096 {
        up.give(piece.clone()).await.unwrap();
    }
    up.end_input();
    assert_eq!(String::from_utf8(rest(&mut up).await.unwrap()).unwrap().trim(), "1073741824");
    assert_eq!(taken, 1 << 30);
    let grown = peak().saturating_sub(before);
    assert!(grown < 24 * MIB, "grew by {grown}");
}

#[tokio::test]
async fn sec_f05_who_does_not_read_stops_the_server_s_side_and_nobody_else() {
    let Some(sshd) = sshd("sec_f05_who_does_not_read_stops_the_server_s_side_and_nobody_else") else { return };
    let cable = Relay::to(sshd.port).await;
    let (pool, endpoint) = (pool(), Endpoint { port: cable.port, ..sshd.endpoint() });
    let mut slow = listen(&pool, &endpoint, "cat /dev/zero").await;
    take(&mut slow, 1).await;
    let (mut before, mut alike) = (0, 0);
    // What the system's buffers between the two take is bounded, but not ours to know.
    eventually("nothing comes any more", || {
        let now = cable.forwarded();
        alike = if now == before { alike + 1 } else { 0 };
        before = now;
        alike > 20
    })
    .await;
    let answer = pool.run(&endpoint, ask("echo others go on")).await.unwrap();
    assert_eq!(answer.stdout, b"others go on\n");
    assert!(before < 64 * MIB, "{before} came without being asked for");
    take(&mut slow, before + MIB).await;
    assert!(cable.forwarded() > before);
}

#[tokio::test]
async fn sec_p07_dropping_a_pipe_ends_what_runs() {
    let Some(sshd) = sshd("sec_p07_dropping_a_pipe_ends_what_runs") else { return };
    let (pool, endpoint) = (pool(), sshd.endpoint());
    let scripts = ["echo begun; sleep 98761", "echo begun; trap '' TERM; sleep 98762; sleep 98762"];
    for (script, argument) in scripts.into_iter().zip(["98761", "98762"]) {
        let mut pipe = listen(&pool, &endpoint, script).await;
        assert_eq!(pipe.next().await.unwrap().unwrap(), "begun\n");
        eventually("it runs", || runs(argument)).await;
        drop(pipe);
        eventually("it runs no more", || !runs(argument)).await;
    }
}

#[tokio::test]
async fn a_cut_connection_and_a_bad_end_are_errors_and_no_end_of_output() {
    let Some(sshd) = sshd("a_cut_connection_and_a_bad_end_are_errors_and_no_end_of_output") else { return };
    let cable = Relay::to(sshd.port).await;
    let (pool, endpoint) = (pool(), Endpoint { port: cable.port, ..sshd.endpoint() });
    let mut pipe = listen(&pool, &endpoint, "printf half; echo gone >&2; exit 7").await;
    assert_eq!(pipe.next().await.unwrap().unwrap(), "half");
    let failed = RemoteError::Failed {
        server: "web-1".to_owned(),
        command: "Test script".to_owned(),
        status: 7,
        stderr: "gone".to_owned(),
    };
    assert_eq!(pipe.next().await, Err(failed.clone()));
    assert_eq!(pipe.next().await, Err(failed), "and stays one");
    let mut pipe = listen(&pool, &endpoint, "printf half; sleep 60").await;
    assert_eq!(pipe.next().await.unwrap().unwrap(), "half");
    cable.cut();
    let error = pipe.next().await.unwrap_err();
    assert!(matches!(error, RemoteError::CutOff { .. }), "{error:?}");
    let mut pipe = open(&pool, &endpoint, ask("$as_root_fed cat >/dev/null")).await;
    pipe.give(Bytes::from_static(b"half")).await.unwrap();
    cable.cut();
    let mut outcome = Ok(());
    for _ in 0..1000 {
        outcome = pipe.give(Bytes::from(vec![0; MIB])).await;
        if outcome.is_err() {
            break;
        }
    }
    assert!(matches!(outcome, Err(RemoteError::CutOff { .. })), "{outcome:?}");
}

#[tokio::test]
async fn silence_is_given_up_on_only_where_somebody_waits() {
    let Some(sshd) = sshd("silence_is_given_up_on_only_where_somebody_waits") else { return };
    let (pool, endpoint) = (pool(), sshd.endpoint());
    let silence = Some(Duration::from_millis(400));
    let slow = ask("for i in 1 2 3 4 5; do echo $i; sleep 0.2; done");
    let mut pipe = pool.pipe(&endpoint, slow, false, silence).await.unwrap();
    assert_eq!(rest(&mut pipe).await.unwrap(), b"1\n2\n3\n4\n5\n");
    let mut pipe = pool.pipe(&endpoint, ask("echo 1; sleep 60"), false, silence).await.unwrap();
    let error = rest(&mut pipe).await.unwrap_err();
    assert!(matches!(error, RemoteError::DeadlinePassed { still_running: StillRunning::No, .. }), "{error:?}");
    // A command that takes nothing of what it is given.
    let mut pipe = pool.pipe(&endpoint, ask("$as_root_fed sleep 60"), true, silence).await.unwrap();
    let mut outcome = Ok(());
    for _ in 0..1000 {
        outcome = pipe.give(Bytes::from(vec![0; MIB])).await;
        if outcome.is_err() {
            break;
        }
    }
    assert!(matches!(outcome, Err(RemoteError::DeadlinePassed { .. })), "{outcome:?}");
}

#[tokio::test]
async fn sec_p04_content_is_given_after_sudo_has_its_password_and_arrives_whole() {
    let test = "sec_p04_content_is_given_after_sudo_has_its_password_and_arrives_whole";
    // It all comes back, and nobody takes it while it is given: less than what may wait untaken.
    let content: Vec<u8> = (0..MIB * 3 / 4).map(|at| u8::try_from(at * 7 % 251).unwrap()).collect();
    for (rule, privilege) in [
        ("ALL", Privilege::SudoPassword),
        ("NOPASSWD: ALL", Privilege::SudoPassword),
        ("NOPASSWD: ALL", Privilege::Sudo),
        ("ALL", Privilege::None),
    ] {
        let setup = Setup::default().user("hannun-test", "/bin/bash").sudoers(&format!("hannun-test ALL=(ALL) {rule}"));
        let Some(sshd) = setup.start(test) else { return };
        let sudo_password = Some(SecretText::new(PASSWORD.to_owned()));
        let (pool, endpoint) = (pool(), Endpoint { sudo_password, ..sshd.endpoint() });
        let script = "$as_root_fed /bin/sh -c 'id -u; exec cat'";
        let mut pipe = open(&pool, &endpoint, ask_as(script, privilege, TEN_SECONDS)).await;
        let (mut given, mut came) = (content.chunks(MIB / 16), Vec::new());
        loop {
            match given.next() {
                Some(chunk) => pipe.give(Bytes::copy_from_slice(chunk)).await.unwrap(),
                None => break pipe.end_input(),
            }
            while came.is_empty() {
                came.extend_from_slice(&pipe.next().await.unwrap().unwrap());
            }
        }
        came.extend_from_slice(&rest(&mut pipe).await.unwrap());
        let who: &[u8] = if privilege == Privilege::None { b"52000\n" } else { b"0\n" };
        assert_eq!(came.get(..who.len()), Some(who), "{rule} {privilege:?}");
        assert!(came.get(who.len()..) == Some(&content), "{rule} {privilege:?}: {} bytes", came.len());
    }
}

#[tokio::test]
async fn sec_p04_nothing_is_given_to_a_sudo_that_refuses() {
    let wrong = Act::Sudo { numbers: &[812, 812], right: "other" };
    let host = FakeHost::start(Manner::default().when("$as_root_fed", wrong)).await;
    let endpoint = Endpoint { sudo_password: Some(SecretText::new("hunter2".to_owned())), ..host.endpoint() };
    let request = ask_as("$as_root_fed cat", Privilege::SudoPassword, TEN_SECONDS);
    let pool = pool();
    let mut pipe = open(&pool, &endpoint, request).await;
    let error = pipe.give(Bytes::from_static(b"content")).await.unwrap_err();
    assert!(matches!(error, RemoteError::PrivilegeRefused { .. }), "{error:?}");
    assert_eq!(host.fed(), b"hunter2\n");
}
