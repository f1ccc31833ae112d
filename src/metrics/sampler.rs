//! Keeps one task per server that this process samples: tick, values, ring, windows; reconnect, and say how the server is.
//!
//! Which servers those are is decided here and nowhere else: about as many as any other process samples, under leases.

mod listing;
mod pace;
mod reach;
mod recorder;
mod running;
mod server;
mod share;

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use tokio_util::sync::CancellationToken;

use self::listing::Turns;
use self::running::Tasks;
use self::share::Moves;
use super::live::Live;
use super::presence::Presence;
use super::store::{SeriesIds, Store};
use crate::clock::Clock;
use crate::db::Db;
use crate::error::Result;
use crate::models::ids::ServerId;
use crate::models::sampling_leases::{Lease, ToSample};
use crate::models::server_states::ServerState;

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
    /// Between two listings of the processes.
    pub listing: Duration,
    /// Between two listings of a server that is busy.
    pub listing_busy: Duration,
    /// Before the next try after a failure that may pass by itself; the pool's breaker makes it longer.
    pub retry: Duration,
    /// Between two looks at the table of servers and their leases.
    pub supervision: Duration,
}

impl Default for Pace {
    fn default() -> Self {
        Self {
            watched: Duration::from_secs(1),
            // A cable that is pulled right after a sample is noticed 10 + 15 + 5 s later, with the next channel's deadline.
            deadline: Duration::from_secs(15),
            filesystems: Duration::from_mins(1),
            listing: Duration::from_mins(5),
            listing_busy: Duration::from_mins(1),
            retry: Duration::from_secs(5),
            supervision: Duration::from_secs(2),
        }
    }
}

/// How often the time of the last answer is written for servers that go on answering.
const SEEN_EVERY: TimeDelta = TimeDelta::seconds(30);

/// How long a stop waits for a database that hangs.
const PATIENCE_AT_STOP: Duration = Duration::from_secs(3);

/// What every server's task shares.
#[derive(Clone)]
struct Shared<R> {
    reach: R,
    db: Db,
    presence: Presence,
    clock: Clock,
    live: Live,
    store: Store,
    pace: Pace,
    turns: Turns,
}

/// Samples servers; cheap to clone.
#[derive(Clone)]
pub struct Sampler<R> {
    shared: Shared<R>,
}

impl<R: Reach> Sampler<R> {
    /// A sampler that reaches servers through `reach`, shares them with others that are present, keeps the last minutes in
    /// `live` and gives windows to `store`.
    pub fn new(reach: R, presence: Presence, clock: Clock, live: Live, store: Store, pace: Pace) -> Self {
        let db = presence.db().clone();
        Self { shared: Shared { reach, db, presence, clock, live, store, pace, turns: Turns::new() } }
    }

    /// Samples its share of the servers until `stop`; when it returns all tasks have ended, others take over, and what was
    /// read is written.
    pub async fn run(&self, stop: &CancellationToken) {
        let mut tasks = Tasks::new(self.shared.clone(), stop.clone());
        let mut seen_written = self.shared.clock.now();
        while !stop.is_cancelled() {
            if let Err(error) = self.patiently(self.turn(&mut tasks, &mut seen_written), stop).await {
                tracing::debug!(%error, "servers and leases wait for the database");
                self.shared.presence.go_on_if_alone();
            }
            drop(tokio::time::timeout(self.pause(), stop.cancelled()).await);
        }
        tasks.end().await;
        self.shared.presence.end().await;
        // Whoever writes once a second may have ended before us.
        while matches!(self.shared.store.write(&self.shared.db, &mut SeriesIds::default()).await, Ok(1..)) {}
    }

    /// Waits for a turn of the supervision, however long the database hangs: unless we are told to stop.
    async fn patiently(&self, turn: impl Future<Output = Result<()>>, stop: &CancellationToken) -> Result<()> {
        let given_up = async {
            stop.cancelled().await;
            tokio::time::sleep(PATIENCE_AT_STOP).await;
        };
        tokio::pin!(turn, given_up);
        loop {
            tokio::select! {
                outcome = &mut turn => return outcome,
                () = &mut given_up => return Ok(()),
                () = tokio::time::sleep(self.pause()) => self.shared.presence.go_on_if_alone(),
            }
        }
    }

    async fn turn(&self, tasks: &mut Tasks<R>, seen_written: &mut DateTime<Utc>) -> Result<()> {
        self.supervise(tasks).await?;
        let now = self.shared.clock.now();
        if now - *seen_written >= SEEN_EVERY || now < *seen_written {
            self.write_seen(tasks.servers(), now).await;
            *seen_written = now;
        }
        Ok(())
    }

    fn pause(&self) -> Duration {
        self.shared.pace.supervision.min(self.shared.presence.pause())
    }

    /// Gives a sign of life, takes what is free, gives what is too much, and samples what is ours then.
    async fn supervise(&self, tasks: &mut Tasks<R>) -> Result<()> {
        let presence = &self.shared.presence;
        let me = presence.id();
        let mut met = presence.meet(|connection| Ok(ToSample::all(connection)?)).await?;
        let living: Vec<_> = met.living.iter().filter(|other| other.samples).map(|other| other.id).collect();
        let holders: Vec<_> =
            (met.answer.iter()).map(|one| (one.server.id, one.lease.map(|lease| lease.holder))).collect();
        let Moves { claim, give } = share::plan(me, &living, &holders);
        if !claim.is_empty() || !give.is_empty() {
            tracing::info!(claimed = claim.len(), given = give.len(), processes = living.len(), "servers change hands");
            // Whoever is given a server may begin at once.
            tasks.leave(give.iter().map(|(server, _)| *server)).await;
            met = presence
                .meet(move |connection| {
                    Lease::hand_over(connection, me, &give)?;
                    Lease::claim(connection, me, &claim)?;
                    Ok(ToSample::all(connection)?)
                })
                .await?;
        }
        let held = tasks.follow(met.answer).await;
        presence.go_on(held);
        Ok(())
    }

    /// Notes for all servers at once that they answered lately.
    async fn write_seen(&self, servers: Vec<ServerId>, now: DateTime<Utc>) {
        let live = &self.shared.live;
        let lately: Vec<ServerId> = servers
            .into_iter()
            .filter(|id| live.latest(*id).is_some_and(|latest| now - latest.at < SEEN_EVERY))
            .collect();
        if lately.is_empty() || !self.shared.presence.is_living() {
            return;
        }
        let written = self.shared.db.run(move |connection| ServerState::still_up(connection, &lately, now)).await;
        if let Err(error) = written {
            tracing::debug!(%error, "the last answers' times wait for the database");
        }
    }
}
