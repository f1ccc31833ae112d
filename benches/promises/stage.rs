//! What a run is played on: the servers, a PostgreSQL with a row for each of them, somebody who may sign in.

use std::net::TcpListener;
use std::path::PathBuf;

use diesel::prelude::*;
use hannun::app::App;
use hannun::commands::Command;
use hannun::commands::metrics::SampleMetrics;
use hannun::commands::script::{Envelope, Privilege as Root, ready_line};
use hannun::config::Config;
use hannun::db::private_server::{Durability, PrivateServer};
use hannun::db::schema::servers;
use hannun::db::{Connection, migrate};
use hannun::error::Result;
use hannun::models::actor::{Rights, Role, Scope};
use hannun::models::credentials::{CredentialKind, KeyFacts, NewCredential, Privileges, Secrets};
use hannun::models::host_keys::{GivenKey, HostKey};
use hannun::models::ids::ServerId;
use hannun::models::servers::{NewServer, Server};
use hannun::models::users::NewUser;
use hannun::remote::{describe_host_key, describe_private_key};
use hannun::secret::{SecretText, password};
use hannun::startup::assemble;
use tempfile::TempDir;

use crate::contestant::Settings;
use crate::fleet::{Fleet, SERVERS, program};
use crate::relay::Relay;

pub(crate) const USER: &str = "anna";
pub(crate) const PASSWORD: &str = "tuesday rain in april";
const TOKEN: &str = "0123456789abcdef";

/// Everything that is there before anything is measured.
pub(crate) struct Stage {
    pub(crate) fleet: Fleet,
    pub(crate) settings: Settings,
    /// Our own view of the database that the console uses.
    pub(crate) app: App,
    /// The first server is reached through it, by the console alone.
    pub(crate) first_server_wire: Relay,
    receiver: TcpListener,
    servers: Vec<ServerId>,
    /// The loop that this machine gets.
    pub(crate) loop_name: String,
    database: PrivateServer,
    _folder: TempDir,
}

impl Stage {
    pub(crate) async fn set(fleet: Fleet) -> Self {
        let folder = TempDir::with_prefix("hannun-bench-").unwrap();
        let data_dir: PathBuf = folder.path().join("data");
        std::fs::create_dir(&data_dir).unwrap();
        let database = PrivateServer::start(folder.path(), Durability::Kept).unwrap();
        let url = database.owner_url();
        migrate::migrate(&url, None).unwrap();
        hannun::queue::set_up(&url, None).await.unwrap();
        let app = assemble::app(Config::new(data_dir.clone()), &url).await.unwrap();
        let addresses: Vec<(String, u16)> = fleet.addresses().map(|address| (address, fleet.port)).collect();
        let wire = Relay::to(addresses[0].0.clone(), fleet.port).await;
        let mut rows = addresses.clone();
        rows[0] = (wire.address.ip().to_string(), wire.address.port());
        let (private_key, host_key, user) = (fleet.private_key(), fleet.host_key(), fleet.user.clone());
        let (sealer, now) = (app.sealer.clone(), app.clock.now());
        let add = add_servers(rows, SecretText::new(private_key.clone()), host_key.clone(), user.clone());
        let servers = app.db.transaction(move |connection| add(connection, &sealer, now)).await.unwrap();
        let (loop_name, script) = sampler_loop(&app).await;
        let web_port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let receiver = TcpListener::bind("127.0.0.1:0").unwrap();
        let settings = Settings {
            servers: addresses,
            user,
            private_key,
            host_key,
            script,
            ready: ready_line(TOKEN),
            database: url.expose().clone(),
            data_dir: data_dir.display().to_string(),
            web_port,
            receiver_port: receiver.local_addr().unwrap().port(),
        };
        Self { fleet, settings, app, first_server_wire: wire, receiver, servers, loop_name, database, _folder: folder }
    }

    /// Lets the console have the first `count` servers and no others.
    pub(crate) async fn switch(&self, count: usize) {
        let (these, others) = self.servers.split_at(count);
        let (these, others) = (these.to_vec(), others.to_vec());
        let switched = self.app.db.run(move |connection| {
            let set = |connection: &mut Connection, ids: Vec<ServerId>, on: bool| {
                diesel::update(servers::table.filter(servers::id.eq_any(ids)))
                    .set(servers::enabled.eq(on))
                    .execute(connection)
            };
            Ok::<_, diesel::result::Error>(set(connection, these, true)? + set(connection, others, false)?)
        });
        assert_eq!(switched.await.unwrap(), SERVERS);
    }

    /// The server that the console has unless something else is said.
    pub(crate) fn first_server(&self) -> ServerId {
        self.servers[0]
    }

    /// Where somebody listens who is told of scenarios.
    pub(crate) fn receiver(&self) -> TcpListener {
        self.receiver.try_clone().unwrap()
    }

    /// Ends the database, and with this value everything else.
    pub(crate) async fn strike(self) {
        self.app.hosts.pool().close_all().await;
        drop(self.app);
        self.database.stop();
    }
}

type Sealer = std::sync::Arc<hannun::secret::seal::Sealer>;

fn add_servers(
    rows: Vec<(String, u16)>,
    private_key: SecretText,
    host_key: String,
    user: String,
) -> impl FnOnce(&mut Connection, &Sealer, chrono::DateTime<chrono::Utc>) -> Result<Vec<ServerId>> + Send + 'static {
    move |connection, sealer, now| {
        let described = describe_private_key(&private_key, None).unwrap();
        let credential = NewCredential {
            name: "bench",
            user_name: &user,
            kind: CredentialKind::PrivateKey,
            privilege: Privileges::None,
            note: "",
            key: Some(&KeyFacts { algorithm: described.algorithm, fingerprint: described.fingerprint }),
            secrets: &Secrets { private_key: Some(private_key), ..Secrets::default() },
        }
        .insert(connection, sealer, now)?;
        let key = describe_host_key(&host_key).unwrap();
        let given = GivenKey { algorithm: &key.algorithm, public_key: &key.public_key, fingerprint: &key.fingerprint };
        let mut ids = Vec::new();
        for (place, (address, port)) in rows.iter().enumerate() {
            let name = format!("server-{place}");
            let new = NewServer {
                port: (*port).into(),
                credential_id: Some(credential.id),
                sampling_seconds: 1,
                enabled: place == 0,
                ..NewServer::new(&name, address)
            };
            let server = new.insert(connection)?;
            HostKey::pin(connection, server.id, &given, "bench", now)?;
            ids.push(server.id);
        }
        let password_hash = password::hash(&SecretText::new(PASSWORD.to_owned()), &mut password::Workspace::default())?;
        NewUser { name: USER, password_hash: &password_hash, rights: Rights::new(Role::Operator, Scope::All) }
            .insert(connection)?;
        Ok(ids)
    }
}

/// What the console itself would send, asked of the first server as it asks each.
async fn sampler_loop(app: &App) -> (String, String) {
    let server = app.db.run(|connection| Server::by_name(connection, &Scope::All, "server-0")).await.unwrap();
    let platform = app.hosts.platform(&server).await.unwrap();
    let chosen = app.hosts.catalog().choose(SampleMetrics::TYPE, &platform).unwrap();
    (chosen.name, envelope(&chosen.script))
}

/// The bytes that start `script` on a server.
pub(crate) fn envelope(script: &str) -> String {
    let parameters = SampleMetrics.parameters();
    let locale = hannun::commands::script::Locale::Plain;
    let envelope = Envelope { script, parameters: &parameters, token: TOKEN, locale, privilege: Root::None };
    String::from_utf8(envelope.compose().unwrap()).unwrap()
}

/// The script of one of our own loops.
pub(crate) fn script_of(app: &App, name: &str) -> String {
    let catalog = app.hosts.catalog();
    let variant = catalog.variants(SampleMetrics::TYPE).find(|variant| variant.name == name).unwrap();
    variant.script.to_string()
}

/// Whether programs are installed that a part of the run needs.
pub(crate) fn have(names: &[&str]) -> bool {
    names.iter().all(|name| program(name).is_some())
}
