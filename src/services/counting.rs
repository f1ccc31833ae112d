//! Counts what has failed on every server from time to time, so that the menu says so to everybody, whoever looked last.

use std::time::Duration;

use tokio_util::sync::CancellationToken;

use crate::clock::Clock;
use crate::commands::root_lines::root_lines;
use crate::commands::services::ListServices;
use crate::db::Db;
use crate::error::{Error, Result};
use crate::models::actor::{Actor, Scope};
use crate::models::ids::ServerId;
use crate::models::servers::Server;
use crate::models::service_counts::ServiceCount;
use crate::queue::caught;
use crate::remote::hosts::Hosts;

/// Between two looks at what is due.
const PERIOD: Duration = Duration::from_secs(10);
/// Servers that are asked at the same time (R01); the others are due all the longer with the next look.
const AT_ONCE: i64 = 8;

/// Counts what has failed on every server.
#[derive(Clone)]
pub struct Counting {
    /// The database.
    pub db: Db,
    /// The way to servers.
    pub hosts: Hosts,
    /// The time.
    pub clock: Clock,
}

impl Counting {
    /// Counts until `stop`.
    pub async fn run(&self, stop: &CancellationToken) {
        while !stop.is_cancelled() {
            // A failure, also a panic, is told and never ends it (R07).
            if let Err(error) = caught(self.count_due()).await {
                tracing::warn!(?error, "services that have failed could not be counted; that goes on after a pause");
            }
            drop(tokio::time::timeout(PERIOD, stop.cancelled()).await);
        }
    }

    /// Counts on all servers that are due now; on how many.
    pub async fn count_due(&self) -> Result<usize> {
        let now = self.clock.now();
        let due = self.db.transaction(move |connection| Ok(ServiceCount::take_due(connection, now, AT_ONCE)?)).await?;
        let counts = due.iter().map(|server| async {
            if let Err(problem) = caught(self.count(*server)).await {
                tracing::debug!(server = server.0, %problem, "services that have failed could not be counted");
            }
        });
        futures_util::future::join_all(counts).await;
        Ok(due.len())
    }

    async fn count(&self, id: ServerId) -> Result<()> {
        let server = self.db.run(move |connection| Server::by_id(connection, &Scope::All, id)).await?;
        let host = self.hosts.of(Actor::system("services"), server);
        // Nobody is root for a number, and nobody's log is filled by `sudo` for it.
        if !root_lines(&host.choose::<ListServices>().await?.script).is_empty() {
            return Ok(());
        }
        super::list(&host).await?;
        Ok::<_, Error>(())
    }
}
