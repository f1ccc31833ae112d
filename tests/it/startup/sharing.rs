//! Several processes of hannun on one database, with a real server: who samples it, and who shows it.

use std::time::Duration;

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel::sql_types::BigInt;

use crate::harness::members::{Member, Shared};

/// Longer than any test: who takes over within it did not wait for it.
const LONG_LEASE: &str = "10m";
const SHORT_LEASE: &str = "4s";

const LATEST: &str = "/api/v1/servers/web-1/metrics/latest";
const STREAM: &str = "/api/v1/servers/web-1/metrics/stream";

fn time(sample: &serde_json::Value) -> DateTime<Utc> {
    sample["at"].as_str().unwrap().parse().unwrap()
}

/// Each process keeps one connection to each server that it samples, and none to another's.
fn are_connected(shared: &Shared, members: &[&Member], connections: &[usize]) {
    shared.eventually(&format!("{connections:?} connections"), || {
        members.iter().map(|member| member.program.connections_to(shared.sshd.port)).eq(connections.iter().copied())
    });
}

/// The list of servers has the latest values of each, whoever samples it.
fn shows_all(shared: &Shared, member: &Member) {
    shared.eventually("the values of all servers", || {
        let servers = member.json("/api/v1/servers").unwrap();
        servers["items"].as_array().unwrap().iter().all(|server| server["metrics"].is_object())
    });
}

#[derive(QueryableByName)]
struct Count {
    #[diesel(sql_type = BigInt)]
    count: i64,
}

/// Windows that two processes stored of one server: both sampled it.
fn doubled(shared: &Shared) -> i64 {
    let windows = "select count(*) from (select from metric_inbox group by server_id, at having count(*) > 1) doubled";
    diesel::sql_query(windows).get_result::<Count>(&mut shared.database.connection()).unwrap().count
}

#[test]
fn rel_j05_a_web_process_shows_live_what_workers_sample_also_after_one_of_them_was_killed() {
    let test = "rel_j05_a_web_process_shows_live_what_workers_sample_also_after_one_of_them_was_killed";
    let Some(shared) = Shared::new(test, 2) else { return };
    let web = shared.start("web", "web", SHORT_LEASE);
    assert_eq!(shared.shares(), (vec![0], 2), "a web process samples nothing");
    let first = shared.start("first", "work", SHORT_LEASE);
    shared.come_to(&[0, 2]);
    shared.eventually("the web process has the latest values", || web.json(LATEST).is_some());

    let latest = web.json(LATEST).unwrap();
    let names: Vec<&str> =
        latest["metrics"].as_array().unwrap().iter().map(|value| value["name"].as_str().unwrap()).collect();
    assert!(names.contains(&"load.1") && names.contains(&"memory.used"), "{names:?}");
    let events = web.events(STREAM);
    let next = || time(&events.recv_timeout(Duration::from_secs(30)).unwrap());
    // The first is what was known; then the look raises the rate from ten seconds to one.
    shared.eventually("a sample a second", || {
        let before = next();
        (next() - before).num_milliseconds() < 3_000
    });
    shared.eventually("processor and filesystem", || {
        web.get("/metrics?servers=1").is_some_and(|text| {
            text.contains("hannun_server_cpu_total_percent{server=\"web-1\"}")
                && text.contains("hannun_server_filesystem_used_percent{server=\"web-1\"")
        })
    });
    shows_all(&shared, &web);
    assert_eq!(web.program.connections_to(shared.sshd.port), 0, "it connects to nothing for that");

    let second = shared.start("second", "work", SHORT_LEASE);
    shared.come_to(&[0, 1, 1]);
    are_connected(&shared, &[&first, &second], &[1, 1]);
    first.program.kill();
    shared.come_to(&[0, 2]);
    are_connected(&shared, &[&second], &[2]);
    let taken_over = Utc::now();
    shared.eventually("the open stream goes on", || next() > taken_over);
    assert_eq!(second.program.stop(), Some(0));
    shared.eventually("nobody samples", || shared.shares() == (vec![0], 2));
}

#[test]
fn rel_j02_two_whole_processes_share_evenly_and_one_that_stood_still_gives_up_what_it_lost() {
    let test = "rel_j02_two_whole_processes_share_evenly_and_one_that_stood_still_gives_up_what_it_lost";
    let Some(shared) = Shared::new(test, 5) else { return };
    let one = shared.start("one", "all", SHORT_LEASE);
    shared.come_to(&[5]);
    are_connected(&shared, &[&one], &[5]);
    let two = shared.start("two", "all", SHORT_LEASE);
    shared.come_to(&[3, 2]);
    are_connected(&shared, &[&one, &two], &[3, 2]);
    for member in [&one, &two] {
        shows_all(&shared, member);
    }
    one.program.signal("-STOP");
    shared.come_to(&[5]);
    are_connected(&shared, &[&two], &[5]);
    one.program.signal("-CONT");
    shared.come_to(&[3, 2]);
    are_connected(&shared, &[&one, &two], &[3, 2]);
    // The window in which it was stopped may be there twice, once by each.
    assert!(doubled(&shared) <= 3, "{}", doubled(&shared));
}

#[test]
fn rel_r06_a_process_that_is_told_to_stop_hands_over_at_once() {
    let test = "rel_r06_a_process_that_is_told_to_stop_hands_over_at_once";
    let Some(shared) = Shared::new(test, 2) else { return };
    let one = shared.start("one", "all", LONG_LEASE);
    let two = shared.start("two", "work", LONG_LEASE);
    shared.come_to(&[1, 1]);
    are_connected(&shared, &[&one, &two], &[1, 1]);
    assert_eq!(one.program.stop(), Some(0));
    shared.come_to(&[2]);
    are_connected(&shared, &[&two], &[2]);
}

#[test]
fn rel_j05_one_alone_that_was_killed_and_is_started_again_samples_at_once() {
    let test = "rel_j05_one_alone_that_was_killed_and_is_started_again_samples_at_once";
    let Some(shared) = Shared::new(test, 1) else { return };
    let before = shared.start("only", "all", LONG_LEASE);
    shared.come_to(&[1]);
    before.program.kill();
    let after = shared.start("only", "all", LONG_LEASE);
    shared.come_to(&[1]);
    shared.eventually("sampled again", || after.json(LATEST).is_some());
}
