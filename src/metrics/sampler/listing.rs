//! When a server's processes are listed, to know later what kept it busy: seldom, and more often while it is busy.

use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use tokio::sync::Semaphore;
use tokio::task::{JoinError, JoinSet};

use super::{Reach, Shared, pace};
use crate::commands::processes::ProcessList;
use crate::error::Result;
use crate::metrics::catalogue::Metric;
use crate::metrics::live::{Latest, LiveServer};
use crate::models::servers::Server;

/// With this much of its processor time in use a server is busy.
const BUSY_CPU: f32 = 50.0;
/// With this much of its memory in use it is busy too.
const BUSY_MEMORY: f32 = 85.0;

/// Listings under way at the same moment, of whatever servers: each holds the whole list until it is counted, so a fleet
/// whose servers are slow all at once would otherwise fill our memory.
const AT_ONCE: usize = 4;

/// The turns in which servers are listed.
#[derive(Clone)]
pub(super) struct Turns(Arc<Semaphore>);

impl Turns {
    pub(super) fn new() -> Self {
        Self(Arc::new(Semaphore::new(AT_ONCE)))
    }
}

/// The listings of one server.
pub(super) struct Listings {
    running: JoinSet<Result<ProcessList>>,
    last: DateTime<Utc>,
}

impl Listings {
    /// The first one comes at the server's own moment, so that not all of them are asked at once.
    pub(super) fn new<R>(shared: &Shared<R>, server: &Server) -> Self {
        let (now, usual) = (shared.clock.now(), shared.pace.listing);
        let first = pace::next(server.id, usual, now, now);
        Self { running: JoinSet::new(), last: first - TimeDelta::from_std(usual).unwrap_or_default() }
    }

    /// Lists the processes, where it is time to.
    pub(super) fn begin_if_due<R: Reach>(&mut self, shared: &Shared<R>, server: &Server, live: &LiveServer) {
        let now = shared.clock.now();
        let since = (now - self.last).abs().to_std().unwrap_or_default();
        let hurries = || {
            since >= shared.pace.listing_busy
                && live.latest().is_some_and(|latest| is_busy(&latest))
                && shared.live.may_hurry()
        };
        if self.running.is_empty() && (since >= shared.pace.listing || hurries()) {
            self.last = now;
            let (reach, server, turns) = (shared.reach.clone(), server.clone(), shared.turns.clone());
            self.running.spawn(async move {
                let _turn = turns.0.acquire().await;
                reach.processes(&server).await
            });
        }
    }

    /// The listing that was begun; none where there is none.
    pub(super) async fn next(&mut self) -> Option<Result<Result<ProcessList>, JoinError>> {
        self.running.join_next().await
    }

    /// Gives up what was begun.
    pub(super) fn abort(&mut self) {
        self.running.abort_all();
    }
}

fn is_busy(latest: &Latest) -> bool {
    let reaches = |metric, limit| latest.value(metric).is_some_and(|value| value >= limit);
    reaches(Metric::CpuTotal, BUSY_CPU) || reaches(Metric::MemoryPercent, BUSY_MEMORY)
}
