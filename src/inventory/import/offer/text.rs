//! Chosen servers as texts of `servers.yml`, each within what its reader takes. Secrets stand beside the texts, not in them.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::credentials::{Credentials, Wanted};
use crate::error::{Error, Result};
use crate::inventory::document::SecretReference;
use crate::inventory::import::found::FoundServer;
use crate::inventory::request::{Request, Source};
use crate::inventory::shape::VERSION;
use crate::secret::SecretText;
use crate::yaml;

/// Nodes and bytes of one text, well below what the reader of YAML takes.
const MOST_NODES: usize = 30_000;
const MOST_BYTES: usize = 500_000;
/// What a node takes besides its text, in bytes.
const OF_A_NODE: usize = 12;

#[derive(Default, Serialize)]
struct Text<'t> {
    version: i64,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    credentials: BTreeMap<&'t str, CredentialEntry<'t>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    groups: Vec<&'t str>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    servers: BTreeMap<&'t str, ServerEntry<'t>>,
    #[serde(skip)]
    nodes: usize,
    #[serde(skip)]
    bytes: usize,
}

#[derive(Serialize)]
struct CredentialEntry<'t> {
    user: &'t str,
    kind: &'static str,
    privilege: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    password: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    sudo_password: Option<String>,
    #[serde(skip_serializing_if = "String::is_empty")]
    note: String,
}

#[derive(Serialize)]
struct ServerEntry<'t> {
    address: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    port: Option<u16>,
    #[serde(skip_serializing_if = "Option::is_none")]
    credential: Option<&'t str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    jump: Option<&'t str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    groups: Vec<&'t str>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    labels: BTreeMap<String, String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    host_keys: Vec<&'t str>,
}

/// The texts of some servers with their credentials and the groups that are not there yet.
pub(super) fn request(
    servers: &[&FoundServer],
    credentials: &Credentials,
    known_groups: &BTreeSet<String>,
    called: &str,
) -> Result<Request> {
    let mut texts = Texts { full: Vec::new(), open: Text::new(), request: Request::default() };
    for (name, wanted) in &credentials.new {
        texts.credential(name, wanted);
    }
    let groups: BTreeSet<&str> = servers.iter().flat_map(|server| &server.groups).map(String::as_str).collect();
    for group in groups.into_iter().filter(|group| !known_groups.contains(*group)) {
        texts.room_for(1, group.len()).groups.push(group);
    }
    for server in servers {
        texts.server(server, credentials.by_server.get(&server.name).map(String::as_str));
    }
    texts.request(called)
}

struct Texts<'t> {
    full: Vec<Text<'t>>,
    open: Text<'t>,
    request: Request,
}

impl Text<'_> {
    fn new() -> Self {
        Self { version: VERSION, ..Self::default() }
    }
}

impl<'t> Texts<'t> {
    /// The text that has room for an entry of this size.
    fn room_for(&mut self, nodes: usize, bytes: usize) -> &mut Text<'t> {
        let bytes = bytes + nodes * OF_A_NODE;
        if self.open.nodes + nodes > MOST_NODES || self.open.bytes + bytes > MOST_BYTES {
            self.full.push(std::mem::replace(&mut self.open, Text::new()));
        }
        self.open.nodes += nodes;
        self.open.bytes += bytes;
        &mut self.open
    }

    fn credential(&mut self, name: &'t str, wanted: &'t Wanted) {
        self.room_for(13, name.len() + wanted.user.len() + wanted.key_file.as_ref().map_or(0, String::len));
        let entry = CredentialEntry {
            user: &wanted.user,
            kind: wanted.kind.name(),
            privilege: wanted.privilege.name(),
            password: self.secret(wanted.password.as_ref()),
            sudo_password: self.secret(wanted.sudo_password.as_ref()),
            note: wanted.key_file.as_deref().map(plain).unwrap_or_default(),
        };
        self.open.credentials.insert(name, entry);
    }

    /// Puts a secret beside the text; what stands in the text is where to find it.
    fn secret(&mut self, secret: Option<&SecretText>) -> Option<String> {
        let secret = secret?.clone();
        let reference = SecretReference::Environment(format!("IMPORTED_{}", self.request.secrets.0.len() + 1));
        let written = reference.to_string();
        self.request.secrets.0.insert((self.full.len(), reference), Ok(secret));
        Some(written)
    }

    fn server(&mut self, server: &'t FoundServer, credential: Option<&'t str>) {
        let entry = ServerEntry {
            // An IPv6 address stands in brackets, or its end could be taken for a port.
            address: if server.address.contains(':') {
                format!("[{}]", server.address)
            } else {
                server.address.clone()
            },
            port: Some(server.port).filter(|port| *port != 22),
            credential,
            jump: server.jump.as_deref(),
            groups: server.groups.iter().map(String::as_str).collect(),
            labels: server.labels.iter().map(|(key, value)| (plain(key), plain(value))).collect(),
            host_keys: server.host_keys.iter().map(|key| key.public_key.as_str()).collect(),
        };
        let nodes = 13 + entry.groups.len() + 2 * entry.labels.len() + entry.host_keys.len();
        let lists = entry.groups.iter().chain(&entry.host_keys).map(|text| text.len()).sum::<usize>();
        let labels = entry.labels.iter().map(|(key, value)| key.len() + value.len()).sum::<usize>();
        let bytes = 4 * server.name.len() + entry.address.len() + lists + labels;
        self.room_for(nodes, bytes).servers.insert(&server.name, entry);
    }

    fn request(mut self, called: &str) -> Result<Request> {
        self.full.extend(Some(self.open).filter(|text| text.nodes > 0));
        for text in &self.full {
            let text = yaml::write(text).map_err(Error::internal)?;
            self.request.sources.push(Source { file: None, called: called.to_owned(), text });
        }
        Ok(self.request)
    }
}

/// The text without characters that nobody sees.
fn plain(text: &str) -> String {
    text.chars().filter(|c| !c.is_control() && !matches!(c, '\u{2028}' | '\u{2029}')).take(200).collect()
}
