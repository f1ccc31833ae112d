//! What is known of one object and what a text says of it, in the same words, so that they can be compared field by field.

use std::collections::{BTreeMap, BTreeSet};

use super::plan::{FieldChange, Shown};
use crate::commands::Conditions;
use crate::models::allowance::Allowance;
use crate::models::credentials::{CredentialKind, Privileges};

/// A credential, but for its secrets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct CredentialFacts {
    pub(super) user: String,
    pub(super) kind: CredentialKind,
    pub(super) privilege: Privileges,
    pub(super) note: String,
}

/// A group.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct GroupFacts {
    pub(super) note: String,
    pub(super) allow: Allowance,
}

/// A server. What it refers to is known by name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ServerFacts {
    pub(super) address: String,
    pub(super) port: i32,
    pub(super) credential: Option<String>,
    pub(super) jump: Option<String>,
    pub(super) groups: BTreeSet<String>,
    pub(super) labels: BTreeMap<String, String>,
    /// Fingerprints.
    pub(super) host_keys: BTreeSet<String>,
    pub(super) note: String,
    /// Seconds between two samples.
    pub(super) interval: i32,
    pub(super) enabled: bool,
    pub(super) legacy_algorithms: bool,
    pub(super) allow: Allowance,
}

/// A spelling of a command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct CommandFacts {
    pub(super) on: Conditions,
    pub(super) run: String,
    pub(super) format: String,
}

impl ServerFacts {
    /// A server of which nothing but the address is said.
    pub(super) fn at(address: String) -> Self {
        Self {
            address,
            port: 22,
            credential: None,
            jump: None,
            groups: BTreeSet::new(),
            labels: BTreeMap::new(),
            host_keys: BTreeSet::new(),
            note: String::new(),
            interval: 10,
            enabled: true,
            legacy_algorithms: false,
            allow: Allowance::default(),
        }
    }

    /// Whether a connection made for one would be one for the other (H03).
    pub(super) fn connects_like(&self, other: &Self) -> bool {
        (&self.address, self.port, &self.credential, &self.jump, self.legacy_algorithms, self.enabled)
            == (&other.address, other.port, &other.credential, &other.jump, other.legacy_algorithms, other.enabled)
    }

    /// Whether the other is at another place: what was known of the machine may be about another one.
    pub(super) fn is_elsewhere(&self, other: &Self) -> bool {
        (&self.address, self.port, &self.jump) != (&other.address, other.port, &other.jump)
    }
}

/// What can be compared field by field.
pub(super) trait Facts: Sized {
    /// What differs from `before`; of something new, all that is said of it.
    fn differences(&self, before: Option<&Self>) -> Vec<FieldChange>;
}

impl Facts for CredentialFacts {
    fn differences(&self, before: Option<&Self>) -> Vec<FieldChange> {
        Differences::default()
            .field(("user", "user_name"), before.map(|known| &known.user), &self.user)
            .field(("kind", "kind"), before.map(|known| &known.kind), &self.kind)
            .field(("privilege", "privilege"), before.map(|known| &known.privilege), &self.privilege)
            .field(("note", "note"), Some(before.map_or(&String::new(), |known| &known.note)), &self.note)
            .found
    }
}

impl Facts for GroupFacts {
    fn differences(&self, before: Option<&Self>) -> Vec<FieldChange> {
        let usual = Self::default();
        let known = before.unwrap_or(&usual);
        Differences::default()
            .field(("allow", "allow"), Some(&known.allow), &self.allow)
            .field(("note", "note"), Some(&known.note), &self.note)
            .found
    }
}

impl Facts for ServerFacts {
    fn differences(&self, before: Option<&Self>) -> Vec<FieldChange> {
        let usual = Self::at(String::new());
        let known = before.unwrap_or(&usual);
        Differences::default()
            .field(("address", "address"), Some(&known.address), &self.address)
            .field(("port", "port"), Some(&known.port), &self.port)
            .field(("credential", "credential_id"), Some(&known.credential), &self.credential)
            .field(("jump", "jump_server_id"), Some(&known.jump), &self.jump)
            .field(("groups", "groups"), Some(&known.groups), &self.groups)
            .field(("labels", "labels"), Some(&known.labels), &self.labels)
            .field(("host_keys", "host_keys"), Some(&known.host_keys), &self.host_keys)
            .field(("interval", "sampling_seconds"), Some(&Seconds(known.interval)), &Seconds(self.interval))
            .field(("enabled", "enabled"), Some(&known.enabled), &self.enabled)
            .field(("legacy_algorithms", "legacy_algorithms"), Some(&known.legacy_algorithms), &self.legacy_algorithms)
            .field(("allow", "allow"), Some(&known.allow), &self.allow)
            .field(("note", "note"), Some(&known.note), &self.note)
            .found
    }
}

impl Facts for CommandFacts {
    fn differences(&self, before: Option<&Self>) -> Vec<FieldChange> {
        Differences::default()
            .field(("on", "platform"), before.map(|known| &known.on), &self.on)
            .field(("format", "format"), before.map(|known| &known.format), &self.format)
            .field(("run", "script"), before.map(|known| &known.run), &self.run)
            .found
    }
}

/// Collects what differs.
#[derive(Default)]
struct Differences {
    found: Vec<FieldChange>,
}

impl Differences {
    /// A field by its key in the text and its name in forms and audit events.
    fn field<T: PartialEq + Text>(
        mut self,
        (field, column): (&'static str, &'static str),
        before: Option<&T>,
        after: &T,
    ) -> Self {
        if before != Some(after) {
            let change = Shown::Values { before: before.map(Text::text).unwrap_or_default(), after: after.text() };
            self.found.push(FieldChange { field, column, shown: change });
        }
        self
    }
}

#[derive(PartialEq)]
struct Seconds(i32);

/// How a value is shown.
trait Text {
    fn text(&self) -> String;
}

impl Text for String {
    fn text(&self) -> String {
        self.clone()
    }
}

impl Text for i32 {
    fn text(&self) -> String {
        self.to_string()
    }
}

impl Text for Seconds {
    fn text(&self) -> String {
        format!("{}s", self.0)
    }
}

impl Text for bool {
    fn text(&self) -> String {
        self.to_string()
    }
}

impl Text for Option<String> {
    fn text(&self) -> String {
        self.clone().unwrap_or_default()
    }
}

impl Text for BTreeSet<String> {
    fn text(&self) -> String {
        self.iter().map(String::as_str).collect::<Vec<_>>().join(", ")
    }
}

impl Text for BTreeMap<String, String> {
    fn text(&self) -> String {
        let label =
            |(name, value): (&String, &String)| if value.is_empty() { name.clone() } else { format!("{name}={value}") };
        self.iter().map(label).collect::<Vec<_>>().join(", ")
    }
}

impl Text for CredentialKind {
    fn text(&self) -> String {
        self.name().to_owned()
    }
}

impl Text for Privileges {
    fn text(&self) -> String {
        self.name().to_owned()
    }
}

impl Text for Allowance {
    fn text(&self) -> String {
        self.name().to_owned()
    }
}

impl Text for Conditions {
    fn text(&self) -> String {
        let lists = [
            ("os", &self.os),
            ("distro", &self.distro),
            ("like", &self.like),
            ("arch", &self.arch),
            ("has", &self.has),
            ("lacks", &self.lacks),
        ];
        let words = lists.into_iter().filter(|(_, words)| !words.is_empty());
        let mut parts: Vec<String> = words.map(|(name, words)| format!("{name}: {}", words.join(" "))).collect();
        parts.extend(self.version.as_ref().map(|version| format!("version: {version}")));
        parts.join(", ")
    }
}
