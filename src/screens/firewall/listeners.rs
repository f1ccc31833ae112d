//! What listens, and what the rules say to each of it.

use std::collections::HashMap;
use std::net::IpAddr;

use super::words;
use crate::commands::Firewall;
use crate::commands::sockets::{Protocol, Socket, SocketList, is_loopback};
use crate::firewalls::verdicts;

/// Rules that are looked at for all verdicts of a page together, about.
const MOST_WORK: usize = 500_000;

/// What listens. Texts are the server's own.
#[derive(Debug, Clone)]
pub(super) struct SocketRow {
    pub(super) port: u16,
    pub(super) protocol: &'static str,
    pub(super) process: String,
    pub(super) address: String,
    pub(super) is_loopback: bool,
    pub(super) verdicts: Vec<(&'static str, &'static str, &'static str)>,
}

/// The rows of a page, in the order of their ports; those of the loopback interface last, or not at all.
pub(super) fn rows(list: &SocketList, firewall: Option<&Firewall>, hidden_loopback: bool) -> Vec<SocketRow> {
    let mut judge = firewall.map(Judge::new);
    let mut row = |socket: &Socket| {
        let is_loopback = is_loopback(&socket.address);
        let names: Vec<&str> = socket.owners.iter().map(|owner| owner.name.as_str()).collect();
        SocketRow {
            port: socket.port,
            protocol: socket.protocol.name(),
            process: names.first().map(|name| (*name).to_owned()).unwrap_or_default(),
            address: socket.address.clone(),
            is_loopback,
            verdicts: judge.as_mut().filter(|_| !is_loopback).map(|judge| judge.of(socket)).unwrap_or_default(),
        }
    };
    let mut rows: Vec<SocketRow> = list.sockets.iter().map(&mut row).collect();
    rows.retain(|row| !(hidden_loopback && row.is_loopback));
    rows.sort_by(|one, other| {
        (one.is_loopback, one.port, one.protocol).cmp(&(other.is_loopback, other.port, other.protocol))
    });
    rows
}

/// One verdict, or one per family where they differ: family, dot, word.
type Said = Vec<(&'static str, &'static str, &'static str)>;

/// Judges each port once, and no more of them than a page has time for: a server may have many ports and many rules.
struct Judge<'a> {
    firewall: &'a Firewall,
    known: HashMap<(Protocol, u16, Option<IpAddr>), Said>,
    most: usize,
}

impl<'a> Judge<'a> {
    fn new(firewall: &'a Firewall) -> Self {
        let rules: usize = firewall.places.iter().map(|place| place.rules.len() + 1).sum();
        Self { firewall, known: HashMap::new(), most: MOST_WORK / rules.max(1) }
    }

    fn of(&mut self, socket: &Socket) -> Said {
        let to = socket.address.parse().ok().filter(|address: &IpAddr| !address.is_unspecified());
        let key = (socket.protocol, socket.port, to);
        if let Some(said) = self.known.get(&key) {
            return said.clone();
        }
        if self.known.len() >= self.most {
            return vec![("", "none", "not judged")];
        }
        let all = verdicts(self.firewall, (socket.protocol, socket.port), None, to);
        let said: Vec<_> = all.iter().map(|(family, verdict)| (*family, words::short(verdict))).collect();
        let said = match said.as_slice() {
            [(_, first), rest @ ..] if rest.iter().all(|(_, other)| other == first) => vec![("", first.0, first.1)],
            many => many.iter().map(|(family, (dot, word))| (words::family(*family), *dot, *word)).collect(),
        };
        self.known.insert(key, said.clone());
        said
    }
}
