//! `hannun approve`: trusts a server's host key, by the fingerprint that somebody compared on the server itself (H01).

use clap::Args;

use super::connect::{self, Database, actor};
use super::{Outcome, output};
use crate::clock::Clock;
use crate::config::Config;
use crate::db::Db;
use crate::error::{Error, Result};
use crate::language::Message;
use crate::models::actor::Scope;
use crate::models::audit::{self, AuditEntry};
use crate::models::host_keys::{GivenKey, HostKey};
use crate::models::server_states::ServerState;
use crate::models::servers::Server;

/// Approve a server's host key; the fingerprint must be the one that the server presents
#[derive(Debug, Args)]
#[command(
    after_help = "Example, with the fingerprint that `ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub` prints on the server:\n  hannun approve web-1 SHA256:uNiVztksCsDhcc0u9e8BrJXVaDIPiZ6c7yBGkXqTJ2g"
)]
pub(super) struct Approve {
    /// The server's name
    server: String,
    /// The key's fingerprint: SHA256:…
    fingerprint: String,
}

impl Approve {
    pub(super) async fn run(self, config: Config) -> Outcome {
        let database = connect::database(&config).await?;
        let (db, name) = (&database.db, self.server.clone());
        let server = db.run(move |connection| Server::by_name(connection, &Scope::All, &name)).await?;
        if !self.is_presented(db, &server).await? {
            output::progress(format_args!("Asking {} for its key …", server.name));
            present(&config, &database, &server).await?;
        }
        let (fingerprint, now) = (self.fingerprint.clone(), Clock::system().now());
        db.transaction(move |connection| approve(connection, &server, &fingerprint, now)).await?;
        Ok(output::line(format_args!("approved {} for {}", self.fingerprint, self.server))?)
    }

    async fn is_presented(&self, db: &Db, server: &Server) -> Result<bool> {
        let id = server.id;
        let presented = db.run(move |connection| HostKey::presented(connection, id)).await?;
        Ok(presented.is_some_and(|key| key.fingerprint == self.fingerprint))
    }
}

/// Has the server present its key now; hangs up before anything secret is sent.
async fn present(config: &Config, database: &Database, server: &Server) -> Result<()> {
    let hosts = database.app(config).await?.hosts;
    let endpoint = hosts.endpoint(server.id).await?;
    let key = hosts.pool().present_key(&endpoint).await?;
    let (id, now) = (server.id, Clock::system().now());
    database
        .db
        .run(move |connection| {
            let (algorithm, public_key, fingerprint) = (&*key.algorithm, &*key.public_key, &*key.fingerprint);
            HostKey::present(connection, id, &GivenKey { algorithm, public_key, fingerprint }, now)
        })
        .await?;
    Ok(())
}

fn approve(
    connection: &mut crate::db::Connection,
    server: &Server,
    fingerprint: &str,
    now: chrono::DateTime<chrono::Utc>,
) -> Result<()> {
    let who = actor();
    if HostKey::trusted(connection, server.id)?.iter().any(|key| key.fingerprint == fingerprint) {
        return Ok(());
    }
    HostKey::approve(connection, server.id, fingerprint, &who.name, now).map_err(|error| match error {
        Error::NotFound(_) => Error::Conflict(
            Message::new("{server} presents another key than this one. Compare the fingerprint on the server itself")
                .with("server", &server.name),
        ),
        other => other,
    })?;
    if server.enabled {
        ServerState::forgotten(connection, server.id, now)?;
    }
    let entry = AuditEntry::by(&who, "approve_host_key").server(&server.name).target(fingerprint);
    entry.record(connection, audit::Outcome::Succeeded, now).map(drop)
}
