//! What the list of servers shows: each row with the names of what it refers to.

use std::collections::BTreeMap;

use crate::admin::cell::Cell;
use crate::db::Connection;
use crate::error::Result;
use crate::models::actor::Scope;
use crate::models::credentials::Credential;
use crate::models::host_keys::{HostKey, KeyState};
use crate::models::ids::ServerId;
use crate::models::platforms::DetectedPlatform;
use crate::models::servers::Server;

/// One server with the names of what it refers to.
pub struct Row {
    /// The server.
    pub server: Server,
    /// Names of its groups.
    pub groups: Vec<String>,
    /// The name of its credential; empty for none.
    pub credential: String,
    /// The name of the server it is reached through; empty for none.
    pub jump_server: String,
    /// What it runs; empty where nobody saw it yet.
    pub platform: String,
    /// What we think of its key.
    pub key: KeySign,
}

/// What we think of a server's host key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeySign {
    /// Nobody saw one yet.
    Unknown,
    /// Approved.
    Trusted,
    /// Seen, and waiting for a person.
    Waiting,
    /// Another one than the approved one was seen.
    Changed,
}

impl KeySign {
    /// The words of the filter.
    pub const WORDS: &[(&str, &str)] =
        &[("trusted", "Trusted"), ("waiting", "To approve"), ("changed", "Changed"), ("unknown", "Not seen yet")];

    /// The word in the address of the list.
    pub fn name(self) -> &'static str {
        match self {
            Self::Unknown => "unknown",
            Self::Trusted => "trusted",
            Self::Waiting => "waiting",
            Self::Changed => "changed",
        }
    }

    /// How the list shows it.
    pub fn cell(self) -> Cell {
        match self {
            Self::Unknown => Cell::Word("Not seen yet"),
            Self::Trusted => Cell::Word("Trusted"),
            Self::Waiting => Cell::State { dot: "warn", label: "To approve" },
            Self::Changed => Cell::State { dot: "down", label: "Changed" },
        }
    }

    fn with(self, state: KeyState) -> Self {
        match (self, state) {
            (Self::Unknown, KeyState::Trusted) => Self::Trusted,
            (Self::Unknown, KeyState::Presented) => Self::Waiting,
            (Self::Trusted, KeyState::Presented) | (Self::Waiting, KeyState::Trusted) => Self::Changed,
            (known, _) => known,
        }
    }
}

impl Row {
    /// Address and port, the port only where it is not 22.
    pub fn address(&self) -> String {
        let (address, port) = (&self.server.address, self.server.port);
        match port {
            22 => address.clone(),
            _ if address.contains(':') => format!("[{address}]:{port}"),
            _ => format!("{address}:{port}"),
        }
    }

    /// The labels as tags.
    pub fn labels(&self) -> Vec<String> {
        let text =
            |(name, value): (&String, &String)| if value.is_empty() { name.clone() } else { format!("{name}={value}") };
        self.server.labels.0.iter().map(text).collect()
    }

    /// What the search looks through.
    pub fn searched(&self) -> String {
        let (labels, server) = (self.labels().join(" "), &self.server);
        format!("{} {} {labels} {} {}", server.name, self.address(), server.note, self.groups.join(" "))
    }
}

/// The rows of these servers, in five questions whatever their number. What they refer to beyond `scope` is not named (Z05).
pub(super) fn assemble(connection: &mut Connection, scope: &Scope, servers: Vec<Server>) -> Result<Vec<Row>> {
    let ids: Vec<ServerId> = servers.iter().map(|server| server.id).collect();
    let mut groups = Server::groups_of(connection, &ids)?;
    let credentials: BTreeMap<_, _> =
        Credential::all(connection)?.into_iter().map(|credential| (credential.id.0, credential.name)).collect();
    let mut jump_servers = BTreeMap::new();
    if servers.iter().any(|server| server.jump_server_id.is_some()) {
        jump_servers.extend(Server::all(connection, scope)?.into_iter().map(|server| (server.id, server.name)));
    }
    let mut platforms: BTreeMap<_, _> = DetectedPlatform::of_all(connection, &ids)?
        .into_iter()
        .map(|platform| (platform.server_id, platform.short_system()))
        .collect();
    let mut keys: BTreeMap<ServerId, KeySign> = BTreeMap::new();
    for key in HostKey::of_all(connection, &ids)? {
        let sign = keys.entry(key.server_id).or_insert(KeySign::Unknown);
        *sign = sign.with(key.state);
    }
    let name_of = |names: &BTreeMap<ServerId, String>, id: Option<ServerId>| {
        id.and_then(|id| names.get(&id).cloned()).unwrap_or_default()
    };
    Ok(servers
        .into_iter()
        .map(|server| Row {
            groups: groups
                .remove(&server.id)
                .unwrap_or_default()
                .into_iter()
                .filter(|group| scope.sees(group.id))
                .map(|group| group.name)
                .collect(),
            credential: server.credential_id.and_then(|id| credentials.get(&id.0).cloned()).unwrap_or_default(),
            jump_server: name_of(&jump_servers, server.jump_server_id),
            platform: platforms.remove(&server.id).unwrap_or_default(),
            key: keys.get(&server.id).copied().unwrap_or(KeySign::Unknown),
            server,
        })
        .collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_that_is_not_the_approved_one_is_a_changed_key_whatever_the_order() {
        let sign = |states: &[KeyState]| states.iter().fold(KeySign::Unknown, |sign, state| sign.with(*state));
        assert_eq!(sign(&[KeyState::Presented]), KeySign::Waiting);
        assert_eq!(sign(&[KeyState::Trusted, KeyState::Trusted]), KeySign::Trusted);
        assert_eq!(sign(&[KeyState::Presented, KeyState::Trusted]), KeySign::Changed);
        assert_eq!(sign(&[KeyState::Trusted, KeyState::Presented, KeyState::Trusted]), KeySign::Changed);
    }
}
