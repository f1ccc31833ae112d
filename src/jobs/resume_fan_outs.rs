//! Queues again the commands on many servers whose worker was not heard of: another one goes on with those that wait. What had begun
//! is never begun again (J03, J05).

use futures_util::FutureExt;

use super::{Recurring, Work};
use crate::executions::fan_out;

/// Every ten seconds.
pub(super) const JOB: Recurring = Recurring {
    name: "resume_fan_outs",
    every_seconds: 10,
    run: |work: Work| {
        async move {
            let now = work.clock.now();
            work.db.transaction(move |connection| fan_out::free_lost(connection, now)).await.map(drop)
        }
        .boxed()
    },
};
