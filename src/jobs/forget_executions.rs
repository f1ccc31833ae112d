//! Removes runs on servers that ended long ago, with what they printed.

use futures_util::FutureExt;

use super::{Recurring, Work};
use crate::models::executions::{Execution, KEPT};

/// Runs of one batch, each with up to a MiB of output: nobody else waits for it.
const BATCH: i64 = 50;

/// Each hour.
pub(super) const JOB: Recurring = Recurring {
    name: "forget_executions",
    every_seconds: 3_600,
    run: |work: Work| {
        async move {
            let before = work.clock.now() - KEPT;
            let forget = || work.db.run(move |connection| Execution::forget(connection, before, BATCH));
            while forget().await? > 0 {}
            Ok(())
        }
        .boxed()
    },
};
