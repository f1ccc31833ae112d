//! What applying would do: added, changed, removed, left and unchanged objects, field by field. Changes nothing.

mod check;
mod compare;
mod order;
mod scope;
mod secrets;
mod settle;

use std::fmt;

use chrono::{DateTime, Utc};
use serde::Serialize;
use sha2::{Digest, Sha256};

use super::document::{Document, HostKey};
use super::facts::{CommandFacts, CredentialFacts, GroupFacts, ServerFacts};
use super::problem::{Flaw, Problem, locate};
use super::registry::Registry;
use super::request::Request;
use crate::db::Connection;
use crate::error::Result;
use crate::language::Message;
use crate::models::actor::Actor;
use crate::secret::seal::Sealer;

pub(super) use secrets::SecretsToKeep;

/// Who asks, when, and what opens stored secrets.
#[derive(Clone, Copy)]
pub struct Means<'a> {
    /// Who asks.
    pub actor: &'a Actor,
    /// Opens stored secrets, to see whether one is another than the one that is given.
    pub sealer: &'a Sealer,
    /// The time.
    pub now: DateTime<Utc>,
}

/// What kind of thing an object is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// How hannun signs in.
    Credential,
    /// A group of servers.
    Group,
    /// A machine.
    Server,
    /// A spelling of a command.
    Command,
}

impl Kind {
    /// All of them, in the order in which they are applied.
    pub const ALL: [Self; 4] = [Self::Credential, Self::Group, Self::Server, Self::Command];

    /// The word in the API, on the command line and in forms.
    pub fn name(self) -> &'static str {
        match self {
            Self::Credential => "credential",
            Self::Group => "group",
            Self::Server => "server",
            Self::Command => "command",
        }
    }

    /// The kind of a word.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }
}

/// What would happen to an object.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Action {
    /// It is new.
    Add,
    /// It becomes another.
    Change,
    /// It came from this file, is not in it any more, and goes.
    Remove,
    /// It came from this file, is not in it any more, and stays all the same.
    Leave,
    /// It is as the text says.
    Unchanged,
}

impl Action {
    /// The word in the API and on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Add => "add",
            Self::Change => "change",
            Self::Remove => "remove",
            Self::Leave => "leave",
            Self::Unchanged => "unchanged",
        }
    }
}

/// One field that would be another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldChange {
    /// Its key in the text.
    pub field: &'static str,
    /// Its name in forms and audit events.
    pub column: &'static str,
    /// Its values.
    pub shown: Shown,
}

/// What is shown of a field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Shown {
    /// Both values; empty for none.
    Values {
        /// Before.
        before: String,
        /// After.
        after: String,
    },
    /// A secret: only that it becomes another.
    Secret,
}

/// One object of a plan.
#[derive(Debug)]
pub struct Item {
    /// What it is.
    pub kind: Kind,
    /// Its name; of a command `type/name`.
    pub name: String,
    /// What would happen to it.
    pub action: Action,
    /// The fields that would be others.
    pub fields: Vec<FieldChange>,
    /// What else is worth knowing.
    pub notes: Vec<Message>,
    /// The file that manages it afterwards; of something removed or left, the file that does now.
    pub file: Option<String>,
    /// Nothing of it changes, but the file manages it from then on.
    pub is_taken_over: bool,
    pub(super) wanted: Wanted,
}

/// What an object shall be.
#[derive(Debug)]
pub(super) enum Wanted {
    Nothing,
    Credential(CredentialFacts, Box<SecretsToKeep>),
    Group(GroupFacts),
    Server(Box<ServerFacts>, Option<Vec<HostKey>>),
    Command(Box<CommandFacts>),
}

/// What applying would do.
#[derive(Debug)]
pub struct Plan {
    /// Credentials, groups, servers and commands, each by name.
    pub items: Vec<Item>,
    /// What was taken in another way than it was written.
    pub notes: Vec<Problem>,
    pub(super) registry: Registry,
}

impl Plan {
    /// How many objects would have this happen to them.
    pub fn count(&self, action: Action) -> usize {
        self.items.iter().filter(|item| item.action == action).count()
    }

    /// How many objects stay as they are and are managed by a file from then on.
    pub fn taken_over(&self) -> usize {
        self.items.iter().filter(|item| item.is_taken_over).count()
    }

    /// How many new servers come without a host key: a person approves it before anything is sent to them (H01).
    pub fn without_host_keys(&self) -> usize {
        let waits = |item: &&Item| matches!(&item.wanted, Wanted::Server(facts, _) if facts.host_keys.is_empty());
        self.items.iter().filter(|item| item.action == Action::Add).filter(waits).count()
    }

    /// Whether applying would do nothing.
    pub fn is_empty(&self) -> bool {
        self.changes() == 0 && self.taken_over() == 0
    }

    /// How many objects would be added, changed or removed.
    pub fn changes(&self) -> usize {
        self.count(Action::Add) + self.count(Action::Change) + self.count(Action::Remove)
    }

    /// A word for what the plan does, by which somebody who saw it says that they mean this one. Secrets are not in it but
    /// for whether they change.
    pub fn digest(&self) -> String {
        let mut digest = Sha256::new();
        for item in self.items.iter().filter(|item| item.action != Action::Unchanged || item.is_taken_over) {
            digest
                .update(format!("{:?} {} {:?} {:?} {:?}\n", item.kind, item.name, item.action, item.file, item.fields));
        }
        hex::encode(digest.finalize()).chars().take(32).collect()
    }
}

/// How planning ended.
#[derive(Debug)]
pub enum Planned {
    /// This is what would happen.
    Ready(Box<Plan>),
    /// Nothing can be applied before these are mended.
    Rejected(Vec<Problem>),
}

/// Plans what `request` asks for. Nothing is changed.
pub fn plan(connection: &mut Connection, means: Means<'_>, request: &Request) -> Result<Planned> {
    match request.read() {
        Ok(documents) => of_documents(connection, means, request, documents),
        Err(problems) => Ok(Planned::Rejected(problems)),
    }
}

/// The same for texts that are read already.
pub(super) fn of_documents(
    connection: &mut Connection,
    means: Means<'_>,
    request: &Request,
    documents: Vec<Document>,
) -> Result<Planned> {
    let registry = Registry::load(connection)?;
    let mut flaws: Vec<Flaw> = Vec::new();
    let wishes = settle::wishes(&documents, &mut flaws);
    let removals = check::removals(means.actor, request, &wishes, &registry);
    check::everything(means.actor, request, &wishes, &removals, &registry, &mut flaws);
    let mut problems = check::removals_that_are_used(&wishes, &removals, &registry, request);
    let (refused, cut_off) = check::cut_off(request);
    problems.extend(refused);
    problems.extend(scope::View { actor: means.actor, registry: &registry }.foreign_files(request));
    let comparison = compare::Comparison { connection, means, request, registry: &registry, flaws: &mut flaws };
    let items = comparison.items(&wishes, &removals)?;
    problems.extend(locate(flaws, &request.sources));
    if !problems.is_empty() {
        return Ok(Planned::Rejected(problems));
    }
    let notes = documents.into_iter().flat_map(|document| document.notes).collect();
    let mut notes = locate(notes, &request.sources);
    notes.extend(cut_off);
    Ok(Planned::Ready(Box::new(Plan { items, notes, registry })))
}

impl fmt::Debug for Means<'_> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "Means of {}", self.actor.name)
    }
}
