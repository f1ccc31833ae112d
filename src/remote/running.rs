//! A command of somebody's own while it runs: its output as it comes, its end as it is, and an end on request that is one.

use std::time::Duration;

use bytes::Bytes;
use tokio::time::{Instant, timeout_at};

use super::detached::Begun;
use super::endpoint::Endpoint;
use super::host::{Host, OperableHost};
use super::hosts::Script;
use super::many::ReadyCommand;
use super::pipe::Pipe;
use crate::commands::Acting;
use crate::commands::platform::Platform;
use crate::commands::run_command::RunCommand;
use crate::commands::script::{Parameters, Privilege, Value};
use crate::db::Connection;
use crate::error::{Error, RemoteError, Result, StillRunning};
use crate::language::Message;

/// Ends a process group as root, which `sudo` started and no other user may signal: it is asked first. By the shell's own `kill`:
/// that of procps takes a small group for a signal.
const END_AS_ROOT: &str = r#"work='
kill -s TERM -- "-$1" 2>/dev/null || exit 0
tries=20
while [ "$tries" -gt 0 ] && kill -s 0 -- "-$1" 2>/dev/null; do
  if sleep 0.1 2>/dev/null; then tries=$((tries - 1)); else sleep 1; tries=$((tries - 10)); fi
done
kill -s KILL -- "-$1" 2>/dev/null
exit 0
'
$as_root /bin/sh -c "$work" sh "$group""#;

/// Output is gathered for so long before it is given.
const GATHER: Duration = Duration::from_millis(150);
/// It is given at once where there is so much of it, bytes.
const GATHERED: usize = 256 << 10;

/// What is run, as it was asked for.
#[derive(Debug)]
pub struct Wanted<'a> {
    /// What it is called, for sentences.
    pub name: &'a str,
    /// The constant script around it.
    pub script: &'a str,
    /// What somebody wrote, and as whom it runs.
    pub command: RunCommand,
    /// The user for whom the rights were weighed when it was asked for.
    pub run_as: &'a str,
}

/// A running command. Dropping it ends what runs on the server.
pub struct Running {
    pipe: Pipe,
    host: Host,
    ends_as_root: bool,
    gathered: Vec<u8>,
}

/// How it ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ended {
    /// With this status; with what stands on standard error, which is `sudo`'s or the shell's own.
    Status(u32, String),
    /// By this signal.
    Signal(String),
}

impl Running {
    /// What is printed within a moment, and whether it is the last. Can be dropped and called again: nothing that came is lost.
    pub async fn gather(&mut self) -> Result<(Bytes, bool)> {
        if self.gathered.is_empty() {
            let Some(first) = self.next().await? else { return Ok((Bytes::new(), true)) };
            self.gathered.extend_from_slice(&first);
        }
        let until = Instant::now() + GATHER;
        while self.gathered.len() < GATHERED {
            match timeout_at(until, self.next()).await {
                Ok(Ok(Some(more))) => self.gathered.extend_from_slice(&more),
                Ok(Ok(None)) => return Ok((self.gathered(), true)),
                // It is told at the next look.
                Ok(Err(_)) | Err(_) => break,
            }
        }
        Ok((self.gathered(), false))
    }

    /// What was gathered and not given yet: the last of what is printed by one that is ended.
    pub fn gathered(&mut self) -> Bytes {
        std::mem::take(&mut self.gathered).into()
    }

    /// The next piece of output; none where there is no more.
    pub async fn next(&mut self) -> Result<Option<Bytes>> {
        match self.pipe.next().await {
            // That is its own business.
            Err(RemoteError::Failed { .. } | RemoteError::Killed { .. }) => Ok(None),
            other => Ok(other?),
        }
    }

    /// How it ended, once it has.
    pub fn ended(&self) -> Result<Ended> {
        match self.pipe.outcome() {
            Ok((status, _)) => Ok(Ended::Status(status, self.pipe.said())),
            Err(RemoteError::Failed { status, stderr, .. }) => Ok(Ended::Status(status, stderr)),
            Err(RemoteError::Killed { signal, .. }) => Ok(Ended::Signal(signal)),
            Err(other) => Err(other.into()),
        }
    }

    /// Ends what runs, whoever it is (P07); whether it still does.
    pub async fn stop(&mut self) -> StillRunning {
        if self.ends_as_root
            && let Some(group) = self.pipe.group()
            && let Err(problem) = self.host.end_group_as_root(group).await
        {
            tracing::debug!(server = self.host.name(), %problem, "a command of root's could not be ended by root");
        }
        self.pipe.stop().await
    }
}

impl OperableHost {
    /// Refuses whoever may not run this here, and what cannot be run here; nothing is asked for yet.
    pub async fn may_run(&self, command: &RunCommand) -> Result<()> {
        self.ready(command).await.map(drop)
    }

    async fn ready(&self, command: &RunCommand) -> Result<ReadyCommand> {
        let ready = self.hosts().ready_for(self.actor(), vec![self.server().clone()], command).await?;
        let (_, ready) = ready.into_iter().next().ok_or(Error::NotFound("The server"))?;
        ready
    }

    /// Asks for a command of somebody's own: role, switch and audit as by [`OperableHost::change`]. What `keep` writes commits
    /// together with the audit event; the outcome is written by whoever learns it.
    pub async fn begin_command<T: Send + 'static>(
        &self,
        command: &RunCommand,
        keep: impl FnOnce(&mut Connection, Begun) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let (ready, now) = (self.ready(command).await?, self.now());
        self.in_transaction(move |connection| {
            let asked = ready.entry().asked(connection, now)?;
            keep(connection, ready.begun(asked.number))
        })
        .await
    }
}

impl Running {
    /// Starts a script that is given `words`.
    pub(super) async fn start(
        host: Host,
        (endpoint, platform): (&Endpoint, &Platform),
        script: Script<'_>,
        words: String,
        shares_connection: bool,
    ) -> Result<Self> {
        let ends_as_root = matches!(script.privilege, Privilege::Sudo | Privilege::SudoPassword);
        let mut request = script.request(platform.locale())?;
        request.shares_connection = shares_connection;
        let mut pipe = host.hosts().pool().pipe(endpoint, request, true, None).await?;
        pipe.give(Bytes::from(words)).await?;
        pipe.end_input();
        Ok(Self { pipe, host, ends_as_root, gathered: Vec::new() })
    }
}

impl Host {
    /// Runs what was asked for, on a connection of its own; returns as soon as it runs and has been given its text.
    pub async fn run_command(&self, wanted: Wanted<'_>) -> Result<Running> {
        let (endpoint, platform) = self.hosts().endpoint_and_platform(self.server().id).await?;
        if endpoint.user != wanted.run_as {
            let changed = Message::new("The credential of {server} was changed since this was asked for: ask again");
            return Err(Error::Conflict(changed.with("server", self.name())));
        }
        let parameters = Parameters::default();
        let mut script = Script::new(wanted.name, wanted.script, &parameters, self.hosts().command_timeout());
        if wanted.command.acting == Acting::Root {
            script.privilege = endpoint.becoming_root(wanted.name)?;
        }
        Running::start(self.clone(), (&endpoint, &platform), script, wanted.command.fed(), false).await
    }

    async fn end_group_as_root(&self, group: i64) -> Result<()> {
        let (endpoint, platform) = self.hosts().endpoint_and_platform(self.server().id).await?;
        let parameters = Parameters::default().with("group", Value::Integer(group));
        let mut script = Script::new("end-command", END_AS_ROOT, &parameters, self.hosts().command_timeout());
        script.privilege = endpoint.privilege;
        self.hosts().send(&endpoint, platform.locale(), script).await.map(drop)
    }
}
