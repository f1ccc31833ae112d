//! One claim of a run on a server: an installation, a removal, a look into a file.

use crate::error::Result;
use crate::installations::ask::RunExecution;
use crate::installations::run::Runs;
use crate::queue::Job;

impl Job<Runs> for RunExecution {
    // They mostly wait for servers.
    const CONCURRENCY: usize = 32;

    async fn perform(self, runs: Runs) -> Result<()> {
        Box::pin(runs.work(&self)).await
    }
}
