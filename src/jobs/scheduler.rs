//! Claims what is due and puts it into the queue, once a second: jobs that come round, scenarios, deliveries that are tried again. Any
//! number of processes may do so at the same time.

use std::time::Duration;

use tokio_util::sync::CancellationToken;

use super::{RunRecurring, Work};
use crate::error::Result;
use crate::models::recurring_jobs::RecurringJob;
use crate::queue::{caught, entry};
use crate::scenarios;

const PERIOD: Duration = Duration::from_secs(1);
/// After a failure it waits twice as long each time, up to this.
const LONGEST_PAUSE: Duration = Duration::from_mins(1);

/// Watches the clock.
#[derive(Clone)]
pub struct Scheduler {
    work: Work,
}

impl Scheduler {
    /// A scheduler of the jobs of `work`.
    pub fn new(work: Work) -> Self {
        Self { work }
    }

    /// Looks once a second until `stop`. A failure, also a panic, pauses it and never ends it (R07).
    pub async fn run(&self, stop: &CancellationToken) {
        let mut pause = PERIOD;
        let mut known = false;
        while !stop.is_cancelled() {
            let done = caught(async {
                if !known {
                    self.introduce().await?;
                }
                self.tick().await?;
                self.fire().await
            });
            match done.await {
                Ok(_) => (pause, known) = (PERIOD, true),
                Err(error) => {
                    tracing::warn!(?error, pause = pause.as_secs(), "the scheduler failed; it goes on after a pause");
                    pause = (2 * pause).min(LONGEST_PAUSE);
                }
            }
            drop(tokio::time::timeout(pause, stop.cancelled()).await);
        }
    }

    /// Makes sure that the table has every job.
    pub async fn introduce(&self) -> Result<()> {
        let (now, jobs) = (self.work.clock.now(), self.work.recurring);
        self.work
            .db
            .transaction(move |connection| {
                for job in jobs {
                    RecurringJob::ensure(connection, job.name, job.every_seconds, now)?;
                }
                Ok(())
            })
            .await
    }

    /// Fires the scenarios that are due, and queues the deliveries whose time has come, until there are no more; how many.
    pub async fn fire(&self) -> Result<usize> {
        let mut fired = 0;
        loop {
            let now = self.work.clock.now();
            let some = self.work.db.transaction(move |connection| {
                let lost = scenarios::fire::free_lost(connection, now)?;
                let runs = scenarios::fire::fire_due(connection, now)?;
                Ok(lost + runs + scenarios::fire::fire_deliveries(connection, now)?)
            });
            match some.await? {
                0 => return Ok(fired),
                some => fired += some,
            }
        }
    }

    /// Frees claims that ran out, claims what is due, and queues it: claim and entry in one transaction (J01).
    pub async fn tick(&self) -> Result<usize> {
        let now = self.work.clock.now();
        self.work
            .db
            .transaction(move |connection| {
                for name in RecurringJob::release_lost(connection, now)? {
                    tracing::warn!(job = name, "a recurring job was not heard of for a minute; it is queued again");
                }
                let due = RecurringJob::claim_due(connection, now)?;
                for job in &due {
                    entry(&RunRecurring { name: job.name.clone(), token: job.token })?.insert(connection)?;
                }
                Ok(due.len())
            })
            .await
    }
}
