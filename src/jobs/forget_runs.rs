//! Removes runs of scenarios that ended long ago, with what was read and told.

use futures_util::FutureExt;

use super::{Recurring, Work};
use crate::models::executions::KEPT;
use crate::models::runs::Run;

/// Runs of one batch, each with up to 64 KiB of a server's reading: nobody else waits for it.
const BATCH: i64 = 500;

/// Each hour.
pub(super) const JOB: Recurring = Recurring {
    name: "forget_runs",
    every_seconds: 3_600,
    run: |work: Work| {
        async move {
            let before = work.clock.now() - KEPT;
            let forget = || work.db.run(move |connection| Run::forget(connection, before, BATCH));
            while forget().await? > 0 {}
            Ok(())
        }
        .boxed()
    },
};
