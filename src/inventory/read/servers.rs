//! Servers, and systems as another program lists them.

use super::super::document::{At, Defaults, HostKey, ServerEntry, Spot};
use super::super::shape::SERVER;
use super::Reader;
use super::entry::Entry;
use crate::language::Message;
use crate::models::names::{address_problem, slug};
use crate::remote::describe_host_key;

/// The port of Beszel's agent where nobody chose another.
const BESZEL_AGENT: u16 = 45_876;

impl Reader {
    pub(super) fn server(&mut self, name: Spot<String>, entry: &Entry<'_>) -> Option<ServerEntry> {
        let address = self.text(entry, "address").and_then(|text| self.address(&text));
        let mut own = self.defaults(entry);
        if let Some((_, Some(port))) = &address {
            match &own.port {
                Some(other) => self.flaw(other.at, "The address names a port already"),
                None => own.port = Some(port.clone()),
            }
        }
        let host_keys = self.spots(entry, "host_keys");
        let host_keys = host_keys.map(|keys| keys.iter().filter_map(|key| self.host_key(key)).collect());
        Some(ServerEntry {
            note: self.note_of(entry),
            enabled: self.flag(entry, "enabled", true),
            legacy_algorithms: self.flag(entry, "legacy_algorithms", false),
            allow: self.allow(entry),
            address: address?.0,
            name,
            own,
            host_keys,
            says_little: false,
        })
    }

    /// A host with its port, where one is named.
    fn address(&mut self, text: &Spot<String>) -> Option<(String, Option<Spot<u16>>)> {
        let written = text.value.as_str();
        if let Some((user, _)) = written.split_once('@') {
            let what = "The user {user} belongs to a credential: write the address without it";
            self.flaw(text.at, Message::new(what).with("user", user));
            return None;
        }
        let (host, port) = split(written);
        let port = match port.map(str::parse::<u16>) {
            None => None,
            Some(Ok(port)) if port > 0 => Some(text.with(port)),
            Some(_) => {
                self.flaw(text.at, "Behind the colon of an address stands a port from 1 to 65535");
                return None;
            }
        };
        let problem = address_problem(host);
        let is_good = problem.is_none();
        self.refuse(text.at, problem);
        is_good.then(|| (host.to_owned(), port))
    }

    /// A fingerprint or a whole public key.
    fn host_key(&mut self, text: &Spot<String>) -> Option<Spot<HostKey>> {
        let written = text.value.trim();
        // SHA-256 is 32 bytes: 43 characters of base64 without padding.
        let is_fingerprint = written.strip_prefix("SHA256:").is_some_and(|hash| {
            let hash = hash.trim_end_matches('=');
            hash.len() == 43 && hash.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'+' || byte == b'/')
        });
        if is_fingerprint {
            return Some(text.with(HostKey::Fingerprint(written.trim_end_matches('=').to_owned())));
        }
        if let Ok(key) = describe_host_key(written) {
            return Some(text.with(HostKey::Whole(key)));
        }
        let what = "Write a fingerprint, SHA256: and 43 characters, or a public key as it stands in known_hosts: ssh-ed25519 AAAA…";
        self.flaw(text.at, what);
        None
    }

    /// A system of Beszel's list: its name and address.
    pub(super) fn system(&mut self, entry: &Entry<'_>) -> Option<ServerEntry> {
        let written = self.text(entry, "name")?;
        let name = written.with(slug(&written.value).unwrap_or_default());
        if name.value != written.value {
            let what = Message::new("{written} is called {name} here");
            self.note(name.at, what.with("written", &written.value).with("name", &name.value));
        }
        let is_name = self.is_name(&name, &SERVER);
        let host = self.text(entry, "host")?;
        if host.value.starts_with('/') {
            let what = Message::new("{name} is left out: it is reached by a socket on its own machine");
            self.note(host.at, what.with("name", &name.value));
            return None;
        }
        self.refuse(host.at, address_problem(&host.value));
        let port = self.port(entry);
        let port = self.ssh_port(port, entry.at);
        is_name.then(|| ServerEntry {
            name,
            address: host.value,
            own: Defaults { port, ..Defaults::default() },
            host_keys: None,
            note: String::new(),
            enabled: true,
            legacy_algorithms: false,
            allow: crate::models::allowance::Allowance::default(),
            says_little: true,
        })
    }

    /// The port, if it is not that of the agent, where no SSH server of ours answers.
    fn ssh_port(&mut self, port: Option<Spot<u16>>, at: At) -> Option<Spot<u16>> {
        let port = port?;
        if port.value != BESZEL_AGENT {
            return Some(port);
        }
        if !self.notes.iter().any(|note| note.at.node == 0) {
            let what = "45876 is the port of Beszel's agent; hannun speaks to the SSH server, at the usual port";
            self.note(At { node: 0, ..at }, what);
        }
        None
    }
}

/// Host and port: `web-1:2222`, `[2001:db8::7]:2222`, and without a port `2001:db8::7`.
fn split(written: &str) -> (&str, Option<&str>) {
    if let Some(rest) = written.strip_prefix('[')
        && let Some((host, after)) = rest.split_once(']')
    {
        return match after.strip_prefix(':') {
            None if !after.is_empty() => (written, None),
            port => (host, port),
        };
    }
    match written.split_once(':') {
        Some((host, port)) if !port.contains(':') => (host, Some(port)),
        _ => (written, None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_port_behind_an_address_is_told_from_an_ipv6_address() {
        assert_eq!(split("10.0.0.7"), ("10.0.0.7", None));
        assert_eq!(split("web-1.example.com:2222"), ("web-1.example.com", Some("2222")));
        assert_eq!(split("2001:db8::7"), ("2001:db8::7", None));
        assert_eq!(split("[2001:db8::7]:2222"), ("2001:db8::7", Some("2222")));
        assert_eq!(split("[2001:db8::7]"), ("2001:db8::7", None));
        assert_eq!(split("[2001:db8::7]22"), ("[2001:db8::7]22", None));
    }
}
