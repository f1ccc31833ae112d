//! Forgets what used processor and memory most, two days later.

use futures_util::FutureExt;

use super::{Recurring, Work};
use crate::models::consumer_readings::{ConsumerReading, KEPT};

/// Rows of one batch: nobody else waits for it.
const BATCH: i64 = 2_000;

/// Each ten minutes.
pub(super) const JOB: Recurring = Recurring {
    name: "forget_consumers",
    every_seconds: 600,
    run: |work: Work| {
        async move {
            let before = work.clock.now() - KEPT;
            let forget = || work.db.run(move |connection| ConsumerReading::forget(connection, before, BATCH));
            while forget().await? > 0 {}
            Ok(())
        }
        .boxed()
    },
};
