//! Forgets what servers were asked long ago and how that ended: restarts and shut-downs, changes that undo themselves.

use chrono::TimeDelta;
use futures_util::FutureExt;

use super::{Recurring, Work};
use crate::error::Error;
use crate::models::guarded_changes::GuardedChange;
use crate::models::power_requests::PowerRequest;

/// How long what is over is remembered. The audit log keeps who asked for what.
const KEPT: TimeDelta = TimeDelta::days(90);

/// Each day.
pub(super) const JOB: Recurring = Recurring {
    name: "forget_requests",
    every_seconds: 86_400,
    run: |work: Work| {
        async move {
            let before = work.clock.now() - KEPT;
            work.db
                .run(move |connection| {
                    PowerRequest::forget(connection, before)?;
                    Ok::<_, Error>(GuardedChange::forget(connection, before)?)
                })
                .await
                .map(drop)
        }
        .boxed()
    },
};
