//! Packs what came in, and rolls it up into coarser tiers.

use futures_util::FutureExt;

use super::{Recurring, Work};
use crate::metrics::packing;

/// Each minute; most of the time there is nothing to do.
pub(super) const JOB: Recurring = Recurring {
    name: "pack_metrics",
    every_seconds: 60,
    run: |work: Work| async move { packing::pack(&work.db, work.clock.now()).await.map(drop) }.boxed(),
};
