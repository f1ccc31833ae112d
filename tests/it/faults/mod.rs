//! What breaks around us: the database, the disk, the name server, and servers by the hundred. Short forms; `script/torture`
//! runs them at length.

mod bombs;
mod dead_hosts;
pub(crate) mod full_disk;
mod name_server;
mod restarts;

use std::sync::Arc;
use std::time::Duration;

use hannun::clock::Clock;
use hannun::metrics::live::Live;
use hannun::metrics::presence::Presence;
use hannun::metrics::sampler::{Pace, Sampler};
use hannun::metrics::store::Store;
use hannun::models::credentials::{CredentialKind, NewCredential, Privileges, Secrets};
use hannun::models::host_keys::{GivenKey, HostKey};
use hannun::models::ids::ServerId;
use hannun::models::servers::NewServer;
use hannun::remote::{Auth, Endpoint};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::harness::app::TestApp;

/// Registers the server of `endpoint` under this name, with its key approved.
pub(crate) async fn register(app: &TestApp, name: &str, endpoint: &Endpoint, sampling_seconds: i32) -> ServerId {
    let (name, endpoint, now) = (name.to_owned(), endpoint.clone(), app.database.now());
    let sealer = Arc::clone(&app.app.sealer);
    let insert = move |connection: &mut hannun::db::Connection| {
        let (kind, secrets) = match &endpoint.credential {
            Auth::Password(password) => {
                (CredentialKind::Password, Secrets { password: Some(password.clone()), ..Secrets::default() })
            }
            Auth::PrivateKey { key, passphrase } => {
                let (private_key, passphrase) = (Some(key.clone()), passphrase.clone());
                (CredentialKind::PrivateKey, Secrets { private_key, passphrase, ..Secrets::default() })
            }
        };
        let credential = NewCredential {
            name: &name,
            user_name: &endpoint.user,
            kind,
            privilege: Privileges::None,
            note: "",
            key: None,
            secrets: &secrets,
        };
        let credential = credential.insert(connection, &sealer, now)?;
        let server = NewServer {
            port: i32::from(endpoint.port),
            credential_id: Some(credential.id),
            sampling_seconds,
            ..NewServer::new(&name, &endpoint.address)
        };
        let server = server.insert(connection)?;
        for pin in &endpoint.pins {
            let public_key = pin.public_key.trim();
            let key = GivenKey { algorithm: &pin.algorithm, public_key, fingerprint: "SHA256:test" };
            HostKey::pin(connection, server.id, &key, "the test", now)?;
        }
        Ok::<_, hannun::error::Error>(server.id)
    };
    app.app.db.run(insert).await.unwrap()
}

/// The sampler and its store, as a process runs them beside its web server.
struct Sampling {
    live: Live,
    stop: CancellationToken,
    tasks: Vec<JoinHandle<()>>,
}

impl Sampling {
    /// Samples every server of `app` by the system's clock.
    fn start(app: &TestApp, pace: Pace) -> Self {
        let (live, store, stop) = (app.app.live.clone(), Store::default(), CancellationToken::new());
        let (hosts, db) = (app.app.hosts.clone(), app.app.db.patient());
        let runtime = hosts.pool().runtime().clone();
        let presence = Presence::new(db.clone(), crate::metrics::instance(1), app.app.config.lease);
        let sampler = Sampler::new(hosts, presence, Clock::system(), live.clone(), store.clone(), pace);
        let (sampling, storing, own) = (stop.clone(), stop.clone(), store.clone());
        let tasks = vec![
            runtime.spawn(async move { sampler.run(&sampling).await }),
            runtime.spawn(async move { own.run(&db, &storing).await }),
        ];
        Self { live, stop, tasks }
    }

    /// How old the newest sample of a server is; none where there is none yet.
    fn age(&self, server: ServerId) -> Option<Duration> {
        let at = self.live.latest(server)?.at;
        Some((chrono::Utc::now() - at).to_std().unwrap_or_default())
    }

    /// Waits for the first sample of each of these.
    async fn until_sampled(&self, servers: &[ServerId]) {
        let end = tokio::time::Instant::now() + Duration::from_mins(1);
        while servers.iter().any(|server| self.age(*server).is_none()) {
            assert!(tokio::time::Instant::now() < end, "no sample within a minute");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    async fn stop(self) {
        self.stop.cancel();
        for task in self.tasks {
            task.await.unwrap();
        }
    }
}
