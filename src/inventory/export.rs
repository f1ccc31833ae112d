//! From what is known to a text that applies to no change. Secrets are left out: what is stored stays.

use std::collections::BTreeMap;

use serde::Serialize;

use super::facts::{CredentialFacts, GroupFacts, ServerFacts};
use super::registry::{Known, Registry};
use super::shape::VERSION;
use crate::commands::Conditions;
use crate::db::Connection;
use crate::error::{Error, Result};
use crate::models::actor::{Actor, Scope};
use crate::models::allowance::Allowance;
use crate::models::commands::StoredCommand;
use crate::models::credentials::{Credential, Privileges};
use crate::models::groups::Group;
use crate::models::servers::Server;
use crate::yaml;

/// What else is written.
#[derive(Debug, Clone, Copy, Default)]
pub struct Extras {
    /// Commands of the administrators' own.
    pub commands: bool,
}

#[derive(Serialize)]
struct Document<'e> {
    version: i64,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    credentials: BTreeMap<&'e str, CredentialEntry<'e>>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    groups: BTreeMap<&'e str, GroupEntry<'e>>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    servers: BTreeMap<&'e str, ServerEntry<'e>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    commands: Vec<CommandEntry<'e>>,
}

#[derive(Serialize)]
struct CredentialEntry<'e> {
    user: &'e str,
    kind: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    privilege: Option<&'static str>,
    #[serde(skip_serializing_if = "String::is_empty")]
    note: String,
}

#[derive(Serialize)]
struct GroupEntry<'e> {
    #[serde(skip_serializing_if = "Option::is_none")]
    allow: Option<&'e str>,
    #[serde(skip_serializing_if = "String::is_empty")]
    note: String,
}

#[derive(Serialize)]
struct ServerEntry<'e> {
    address: &'e str,
    #[serde(skip_serializing_if = "Option::is_none")]
    port: Option<i32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    credential: Option<&'e str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    jump: Option<&'e str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    groups: Vec<&'e str>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    labels: &'e BTreeMap<String, String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    host_keys: Vec<&'e str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    interval: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    enabled: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    legacy_algorithms: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    allow: Option<&'e str>,
    #[serde(skip_serializing_if = "String::is_empty")]
    note: String,
}

#[derive(Serialize)]
struct CommandEntry<'e> {
    r#type: &'e str,
    name: &'e str,
    #[serde(skip_serializing_if = "ConditionsEntry::is_empty")]
    on: ConditionsEntry<'e>,
    format: &'e str,
    run: String,
}

#[derive(Serialize)]
struct ConditionsEntry<'e> {
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    os: &'e [String],
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    distro: &'e [String],
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    like: &'e [String],
    #[serde(skip_serializing_if = "Option::is_none")]
    version: Option<&'e str>,
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    arch: &'e [String],
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    has: &'e [String],
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    lacks: &'e [String],
}

/// Writes everything that `actor` may know of.
pub fn export(connection: &mut Connection, actor: &Actor, extras: Extras) -> Result<String> {
    let registry = Registry::load(connection)?;
    let sees = |known: &Known<Server, ServerFacts>| match actor.scope() {
        Scope::All => true,
        Scope::Groups(groups) => {
            let mine = |name: &String| registry.groups.get(name).is_some_and(|known| groups.contains(&known.row.id));
            known.facts.groups.iter().any(mine)
        }
    };
    // What belongs to no group is for those who may know of every server.
    let all = *actor.scope() == Scope::All;
    let document = Document {
        version: VERSION,
        credentials: registry.credentials.iter().filter(|_| all).map(credential).collect(),
        groups: registry.groups.iter().filter(|_| all).map(group).collect(),
        servers: registry
            .servers
            .iter()
            .filter(|(_, known)| sees(known))
            .map(|(name, known)| {
                let mut entry = server(&known.facts, registry.keys.get(name));
                // A name outside the scope is not told (Z05).
                entry.jump = entry.jump.filter(|jump| registry.servers.get(*jump).is_some_and(sees));
                (name.as_str(), entry)
            })
            .collect(),
        commands: registry.commands.values().filter(|_| all && extras.commands).map(command).collect(),
    };
    yaml::write(&document).map_err(Error::internal)
}

fn credential<'e>(
    (name, known): (&'e String, &'e Known<Credential, CredentialFacts>),
) -> (&'e str, CredentialEntry<'e>) {
    let facts = &known.facts;
    let privilege = Some(facts.privilege).filter(|privilege| *privilege != Privileges::Sudo);
    let entry = CredentialEntry {
        user: &facts.user,
        kind: facts.kind.name(),
        privilege: privilege.map(Privileges::name),
        note: with_plain_breaks(&facts.note),
    };
    (name, entry)
}

fn group<'e>((name, known): (&'e String, &'e Known<Group, GroupFacts>)) -> (&'e str, GroupEntry<'e>) {
    (name, GroupEntry { allow: allow(known.facts.allow), note: with_plain_breaks(&known.facts.note) })
}

fn server<'e>(facts: &'e ServerFacts, keys: Option<&'e Vec<String>>) -> ServerEntry<'e> {
    ServerEntry {
        address: &facts.address,
        port: Some(facts.port).filter(|port| *port != 22),
        credential: facts.credential.as_deref(),
        jump: facts.jump.as_deref(),
        groups: facts.groups.iter().map(String::as_str).collect(),
        labels: &facts.labels,
        host_keys: keys.into_iter().flatten().map(String::as_str).collect(),
        interval: Some(facts.interval).filter(|seconds| *seconds != 10).map(|seconds| format!("{seconds}s")),
        enabled: Some(facts.enabled).filter(|enabled| !enabled),
        legacy_algorithms: Some(facts.legacy_algorithms).filter(|old| *old),
        allow: allow(facts.allow),
        note: with_plain_breaks(&facts.note),
    }
}

fn command(known: &Known<StoredCommand, super::facts::CommandFacts>) -> CommandEntry<'_> {
    CommandEntry {
        r#type: &known.row.command_type,
        name: &known.row.name,
        on: ConditionsEntry::of(&known.facts.on),
        format: &known.facts.format,
        run: with_plain_breaks(&known.facts.run),
    }
}

fn allow(allow: Allowance) -> Option<&'static str> {
    Some(allow).filter(|allow| *allow != Allowance::default()).map(Allowance::name)
}

/// YAML knows line breaks that nobody types; a text that has one comes back with the usual one.
fn with_plain_breaks(text: &str) -> String {
    text.replace("\r\n", "\n").replace(['\r', '\u{85}', '\u{2028}', '\u{2029}'], "\n")
}

impl<'e> ConditionsEntry<'e> {
    fn of(on: &'e Conditions) -> Self {
        Self {
            os: &on.os,
            distro: &on.distro,
            like: &on.like,
            version: on.version.as_deref(),
            arch: &on.arch,
            has: &on.has,
            lacks: &on.lacks,
        }
    }

    fn is_empty(&self) -> bool {
        let lists = [self.os, self.distro, self.like, self.arch, self.has, self.lacks];
        self.version.is_none() && lists.iter().all(|list| list.is_empty())
    }
}
