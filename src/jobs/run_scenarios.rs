//! Runs of scenarios that are due, and deliveries that are tried again.

use crate::error::Result;
use crate::queue::Job;
use crate::scenarios::{RunScenarios, Scenarios, TryDeliveries};

impl Job<Scenarios> for RunScenarios {
    // R01: what reads servers mostly waits for them.
    const CONCURRENCY: usize = 32;

    async fn perform(self, scenarios: Scenarios) -> Result<()> {
        Box::pin(scenarios.work(&self)).await
    }
}

impl Job<Scenarios> for TryDeliveries {
    async fn perform(self, scenarios: Scenarios) -> Result<()> {
        Box::pin(scenarios.try_again(&self)).await
    }
}
