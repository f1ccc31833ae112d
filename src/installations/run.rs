//! A run from its claim to its end: the file is copied, the start is sent once, and what the server tells is kept.

mod ends;

use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::artifact_store::ArtifactStore;
use super::ask::{self, RunExecution};
use super::verdict::{self, Ended};
use crate::clock::Clock;
use crate::commands::cron::RunCronLine;
use crate::commands::{Command, CommandType, Parameters};
use crate::db::Db;
use crate::error::{Error, Result};
use crate::language::Message;
use crate::models::actor::{Actor, Scope};
use crate::models::artifacts::Artifact;
use crate::models::audit::AuditEntry;
use crate::models::crontab_runs::CrontabRun;
use crate::models::executions::{End, Execution, ExecutionState};
use crate::models::ids::ExecutionId;
use crate::models::servers::Server;
use crate::remote::detached::{Job, Placed, Standing, Whereabouts};
use crate::remote::host::Host;
use crate::remote::hosts::Hosts;
use crate::secret::seal::Sealer;
use ends::{not_begun, outcome_of, stopped, unknown};

/// Between two looks at a run.
const LOOK: Duration = Duration::from_millis(700);
/// Between two looks at one whose server does not answer.
const AGAIN: Duration = Duration::from_secs(5);
/// Between two signs of life; a claim holds for four of them.
const HEARTBEAT: Duration = Duration::from_secs(15);
/// How long the folder of a run may not be found after its start was sent, before it is taken for gone. Counted from the first
/// look that did not find it: a connection that is cut at the start says nothing of what the server does.
const UNSEEN: Duration = Duration::from_secs(20);
/// How long a run may take to begin: its file is copied once more there, and its digest compared.
const UNBEGUN: Duration = Duration::from_mins(15);
/// How long a server may not answer before nobody waits for its run any more.
const UNHEARD: Duration = Duration::from_hours(24);
/// The claim at which a fault of ours ends what has not begun: tokens count from 0.
const LAST_CLAIM: i64 = 2;

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
    /// Opens what runs are given that may be a secret.
    pub sealer: Arc<Sealer>,
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
                Ok(true) => {}
                Ok(false) => return self.end(&host, &execution, stopped()).await,
                Err(Error::Remote(error)) if error.may_have_run() && execution.state == ExecutionState::Starting => {
                    tracing::debug!(server = host.name(), %error, "a start was not answered: the run is looked for");
                }
                Err(Error::Internal(cause)) if execution.token < LAST_CLAIM => return Err(Error::Internal(cause)),
                Err(error) => return self.end(&host, &execution, not_begun(&error)).await,
            }
        }
        self.follow(&host, execution).await
    }

    /// Copies the file, marks the start, then sends it: in this order, so that it is never sent twice (J03). False where
    /// somebody asked for its end first: then nothing was sent.
    async fn begin(&self, host: &Host, execution: &mut Execution) -> Result<bool> {
        let id = execution.id;
        let artifact = tokio::select! {
            copied = self.copy(host, execution) => copied?,
            () = self.asked_to_end(id) => return Ok(false),
        };
        let parameters = self.parameters(execution).await?;
        if !self.start(execution).await? {
            return Ok(false);
        }
        let file = artifact.as_ref().map(|artifact| Placed {
            place: &execution.file_place,
            name: artifact.kind.file_name(),
            digest: &artifact.sha256,
        });
        let job = Job {
            name: &execution.command,
            script: &execution.script,
            parameters,
            place: &execution.place,
            run_as: &execution.run_as,
            as_root: execution.as_root,
            file,
        };
        host.start(&job).await.map(|()| true)
    }

    /// What its script is given: what stands in its row, or what was kept for it until now.
    async fn parameters(&self, execution: &Execution) -> Result<Parameters> {
        if execution.command_type != RunCronLine::TYPE.name() {
            return ask::parameters(execution);
        }
        let (id, sealer) = (execution.id, Arc::clone(&self.sealer));
        let text = self.db.transaction(move |connection| {
            let text = CrontabRun::open(connection, &sealer, id)?;
            CrontabRun::forget(connection, id)?;
            Ok(text)
        });
        let line: RunCronLine = serde_json::from_str(text.await?.expose()).map_err(Error::internal)?;
        Ok(line.parameters())
    }

    /// Brings the file there, if there is one. Begun anew, what came before is removed.
    async fn copy(&self, host: &Host, execution: &mut Execution) -> Result<Option<Artifact>> {
        let Some(id) = execution.artifact_id else {
            return if needs_file(execution) { Err(Error::NotFound("This file")) } else { Ok(None) };
        };
        let artifact = self.db.run(move |connection| Artifact::by_id(connection, id)).await?;
        if !execution.file_place.is_empty() {
            host.clear_run(whereabouts(execution)).await?;
        }
        execution.file_place = crate::remote::new_token()?;
        let (held, place) = (execution.clone(), execution.file_place.clone());
        if !self.db.run(move |connection| held.copies_to(connection, &place)).await? {
            return Err(lost());
        }
        execution.state = ExecutionState::Copying;
        let mut file = self.store.open(&artifact).await?;
        let size = u64::try_from(artifact.size_bytes).unwrap_or_default();
        let mut placing = host.place(&execution.file_place, size).await?;
        while let Some(bytes) = file.next().await? {
            placing.give(bytes).await?;
        }
        placing.finish().await?;
        Ok(Some(artifact))
    }

    /// Marks the start, unless somebody asked for the end.
    async fn start(&self, execution: &mut Execution) -> Result<bool> {
        let (held, now) = (execution.clone(), self.clock.now());
        let (started, stop) = self
            .db
            .run(move |connection| {
                let started = held.starts(connection, now)?;
                Ok::<_, Error>((started, Execution::stop_asked_by(connection, held.id)?))
            })
            .await?;
        match (started, stop) {
            (true, _) => execution.state = ExecutionState::Starting,
            (false, Some(_)) => return Ok(false),
            (false, None) => return Err(lost()),
        }
        Ok(true)
    }

    /// Returns when somebody has asked for the end.
    async fn asked_to_end(&self, id: ExecutionId) {
        loop {
            tokio::time::sleep(LOOK).await;
            if matches!(self.db.run(move |connection| Execution::stop_asked_by(connection, id)).await, Ok(Some(_))) {
                return;
            }
        }
    }

    /// Looks again and again, from where the last look ended, whoever made it.
    async fn follow(&self, host: &Host, mut execution: Execution) -> Result<()> {
        let mut heard = Instant::now();
        // Since when nothing runs there, as far as each look found.
        let mut idle: Option<Instant> = None;
        loop {
            let id = execution.id;
            execution.stop_asked_by = self.db.run(move |connection| Execution::stop_asked_by(connection, id)).await?;
            // At each look: what was asked too early for anything to be ended, or was not answered, is asked again.
            if execution.stop_asked_by.is_some()
                && let Err(problem) = host.end_run(whereabouts(&execution)).await
            {
                tracing::debug!(server = host.name(), %problem, "a run could not be ended now");
            }
            let found = match host.look_at_run(whereabouts(&execution), execution.log_bytes, &verdict::signs()).await {
                Ok(found) => found,
                Err(error) => {
                    tracing::debug!(server = host.name(), %error, "a run cannot be looked at now");
                    if heard.elapsed() > UNHEARD {
                        let why = Message::new("The server was not heard of for a day. Last reason: {why}");
                        return self.end(host, &execution, unknown(why.with_words("why", error.message()))).await;
                    }
                    tokio::time::sleep(AGAIN).await;
                    continue;
                }
            };
            heard = Instant::now();
            match found.standing {
                Standing::Gone | Standing::Starting => {
                    let since = *idle.get_or_insert(heard);
                    let patience = if found.standing == Standing::Gone { UNSEEN } else { UNBEGUN };
                    if since.elapsed() > patience {
                        let why = "What it left on the server is gone. Look there before you repeat it: it may have been done";
                        return self.end(host, &execution, unknown(Message::new(why))).await;
                    }
                }
                Standing::Running | Standing::Ended(_) => {
                    idle = None;
                    execution = self.keep(execution, found.log).await?;
                    if let (Standing::Ended(status), false) = (found.standing, found.more) {
                        let end = self.verdict(&execution, status, (&found.sign, &found.answer)).await?;
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

    async fn verdict(&self, execution: &Execution, status: Option<i32>, (sign, answer): (&[u8], &[u8])) -> Result<End> {
        let id = execution.id;
        let Some(command_type) = CommandType::from_name(&execution.command_type) else {
            let why = "It ended, and this version of hannun does not know the command: the log shows how";
            return Ok(End { exit_status: status, ..unknown(Message::new(why)) });
        };
        // All that is kept: a part may begin long before the end and hold what matters.
        let parts = self.db.run(move |connection| Execution::output(connection, id, 0)).await?;
        let log: Vec<u8> = parts.into_iter().flat_map(|part| part.bytes).collect();
        let ended = Ended {
            command_type,
            target: &execution.target,
            status,
            log: &log,
            sign,
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
                super::known::learn(connection, &ended, &end.answer, now)?;
            }
            CrontabRun::forget(connection, ended.id)?;
            let asked = entry.asked_before(ended.asked_number).detail("why", why).detail("exit_status", status);
            asked.ended(connection, outcome_of(end.state), now)?;
            Ok(true)
        });
        if written.await? && state != ExecutionState::Unknown && execution.state != ExecutionState::Queued {
            // What lies there is in nobody's way; the server forgets /var/tmp by itself.
            if let Err(problem) = host.clear_run(whereabouts(execution)).await {
                tracing::debug!(server = host.name(), %problem, "what a run left could not be removed");
            }
        }
        Ok(())
    }
}

fn audit_entry(execution: &Execution, server: &str) -> AuditEntry {
    let action = CommandType::from_name(&execution.command_type).map_or("execution", CommandType::name);
    AuditEntry::by_kept(&execution.actor_kind, &execution.actor, execution.address, action)
        .server(server)
        .target(&execution.target)
        .run_as(&execution.run_as)
        .detail("execution", execution.id)
}

fn whereabouts(execution: &Execution) -> Whereabouts<'_> {
    Whereabouts { place: &execution.place, file_place: &execution.file_place, as_root: execution.as_root }
}

fn needs_file(execution: &Execution) -> bool {
    let with_file = [CommandType::InstallFile, CommandType::InspectFile];
    with_file.iter().any(|kind| kind.name() == execution.command_type)
}

fn lost() -> Error {
    Error::internal(anyhow::anyhow!("stale: another worker has the run now"))
}
