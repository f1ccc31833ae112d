//! Whether a TCP port of a server can be reached from here: connect, and hang up without a word.

use std::io::ErrorKind;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use chrono::{DateTime, Utc};
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout};

use super::host::Host;
use super::names::Unresolved;
use super::pool::Pool;
use crate::commands::port_probe::Reached;
use crate::error::{RemoteError, Result};

/// How long an answer may take.
const LIMIT: Duration = Duration::from_secs(3);

/// What came of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reach {
    /// It was tried.
    Tried {
        /// Where.
        address: SocketAddr,
        /// What came of it.
        reached: Reached,
        /// How long that took.
        took: Duration,
        /// When.
        at: DateTime<Utc>,
    },
    /// It is the port that hannun signs in by: a bare connection there would count against us, and we know that it works.
    SshPort,
    /// The server is reached through another one, which has no port of its own for this.
    ThroughJump(String),
    /// Its name has no address.
    NoAddress,
}

impl Host {
    /// Tries a TCP port of the server. A server that is switched off is not asked.
    #[tracing::instrument(skip_all, fields(server = %self.name(), port))]
    pub async fn reach(&self, port: u16) -> Result<Reach> {
        let server = self.server();
        if !server.enabled {
            return Err(RemoteError::Disabled { server: server.name.clone() }.into());
        }
        let (row, db) = (server.clone(), self.hosts().db());
        let jumps = db.run(move |connection| row.jumps(connection)).await?;
        if let Some(jump) = jumps.first() {
            return Ok(Reach::ThroughJump(jump.name.clone()));
        }
        if i32::from(port) == server.port {
            return Ok(Reach::SshPort);
        }
        let at = self.hosts().clock().now();
        Ok(self.hosts().pool().reach(&server.address, port, at).await)
    }

    /// The address of the server for others, as hannun has it: what a server says of itself must not choose where others
    /// connect. None where its name has none here, or where it is the same machine to everybody who asks.
    pub async fn address_for_others(&self) -> Option<IpAddr> {
        let port = u16::try_from(self.server().port).ok()?;
        let address = self.hosts().pool().address_of(&self.server().address, port).await?.ip().to_canonical();
        (!address.is_loopback() && !address.is_unspecified()).then_some(address)
    }
}

impl Pool {
    async fn reach(&self, name: &str, port: u16, at: DateTime<Utc>) -> Reach {
        let (pool, name) = (self.clone(), name.to_owned());
        let trying = self.runtime().spawn(async move { pool.reach_here(&name, port, at).await });
        trying.await.unwrap_or(Reach::NoAddress)
    }

    async fn address_of(&self, name: &str, port: u16) -> Option<SocketAddr> {
        let found: Result<_, Unresolved> = self.inner().names.resolve(name, port, LIMIT).await;
        found.ok()?.into_iter().next()
    }

    async fn reach_here(&self, name: &str, port: u16, at: DateTime<Utc>) -> Reach {
        let Some(address) = self.address_of(name, port).await else { return Reach::NoAddress };
        let began = Instant::now();
        let reached = match timeout(LIMIT, TcpStream::connect(address)).await {
            Err(_) => Reached::TimedOut,
            Ok(Ok(_stream)) => Reached::Open,
            Ok(Err(error)) if error.kind() == ErrorKind::ConnectionRefused => Reached::Refused,
            Ok(Err(error)) => Reached::Unreachable(error.to_string()),
        };
        Reach::Tried { address, reached, took: began.elapsed(), at }
    }
}
