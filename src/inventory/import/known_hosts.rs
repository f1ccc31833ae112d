//! `known_hosts`: the host keys that somebody trusts already (sshd(8), `SSH_KNOWN_HOSTS FILE FORMAT`).

use std::cell::{Cell, RefCell};
use std::collections::{HashMap, HashSet};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha1::Sha1;

use super::Source;
use super::files::too_long;
use super::found::{Found, FoundKey, FoundServer, LONGEST_VALUE, Place, Skipped};
use super::pattern::{is_literal, list_matches};
use crate::remote::describe_host_key;

/// The port that `known_hosts` leaves out.
const USUAL_PORT: u16 = 22;
/// How many hashed names and patterns are tried at most: a second or two of work.
const MOST_TRIES: usize = 4_000_000;
/// A pattern costs as much as a hash for each of these many bytes.
const BYTES_A_TRY: usize = 256;
/// More keys than one server has.
const MOST_KEYS: usize = 8;

/// A `known_hosts` that was read.
#[derive(Debug)]
pub struct KnownHosts {
    lines: Vec<Line>,
    /// Lines with this plain name.
    by_name: HashMap<String, Vec<usize>>,
    /// Lines with patterns.
    patterns: Vec<usize>,
    /// Lines whose name is hashed and not known yet: each is about one name, so one that was found is not tried again.
    hashed: RefCell<Vec<usize>>,
    /// Lines with these names, which were hashed.
    unhashed: RefCell<HashMap<String, Vec<usize>>>,
    skipped: Vec<Skipped>,
    tries_left: Cell<usize>,
}

#[derive(Debug)]
struct Line {
    hosts: Hosts,
    marker: Marker,
    /// Nothing where it is no key.
    key: Option<FoundKey>,
    place: Place,
}

#[derive(Debug)]
enum Hosts {
    /// Names and patterns with commas between them.
    Named(String),
    /// HMAC-SHA1 of the name: what `HashKnownHosts yes` writes.
    Hashed {
        /// The code with the salt as its key, before any name.
        code: Box<Hmac<Sha1>>,
        /// What the name makes of it.
        digest: Vec<u8>,
    },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Marker {
    Trusted,
    Revoked,
    CertAuthority,
}

impl KnownHosts {
    /// Reads every line; what cannot be read is told when the keys are given.
    pub fn read(source: Source<'_>) -> Self {
        let mut known = Self {
            lines: Vec::new(),
            by_name: HashMap::new(),
            patterns: Vec::new(),
            hashed: RefCell::default(),
            unhashed: RefCell::default(),
            skipped: Vec::new(),
            tries_left: Cell::new(MOST_TRIES),
        };
        let file = Place::new(source.name, 0);
        if let Some(why) = too_long(source.text) {
            Skipped::new("", &file, why).add_to(&mut known.skipped);
            return known;
        }
        for (number, text) in source.text.lines().enumerate() {
            let (place, text) = (file.at(number + 1), text.trim());
            if text.is_empty() || text.starts_with('#') {
                continue;
            }
            match Line::read(text, place.clone()) {
                Some(line) => known.keep(line),
                None => Skipped::new("", &place, "This is no line of known_hosts").add_to(&mut known.skipped),
            }
        }
        known
    }

    fn keep(&mut self, line: Line) {
        let index = self.lines.len();
        match &line.hosts {
            Hosts::Hashed { .. } => self.hashed.get_mut().push(index),
            Hosts::Named(list) if list.split(',').all(|name| is_literal(name) && !name.starts_with('!')) => {
                for name in list.split(',') {
                    self.by_name.entry(name.to_owned()).or_default().push(index);
                }
            }
            Hosts::Named(_) => self.patterns.push(index),
        }
        self.lines.push(line);
    }

    /// Gives each server the keys that are known for it, and tells what could not be read.
    pub(super) fn give_keys(&self, found: &mut Found) {
        for server in &mut found.servers {
            self.give_keys_to(server);
        }
        self.skipped.iter().cloned().for_each(|skipped| skipped.add_to(&mut found.skipped));
        if self.tries_left.get() == 0 {
            let place = self.lines.first().map_or_else(|| Place::new("known_hosts", 0), |line| line.place.at(0));
            let why = "It holds too many hashed names and patterns to try them all; some keys may be missing";
            Skipped::new("", &place, why).add_to(&mut found.skipped);
        }
    }

    fn give_keys_to(&self, server: &mut FoundServer) {
        let name = server.key_alias.as_ref().unwrap_or(&server.address).to_ascii_lowercase();
        let mut lines = Vec::new();
        // A server on another port has its own entry; where it has none, `ssh` takes that of the plain name.
        if server.port != USUAL_PORT && server.key_alias.is_none() {
            lines = self.lines_of(&format!("[{name}]:{}", server.port));
        }
        if !lines.iter().any(|line| line.marker == Marker::Trusted) {
            lines.extend(self.lines_of(&name));
        }
        let revoked: HashSet<&str> = lines
            .iter()
            .filter(|line| line.marker == Marker::Revoked)
            .filter_map(|line| line.key.as_ref())
            .map(|key| key.public_key.as_str())
            .collect();
        // An authority matters only where no key is known: it comes after the keys.
        lines.sort_by_key(|line| line.marker == Marker::CertAuthority);
        for line in lines {
            let why = match (line.marker, &line.key) {
                (Marker::Revoked, _) => continue,
                (Marker::CertAuthority, _) if !server.host_keys.is_empty() => continue,
                (Marker::CertAuthority, _) => "hannun trusts keys, not the authorities that sign them",
                (Marker::Trusted, None) => "This is not a public host key",
                (Marker::Trusted, Some(key)) if revoked.contains(key.public_key.as_str()) => {
                    "The same file says that this key is revoked"
                }
                (Marker::Trusted, Some(key)) => {
                    if server.host_keys.len() < MOST_KEYS && !server.host_keys.contains(key) {
                        server.host_keys.push(key.clone());
                    }
                    continue;
                }
            };
            server.ignore("known_hosts", &line.place, why);
        }
    }

    /// Whether there is still time for an attempt; the last of it is used up by one that costs too much.
    fn may_try(&self, cost: usize) -> bool {
        let left = self.tries_left.get();
        self.tries_left.set(left.saturating_sub(cost));
        left > cost
    }

    /// The lines about a name, in their order.
    fn lines_of(&self, name: &str) -> Vec<&Line> {
        let mut indexes: Vec<usize> = self.by_name.get(name).cloned().unwrap_or_default();
        indexes.extend(self.patterns.iter().filter(|index| self.is_about(**index, name)));
        if !self.unhashed.borrow().contains_key(name) {
            let tried = self.hashed.take();
            let (found, others) = tried.into_iter().partition(|index| self.is_about(*index, name));
            self.hashed.replace(others);
            self.unhashed.borrow_mut().insert(name.to_owned(), found);
        }
        indexes.extend(self.unhashed.borrow().get(name).into_iter().flatten());
        indexes.sort_unstable();
        indexes.iter().filter_map(|index| self.lines.get(*index)).collect()
    }

    fn is_about(&self, index: usize, name: &str) -> bool {
        match self.lines.get(index).map(|line| &line.hosts) {
            Some(Hosts::Named(list)) => self.may_try(1 + list.len() / BYTES_A_TRY) && list_matches(list, name),
            Some(Hosts::Hashed { code, digest }) => {
                self.may_try(1) && {
                    let mut code = code.clone();
                    code.update(name.as_bytes());
                    code.finalize().into_bytes().as_slice() == digest.as_slice()
                }
            }
            None => false,
        }
    }
}

impl Line {
    fn read(text: &str, place: Place) -> Option<Self> {
        let mut words = text.split_ascii_whitespace();
        let mut hosts = words.next()?;
        let marker = match hosts {
            "@revoked" => Marker::Revoked,
            "@cert-authority" => Marker::CertAuthority,
            _ if hosts.starts_with('@') => return None,
            _ => Marker::Trusted,
        };
        if marker != Marker::Trusted {
            hosts = words.next()?;
        }
        let key = read_key(words.next()?, words.next()?);
        let hosts = match hosts.strip_prefix("|1|") {
            Some(hash) => {
                let (salt, digest) = hash.split_once('|')?;
                let code = Hmac::<Sha1>::new_from_slice(&STANDARD.decode(salt).ok()?).ok()?;
                Hosts::Hashed { code: Box::new(code), digest: STANDARD.decode(digest).ok()? }
            }
            None if hosts.starts_with('|') => return None,
            None => Hosts::Named(hosts.to_ascii_lowercase()),
        };
        Some(Self { hosts, marker, key, place })
    }
}

fn read_key(algorithm: &str, key: &str) -> Option<FoundKey> {
    let described = describe_host_key(&format!("{algorithm} {key}")).ok().filter(|_| key.len() <= LONGEST_VALUE)?;
    let (algorithm, public_key, fingerprint) = (described.algorithm, described.public_key, described.fingerprint);
    Some(FoundKey { algorithm, public_key, fingerprint })
}
