//! A command from its claim to its end: it runs on a connection of its own, what it prints is kept as it comes, and it ends at
//! its time limit, on request, or where it prints too much. Then the next one of those that were asked for together begins.

pub(super) mod ends;

use std::time::Duration;

use bytes::Bytes;
use tokio::time::{Instant, sleep, timeout};
use tokio_util::sync::CancellationToken;

use super::ask::USUAL_SECONDS;
use crate::clock::Clock;
use crate::commands::Acting;
use crate::commands::run_command::RunCommand;
use crate::commands::variables::Variables;
use crate::db::{Connection, Db};
use crate::error::{Error, Result, StillRunning};
use crate::installations::ask::RunExecution;
use crate::models::actor::{Actor, Scope};
use crate::models::audit::AuditEntry;
use crate::models::command_runs::CommandRun;
use crate::models::executions::{End, Execution, ExecutionState};
use crate::models::ids::ExecutionId;
use crate::models::servers::Server;
use crate::queue::entry;
use crate::remote::host::Host;
use crate::remote::hosts::Hosts;
use crate::remote::running::{Running, Wanted};
pub(super) use ends::never_begun;
use ends::{cut_off, ended, left, lost_with_its_process, outcome_of, refused, stopped, too_long, too_much};

/// How much of what a command prints is kept; it is ended where there is more (X01), bytes.
pub const OUTPUT_LIMIT: usize = 4 << 20;
/// Between two looks for somebody who asked for its end.
const LOOK: Duration = Duration::from_millis(300);
/// Between two signs of life; a claim holds for four of them.
const HEARTBEAT: Duration = Duration::from_secs(15);

/// What commands are worked on with.
#[derive(Clone)]
pub struct Commands {
    /// The database.
    pub db: Db,
    /// The way to servers.
    pub hosts: Hosts,
    /// The time.
    pub clock: Clock,
    /// Told when the process ends: what runs ends with it.
    pub stop: CancellationToken,
}

impl Commands {
    /// Works on one claim until the command has ended; false where the entry is about something else.
    pub async fn work(&self, job: &RunExecution) -> Result<bool> {
        self.work_aloud(job, &mut |_: &[u8]| ()).await
    }

    /// The same for whoever asked for it in this process, who hears what comes.
    pub async fn work_aloud(&self, job: &RunExecution, hear: &mut (dyn FnMut(&[u8]) + Send)) -> Result<bool> {
        let (id, token, now) = (job.execution, job.token, self.clock.now());
        let claimed = self.db.transaction(move |connection| {
            let row = Execution::by_id(connection, id)?;
            if !RunCommand::is(&row.command_type) {
                return Ok(None);
            }
            let claimed = Execution::claim(connection, id, token, now)?;
            if claimed.is_none() {
                pass_on(connection, id)?;
            }
            Ok(Some(claimed))
        });
        let Some(claimed) = claimed.await? else { return Ok(false) };
        if let Some(execution) = claimed {
            tokio::select! {
                done = self.go(execution.clone(), hear) => done?,
                () = self.taken_over(&execution) => {}
            }
        }
        Ok(true)
    }

    /// Shows signs of life for as long as the claim is held; returns when it was lost.
    async fn taken_over(&self, execution: &Execution) {
        loop {
            sleep(HEARTBEAT).await;
            let (held, now) = (execution.clone(), self.clock.now());
            if matches!(self.db.run(move |connection| held.renew(connection, now)).await, Ok(false)) {
                return;
            }
        }
    }

    async fn go(&self, mut execution: Execution, hear: &mut (dyn FnMut(&[u8]) + Send)) -> Result<()> {
        let id = execution.server_id;
        let server = self.db.run(move |connection| Server::by_id(connection, &Scope::All, id)).await?;
        let host = self.hosts.of(Actor::system("commands"), server);
        let end = match execution.state {
            // Whoever ran it is gone, and with it the connection that it ran on.
            ExecutionState::Starting | ExecutionState::Running => lost_with_its_process(),
            _ if execution.stop_asked_by.is_some() => stopped(StillRunning::No),
            _ => match Variables::kept(&execution.variables) {
                Ok(variables) => self.run(&host, &mut execution, variables, hear).await?,
                Err(why) => refused(why),
            },
        };
        self.end(&host, &execution, end).await
    }

    /// Marks the start, then runs it: in this order, so that it never runs twice (J03).
    async fn run(
        &self,
        host: &Host,
        execution: &mut Execution,
        variables: Variables,
        hear: &mut (dyn FnMut(&[u8]) + Send),
    ) -> Result<End> {
        let (held, now) = (execution.clone(), self.clock.now());
        if !self.db.run(move |connection| held.starts(connection, now)).await? {
            return Ok(stopped(StillRunning::No));
        }
        execution.state = ExecutionState::Starting;
        let seconds = u64::from(execution.time_limit_seconds.unwrap_or(USUAL_SECONDS).unsigned_abs());
        let (limit, began) = (Duration::from_secs(seconds), Instant::now());
        let wanted = Wanted {
            name: &execution.command,
            script: &execution.script,
            command: RunCommand {
                words: execution.words.clone().unwrap_or_default(),
                variables,
                acting: if execution.as_root { Acting::Root } else { Acting::User },
            },
            run_as: &execution.run_as,
        };
        let mut running = match timeout(limit, host.run_command(wanted)).await {
            Ok(Ok(running)) => running,
            Ok(Err(error)) => return Ok(cut_off(&error)),
            Err(_) => return Ok(too_long(seconds, StillRunning::Unknown)),
        };
        self.listen(execution, &mut running, (seconds, began + limit), hear).await
    }

    /// Keeps what it prints until it ends, or is ended.
    async fn listen(
        &self,
        execution: &mut Execution,
        running: &mut Running,
        (seconds, until): (u64, Instant),
        hear: &mut (dyn FnMut(&[u8]) + Send),
    ) -> Result<End> {
        let mut size = 0;
        // Both outlive the pieces: what prints without a pause is ended all the same.
        let mut asked_to_end = std::pin::pin!(self.asked_to_end(execution.id));
        let mut time_is_up = std::pin::pin!(tokio::time::sleep_until(until));
        loop {
            let piece = tokio::select! {
                biased;
                () = &mut asked_to_end => Err(stopped(running.stop().await)),
                () = &mut time_is_up => Err(too_long(seconds, running.stop().await)),
                piece = running.gather() => Ok(piece),
                () = self.stop.cancelled() => {
                    running.stop().await;
                    Err(lost_with_its_process())
                }
            };
            let piece = match piece {
                Ok(piece) => piece,
                Err(end) => {
                    let rest = running.gathered();
                    let rest = rest.slice(..OUTPUT_LIMIT.saturating_sub(size).min(rest.len()));
                    hear(&rest);
                    self.keep(execution, rest).await?;
                    return Ok(end);
                }
            };
            match piece {
                Ok((bytes, is_last)) => {
                    let room = OUTPUT_LIMIT.saturating_sub(size);
                    let kept = bytes.slice(..room.min(bytes.len()));
                    size += kept.len();
                    hear(&kept);
                    self.keep(execution, kept).await?;
                    if bytes.len() > room {
                        return Ok(too_much(OUTPUT_LIMIT, running.stop().await));
                    }
                    if is_last {
                        break;
                    }
                }
                Err(error) => return Ok(cut_off(&error)),
            }
        }
        match running.ended() {
            Ok(how) => {
                let (end, said) = ended(how);
                if !said.is_empty() {
                    hear(said.as_bytes());
                    self.keep(execution, Bytes::from(said)).await?;
                }
                Ok(end)
            }
            Err(error) => Ok(cut_off(&error)),
        }
    }

    /// Returns when somebody has asked for the end.
    async fn asked_to_end(&self, id: ExecutionId) {
        loop {
            sleep(LOOK).await;
            if matches!(self.db.run(move |connection| Execution::stop_asked_by(connection, id)).await, Ok(Some(_))) {
                return;
            }
        }
    }

    async fn keep(&self, execution: &mut Execution, bytes: Bytes) -> Result<()> {
        let (mut held, now) = (execution.clone(), self.clock.now());
        let kept = self.db.run(move |connection| {
            let kept = held.append(connection, &bytes, now)?;
            Ok::<_, Error>((kept, held))
        });
        let (kept, held) = kept.await?;
        *execution = held;
        if kept { Ok(()) } else { Err(Error::internal(anyhow::anyhow!("stale: another worker has the run now"))) }
    }

    /// Writes the end and its audit event together, and lets the next one begin or leaves the rest.
    async fn end(&self, host: &Host, execution: &Execution, end: End) -> Result<()> {
        let (ended, now, server) = (execution.clone(), self.clock.now(), host.name().to_owned());
        self.db
            .transaction(move |connection| {
                if !ended.end(connection, &end, now)? {
                    return pass_on(connection, ended.id);
                }
                let run = CommandRun::by_id(connection, ended.id)?;
                record(connection, &run, &server, &end, now)?;
                go_on(connection, &run, &server, &end, now)
            })
            .await
    }
}

/// The audit event about the end of one.
pub(super) fn record(
    connection: &mut Connection,
    run: &CommandRun,
    server: &str,
    end: &End,
    now: chrono::DateTime<chrono::Utc>,
) -> Result<()> {
    let command = RunCommand { words: run.text().to_owned(), ..RunCommand::default() };
    let action = <RunCommand as crate::commands::Command>::TYPE.name();
    let entry = AuditEntry::by_kept(&run.actor_kind, &run.actor, run.address, action)
        .server(server)
        .target(&crate::commands::Change::target(&command))
        .run_as(if run.as_root { "root" } else { &run.run_as })
        .detail("execution", run.id)
        .detail("state", end.state.name())
        .detail("why", end.why.as_ref().map(ToString::to_string).unwrap_or_default())
        .detail("exit_status", end.exit_status.map(|status| status.to_string()).unwrap_or_default());
    entry.asked_before(run.asked_number).ended(connection, outcome_of(end.state), now).map(drop)
}

/// The next one's entry in the queue, or the end of all that were to follow.
fn go_on(
    connection: &mut Connection,
    run: &CommandRun,
    server: &str,
    end: &End,
    now: chrono::DateTime<chrono::Utc>,
) -> Result<()> {
    let goes_on = match end.state {
        ExecutionState::Succeeded => true,
        ExecutionState::Failed => run.goes_on,
        _ => false,
    };
    if goes_on {
        return begin_next(connection, run);
    }
    for next in run.rest_of(connection)? {
        let end = left();
        if next.leave(connection, &end, now)? {
            record(connection, &next, server, &end, now)?;
        }
    }
    Ok(())
}

/// Lets the next one begin where this one was stopped when it stood in the queue already: whoever stopped it leaves that to
/// whoever comes to work on it. A second entry for the same one does nothing.
fn pass_on(connection: &mut Connection, id: ExecutionId) -> Result<()> {
    let run = CommandRun::by_id(connection, id)?;
    if run.ended_at.is_some() && run.started_at.is_none() { begin_next(connection, &run) } else { Ok(()) }
}

fn begin_next(connection: &mut Connection, run: &CommandRun) -> Result<()> {
    if let Some(next) = run.next_of(connection)? {
        entry(&RunExecution { execution: next.id, token: 0 })?.insert(connection)?;
    }
    Ok(())
}
