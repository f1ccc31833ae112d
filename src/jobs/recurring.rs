//! One run of a job that comes round: claim, work, signs of life, result.

use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};

use super::Work;
use crate::error::{Error, Result};
use crate::models::recurring_jobs::{RecurringJob, RunOutcome};
use crate::queue::{Job, Queued, caught};

/// Between two signs of life; a claim holds for four of them.
const HEARTBEAT: Duration = Duration::from_secs(15);
/// A result that cannot be written is tried again this often, until the claim has run out.
const PATIENCE: Duration = Duration::from_secs(3);

/// An entry of the queue: a claimed run of a recurring job.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunRecurring {
    /// The job's name.
    pub name: String,
    /// The claim's token.
    pub token: i64,
}

impl Queued for RunRecurring {
    const QUEUE: &'static str = "recurring";

    fn key(&self) -> String {
        format!("{}:{}", self.name, self.token)
    }
}

impl Job<Work> for RunRecurring {
    async fn perform(self, work: Work) -> Result<()> {
        let (name, token, now) = (self.name.clone(), self.token, work.clock.now());
        let claimed = work.db.run(move |connection| RecurringJob::start(connection, &name, token, now)).await?;
        if claimed.is_none() {
            // Done, taken over, or running elsewhere.
            return Ok(());
        }
        let begun = Instant::now();
        let outcome = tokio::select! {
            outcome = self.outcome(&work) => outcome,
            () = self.taken_over(&work) => return Err(stale(&self.name)),
        };
        self.finish(&work, begun.elapsed(), outcome).await
    }
}

impl RunRecurring {
    async fn outcome(&self, work: &Work) -> RunOutcome {
        let Some(job) = work.recurring.iter().find(|job| job.name == self.name) else {
            return RunOutcome::Failed("this version of hannun does not know the job".to_owned());
        };
        match caught((job.run)(work.clone())).await {
            Ok(()) => RunOutcome::Succeeded,
            Err(error) => {
                tracing::error!(job = job.name, ?error, "a recurring job failed");
                RunOutcome::Failed(error.to_string())
            }
        }
    }

    /// Renews the claim for as long as it is held; returns when it was lost.
    async fn taken_over(&self, work: &Work) {
        loop {
            tokio::time::sleep(HEARTBEAT).await;
            let (name, token, now) = (self.name.clone(), self.token, work.clock.now());
            let held = work.db.run(move |connection| RecurringJob::renew(connection, &name, token, now)).await;
            // While the database is away nobody can take the claim over.
            if matches!(held, Ok(false)) {
                return;
            }
        }
    }

    async fn finish(&self, work: &Work, took: Duration, outcome: RunOutcome) -> Result<()> {
        let took_ms = i64::try_from(took.as_millis()).unwrap_or(i64::MAX);
        let end = Instant::now() + 4 * HEARTBEAT;
        loop {
            let (name, token, now, outcome) = (self.name.clone(), self.token, work.clock.now(), outcome.clone());
            let finished =
                work.db.run(move |connection| RecurringJob::finish(connection, &name, token, now, took_ms, &outcome));
            match finished.await {
                Ok(true) => return Ok(()),
                Ok(false) => return Err(stale(&self.name)),
                Err(error) if Instant::now() > end => return Err(error),
                Err(_) => tokio::time::sleep(PATIENCE).await,
            }
        }
    }
}

fn stale(name: &str) -> Error {
    Error::internal(anyhow::anyhow!("stale: the claim on {name} was lost while it ran, and its result with it"))
}
