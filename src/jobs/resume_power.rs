//! Queues again the servers whose watcher was not heard of: another one goes on where it was. Nothing is asked twice.

use futures_util::FutureExt;

use super::{Recurring, Work};
use crate::models::power_requests::PowerRequest;
use crate::power::ask::WatchPower;
use crate::queue::entry;

/// Every ten seconds.
pub(super) const JOB: Recurring = Recurring {
    name: "resume_power",
    every_seconds: 10,
    run: |work: Work| {
        async move {
            let now = work.clock.now();
            let queued = work.db.transaction(move |connection| {
                let lost = PowerRequest::free_lost(connection, now)?;
                for (request, token) in &lost {
                    entry(&WatchPower { request: *request, token: *token })?.insert(connection)?;
                }
                Ok(lost.len())
            });
            queued.await.map(drop)
        }
        .boxed()
    },
};
