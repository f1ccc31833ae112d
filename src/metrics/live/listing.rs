//! The last listing of a server's processes, and how often listings may be hurried. Others listed it: this keeps what a
//! later one is compared with.

use std::sync::PoisonError;
use std::time::{Duration, Instant};

use chrono::{DateTime, Utc};

use super::{Live, LiveServer};
use crate::commands::processes::ProcessList;
use crate::metrics::consumers;
use crate::models::consumer_readings::ConsumerReading;
use crate::models::ids::ServerId;

/// Between two hurried listings of whatever servers: a fleet that is busy as a whole costs us no more than this.
const BETWEEN_HURRIED: Duration = Duration::from_secs(1);

impl LiveServer {
    /// Takes a listing of the processes of `server`: what used most since the one before, where that can be said.
    pub fn listed(&self, server: ServerId, list: &ProcessList, at: DateTime<Utc>) -> Option<ConsumerReading> {
        let mut listing = self.0.listing.lock().unwrap_or_else(PoisonError::into_inner);
        consumers::taken(&mut listing, server, list, at)
    }
}

impl Live {
    /// Whether a busy server may be listed before its usual turn.
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
