//! Keeps one task per sampled server: tick, values, ring, windows; reconnect, and say how the server is.
//!
//! Which servers are this process's is decided here and nowhere else: all of them, for now.

mod pace;
mod reach;
mod recorder;
mod server;

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use tokio::sync::Notify;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use super::live::Live;
use super::store::{SeriesIds, Store};
use crate::clock::Clock;
use crate::db::Db;
use crate::error::{RemoteError, Result};
use crate::models::actor::Scope;
use crate::models::ids::ServerId;
use crate::models::server_states::ServerState;
use crate::models::servers::Server;

pub use reach::{Reach, SampleLoop};
pub use recorder::Recorder;

/// The times of the sampler; tests use shorter ones.
#[derive(Debug, Clone, Copy)]
pub struct Pace {
    /// Between samples while somebody looks.
    pub watched: Duration,
    /// How long a sample may take.
    pub deadline: Duration,
    /// Between two looks at the filesystems.
    pub filesystems: Duration,
    /// Before the next try after a failure that may pass by itself; the pool's breaker makes it longer.
    pub retry: Duration,
    /// Between two looks at the table of servers.
    pub supervision: Duration,
}

impl Default for Pace {
    fn default() -> Self {
        Self {
            watched: Duration::from_secs(1),
            // A cable that is pulled right after a sample is noticed 10 + 15 + 5 s later, with the next channel's deadline.
            deadline: Duration::from_secs(15),
            filesystems: Duration::from_mins(1),
            retry: Duration::from_secs(5),
            supervision: Duration::from_secs(2),
        }
    }
}

/// How often the time of the last answer is written for servers that go on answering.
const SEEN_EVERY: TimeDelta = TimeDelta::seconds(30);

/// What every server's task shares.
#[derive(Clone)]
struct Shared<R> {
    reach: R,
    db: Db,
    clock: Clock,
    live: Live,
    store: Store,
    pace: Pace,
}

/// Samples servers; cheap to clone.
#[derive(Clone)]
pub struct Sampler<R> {
    shared: Shared<R>,
    /// Servers that a person wants tried now.
    tries: Arc<std::sync::Mutex<HashMap<ServerId, Arc<Notify>>>>,
}

struct Running {
    /// What the task was started with; another name, interval or version starts it anew.
    row: (String, i32, i64),
    stop: CancellationToken,
    task: JoinHandle<()>,
}

impl<R: Reach> Sampler<R> {
    /// A sampler that reaches servers through `reach`, keeps the last minutes in `live` and gives windows to `store`.
    pub fn new(reach: R, db: Db, clock: Clock, live: Live, store: Store, pace: Pace) -> Self {
        Self { shared: Shared { reach, db, clock, live, store, pace }, tries: Arc::default() }
    }

    /// Tries a server now that was given up on: somebody changed something on it, or a connection test passed.
    pub fn try_now(&self, server: ServerId) {
        let tries = self.tries.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if let Some(waiting) = tries.get(&server) {
            waiting.notify_one();
        }
    }

    /// Follows the table of servers until `stop`; when it returns all tasks have ended, and what they read is written.
    pub async fn run(&self, stop: &CancellationToken) {
        let mut running: HashMap<ServerId, Running> = HashMap::new();
        let mut seen_written = self.shared.clock.now();
        while !stop.is_cancelled() {
            // While the database is away everything goes on as it is.
            if let Ok(wanted) = self.shared.db.run(Server::sampled).await {
                self.follow(&mut running, wanted, stop).await;
            }
            let now = self.shared.clock.now();
            if now - seen_written >= SEEN_EVERY || now < seen_written {
                self.write_seen(running.keys().copied().collect(), now).await;
                seen_written = now;
            }
            drop(tokio::time::timeout(self.shared.pace.supervision, stop.cancelled()).await);
        }
        for (_, one) in running {
            one.end().await;
        }
        // Whoever writes once a second may have ended before us.
        while matches!(self.shared.store.write(&self.shared.db, &mut SeriesIds::default()).await, Ok(1..)) {}
    }

    async fn follow(&self, running: &mut HashMap<ServerId, Running>, wanted: Vec<Server>, stop: &CancellationToken) {
        let wanted: HashMap<ServerId, Server> = wanted.into_iter().map(|server| (server.id, server)).collect();
        let over: Vec<ServerId> = running
            .iter()
            .filter(|(id, one)| one.task.is_finished() || wanted.get(id).is_none_or(|server| row_of(server) != one.row))
            .map(|(id, _)| *id)
            .collect();
        for id in over {
            if let Some(one) = running.remove(&id) {
                let version = one.row.2;
                one.end().await;
                // What is open leads to another address, or was opened with another credential (H03).
                if wanted.get(&id).is_some_and(|server| server.version != version) {
                    self.shared.reach.let_go(id);
                }
            }
            if !wanted.contains_key(&id)
                && let Err(error) = self.left(id).await
            {
                tracing::debug!(%error, "a server's state could not be written");
            }
        }
        for (id, server) in wanted {
            running.entry(id).or_insert_with(|| self.start(&server, stop));
        }
    }

    fn start(&self, server: &Server, stop: &CancellationToken) -> Running {
        let (stop, row) = (stop.child_token(), row_of(server));
        let tried = Arc::new(Notify::new());
        self.tries.lock().unwrap_or_else(std::sync::PoisonError::into_inner).insert(server.id, Arc::clone(&tried));
        let task = server::Task::new(self.shared.clone(), server, tried);
        let ending = stop.clone();
        let task = tokio::spawn(async move {
            tokio::select! {
                () = ending.cancelled() => {}
                () = task.run() => {}
            }
        });
        Running { row, stop, task }
    }

    /// A server is not sampled any more: it was removed, switched off, or lost its credential.
    async fn left(&self, id: ServerId) -> Result<()> {
        self.tries.lock().unwrap_or_else(std::sync::PoisonError::into_inner).remove(&id);
        self.shared.reach.let_go(id);
        let now = self.shared.clock.now();
        let there = self
            .shared
            .db
            .run(move |connection| match Server::by_id(connection, &Scope::All, id) {
                Ok(server) if !server.enabled => ServerState::paused(connection, id, now).map(|_| true),
                Ok(server) => {
                    let error = RemoteError::NoCredential { server: server.name };
                    ServerState::failed(connection, id, &error, now).map(|_| true)
                }
                Err(crate::error::Error::NotFound(_)) => Ok(false),
                Err(error) => Err(error),
            })
            .await?;
        if !there {
            self.shared.live.forget(id);
        }
        Ok(())
    }

    /// Notes for all servers at once that they answered lately.
    async fn write_seen(&self, servers: Vec<ServerId>, now: DateTime<Utc>) {
        let live = &self.shared.live;
        let lately: Vec<ServerId> = servers
            .into_iter()
            .filter(|id| live.latest(*id).is_some_and(|latest| now - latest.at < SEEN_EVERY))
            .collect();
        if lately.is_empty() {
            return;
        }
        let written = self.shared.db.run(move |connection| ServerState::still_up(connection, &lately, now)).await;
        if let Err(error) = written {
            tracing::debug!(%error, "the last answers' times wait for the database");
        }
    }
}

impl Running {
    async fn end(self) {
        self.stop.cancel();
        if let Err(error) = self.task.await {
            tracing::error!(%error, "a server's sampler ended badly; it is started again");
        }
    }
}

fn row_of(server: &Server) -> (String, i32, i64) {
    (server.name.clone(), server.sampling_seconds, server.version)
}
