//! What goes wrong on a server that is well, and what is left when one goes away.

use super::*;

#[tokio::test]
async fn a_server_that_is_removed_is_forgotten() {
    let scene = Scene::start(FakeServer::polite());
    scene.is_sampled().await;
    let id = scene.id;
    scene
        .database
        .db
        .run(move |connection| Server::by_id(connection, &Scope::All, id)?.delete(connection))
        .await
        .unwrap();
    eventually("forgotten", async || scene.live.latest(id).is_none()).await;
    scene.end().await;
}

#[tokio::test]
async fn what_cannot_be_read_is_said_although_the_server_is_up() {
    let fake = FakeServer::polite();
    let garbage = RemoteError::Unparsable {
        server: "web-1".to_owned(),
        command: "loop-shell".to_owned(),
        why: "line 1: this is no line of a frame".to_owned(),
        sample: "hello".to_owned(),
    };
    fake.manner().garbage = Some(garbage);
    let scene = Scene::start(fake);
    scene.becomes(State::Up).await;
    let server = scene.live.server(scene.id);
    eventually("trouble", async || server.trouble().is_some_and(|trouble| trouble.code() == "unparsable")).await;
    scene.end().await;
}

#[tokio::test]
async fn what_was_never_sent_says_nothing_about_the_server() {
    let fake = FakeServer::polite();
    fake.manner().refuses = Some(RemoteError::Unsupported {
        server: "web-1".to_owned(),
        command: "Detect the platform".to_owned(),
        platform: String::new(),
    });
    let scene = Scene::start(fake);
    let server = scene.live.server(scene.id);
    eventually("trouble", async || server.trouble().is_some_and(|trouble| trouble.code() == "unsupported")).await;
    assert_eq!(scene.state().await, None);
    scene.end().await;
}
