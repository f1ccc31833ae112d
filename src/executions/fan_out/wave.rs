//! Executions of a fan-out on this process: begun some at a time, each followed to its end.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use sha2::{Digest, Sha256};
use tokio::time::{Instant, sleep_until, timeout};
use tokio_util::sync::CancellationToken;

use super::asker;
use super::work::Course;
use crate::commands::run_command::RunCommand;
use crate::commands::{Change, Command};
use crate::db::Connection;
use crate::db::types::Address;
use crate::error::{Error, Result, StillRunning};
use crate::executions::run::OUTPUT_LIMIT;
use crate::executions::run::ends::{cut_off, ended, lost_with_its_process, stopped, too_long, too_much};
use crate::language::Message;
use crate::models::actor::Actor;
use crate::models::audit::{Asked, AuditEntry};
use crate::models::command_runs::NewCommandRun;
use crate::models::executions::{End, ExecutionState};
use crate::models::fan_outs::{FanOut, MemberState, NewStarted};
use crate::models::ids::{ExecutionId, ServerId};
use crate::models::servers::Server;
use crate::remote::many::ReadyCommand;
use crate::remote::new_token;
use crate::remote::running::Running;

/// How long one that is about to start is waited for once nobody wants it any more.
const STARTING: Duration = Duration::from_secs(5);
/// Characters of a command that lists of executions name.
const TARGET: usize = 255;

/// One that is to run here; its start is written already.
pub(super) struct Begun {
    ready: ReadyCommand,
    pub(super) id: ExecutionId,
    asked: Asked,
    /// Told when somebody asks for its end.
    pub(super) stop: CancellationToken,
}

impl Course {
    /// Weighs and writes the start of these, with the rights that whoever asked has at this moment (Z04); gives those that are to run,
    /// and how many may not. Where it was asked to end meanwhile, or another process has it now, nothing begins any more.
    pub(super) async fn begin(&self, servers: Vec<Server>) -> Result<(Vec<Begun>, usize)> {
        let (fan_out, now) = (Arc::clone(&self.fan_out), self.with.clock.now());
        let actor = match self.with.db.run(move |connection| asker(connection, &fan_out, now)).await? {
            Ok(actor) => actor,
            Err(why) => {
                let (id, count) = (self.fan_out.id, servers.len());
                let refused = (MemberState::Refused, why);
                let refuse = move |connection: &mut Connection| {
                    Ok::<_, Error>(FanOut::leave(connection, id, (refused.0, &refused.1))?)
                };
                self.with.db.run(refuse).await?;
                return Ok((Vec::new(), count));
            }
        };
        let ready = self.with.hosts.ready_for(&actor, servers, &self.command).await?;
        let (mut able, mut refused): (Vec<ReadyCommand>, Vec<(ServerId, Message)>) = (Vec::new(), Vec::new());
        for (server, ready) in ready {
            match ready {
                Ok(ready) => able.push(ready),
                Err(why) => refused.push((server.id, why.message())),
            }
        }
        let count = refused.len();
        let new: Vec<(ServerId, NewCommandRun, AuditEntry)> =
            able.iter().map(|ready| self.row_of(&actor, ready)).collect::<Result<_>>()?;
        let (fan_out, now) = (Arc::clone(&self.fan_out), self.with.clock.now());
        let begun = self.with.db.transaction(move |connection| {
            if !fan_out.may_begin(connection)? {
                return Ok(None);
            }
            FanOut::refuse(connection, fan_out.id, &refused)?;
            write_starts(connection, &fan_out, new, now).map(Some)
        });
        let Some(mut begun) = begun.await? else {
            self.halt.cancel();
            return Ok((Vec::new(), 0));
        };
        let begun = able.into_iter().filter_map(|ready| {
            let at = begun.iter().position(|(server, ..)| *server == ready.server().id)?;
            let (_, id, asked) = begun.swap_remove(at);
            Some(Begun { ready, id, asked, stop: CancellationToken::new() })
        });
        Ok((begun.collect(), count))
    }

    fn row_of(&self, actor: &Actor, ready: &ReadyCommand) -> Result<(ServerId, NewCommandRun, AuditEntry)> {
        let (begun, fan_out) = (ready.begun(0), &self.fan_out);
        let new = NewCommandRun {
            server_id: ready.server().id,
            command_type: RunCommand::TYPE.name(),
            command: begun.command,
            line: begun.line,
            script: begun.script,
            as_root: begun.as_root,
            run_as: begun.run_as,
            target: self.command.target().chars().take(TARGET).collect(),
            actor_kind: actor.kind_name(),
            actor: actor.name.clone(),
            address: actor.address.map(|address| Address(address.to_canonical())),
            asked_number: 0,
            place: new_token()?,
            queued_at: self.with.clock.now(),
            words: self.command.words.clone(),
            batch: None,
            position: 0,
            goes_on: false,
            time_limit_seconds: fan_out.time_limit_seconds,
            delivery_id: None,
            delivery_place: None,
            variables: serde_json::to_value(&self.command.variables).map_err(Error::internal)?,
        };
        Ok((ready.server().id, new, ready.entry()))
    }

    /// Runs one to its end, and writes it; how it ended.
    pub(super) async fn follow(self, begun: Begun) -> Result<ExecutionState> {
        let mut heard = Heard::default();
        let (end, rest) = self.run(&begun, &mut heard).await?;
        let state = end.state;
        heard.digest.update(&rest);
        let ending = (end, heard.digest.finalize().to_vec());
        self.writer.end(begun.id, (heard.size, rest), ending, begun.asked).await?;
        Ok(state)
    }

    async fn run(&self, begun: &Begun, heard: &mut Heard) -> Result<(End, Bytes)> {
        let seconds = u64::from(self.fan_out.time_limit_seconds.unsigned_abs());
        let (limit, since) = (Duration::from_secs(seconds), Instant::now());
        let alone = |end: End| Ok((end, Bytes::new()));
        let mut starting = std::pin::pin!(timeout(limit, begun.ready.start(&self.command)));
        let started = tokio::select! {
            biased;
            () = begun.stop.cancelled() => return alone(stopped(no_longer_wanted(starting.as_mut()).await)),
            started = &mut starting => started,
        };
        let mut running = match started {
            Ok(Ok(running)) => running,
            Ok(Err(error)) => return alone(cut_off(&error)),
            Err(_) => return alone(too_long(seconds, StillRunning::Unknown)),
        };
        loop {
            let piece = tokio::select! {
                biased;
                () = begun.stop.cancelled() => Err(stopped(running.stop().await)),
                () = sleep_until(since + limit) => Err(too_long(seconds, running.stop().await)),
                () = self.with.stop.cancelled() => {
                    running.stop().await;
                    Err(lost_with_its_process())
                }
                piece = running.gather() => piece.map_err(|error| cut_off(&error)),
            };
            let room = OUTPUT_LIMIT.saturating_sub(heard.size);
            let (bytes, is_last) = match piece {
                Ok(piece) => piece,
                Err(end) => {
                    let rest = running.gathered();
                    let rest = rest.slice(..room.min(rest.len()));
                    self.hear(begun, &rest);
                    return Ok((end, rest));
                }
            };
            let kept = bytes.slice(..room.min(bytes.len()));
            self.hear(begun, &kept);
            if bytes.len() > room {
                return Ok((too_much(OUTPUT_LIMIT, running.stop().await), kept));
            }
            if is_last {
                return Ok(match running.ended() {
                    Ok(how) => {
                        let (end, said) = ended(how);
                        self.hear(begun, said.as_bytes());
                        (end, [kept.as_ref(), said.as_bytes()].concat().into())
                    }
                    Err(error) => (cut_off(&error), kept),
                });
            }
            heard.digest.update(&kept);
            let at = heard.size;
            heard.size += kept.len();
            if !kept.is_empty() || at == 0 {
                self.writer.output(begun.id, at, kept).await?;
            }
        }
    }

    fn hear(&self, begun: &Begun, bytes: &[u8]) {
        if let Some(hear) = &self.hear {
            hear(&begun.ready.server().name, bytes);
        }
    }
}

/// Ends what is about to start: whether it runs is known once it has, or has not. A server that is not reached meanwhile may be later.
async fn no_longer_wanted<E>(starting: impl Future<Output = std::result::Result<Result<Running>, E>>) -> StillRunning {
    match timeout(STARTING, starting).await {
        Ok(Ok(Ok(mut running))) => running.stop().await,
        Ok(Ok(Err(Error::Remote(error)))) if error.may_have_run() => StillRunning::Unknown,
        Ok(Ok(Err(_))) => StillRunning::No,
        Ok(Err(_)) | Err(_) => StillRunning::Unknown,
    }
}

/// What one has printed so far.
#[derive(Default)]
struct Heard {
    size: usize,
    digest: Sha256,
}

/// Executions and "asked" events of those whose turn it still is, all or nothing: what stands there is sent by this process alone (J03).
fn write_starts(
    connection: &mut Connection,
    fan_out: &FanOut,
    new: Vec<(ServerId, NewCommandRun, AuditEntry)>,
    now: chrono::DateTime<chrono::Utc>,
) -> Result<Vec<(ServerId, ExecutionId, Asked)>> {
    let servers: Vec<ServerId> = new.iter().map(|(server, ..)| *server).collect();
    let waiting = FanOut::still_waiting(connection, fan_out.id, &servers)?;
    let (runs, entries): (Vec<NewCommandRun>, Vec<AuditEntry>) =
        new.into_iter().filter(|(server, ..)| waiting.contains(server)).map(|(_, run, entry)| (run, entry)).unzip();
    let asked = AuditEntry::asked_all(connection, entries, now)?;
    let runs: Vec<NewStarted> = runs
        .into_iter()
        .zip(&asked)
        .map(|(run, asked)| NewStarted::new(NewCommandRun { asked_number: asked.number, ..run }, now))
        .collect();
    let servers: Vec<ServerId> = runs.iter().map(NewStarted::server).collect();
    let begun = NewStarted::insert_all(connection, fan_out.id, &runs)?;
    let found = |server: ServerId| begun.iter().find(|(one, _)| *one == server).map(|(_, id)| *id);
    servers
        .into_iter()
        .zip(asked)
        .map(|(server, asked)| {
            let id = found(server).ok_or_else(|| Error::internal(anyhow::anyhow!("an execution was not written")))?;
            Ok((server, id, asked))
        })
        .collect()
}
