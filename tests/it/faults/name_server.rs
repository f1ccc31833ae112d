//! A name server that swallows every question: only what needs it waits (H06).

use std::fs;
use std::net::UdpSocket;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use futures_util::future::join_all;
use hannun::error::{RemoteError, Stage};
use hannun::models::ids::ServerId;
use hannun::remote::{Endpoint, Pool};

use crate::harness::alone::{alone_by, threads};
use crate::harness::fake_host::{Act, FakeHost, Manner};
use crate::harness::skip::skip;
use crate::harness::ssh::{ask, eventually, pool};

const TEST: &str = "sec_h06_a_name_server_that_never_answers_leaves_other_servers_alone";
/// Says that resolv.conf names the one that swallows.
const SILENT: &str = "HANNUN_TEST_SILENT_NAME_SERVER";
const NAME_SERVER: &str = "127.77.0.53";
/// Names that nobody answers for.
const NAMES: i64 = 1_000;

/// This program where `/etc/resolv.conf` is another one; none where nothing can be mounted.
fn with_another_name_server(folder: &Path) -> Option<Command> {
    fs::write(folder.join("resolv.conf"), format!("nameserver {NAME_SERVER}\noptions timeout:5 attempts:2\n")).unwrap();
    fs::write(folder.join("hosts"), "127.0.0.1 localhost good.example\n").unwrap();
    let script = "mount --bind \"$1/resolv.conf\" /etc/resolv.conf && mount --bind \"$1/hosts\" /etc/hosts && shift && exec \"$@\"";
    let unshare = || {
        let mut command = Command::new("unshare");
        command.args(["--mount", "--propagation", "private", "--", "/bin/sh", "-c", script, "sh"]).arg(folder);
        command
    };
    let possible = unshare().arg("true").stderr(Stdio::null()).status().is_ok_and(|status| status.success());
    possible.then(|| {
        let mut command = unshare();
        command.arg(std::env::current_exe().unwrap()).env(SILENT, "1");
        command
    })
}

#[tokio::test]
async fn sec_h06_a_name_server_that_never_answers_leaves_other_servers_alone() {
    if std::env::var_os(SILENT).is_none() {
        let folder = tempfile::tempdir().unwrap();
        if UdpSocket::bind((NAME_SERVER, 53)).is_err() {
            return skip(TEST, "a port below 1024 needs root");
        }
        let Some(command) = with_another_name_server(folder.path()) else {
            return skip(TEST, "no file can be mounted here");
        };
        alone_by(&format!("faults::name_server::{TEST}"), command);
        return;
    }
    let asked = Arc::new(AtomicUsize::new(0));
    swallow(UdpSocket::bind((NAME_SERVER, 53)).unwrap(), Arc::clone(&asked));
    let host = FakeHost::start(Manner::default().when("true", Act::answer("ok\n", "", 0))).await;
    let pool = pool();
    let named = |id: i64, address: String| Endpoint { id: ServerId(id), address, ..host.endpoint() };

    // Before the name server fell silent this name was answered.
    pool.run(&named(NAMES + 1, "good.example".to_owned()), ask("true")).await.unwrap();
    pool.forget(ServerId(NAMES + 1));

    let dead: Vec<Endpoint> = (0..NAMES).map(|id| named(id, format!("n{id}.silent.example"))).collect();
    let hanging = tokio::spawn({
        let pool = pool.clone();
        async move { join_all(dead.iter().map(|endpoint| pool.run(endpoint, ask("true")))).await }
    });
    eventually("the name server is asked", || asked.load(Ordering::SeqCst) > 20).await;
    let began = Instant::now();

    // An address needs no name server; a name in /etc/hosts neither; and what blocks elsewhere has room.
    let answers = join_all((0..20).map(|id| {
        let address = if id % 2 == 0 { "127.0.0.1" } else { "good.example" };
        let (pool, endpoint) = (pool.clone(), named(NAMES + id, address.to_owned()));
        async move { pool.run(&endpoint, ask("true")).await }
    }));
    let blocking = join_all((0..64).map(|_| pool.runtime().spawn_blocking(|| ())));
    let (answers, blocking) = tokio::join!(answers, blocking);
    for answer in answers {
        assert_eq!(answer.unwrap().stdout, b"ok\n");
    }
    assert!(blocking.iter().all(Result::is_ok));
    let (good, running) = (began.elapsed(), threads());
    assert!(running < 300, "{running} threads");

    let failed = hanging.await.unwrap();
    let dead = began.elapsed();
    assert!(good < dead, "those that needed no name took {good:?}, those that did {dead:?}");
    for error in failed.into_iter().map(Result::unwrap_err) {
        let at_the_name = matches!(error, RemoteError::TimedOut { stage: Stage::Name | Stage::Connect, .. });
        assert!(at_the_name, "{error:?}");
    }
    let after: Pool = pool;
    let again = after.run(&named(NAMES + 50, "good.example".to_owned()), ask("true")).await;
    assert_eq!(again.unwrap().stdout, b"ok\n");
}

/// Takes every question and answers none.
fn swallow(socket: UdpSocket, asked: Arc<AtomicUsize>) {
    socket.set_read_timeout(Some(Duration::from_mins(1))).unwrap();
    std::thread::spawn(move || {
        let mut question = [0; 512];
        while socket.recv(&mut question).is_ok() {
            asked.fetch_add(1, Ordering::SeqCst);
        }
    });
}
