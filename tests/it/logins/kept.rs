//! What is kept of readings: whose turn it is, for how long, and what is forgotten.

use chrono::{DateTime, TimeDelta, Utc};
use hannun::commands::logins::place::Place;
use hannun::commands::logins::{Login, LoginOutcome, ToldBy};
use hannun::error::Error;
use hannun::logins::{Reader, Runner};
use hannun::models::ids::ServerId;
use hannun::models::login_events::LoginEvent;
use hannun::models::login_readings::{LEASE, LoginReading, Turn};

use super::{logins, reading};
use crate::harness::app::TestApp;
use crate::harness::fake_host::{Act, FakeHost, Manner};
use crate::harness::known;

/// A failed attempt as a server tells of it.
pub(crate) fn attempt(at: DateTime<Utc>, user: &str, address: &str) -> Login {
    Login {
        at,
        outcome: LoginOutcome::Failed,
        user: user.to_owned(),
        is_unknown_user: false,
        address: address.parse().ok(),
        host: String::new(),
        port: Some(51_234),
        method: "password".to_owned(),
        key: String::new(),
        pid: Some(7),
        terminal: String::new(),
        ended_at: None,
        times: 1,
        told_by: ToldBy::Attempt,
    }
}

/// Keeps these, as a reading would.
pub(crate) async fn keep(app: &TestApp, server: ServerId, logins: Vec<Login>) {
    let logins: Vec<_> = logins.into_iter().map(|login| (login, false)).collect();
    app.app.db.run(move |connection| LoginEvent::insert(connection, server, &logins)).await.unwrap();
}

#[actix_web::test]
async fn rel_j05_one_process_at_a_time_reads_a_server() {
    let app = TestApp::start().await;
    let server = known::answering(&app, "web-1").await.id;
    let now = app.database.now();
    let take = |at: DateTime<Utc>| {
        app.app.db.transaction(move |connection| Ok::<_, Error>(Turn::take(connection, server, at)?))
    };
    let first = take(now).await.unwrap().unwrap();
    assert_eq!(take(now + TimeDelta::seconds(1)).await.unwrap(), None);
    let later = now + LEASE + TimeDelta::seconds(1);
    let second = take(later).await.unwrap().unwrap();
    let write =
        |turn: Turn| app.app.db.run(move |connection| turn.read(connection, (&Place::default(), "x", 1), later));
    assert!(!write(first).await.unwrap(), "who lost the turn writes nothing");
    assert!(write(second).await.unwrap());
    let due = later + TimeDelta::minutes(5);
    app.app.db.run(move |connection| second.give_back(connection, due, None)).await.unwrap();
    assert!(take(later).await.unwrap().is_some());
}

#[actix_web::test]
async fn rel_j05_a_turn_is_kept_for_as_long_as_its_reader_gives_a_sign_and_free_soon_after() {
    let app = TestApp::start().await;
    let server = known::answering(&app, "web-1").await.id;
    let now = app.database.now();
    let take = |at: DateTime<Utc>| {
        app.app.db.transaction(move |connection| Ok::<_, Error>(Turn::take(connection, server, at)?))
    };
    let turn = take(now).await.unwrap().unwrap();
    let hold = |at: DateTime<Utc>| app.app.db.run(move |connection| turn.hold(connection, at));
    let (later, last) = (now + LEASE - TimeDelta::seconds(1), now + LEASE + LEASE - TimeDelta::seconds(2));
    for at in [later, last] {
        assert!(hold(at).await.unwrap());
        assert_eq!(take(at + TimeDelta::seconds(2)).await.unwrap(), None, "it is still being read");
    }
    assert!(take(last + LEASE + TimeDelta::seconds(1)).await.unwrap().is_some(), "its reader is gone");
    assert!(!hold(last + LEASE).await.unwrap(), "who lost the turn holds nothing");
}

const ANSWER: &str = "@clock\t1795345732\t\t+0000\n@own\t10.0.0.9 5000 10.0.0.1 22\n@file\tlive\t7\t87\t0\t87\t1795345732\n\
    F\u{2}Nov 22 11:00:00 web sshd[1]: Failed password for root from 203.0.113.5 port 5 ssh2\u{3}\n@whole\n@end\n";

#[actix_web::test]
async fn what_is_due_is_read_and_due_again_later_and_a_failure_is_remembered() {
    let host = FakeHost::start(Manner::default().when("@clock", Act::answer(ANSWER, "", 0))).await;
    let app = TestApp::start().await;
    let server = known::add_with_platform(&app, "web-1", &host.endpoint(), ("linux", &[])).await;
    let reader = Reader { kept: std::time::Duration::from_secs(400_000_000), ..app.app.logins() };
    let runner = Runner::new(app.app.hosts.clone(), reader);
    app.app
        .db
        .run({
            let now = app.database.now() - TimeDelta::minutes(2);
            move |connection| LoginReading::ensure_all(connection, now)
        })
        .await
        .unwrap();
    assert_eq!(runner.run_due().await.unwrap(), 1);
    assert_eq!(logins(&app, server.id).await.len(), 1);
    assert!(reading(&app, server.id).await.due_at > app.database.now());
    assert_eq!(runner.run_due().await.unwrap(), 0, "nothing is due");
    drop(host);
    app.app.hosts.pool().close_all().await;
    app.advance(TimeDelta::minutes(6));
    assert_eq!(runner.run_due().await.unwrap(), 1);
    let reading = reading(&app, server.id).await;
    assert!(!reading.error.is_empty() && reading.due_at > app.database.now() + TimeDelta::minutes(10), "{reading:?}");
    assert_eq!(logins(&app, server.id).await.len(), 1, "what was known is kept");
}

#[actix_web::test]
async fn what_is_older_than_it_is_kept_is_forgotten() {
    let app = TestApp::start().await;
    let server = known::answering(&app, "web-1").await.id;
    let now = app.database.now();
    keep(
        &app,
        server,
        vec![attempt(now - TimeDelta::days(400), "old", "203.0.113.5"), attempt(now, "new", "203.0.113.5")],
    )
    .await;
    let before = now - TimeDelta::days(365);
    let forgotten = app.app.db.run(move |connection| LoginEvent::forget(connection, before, 10)).await.unwrap();
    assert_eq!(forgotten, 1);
    assert_eq!(logins(&app, server).await[0].user_name, "new");
}
