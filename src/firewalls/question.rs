//! "Is port N open?" in three parts: does something listen, do the rules let it in, and can it be reached.

use std::net::IpAddr;

use crate::commands::firewall::{Family, Firewall, Verdict};
use crate::commands::port_probe::{ProbePort, Reached};
use crate::commands::sockets::{Protocol, Socket, SocketList, is_loopback};
use crate::error::{Error, RemoteError, Result};
use crate::remote::host::{Answer, Host};
use crate::remote::reach::Reach;

/// From where somebody would come.
#[derive(Debug, Clone)]
pub enum Origin {
    /// From this console.
    Console,
    /// From any address.
    Anywhere,
    /// From another server.
    Server(Box<Host>),
}

/// What listens on a port.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Listening {
    /// Somebody does, for whoever comes from elsewhere.
    Yes(Vec<Socket>),
    /// Somebody does, on the loopback interface only.
    LoopbackOnly(Vec<Socket>),
    /// Nobody.
    No,
}

/// Whether a port was reached from where somebody would come.
#[derive(Debug, Clone)]
pub enum Reachable {
    /// Tried, or not, from this console.
    FromConsole(Reach),
    /// Tried from another server.
    FromServer(String, Answer<Reached>),
    /// The other server could not be asked.
    Failed(Box<RemoteError>),
    /// UDP does not answer to a knock.
    NotTcp,
    /// Nobody can try from everywhere.
    NotFromAnywhere,
    /// The address by which the server is reached is not known.
    NoAddress,
}

/// Whether somebody listens at `port`.
pub fn listening(list: &SocketList, protocol: Protocol, port: u16) -> Listening {
    let on_port = list.sockets.iter().filter(|socket| socket.protocol == protocol && socket.port == port);
    let (loopback, open): (Vec<Socket>, Vec<Socket>) =
        on_port.cloned().partition(|socket| is_loopback(&socket.address));
    match (open.is_empty(), loopback.is_empty()) {
        (false, _) => Listening::Yes(open),
        (true, false) => Listening::LoopbackOnly(loopback),
        (true, true) => Listening::No,
    }
}

/// The address that somebody comes from, as the server sees it; none where that is not known.
pub fn address_of(from: &Origin, firewall: &Firewall) -> Option<IpAddr> {
    match from {
        Origin::Console => firewall.seen.map(|(client, _)| client),
        Origin::Anywhere => None,
        Origin::Server(other) => other.server().address.parse().ok(),
    }
}

/// Tries the port from where somebody would come.
pub async fn reach(host: &Host, (protocol, port): (Protocol, u16), from: &Origin) -> Result<Reachable> {
    if protocol == Protocol::Udp {
        return Ok(Reachable::NotTcp);
    }
    match from {
        Origin::Anywhere => Ok(Reachable::NotFromAnywhere),
        Origin::Console => Ok(Reachable::FromConsole(host.reach(port).await?)),
        Origin::Server(other) => {
            let Some(address) = host.address_for_others().await else { return Ok(Reachable::NoAddress) };
            match other.read(ProbePort { address, port }).await {
                Ok(answer) => Ok(Reachable::FromServer(other.name().to_owned(), answer)),
                Err(Error::Remote(error)) => Ok(Reachable::Failed(error)),
                Err(error) => Err(error),
            }
        }
    }
}

/// Whether the answers agree: yes, no, or not known.
pub fn sum(
    listening: Option<&Listening>,
    verdicts: Option<&[(Family, Verdict)]>,
    reachable: &Reachable,
) -> Option<bool> {
    let reached = match reachable {
        Reachable::FromConsole(Reach::Tried { reached, .. })
        | Reachable::FromServer(_, Answer { value: reached, .. }) => match reached {
            Reached::Open => Some(true),
            Reached::Refused | Reached::TimedOut | Reached::Unreachable(_) => Some(false),
            Reached::NoTool => None,
        },
        _ => None,
    };
    // What was tried counts more than what rules say.
    if reached.is_some() {
        return reached;
    }
    let listens = listening.map(|listening| matches!(listening, Listening::Yes(_)));
    let allowed = verdicts.map(|all| all.iter().map(|(_, verdict)| lets_in(verdict)).collect::<Vec<_>>());
    let is_ssh = answered(listening, verdicts) && matches!(reachable, Reachable::FromConsole(Reach::SshPort));
    match (listens, allowed) {
        // The port that hannun knows may be another one than the server's own: something on the way leads from one to the other.
        (Some(false), _) if !is_ssh => Some(false),
        (_, Some(all)) if !all.is_empty() && all.iter().all(|one| *one == Some(false)) => Some(false),
        (Some(true), Some(all)) if !all.is_empty() && all.iter().all(|one| *one == Some(true)) => Some(true),
        // A server that answered has let hannun in by it.
        _ if is_ssh => Some(true),
        _ => None,
    }
}

/// Whether the server answered anything.
pub fn answered(listening: Option<&Listening>, verdicts: Option<&[(Family, Verdict)]>) -> bool {
    listening.is_some() || verdicts.is_some()
}

fn lets_in(verdict: &Verdict) -> Option<bool> {
    match verdict {
        Verdict::Allowed { .. } => Some(true),
        Verdict::Blocked { .. } => Some(false),
        Verdict::FromSome { .. } | Verdict::CannotTell { .. } => None,
    }
}
