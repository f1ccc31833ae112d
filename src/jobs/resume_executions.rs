//! Queues again the runs whose worker was not heard of: another one goes on where it was. Nothing is sent twice (J03, J05).

use futures_util::FutureExt;

use super::{Recurring, Work};
use crate::installations::ask::RunExecution;
use crate::models::executions::Execution;
use crate::queue::entry;

/// Every ten seconds.
pub(super) const JOB: Recurring = Recurring {
    name: "resume_executions",
    every_seconds: 10,
    run: |work: Work| {
        async move {
            let now = work.clock.now();
            let queued = work.db.transaction(move |connection| {
                let lost = Execution::free_lost(connection, now)?;
                for (execution, token) in &lost {
                    entry(&RunExecution { execution: *execution, token: *token })?.insert(connection)?;
                }
                Ok(lost.len())
            });
            queued.await.map(drop)
        }
        .boxed()
    },
};
