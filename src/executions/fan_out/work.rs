//! A fan-out from its claim to its end: batch after batch, each server's part begun once and followed (J03), with what waits left alone
//! where enough have failed or somebody stopped it. What dies in between is taken over by another process (J05).

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use chrono::TimeDelta;
use tokio::task::JoinSet;
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

use super::wave::Begun;
use super::writer::Writer;
use super::{FanOutWish, RunFanOut, command_of, settle};
use crate::clock::Clock;
use crate::commands::run_command::RunCommand;
use crate::db::Db;
use crate::error::{Error, Result};
use crate::language::Message;
use crate::models::executions::ExecutionState;
use crate::models::fan_outs::{Counts, FanOut, MemberState};
use crate::models::ids::{ExecutionId, FanOutId};
use crate::models::servers::Server;
use crate::remote::hosts::Hosts;

/// Servers on which it runs at the same time.
const AT_ONCE: usize = 256;
/// Servers whose part is begun together.
const TOGETHER: usize = 64;
/// Between two signs of life; a claim holds for four of them.
const HEARTBEAT: Duration = Duration::from_secs(15);
/// Between two tries to begin while the database is away.
const PATIENCE: Duration = Duration::from_secs(2);
/// Between two looks for somebody who asked for an end, or for what runs elsewhere.
const LOOK: Duration = Duration::from_millis(300);

/// Who hears what comes: the server's name, and bytes.
pub type Hear = Arc<dyn Fn(&str, &[u8]) + Send + Sync>;

/// What fan-outs are worked on with.
#[derive(Clone)]
pub struct FanOuts {
    /// The database.
    pub db: Db,
    /// The way to servers.
    pub hosts: Hosts,
    /// The time.
    pub clock: Clock,
    /// Told when the process ends: what runs ends with it.
    pub stop: CancellationToken,
}

/// One fan-out at work; cheap to clone.
#[derive(Clone)]
pub(super) struct Course {
    pub(super) with: FanOuts,
    pub(super) fan_out: Arc<FanOut>,
    pub(super) command: Arc<RunCommand>,
    pub(super) writer: Writer,
    pub(super) hear: Option<Hear>,
    /// Those that run here, each with what ends it.
    running: Arc<Mutex<BTreeMap<ExecutionId, CancellationToken>>>,
    /// Told when nothing more may begin: somebody asked for its end, or another process has it now.
    pub(super) halt: CancellationToken,
}

/// Why no more begin.
type Halt = Option<Message>;

impl FanOuts {
    /// Works on one claim until it has ended, or was taken over.
    pub async fn work(&self, job: &RunFanOut) -> Result<()> {
        let (id, token, now) = (job.fan_out, job.token, self.clock.now());
        match self.db.run(move |connection| FanOut::claim(connection, id, token, now)).await? {
            Some(fan_out) => self.work_on(fan_out, None).await,
            None => Ok(()),
        }
    }

    /// The same with one that is claimed already, and for somebody who hears what comes.
    pub async fn work_on(&self, fan_out: FanOut, hear: Option<Hear>) -> Result<()> {
        let given = match FanOutWish::given(&fan_out) {
            Ok(given) => given,
            Err(why) => return self.refuse(fan_out, why).await,
        };
        let course = Course {
            with: self.clone(),
            command: Arc::new(command_of(&fan_out, given)),
            fan_out: Arc::new(fan_out),
            writer: Writer::start(self.db.clone(), self.clock.clone()),
            hear,
            running: Arc::default(),
            halt: CancellationToken::new(),
        };
        tokio::select! {
            done = course.go() => done,
            () = course.watch() => Ok(()),
            () = course.taken_over() => Ok(()),
        }
    }

    /// Ends one of which no more may begin, once what another process had begun of it has ended.
    async fn refuse(&self, fan_out: FanOut, why: Message) -> Result<()> {
        self.all_ended(fan_out.id).await?;
        let now = self.clock.now();
        self.db
            .transaction(move |connection| {
                FanOut::leave(connection, fan_out.id, (MemberState::Refused, &why))?;
                settle(connection, &fan_out, Some(why), now)
            })
            .await
    }

    async fn all_ended(&self, id: FanOutId) -> Result<()> {
        while self.db.run(move |connection| FanOut::is_at_work(connection, id)).await? {
            sleep(LOOK).await;
        }
        Ok(())
    }
}

impl Course {
    /// Batch after batch, then the end.
    async fn go(&self) -> Result<()> {
        let id = self.fan_out.id;
        // What a process that died had begun ends first: it belongs to an earlier batch, or says that no more may begin.
        self.with.all_ended(id).await?;
        let members = self.with.db.run(move |connection| FanOut::members(connection, id)).await?;
        let mut failures = Counts::of(&members).failed;
        let mut has_begun = members.iter().any(|member| member.state != MemberState::Waiting);
        let mut canary_failed = self.fan_out.canary
            && members.iter().any(|member| member.wave == 0 && member.standing().has_ended() && member.has_failed());
        let mut halt: Halt = None;
        loop {
            let next = self.with.db.run(move |connection| FanOut::next_wave(connection, id)).await?;
            let Some((wave, servers)) = next else { break };
            let is_new = !members.iter().any(|member| member.wave == wave && member.state != MemberState::Waiting);
            if halt.is_none() {
                halt = self.enough(failures, canary_failed);
            }
            if halt.is_some() || self.halt.is_cancelled() {
                break;
            }
            if has_begun && is_new {
                self.rest().await?;
            }
            has_begun = true;
            let before = failures;
            halt = self.wave(servers, &mut failures).await?;
            if self.with.stop.is_cancelled() {
                break;
            }
            // What another process had begun belongs to its batch too.
            self.with.all_ended(id).await?;
            canary_failed |= self.fan_out.canary && wave == 0 && failures > before;
        }
        self.finish(halt).await
    }

    /// The sentence about why no more begin, once enough have failed.
    fn enough(&self, failures: usize, canary_failed: bool) -> Halt {
        if canary_failed {
            return Some(Message::new("It was not begun: the first server failed"));
        }
        let most = self.fan_out.stop_after.and_then(|most| usize::try_from(most).ok());
        let is_enough = most.is_some_and(|most| failures >= most);
        is_enough.then(|| Message::new("It was not begun: {n} servers had failed").with("n", failures))
    }

    /// One batch to its end; why no more begin, if so.
    async fn wave(&self, servers: Vec<Server>, failures: &mut usize) -> Result<Halt> {
        let mut waiting: VecDeque<Server> = servers.into();
        let mut at_work: JoinSet<(ExecutionId, Result<ExecutionState>)> = JoinSet::new();
        let mut halt: Halt = None;
        loop {
            if halt.is_none() {
                halt = self.enough(*failures, false);
            }
            let free = AT_ONCE.saturating_sub(at_work.len()).min(TOGETHER);
            let is_over = halt.is_some() || self.halt.is_cancelled() || self.with.stop.is_cancelled();
            if !is_over && !waiting.is_empty() && free > 0 {
                let some: Vec<Server> = waiting.drain(..free.min(waiting.len())).collect();
                let (begun, refused) = self.begin_patiently(some).await?;
                *failures += refused;
                for begun in begun {
                    let (id, course) = (begun.id, self.clone());
                    self.running().insert(id, begun.stop.clone());
                    at_work.spawn(async move { (id, Box::pin(course.follow(begun)).await) });
                }
                continue;
            }
            let Some(done) = at_work.join_next().await else { return Ok(halt) };
            match done {
                Ok((id, state)) => {
                    self.running().remove(&id);
                    match state {
                        Ok(ExecutionState::Succeeded | ExecutionState::Stopped) => {}
                        Ok(_) => *failures += 1,
                        Err(error) => {
                            *failures += 1;
                            // Its lease runs out, and then it is said that nobody knows.
                            tracing::error!(execution = id.0, ?error, "an execution broke off");
                        }
                    }
                }
                // A panic is that one's own (R07).
                Err(problem) => {
                    *failures += 1;
                    tracing::error!(%problem, "an execution broke off");
                }
            }
        }
    }

    /// A database that is away is waited for: what runs goes on meanwhile.
    async fn begin_patiently(&self, servers: Vec<Server>) -> Result<(Vec<Begun>, usize)> {
        loop {
            match self.begin(servers.clone()).await {
                Err(Error::Unavailable(_)) if !self.with.stop.is_cancelled() => sleep(PATIENCE).await,
                begun => return begun,
            }
        }
    }

    /// The pause between two batches; what is left of it where another process had begun it.
    async fn rest(&self) -> Result<()> {
        if self.fan_out.pause_seconds <= 0 {
            return Ok(());
        }
        let (fan_out, now) = (Arc::clone(&self.fan_out), self.with.clock.now());
        let until = now + TimeDelta::seconds(self.fan_out.pause_seconds.into());
        let until = self.with.db.run(move |connection| fan_out.rests_until(connection, until)).await?;
        let left = (until - self.with.clock.now()).to_std().unwrap_or_default();
        tokio::select! {
            () = sleep(left) => {}
            () = self.halt.cancelled() => return Ok(()),
            () = self.with.stop.cancelled() => return Ok(()),
        }
        let fan_out = Arc::clone(&self.fan_out);
        self.with.db.run(move |connection| fan_out.has_rested(connection)).await?;
        Ok(())
    }

    /// Writes the end; or gives it back where the process ends and some still wait.
    async fn finish(&self, halt: Halt) -> Result<()> {
        let (fan_out, now) = (Arc::clone(&self.fan_out), self.with.clock.now());
        let gives_back = self.with.stop.is_cancelled() && !fan_out.is_attended;
        self.with
            .db
            .transaction(move |connection| {
                if let Some(why) = &halt {
                    FanOut::leave(connection, fan_out.id, (MemberState::Left, why))?;
                }
                let waits = FanOut::next_wave(connection, fan_out.id)?.is_some();
                if waits && gives_back {
                    return Ok(fan_out.release(connection, now)?);
                }
                settle(connection, &fan_out, halt, now)
            })
            .await
    }

    /// Tells those that run when somebody asks for their end, in one look for all of them.
    async fn watch(&self) {
        let id = self.fan_out.id;
        loop {
            sleep(LOOK).await;
            let Ok(asked) = self.with.db.run(move |connection| FanOut::asked_to_stop(connection, id)).await else {
                continue;
            };
            if asked.all {
                self.halt.cancel();
            }
            for (execution, stop) in self.running().iter() {
                if asked.all || asked.executions.contains(execution) {
                    stop.cancel();
                }
            }
        }
    }

    /// Shows signs of life for as long as the claim is held; returns when it was lost.
    async fn taken_over(&self) {
        loop {
            sleep(HEARTBEAT).await;
            let running: Vec<ExecutionId> = self.running().keys().copied().collect();
            let (fan_out, now) = (Arc::clone(&self.fan_out), self.with.clock.now());
            let held = self.with.db.run(move |connection| Ok::<_, Error>(fan_out.renew(connection, &running, now)?));
            // While the database is away nobody can take it over.
            if matches!(held.await, Ok(false)) {
                return;
            }
        }
    }

    fn running(&self) -> std::sync::MutexGuard<'_, BTreeMap<ExecutionId, CancellationToken>> {
        self.running.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
