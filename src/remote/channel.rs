//! One channel with a shell at its other end: what it says, and what it is told. Knows no meaning of either.

use std::collections::VecDeque;
use std::sync::Arc;

use bytes::Bytes;
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use russh::client::Msg;
use russh::{ChannelMsg, ChannelReadHalf, ChannelWriteHalf, Sig};
use tokio::sync::OwnedSemaphorePermit;
use tokio::time::Instant;

use super::connection::{Lease, Use};
use crate::commands::script::SHELL;
use crate::error::RemoteError;

/// What happened on the channel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Event {
    /// Standard output.
    Out(Bytes),
    /// Standard error.
    Err(Bytes),
    /// The shell ended.
    Status(u32),
    /// The shell was ended.
    Signal(String),
    /// The server does not run the shell.
    Refused,
    /// The server closed the channel.
    Closed,
    /// The connection is gone.
    Gone,
}

/// What the shell is told next.
enum Outgoing {
    Bytes(Bytes),
    Signal(Sig),
    End,
}

/// A channel on which a shell was asked for and is being given its script.
pub(super) struct ShellChannel {
    read: ChannelReadHalf,
    write: Arc<ChannelWriteHalf<Msg>>,
    outbox: VecDeque<Outgoing>,
    sending: Option<BoxFuture<'static, ()>>,
    is_closed: bool,
    lease: Lease,
    _turn: OwnedSemaphorePermit,
}

impl ShellChannel {
    /// Opens a channel, asks for the shell and begins to send `script`.
    pub(super) async fn start(lease: Lease, what: Use, script: Bytes, until: Instant) -> Result<Self, RemoteError> {
        let (channel, turn) = lease.open(what, until).await?;
        let (read, write) = channel.split();
        let mut channel = Self {
            read,
            write: Arc::new(write),
            outbox: VecDeque::new(),
            sending: None,
            is_closed: false,
            lease,
            _turn: turn,
        };
        // A connection that is gone by now is reported by the first event.
        drop(channel.write.exec(true, SHELL).await);
        channel.tell(script);
        Ok(channel)
    }

    /// Queues `bytes` for the shell's standard input.
    pub(super) fn tell(&mut self, bytes: Bytes) {
        self.outbox.push_back(Outgoing::Bytes(bytes));
    }

    /// Queues the end of the shell's standard input.
    pub(super) fn end_input(&mut self) {
        self.outbox.push_back(Outgoing::End);
    }

    /// Whether something that was queued is not sent yet.
    pub(super) fn has_unsent(&self) -> bool {
        self.sending.is_some() || !self.outbox.is_empty()
    }

    /// What happens next; meanwhile what is queued is sent as fast as the server takes it. Can be dropped and called again.
    pub(super) async fn next(&mut self) -> Event {
        loop {
            if let Some(event) = self.turn().await {
                return event;
            }
        }
    }

    /// Sends what is queued, or says what happened before that was done; none where everything is sent.
    pub(super) async fn send_or_next(&mut self) -> Option<Event> {
        while self.has_unsent() {
            if let Some(event) = self.turn().await {
                return Some(event);
            }
        }
        None
    }

    /// One message of the server, or one piece sent.
    async fn turn(&mut self) -> Option<Event> {
        if self.sending.is_none() {
            self.sending = self.outbox.pop_front().map(|outgoing| send(Arc::clone(&self.write), outgoing).boxed());
        }
        let message = match &mut self.sending {
            None => self.read.wait().await,
            Some(sending) => tokio::select! {
                biased;
                message = self.read.wait() => message,
                () = sending => {
                    self.sending = None;
                    return None;
                }
            },
        };
        self.understand(message)
    }

    fn understand(&mut self, message: Option<ChannelMsg>) -> Option<Event> {
        match message {
            None if self.is_closed => Some(Event::Closed),
            None => Some(Event::Gone),
            Some(ChannelMsg::Close) => {
                self.is_closed = true;
                Some(Event::Closed)
            }
            Some(ChannelMsg::Data { data }) => Some(Event::Out(data)),
            Some(ChannelMsg::ExtendedData { data, ext: 1 }) => Some(Event::Err(data)),
            Some(ChannelMsg::ExitStatus { exit_status }) => Some(Event::Status(exit_status)),
            Some(ChannelMsg::ExitSignal { signal_name, .. }) => Some(Event::Signal(name_of(&signal_name))),
            Some(ChannelMsg::Failure) => Some(Event::Refused),
            // The end of output is no end of the run: standard error and the status may follow.
            Some(_) => None,
        }
    }

    /// Queues a signal to what runs there.
    pub(super) fn signal(&mut self, signal: Sig) {
        self.outbox.push_back(Outgoing::Signal(signal));
    }

    /// Forgets what is not sent yet. What is being sent may wait in a line for the channel's window: left there without being looked
    /// after, it would be handed the window and keep it from the connection, which then waits for ever.
    pub(super) fn forget_unsent(&mut self) {
        self.sending = None;
        self.outbox.clear();
    }

    /// Closes the channel, if the server has not.
    pub(super) async fn close(&mut self) {
        self.forget_unsent();
        if self.is_closed {
            return;
        }
        // What nobody reads holds up the connection, and what is to be sent with it.
        let unread = async { while self.read.wait().await.is_some() {} };
        tokio::select! {
            biased;
            _ = self.write.close() => {}
            () = unread => {}
        }
    }

    /// The use of the connection that this channel is on.
    pub(super) fn lease(&self) -> &Lease {
        &self.lease
    }
}

async fn send(write: Arc<ChannelWriteHalf<Msg>>, outgoing: Outgoing) {
    // A failure means that the connection is gone, which the reading side tells better.
    match outgoing {
        Outgoing::Bytes(bytes) => drop(write.data_bytes(bytes).await),
        Outgoing::Signal(signal) => drop(write.signal(signal).await),
        Outgoing::End => drop(write.eof().await),
    }
}

/// `TERM`, `KILL`, or what the server calls it.
fn name_of(signal: &Sig) -> String {
    match signal {
        Sig::Custom(name) => super::failure::words(name.as_bytes()),
        known => format!("{known:?}"),
    }
}
