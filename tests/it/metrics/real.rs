//! A real server, from the wire to the database: an OpenSSH server on loopback, and a cable that is pulled.

use std::sync::Arc;
use std::time::Duration;

use hannun::clock::Clock;
use hannun::config::RemoteConfig;
use hannun::metrics::catalogue::Metric;
use hannun::metrics::live::Live;
use hannun::metrics::sampler::{Pace, Sampler};
use hannun::metrics::store::Store;
use hannun::models::credentials::{CredentialKind, NewCredential, Privileges, Secrets};
use hannun::models::data_keys::DataKey;
use hannun::models::host_keys::{GivenKey, HostKey};
use hannun::models::ids::ServerId;
use hannun::models::platforms::DetectedPlatform;
use hannun::models::server_states::{ServerState, State};
use hannun::models::servers::{NewServer, Server};
use hannun::remote::hosts::Hosts;
use hannun::remote::{Endpoint, Pool};
use hannun::secret::SecretText;
use tokio_util::sync::CancellationToken;

use super::{eventually, lines};
use crate::harness::database::TestDatabase;
use crate::harness::relay::Relay;
use crate::harness::ssh::fixture_key;
use crate::harness::sshd::Setup;

/// Registers the server of `endpoint`, reached at `port`.
fn register(
    database: &TestDatabase,
    sealer: &hannun::secret::seal::Sealer,
    endpoint: &Endpoint,
    port: u16,
) -> ServerId {
    let connection = &mut database.connection();
    let private_key = Some(SecretText::new(fixture_key("ed25519")));
    let secrets = Secrets { private_key, ..Secrets::default() };
    let credential = NewCredential {
        name: "test",
        user_name: &endpoint.user,
        kind: CredentialKind::PrivateKey,
        privilege: Privileges::None,
        note: "",
        key: None,
        secrets: &secrets,
    };
    let credential = credential.insert(connection, sealer, database.now()).unwrap();
    let server = NewServer {
        port: i32::from(port),
        credential_id: Some(credential.id),
        sampling_seconds: 1,
        ..NewServer::new("web-1", "127.0.0.1")
    };
    let server: Server = server.insert(connection).unwrap();
    let pin = &endpoint.pins[0];
    let key = GivenKey { algorithm: &pin.algorithm, public_key: pin.public_key.trim(), fingerprint: "SHA256:test" };
    HostKey::pin(connection, server.id, &key, "the test", database.now()).unwrap();
    server.id
}

#[tokio::test(flavor = "multi_thread")]
async fn rel_r02_a_real_server_is_sampled_loses_its_cable_and_comes_back() {
    let Some(sshd) = Setup::default().start("rel_r02_a_real_server_is_sampled_loses_its_cable_and_comes_back") else {
        return;
    };
    let (database, folder) = (TestDatabase::with_connections(6), tempfile::tempdir().unwrap());
    let sealer = DataKey::open_sealer(&mut database.connection(), &folder.path().join("secret.key")).unwrap();
    let cable = Relay::to(sshd.port).await;
    let id = register(&database, &sealer, &sshd.endpoint(), cable.port);

    let limits = RemoteConfig {
        connect_timeout: Duration::from_secs(2),
        channel_timeout: Duration::from_secs(1),
        keepalive: Duration::from_secs(1),
        ..RemoteConfig::default()
    };
    let (clock, db) = (Clock::system(), database.db.clone());
    let pool = Pool::new(limits, clock.clone()).unwrap();
    let hosts = Hosts::new(db.clone(), Arc::new(sealer), pool, clock.clone(), Duration::from_secs(15));
    let (live, store, stop) = (Live::default(), Store::default(), CancellationToken::new());
    let pace = Pace { deadline: Duration::from_secs(1), retry: Duration::from_millis(200), ..Pace::default() };
    let sampler = Sampler::new(hosts, super::presence(&db, 1), clock, live.clone(), store.clone(), pace);
    let (stopping, writing) = (stop.clone(), stop.clone());
    let sampling = tokio::spawn(async move { sampler.run(&stopping).await });
    let (storing, stored) = (store.clone(), db.clone());
    let storing = tokio::spawn(async move { storing.run(&stored, &writing).await });

    let state = async || {
        let state = db.run(move |connection| ServerState::of(connection, id)).await.unwrap();
        state.map_or(State::Unknown, |state| state.state)
    };
    let server = live.server(id);
    eventually("processor, memory, filesystem and round trip", async || {
        server.latest().is_some_and(|latest| {
            [Metric::CpuTotal, Metric::MemoryUsed, Metric::SshRoundTrip]
                .iter()
                .all(|metric| latest.value(*metric).is_some())
                && latest.devices(Metric::FilesystemPercent).count() > 0
                && latest.devices(Metric::CpuCore).count() > 0
        })
    })
    .await;
    assert_eq!(state().await, State::Up);
    let platform = db.run(move |connection| DetectedPlatform::of(connection, id)).await.unwrap().unwrap();
    assert_eq!(platform.os, "linux");

    cable.pull();
    eventually("unreachable", async || state().await == State::Unreachable).await;
    let port = Relay::to(sshd.port).await;
    let other_port = i32::from(port.port);
    db.run(move |connection| {
        let changes = hannun::models::servers::ServerChanges { port: Some(other_port), ..Default::default() };
        Server::change(connection, id, &changes, chrono::Utc::now()).map(drop)
    })
    .await
    .unwrap();
    eventually("up again", async || state().await == State::Up).await;

    stop.cancel();
    sampling.await.unwrap();
    storing.await.unwrap();
    let now = chrono::Utc::now();
    let kept = lines(&db, id, Metric::Load1, (now - super::seconds(600), now), 1_000).await;
    assert!(!kept.is_empty() && !kept[0].points.is_empty());
}
