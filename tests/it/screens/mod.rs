//! The screens as people see them: pages, their regions, their streams.

mod accounts;
mod capabilities;
mod cron;
mod directories;
mod firewall;
mod fleet;
mod history;
mod logins;
mod logs;
mod overview;
mod processes;
mod runs;
mod scenario_trials;
mod scenarios;
mod scheduler;
mod services;
mod signals;
mod streams;

use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use hannun::error::{Error, RemoteError, Stage};
use hannun::metrics::SeriesName;
use hannun::metrics::catalogue::Metric;
use hannun::metrics::store::{SeriesIds, Store};
use hannun::metrics::windows::{Summary, Window};
use hannun::models::credentials::{Credential, CredentialKind, NewCredential, Privileges, Secrets};
use hannun::models::groups::{Group, NewGroup};
use hannun::models::ids::{GroupId, ServerId};
use hannun::models::platforms::DetectedPlatform;
use hannun::models::server_states::ServerState;
use hannun::models::servers::{NewServer, Server};
use hannun::secret::SecretText;

use crate::harness::app::TestApp;

/// What a hostile server calls its things: markup that would ask htmx, run a script and fetch from elsewhere.
const HOSTILE: &str = "<img src=x onerror=alert(1)><b hx-get=//evil hx-trigger=load>\u{1b}[2J\u{202e}";

/// Adds a server in a group of this name, which is made if there is none, with a credential.
async fn add_server(app: &TestApp, name: &str, group: &str) -> Server {
    let (name, group) = (name.to_owned(), group.to_owned());
    let address = format!("192.0.2.{}", 10 + name.len());
    let (sealer, now) = (Arc::clone(&app.app.sealer), app.database.now());
    app.app
        .db
        .run(move |connection| {
            let known = Group::all(connection)?.into_iter().find(|known| known.name == group);
            let group = match known {
                Some(group) => group,
                None => NewGroup { name: &group, note: "" }.insert(connection)?,
            };
            let known = Credential::all(connection)?.into_iter().next().map(|known| known.id);
            let new = NewCredential {
                name: "test",
                user_name: "root",
                kind: CredentialKind::Password,
                privilege: Privileges::None,
                note: "",
                key: None,
                secrets: &Secrets { password: Some(SecretText::new("unused".to_owned())), ..Secrets::default() },
            };
            let credential_id = Some(match known {
                Some(credential) => credential,
                None => new.insert(connection, &sealer, now)?.id,
            });
            let server = NewServer { credential_id, ..NewServer::new(&name, &address) }.insert(connection)?;
            server.set_groups(connection, &[group.id])?;
            Ok::<_, Error>(server)
        })
        .await
        .unwrap()
}

/// The group of a name.
async fn group(app: &TestApp, name: &'static str) -> GroupId {
    let groups = app.app.db.run(Group::all).await.unwrap();
    groups.into_iter().find(|group| group.name == name).unwrap().id
}

/// The server answered now.
async fn answers(app: &TestApp, server: &Server) {
    let (id, now) = (server.id, app.database.now());
    app.app.db.run(move |connection| ServerState::up(connection, id, now)).await.unwrap();
}

/// The server did not answer, for this reason.
async fn fails(app: &TestApp, server: &Server, error: RemoteError) {
    let (id, now) = (server.id, app.database.now());
    app.app.db.run(move |connection| ServerState::failed(connection, id, &error, now)).await.unwrap();
}

/// No answer within ten seconds.
fn timed_out(server: &Server) -> RemoteError {
    let after = std::time::Duration::from_secs(10);
    RemoteError::TimedOut { server: server.name.clone(), stage: Stage::Connect, after }
}

/// The server was found to run this.
async fn runs(app: &TestApp, server: &Server, pretty_name: &str) {
    let platform = DetectedPlatform {
        server_id: server.id,
        os: "linux".into(),
        distro: "debian".into(),
        distro_like: Vec::new(),
        version: "12".into(),
        arch: "x86_64".into(),
        pretty_name: pretty_name.to_owned(),
        kernel: "6.1.0".into(),
        hostname: "host".into(),
        capabilities: Vec::new(),
        cores: Some(4),
        cpu_model: String::new(),
        memory_bytes: Some(8 << 30),
        boot_id: String::new(),
        booted_at: None,
        time_zone: "Asia/Seoul".into(),
        virtualisation: String::new(),
        detected_at: app.database.now(),
    };
    app.app.db.run(move |connection| platform.save(connection)).await.unwrap();
}

/// Stores `value` every ten seconds from `from` to `to`, seconds before now.
pub(crate) async fn measured(
    app: &TestApp,
    server: ServerId,
    metric: Metric,
    device: &str,
    (from, to): (i64, i64),
    value: f32,
) {
    let (store, mut ids, now) = (Store::default(), SeriesIds::default(), app.database.now());
    let begin = DateTime::<Utc>::from_timestamp((now.timestamp() - from).div_euclid(10) * 10, 0).unwrap();
    let mut at = begin;
    while at <= now - TimeDelta::seconds(to) {
        let name = SeriesName { metric, device: device.into() };
        store.put(Window { server, at, values: vec![(name, Summary { min: value, mean: value, max: value })] });
        at += TimeDelta::seconds(10);
        // The store keeps ten minutes only.
        if store.len() >= 60 || at > now - TimeDelta::seconds(to) {
            store.write(&app.app.db, &mut ids).await.unwrap();
        }
    }
}
