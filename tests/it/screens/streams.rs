//! Event streams: what they carry, and when they end.

use std::time::{Duration, Instant};

use actix_web::http::Method;
use hannun::models::actor::{Role, Scope};
use hannun::models::sessions::Session;

use super::{add_server, answers};
use crate::harness::app::{TO_THE_END, TestApp};
use crate::harness::client::{Client, Reply};

/// Ends every session once the stream of the server is open.
async fn end_sessions_once_somebody_looks(app: &TestApp, is_open: impl Fn() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(10);
    while !is_open() {
        assert!(Instant::now() < deadline, "nobody opened the stream within 10 s");
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
