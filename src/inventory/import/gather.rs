//! Servers as they are found: each gets its name, and one that was found before is not found again.

use std::collections::HashMap;

use super::MAXIMUM_SERVERS;
use super::found::{Found, FoundServer, Place, Skipped};
use super::hops::Hop;
use super::known_hosts::KnownHosts;
use super::names::Names;
use crate::language::Message;
use crate::models::names::{address_problem, remote_user_problem};
use crate::models::servers::MAXIMUM_JUMPS;

/// A place in the list of servers.
pub(super) type Index = usize;

/// What was found so far.
#[derive(Debug, Default)]
pub(super) struct Gathered {
    pub(super) found: Found,
    names: Names,
    by_original: HashMap<String, Index>,
    by_endpoint: HashMap<(String, u16, Option<String>), Index>,
    /// Of each server the one that it is reached through.
    jumps: Vec<Option<Index>>,
    /// Servers that cannot be reached, and why.
    lost: HashMap<Index, Message>,
}

impl Gathered {
    /// Leaves something out.
    pub(super) fn skip(&mut self, what: impl Into<String>, place: &Place, why: impl Into<Message>) {
        Skipped::new(what, place, why).add_to(&mut self.found.skipped);
    }

    /// Whether there is room for another server; where there is not, that is said once.
    pub(super) fn has_room(&mut self, place: &Place) -> bool {
        if self.found.servers.len() < MAXIMUM_SERVERS {
            return true;
        }
        let why = Message::new("One import brings in at most {most} servers; the rest is left out")
            .with("most", MAXIMUM_SERVERS);
        if self.found.skipped.last().is_none_or(|last| last.why != why) {
            self.skip("", place, why);
        }
        false
    }

    /// Adds a server and names it. One with an address that is none, or that was found before, is left out; its groups
    /// go to the one that was found first.
    pub(super) fn add(&mut self, mut server: FoundServer) -> Option<Index> {
        if let Some(problem) = address_problem(&server.address) {
            let why = Message::new("{address} is no address: {problem}").with("address", &server.address);
            self.skip(server.original, &server.place, why.with_words("problem", problem));
            return None;
        }
        if let Some(user) = server.sign_in.user.take_if(|user| remote_user_problem(user).is_some()) {
            let why = Message::new("{user} is no user name that can be used").with("user", user);
            let place = server.place.clone();
            server.ignore("User", &place, why);
        }
        let endpoint = (server.address.clone(), server.port, server.sign_in.user.clone());
        if let Some(index) = self.by_endpoint.get(&endpoint).copied() {
            self.same_again(index, server);
            return Some(index);
        }
        let index = self.found.servers.len();
        server.name = self.names.give(&server.original, &server.address);
        self.by_original.entry(server.original.clone()).or_insert(index);
        self.by_endpoint.insert(endpoint, index);
        self.jumps.push(None);
        self.found.servers.push(server);
        Some(index)
    }

    fn same_again(&mut self, index: Index, again: FoundServer) {
        let Some(first) = self.found.servers.get_mut(index) else { return };
        for group in again.groups {
            if !first.groups.contains(&group) {
                first.groups.push(group);
            }
        }
        self.by_original.entry(again.original.clone()).or_insert(index);
        let why = Message::new("The same server as {name}: address, port and user are equal").with("name", &first.name);
        self.skip(again.original, &again.place, why);
    }

    /// The server that its file calls `original`.
    pub(super) fn of_original(&self, original: &str) -> Option<Index> {
        self.by_original.get(original).copied()
    }

    /// The first server at an address, whatever its port and user.
    pub(super) fn of_address(&self, address: &str) -> Option<Index> {
        self.found.servers.iter().position(|server| server.address == address)
    }

    /// The server at an address, with this port and user.
    pub(super) fn of_endpoint(&self, address: &str, port: u16, user: Option<&str>) -> Option<Index> {
        self.by_endpoint.get(&(address.to_owned(), port, user.map(str::to_owned))).copied()
    }

    /// Says that, on the way to `server`, `behind` (itself, or one of its jump servers) is reached through `jump`. A way
    /// that was told before stays: hannun keeps one for each server.
    pub(super) fn reach_through(&mut self, server: Index, behind: Index, jump: Index, hop: &Hop, place: &Place) {
        let Some(way) = self.jumps.get_mut(behind) else { return };
        let why = match *way {
            _ if behind == jump => "It would be reached through itself, so hannun connects to it directly",
            Some(other) if other != jump => "hannun keeps one way to each server; the way that was told first stays",
            Some(_) => return,
            None => {
                *way = Some(jump);
                if behind != server {
                    self.tell_of_the_way(server, behind, hop, place);
                }
                return;
            }
        };
        if let Some(server) = self.found.servers.get_mut(server) {
            server.ignore(format!("ProxyJump {}", hop.host), place, why);
        }
    }

    /// A server whose own entry names no way got one because another server names it.
    fn tell_of_the_way(&mut self, server: Index, behind: Index, hop: &Hop, place: &Place) {
        let name = self.found.servers.get(server).map(|server| server.original.clone()).unwrap_or_default();
        if let Some(behind) = self.found.servers.get_mut(behind) {
            let why = Message::new("Its own entry names no jump server; this one is on the way to {name}");
            behind.ignore(format!("ProxyJump {}", hop.host), place, why.with("name", name));
        }
    }

    /// The server that another is reached through.
    pub(super) fn way_of(&self, server: Index) -> Option<Index> {
        self.jumps.get(server).copied().flatten()
    }

    /// Leaves out a server that was found: it could not be reached.
    pub(super) fn lose(&mut self, server: Index, why: Message) {
        self.lost.entry(server).or_insert(why);
    }

    /// Everything that was found, with the keys of `known_hosts`. Servers without a way to them are left out.
    pub(super) fn finish(mut self, known_hosts: Option<&KnownHosts>) -> Found {
        let names: Vec<String> = self.found.servers.iter().map(|server| server.name.clone()).collect();
        for (index, mut server) in std::mem::take(&mut self.found.servers).into_iter().enumerate() {
            if let Some(why) = self.trouble_on_the_way(index) {
                self.skip(server.original, &server.place, why);
            } else {
                server.jump = self.way_of(index).and_then(|jump| names.get(jump).cloned());
                self.found.servers.push(server);
            }
        }
        if let Some(known_hosts) = known_hosts {
            known_hosts.give_keys(&mut self.found);
        }
        self.found
    }

    fn trouble_on_the_way(&self, server: Index) -> Option<Message> {
        let mut next = Some(server);
        for _ in 0..=MAXIMUM_JUMPS {
            let stop = next?;
            if let Some(why) = self.lost.get(&stop) {
                return Some(why.clone());
            }
            next = self.way_of(stop);
        }
        let why = Message::new("Its jump servers form a circle or a chain of more than {most}");
        next.map(|_| why.with("most", MAXIMUM_JUMPS))
    }
}
