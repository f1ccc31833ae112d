//! Tells other processes the latest values of the servers that this one samples, and hears at which somebody looks there.
//!
//! Where nobody else could show them, nothing is asked and nothing written.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::{Instant, MissedTickBehavior, interval};
use tokio_util::sync::CancellationToken;

use super::live::{Latest, Live, Told};
use super::presence::Presence;
use crate::error::{RemoteError, Result};
use crate::models::ids::ServerId;
use crate::models::instances::Instance;
use crate::models::live_samples::{LiveSample, NewLiveSample};

/// Between two batches while somebody looks.
const PERIOD: Duration = Duration::from_secs(1);
/// Between two batches while nobody does: whoever comes first sees values that are not older than this.
const KEPT_WARM: Duration = Duration::from_secs(15);
/// What did not change is told again after this: a database that crashed has forgotten it.
const REPEATED: Duration = Duration::from_mins(1);
/// How long a look through another process raises the rate; it is asked for each second.
const LOOK: Duration = Duration::from_secs(3);
/// Servers of one statement.
const BATCH: usize = 500;

/// Tells others what is sampled here.
#[derive(Clone)]
pub struct Telling {
    presence: Presence,
    live: Live,
}

/// What others were told.
#[derive(Default)]
struct Past {
    servers: HashMap<ServerId, Said>,
    batch: i64,
    last: Option<Instant>,
}

/// What was said of one server.
#[derive(Clone)]
struct Said {
    token: i64,
    latest: Option<Arc<Latest>>,
    trouble: Option<Arc<RemoteError>>,
    at: Instant,
}

impl Telling {
    /// Tells what is in `live` of the servers that `presence` holds.
    pub fn new(presence: Presence, live: Live) -> Self {
        Self { presence, live }
    }

    /// Tells once a second until `stop`.
    pub async fn run(&self, stop: &CancellationToken) {
        let mut past = Past::default();
        let mut ticks = interval(PERIOD);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                () = stop.cancelled() => return,
                _ = ticks.tick() => {}
            }
            if let Err(error) = self.turn(&mut past).await {
                tracing::debug!(%error, "live values for other processes wait for the database");
                past.forget();
            }
        }
    }

    async fn turn(&self, past: &mut Past) -> Result<()> {
        if !self.presence.others_serve() {
            past.forget();
            return Ok(());
        }
        let (db, me) = (self.presence.db(), self.presence.id());
        let looks = db.run(move |connection| Instance::looks_of_others(connection, me)).await?;
        let held = self.presence.held();
        let until = (Instant::now() + LOOK).into_std();
        for server in looks.iter().flat_map(|look| &look.servers).filter(|server| held.contains_key(server)) {
            self.live.server(*server).somebody_looks_elsewhere(until);
        }
        let is_warm = past.last.is_some_and(|last| last.elapsed() < KEPT_WARM);
        if is_warm && !looks.iter().any(|look| look.now) {
            return Ok(());
        }
        let news = past.news(&held, &self.live);
        for chunk in news.chunks(BATCH) {
            past.batch += 1;
            let (batch, said) = (past.batch, chunk.to_vec());
            // Writing the texts is work too: off the threads that own the connections.
            db.run(move |connection| {
                let samples: Vec<NewLiveSample> = said.iter().map(|(server, said)| said.row(*server)).collect();
                LiveSample::tell(connection, me, batch, &samples)
            })
            .await?;
        }
        if !news.is_empty() {
            past.last = Some(Instant::now());
        }
        past.servers.extend(news);
        Ok(())
    }
}

impl Past {
    /// Everything is to be told again.
    fn forget(&mut self) {
        self.servers.clear();
        self.last = None;
    }

    /// What is to be said of the servers that are `held`, where it is not what was said.
    fn news(&mut self, held: &HashMap<ServerId, i64>, live: &Live) -> Vec<(ServerId, Said)> {
        self.servers.retain(|server, _| held.contains_key(server));
        let news = held.iter().filter_map(|(server, token)| {
            let known = live.server(*server);
            let now = Said { token: *token, latest: known.latest(), trouble: known.trouble(), at: Instant::now() };
            let is_old =
                self.servers.get(server).is_some_and(|said| said.is_same(&now) && said.at.elapsed() < REPEATED);
            (!is_old && !now.is_nothing()).then_some((*server, now))
        });
        news.collect()
    }
}

impl Said {
    fn is_nothing(&self) -> bool {
        self.latest.is_none() && self.trouble.is_none()
    }

    fn is_same(&self, other: &Self) -> bool {
        self.token == other.token
            && same(self.latest.as_ref(), other.latest.as_ref())
            && same(self.trouble.as_ref(), other.trouble.as_ref())
    }

    fn row(&self, server: ServerId) -> NewLiveSample {
        let content = Told::text(self.latest.as_deref(), self.trouble.as_deref());
        NewLiveSample { server, token: self.token, content }
    }
}

fn same<T>(one: Option<&Arc<T>>, other: Option<&Arc<T>>) -> bool {
    match (one, other) {
        (Some(one), Some(other)) => Arc::ptr_eq(one, other),
        (None, None) => true,
        _ => false,
    }
}
