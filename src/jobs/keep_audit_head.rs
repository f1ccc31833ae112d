//! Writes the head of the audit log outside the database (L02): into the data directory, and into our own log, which is
//! often collected elsewhere.

use futures_util::FutureExt;

use super::{Recurring, Work};
use crate::error::{Error, Result};
use crate::models::audit;

/// Each hour.
pub(super) const JOB: Recurring =
    Recurring { name: "keep_audit_head", every_seconds: 3_600, run: |work: Work| keep(work).boxed() };

async fn keep(work: Work) -> Result<()> {
    let head = work.db.run(audit::head).await?;
    tracing::info!(%head, "the end of the audit log");
    let (file, now) = (work.audit_heads, work.clock.now());
    let written = tokio::task::spawn_blocking(move || file.add(&head, now));
    written.await.map_err(Error::internal)?.map_err(Error::internal).map(drop)
}
