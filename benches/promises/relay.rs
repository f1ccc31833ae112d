//! A wire that counts what goes over it.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::AbortHandle;

/// Ethernet, IPv4 and TCP with timestamps, bytes.
const HEADERS: u64 = 14 + 20 + 32;

/// Forwards connections, and counts both ways.
pub(crate) struct Relay {
    pub(crate) address: SocketAddr,
    counts: Arc<Counts>,
    accepting: AbortHandle,
}

#[derive(Default)]
struct Counts {
    bytes: AtomicU64,
    pieces: AtomicU64,
}

/// What went over a wire so far.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Carried {
    /// What the two ends said, both ways.
    pub(crate) bytes: u64,
    /// In how many pieces; small ones travel in one packet each.
    pieces: u64,
}

impl Carried {
    /// What went over it since, with the headers of each packet and of its acknowledgement: at most, because an
    /// acknowledgement mostly travels with an answer.
    pub(crate) fn on_the_wire_since(self, before: Self) -> u64 {
        self.bytes - before.bytes + 2 * HEADERS * (self.pieces - before.pieces)
    }
}

impl Relay {
    pub(crate) async fn to(server: String, port: u16) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let (address, counts) = (listener.local_addr().unwrap(), Arc::new(Counts::default()));
        let counted = Arc::clone(&counts);
        let accepting = tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let Ok(server) = TcpStream::connect((server.as_str(), port)).await else { continue };
                client.set_nodelay(true).unwrap();
                server.set_nodelay(true).unwrap();
                let (from_client, to_client) = client.into_split();
                let (from_server, to_server) = server.into_split();
                tokio::spawn(Arc::clone(&counted).pump(from_client, to_server));
                tokio::spawn(Arc::clone(&counted).pump(from_server, to_client));
            }
        });
        Self { address, counts, accepting: accepting.abort_handle() }
    }

    pub(crate) fn carried(&self) -> Carried {
        let read = |count: &AtomicU64| count.load(Ordering::Relaxed);
        Carried { bytes: read(&self.counts.bytes), pieces: read(&self.counts.pieces) }
    }
}

impl Counts {
    async fn pump(self: Arc<Self>, mut from: OwnedReadHalf, mut to: OwnedWriteHalf) {
        let mut buffer = vec![0; 64 << 10];
        while let Ok(length @ 1..) = from.read(&mut buffer).await {
            self.bytes.fetch_add(length as u64, Ordering::Relaxed);
            self.pieces.fetch_add(1, Ordering::Relaxed);
            if to.write_all(&buffer[..length]).await.is_err() {
                return;
            }
        }
    }
}

impl Drop for Relay {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}
