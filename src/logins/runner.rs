//! Reads the logs of every server from time to time, a few servers at once.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use super::reader::{Depth, Reader};
use crate::error::Result;
use crate::models::actor::{Actor, Scope};
use crate::models::login_readings::{LoginReading, Turn};
use crate::models::servers::Server;
use crate::queue::caught;
use crate::remote::hosts::Hosts;

/// Servers that are read at the same time in one process (R01).
const AT_ONCE: usize = 8;
/// Between two looks at what is due.
const PERIOD: Duration = Duration::from_secs(5);

/// Reads logs; clones share the slots.
#[derive(Clone)]
pub struct Runner {
    hosts: Hosts,
    reader: Reader,
    slots: Arc<Semaphore>,
}

impl Runner {
    /// A runner that reaches servers through `hosts`.
    pub fn new(hosts: Hosts, reader: Reader) -> Self {
        Self { hosts, reader, slots: Arc::new(Semaphore::new(AT_ONCE)) }
    }

    /// Reads what is due until `stop`. What is being read then is stopped; another process may go on when its turn has run out.
    pub async fn run(&self, stop: &CancellationToken) {
        let mut running = JoinSet::new();
        while !stop.is_cancelled() {
            // A failure, also a panic, is told and never ends it (R07).
            if let Err(error) = caught(self.take(&mut running)).await {
                tracing::warn!(?error, "logins could not be looked at; that goes on after a pause");
            }
            while running.try_join_next().is_some() {}
            drop(tokio::time::timeout(PERIOD, stop.cancelled()).await);
        }
        running.shutdown().await;
    }

    /// Reads everything that is due now to its end; on how many servers.
    pub async fn run_due(&self) -> Result<usize> {
        let mut running = JoinSet::new();
        let servers = self.take(&mut running).await?;
        while running.join_next().await.is_some() {}
        Ok(servers)
    }

    async fn take(&self, running: &mut JoinSet<()>) -> Result<usize> {
        let free = i64::try_from(self.slots.available_permits()).unwrap_or_default();
        if free == 0 {
            return Ok(0);
        }
        let now = self.reader.clock.now();
        let taken = self.reader.db.transaction(move |connection| {
            LoginReading::ensure_all(connection, now)?;
            Ok(Turn::take_due(connection, now, free)?)
        });
        let turns = taken.await?;
        for turn in &turns {
            let (runner, turn) = (self.clone(), *turn);
            let Ok(slot) = Arc::clone(&self.slots).try_acquire_owned() else { continue };
            running.spawn(async move {
                if let Err(error) = caught(Box::pin(runner.turn(turn))).await {
                    tracing::debug!(?error, server = turn.server_id.0, "the logins of a server could not be read");
                }
                drop(slot);
            });
        }
        Ok(turns.len())
    }

    async fn turn(&self, turn: Turn) -> Result<()> {
        let server =
            self.reader.db.run(move |connection| Server::by_id(connection, &Scope::All, turn.server_id)).await?;
        let host = self.hosts.of(Actor::system("logins"), server);
        self.reader.turn(&host, turn, Depth::Whole).await.map(drop)
    }
}
