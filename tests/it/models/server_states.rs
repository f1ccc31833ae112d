//! How a server is, and since when.

use std::time::Duration;

use chrono::TimeDelta;
use hannun::error::{RemoteError, Stage};
use hannun::models::actor::Scope;
use hannun::models::server_states::{ServerState, State, Transition};

use super::server;
use crate::harness::database::TestDatabase;

fn silent() -> RemoteError {
    RemoteError::TimedOut { server: "web-1".to_owned(), stage: Stage::Connect, after: Duration::from_secs(10) }
}

#[test]
fn since_stays_while_the_state_stays() {
    let database = TestDatabase::new();
    let mut connection = database.connection();
    let id = server(&mut connection, "web-1").id;
    let up = database.now();
    let first = ServerState::up(&mut connection, id, up).unwrap();
    assert!(first.is_change() && first.before.is_none());
    let seen = database.advance(TimeDelta::seconds(10));
    let again = ServerState::up(&mut connection, id, seen).unwrap();
    assert!(!again.is_change());
    assert_eq!((again.now.since, again.now.checked_at), (up, seen));
    let down = database.advance(TimeDelta::seconds(10));
    let lost = ServerState::failed(&mut connection, id, &silent(), down).unwrap().unwrap();
    assert_eq!((lost.before, lost.now.state, lost.now.since), (Some(State::Up), State::Unreachable, down));
    assert_eq!(lost.now.seen_at, Some(seen), "when it was last seen stays");
    let later = database.advance(TimeDelta::seconds(10));
    let still = ServerState::failed(&mut connection, id, &silent(), later).unwrap().unwrap();
    assert_eq!((still.is_change(), still.now.since), (false, down));
    assert_eq!(still.now.why(), Some(&silent()));
}

#[test]
fn a_command_that_fails_says_nothing_about_the_server() {
    let database = TestDatabase::new();
    let mut connection = database.connection();
    let id = server(&mut connection, "web-1").id;
    let failed = RemoteError::Failed {
        server: "web-1".to_owned(),
        command: "list_processes".to_owned(),
        status: 1,
        stderr: String::new(),
    };
    assert_eq!(ServerState::failed(&mut connection, id, &failed, database.now()).unwrap(), None);
    assert_eq!(ServerState::of(&mut connection, id).unwrap(), None);
}

#[test]
fn while_we_rest_the_reason_of_the_failure_stays() {
    let database = TestDatabase::new();
    let mut connection = database.connection();
    let id = server(&mut connection, "web-1").id;
    let refused =
        RemoteError::SignInRefused { server: "web-1".to_owned(), user: "root".to_owned(), method: "password".into() };
    ServerState::failed(&mut connection, id, &refused, database.now()).unwrap();
    let resting = RemoteError::Resting { server: "web-1".to_owned(), seconds: 30, last: Box::new(silent()) };
    let Some(Transition { now, .. }) = ServerState::failed(&mut connection, id, &resting, database.now()).unwrap()
    else {
        panic!("no state")
    };
    assert_eq!((now.state, now.why()), (State::Refused, Some(&refused)));
}

#[test]
fn hostile_text_in_a_reason_is_bounded_and_stored() {
    let database = TestDatabase::new();
    let mut connection = database.connection();
    let id = server(&mut connection, "web-1").id;
    let hostile = RemoteError::ShellUnusable { server: "web-1".to_owned(), said: "a\0".repeat(100_000) };
    let stored = ServerState::failed(&mut connection, id, &hostile, database.now()).unwrap().unwrap();
    let kept = stored.now.why().unwrap().to_string();
    assert!(kept.len() <= 4_000 && !kept.contains('\0'), "{}", kept.len());
}

#[test]
fn states_come_for_visible_servers_only() {
    let database = TestDatabase::new();
    let mut connection = database.connection();
    let id = server(&mut connection, "web-1").id;
    ServerState::up(&mut connection, id, database.now()).unwrap();
    assert_eq!(ServerState::all(&mut connection, &Scope::All).unwrap().len(), 1);
    assert_eq!(ServerState::all(&mut connection, &Scope::Groups(vec![])).unwrap(), []);
}
