//! Clears up behind the queue and behind processes that died: what ended is deleted here, because nobody else does.
//!
//! What died is found by its lease. Leases of recurring jobs are looked at by the scheduler itself, each second: this job
//! could not free itself.

use std::time::Duration;

use futures_util::FutureExt;

use super::{Recurring, Work};
use crate::models::instances::Instance;
use crate::models::queue_entry;

/// Ended entries are kept for an hour, for whoever looks into the queue's tables by hand.
const KEPT_SECONDS: f64 = 3_600.0;
/// Entries deleted at once.
const BATCH: i32 = 5_000;
/// Processes that died are kept for an hour, for whoever asks `hannun doctor` what became of them.
const INSTANCES_KEPT: Duration = Duration::from_hours(1);

/// Each minute.
pub(super) const JOB: Recurring = Recurring {
    name: "reconcile",
    every_seconds: 60,
    run: |work: Work| {
        async move {
            let clear = work.db.run(|connection| {
                queue_entry::purge(connection, KEPT_SECONDS, BATCH)?;
                Instance::forget_dead(connection, INSTANCES_KEPT)
            });
            clear.await.map(drop)
        }
        .boxed()
    },
};
