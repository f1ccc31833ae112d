//! A run from its claim to its end: the file is copied, the start is sent once, and what the server tells is kept.

use std::time::Duration;

use chrono::TimeDelta;
use tokio_util::sync::CancellationToken;

use super::artifact_store::ArtifactStore;
use super::ask::{self, RunExecution};
use super::verdict::Ended;
use crate::clock::Clock;
use crate::commands::CommandType;
use crate::db::Db;
use crate::error::{Error, RemoteError, Result, StillRunning};
use crate::language::Message;
use crate::models::actor::{Actor, Scope};
use crate::models::artifacts::Artifact;
use crate::models::audit::{AuditEntry, Outcome};
use crate::models::executions::{End, Execution, ExecutionState};
use crate::models::servers::Server;
use crate::remote::detached::{Job, Standing};
use crate::remote::host::Host;
use crate::remote::hosts::Hosts;

/// Between two looks at a run.
const LOOK: Duration = Duration::from_millis(700);
/// Between two looks at one whose server does not answer.
const AGAIN: Duration = Duration::from_secs(5);
/// Between two signs of life; a claim holds for four of them.
const HEARTBEAT: Duration = Duration::from_secs(15);
/// How long the folder of a run may not be seen after its start was sent, before it is taken for gone.
const UNSEEN: TimeDelta = TimeDelta::seconds(20);
/// How long a server may not answer before nobody waits for its run any more.
const UNHEARD: TimeDelta = TimeDelta::hours(24);
/// How much of the end of a log is read for what it means.
const TAIL: i64 = 64 << 10;

/// What runs are worked on with.
#[derive(Clone)]
pub struct Runs {
    /// The database.
    pub db: Db,
    /// The way to servers.
    pub hosts: Hosts,
    /// The time.
    pub clock: Clock,
    /// The uploaded files.
    pub store: ArtifactStore,
    /// Told when the process ends: what runs is left to the next one.
    pub stop: CancellationToken,
}

impl Runs {
    /// Works on one claim until the run has ended, the claim is lost, or this process ends.
    pub async fn work(&self, entry: &RunExecution) -> Result<()> {
        let (id, token, now) = (entry.execution, entry.token, self.clock.now());
        let claimed = self.db.run(move |connection| Execution::claim(connection, id, token, now)).await?;
        let Some(execution) = claimed else { return Ok(()) };
        tokio::select! {
            done = self.go(execution.clone()) => done,
            () = self.taken_over(&execution) => Ok(()),
            () = self.stop.cancelled() => {
                let now = self.clock.now();
                self.db.run(move |connection| execution.release(connection, now)).await.map(drop)
            }
        }
    }

    /// Shows signs of life for as long as the claim is held; returns when it was lost.
    async fn taken_over(&self, execution: &Execution) {
        loop {
            tokio::time::sleep(HEARTBEAT).await;
            let (held, now) = (execution.clone(), self.clock.now());
            // While the database is away nobody can take the claim over.
            if matches!(self.db.run(move |connection| held.renew(connection, now)).await, Ok(false)) {
                return;
            }
        }
    }

    async fn go(&self, mut execution: Execution) -> Result<()> {
        let id = execution.server_id;
        let server = self.db.run(move |connection| Server::by_id(connection, &Scope::All, id)).await?;
        let host = self.hosts.of(Actor::system("installations"), server);
        if matches!(execution.state, ExecutionState::Queued | ExecutionState::Copying) {
            if execution.stop_asked_by.is_some() {
                return self.end(&host, &execution, stopped()).await;
            }
            match self.begin(&host, &mut execution).await {
                Ok(()) => {}
                Err(error) if may_have_begun(&error) && execution.state == ExecutionState::Starting => {}
                Err(Error::Internal(cause)) => return Err(Error::Internal(cause)),
                Err(error) => return self.end(&host, &execution, not_begun(&error)).await,
            }
        }
        self.follow(&host, execution).await
    }

    /// Copies the file, marks the start, then sends it: in this order, so that it is never sent twice (J03).
    async fn begin(&self, host: &Host, execution: &mut Execution) -> Result<()> {
        let artifact = match execution.artifact_id {
            Some(id) => Some(self.db.run(move |connection| Artifact::by_id(connection, id)).await?),
            None => None,
        };
        if let Some(artifact) = &artifact {
            execution.place = crate::remote::new_token()?;
            self.move_to(execution, ExecutionState::Copying).await?;
            let mut file = self.store.open(artifact).await?;
            let mut placing =
                host.place(&execution.place, u64::try_from(artifact.size_bytes).unwrap_or_default()).await?;
            while let Some(bytes) = file.next().await? {
                placing.give(bytes).await?;
            }
            placing.finish().await?;
        } else if needs_file(execution) {
            return Err(Error::NotFound("This file"));
        }
        let parameters = ask::parameters(execution)?;
        self.move_to(execution, ExecutionState::Starting).await?;
        let file = artifact.as_ref().map(|artifact| (artifact.kind.file_name(), artifact.sha256.as_str()));
        host.start(&Job {
            name: &execution.command,
            script: &execution.script,
            parameters,
            place: &execution.place,
            run_as: &execution.run_as,
            as_root: execution.as_root,
            file,
        })
        .await
    }

    async fn move_to(&self, execution: &mut Execution, state: ExecutionState) -> Result<()> {
        let (held, place, now) = (execution.clone(), execution.place.clone(), self.clock.now());
        if !self.db.run(move |connection| held.move_to(connection, state, &place, now)).await? {
            return Err(lost());
        }
        execution.state = state;
        execution.started_at = execution.started_at.or(Some(now));
        Ok(())
    }

    /// Looks again and again, from where the last look ended, whoever made it.
    async fn follow(&self, host: &Host, mut execution: Execution) -> Result<()> {
        let mut heard = self.clock.now();
        let mut asked_to_end = false;
        loop {
            let id = execution.id;
            let stop = self.db.run(move |connection| Execution::by_id(connection, id)).await?.stop_asked_by;
            if let (Some(_), false) = (&stop, asked_to_end) {
                asked_to_end = matches!(host.end_run(&execution.place, execution.as_root).await, Ok(StillRunning::No));
            }
            execution.stop_asked_by = stop;
            let found = match host.look_at_run(&execution.place, execution.log_bytes).await {
                Ok(found) => found,
                Err(error) => {
                    tracing::debug!(server = host.name(), %error, "a run cannot be looked at now");
                    if self.clock.now() - heard > UNHEARD {
                        let why = Message::new("The server was not heard of for a day. Last reason: {why}");
                        return self.end(host, &execution, unknown(why.with_words("why", error.message()))).await;
                    }
                    tokio::time::sleep(AGAIN).await;
                    continue;
                }
            };
            heard = self.clock.now();
            let since_start = execution.started_at.map_or(TimeDelta::zero(), |started| heard - started);
            match found.standing {
                Standing::Gone | Standing::Starting if since_start < UNSEEN => {}
                Standing::Gone => {
                    let why =
                        "What it left on the server is gone. Look there before you repeat it: it may have been done";
                    return self.end(host, &execution, unknown(Message::new(why))).await;
                }
                Standing::Starting => {
                    let why = Message::new("It was sent, and did not begin on the server");
                    let end =
                        End { state: ExecutionState::Failed, exit_status: None, why: Some(why), answer: String::new() };
                    return self.end(host, &execution, end).await;
                }
                Standing::Running | Standing::Ended(_) => {
                    execution = self.keep(execution, found.log).await?;
                    if let (Standing::Ended(status), false) = (found.standing, found.more) {
                        let end = self.verdict(&execution, status, &found.answer).await?;
                        return self.end(host, &execution, end).await;
                    }
                    if found.more {
                        continue;
                    }
                }
            }
            tokio::time::sleep(LOOK).await;
        }
    }

    async fn keep(&self, mut execution: Execution, log: Vec<u8>) -> Result<Execution> {
        let now = self.clock.now();
        let kept = self.db.run(move |connection| {
            let kept = execution.append(connection, &log, now)?;
            Ok::<_, Error>((kept, execution))
        });
        let (kept, execution) = kept.await?;
        if kept { Ok(execution) } else { Err(lost()) }
    }

    async fn verdict(&self, execution: &Execution, status: Option<i32>, answer: &[u8]) -> Result<End> {
        let (id, from) = (execution.id, execution.log_bytes - TAIL);
        let parts = self.db.run(move |connection| Execution::output(connection, id, from)).await?;
        let log: Vec<u8> = parts.into_iter().flat_map(|part| part.bytes).collect();
        let known = CommandType::from_name(&execution.command_type);
        let ended = Ended {
            command_type: known.ok_or_else(|| Error::internal(anyhow::anyhow!("no such command type")))?,
            target: &execution.target,
            status,
            log: &log,
            answer,
            was_stopped: execution.stop_asked_by.is_some(),
        };
        Ok(ended.verdict())
    }

    /// Writes the end and its audit event together, then tidies up on the server.
    async fn end(&self, host: &Host, execution: &Execution, end: End) -> Result<()> {
        let (ended, now) = (execution.clone(), self.clock.now());
        let state = end.state;
        let entry = audit_entry(execution, host.name()).detail("state", state.name());
        let why = end.why.as_ref().map(ToString::to_string).unwrap_or_default();
        let status = end.exit_status.map(|status| status.to_string()).unwrap_or_default();
        let written = self.db.transaction(move |connection| {
            if !ended.end(connection, &end, now)? {
                return Ok(false);
            }
            if ended.command_type == CommandType::InspectFile.name() && end.state == ExecutionState::Succeeded {
                super::inspect::learn(connection, &ended, &end.answer)?;
            }
            let asked = entry.asked_before(ended.asked_number).detail("why", why).detail("exit_status", status);
            asked.ended(connection, outcome_of(end.state), now)?;
            Ok(true)
        });
        if written.await? && state != ExecutionState::Unknown && execution.state != ExecutionState::Queued {
            // What lies there is in nobody's way; the server forgets /var/tmp by itself.
            if let Err(problem) = host.clear_run(&execution.place, execution.as_root).await {
                tracing::debug!(server = host.name(), %problem, "what a run left could not be removed");
            }
        }
        Ok(())
    }
}

fn audit_entry(execution: &Execution, server: &str) -> AuditEntry {
    let action = CommandType::from_name(&execution.command_type).map_or("execution", CommandType::name);
    let kind = match execution.actor_kind.as_str() {
        "user" => "user",
        "token" => "token",
        _ => "system",
    };
    AuditEntry::by_kept(kind, &execution.actor, execution.address, action)
        .server(server)
        .target(&execution.target)
        .run_as(&execution.run_as)
        .detail("execution", execution.id)
}

fn outcome_of(state: ExecutionState) -> Outcome {
    match state {
        ExecutionState::Succeeded | ExecutionState::Partly => Outcome::Succeeded,
        ExecutionState::Unknown => Outcome::Unknown,
        _ => Outcome::Failed,
    }
}

/// Whether the server may have begun although we did not hear of it.
fn may_have_begun(error: &Error) -> bool {
    let Error::Remote(remote) = error else { return false };
    match &**remote {
        RemoteError::CutOff { .. }
        | RemoteError::DeadlinePassed { .. }
        | RemoteError::NoStatus { .. }
        | RemoteError::Killed { .. }
        | RemoteError::OutputLimit { .. } => true,
        RemoteError::Failed { stderr, .. } => stderr.contains("this was started before"),
        _ => false,
    }
}

fn needs_file(execution: &Execution) -> bool {
    let with_file = [CommandType::InstallFile, CommandType::InspectFile];
    with_file.iter().any(|kind| kind.name() == execution.command_type)
}

fn stopped() -> End {
    let why = Some(Message::new("It was stopped before it began"));
    End { state: ExecutionState::Stopped, exit_status: None, why, answer: String::new() }
}

fn not_begun(error: &Error) -> End {
    let said = match error {
        Error::Remote(remote) => remote.evidence().to_owned(),
        _ => String::new(),
    };
    let why = if said.is_empty() {
        Message::new("Nothing was changed. {why}").with_words("why", error.message())
    } else {
        Message::new("Nothing was changed. {why}: {said}").with_words("why", error.message()).with("said", said)
    };
    End { state: ExecutionState::Failed, exit_status: None, why: Some(why), answer: String::new() }
}

fn unknown(why: Message) -> End {
    End { state: ExecutionState::Unknown, exit_status: None, why: Some(why), answer: String::new() }
}

fn lost() -> Error {
    Error::internal(anyhow::anyhow!("stale: another worker has the run now"))
}
