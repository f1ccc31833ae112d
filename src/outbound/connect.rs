//! From a URL to a connection with an address that was checked (O01).

use std::net::IpAddr;

use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout_at};
use tokio_rustls::client::TlsStream;
use tokio_rustls::rustls::pki_types::ServerName;
use url::{Host, Url};

use super::Way;
use super::error::OutboundError;
use super::request::host_of;
use super::resolver::Unresolved;

/// A connection, plain or not.
pub(super) trait Stream: AsyncRead + AsyncWrite + Unpin + Send {}

impl<T: AsyncRead + AsyncWrite + Unpin + Send> Stream for T {}

impl Way {
    /// A connection to a checked address of `url`.
    pub(super) async fn connect(&self, url: &Url, until: Instant) -> Result<Box<dyn Stream>, OutboundError> {
        let until = until.min(Instant::now() + self.config.connect_timeout);
        let host = url.host().ok_or(OutboundError::NoUrl("it names no host"))?;
        let port = url.port_or_known_default().unwrap_or_default();
        let addresses = self.checked(&host, port, until).await?;
        let stream = reach(&host.to_string(), &addresses, port, until).await?;
        if url.scheme() != "https" {
            return Ok(Box::new(stream));
        }
        Ok(Box::new(self.secure(&host_of(url), stream, until).await?))
    }

    /// Every address of `host`, if all of them may be reached.
    pub(super) async fn checked(
        &self,
        host: &Host<impl AsRef<str> + Sync>,
        port: u16,
        until: Instant,
    ) -> Result<Vec<IpAddr>, OutboundError> {
        let addresses = self.addresses(host, until).await?;
        // One that is refused is enough: whoever answers for the name cannot be trusted to mean the others.
        for address in &addresses {
            if let Some(what) = self.policy.refusal(*address, port) {
                return Err(OutboundError::Refused { host: host.to_string(), address: *address, what });
            }
        }
        Ok(addresses)
    }

    /// TLS over `stream`, with whoever can prove to be `host`.
    pub(super) async fn secure(
        &self,
        host: &str,
        stream: TcpStream,
        until: Instant,
    ) -> Result<TlsStream<TcpStream>, OutboundError> {
        let untrusted = |why: String| OutboundError::Untrusted { host: host.to_owned(), why };
        let name = ServerName::try_from(host.trim_start_matches('[').trim_end_matches([']', '.']).to_owned())
            .map_err(|why| untrusted(why.to_string()))?;
        match timeout_at(until, self.tls.connect(name, stream)).await {
            Ok(Ok(stream)) => Ok(stream),
            Ok(Err(why)) => Err(untrusted(why.to_string())),
            Err(_late) => Err(OutboundError::TimedOut { host: host.to_owned() }),
        }
    }

    /// Every address of `host`, looked up once.
    async fn addresses(
        &self,
        host: &Host<impl AsRef<str> + Sync>,
        until: Instant,
    ) -> Result<Vec<IpAddr>, OutboundError> {
        let name = match host {
            Host::Ipv4(address) => return Ok(vec![(*address).into()]),
            Host::Ipv6(address) => return Ok(vec![(*address).into()]),
            Host::Domain(name) => name.as_ref(),
        };
        let limit = until.saturating_duration_since(Instant::now());
        match self.resolver.addresses(name, limit).await {
            Ok(found) if !found.is_empty() => Ok(found),
            Ok(_) | Err(Unresolved::Unknown) => Err(OutboundError::NoAddress { host: name.to_owned() }),
            Err(Unresolved::TimedOut) => Err(OutboundError::TimedOut { host: name.to_owned() }),
        }
    }
}

/// A plain connection to the first of `addresses` of `host` that takes one; each has its part of the time that is left.
pub(super) async fn reach(
    host: &str,
    addresses: &[IpAddr],
    port: u16,
    until: Instant,
) -> Result<TcpStream, OutboundError> {
    let mut why = OutboundError::TimedOut { host: host.to_owned() };
    for (at, address) in addresses.iter().enumerate() {
        let now = Instant::now();
        let left = u32::try_from(addresses.len() - at).unwrap_or(u32::MAX);
        let share = now + until.saturating_duration_since(now) / left.max(1);
        match timeout_at(share, TcpStream::connect((*address, port))).await {
            Ok(Ok(stream)) => return Ok(stream),
            Ok(Err(error)) => why = OutboundError::Unreachable { host: host.to_owned(), why: error.to_string() },
            Err(_late) => why = OutboundError::TimedOut { host: host.to_owned() },
        }
    }
    Err(why)
}
