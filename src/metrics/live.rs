//! The last minutes of every server, in memory: the latest values, a ring of ten minutes, and who looks.
//!
//! A look raises a server's rate from its own interval to one sample a second, and for a while after.

mod compact;
mod ring;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::{Duration, Instant};

use chrono::{DateTime, Utc};
use tokio::sync::{Notify, watch};

use super::catalogue::Metric;
use super::columns::SeriesName;
use super::line::Line;
use super::rates::Value;
use crate::commands::filesystems::Filesystem;
use crate::commands::metrics::Memory;
use crate::error::RemoteError;
use crate::models::ids::ServerId;
use ring::Ring;

/// How long a server is sampled each second after the last look.
const LINGER: Duration = Duration::from_secs(30);

/// One server's values at one moment.
#[derive(Debug, Clone, PartialEq)]
pub struct Latest {
    /// When they were asked for.
    pub at: DateTime<Utc>,
    /// Every series that has a value.
    pub values: Vec<(SeriesName, f32)>,
    /// Memory and swap with their totals, where the platform tells.
    pub memory: Option<Memory>,
    /// Seconds since boot, by the server's own clock.
    pub uptime_seconds: f64,
    /// What is mounted, as it was at most a few minutes ago; empty before it was first asked.
    pub filesystems: Arc<[Filesystem]>,
}

impl Latest {
    /// The value of a metric of the whole server.
    pub fn value(&self, metric: Metric) -> Option<f32> {
        self.value_of(metric, "")
    }

    /// The value of a metric of one device.
    pub fn value_of(&self, metric: Metric, device: &str) -> Option<f32> {
        self.values.iter().find(|(name, _)| name.metric == metric && *name.device == *device).map(|(_, value)| *value)
    }

    /// Each device that has a value of `metric`, with it, in the server's order.
    pub fn devices(&self, metric: Metric) -> impl Iterator<Item = (&str, f32)> {
        self.values.iter().filter(move |(name, _)| name.metric == metric).map(|(name, value)| (&*name.device, *value))
    }
}

/// Every server's last minutes; clones share them.
#[derive(Debug, Clone, Default)]
pub struct Live(Arc<RwLock<HashMap<ServerId, LiveServer>>>);

/// One server's last minutes; clones share them.
#[derive(Debug, Clone)]
pub struct LiveServer(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    ring: Mutex<Ring>,
    latest: watch::Sender<Option<Arc<Latest>>>,
    looks: Mutex<Looks>,
    somebody_came: Notify,
    trouble: Mutex<Option<Arc<RemoteError>>>,
}

#[derive(Debug, Default)]
struct Looks {
    subscribers: usize,
    last: Option<Instant>,
}

impl Live {
    /// The last minutes of `server`; empty ones where there are none yet.
    pub fn server(&self, server: ServerId) -> LiveServer {
        if let Some(known) = self.0.read().unwrap_or_else(PoisonError::into_inner).get(&server) {
            return known.clone();
        }
        self.0.write().unwrap_or_else(PoisonError::into_inner).entry(server).or_insert_with(LiveServer::new).clone()
    }

    /// The latest values of `server`, without counting as a look: for lists of many servers.
    pub fn latest(&self, server: ServerId) -> Option<Arc<Latest>> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).get(&server)?.latest()
    }

    /// Forgets a server that was removed; streams of it end.
    pub fn forget(&self, server: ServerId) {
        self.0.write().unwrap_or_else(PoisonError::into_inner).remove(&server);
    }
}

impl LiveServer {
    fn new() -> Self {
        Self(Arc::new(Shared {
            ring: Mutex::default(),
            latest: watch::Sender::new(None),
            looks: Mutex::default(),
            somebody_came: Notify::new(),
            trouble: Mutex::default(),
        }))
    }

    /// The latest values; how old they are is for the caller to judge.
    pub fn latest(&self) -> Option<Arc<Latest>> {
        self.0.latest.borrow().clone()
    }

    /// The last ten minutes of the wanted metrics, one line per device.
    pub fn recent(&self, wanted: &[Metric]) -> Vec<Line> {
        self.0.ring.lock().unwrap_or_else(PoisonError::into_inner).lines(wanted)
    }

    /// Follows the latest values, and counts as a look for as long as it is held.
    pub fn subscribe(&self) -> Subscription {
        self.looks(|looks| looks.subscribers += 1);
        Subscription { values: self.0.latest.subscribe(), server: self.clone() }
    }

    /// Somebody looks now, without following: a page was asked for.
    pub fn look(&self) {
        self.looks(|_| ());
    }

    /// Whether somebody looks, or did within the last 30 seconds.
    pub fn is_watched(&self) -> bool {
        self.0.looks.lock().unwrap_or_else(PoisonError::into_inner).last_until(Instant::now())
    }

    /// Waits until somebody begins to look.
    pub async fn somebody_comes(&self) {
        self.0.somebody_came.notified().await;
    }

    /// Why there are no new values; none while there are. Also tells what the server's state does not: that it is up, but
    /// its metrics cannot be read.
    pub fn trouble(&self) -> Option<Arc<RemoteError>> {
        self.0.trouble.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(super) fn set_trouble(&self, trouble: Option<Arc<RemoteError>>) {
        *self.0.trouble.lock().unwrap_or_else(PoisonError::into_inner) = trouble;
    }

    /// Takes the values of one moment.
    pub(super) fn push(&self, latest: Latest, values: &[Value<'_>]) {
        self.0.ring.lock().unwrap_or_else(PoisonError::into_inner).push(latest.at, values);
        self.0.latest.send_replace(Some(Arc::new(latest)));
    }

    fn looks(&self, change: impl FnOnce(&mut Looks)) {
        let was_watched = self.is_watched();
        let mut looks = self.0.looks.lock().unwrap_or_else(PoisonError::into_inner);
        change(&mut looks);
        looks.last = Some(Instant::now());
        drop(looks);
        if !was_watched {
            self.0.somebody_came.notify_one();
        }
    }

    /// Bytes that the ring occupies.
    pub fn ring_bytes(&self) -> usize {
        self.0.ring.lock().unwrap_or_else(PoisonError::into_inner).bytes()
    }
}

impl Looks {
    fn last_until(&self, now: Instant) -> bool {
        self.subscribers > 0 || self.last.is_some_and(|last| now.saturating_duration_since(last) < LINGER)
    }
}

/// The latest values of one server as they come.
#[derive(Debug)]
pub struct Subscription {
    values: watch::Receiver<Option<Arc<Latest>>>,
    server: LiveServer,
}

impl Subscription {
    /// The next values. One that is slow gets the newest ones, not all of them. Never ends by itself: the holder decides
    /// how long without values is too long.
    pub async fn next(&mut self) -> Arc<Latest> {
        loop {
            if self.values.changed().await.is_err() {
                // The sender lives as long as `server`, which we hold.
                std::future::pending::<()>().await;
            }
            if let Some(latest) = self.values.borrow_and_update().clone() {
                return latest;
            }
        }
    }
}

impl Drop for Subscription {
    fn drop(&mut self) {
        self.server.looks(|looks| looks.subscribers = looks.subscribers.saturating_sub(1));
    }
}

#[cfg(test)]
mod tests;
