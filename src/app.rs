//! What the edges share: settings, clock, database, keys. Cheap to clone.

use std::sync::Arc;

use crate::clock::Clock;
use crate::config::Config;
use crate::db::Db;
use crate::inventory::Done;
use crate::metrics::live::Live;
use crate::models::password::PasswordHasher;
use crate::remote::hosts::Hosts;
use crate::secret::seal::Sealer;

/// What every handler, job and subcommand is given.
#[derive(Clone)]
pub struct App {
    /// The settings of this process.
    pub config: Arc<Config>,
    /// The time.
    pub clock: Clock,
    /// The database.
    pub db: Db,
    /// Seals and opens stored secrets.
    pub sealer: Arc<Sealer>,
    /// Hashes and compares passwords.
    pub passwords: PasswordHasher,
    /// The way to every server.
    pub hosts: Hosts,
    /// The last minutes of every server.
    pub live: Live,
}

impl App {
    /// Takes into use what a file brought, once it is committed: connections that no longer fit are let go of, servers that
    /// are gone are forgotten, and new commands are known at once.
    pub async fn take_into_use(&self, done: &Done) {
        done.let_go(self.hosts.pool());
        done.removed.iter().for_each(|id| self.live.forget(*id));
        if let Err(problem) = self.hosts.load_commands().await {
            // It is applied, and looked for again by itself.
            tracing::warn!(?problem, "commands that a file brought could not be loaded yet");
        }
    }
}
