//! The one room through which hannun speaks to the outside, by HTTP and to servers of mail: it reaches public addresses only, and what an
//! administrator listed besides (O01 to O04, O07).
//!
//! One request is one connection. A name is resolved once, every address of it is checked, and the connection goes to a checked
//! one, with the original name in `Host` and in TLS. There is no pool, so nothing is sent a second time by itself; no proxy of the
//! environment is asked; nothing is unpacked; and a redirect is another request, checked like the first.

mod connect;
mod error;
mod exchange;
mod kind;
mod mail;
mod policy;
mod request;
mod resolver;
mod tls;

use std::fmt;
use std::sync::Arc;

pub use hyper::{Method, header};
use tokio::time::Instant;
use tokio_rustls::TlsConnector;

pub use self::error::OutboundError;
pub use self::kind::Kind;
pub use self::mail::{Mail, MailAddress, MailAnswer, MailTls};
use self::policy::Policy;
pub use self::request::{Answer, Request};
pub use self::resolver::{Addresses, Name, Resolver, SystemResolver, Unresolved};
use crate::config::OutboundConfig;
use crate::error::Error;

/// Redirects that are followed, where a request follows any.
const REDIRECTS: usize = 3;

/// The way out; cheap to clone.
#[derive(Clone)]
pub struct Outbound(Arc<Way>);

struct Way {
    config: OutboundConfig,
    policy: Policy,
    tls: TlsConnector,
    resolver: Arc<dyn Resolver>,
}

impl fmt::Debug for Outbound {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Outbound").field("config", &self.0.config).finish_non_exhaustive()
    }
}

impl Outbound {
    /// The way out as `config` says; fails where the file of certificates cannot be used.
    pub fn new(config: OutboundConfig) -> Result<Self, Error> {
        Self::by(config, Arc::new(SystemResolver::default()))
    }

    /// The same, with names looked up by `resolver`.
    pub fn by(config: OutboundConfig, resolver: Arc<dyn Resolver>) -> Result<Self, Error> {
        let tls = tls::connector(config.ca_file.as_deref()).map_err(Error::internal)?;
        let policy = Policy::new(config.allowed.clone());
        Ok(Self(Arc::new(Way { config, policy, tls, resolver })))
    }

    /// What looks names up.
    pub fn resolver(&self) -> &dyn Resolver {
        &*self.0.resolver
    }

    /// The settings.
    pub fn config(&self) -> &OutboundConfig {
        &self.0.config
    }

    /// Sends `request` and reads the beginning of its answer. It is sent once: what went wrong on the way is told, and whoever asked
    /// decides whether to ask again.
    pub async fn send(&self, request: &Request) -> Result<Answer, OutboundError> {
        let until = Instant::now() + self.0.config.total_timeout;
        let mut url = request.url().clone();
        let mut with_secrets = true;
        for _ in 0..=REDIRECTS {
            let mut stream = self.0.connect(&url, until).await?;
            let limit = self.0.config.answer_limit;
            let answer = exchange::exchange(&mut stream, (request, &url, with_secrets), (until, limit)).await?;
            let Some(next) = request.redirected(&url, &answer)? else { return Ok(answer) };
            // Once elsewhere, they are not shown again, also where the way leads back.
            with_secrets = with_secrets && next.origin() == url.origin();
            url = next;
        }
        Err(OutboundError::Redirected { host: request.host(), why: "it was redirected more than three times" })
    }
}
