//! "Is port N open?" in three parts: does something listen, do the rules let it in, and can it be reached.

use std::net::IpAddr;

use crate::commands::firewall::{Asked, Family, Firewall, Verdict};
use crate::commands::port_probe::{ProbePort, Reached};
use crate::commands::sockets::{Protocol, Socket, SocketList};
use crate::error::{Error, RemoteError, Result};
use crate::remote::host::{Answer, Evidence, Host};
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

/// Whether nobody from elsewhere comes to an address.
pub fn is_loopback(address: &str) -> bool {
    let (plain, interface) = address.split_once('%').unwrap_or((address, ""));
    interface == "lo" || plain.parse::<IpAddr>().is_ok_and(|address| address.to_canonical().is_loopback())
}

/// What the rules say to a connection `from` an address, or from any; one verdict per family that the server can be reached by.
pub fn verdicts(
    firewall: &Firewall,
    (protocol, port): (Protocol, u16),
    from: Option<IpAddr>,
    to: Option<IpAddr>,
) -> Vec<(Family, Verdict)> {
    let families = match from.or(to) {
        Some(address) => vec![Family::of(address)],
        None => families_of(firewall),
    };
    let of = |family: Family| {
        let seen = firewall.seen.map(|(_, server)| server).filter(|server| Family::of(*server) == family);
        let to = to.or(seen);
        let interface = to.and_then(|to| firewall.interface_of(to)).map(str::to_owned);
        (family, firewall.verdict(&Asked { protocol, port, family, from, to, interface }))
    };
    families.into_iter().map(of).collect()
}

/// The families that somebody from elsewhere can come by.
fn families_of(firewall: &Firewall) -> Vec<Family> {
    let is_global = |address: &IpAddr| match address {
        IpAddr::V4(four) => !four.is_loopback(),
        IpAddr::V6(six) => {
            !six.is_loopback() && (six.segments().first().copied().unwrap_or_default() & 0xffc0) != 0xfe80
        }
    };
    let has = |family| {
        let known = firewall.addresses.iter().map(|known| known.address);
        known.filter(is_global).any(|address| Family::of(address) == family)
    };
    match (has(Family::V4), has(Family::V6)) {
        (false, true) => vec![Family::V6],
        (true, true) => vec![Family::V4, Family::V6],
        _ => vec![Family::V4],
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
pub async fn reach(
    host: &Host,
    firewall: Option<&Firewall>,
    (protocol, port): (Protocol, u16),
    from: &Origin,
) -> Result<Reachable> {
    if protocol == Protocol::Udp {
        return Ok(Reachable::NotTcp);
    }
    match from {
        Origin::Anywhere => Ok(Reachable::NotFromAnywhere),
        Origin::Console => Ok(Reachable::FromConsole(host.reach(port).await?)),
        Origin::Server(other) => {
            let seen = firewall.and_then(|firewall| firewall.seen).map(|(_, server)| server);
            let Some(address) = seen.or_else(|| host.server().address.parse().ok()) else {
                return Ok(Reachable::NoAddress);
            };
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
        Reachable::FromConsole(Reach::SshPort) => Some(true),
        _ => None,
    };
    // What was tried counts more than what rules say.
    if reached.is_some() {
        return reached;
    }
    let listens = listening.map(|listening| matches!(listening, Listening::Yes(_)));
    let allowed = verdicts.map(|all| all.iter().map(|(_, verdict)| lets_in(verdict)).collect::<Vec<_>>());
    match (listens, allowed) {
        (Some(false), _) => Some(false),
        (_, Some(all)) if !all.is_empty() && all.iter().all(|one| *one == Some(false)) => Some(false),
        (Some(true), Some(all)) if !all.is_empty() && all.iter().all(|one| *one == Some(true)) => Some(true),
        _ => None,
    }
}

fn lets_in(verdict: &Verdict) -> Option<bool> {
    match verdict {
        Verdict::Allowed { .. } => Some(true),
        Verdict::Blocked { .. } => Some(false),
        Verdict::FromSome { .. } | Verdict::CannotTell { .. } => None,
    }
}

/// How an answer is known, where a server gave it.
pub fn evidence(reachable: &Reachable) -> Option<&Evidence> {
    match reachable {
        Reachable::FromServer(_, answer) => Some(&answer.evidence),
        _ => None,
    }
}
