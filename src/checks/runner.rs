//! Runs what is due: few servers at a time, one check of a server after the other, each with its deadline.

use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::{plan, schedule};
use crate::clock::Clock;
use crate::commands::checks::Judgement;
use crate::db::Db;
use crate::error::{Error, Result};
use crate::metrics::SeriesName;
use crate::metrics::catalogue::Metric;
use crate::metrics::store::{SeriesIds, Store};
use crate::metrics::windows::{Summary, Window, start_of};
use crate::models::actor::{Actor, Scope};
use crate::models::check_results::{CheckResult, CheckState, Finding};
use crate::models::check_turns::Turn;
use crate::models::checks::Check;
use crate::models::ids::ServerId;
use crate::models::servers::Server;
use crate::queue::caught;
use crate::remote::hosts::Hosts;
use crate::remote::trouble::Trouble;

/// Servers whose checks run at the same time in one process (R01).
const AT_ONCE: usize = 16;
/// Checks of one server in one turn at most; what is left is due again at once.
const IN_ONE_TURN: usize = 64;
/// Between two looks at what is due.
const PERIOD: Duration = Duration::from_secs(1);
/// Between two looks at which check is for which server: platforms, groups and labels change.
const PLAN: Duration = Duration::from_secs(15);
/// Characters of an error that are kept.
const LONGEST_ERROR: usize = 1_000;

/// Runs checks; clones share the slots.
#[derive(Clone)]
pub struct Runner {
    hosts: Hosts,
    db: Db,
    clock: Clock,
    store: Store,
    slots: Arc<Semaphore>,
}

impl Runner {
    /// A runner that reaches servers through `hosts`.
    pub fn new(hosts: Hosts, db: Db, clock: Clock) -> Self {
        Self { hosts, db, clock, store: Store::default(), slots: Arc::new(Semaphore::new(AT_ONCE)) }
    }

    /// Runs what is due until `stop`. What is running then is stopped; another process may take it over when its turn
    /// has run out.
    pub async fn run(&self, stop: &CancellationToken) {
        tokio::join!(self.follow(stop), self.store.run(&self.db, stop));
    }

    async fn follow(&self, stop: &CancellationToken) {
        let mut running = JoinSet::new();
        let mut planned: Option<Instant> = None;
        while !stop.is_cancelled() {
            // A failure, also a panic, is told and never ends it (R07).
            let looked = caught(async {
                if planned.is_none_or(|at| at.elapsed() >= PLAN) {
                    self.plan().await?;
                    planned = Some(Instant::now());
                }
                self.take(&mut running).await
            });
            if let Err(error) = looked.await {
                tracing::warn!(?error, "the checks could not be looked at; they go on after a pause");
            }
            while running.try_join_next().is_some() {}
            drop(tokio::time::timeout(PERIOD, stop.cancelled()).await);
        }
        running.shutdown().await;
    }

    /// Looks which check is for which server.
    pub async fn plan(&self) -> Result<()> {
        let now = self.clock.now();
        self.db.transaction(move |connection| plan::refresh(connection, now)).await
    }

    /// Runs everything that is due now to its end, and writes its numbers; gives on how many servers.
    pub async fn run_due(&self) -> Result<usize> {
        let mut running = JoinSet::new();
        let servers = self.take(&mut running).await?;
        while running.join_next().await.is_some() {}
        while matches!(self.store.write(&self.db, &mut SeriesIds::default()).await, Ok(1..)) {}
        Ok(servers)
    }

    /// Takes as many turns as there are free slots.
    async fn take(&self, running: &mut JoinSet<()>) -> Result<usize> {
        let free = i64::try_from(self.slots.available_permits()).unwrap_or_default();
        if free == 0 {
            return Ok(0);
        }
        let now = self.clock.now();
        let turns = self.db.run(move |connection| Turn::take(connection, now, free)).await?;
        for turn in &turns {
            let (runner, turn) = (self.clone(), *turn);
            let Ok(slot) = Arc::clone(&self.slots).try_acquire_owned() else { continue };
            running.spawn(async move {
                if let Err(error) = runner.turn(turn).await {
                    tracing::warn!(?error, server = turn.server_id.0, "the checks of a server broke off");
                }
                drop(slot);
            });
        }
        Ok(turns.len())
    }

    /// The due checks of one server; whatever happens, the turn is not held for longer than it takes.
    async fn turn(&self, turn: Turn) -> Result<()> {
        let ran = caught(self.run_turn(turn)).await;
        self.db.run(move |connection| turn.give_back(connection)).await?;
        ran
    }

    /// One after the other.
    async fn run_turn(&self, turn: Turn) -> Result<()> {
        let id = turn.server_id;
        for _ in 0..IN_ONE_TURN {
            let now = self.clock.now();
            let found = self
                .db
                .run(move |connection| {
                    let held = turn.renew(connection, now)?;
                    let due = CheckResult::due(connection, id, now)?.filter(|_| held);
                    let server = due.is_some().then(|| Server::by_id(connection, &Scope::All, id)).transpose()?;
                    Ok::<_, Error>(due.zip(server))
                })
                .await?;
            let Some((check, server)) = found else { break };
            let ended = match caught(self.check(&check, &server)).await {
                Ok(ended) => ended,
                // It is ours, and does not hold up the others.
                Err(error) => {
                    tracing::warn!(?error, server = server.name, check = check.name, "a check broke off");
                    None
                }
            };
            if !self.keep(turn, &check, ended).await? {
                break;
            }
        }
        Ok(())
    }

    /// Runs one; none where its server is the trouble, and says so itself.
    async fn check(&self, check: &Check, server: &Server) -> Result<Option<Finding>> {
        let ran_at = self.clock.now();
        let deadline = Duration::from_secs(u64::try_from(check.timeout_seconds).unwrap_or(10));
        let begun = Instant::now();
        let host = self.hosts.of(Actor::system("checks"), server.clone());
        let ran = host.run_script(&check.name, &check.script, deadline).await?;
        let took_ms = i64::try_from(begun.elapsed().as_millis()).unwrap_or(i64::MAX);
        let answered = match ran {
            Ok(answer) => check.answer().read(&answer.stdout).map_err(|problem| problem.to_string()),
            Err(Trouble::Server(error)) => {
                tracing::debug!(server = server.name, check = check.name, %error, "a check waits for its server");
                return Ok(None);
            }
            Err(trouble) => Err(said(&trouble)),
        };
        Ok(Some(match answered {
            Ok(reading) => {
                let state = reading.value.map_or(CheckState::Good, |value| state(check.limits().judge(value)));
                Finding { state, ran_at, took_ms, reading: Some(reading.without_nul()), error: String::new() }
            }
            Err(why) => {
                let error = why.chars().filter(|c| *c != '\0').take(LONGEST_ERROR).collect();
                Finding { state: CheckState::Failed, ran_at, took_ms, reading: None, error }
            }
        }))
    }

    /// Writes how it ended and when it is due again; false where the turn is another's by now, whose word counts.
    async fn keep(&self, turn: Turn, check: &Check, ended: Option<Finding>) -> Result<bool> {
        let (pair, now) = ((check.id, turn.server_id), self.clock.now());
        let interval = TimeDelta::seconds(check.interval_seconds.into());
        let from = ended.as_ref().map_or(now, |finding| finding.ran_at.max(now));
        let due_at = schedule::next(check.id, turn.server_id, interval, from);
        let number = ended.as_ref().and_then(|finding| Some((finding.reading.as_ref()?.value?, finding.ran_at)));
        let kept = self.db.transaction(move |connection| {
            if !turn.renew(connection, now)? {
                return Ok(false);
            }
            match &ended {
                Some(finding) => CheckResult::keep(connection, pair, finding, due_at)?,
                None => CheckResult::postpone(connection, pair, due_at).map(drop)?,
            }
            Ok(true)
        });
        let kept = kept.await?;
        if let Some((value, at)) = number.filter(|_| kept) {
            self.record(turn.server_id, check, value, at);
        }
        Ok(kept)
    }

    /// Its number, as other metrics are kept.
    fn record(&self, server: ServerId, check: &Check, value: f64, at: DateTime<Utc>) {
        #[expect(clippy::cast_possible_truncation, reason = "metrics are kept as f32")]
        let Some(value) = Some(value as f32).filter(|value| value.is_finite()) else { return };
        let name = SeriesName { metric: Metric::Check, device: check.name.as_str().into() };
        let summary = Summary { min: value, mean: value, max: value };
        self.store.put(Window { server, at: start_of(at), values: vec![(name, summary)] });
    }
}

fn state(judgement: Judgement) -> CheckState {
    match judgement {
        Judgement::Critical => CheckState::Critical,
        Judgement::Warning => CheckState::Warning,
        Judgement::Good => CheckState::Good,
    }
}

/// What happened, with what the server said.
fn said(trouble: &Trouble) -> String {
    match trouble.evidence() {
        "" => trouble.message().to_string(),
        evidence => format!("{}: {evidence}", trouble.message()),
    }
}
