//! Looks after changes whose time is over: what a server did not undo by itself, because it restarted meanwhile, is undone as
//! soon as it can be reached again, whether or not somebody looks.

use std::time::Duration;

use chrono::TimeDelta;
use tokio_util::sync::CancellationToken;

use super::{AFTER, Changes};
use crate::clock::Clock;
use crate::db::Db;
use crate::error::Result;
use crate::models::actor::{Actor, Scope};
use crate::models::guarded_changes::GuardedChange;
use crate::models::servers::Server;
use crate::queue::caught;
use crate::remote::hosts::Hosts;

/// Between two looks at what is over.
const PERIOD: Duration = Duration::from_secs(5);
/// Between two looks at the same change.
const AGAIN: TimeDelta = TimeDelta::seconds(30);
/// How many are looked at in one turn; the others have waited longer when the next one comes.
const AT_ONCE: i64 = 8;

/// Looks after the changes of all servers.
#[derive(Clone)]
pub struct Keeper {
    /// The database.
    pub db: Db,
    /// The way to servers.
    pub hosts: Hosts,
    /// The time.
    pub clock: Clock,
}

impl Keeper {
    /// Looks until `stop`.
    pub async fn run(&self, stop: &CancellationToken) {
        while !stop.is_cancelled() {
            // A failure, also a panic, is told and never ends it (R07).
            if let Err(error) = caught(self.look()).await {
                tracing::warn!(?error, "changes whose time is over could not be looked at; that goes on after a pause");
            }
            drop(tokio::time::timeout(PERIOD, stop.cancelled()).await);
        }
    }

    /// One look at everything that is over and was not looked at for a while; how many there were.
    pub async fn look(&self) -> Result<usize> {
        let now = self.clock.now();
        let taken = self.db.transaction(move |connection| {
            Ok(GuardedChange::take_overdue(connection, (now - AFTER, now - AGAIN), now, AT_ONCE)?)
        });
        let rows = taken.await?;
        let looks = rows.iter().map(|row| async {
            if let Err(problem) = caught(self.settle(row.clone())).await {
                let (server, change) = (row.server_id.0, row.id.0);
                tracing::debug!(server, change, %problem, "what became of a change is not known yet");
            }
        });
        futures_util::future::join_all(looks).await;
        Ok(rows.len())
    }

    async fn settle(&self, row: GuardedChange) -> Result<()> {
        let id = row.server_id;
        let server = self.db.run(move |connection| Server::by_id(connection, &Scope::All, id)).await?;
        let host = self.hosts.of(Actor::system("guarded changes"), server);
        let changes = Changes { db: &self.db, clock: &self.clock };
        let row = changes.settle(&host, row).await?;
        if changes.is_left(&row) {
            changes.undo(&host.operable().await?, &row).await?;
        }
        Ok(())
    }
}
