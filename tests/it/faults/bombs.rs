//! Fifty servers that never stop talking (X01).

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use futures_util::future::{join, join_all};
use hannun::error::RemoteError;
use hannun::models::ids::ServerId;
use hannun::remote::Endpoint;

use crate::harness::alone::{alone, forget_peak, peak, resident};
use crate::harness::ssh::{ask, ask_within, pool};
use crate::harness::sshd::Setup;

const TEST: &str = "sec_x01_yes_on_fifty_servers_at_once_ends_at_the_limit_and_others_are_on_time";
const BOMBS: i64 = 50;

#[tokio::test]
async fn sec_x01_yes_on_fifty_servers_at_once_ends_at_the_limit_and_others_are_on_time() {
    if alone(&format!("faults::bombs::{TEST}")).is_some() {
        return;
    }
    let Some(sshd) = Setup::default().start(TEST) else { return };
    let pool = pool();
    // Each is a server of its own to us, with a connection of its own.
    let endpoint = |id: i64| Endpoint { id: ServerId(id), ..sshd.endpoint() };
    let everybody: Vec<Endpoint> = (0..BOMBS + 5).map(endpoint).collect();
    for outcome in join_all(everybody.iter().map(|endpoint| pool.run(endpoint, ask("true")))).await {
        outcome.unwrap();
    }
    let (bombs, others) = everybody.split_at(usize::try_from(BOMBS).unwrap());
    let before = resident();
    forget_peak();

    let storm = async {
        let began = Instant::now();
        let run = |endpoint| pool.run(endpoint, ask_within("yes 'all work and no play'", Duration::from_mins(1)));
        (join_all(bombs.iter().map(run)).await, began.elapsed())
    };
    let beside = async {
        let mut times = Vec::new();
        for round in 0..10 {
            let began = Instant::now();
            for outcome in join_all(others.iter().map(|endpoint| pool.run(endpoint, ask("echo here")))).await {
                assert_eq!(outcome.unwrap().stdout, b"here\n", "round {round}");
            }
            times.push(began.elapsed());
        }
        times
    };
    let ((outcomes, storm), mut times) = join(storm, beside).await;

    for outcome in outcomes {
        let error = outcome.unwrap_err();
        let RemoteError::OutputLimit { limit_bytes, .. } = error else { panic!("{error:?}") };
        // The command's own limit, or less where all of them together have no room left.
        assert!(limit_bytes <= 4 << 20, "{limit_bytes}");
    }
    let grown = peak().saturating_sub(before) >> 20;
    // 256 MiB of output, and what is on its way in fifty connections.
    assert!(grown < 256 + 128, "{grown} MiB more");
    times.sort_unstable();
    let slowest = times[times.len() - 1];
    assert!(slowest < storm, "the others took up to {slowest:?}, the storm {storm:?}");

    // Nothing runs on over there.
    let left = pool.run(&others[0], ask("for p in /proc/[0-9]*; do readlink \"$p/exe\"; done 2>/dev/null; true")).await;
    let left = String::from_utf8_lossy(&left.unwrap().stdout).into_owned();
    let programs: BTreeSet<&str> = left.lines().filter_map(|path| path.rsplit('/').next()).collect();
    assert!(programs.contains("sshd") && !programs.contains("yes") && !programs.contains("coreutils"), "{programs:?}");
}
