//! One signed-in connection: its channels, who uses it, and how it is closed. Knows no command.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use russh::client::{Handle, Msg};
use russh::{Channel, ChannelOpenFailure, ChannelStream, Disconnect};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{Instant, sleep, timeout, timeout_at};
use tokio_util::sync::CancellationToken;

use super::endpoint::Endpoint;
use super::gate::{Gate, Seen};
use super::lane::OwnPlace;
use crate::config::RemoteConfig;
use crate::error::{RemoteError, Stage};
use crate::language::Message;

/// Channels for commands beside the sampler's one: sshd allows 10 sessions and people need some (architecture, 1).
const COMMAND_CHANNELS: usize = 3;
/// How long a polite goodbye may take.
const GOODBYE: Duration = Duration::from_secs(1);

/// What a channel is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Use {
    /// One command.
    Command,
    /// The metrics channel, of which there is one.
    Sampler,
    /// Output or input that takes long; on a connection of its own.
    Flow,
    /// A shell that somebody has open; on a connection of its own.
    Terminal,
    /// Ending what runs on another channel.
    Stopping,
}

/// A signed-in connection; ended when it is dropped.
pub(super) struct Connection {
    server: String,
    identity: String,
    handle: Handle<Gate>,
    cut: CancellationToken,
    seen: Seen,
    commands: Arc<Semaphore>,
    sampler: Arc<Semaphore>,
    /// One more for a moment, so that commands which hang on every channel can be ended.
    stopping: Arc<Semaphore>,
    channel_timeout: Duration,
    users: AtomicUsize,
    left: Mutex<Instant>,
    /// It was kept for somebody who needs it no more.
    released: AtomicBool,
    /// The jump server's connection stays open as long as this one does.
    _via: Option<Lease>,
}

impl Connection {
    pub(super) fn new(
        endpoint: &Endpoint,
        handle: Handle<Gate>,
        cut: CancellationToken,
        seen: Seen,
        via: Option<Lease>,
        config: &RemoteConfig,
    ) -> Self {
        Self {
            server: endpoint.name.clone(),
            identity: endpoint.identity.clone(),
            handle,
            cut,
            seen,
            commands: Arc::new(Semaphore::new(COMMAND_CHANNELS)),
            sampler: Arc::new(Semaphore::new(1)),
            stopping: Arc::new(Semaphore::new(1)),
            channel_timeout: config.channel_timeout,
            users: AtomicUsize::new(0),
            left: Mutex::new(Instant::now()),
            released: AtomicBool::new(false),
            _via: via,
        }
    }

    /// Whose connection this is (H03).
    pub(super) fn identity(&self) -> &str {
        &self.identity
    }

    /// Whether nothing can be sent any more.
    pub(super) fn is_closed(&self) -> bool {
        self.cut.is_cancelled() || self.handle.is_closed()
    }

    /// What was seen of the peer.
    pub(super) fn seen(&self) -> &Seen {
        &self.seen
    }

    /// How long nobody has used it; none while somebody does.
    pub(super) fn idle(&self) -> Option<Duration> {
        let left = self.left.lock().unwrap_or_else(PoisonError::into_inner);
        (self.users.load(Ordering::Acquire) == 0).then(|| left.elapsed())
    }

    /// It is not worth keeping any more once its users are gone, unless somebody new comes.
    pub(super) fn release(&self) {
        self.released.store(true, Ordering::Release);
    }

    /// Whether nobody uses it, and nobody is expected to.
    pub(super) fn is_released(&self) -> bool {
        self.released.load(Ordering::Acquire) && self.users.load(Ordering::Acquire) == 0
    }

    /// Says goodbye, then ends it: within two seconds, whatever the peer does (H03).
    pub(super) async fn close(self: Arc<Self>) {
        let goodbye = self.handle.disconnect(Disconnect::ByApplication, "", "");
        if timeout(GOODBYE, goodbye).await.is_ok() {
            let gone = async {
                while !self.handle.is_closed() {
                    sleep(Duration::from_millis(10)).await;
                }
            };
            // A peer that does not let go is cut off below.
            drop(timeout(GOODBYE, gone).await);
        }
        self.cut.cancel();
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        self.cut.cancel();
    }
}

/// The use of a connection; while there is one, the connection is not idle.
pub(super) struct Lease {
    connection: Arc<Connection>,
    /// Of a flow or a terminal: nobody else has its connection as long as this is used.
    flow: Option<Arc<OwnPlace>>,
}

impl Lease {
    pub(super) fn new(connection: Arc<Connection>) -> Self {
        Self::of(connection, None)
    }

    /// The same, where the connection is that of a flow.
    pub(super) fn of(connection: Arc<Connection>, flow: Option<Arc<OwnPlace>>) -> Self {
        connection.users.fetch_add(1, Ordering::AcqRel);
        connection.released.store(false, Ordering::Release);
        Self { connection, flow }
    }

    /// The server's name.
    pub(super) fn server(&self) -> &str {
        &self.connection.server
    }

    /// The connection itself.
    pub(super) fn connection(&self) -> &Connection {
        &self.connection
    }

    /// Waits for its turn, then opens a channel.
    pub(super) async fn open(
        &self,
        what: Use,
        until: Instant,
    ) -> Result<(Channel<Msg>, OwnedSemaphorePermit), RemoteError> {
        let turns = match what {
            Use::Command | Use::Flow | Use::Terminal => &self.connection.commands,
            Use::Sampler => &self.connection.sampler,
            Use::Stopping => &self.connection.stopping,
        };
        let began = Instant::now();
        let turn = timeout_at(until, Arc::clone(turns).acquire_owned()).await;
        let Ok(Ok(turn)) = turn else {
            return Err(self.connection.no_channel(began.elapsed()));
        };
        // In a task of its own, so that a channel which is confirmed after we gave up is closed and not forgotten.
        let (give, take) = tokio::sync::oneshot::channel();
        let connection = Arc::clone(&self.connection);
        tokio::spawn(async move {
            let opened = connection.open_session().await;
            if let Err(Ok(late)) = give.send(opened) {
                drop(late.close().await);
            }
        });
        match timeout_at(until, take).await {
            Ok(Ok(opened)) => opened.map(|channel| (channel, turn)),
            Ok(Err(_)) | Err(_) => Err(self.connection.no_channel(began.elapsed())),
        }
    }

    /// A stream to another server, as the one behind this connection sees it: it resolves the name.
    pub(super) async fn tunnel(&self, to: &Endpoint) -> Result<ChannelStream<Msg>, RemoteError> {
        let (address, port) = (to.address.as_str(), u32::from(to.port));
        match self.connection.handle.channel_open_direct_tcpip(address, port, "127.0.0.1", 0).await {
            Ok(channel) => Ok(channel.into_stream()),
            Err(russh::Error::ChannelOpenFailure(why)) => {
                let why = match why {
                    ChannelOpenFailure::AdministrativelyProhibited => Message::new("{jump} does not allow forwarding"),
                    _ => Message::new("{jump} cannot connect to it"),
                };
                Err(RemoteError::Unreachable {
                    server: to.name.clone(),
                    why: why.with("jump", &self.connection.server),
                })
            }
            Err(_) => Err(RemoteError::Unreachable {
                server: to.name.clone(),
                why: Message::new("the connection to {jump} was lost").with("jump", &self.connection.server),
            }),
        }
    }
}

impl Clone for Lease {
    fn clone(&self) -> Self {
        Self::of(Arc::clone(&self.connection), self.flow.clone())
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        *self.connection.left.lock().unwrap_or_else(PoisonError::into_inner) = Instant::now();
        self.connection.users.fetch_sub(1, Ordering::AcqRel);
    }
}

impl Connection {
    /// Opens a session channel. sshd frees its slots late, so a refusal is not the last word until the time is up.
    async fn open_session(&self) -> Result<Channel<Msg>, RemoteError> {
        let until = Instant::now() + self.channel_timeout;
        let mut pause = Duration::from_millis(20);
        loop {
            match timeout_at(until, self.handle.channel_open_session()).await {
                Ok(Ok(channel)) => return Ok(channel),
                Ok(Err(russh::Error::ChannelOpenFailure(ChannelOpenFailure::AdministrativelyProhibited))) => {
                    return Err(self.no_session("it does not allow sessions"));
                }
                Ok(Err(russh::Error::ChannelOpenFailure(_))) if Instant::now() + pause < until => {
                    sleep(pause).await;
                    pause = (pause * 2).min(Duration::from_millis(500));
                }
                Ok(Err(russh::Error::ChannelOpenFailure(_))) => return Err(self.no_session("it has no session free")),
                Ok(Err(_)) => return Err(self.cut_off()),
                Err(_) => {
                    // It answers nothing: what it still owes us would pile up.
                    self.cut.cancel();
                    return Err(self.no_channel(self.channel_timeout));
                }
            }
        }
    }

    fn no_session(&self, why: &str) -> RemoteError {
        RemoteError::ShellUnusable { server: self.server.clone(), said: why.to_owned() }
    }

    fn no_channel(&self, after: Duration) -> RemoteError {
        RemoteError::TimedOut { server: self.server.clone(), stage: Stage::Shell, after }
    }

    fn cut_off(&self) -> RemoteError {
        RemoteError::CutOff { server: self.server.clone(), command: "opening a channel".to_owned() }
    }
}
