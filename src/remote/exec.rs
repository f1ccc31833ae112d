//! One script, run once: its output between marks, with a deadline, a cap and one of four ends (P08, X01, X02).

use std::time::Duration;

use bytes::Bytes;
use tokio::sync::oneshot;
use tokio::time::{Instant, sleep_until};

use super::budget::{Budget, Full, Kept};
use super::channel::{Event, ShellChannel};
use super::endpoint::Endpoint;
use super::failure::words;
use super::gate::Farewell;
use super::privilege::{Found, Prompts};
use super::ready::Ears;
use super::request::{Answer, Request};
use super::stop::stop;
use crate::config::RemoteConfig;
use crate::error::{RemoteError, Stage};

/// How long output may stay open after the shell has ended: a child in the background may hold it for ever.
const AFTER_EXIT: Duration = Duration::from_secs(1);

/// Runs `request`, whose script is on its way, to the end; stops it when `caller` is gone.
pub(super) async fn run(
    channel: ShellChannel,
    endpoint: &Endpoint,
    request: Request,
    config: &RemoteConfig,
    budget: &Budget,
    began: Instant,
    caller: &mut oneshot::Sender<Result<Answer, RemoteError>>,
) -> Result<Answer, RemoteError> {
    let until = began + request.deadline;
    let password = endpoint.sudo_password.clone().filter(|_| request.may_ask_password);
    let run = Run {
        ears: Ears::new(&request.token),
        prompts: Prompts::new(request.token.clone(), password),
        stdout: budget.buffer(config.output_limit),
        stderr: budget.buffer(config.error_limit),
        server: endpoint.name.clone(),
        end: None,
        request,
        channel,
        began,
    };
    run.finish(until, caller).await
}

/// How the shell ended, as far as the server said.
enum End {
    Status(u32),
    Signal(String),
}

/// Why a run is stopped from our side.
enum Stop {
    Deadline,
    Full(Full),
    NoPrivilege,
    Chatter,
}

struct Run {
    server: String,
    request: Request,
    channel: ShellChannel,
    ears: Ears,
    prompts: Prompts,
    stdout: Kept,
    stderr: Kept,
    end: Option<End>,
    began: Instant,
}

impl Run {
    async fn finish(
        mut self,
        until: Instant,
        caller: &mut oneshot::Sender<Result<Answer, RemoteError>>,
    ) -> Result<Answer, RemoteError> {
        let deadline = sleep_until(until);
        tokio::pin!(deadline);
        loop {
            let event = tokio::select! {
                biased;
                () = &mut deadline => match self.end {
                    // It has ended; only something in the background still holds its output.
                    Some(_) => Event::Closed,
                    None => return Err(self.give_up(Stop::Deadline).await),
                },
                () = caller.closed() => return Err(self.give_up(Stop::Deadline).await),
                event = self.channel.next() => event,
            };
            let taken = match event {
                Event::Out(bytes) => self.take_output(bytes),
                Event::Err(bytes) => self.take_error(bytes),
                Event::Status(status) => {
                    self.end = Some(End::Status(status));
                    deadline.as_mut().reset(until.min(Instant::now() + AFTER_EXIT));
                    Ok(())
                }
                Event::Signal(signal) => {
                    self.end = Some(End::Signal(signal));
                    deadline.as_mut().reset(until.min(Instant::now() + AFTER_EXIT));
                    Ok(())
                }
                Event::Refused => return Err(self.unusable("it does not run commands")),
                Event::Closed => return self.conclude().await,
                Event::Gone => return Err(self.gone()),
            };
            if let Err(stop) = taken {
                return Err(self.give_up(stop).await);
            }
        }
    }

    fn take_output(&mut self, bytes: Bytes) -> Result<(), Stop> {
        let was_ready = self.ears.are_ready();
        let output = self.ears.output(bytes).map_err(|_endless| Stop::Chatter)?;
        if !was_ready && self.ears.are_ready() {
            // Only now: a shell that reads ahead would execute what comes too early.
            let feed = std::mem::take(&mut self.request.feed);
            if !feed.is_empty() {
                self.channel.tell(Bytes::from(feed));
            }
            if !self.prompts.may_come() {
                self.channel.end_input();
            }
        }
        self.stdout.push(&output).map_err(Stop::Full)
    }

    fn take_error(&mut self, bytes: Bytes) -> Result<(), Stop> {
        let output = self.ears.errors(bytes).map_err(|_endless| Stop::Chatter)?;
        self.stderr.push(&output).map_err(Stop::Full)?;
        loop {
            match self.prompts.look(&mut self.stderr) {
                Found::Nothing => return Ok(()),
                Found::Refused => return Err(Stop::NoPrivilege),
                Found::Question => {
                    if let Some(answer) = self.prompts.answer() {
                        self.channel.tell(Bytes::from(answer));
                    }
                }
            }
        }
    }

    /// The channel is closed, or what holds it open is not ours to wait for.
    async fn conclude(mut self) -> Result<Answer, RemoteError> {
        self.channel.close().await;
        if !self.ears.are_ready() {
            return Err(self.unusable("it closed the channel without a word"));
        }
        let (server, command) = (self.server, self.request.command);
        match self.end {
            Some(End::Status(status)) => Ok(Answer {
                stdout: self.stdout.take(),
                stderr: self.stderr.take(),
                status,
                took: self.began.elapsed(),
            }),
            Some(End::Signal(signal)) => Err(RemoteError::Killed { server, command, signal }),
            None => Err(RemoteError::NoStatus { server, command }),
        }
    }

    async fn give_up(mut self, why: Stop) -> RemoteError {
        // What a shell says of its end is an answer to us, not to what it was sent.
        let was_silent = self.ears.chatter().is_empty();
        let still_running = stop(&mut self.channel, &mut self.ears).await;
        let (server, command) = (self.server.clone(), self.request.command.clone());
        match why {
            Stop::Chatter => self.unusable("it does not stop talking"),
            Stop::Full(Full { limit }) => RemoteError::OutputLimit { server, command, limit_bytes: limit },
            Stop::NoPrivilege => RemoteError::PrivilegeRefused { server, command, said: words(self.stderr.bytes()) },
            Stop::Deadline if self.ears.are_ready() => {
                RemoteError::DeadlinePassed { server, command, after: self.request.deadline, still_running }
            }
            Stop::Deadline if was_silent => {
                RemoteError::TimedOut { server, stage: Stage::Shell, after: self.request.deadline }
            }
            Stop::Deadline => self.unusable(""),
        }
    }

    fn gone(self) -> RemoteError {
        if let Some(Farewell::Silence) = self.channel.lease().connection().seen().farewell() {
            tracing::info!(server = self.server, "the server no longer answers; its connection is closed");
        }
        RemoteError::CutOff { server: self.server, command: self.request.command }
    }

    fn unusable(&self, otherwise: &str) -> RemoteError {
        let said = self.ears.chatter();
        RemoteError::ShellUnusable {
            server: self.server.clone(),
            said: if said.is_empty() { otherwise.to_owned() } else { said },
        }
    }
}
