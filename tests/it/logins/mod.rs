//! Who signs in to real systems, and who tries to: read, put together, kept.

mod databases;
mod hosts;
pub(crate) mod kept;
mod outside;

use std::process::{Command, Stdio};

use hannun::logins::reader::Depth;
use hannun::models::actor::Actor;
use hannun::models::ids::ServerId;
use hannun::models::login_events::{LoginEvent, LoginFilter};
use hannun::models::login_readings::LoginReading;
use hannun::models::servers::Server;

use crate::harness::app::TestApp;

/// Everything that is known of a server's logins, oldest first.
pub(crate) async fn logins(app: &TestApp, server: ServerId) -> Vec<LoginEvent> {
    let filter = LoginFilter { servers: vec![server], ..LoginFilter::default() };
    let mut events = app.app.db.run(move |connection| LoginEvent::latest(connection, &filter, 1_000)).await.unwrap();
    events.reverse();
    events
}

/// How far its logs were read.
pub(crate) async fn reading(app: &TestApp, server: ServerId) -> LoginReading {
    app.app.db.run(move |connection| LoginReading::of(connection, server)).await.unwrap().unwrap()
}

/// Reads on, as the background does.
pub(crate) async fn read(app: &TestApp, server: &Server) {
    let host = app.app.hosts.of(Actor::system("the test"), server.clone());
    app.app.logins().read(&host, Depth::Whole).await.unwrap().expect("nobody else reads");
}

/// Tries to sign in under a name, as anybody could; nobody is let in.
pub(crate) fn knock(address: &str, port: u16, name: &str) {
    let tried = Command::new("ssh")
        .args(["-o", "BatchMode=yes", "-o", "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/dev/null"])
        .args([
            "-p",
            &port.to_string(),
            "-o",
            "IdentityFile=none",
            "-o",
            "IdentitiesOnly=yes",
            "-l",
            name,
            address,
            "true",
        ])
        .stdin(Stdio::null())
        .output()
        .unwrap();
    assert!(!tried.status.success(), "{name} was let in");
}
