//! From what a configuration says about a host to a server, and to those that it is reached through.

use std::collections::BTreeMap;

use super::blocks::{Config, Setting};
use super::keywords;
use super::resolve::{Resolved, Resolver};
use super::tokens::{self, Tokens};
use crate::inventory::import::Owner;
use crate::inventory::import::found::{Found, FoundServer, Place, SignIn, Skipped};
use crate::inventory::import::gather::{Gathered, Index};
use crate::inventory::import::hops::{self, Hop};
use crate::inventory::import::known_hosts::KnownHosts;
use crate::language::Message;

/// The port where none is told.
const USUAL_PORT: u16 = 22;
/// The user of every store of code; nobody has a shell there.
const CODE_USER: &str = "git";
/// The ending of public keys.
const PUBLIC: &str = ".pub";
/// The label that `Tag` becomes.
const TAG_LABEL: &str = "tag";

/// The servers of one configuration.
pub(super) struct Servers<'c> {
    resolver: Resolver<'c>,
    owner: &'c Owner,
    gathered: Gathered,
    /// Ways that are told once every server is there.
    ways: Vec<(Index, Vec<Hop>, Place)>,
}

/// Where a host is and who signs in there.
struct Endpoint {
    address: String,
    port: u16,
    user: Option<String>,
}

impl<'c> Servers<'c> {
    pub(super) fn new(config: &'c Config, owner: &'c Owner, gathered: Gathered) -> Self {
        Self { resolver: Resolver::new(config, owner), owner, gathered, ways: Vec::new() }
    }

    /// Adds the server of a name; false once there is no room for more.
    pub(super) fn add(&mut self, name: &str, place: &Place) -> bool {
        if !self.gathered.has_room(place) {
            return false;
        }
        let Some(resolved) = self.resolver.resolve(name) else {
            self.gathered.skip("", place, "There are too many patterns to compare; what follows is left out");
            return false;
        };
        if resolved.is_named {
            self.add_resolved(name, place, &resolved);
        } else {
            self.gathered.skip(name, place, "It stands within a block or beside a pattern that never lets it hold");
        }
        true
    }

    fn add_resolved(&mut self, name: &str, place: &Place, resolved: &Resolved<'c>) {
        let endpoint = match self.endpoint(resolved) {
            Ok(endpoint) => endpoint,
            Err(why) => return self.gathered.skip(name, place, why),
        };
        if endpoint.user.as_deref() == Some(CODE_USER) {
            return self.gathered.skip(name, place, "Who signs in as git reaches a store of code, not a server");
        }
        let Some(hops) = way(resolved) else {
            let why = "A program of its own makes the connection (ProxyCommand); hannun cannot do that";
            return self.gathered.skip(name, place, why);
        };
        let before = self.gathered.found.servers.len();
        let server = self.server(name, place, resolved, endpoint);
        if let Some(index) = self.gathered.add(server)
            && index == before
            && !hops.is_empty()
        {
            let place = resolved.proxy.map_or_else(|| place.clone(), |setting| setting.place.clone());
            self.ways.push((index, hops, place));
        }
    }

    fn endpoint(&self, resolved: &Resolved<'_>) -> Result<Endpoint, Message> {
        let user = resolved.user.map(|setting| setting.value.clone()).or_else(|| self.owner.user.clone());
        Ok(Endpoint { address: resolved.address.clone()?, port: port(resolved), user })
    }

    fn server(&self, name: &str, place: &Place, resolved: &Resolved<'_>, endpoint: Endpoint) -> FoundServer {
        let mut ignored = Vec::new();
        let key_file = self.key_file(name, resolved, &endpoint, &mut ignored);
        let tag = resolved.tag.map(|setting| (TAG_LABEL.to_owned(), setting.value.clone()));
        let mut server = FoundServer {
            name: String::new(),
            original: name.to_owned(),
            address: endpoint.address,
            port: endpoint.port,
            sign_in: SignIn { user: endpoint.user, key_file, ..SignIn::default() },
            jump: None,
            groups: Vec::new(),
            labels: BTreeMap::from_iter(tag),
            host_keys: Vec::new(),
            key_alias: resolved.key_alias.map(|setting| setting.value.clone()),
            place: place.clone(),
            ignored,
        };
        for block in &resolved.undecided {
            server.ignore("match", &block.place, "Only ssh on your own machine can tell whether this block is for it");
        }
        for setting in &resolved.others {
            if let Some(why) = keywords::left_out(&setting.keyword, &setting.value) {
                server.ignore(&setting.keyword, &setting.place, why);
            }
        }
        server
    }

    /// The first key file that can be one. A server has one key in hannun; `ssh` tries all.
    fn key_file(
        &self,
        name: &str,
        resolved: &Resolved<'_>,
        endpoint: &Endpoint,
        ignored: &mut Vec<Skipped>,
    ) -> Option<String> {
        let tokens = Tokens {
            name: Some(&endpoint.address),
            original: Some(name),
            port: Some(endpoint.port),
            user: endpoint.user.as_deref(),
            home: self.owner.home.as_deref(),
            local_user: self.owner.user.as_deref(),
        };
        let mut chosen = None;
        for setting in resolved.key_files.iter().filter(|setting| !setting.value.eq_ignore_ascii_case("none")) {
            let mut leave_out = |why: Message| ignored.push(Skipped::new("identityfile", &setting.place, why));
            match tokens::expand(&setting.value, tokens) {
                Err(why) => leave_out(why),
                Ok(path) if path.strip_suffix(PUBLIC).is_some() => {
                    leave_out(Message::new(
                        "It names a public key; the private one is in an agent, which hannun has not",
                    ));
                }
                Ok(path) if chosen.is_none() => chosen = Some(path),
                Ok(_) => leave_out(Message::new("hannun signs in to a server with one key; the first is taken")),
            }
        }
        chosen
    }

    /// Everything that was found: the ways are told now, because a jump server may stand below those behind it.
    pub(super) fn finish(mut self, known_hosts: Option<&KnownHosts>) -> Found {
        // A jump server that is only named on a way brings a way of its own, so the list may grow while it is read.
        let (mut own, mut chained) = (0, 0);
        loop {
            if let Some((server, hops, place)) = self.ways.get(own).cloned() {
                own += 1;
                if let Some(last) = hops.last() {
                    self.lead(server, server, last, &place);
                }
            } else if let Some((server, hops, place)) = self.ways.get(chained).cloned() {
                chained += 1;
                self.lead_on(server, &hops, &place);
            } else {
                return self.gathered.finish(known_hosts);
            }
        }
    }

    /// The stops before the last one: each is the way to the next, unless that has a way of its own.
    fn lead_on(&mut self, server: Index, hops: &[Hop], place: &Place) {
        let mut behind = self.gathered.way_of(server);
        for hop in hops.iter().rev().skip(1) {
            behind = behind.and_then(|behind| self.lead(server, behind, hop, place));
        }
    }

    /// Says that `behind` is reached through a hop, on the way to `server`.
    fn lead(&mut self, server: Index, behind: Index, hop: &Hop, place: &Place) -> Option<Index> {
        let jump = self.jump(hop, place);
        if let Some(jump) = jump {
            self.gathered.reach_through(server, behind, jump, hop, place);
        } else {
            let why = Message::new("{jump}, which it is reached through, cannot be used").with("jump", &hop.host);
            self.gathered.lose(server, why);
        }
        jump
    }

    /// The server that a hop means: one of those that were found, or a new one.
    fn jump(&mut self, hop: &Hop, place: &Place) -> Option<Index> {
        let resolved = self.resolver.resolve(&hop.host)?;
        let mut endpoint = self.endpoint(&resolved).ok()?;
        endpoint.user = hop.user.clone().or(endpoint.user);
        endpoint.port = hop.port.unwrap_or(endpoint.port);
        let known = self.gathered.of_endpoint(&endpoint.address, endpoint.port, endpoint.user.as_deref());
        if known.is_some() {
            return known;
        }
        if !self.gathered.has_room(place) {
            return None;
        }
        let hops = way(&resolved)?;
        let server = self.server(&hop.host, place, &resolved, endpoint);
        let index = self.gathered.add(server)?;
        if !hops.is_empty() {
            self.ways.push((index, hops, place.clone()));
        }
        Some(index)
    }
}

fn port(resolved: &Resolved<'_>) -> u16 {
    resolved.port.and_then(|setting| setting.value.parse().ok()).unwrap_or(USUAL_PORT)
}

/// The stops on the way, in the order in which they are passed; `None` where a program of its own makes the connection.
fn way(resolved: &Resolved<'_>) -> Option<Vec<Hop>> {
    match resolved.proxy {
        None => Some(Vec::new()),
        Some(Setting { keyword, value, .. }) if keyword == "proxyjump" => hops::of_proxy_jump(value).ok(),
        Some(setting) => hops::of_proxy_command(&setting.value),
    }
}
