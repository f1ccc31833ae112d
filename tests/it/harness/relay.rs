//! A cable between a test and a server, which the test can pull: bytes stop, but nobody is told.

use std::os::fd::AsFd;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU16, AtomicUsize, Ordering};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Notify, watch};
use tokio::task::AbortHandle;

/// Forwards connections to a port on this machine.
pub(crate) struct Relay {
    /// Where it listens on 127.0.0.1.
    pub(crate) port: u16,
    wire: Arc<Wire>,
    accepting: AbortHandle,
}

struct Wire {
    /// The port that new connections are led to.
    to: AtomicU16,
    pulled: AtomicBool,
    /// Whether bytes come through yet; until then they are kept.
    open: watch::Sender<bool>,
    cut: Notify,
    /// How many bytes of the server come through.
    allowance: AtomicUsize,
    forwarded: AtomicUsize,
    /// Time between two bytes of the server.
    drip: Option<Duration>,
}

impl Relay {
    /// A cable that works.
    pub(crate) async fn to(port: u16) -> Self {
        Self::with(("127.0.0.1", port), usize::MAX, None).await
    }

    /// A cable that works, to another machine.
    pub(crate) async fn to_machine(address: &str, port: u16) -> Self {
        Self::with((address, port), usize::MAX, None).await
    }

    /// A cable that keeps every byte until [`Relay::release`]: a server that is slow for as long as a test wants.
    pub(crate) async fn holding(port: u16) -> Self {
        let relay = Self::to(port).await;
        relay.wire.open.send_replace(false);
        relay
    }

    /// A cable that is pulled after `allowance` bytes from the server.
    pub(crate) async fn stopping_after(port: u16, allowance: usize) -> Self {
        Self::with(("127.0.0.1", port), allowance, None).await
    }

    /// A cable that lets one byte through at a time.
    pub(crate) async fn dripping(port: u16, pause: Duration) -> Self {
        Self::with(("127.0.0.1", port), usize::MAX, Some(pause)).await
    }

    async fn with((machine, to): (&str, u16), allowance: usize, drip: Option<Duration>) -> Self {
        let machine = machine.to_owned();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let wire = Arc::new(Wire {
            to: AtomicU16::new(to),
            pulled: AtomicBool::new(false),
            open: watch::Sender::new(true),
            cut: Notify::new(),
            allowance: AtomicUsize::new(allowance),
            forwarded: AtomicUsize::new(0),
            drip,
        });
        let own = Arc::clone(&wire);
        let accepting = tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let to = own.to.load(Ordering::SeqCst);
                let Ok(server) = TcpStream::connect((machine.as_str(), to)).await else { continue };
                let ends = [another(&client), another(&server)];
                let (from_client, to_client) = client.into_split();
                let (from_server, to_server) = server.into_split();
                let own = Arc::clone(&own);
                tokio::spawn(async move {
                    let cut = own.cut.notified();
                    let back = Arc::clone(&own).pump(from_server, to_client, true);
                    let forth = Arc::clone(&own).pump(from_client, to_server, false);
                    tokio::select! {
                        () = cut => ends.iter().for_each(|end| end.set_zero_linger().unwrap()),
                        _ = async { tokio::join!(forth, back) } => {}
                    }
                    // The last to be dropped: both ends hear of a reset, not of an end.
                    drop(ends);
                });
            }
        });
        Self { port, wire, accepting: accepting.abort_handle() }
    }

    /// Leads new connections to another port.
    pub(crate) fn lead_to(&self, port: u16) {
        self.wire.to.store(port, Ordering::SeqCst);
    }

    /// Pulls the cable: nothing comes through any more, and nothing is closed.
    pub(crate) fn pull(&self) {
        self.wire.pulled.store(true, Ordering::SeqCst);
    }

    /// Keeps every byte from now on, until [`Relay::release`].
    pub(crate) fn hold(&self) {
        self.wire.open.send_replace(false);
    }

    /// Lets through what was kept, and all that follows.
    pub(crate) fn release(&self) {
        self.wire.open.send_replace(true);
    }

    /// Cuts every connection off: both ends hear of it at once.
    pub(crate) fn cut(&self) {
        self.wire.cut.notify_waiters();
    }

    /// How many bytes of the server came through.
    pub(crate) fn forwarded(&self) -> usize {
        self.wire.forwarded.load(Ordering::SeqCst)
    }
}

/// Another handle of the same connection.
fn another(connection: &TcpStream) -> TcpStream {
    let handle = std::net::TcpStream::from(connection.as_fd().try_clone_to_owned().unwrap());
    TcpStream::from_std(handle).unwrap()
}

impl Wire {
    async fn pump(self: Arc<Self>, mut from: OwnedReadHalf, mut to: OwnedWriteHalf, counted: bool) {
        let mut buffer = vec![0; if self.drip.is_some() { 1 } else { 16 << 10 }];
        loop {
            let Ok(length) = from.read(&mut buffer).await else { return };
            if length == 0 {
                return;
            }
            self.open.subscribe().wait_for(|open| *open).await.unwrap();
            let allowed = if counted { self.allowed(length) } else { length };
            if self.pulled.load(Ordering::SeqCst) || to.write_all(&buffer[..allowed]).await.is_err() || allowed < length
            {
                // Pulled: neither end hears of it.
                std::future::pending::<()>().await;
            }
            if let (Some(pause), true) = (self.drip, counted) {
                tokio::time::sleep(pause).await;
            }
        }
    }

    fn allowed(&self, length: usize) -> usize {
        let before =
            self.allowance.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| Some(left.saturating_sub(length)));
        let allowed = before.unwrap().min(length);
        self.forwarded.fetch_add(allowed, Ordering::SeqCst);
        allowed
    }
}

impl Drop for Relay {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}
