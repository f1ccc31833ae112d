//! Removes commands on many servers that ended long ago. Their executions go by themselves.

use futures_util::FutureExt;

use super::{Recurring, Work};
use crate::models::executions::KEPT;
use crate::models::fan_outs::FanOut;

/// Those of one batch, each with up to 1,000 servers: nobody else waits for it.
const BATCH: i64 = 50;

/// Each hour.
pub(super) const JOB: Recurring = Recurring {
    name: "forget_fan_outs",
    every_seconds: 3_600,
    run: |work: Work| {
        async move {
            let before = work.clock.now() - KEPT;
            let forget = || work.db.run(move |connection| FanOut::forget(connection, before, BATCH));
            while forget().await? > 0 {}
            Ok(())
        }
        .boxed()
    },
};
