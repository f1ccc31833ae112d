//! Removes uploaded files that nobody used for a while, and files in their folder that are nobody's.

use std::time::{Duration, SystemTime};

use futures_util::FutureExt;

use super::{Recurring, Work};
use crate::error::{Error, Result};
use crate::models::actor::Actor;
use crate::models::artifacts::{Artifact, KEPT};
use crate::models::audit::{AuditEntry, Outcome};

/// A file that is nobody's may be one that is being uploaded, or whose row is about to be written: not after so long.
const UNCLAIMED: Duration = Duration::from_hours(24);

/// Each hour.
pub(super) const JOB: Recurring = Recurring {
    name: "forget_artifacts",
    every_seconds: 3_600,
    run: |work: Work| {
        async move {
            forget(&work).await?;
            sweep(&work).await
        }
        .boxed()
    },
};

async fn forget(work: &Work) -> Result<()> {
    let now = work.clock.now();
    let forgotten = work.db.transaction(move |connection| {
        let forgotten = Artifact::forget(connection, now - KEPT)?;
        for (file_name, _) in &forgotten {
            let entry = AuditEntry::by(&Actor::system("forget_artifacts"), "artifact.delete").target(file_name);
            entry.record(connection, Outcome::Succeeded, now)?;
        }
        Ok::<_, Error>(forgotten)
    });
    for (_, stored_name) in forgotten.await? {
        work.artifacts.remove(&stored_name).map_err(Error::internal)?;
    }
    Ok(())
}

/// What a process left that ended between a file and its row.
async fn sweep(work: &Work) -> Result<()> {
    let old = work.artifacts.older_than(SystemTime::now() - UNCLAIMED).map_err(Error::internal)?;
    let unknown = work.db.run(move |connection| Artifact::unknown_among(connection, old)).await?;
    for name in unknown {
        work.artifacts.remove(&name).map_err(Error::internal)?;
    }
    Ok(())
}
