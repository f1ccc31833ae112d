//! The lists of processes of a server, and how often they may be hurried. Others listed them: this keeps what a later one is
//! compared with.

use std::sync::{Arc, PoisonError};
use std::time::{Duration, Instant};

use chrono::{DateTime, Utc};

use super::{Live, LiveServer};
use crate::commands::processes::ProcessList;
use crate::metrics::ports::Ports;
use crate::metrics::readings::Usage;
use crate::models::consumer_readings::ConsumerReading;
use crate::models::ids::ServerId;

/// Between two hurried listings of whatever servers: a fleet that is busy as a whole costs us no more than this.
const BETWEEN_HURRIED: Duration = Duration::from_secs(1);

impl LiveServer {
    /// Takes a listing of the processes of `server`: what used most since the one before, where that can be said.
    pub fn listed(&self, server: ServerId, list: &ProcessList, at: DateTime<Utc>) -> Option<ConsumerReading> {
        self.0.readings.lock().unwrap_or_else(PoisonError::into_inner).consumed(server, list, at)
    }

    /// What each process of `list`, read a moment ago, uses now; none where no other list of the last minute is known. Keeps
    /// it for the next question.
    pub fn usage(&self, list: &ProcessList) -> Option<Usage> {
        self.0.readings.lock().unwrap_or_else(PoisonError::into_inner).usage(list)
    }

    /// Whether the ports of its processes are to be asked for: not within `apart` of the last time. Who is told so does it.
    pub(in crate::metrics) fn asks_for_ports(&self, now: Instant, apart: Duration) -> bool {
        let mut ports = self.0.ports.lock().unwrap_or_else(PoisonError::into_inner);
        let is_due = ports.0.is_none_or(|last| now.saturating_duration_since(last) >= apart);
        if is_due {
            ports.0 = Some(now);
        }
        is_due
    }

    pub(in crate::metrics) fn keep_ports(&self, ports: Ports) {
        self.0.ports.lock().unwrap_or_else(PoisonError::into_inner).1 = Some(Arc::new(ports));
    }

    /// The ports of its processes, as they were last told.
    pub fn ports(&self) -> Option<Arc<Ports>> {
        self.0.ports.lock().unwrap_or_else(PoisonError::into_inner).1.clone()
    }
}

impl Live {
    /// Whether a busy server may be listed before its usual turn. Who is told so does it.
    pub(in crate::metrics) fn may_hurry(&self) -> bool {
        let mut hurried = self.0.hurried.lock().unwrap_or_else(PoisonError::into_inner);
        let now = Instant::now();
        let is_free = hurried.is_none_or(|last| now - last >= BETWEEN_HURRIED);
        if is_free {
            *hurried = Some(now);
        }
        is_free
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn however_many_servers_are_busy_one_listing_a_second_is_hurried() {
        let live = Live::default();
        assert!(live.may_hurry());
        assert!((0..1_000).all(|_| !live.may_hurry()));
        assert!(!live.clone().may_hurry(), "clones share it");
        *live.0.hurried.lock().unwrap() = Instant::now().checked_sub(BETWEEN_HURRIED);
        assert!(live.may_hurry() && !live.may_hurry(), "a second later");
    }
}
