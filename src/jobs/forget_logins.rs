//! Forgets who signed in to servers, and who tried to, when that was long ago.

use chrono::TimeDelta;
use futures_util::FutureExt;

use super::{Recurring, Work};
use crate::models::login_events::LoginEvent;

/// Rows of one batch: nobody else waits for it.
const BATCH: i64 = 5_000;

/// Each hour.
pub(super) const JOB: Recurring = Recurring {
    name: "forget_logins",
    every_seconds: 3_600,
    run: |work: Work| {
        async move {
            let kept = TimeDelta::from_std(work.logins_kept).unwrap_or(TimeDelta::days(3_650));
            let before = work.clock.now() - kept;
            let forget = || work.db.run(move |connection| LoginEvent::forget(connection, before, BATCH));
            while forget().await? > 0 {}
            Ok(())
        }
        .boxed()
    },
};
