//! One claim of a run on a server: an installation, a removal, a look into a file, a command of somebody's own.

use crate::error::Result;
use crate::executions::Commands;
use crate::installations::ask::RunExecution;
use crate::installations::run::Runs;
use crate::queue::Job;

impl Job<Runs> for RunExecution {
    // They mostly wait for servers.
    const CONCURRENCY: usize = 32;

    async fn perform(self, runs: Runs) -> Result<()> {
        let Runs { db, hosts, clock, stop, .. } = runs.clone();
        let commands = Commands { db, hosts, clock, stop };
        if Box::pin(commands.work(&self)).await? {
            return Ok(());
        }
        Box::pin(runs.work(&self)).await
    }
}
