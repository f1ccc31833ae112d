//! One claim of a server that was asked to go down: it is watched until it is back, or off.

use crate::error::Result;
use crate::power::ask::WatchPower;
use crate::power::watch::Watching;
use crate::queue::Job;

impl Job<Watching> for WatchPower {
    // They only wait: a whole fleet may restart at once.
    const CONCURRENCY: usize = 256;

    async fn perform(self, watching: Watching) -> Result<()> {
        Box::pin(watching.work(&self)).await
    }
}
