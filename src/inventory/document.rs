//! What a text says, each value with the place where it stands. Nothing is compared with the registry yet.

use std::collections::BTreeMap;
use std::fmt;

use super::problem::Flaw;
use crate::commands::{CommandType, Conditions};
use crate::models::allowance::Allowance;
use crate::models::credentials::{CredentialKind, Privileges};
use crate::remote::PresentedKey;

/// A place: which of the texts, and which node of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct At {
    /// The text's place in the request.
    pub(super) text: usize,
    /// The node's number.
    pub(super) node: usize,
}

/// A value with its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Spot<T> {
    pub(super) value: T,
    pub(super) at: At,
}

impl<T> Spot<T> {
    /// Another value at the same place.
    pub(super) fn with<U>(&self, value: U) -> Spot<U> {
        Spot { value, at: self.at }
    }
}

/// One text, read.
#[derive(Debug, Default)]
pub(super) struct Document {
    pub(super) defaults: Defaults,
    pub(super) credentials: Vec<CredentialEntry>,
    pub(super) groups: Vec<GroupEntry>,
    pub(super) servers: Vec<ServerEntry>,
    pub(super) commands: Vec<CommandEntry>,
    /// What was left out or taken in another way, and where.
    pub(super) notes: Vec<Flaw>,
}

/// What is true of servers that do not say otherwise.
#[derive(Debug, Clone, Default)]
pub(super) struct Defaults {
    pub(super) port: Option<Spot<u16>>,
    /// `None` within: none, said so.
    pub(super) credential: Option<Spot<Option<String>>>,
    pub(super) jump: Option<Spot<Option<String>>>,
    pub(super) groups: Option<Vec<Spot<String>>>,
    pub(super) labels: BTreeMap<String, String>,
    pub(super) interval: Option<Spot<i32>>,
}

/// How hannun signs in.
#[derive(Debug)]
pub(super) struct CredentialEntry {
    pub(super) name: Spot<String>,
    pub(super) user: String,
    pub(super) kind: CredentialKind,
    pub(super) privilege: Privileges,
    pub(super) note: String,
    /// Secrets by name: `password`, `private_key`, `passphrase`, `sudo_password`.
    pub(super) secrets: BTreeMap<&'static str, Spot<SecretReference>>,
}

/// A group of servers.
#[derive(Debug)]
pub(super) struct GroupEntry {
    pub(super) name: Spot<String>,
    pub(super) note: String,
    pub(super) allow: Allowance,
    pub(super) defaults: Defaults,
}

/// A machine.
#[derive(Debug)]
pub(super) struct ServerEntry {
    pub(super) name: Spot<String>,
    pub(super) address: String,
    /// What it says itself of what also has defaults.
    pub(super) own: Defaults,
    pub(super) host_keys: Option<Vec<Spot<HostKey>>>,
    pub(super) note: String,
    pub(super) enabled: bool,
    pub(super) legacy_algorithms: bool,
    pub(super) allow: Allowance,
    /// It came from a list of another program that knows less: what that cannot say stays as it is.
    pub(super) says_little: bool,
}

/// A host key as a file gives it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum HostKey {
    /// `SHA256:…`
    Fingerprint(String),
    /// The whole key.
    Whole(PresentedKey),
}

impl HostKey {
    /// `SHA256:…`
    pub(super) fn fingerprint(&self) -> &str {
        match self {
            Self::Fingerprint(fingerprint) => fingerprint,
            Self::Whole(key) => &key.fingerprint,
        }
    }
}

/// A spelling of a command.
#[derive(Debug)]
pub(super) struct CommandEntry {
    pub(super) name: Spot<String>,
    pub(super) command_type: CommandType,
    pub(super) on: Conditions,
    pub(super) run: String,
    pub(super) format: String,
}

/// Where a secret is found on the machine that applies the file.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum SecretReference {
    /// An environment variable.
    Environment(String),
    /// A file; its path as it is written.
    File(String),
}

impl fmt::Display for SecretReference {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Environment(name) => write!(out, "env:{name}"),
            Self::File(path) => write!(out, "file:{path}"),
        }
    }
}
