//! From an address to a signed-in connection, in stages that each have a time limit and a name (H06).

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use russh::client::{self, Handle};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout};
use tokio_util::sync::CancellationToken;

use super::algorithms::{HostKeys, settings};
use super::connection::{Connection, Lease};
use super::credential::OpenKeys;
use super::endpoint::{Auth, Endpoint, PinnedKey};
use super::failure::{of_handshake, reason};
use super::gate::{Gate, Seen};
use super::host_keys::PresentedKey;
use super::leash::{FirstWords, Leashed};
use super::names::{Names, Unresolved};
use super::sign_in::{Proof, sign_in};
use crate::config::RemoteConfig;
use crate::error::{RemoteError, Stage};
use crate::language::Message;

/// Which stage we are in, and what the finished ones took.
pub(super) struct Progress {
    stage: Stage,
    since: Instant,
    /// Finished stages: how long, and what was learnt.
    pub(super) finished: Vec<(Stage, Duration, Message)>,
    /// The host key, once it was seen.
    pub(super) presented: Option<PresentedKey>,
}

impl Progress {
    pub(super) fn new() -> Self {
        Self { stage: Stage::Name, since: Instant::now(), finished: Vec::with_capacity(5), presented: None }
    }

    /// The stage that is going on, and since when.
    pub(super) fn current(&self) -> (Stage, Duration) {
        (self.stage, self.since.elapsed())
    }

    /// Ends the current stage and begins `next`.
    pub(super) fn go_on(&mut self, next: Stage, learnt: Message) {
        self.finished.push((self.stage, self.since.elapsed(), learnt));
        self.stage = next;
        self.since = Instant::now();
    }
}

/// What connecting needs beside the endpoint.
pub(super) struct Means<'a> {
    pub(super) config: &'a RemoteConfig,
    pub(super) keys: &'a OpenKeys,
    pub(super) names: &'a Names,
    /// The connection to the jump server, if there is one.
    pub(super) via: Option<Lease>,
}

/// What is known before the first packet is sent.
pub(super) struct Approach {
    proof: Proof,
    addresses: Vec<SocketAddr>,
}

/// Opens the credential and finds the addresses. Needs no turn among those who connect: a name server that is silent takes
/// none from servers that need no name.
pub(super) async fn approach(
    endpoint: &Endpoint,
    means: &Means<'_>,
    progress: &mut Progress,
) -> Result<Approach, RemoteError> {
    let proof = proof_of(endpoint, means.keys).await?;
    let addresses = resolve(endpoint, means, progress).await?;
    Ok(Approach { proof, addresses })
}

/// Connects and signs in. Nothing is sent before the credential is known to be usable, and no credential before the host
/// key was found to be an approved one.
pub(super) async fn connect(
    endpoint: &Endpoint,
    means: Means<'_>,
    approach: Approach,
    progress: &mut Progress,
) -> Result<Connection, RemoteError> {
    let Approach { proof, addresses } = approach;
    let cut = CancellationToken::new();
    // Also ends the connection's task when this future is dropped or fails.
    let leash = cut.clone().drop_guard();
    let seen = Seen::default();
    let limit = means.config.connect_timeout;
    let everything = async {
        let road = Road { endpoint, means: &means, cut: &cut, seen: &seen, host_keys: HostKeys::Pinned };
        let mut handle = road.shake_hands(&addresses, endpoint.pins.clone(), progress).await?;
        let presented = seen.presented().map(|key| format!("{} {}", key.algorithm, key.fingerprint));
        progress.go_on(Stage::SignIn, Message::heard(presented.unwrap_or_default()));
        let method = sign_in(&mut handle, endpoint, &proof, &seen).await?;
        let learnt = Message::new("{user} by {method}").with("user", &endpoint.user).with_words("method", method);
        progress.go_on(Stage::Shell, learnt);
        Ok(handle)
    };
    let outcome = timeout(limit, everything).await;
    progress.presented = seen.presented();
    match outcome {
        Ok(Ok(handle)) => {
            drop(leash.disarm());
            Ok(Connection::new(endpoint, handle, cut, seen, means.via, means.config))
        }
        Ok(Err(error)) => Err(error),
        Err(_) => Err(timed_out(endpoint, progress.current().0, limit)),
    }
}

/// The host key that is presented now; hangs up before any authentication (H01).
pub(super) async fn present_key(
    endpoint: &Endpoint,
    means: Means<'_>,
    progress: &mut Progress,
) -> Result<PresentedKey, RemoteError> {
    let addresses = resolve(endpoint, &means, progress).await?;
    let cut = CancellationToken::new();
    let _leash = cut.clone().drop_guard();
    let seen = Seen::default();
    let limit = means.config.connect_timeout;
    let road = Road { endpoint, means: &means, cut: &cut, seen: &seen, host_keys: HostKeys::Any };
    // With no pin the gate turns every key away, so the handshake always ends here.
    let outcome = timeout(limit, road.shake_hands(&addresses, Vec::new(), progress)).await;
    match (outcome, seen.presented()) {
        (_, Some(presented)) => Ok(presented),
        (Ok(Err(error)), None) => Err(error),
        (Ok(Ok(_)) | Err(_), None) => Err(timed_out(endpoint, progress.current().0, limit)),
    }
}

/// A road to one server: what every stage of it needs.
struct Road<'a> {
    endpoint: &'a Endpoint,
    means: &'a Means<'a>,
    cut: &'a CancellationToken,
    seen: &'a Seen,
    host_keys: HostKeys,
}

impl Road<'_> {
    /// Connects and exchanges keys, up to the host key.
    async fn shake_hands(
        &self,
        addresses: &[SocketAddr],
        pins: Vec<PinnedKey>,
        progress: &mut Progress,
    ) -> Result<Handle<Gate>, RemoteError> {
        if let Some(jump) = &self.means.via {
            let stream = jump.tunnel(self.endpoint).await?;
            progress.go_on(Stage::HostKey, Message::new("through {jump}").with("jump", jump.server()));
            return self.exchange(stream, pins).await;
        }
        let (stream, address) = self.dial(addresses).await?;
        progress.go_on(Stage::HostKey, Message::heard(address));
        self.exchange(stream, pins).await
    }

    /// Tries each address; each gets its share of the time, so that a dead one does not use up another's.
    async fn dial(&self, addresses: &[SocketAddr]) -> Result<(TcpStream, SocketAddr), RemoteError> {
        let server = &self.endpoint.name;
        let limit = self.means.config.connect_timeout;
        let until = Instant::now() + limit;
        let mut last = timed_out(self.endpoint, Stage::Connect, limit);
        for (index, address) in addresses.iter().enumerate() {
            let left = u32::try_from(addresses.len() - index).unwrap_or(u32::MAX);
            let share = until.saturating_duration_since(Instant::now()) / left;
            match timeout(share, TcpStream::connect(address)).await {
                Ok(Ok(stream)) => {
                    // Small packets at once; where the system refuses, they only come later.
                    drop(stream.set_nodelay(true));
                    return Ok((stream, *address));
                }
                Ok(Err(error)) => {
                    let why =
                        Message::new("{what} ({address})").with_words("what", reason(&error)).with("address", address);
                    last = RemoteError::Unreachable { server: server.clone(), why };
                }
                Err(_) => last = timed_out(self.endpoint, Stage::Connect, limit),
            }
        }
        Err(last)
    }

    async fn exchange<S>(&self, stream: S, pins: Vec<PinnedKey>) -> Result<Handle<Gate>, RemoteError>
    where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let heard = FirstWords::default();
        let stream = Leashed::new(stream, self.cut, heard.clone());
        let gate = Gate::new(pins, self.seen.clone(), self.cut.clone());
        let settings = settings(self.endpoint, self.means.config, self.host_keys);
        let outcome = Box::pin(client::connect_stream(settings, stream, gate)).await;
        outcome.map_err(|error| of_handshake(self.endpoint, error, self.seen, &heard))
    }
}

async fn proof_of(endpoint: &Endpoint, keys: &OpenKeys) -> Result<Proof, RemoteError> {
    match &endpoint.credential {
        Auth::Password(password) => Ok(Proof::Password(password.clone())),
        Auth::PrivateKey { key, passphrase } => match keys.open(key, passphrase.as_ref()).await {
            Ok(key) => Ok(Proof::Key(key)),
            Err(why) => Err(RemoteError::CredentialUnusable { credential: endpoint.credential_name.clone(), why }),
        },
    }
}

/// The addresses of a name; a name behind a jump server is that server's to know.
async fn resolve(
    endpoint: &Endpoint,
    means: &Means<'_>,
    progress: &mut Progress,
) -> Result<Vec<SocketAddr>, RemoteError> {
    if let Some(jump) = &means.via {
        progress.go_on(Stage::Connect, Message::new("left to {jump}").with("jump", jump.server()));
        return Ok(Vec::new());
    }
    if let Ok(address) = endpoint.address.parse::<IpAddr>() {
        progress.go_on(Stage::Connect, Message::heard(address));
        return Ok(vec![SocketAddr::new(address, endpoint.port)]);
    }
    let limit = means.config.name_timeout;
    let found = means.names.resolve(&endpoint.address, endpoint.port, limit).await.map_err(|why| match why {
        Unresolved::Unknown => name_not_found(endpoint),
        Unresolved::TimedOut => timed_out(endpoint, Stage::Name, limit),
    })?;
    let Some(first) = found.first() else {
        return Err(name_not_found(endpoint));
    };
    progress.go_on(Stage::Connect, Message::heard(first.ip()));
    Ok(found)
}

fn name_not_found(endpoint: &Endpoint) -> RemoteError {
    RemoteError::NameNotFound { server: endpoint.name.clone(), address: endpoint.address.clone() }
}

/// No answer in time.
pub(super) fn timed_out(endpoint: &Endpoint, stage: Stage, after: Duration) -> RemoteError {
    RemoteError::TimedOut { server: endpoint.name.clone(), stage, after }
}
