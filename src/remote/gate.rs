//! What we answer when a server asks something of us: check its key, refuse the rest (H02, H07). Knows no command.

use std::sync::{Arc, Mutex, PoisonError};

use russh::client::{ChannelOpenHandle, DisconnectReason, Handler, Msg, Session};
use russh::keys::PublicKey;
use russh::{Channel, ChannelId, ChannelOpenFailure};
use tokio_util::sync::CancellationToken;

use super::endpoint::PinnedKey;
use super::host_keys::{PresentedKey, is_pinned};

/// How many channels a server may try to open to us before it is hung up on.
const PATIENCE: u32 = 100;

/// What a connection learnt about its peer, readable while and after it lives.
#[derive(Debug, Clone, Default)]
pub(super) struct Seen(Arc<Mutex<Facts>>);

#[derive(Debug, Default)]
struct Facts {
    presented: Option<PresentedKey>,
    banner: Option<String>,
    farewell: Option<Farewell>,
}

/// How a connection ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Farewell {
    /// The peer said goodbye, and why.
    Said(String),
    /// No way to sign in is left.
    NoMethodLeft,
    /// The peer no longer answers.
    Silence,
    /// Anything else.
    Broken(String),
}

impl Seen {
    /// The host key, once the key exchange came that far.
    pub(super) fn presented(&self) -> Option<PresentedKey> {
        self.facts().presented.clone()
    }

    /// The last that the server said to people while we signed in.
    pub(super) fn banner(&self) -> Option<String> {
        self.facts().banner.clone()
    }

    /// How the connection ended, once it has.
    pub(super) fn farewell(&self) -> Option<Farewell> {
        self.facts().farewell.clone()
    }

    fn facts(&self) -> std::sync::MutexGuard<'_, Facts> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Answers a server for the length of one connection.
pub(super) struct Gate {
    pins: Vec<PinnedKey>,
    seen: Seen,
    cut: CancellationToken,
    opened: u32,
}

impl Gate {
    /// A gate for a server with these approved keys; with none, it is left after the key was seen (H01).
    pub(super) fn new(pins: Vec<PinnedKey>, seen: Seen, cut: CancellationToken) -> Self {
        Self { pins, seen, cut, opened: 0 }
    }

    /// Counts a channel that the server wants to open, and hangs up on one that does not stop.
    fn count(&mut self) {
        self.opened += 1;
        if self.opened >= PATIENCE {
            tracing::warn!(opened = self.opened, "a server kept opening channels to us; its connection is closed");
            self.cut.cancel();
        }
    }

    async fn refuse(&mut self, reply: ChannelOpenHandle) -> Result<(), russh::Error> {
        self.count();
        reply.reject(ChannelOpenFailure::AdministrativelyProhibited).await;
        Ok(())
    }
}

impl Handler for Gate {
    type Error = russh::Error;

    async fn check_server_key(&mut self, key: &PublicKey) -> Result<bool, russh::Error> {
        self.seen.facts().presented = Some(PresentedKey::of(key));
        Ok(is_pinned(&self.pins, key))
    }

    async fn auth_banner(&mut self, banner: &str, _: &mut Session) -> Result<(), russh::Error> {
        let said = super::failure::words(banner.as_bytes());
        if !said.is_empty() {
            self.seen.facts().banner = Some(said);
        }
        Ok(())
    }

    async fn disconnected(&mut self, reason: DisconnectReason<russh::Error>) -> Result<(), russh::Error> {
        let farewell = match reason {
            DisconnectReason::ReceivedDisconnect(said) => {
                Farewell::Said(super::failure::words(said.message.as_bytes()))
            }
            DisconnectReason::Error(russh::Error::NoAuthMethod) => Farewell::NoMethodLeft,
            DisconnectReason::Error(russh::Error::KeepaliveTimeout) => Farewell::Silence,
            DisconnectReason::Error(error) => Farewell::Broken(error.to_string()),
        };
        self.seen.facts().farewell = Some(farewell);
        Ok(())
    }

    async fn server_channel_open_forwarded_tcpip(
        &mut self,
        _: Channel<Msg>,
        _: &str,
        _: u32,
        _: &str,
        _: u32,
        reply: ChannelOpenHandle,
        _: &mut Session,
    ) -> Result<(), russh::Error> {
        self.refuse(reply).await
    }

    async fn server_channel_open_forwarded_streamlocal(
        &mut self,
        _: Channel<Msg>,
        _: &str,
        reply: ChannelOpenHandle,
        _: &mut Session,
    ) -> Result<(), russh::Error> {
        self.refuse(reply).await
    }

    async fn server_channel_open_agent_forward(
        &mut self,
        _: Channel<Msg>,
        reply: ChannelOpenHandle,
        _: &mut Session,
    ) -> Result<(), russh::Error> {
        self.refuse(reply).await
    }

    async fn should_accept_unknown_server_channel(&mut self, _: ChannelId, _: &str) -> bool {
        self.count();
        false
    }

    async fn server_channel_open_session(
        &mut self,
        _: Channel<Msg>,
        reply: ChannelOpenHandle,
        _: &mut Session,
    ) -> Result<(), russh::Error> {
        self.refuse(reply).await
    }

    async fn server_channel_open_direct_tcpip(
        &mut self,
        _: Channel<Msg>,
        _: &str,
        _: u32,
        _: &str,
        _: u32,
        reply: ChannelOpenHandle,
        _: &mut Session,
    ) -> Result<(), russh::Error> {
        self.refuse(reply).await
    }

    async fn server_channel_open_direct_streamlocal(
        &mut self,
        _: Channel<Msg>,
        _: &str,
        reply: ChannelOpenHandle,
        _: &mut Session,
    ) -> Result<(), russh::Error> {
        self.refuse(reply).await
    }

    async fn server_channel_open_x11(
        &mut self,
        _: Channel<Msg>,
        _: &str,
        _: u32,
        reply: ChannelOpenHandle,
        _: &mut Session,
    ) -> Result<(), russh::Error> {
        self.refuse(reply).await
    }
}
