//! A login shell with a terminal around it, on a connection that no other use shares. Knows no meaning of its bytes.
//!
//! Where nobody takes what it shows, the connection is not read any further, TCP fills, and what writes there waits (T01).

use std::time::Duration;

use bytes::Bytes;
use russh::client::Msg;
use russh::{ChannelMsg, ChannelReadHalf, ChannelWriteHalf};
use tokio::sync::OwnedSemaphorePermit;
use tokio::time::{Instant, timeout_at};

use super::Endpoint;
use super::connection::{Lease, Use};
use super::failure::words;
use super::host::OperableHost;
use super::pool::Pool;
use crate::commands::script::Locale;
use crate::error::{RemoteError, Result, Stage};
use crate::models::allowance::Allowance;
use crate::models::audit::{AuditEntry, Outcome};
use crate::models::permission::Permission;

/// What terminals are called towards servers: what xterm.js understands.
const KIND: &str = "xterm-256color";
/// The action of audit events.
pub const OPEN: &str = "open_terminal";

/// How many cells a terminal has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Size {
    /// Cells of a line.
    pub columns: u16,
    /// Lines.
    pub rows: u16,
}

impl Size {
    /// Within what any screen has.
    pub fn new(columns: u16, rows: u16) -> Self {
        Self { columns: columns.clamp(2, 500), rows: rows.clamp(1, 300) }
    }
}

impl Default for Size {
    fn default() -> Self {
        Self { columns: 80, rows: 24 }
    }
}

/// What a shell shows. Dropped, the channel closes, and what runs there is hung up on.
pub struct Screen {
    read: ChannelReadHalf,
    server: String,
    is_closed: bool,
    _lease: Lease,
    _turn: OwnedSemaphorePermit,
}

/// What a shell is told.
pub struct Keyboard {
    write: ChannelWriteHalf<Msg>,
}

/// What happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Shown {
    /// It shows this.
    Output(Bytes),
    /// The shell ended, with this status.
    Exited(u32),
    /// The shell was ended by a signal.
    Killed(String),
    /// The channel was closed.
    Closed,
    /// The connection is gone.
    Gone,
}

impl Screen {
    /// What it shows next.
    pub async fn next(&mut self) -> Shown {
        loop {
            return match self.read.wait().await {
                None if self.is_closed => Shown::Closed,
                None => Shown::Gone,
                Some(ChannelMsg::Close) => {
                    self.is_closed = true;
                    Shown::Closed
                }
                Some(ChannelMsg::Data { data } | ChannelMsg::ExtendedData { data, .. }) => Shown::Output(data),
                Some(ChannelMsg::ExitStatus { exit_status }) => Shown::Exited(exit_status),
                Some(ChannelMsg::ExitSignal { signal_name, .. }) => {
                    Shown::Killed(words(format!("{signal_name:?}").as_bytes()))
                }
                Some(_) => continue,
            };
        }
    }

    /// Waits for the answers to `count` requests; false where one was refused.
    async fn confirmed(&mut self, count: usize, until: Instant) -> Result<bool, RemoteError> {
        let began = Instant::now();
        let mut granted = 0;
        while granted < count {
            match timeout_at(until, self.read.wait()).await {
                Ok(Some(ChannelMsg::Success)) => granted += 1,
                Ok(Some(ChannelMsg::Failure)) => return Ok(false),
                Ok(Some(_)) => {}
                Ok(None) => return Err(self.unusable("it closed the channel without a word")),
                Err(_) => {
                    let (server, after) = (self.server.clone(), began.elapsed());
                    return Err(RemoteError::TimedOut { server, stage: Stage::Shell, after });
                }
            }
        }
        Ok(true)
    }

    fn unusable(&self, said: &str) -> RemoteError {
        RemoteError::ShellUnusable { server: self.server.clone(), said: said.to_owned() }
    }
}

impl Keyboard {
    /// Types; returns when the server takes it.
    pub async fn type_in(&self, bytes: Bytes) {
        // A connection that is gone is told by the screen.
        drop(self.write.data_bytes(bytes).await);
    }

    /// The window has another size now.
    pub async fn resize(&self, size: Size) {
        drop(self.write.window_change(u32::from(size.columns), u32::from(size.rows), 0, 0).await);
    }

    /// Hangs up.
    pub async fn close(&self) {
        drop(self.write.close().await);
    }
}

impl Pool {
    /// Opens a login shell in a terminal of this size.
    pub async fn terminal(
        &self,
        endpoint: &Endpoint,
        size: Size,
        locale: Locale,
        patience: Duration,
    ) -> Result<(Screen, Keyboard), RemoteError> {
        let cut_off = RemoteError::CutOff { server: endpoint.name.clone(), command: OPEN.to_owned() };
        let (pool, endpoint) = (self.clone(), endpoint.clone());
        let opening = self.runtime().spawn(async move {
            let until = Instant::now() + patience;
            let lease = pool.lease_for_terminal(&endpoint, until).await?;
            let (channel, turn) = lease.open(Use::Terminal, until).await?;
            let (read, write) = channel.split();
            let mut screen =
                Screen { read, server: endpoint.name.clone(), is_closed: false, _lease: lease, _turn: turn };
            if locale == Locale::Utf8 {
                // Servers that do not take it keep their own; nobody waits for an answer.
                drop(write.set_env(false, "LANG", "C.UTF-8").await);
            }
            let (columns, rows) = (u32::from(size.columns), u32::from(size.rows));
            drop(write.request_pty(true, KIND, columns, rows, 0, 0, &[]).await);
            drop(write.request_shell(true).await);
            if screen.confirmed(2, until).await? {
                Ok((screen, Keyboard { write }))
            } else {
                Err(screen.unusable("it gives this user no terminal"))
            }
        });
        opening.await.unwrap_or(Err(cut_off))
    }
}

/// A terminal that was opened, and as whom.
pub struct Opened {
    /// What it shows.
    pub screen: Screen,
    /// What it is told.
    pub keyboard: Keyboard,
    /// The user on the server.
    pub run_as: String,
}

impl OperableHost {
    /// Refuses a terminal to whoever may have none here: permission, switch, and root's where signing in alone makes it root.
    /// Asked again while one is open.
    pub async fn may_have_terminal(&self, user: Option<&str>) -> Result<()> {
        self.permits(Permission::Terminal, OPEN, "").await?;
        self.allows(Allowance::Terminal, OPEN, "").await?;
        if user == Some("root") {
            self.permits(Permission::Root, OPEN, "").await?;
        }
        Ok(())
    }

    /// Opens a terminal; who asked, and whether there was one, is in the audit log before anything is shown (L01).
    #[tracing::instrument(skip_all, fields(server = %self.name()))]
    pub async fn open_terminal(&self, size: Size) -> Result<Opened> {
        self.may_have_terminal(None).await?;
        let endpoint = self.hosts().endpoint(self.server().id).await?;
        self.may_have_terminal(Some(&endpoint.user)).await?;
        let entry = AuditEntry::by(self.actor(), OPEN).server(self.name()).run_as(&endpoint.user);
        let now = self.now();
        let asked = self.in_transaction(move |connection| entry.asked(connection, now)).await?;
        let opened = match self.hosts().platform_at(&endpoint).await {
            Ok(platform) => {
                let patience = self.hosts().command_timeout();
                let opened = self.hosts().pool().terminal(&endpoint, size, platform.locale(), patience).await;
                opened.map_err(Into::into)
            }
            Err(error) => Err(error),
        };
        let (outcome, why) = match &opened {
            Ok(_) => (Outcome::Succeeded, String::new()),
            Err(error) => (Outcome::Failed, crate::error::Error::to_string(error)),
        };
        self.hosts().write_outcome(asked, outcome, why).await;
        let (screen, keyboard) = opened?;
        Ok(Opened { screen, keyboard, run_as: endpoint.user })
    }
}
