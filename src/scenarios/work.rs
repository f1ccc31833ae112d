//! Runs from their claim to their end: read, decide, tell. What dies in between is begun again by another process (J05), and what it
//! had told is not told again (J04).

mod command;
mod decide;
mod load;
mod read;
mod tell;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use futures_util::future::join_all;
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

pub(super) use self::decide::{values, values_of_example, wanted};
use self::load::Loaded;
pub(super) use self::read::AT_ONCE;
pub use self::tell::TryDeliveries;
use super::fire::{self, RunScenarios};
use super::reading::stored;
use super::rights::switch_off;
use crate::clock::Clock;
use crate::config::Config;
use crate::db::{Connection, Db};
use crate::error::{Error, Result};
use crate::language::Message;
use crate::models::command_runs::CommandRun;
use crate::models::deliveries::{Delivery, DeliveryState};
use crate::models::ids::RunId;
use crate::models::runs::{MOST_TRIES, Run, RunEnd, RunState};
use crate::outbound::Outbound;
use crate::queue::caught;
use crate::remote::hosts::Hosts;
use crate::secret::seal::Sealer;

/// Between two signs of life; a claim holds for four of them.
const HEARTBEAT: Duration = Duration::from_secs(15);
/// Between two looks for somebody who asked for the end of a run.
const LOOK: Duration = Duration::from_millis(500);
/// Between two tries to take runs while the database is away.
const PATIENCE: Duration = Duration::from_secs(3);
/// How long what is at work may go on once the process is to end (R06).
const DRAIN: Duration = Duration::from_secs(20);

/// What scenarios are run with.
#[derive(Clone)]
pub struct Scenarios {
    /// The database.
    pub db: Db,
    /// The way to servers.
    pub hosts: Hosts,
    /// The way to others.
    pub outbound: Outbound,
    /// Opens the secrets of channels.
    pub sealer: Arc<Sealer>,
    /// The settings.
    pub config: Arc<Config>,
    /// The time.
    pub clock: Clock,
    /// Told when the process ends.
    pub stop: CancellationToken,
}

impl Scenarios {
    /// Works on one entry of the queue until its runs have ended, or were taken over.
    pub async fn work(&self, entry: &RunScenarios) -> Result<()> {
        let (runs, token) = (self.claimed(entry).await?, entry.token);
        // Where this fails they are held, and come back once their lease has run out.
        let loaded = self.db.run(move |connection| Loaded::of(connection, runs)).await?;
        let ids: Vec<RunId> = loaded.iter().map(|loaded| loaded.run.id).collect();
        let all = join_all(loaded.iter().map(|loaded| self.carefully(loaded)));
        tokio::select! {
            _ = all => {}
            () = self.taken_over(&ids, token) => {}
            () = self.drained() => {
                let now = self.clock.now();
                self.db.run(move |connection| Run::release(connection, &ids, token, now)).await?;
            }
        }
        Ok(())
    }

    /// Takes the runs of an entry. A database that is away is waited for: nobody would queue them again, for nobody holds them.
    async fn claimed(&self, entry: &RunScenarios) -> Result<Vec<Run>> {
        loop {
            let (entry, now) = (entry.clone(), self.clock.now());
            match self.db.run(move |connection| Run::claim(connection, &entry.runs, entry.token, now)).await {
                Err(Error::Unavailable(_)) => sleep(PATIENCE).await,
                claimed => return claimed,
            }
        }
    }

    /// One run; what goes wrong with it, also a panic, is its own (R07).
    async fn carefully(&self, loaded: &Loaded) {
        if let Err(error) = caught(Box::pin(self.one(loaded))).await {
            tracing::error!(run = loaded.run.id.0, ?error, "a run of a scenario broke off");
            // A database that is away ends nothing: whoever is next goes on once the lease has run out.
            if matches!(error, Error::Internal(_)) {
                let why = Message::new("Something went wrong on our side");
                drop(self.end(&loaded.run, RunEnd { state: RunState::Failed, why: Some(why) }).await);
            }
        }
    }

    async fn one(&self, loaded: &Loaded) -> Result<()> {
        let run = &loaded.run;
        if run.tries > MOST_TRIES {
            let why = Message::new("It ended its worker {n} times, and is not begun again").with("n", MOST_TRIES);
            return self.end(run, RunEnd { state: RunState::Failed, why: Some(why) }).await;
        }
        if let Some(by) = &run.stop_asked_by {
            return self.stopped(run, by).await;
        }
        if let Some(why) = loaded.refused() {
            return self.refuse(loaded, why).await;
        }
        let done = tokio::select! {
            done = self.read_and_tell(loaded) => done,
            by = self.asked_to_stop(run.id) => return self.stopped(run, &by).await,
        };
        match done? {
            Ok(()) => self.settle(run).await,
            Err(why) => self.end(run, RunEnd { state: RunState::Failed, why: Some(why) }).await,
        }
    }

    /// Reads unless that was done before, writes what is to be told to whom, and tells it. The inner error is why nothing was read.
    async fn read_and_tell(&self, loaded: &Loaded) -> Result<std::result::Result<(), Message>> {
        let run = &loaded.run;
        let mut readings = stored(&run.readings);
        if readings.is_empty() {
            let (read, marks) = match self.read(loaded).await? {
                Ok(read) => read,
                Err(why) => return Ok(Err(why)),
            };
            readings = read;
            self.decide(loaded, &readings, marks).await?;
        }
        let (id, now) = (run.id, self.clock.now());
        let due = self.db.run(move |connection| Delivery::take_of_run(connection, id, now)).await?;
        for delivery in due {
            self.tell(delivery).await?;
        }
        Ok(Ok(()))
    }

    /// The end that follows from what became of its deliveries, or that some of them are tried again later.
    pub(super) async fn settle(&self, run: &Run) -> Result<()> {
        let (run, now) = (run.clone(), self.clock.now());
        self.db.transaction(move |connection| settle(connection, &run, now)).await
    }

    async fn end(&self, run: &Run, end: RunEnd) -> Result<()> {
        let (run, now) = (run.clone(), self.clock.now());
        self.db.transaction(move |connection| finish(connection, &run, &end, now)).await
    }

    /// Ends a run that its scenario's owner may not have, and switches the scenario off in the same transaction (Z04).
    async fn refuse(&self, loaded: &Loaded, why: &Message) -> Result<()> {
        let (run, scenario, why, now) = (loaded.run.clone(), loaded.scenario.clone(), why.clone(), self.clock.now());
        self.db
            .transaction(move |connection| {
                let why = switch_off(connection, &scenario, &why, now)?;
                finish(connection, &run, &RunEnd { state: RunState::Refused, why: Some(why) }, now)
            })
            .await
    }

    async fn stopped(&self, run: &Run, by: &str) -> Result<()> {
        let (run, by, now) = (run.clone(), by.to_owned(), self.clock.now());
        self.db.transaction(move |connection| stop(connection, &run, &by, now)).await
    }

    /// Returns when somebody has asked for the end.
    async fn asked_to_stop(&self, id: RunId) -> String {
        loop {
            sleep(LOOK).await;
            let asked = self.db.run(move |connection| Run::asked_to_stop(connection, &[id])).await;
            if let Ok(Some((_, by))) = asked.map(|asked| asked.into_iter().next()) {
                return by;
            }
        }
    }

    /// Shows signs of life; returns when somebody else has all of them.
    async fn taken_over(&self, ids: &[RunId], token: i64) {
        loop {
            sleep(HEARTBEAT).await;
            let (ids, now) = (ids.to_vec(), self.clock.now());
            let held = self.db.run(move |connection| Run::renew(connection, &ids, token, now)).await;
            // While the database is away nobody can take them over.
            if held.is_ok_and(|held| held.is_empty()) {
                return;
            }
        }
    }

    /// Returns when the process is to end, and what is at work has had its time.
    async fn drained(&self) {
        self.stop.cancelled().await;
        sleep(DRAIN).await;
    }
}

/// See [`Scenarios::settle`].
pub(super) fn settle(connection: &mut Connection, run: &Run, now: DateTime<Utc>) -> Result<()> {
    let deliveries = Delivery::of_run(connection, run.id)?;
    // They were written after `run` was taken.
    let readings = stored(&Run::by_id(connection, run.id)?.readings);
    let count = |wanted: &[DeliveryState]| deliveries.iter().filter(|one| wanted.contains(&one.state)).count();
    let open = count(&[DeliveryState::Pending, DeliveryState::Sending]);
    let bad = count(&[DeliveryState::Failed, DeliveryState::Unknown]);
    let good = count(&[DeliveryState::Delivered]);
    let unread = readings.iter().filter(|reading| reading.failed.is_some()).count();
    let state = if open > 0 {
        RunState::Delivering
    } else if bad == 0 && unread == 0 {
        RunState::Succeeded
    } else if unread == readings.len() || (bad > 0 && good == 0) {
        RunState::Failed
    } else {
        RunState::Partly
    };
    let why = match (bad, unread) {
        (0, 0) => None,
        (0, unread) => {
            Some(Message::new("{n} of {all} servers could not be read").with("n", unread).with("all", readings.len()))
        }
        (bad, _) => {
            Some(Message::new("{n} of {all} destinations were not told").with("n", bad).with("all", deliveries.len()))
        }
    };
    finish(connection, run, &RunEnd { state, why }, now)
}

/// Ends a run and what it has not told yet, because somebody wanted that.
pub(super) fn stop(connection: &mut Connection, run: &Run, by: &str, now: DateTime<Utc>) -> Result<()> {
    // What runs on a server by now ends there, too (P07).
    CommandRun::stop_all_of(connection, run.id, by)?;
    Delivery::stop(connection, run.id, now)?;
    let why = Message::new("{who} stopped it").with("who", by);
    finish(connection, run, &RunEnd { state: RunState::Stopped, why: Some(why) }, now)
}

/// Writes the end of a run, and lets the one that waits for it begin.
fn finish(connection: &mut Connection, run: &Run, end: &RunEnd, now: DateTime<Utc>) -> Result<()> {
    if !run.end(connection, end, now)? {
        tracing::warn!(
            run = run.id.0,
            token = run.token,
            "stale: another process has the run now; this result is not kept"
        );
        return Ok(());
    }
    let busy = Run::busy(connection, &[run.scenario_id])?;
    let is_free = busy.get(&run.scenario_id).is_none_or(|(at_work, _)| *at_work == 0);
    // A run that only waited for a receiver may end while the next one is at work.
    if is_free && let Some(next) = Run::begin_waiting(connection, run.scenario_id)? {
        fire::enqueue(connection, &[next], &BTreeMap::new())?;
    }
    Ok(())
}
