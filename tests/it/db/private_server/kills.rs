//! Stopped, killed, started twice.

use std::time::{Duration, Instant};

use hannun::db::Db;
use hannun::db::private_server::{Durability, PrivateServer};
use hannun::error::Error;
use hannun::models::groups::Group;

use super::{Other, add_group, data_dir, groups, is_alive, kill, start, wait_for};

#[test]
fn what_was_committed_is_there_after_a_stop_and_a_start() {
    let folder = data_dir();
    let server = start(folder.path());
    let process = server.process_id().unwrap();
    add_group(&server, "kept");
    server.stop();
    assert!(!is_alive(process));
    assert_eq!(groups(&start(folder.path())), ["kept"]);
}

#[tokio::test]
async fn rel_r04_a_killed_postgresql_is_started_again_and_nothing_committed_is_lost() {
    let folder = data_dir();
    let server = start(folder.path());
    add_group(&server, "kept");
    let db = Db::connect(&server.application_url(), 2).unwrap();
    db.ping().await.unwrap();
    for _ in 0..2 {
        let before = server.process_id().unwrap();
        kill(before);
        let deadline = Instant::now() + Duration::from_secs(20);
        while db.ping().await.is_err() || server.process_id() == Some(before) {
            assert!(Instant::now() < deadline, "it did not come back");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }
    let groups = db.run(Group::all).await.unwrap();
    assert_eq!(groups.len(), 1);
}

#[test]
fn a_killed_hannun_takes_its_postgresql_along_and_the_next_one_starts_at_once() {
    let folder = data_dir();
    let mut other = Other::here(folder.path());
    let postgres = other.postgres();
    assert!(is_alive(postgres));
    other.process.kill().unwrap();
    other.process.wait().unwrap();
    // At once: while the old PostgreSQL is still ending.
    let server = start(folder.path());
    assert_eq!(groups(&server), ["kept"]);
    wait_for("the old PostgreSQL is gone", Duration::from_secs(10), || !is_alive(postgres));
}

#[test]
fn a_killed_hannun_with_its_postgresql_killed_too_leaves_nothing_in_the_way() {
    let folder = data_dir();
    let mut other = Other::here(folder.path());
    let postgres = other.postgres();
    other.process.kill().unwrap();
    kill(postgres);
    other.process.wait().unwrap();
    assert_eq!(groups(&start(folder.path())), ["kept"]);
}

#[test]
fn of_two_on_one_data_directory_the_second_says_who_holds_it() {
    let folder = data_dir();
    let other = Other::here(folder.path());
    let refusal = PrivateServer::start(folder.path(), Durability::None).unwrap_err();
    assert!(matches!(refusal, Error::Conflict(_)), "{refusal:?}");
    let sentence = refusal.to_string();
    assert!(sentence.contains(&format!("process {}", other.process.id())), "{sentence}");
    assert!(is_alive(other.postgres()), "the first one goes on");
}
