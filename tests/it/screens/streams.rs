//! Event streams: what they carry, and when they end.

use std::cell::Cell;
use std::time::{Duration, Instant};

use actix_web::http::Method;
use hannun::models::actor::{Role, Scope};
use hannun::models::sessions::Session;

use super::{add_server, answers, group};
use crate::harness::PATIENCE;
use crate::harness::app::{TO_THE_END, TestApp};
use crate::harness::client::{Client, Reply};

/// Ends every session once the stream of the server is open.
async fn end_sessions_once_somebody_looks(app: &TestApp, is_open: impl Fn() -> bool) {
    let deadline = Instant::now() + PATIENCE;
    while !is_open() {
        assert!(Instant::now() < deadline, "nobody opened the stream");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let viewer = app.user("viewer", Role::Viewer, Scope::All).await;
    app.app.db.run(move |connection| Session::end_all_of_user(connection, viewer.id, None)).await.unwrap();
}

/// Everything that a stream sends until it ends.
async fn read(client: &Client, path: &str) -> Reply {
    client.ask(Method::GET, path).header(TO_THE_END, "yes").send().await
}

#[actix_web::test]
async fn sec_a07_z02_a_server_s_stream_ends_with_the_session() {
    let app = TestApp::start().await;
    let server = add_server(&app, "web-1", "web").await;
    answers(&app, &server).await;
    let viewer = app.viewer().await;
    let live = app.app.live.server(server.id);
    let (stream, ()) = tokio::time::timeout(Duration::from_secs(20), async {
        tokio::join!(
            read(&viewer, "/servers/web-1/stream"),
            end_sessions_once_somebody_looks(&app, || live.is_watched())
        )
    })
    .await
    .expect("the stream outlived its session");
    assert_eq!(stream.header("content-type"), Some("text/event-stream"));
    assert_eq!(stream.header("cache-control"), Some("no-store"));
}

#[actix_web::test]
async fn sec_a07_a_stream_does_not_outlive_the_idle_time_of_its_session() {
    let app = TestApp::start().await;
    let server = add_server(&app, "web-1", "web").await;
    answers(&app, &server).await;
    let (viewer, live) = (app.viewer().await, app.app.live.server(server.id));
    let expire = async {
        let deadline = Instant::now() + PATIENCE;
        while !live.is_watched() {
            assert!(Instant::now() < deadline, "nobody opened the stream");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        app.advance(chrono::TimeDelta::minutes(31));
    };
    let both = async { tokio::join!(read(&viewer, "/servers/web-1/stream"), expire) };
    tokio::time::timeout(Duration::from_secs(20), both).await.expect("the stream outlived its session");
    viewer.get("/servers/web-1").await.leads_to("/sign-in");
}

#[actix_web::test]
async fn sec_z02_the_fleet_s_stream_carries_what_happens_in_one_s_own_groups_alone() {
    let app = TestApp::start().await;
    let (own, other) = (add_server(&app, "mine-a1", "web").await, add_server(&app, "foreign-b2", "db").await);
    let scope = Scope::Groups(vec![group(&app, "web").await]);
    let reader = app.signed_in("viewer", Role::Viewer, scope).await;
    let (begun, answered) = (Instant::now(), Cell::new(false));
    let happen = async {
        // The first look only remembers; then both servers answer, and a look later nobody is signed in.
        tokio::time::sleep(Duration::from_secs(1)).await;
        answers(&app, &own).await;
        answers(&app, &other).await;
        answered.set(true);
        end_sessions_once_somebody_looks(&app, || begun.elapsed() > Duration::from_secs(5)).await;
    };
    let both = async { tokio::join!(read(&reader, "/stream"), happen) };
    let (stream, ()) = tokio::time::timeout(Duration::from_secs(30), both).await.expect("the stream has no end");
    assert!(
        answered.get() && stream.body.contains("event: fleet") && stream.body.contains("mine-a1"),
        "{}",
        stream.body
    );
    assert!(!stream.body.contains("foreign-b2"), "{}", stream.body);
}

#[actix_web::test]
async fn sec_a08_z02_the_fleet_s_stream_ends_when_its_person_is_no_longer_let_in() {
    let app = TestApp::start().await;
    add_server(&app, "web-1", "web").await;
    let viewer = app.viewer().await;
    let begun = Instant::now();
    let (stream, ()) = tokio::time::timeout(Duration::from_secs(20), async {
        // The first look only remembers; a second after the start the stream is past it.
        tokio::join!(
            read(&viewer, "/stream"),
            end_sessions_once_somebody_looks(&app, || begun.elapsed() > Duration::from_secs(1))
        )
    })
    .await
    .expect("the stream outlived its session");
    assert_eq!(stream.header("content-type"), Some("text/event-stream"));
    assert!(!stream.body.contains("event: fleet"), "nothing changed, so nothing was sent: {}", stream.body);
}
