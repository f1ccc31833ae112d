//! What listens on a server, and who is connected with it.

mod address;
pub mod connections;
mod lsof;
mod netstat;
pub(super) mod proc_net;
pub(super) mod rows;
mod sockstat;
mod ss;

use std::collections::HashMap;
use std::net::IpAddr;

use super::{Command, CommandType, ParseError, Read};

pub(super) const FORMATS: &[&str] = &["ss", "netstat", "proc-net", "lsof", "sockstat", "table"];

/// Everything that listens.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SocketList {
    /// Each address and port once, in the order in which the server told them.
    pub sockets: Vec<Socket>,
    /// The server did not tell whose some sockets are, because it takes root to see that.
    pub hidden_owners: bool,
    /// There are more than were read.
    pub is_cut: bool,
}

/// A transport protocol.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Protocol {
    /// TCP
    Tcp,
    /// UDP
    Udp,
}

impl Protocol {
    /// `tcp` or `udp`, with or without the family behind it.
    fn of(word: &[u8]) -> Option<Self> {
        match word {
            b"tcp" | b"tcp4" | b"tcp6" | b"tcp46" | b"TCP" => Some(Self::Tcp),
            b"udp" | b"udp4" | b"udp6" | b"udp46" | b"UDP" => Some(Self::Udp),
            _ => None,
        }
    }

    /// `tcp` or `udp`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Tcp => "tcp",
            Self::Udp => "udp",
        }
    }
}

/// One socket. Every text is the server's own, and hostile.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Socket {
    /// How it is spoken to.
    pub protocol: Protocol,
    /// Where it listens: `127.0.0.1`, `::`, `fe80::1%eth0`; `*` for every address of either family.
    pub address: String,
    /// At which port.
    pub port: u16,
    /// Who it is connected with; nobody while it listens.
    pub peer: Option<Peer>,
    /// `LISTEN`; `UNCONN` for UDP; of a connection `ESTABLISHED`, `CLOSE_WAIT`, ….
    pub state: String,
    /// Whose it is; empty where the server does not tell.
    pub owners: Vec<SocketOwner>,
    /// The number of the user who opened it.
    pub uid: Option<u32>,
    /// That user's name.
    pub user: Option<String>,
}

/// Whether nobody from elsewhere comes to an address, as servers tell it: `127.0.0.53%lo`, `::1`, `*%lo`.
pub fn is_loopback(address: &str) -> bool {
    let (plain, interface) = address.split_once('%').unwrap_or((address, ""));
    interface == "lo" || plain.parse::<IpAddr>().is_ok_and(|address| address.to_canonical().is_loopback())
}

impl Socket {
    /// `tcp 127.0.0.1:22`
    pub fn local(&self) -> String {
        format!("{} {}", self.protocol.name(), endpoint(&self.address, self.port))
    }

    /// `203.0.113.9:51544`; empty while it listens.
    pub fn remote(&self) -> String {
        self.peer.as_ref().map(|peer| endpoint(&peer.address, peer.port)).unwrap_or_default()
    }
}

/// `127.0.0.1:22`, `[::1]:22`
fn endpoint(address: &str, port: u16) -> String {
    if address.contains(':') { format!("[{address}]:{port}") } else { format!("{address}:{port}") }
}

/// The other end of a connection.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Peer {
    /// Its address.
    pub address: String,
    /// Its port.
    pub port: u16,
}

/// A process that holds a socket.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SocketOwner {
    /// Its number.
    pub pid: u32,
    /// Its short name.
    pub name: String,
}

/// Lists what listens.
#[derive(Debug, Clone, Copy)]
pub struct ListSockets;

impl Command for ListSockets {
    const TYPE: CommandType = CommandType::ListSockets;
    type Output = SocketList;

    fn parse(&self, format: &str, output: &[u8]) -> Result<SocketList, ParseError> {
        match format {
            "ss" => ss::parse(output),
            "netstat" => netstat::parse(output),
            "proc-net" => proc_net::parse(output, Kind::Listening),
            "lsof" => lsof::parse(output, Kind::Listening),
            "sockstat" => sockstat::parse(output, Kind::Listening),
            "table" => rows::parse(output),
            other => Err(ParseError::unknown_format(other)),
        }
    }
}

impl Read for ListSockets {}

/// What is looked for, where an answer holds both.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// What listens.
    Listening,
    /// What is connected.
    Connected,
}

/// Gathers sockets: those that several processes hold become one.
#[derive(Default)]
struct Gathering {
    sockets: Vec<Socket>,
    places: HashMap<(Protocol, String, u16, Option<Peer>, String), usize>,
    names: HashMap<u32, String>,
    as_root: bool,
    is_cut: bool,
}

impl Gathering {
    fn add(&mut self, socket: Socket) {
        let key = (socket.protocol, socket.address.clone(), socket.port, socket.peer.clone(), socket.state.clone());
        let place = *self.places.entry(key).or_insert(self.sockets.len());
        match self.sockets.get_mut(place) {
            Some(known) => {
                let new = socket.owners.into_iter().filter(|owner| !known.owners.contains(owner)).collect::<Vec<_>>();
                known.owners.extend(new);
            }
            None => self.sockets.push(socket),
        }
    }

    fn finish(mut self) -> SocketList {
        for socket in &mut self.sockets {
            if socket.user.is_none() {
                socket.user = socket.uid.and_then(|uid| self.names.get(&uid).cloned());
            }
        }
        let hidden_owners = !self.as_root && self.sockets.iter().any(|socket| socket.owners.is_empty());
        SocketList { sockets: self.sockets, hidden_owners, is_cut: self.is_cut }
    }
}
