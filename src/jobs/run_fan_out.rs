//! One claim of a command on many servers.

use crate::error::Result;
use crate::executions::{FanOuts, RunFanOut};
use crate::queue::Job;

impl Job<FanOuts> for RunFanOut {
    // They mostly wait for servers.
    const CONCURRENCY: usize = 16;

    async fn perform(self, fan_outs: FanOuts) -> Result<()> {
        Box::pin(fan_outs.work(&self)).await
    }
}
