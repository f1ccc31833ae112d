//! What the edges share: settings, clock, database, keys. Cheap to clone.

use std::sync::Arc;

use tokio_util::sync::CancellationToken;

use crate::clock::Clock;
use crate::config::Config;
use crate::crontabs::Crontabs;
use crate::db::Db;
use crate::guarded_changes::Changes;
use crate::installations::artifact_store::ArtifactStore;
use crate::inventory::Done;
use crate::ip_lookup::{Databases, Lookups};
use crate::logins::Reader;
use crate::metrics::directories::Measurements;
use crate::metrics::live::Live;
use crate::models::password::PasswordHasher;
use crate::outbound::Outbound;
use crate::remote::hosts::Hosts;
use crate::scenarios::Scenarios;
use crate::scenarios::channels::Channels;
use crate::secret::seal::Sealer;
use crate::terminals::Terminals;

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
    /// Package files that people uploaded.
    pub artifacts: ArtifactStore,
    /// What people have measured.
    pub measurements: Measurements,
    /// Files that know whose addresses are.
    pub addresses: Databases,
    /// The way to others by HTTP.
    pub outbound: Outbound,
    /// What others say about addresses.
    pub lookups: Lookups,
    /// The last minutes of every server.
    pub live: Live,
    /// The shells that people have open.
    pub terminals: Terminals,
}

impl App {
    /// What reads who signed in.
    pub fn logins(&self) -> Reader {
        Reader { db: self.db.clone(), clock: self.clock.clone(), kept: self.config.logins_kept }
    }

    /// What makes changes that undo themselves.
    pub fn changes(&self) -> Changes<'_> {
        Changes { db: &self.db, clock: &self.clock }
    }

    /// What opens and tries channels.
    pub fn channels(&self) -> Channels<'_> {
        Channels { db: &self.db, sealer: &self.sealer, outbound: &self.outbound, clock: &self.clock }
    }

    /// What reads what scenarios read, for somebody who waits for it.
    pub fn scenarios(&self) -> Scenarios {
        Scenarios {
            db: self.db.clone(),
            hosts: self.hosts.clone(),
            outbound: self.outbound.clone(),
            sealer: Arc::clone(&self.sealer),
            config: Arc::clone(&self.config),
            clock: self.clock.clone(),
            stop: CancellationToken::new(),
        }
    }

    /// What changes crontabs, and keeps what stood there.
    pub fn crontabs(&self) -> Crontabs {
        Crontabs { db: self.db.clone(), sealer: Arc::clone(&self.sealer), clock: self.clock.clone() }
    }

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
