//! Drops numbers that are older than their tier is kept.

use futures_util::FutureExt;

use super::{Recurring, Work};
use crate::metrics::packing;

/// Each hour.
pub(super) const JOB: Recurring = Recurring {
    name: "forget_metrics",
    every_seconds: 3_600,
    run: |work: Work| async move { packing::forget_old(&work.db, work.clock.now(), work.retention).await }.boxed(),
};
