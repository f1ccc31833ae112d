//! A running script whose output is taken as it comes and whose input is given as it is taken. Knows no meaning of either.
//!
//! What nobody takes waits: 32 messages of the channel (1 MiB) at most, after which the connection is not read any further,
//! TCP fills, and the server's side stops. That holds up the other channels of the connection too, for `russh` widens a
//! channel's window when data comes and not when it is taken; so each pipe has a connection of its own ([`super::lane`]).

use std::collections::VecDeque;
use std::time::Duration;

use bytes::Bytes;
use tokio::runtime::Handle;
use tokio::time::{Instant, timeout_at};

use super::budget::Kept;
use super::channel::{Event, ShellChannel};
use super::failure::words;
use super::privilege::{Found, Prompts};
use super::ready::Ears;
use super::request::Request;
use super::stop::stop;
use crate::commands::script::feed_line;
use crate::error::{RemoteError, Stage, StillRunning};
use crate::secret::SecretText;

/// How long output may stay open after the shell has ended: a child in the background may hold it for ever.
const AFTER_EXIT: Duration = Duration::from_secs(1);
/// How much output may come while input is given and nobody takes it, bytes.
const UNTAKEN: usize = 1 << 20;

/// A running script; dropping it ends what runs.
pub struct Pipe {
    channel: Option<ShellChannel>,
    runtime: Handle,
    server: String,
    command: String,
    ears: Ears,
    prompts: Prompts,
    stderr: Kept,
    feed_line: Vec<u8>,
    /// A command reads what is given; where none ever will, nobody listens for it.
    is_fed: bool,
    untaken: VecDeque<Bytes>,
    end: Option<End>,
    /// When the shell's end was heard.
    ended: Option<Instant>,
    silence: Option<Duration>,
    began: Instant,
}

/// How the shell ended, as far as the server said.
enum End {
    Status(u32),
    Signal(String),
}

impl Pipe {
    pub(super) fn new(
        channel: ShellChannel,
        runtime: Handle,
        request: Request,
        password: Option<SecretText>,
        stderr: Kept,
    ) -> Self {
        Self {
            server: channel.lease().server().to_owned(),
            channel: Some(channel),
            runtime,
            command: request.command,
            ears: Ears::new(&request.token),
            feed_line: feed_line(&request.token).into_bytes(),
            prompts: Prompts::new(request.token, password),
            stderr,
            is_fed: false,
            untaken: VecDeque::new(),
            end: None,
            ended: None,
            silence: None,
            began: Instant::now(),
        }
    }

    /// Waits until the script runs; its input is ended where neither it nor `sudo` reads any.
    pub(super) async fn start(
        mut self,
        until: Instant,
        takes_input: bool,
        silence: Option<Duration>,
    ) -> Result<Self, RemoteError> {
        while !self.ears.are_ready() {
            let Some(channel) = &mut self.channel else {
                return Err(self.unusable("it closed the channel without a word"));
            };
            match timeout_at(until, channel.next()).await {
                Ok(event) => self.hear(event)?,
                Err(_) if self.ears.chatter().is_empty() => {
                    let (server, after) = (self.server.clone(), self.began.elapsed());
                    return Err(RemoteError::TimedOut { server, stage: Stage::Shell, after });
                }
                Err(_) => return Err(self.unusable("")),
            }
        }
        if !takes_input && !self.prompts.may_come() {
            self.end_input();
        }
        self.is_fed |= !takes_input;
        self.silence = silence;
        Ok(self)
    }

    /// The next piece of output; none where there is no more and the script succeeded.
    pub async fn next(&mut self) -> Result<Option<Bytes>, RemoteError> {
        loop {
            if let Some(bytes) = self.untaken.pop_front() {
                return Ok(Some(bytes));
            }
            if self.channel.is_none() {
                return self.outcome().map(|_status| None);
            }
            self.step(false).await?;
        }
    }

    /// Gives `bytes` to the command that reads them, as soon as it does; returns when they are on their way.
    pub async fn give(&mut self, bytes: Bytes) -> Result<(), RemoteError> {
        while !self.is_fed {
            if self.channel.is_none() {
                return self.outcome().map(|_status| ());
            }
            self.step(false).await?;
        }
        if let Some(channel) = &mut self.channel {
            channel.tell(bytes);
        }
        while self.channel.as_ref().is_some_and(ShellChannel::has_unsent) {
            self.step(true).await?;
        }
        // Where the script has ended meanwhile, its end says more than ours could.
        if self.channel.is_none() { self.outcome().map(|_status| ()) } else { Ok(()) }
    }

    /// Nothing more will be given.
    pub fn end_input(&mut self) {
        if let Some(channel) = &mut self.channel {
            channel.end_input();
        }
    }

    /// How the script ended, once it has: its status, and how long everything took.
    pub fn outcome(&self) -> Result<(u32, Duration), RemoteError> {
        let (server, command) = (self.server.clone(), self.command.clone());
        match &self.end {
            Some(End::Status(0)) => Ok((0, self.began.elapsed())),
            Some(End::Status(status)) => {
                Err(RemoteError::Failed { server, command, status: *status, stderr: words(self.stderr.bytes()) })
            }
            Some(End::Signal(signal)) => Err(RemoteError::Killed { server, command, signal: signal.clone() }),
            None => Err(RemoteError::NoStatus { server, command }),
        }
    }

    /// What stands on standard error.
    pub fn said(&self) -> String {
        words(self.stderr.bytes())
    }

    /// The process group of the script, once it is known.
    pub fn group(&self) -> Option<i64> {
        self.ears.group()
    }

    /// Ends what runs, and says whether it still does.
    pub async fn stop(&mut self) -> StillRunning {
        match self.channel.take() {
            Some(mut channel) => stop(&mut channel, &mut self.ears).await,
            None if self.end.is_some() => StillRunning::No,
            None => StillRunning::Unknown,
        }
    }

    /// One thing that happens, or all that is queued sent.
    async fn step(&mut self, sending: bool) -> Result<(), RemoteError> {
        let until = self.ended.map(|ended| ended + AFTER_EXIT);
        let until = until.or_else(|| self.silence.map(|silence| Instant::now() + silence));
        let Some(channel) = &mut self.channel else { return Ok(()) };
        let happening = async { if sending { channel.send_or_next().await } else { Some(channel.next().await) } };
        let event = match until {
            None => happening.await,
            Some(until) => match timeout_at(until, happening).await {
                Ok(event) => event,
                // It has ended; only something in the background still holds its output.
                Err(_) if self.ended.is_some() => Some(Event::Closed),
                Err(_) => return Err(self.too_silent().await),
            },
        };
        event.map_or(Ok(()), |event| self.hear(event))
    }

    fn hear(&mut self, event: Event) -> Result<(), RemoteError> {
        match event {
            Event::Out(bytes) => {
                let Ok(bytes) = self.ears.output(bytes) else { return Err(self.unusable("it does not stop talking")) };
                self.keep(bytes)
            }
            Event::Err(bytes) => {
                let Ok(bytes) = self.ears.errors(bytes) else { return Err(self.unusable("it does not stop talking")) };
                // The beginning is enough for a sentence about the end.
                drop(self.stderr.push(&bytes));
                self.look_for_marks()
            }
            Event::Status(status) => self.ends(End::Status(status)),
            Event::Signal(signal) => self.ends(End::Signal(signal)),
            Event::Refused => Err(self.unusable("it does not run commands")),
            Event::Closed if !self.ears.are_ready() => Err(self.unusable("it closed the channel without a word")),
            Event::Closed => {
                self.let_go();
                Ok(())
            }
            Event::Gone => {
                self.channel = None;
                Err(RemoteError::CutOff { server: self.server.clone(), command: self.command.clone() })
            }
        }
    }

    fn keep(&mut self, bytes: Bytes) -> Result<(), RemoteError> {
        let waiting: usize = self.untaken.iter().map(Bytes::len).sum();
        if waiting + bytes.len() > UNTAKEN {
            self.let_go();
            let (server, command) = (self.server.clone(), self.command.clone());
            return Err(RemoteError::OutputLimit { server, command, limit_bytes: UNTAKEN });
        }
        if !bytes.is_empty() {
            self.untaken.push_back(bytes);
        }
        Ok(())
    }

    #[expect(clippy::unnecessary_wraps, reason = "an arm among others that can fail")]
    fn ends(&mut self, end: End) -> Result<(), RemoteError> {
        self.end = Some(end);
        self.ended = Some(Instant::now());
        Ok(())
    }

    fn look_for_marks(&mut self) -> Result<(), RemoteError> {
        loop {
            match self.prompts.look(&mut self.stderr) {
                Found::Nothing => break,
                Found::Refused => {
                    self.let_go();
                    let (server, command) = (self.server.clone(), self.command.clone());
                    return Err(RemoteError::PrivilegeRefused { server, command, said: words(self.stderr.bytes()) });
                }
                Found::Question => {
                    if let (Some(channel), Some(answer)) = (&mut self.channel, self.prompts.answer()) {
                        channel.tell(Bytes::from(answer));
                    }
                }
            }
        }
        if !self.is_fed {
            let mark = self.feed_line.len();
            let place = self.stderr.bytes().windows(mark).position(|window| window == self.feed_line);
            if let Some(place) = place {
                self.stderr.remove(place..place + mark);
                self.is_fed = true;
            }
        }
        Ok(())
    }

    async fn too_silent(&mut self) -> RemoteError {
        let still_running = self.stop().await;
        let (server, command, after) = (self.server.clone(), self.command.clone(), self.silence.unwrap_or_default());
        RemoteError::DeadlinePassed { server, command, after, still_running }
    }

    fn unusable(&mut self, otherwise: &str) -> RemoteError {
        self.let_go();
        let said = self.ears.chatter();
        let said = if said.is_empty() { otherwise.to_owned() } else { said };
        RemoteError::ShellUnusable { server: self.server.clone(), said }
    }

    /// Ends what runs, without waiting for it.
    fn let_go(&mut self) {
        let Some(mut channel) = self.channel.take() else { return };
        let mut ears = std::mem::replace(&mut self.ears, Ears::new(""));
        let has_ended = self.end.is_some();
        self.runtime.spawn(async move {
            if has_ended {
                channel.close().await;
            } else {
                stop(&mut channel, &mut ears).await;
            }
        });
    }
}

impl Drop for Pipe {
    fn drop(&mut self) {
        self.let_go();
    }
}
