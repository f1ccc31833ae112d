//! The last minutes of every server, in memory: the latest values, a ring of ten minutes, and who looks.
//!
//! Values come from this process's own sampler, or from what another process told; who reads them cannot tell. A look
//! raises a server's rate from its own interval to one sample a second, and for a while after.

mod compact;
mod interest;
mod listing;
mod looks;
mod ring;
mod told;

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::Instant;

use chrono::{DateTime, TimeDelta, Utc};
use tokio::sync::{Notify, watch};

use super::catalogue::Metric;
use super::columns::SeriesName;
use super::line::Line;
use super::ports::Ports;
use super::rates::Value;
use super::readings::Readings;
use crate::commands::filesystems::Filesystem;
use crate::commands::metrics::Memory;
use crate::error::RemoteError;
use crate::models::ids::ServerId;
use interest::Interest;
use looks::Looks;
use ring::Ring;

pub(super) use told::Told;

/// Over how long processors must be busy to worry anybody.
const BUSY_FOR: TimeDelta = TimeDelta::minutes(5);
/// How much of that may be missing at its beginning.
const BUSY_LATE: TimeDelta = TimeDelta::minutes(1);

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
    /// Processors in use over the last five minutes, percent; none before it was watched for so long.
    pub busy: Option<f32>,
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
pub struct Live(Arc<Everything>);

#[derive(Debug, Default)]
struct Everything {
    servers: RwLock<HashMap<ServerId, LiveServer>>,
    interest: Arc<Interest>,
    hurried: Mutex<Option<Instant>>,
}

/// One server's last minutes; clones share them.
#[derive(Debug, Clone)]
pub struct LiveServer(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    ring: Mutex<Ring>,
    latest: watch::Sender<Option<Arc<Latest>>>,
    looks: Mutex<Looks>,
    somebody_came: Notify,
    interest: Arc<Interest>,
    trouble: Mutex<Option<Arc<RemoteError>>>,
    readings: Mutex<Readings>,
    /// When the ports were last asked for, and what was told.
    ports: Mutex<(Option<Instant>, Option<Arc<Ports>>)>,
}

impl Live {
    /// The last minutes of `server`; empty ones where there are none yet.
    pub fn server(&self, server: ServerId) -> LiveServer {
        if let Some(known) = self.0.servers.read().unwrap_or_else(PoisonError::into_inner).get(&server) {
            return known.clone();
        }
        let new = || LiveServer::new(Arc::clone(&self.0.interest));
        self.0.servers.write().unwrap_or_else(PoisonError::into_inner).entry(server).or_insert_with(new).clone()
    }

    /// The latest values of `server`, without counting as a look: for lists of many servers.
    pub fn latest(&self, server: ServerId) -> Option<Arc<Latest>> {
        self.0.servers.read().unwrap_or_else(PoisonError::into_inner).get(&server)?.latest()
    }

    /// Somebody is about to look at values: waits shortly until those of servers that other processes sample are here.
    /// Returns at once where they are, and where nobody else samples.
    pub async fn refresh(&self) {
        self.0.interest.refresh().await;
    }

    /// Forgets a server that was removed; streams of it end.
    pub fn forget(&self, server: ServerId) {
        self.0.servers.write().unwrap_or_else(PoisonError::into_inner).remove(&server);
    }

    /// Forgets every server that is not `there`, unless somebody holds it: it may have come a moment ago.
    pub(super) fn keep(&self, there: &HashSet<ServerId>) {
        let is_kept = |id: &ServerId, server: &LiveServer| there.contains(id) || Arc::strong_count(&server.0) > 1;
        self.0.servers.write().unwrap_or_else(PoisonError::into_inner).retain(|id, server| is_kept(id, server));
    }

    /// The servers that somebody looks at in this process, each second.
    pub(super) fn looked_at(&self) -> Vec<ServerId> {
        let servers = self.0.servers.read().unwrap_or_else(PoisonError::into_inner);
        let looked_at = servers.iter().filter(|(_, server)| server.is_looked_at_here()).map(|(id, _)| *id);
        let mut looked_at: Vec<ServerId> = looked_at.collect();
        looked_at.sort_unstable();
        looked_at
    }

    /// Whether somebody looks at any values in this process.
    pub(super) fn interest(&self) -> &Interest {
        &self.0.interest
    }
}

impl LiveServer {
    fn new(interest: Arc<Interest>) -> Self {
        Self(Arc::new(Shared {
            ring: Mutex::default(),
            latest: watch::Sender::new(None),
            looks: Mutex::default(),
            somebody_came: Notify::new(),
            interest,
            trouble: Mutex::default(),
            readings: Mutex::default(),
            ports: Mutex::default(),
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
        self.looks(Looks::comes);
        Subscription { values: self.0.latest.subscribe(), server: self.clone() }
    }

    /// Somebody looks now, without following: a page was asked for.
    pub fn look(&self) {
        self.looks(Looks::passes);
    }

    /// Somebody looks through another process, until `until` at least.
    pub(super) fn somebody_looks_elsewhere(&self, until: Instant) {
        self.change_looks(|looks| looks.looked_at_elsewhere(until));
    }

    /// Whether somebody looks, here or elsewhere, or did within the last 30 seconds.
    pub fn is_watched(&self) -> bool {
        self.0.looks.lock().unwrap_or_else(PoisonError::into_inner).anybody(Instant::now())
    }

    fn is_looked_at_here(&self) -> bool {
        self.0.looks.lock().unwrap_or_else(PoisonError::into_inner).anybody_here(Instant::now())
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

    /// Takes the values of one moment, as this process read them.
    pub(super) fn push(&self, mut latest: Latest, values: &[Value<'_>]) {
        let mut ring = self.0.ring.lock().unwrap_or_else(PoisonError::into_inner);
        ring.push(latest.at, values);
        let from = latest.at - BUSY_FOR;
        latest.busy = ring.mean(Metric::CpuTotal, from, from + BUSY_LATE);
        drop(ring);
        self.0.latest.send_replace(Some(Arc::new(latest)));
    }

    /// Takes what another process told; what is not newer than what is known is not news.
    pub(super) fn hear(&self, told: Told) {
        if let Some(latest) = told.latest
            && self.latest().is_none_or(|known| known.at < latest.at)
        {
            let value = |(name, value): &'_ (SeriesName, f32)| (name.metric, Arc::clone(&name.device), *value);
            let values: Vec<_> = latest.values.iter().map(value).collect();
            let values: Vec<Value<'_>> =
                values.iter().map(|(metric, device, value)| Value { metric: *metric, device, value: *value }).collect();
            self.0.ring.lock().unwrap_or_else(PoisonError::into_inner).push(latest.at, &values);
            self.0.latest.send_replace(Some(Arc::new(latest)));
        }
        self.set_trouble(told.trouble.map(Arc::new));
    }

    fn looks(&self, change: fn(&mut Looks)) {
        self.change_looks(change);
        self.0.interest.looks(change);
    }

    fn change_looks(&self, change: impl FnOnce(&mut Looks)) {
        let mut looks = self.0.looks.lock().unwrap_or_else(PoisonError::into_inner);
        let was_watched = looks.anybody(Instant::now());
        change(&mut looks);
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
        self.server.looks(Looks::leaves);
    }
}

#[cfg(test)]
mod tests;
