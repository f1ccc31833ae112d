//! The demo: this machine as the first server, so that a new hannun has something to show.

use super::demo_server::DemoServer;
use crate::app::App;
use crate::db::Connection;
use crate::error::{Error, Result};
use crate::models::actor::{Actor, Scope};
use crate::models::audit::{AuditEntry, Outcome};
use crate::models::credentials::{
    Credential, CredentialChanges, CredentialKind, KeyFacts, NewCredential, Privileges, SecretChange, Secrets,
};
use crate::models::groups::Group;
use crate::models::host_keys::{GivenKey, HostKey};
use crate::models::servers::{NewServer, Server, ServerChanges};
use crate::remote::{describe_host_key, describe_private_key};
use crate::secret::SecretText;
use chrono::{DateTime, Utc};

/// What the demo's server, group and credential are called.
const SERVER: &str = "this-machine";
const GROUP: &str = "demo";
const CREDENTIAL: &str = "demo";

/// The running `sshd` of the demo.
pub struct Demo {
    _sshd: DemoServer,
}

/// What the registry is told about the demo's `sshd`.
struct Registration {
    user: String,
    port: i32,
    private_key: SecretText,
    key: KeyFacts,
    host_key: String,
    host_key_algorithm: String,
    host_key_fingerprint: String,
}

/// Starts the private `sshd` and registers this machine; a server of that name from an earlier start is corrected.
pub async fn start(app: &App) -> Result<Demo> {
    let folder = DemoServer::folder(&app.config.data_dir);
    let sshd =
        tokio::task::spawn_blocking(move || DemoServer::start(&folder)).await.map_err(Error::internal)?.map_err(
            |cause| Error::Unavailable(crate::language::Message::new("{why}").with("why", format!("{cause:#}"))),
        )?;
    let registration = Registration::of(&sshd)?;
    let (sealer, now) = (app.sealer.clone(), app.clock.now());
    app.db
        .transaction(move |connection| {
            let credential = registration.credential(connection, &sealer, now)?;
            registration.server(connection, &credential, now)
        })
        .await?;
    Ok(Demo { _sshd: sshd })
}

impl Registration {
    fn of(sshd: &DemoServer) -> Result<Self> {
        let key =
            describe_private_key(&sshd.private_key, None).map_err(|problem| Error::Unavailable(problem.message))?;
        let host_key = describe_host_key(&sshd.host_key).map_err(Error::Unavailable)?;
        Ok(Self {
            user: sshd.user.clone(),
            port: sshd.port.into(),
            private_key: sshd.private_key.clone(),
            key: KeyFacts { algorithm: key.algorithm, fingerprint: key.fingerprint },
            host_key: host_key.public_key,
            host_key_algorithm: host_key.algorithm,
            host_key_fingerprint: host_key.fingerprint,
        })
    }

    /// The demo's credential, made or brought up to the key on disk.
    fn credential(
        &self,
        connection: &mut Connection,
        sealer: &crate::secret::seal::Sealer,
        now: DateTime<Utc>,
    ) -> Result<Credential> {
        match Credential::by_name(connection, CREDENTIAL) {
            Ok(known)
                if known.fingerprint.as_deref() == Some(&self.key.fingerprint) && known.user_name == self.user =>
            {
                Ok(known)
            }
            Ok(known) => {
                let changes = CredentialChanges {
                    user_name: Some(self.user.clone()),
                    key: Some(Some(self.key.clone())),
                    private_key: SecretChange::Set(self.private_key.clone()),
                    // The demo's own, also where a file took it in.
                    managed_by: Some(None),
                    ..CredentialChanges::default()
                };
                Credential::change(connection, sealer, known.id, &changes, now)
            }
            Err(Error::NotFound(_)) => NewCredential {
                name: CREDENTIAL,
                user_name: &self.user,
                kind: CredentialKind::PrivateKey,
                privilege: Privileges::Sudo,
                note: "Made by hannun serve --demo",
                key: Some(&self.key),
                secrets: &Secrets { private_key: Some(self.private_key.clone()), ..Secrets::default() },
            }
            .insert(connection, sealer, now),
            Err(other) => Err(other),
        }
    }

    /// The demo's server with its pinned host key.
    fn server(&self, connection: &mut Connection, credential: &Credential, now: DateTime<Utc>) -> Result<()> {
        let server = match Server::by_name(connection, &Scope::All, SERVER) {
            Ok(known) if known.port == self.port && known.credential_id == Some(credential.id) => known,
            Ok(known) => {
                let changes = ServerChanges {
                    address: Some("127.0.0.1".to_owned()),
                    port: Some(self.port),
                    credential_id: Some(Some(credential.id)),
                    managed_by: Some(None),
                    ..ServerChanges::default()
                };
                Server::change(connection, known.id, &changes, now)?
            }
            Err(Error::NotFound(_)) => self.new_server(connection, credential, now)?,
            Err(other) => return Err(other),
        };
        let given = GivenKey {
            algorithm: &self.host_key_algorithm,
            public_key: &self.host_key,
            fingerprint: &self.host_key_fingerprint,
        };
        let pinned = HostKey::trusted(connection, server.id)?;
        if pinned.iter().all(|key| key.fingerprint != self.host_key_fingerprint) {
            HostKey::forget_all(connection, server.id)?;
            HostKey::pin(connection, server.id, &given, "hannun serve --demo", now)?;
        }
        Ok(())
    }

    fn new_server(&self, connection: &mut Connection, credential: &Credential, now: DateTime<Utc>) -> Result<Server> {
        let new = NewServer {
            port: self.port,
            credential_id: Some(credential.id),
            note: "This machine, through a private sshd on loopback",
            ..NewServer::new(SERVER, "127.0.0.1")
        };
        let server = new.insert(connection)?;
        let groups = Group::ensure(connection, &[GROUP.to_owned()])?;
        server.set_groups(connection, &groups.iter().map(|group| group.id).collect::<Vec<_>>())?;
        AuditEntry::by(&Actor::system("demo"), "create_server").server(SERVER).target(SERVER).record(
            connection,
            Outcome::Succeeded,
            now,
        )?;
        Ok(server)
    }
}
