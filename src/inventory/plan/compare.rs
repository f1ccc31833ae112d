//! Wishes against what is known: one item for each object.

use super::super::document::{CommandEntry, CredentialEntry, HostKey};
use super::super::facts::{CommandFacts, CredentialFacts, Facts, GroupFacts, ServerFacts};
use super::super::problem::Flaw;
use super::super::registry::Registry;
use super::super::request::Request;
use super::check::{Gone, Removals};
use super::settle::{ServerWish, Wishes};
use super::{Action, FieldChange, Item, Kind, Means, Wanted, secrets};
use crate::db::Connection;
use crate::error::Result;
use crate::language::Message;
use crate::models::groups::Group;

/// What comparing needs.
pub(super) struct Comparison<'c> {
    pub(super) connection: &'c mut Connection,
    pub(super) means: Means<'c>,
    pub(super) request: &'c Request,
    pub(super) registry: &'c Registry,
    pub(super) flaws: &'c mut Vec<Flaw>,
}

/// A credential as it shall be.
pub(super) fn credential_facts(entry: &CredentialEntry) -> CredentialFacts {
    CredentialFacts { user: entry.user.clone(), kind: entry.kind, privilege: entry.privilege, note: entry.note.clone() }
}

/// A command as it shall be.
pub(super) fn command_facts(entry: &CommandEntry) -> CommandFacts {
    CommandFacts { on: entry.on.clone(), run: entry.run.clone(), format: entry.format.clone() }
}

/// A server as it shall be: what the text cannot say, or does not say of keys, stays as it is.
pub(super) fn server_facts(wish: &ServerWish<'_>, known: Option<&ServerFacts>) -> ServerFacts {
    let mut facts = wish.facts.clone();
    let Some(known) = known else { return facts };
    if wish.entry.says_little {
        let (address, port) = (facts.address, facts.port);
        let port = if wish.entry.own.port.is_some() { port } else { known.port };
        facts = ServerFacts { address, port, ..known.clone() };
    }
    if wish.entry.host_keys.is_none() {
        facts.host_keys.clone_from(&known.host_keys);
    }
    facts
}

impl Comparison<'_> {
    /// One item for each object, credentials first.
    pub(super) fn items(mut self, wishes: &Wishes<'_>, removals: &Removals) -> Result<Vec<Item>> {
        let mut items = Vec::with_capacity(wishes.servers.len());
        for entry in wishes.credentials.values() {
            items.push(self.credential(entry)?);
        }
        let registry = self.registry;
        for (name, entry) in &wishes.groups {
            let known = registry.groups.get(*name);
            let facts = GroupFacts { note: entry.note.clone(), allow: entry.allow };
            let fields = facts.differences(known.map(|known| &known.facts));
            let managed_by = known.map(|known| known.row.managed_by.as_deref());
            items.push(self.item(
                Kind::Group,
                (*name).to_owned(),
                entry.name.at.text,
                managed_by,
                fields,
                Wanted::Group(facts),
            ));
        }
        for (name, wish) in &wishes.servers {
            items.push(self.server(name, wish));
        }
        for ((command_type, name), entry) in &wishes.commands {
            let known = registry.commands.get(&((*command_type).to_owned(), (*name).to_owned()));
            let facts = command_facts(entry);
            let fields = facts.differences(known.map(|known| &known.facts));
            let managed_by = known.map(|known| known.row.managed_by.as_deref());
            let name = format!("{command_type}/{name}");
            let wanted = Wanted::Command(Box::new(facts));
            items.push(self.item(Kind::Command, name, entry.name.at.text, managed_by, fields, wanted));
        }
        for (kind, name, gone) in removals.iter() {
            items.push(self.gone(kind, name, gone)?);
        }
        items.sort_by(|one, other| (one.kind, &one.name).cmp(&(other.kind, &other.name)));
        Ok(items)
    }

    fn credential(&mut self, entry: &CredentialEntry) -> Result<Item> {
        let name = entry.name.value.as_str();
        let known = self.registry.credentials.get(name);
        let facts = credential_facts(entry);
        let mut fields = facts.differences(known.map(|known| &known.facts));
        let compared = secrets::compare(self.connection, self.means, self.request, (entry, known), self.flaws)?;
        fields.extend(compared.fields);
        let managed_by = known.map(|known| known.row.managed_by.as_deref());
        let wanted = Wanted::Credential(facts, Box::new(compared.wanted));
        let mut item = self.item(Kind::Credential, name.to_owned(), entry.name.at.text, managed_by, fields, wanted);
        item.notes.extend(compared.notes);
        Ok(item)
    }

    fn server(&self, name: &str, wish: &ServerWish<'_>) -> Item {
        let known = self.registry.servers.get(name);
        let before = known.map(|known| &known.facts);
        let facts = server_facts(wish, before);
        let fields = facts.differences(before);
        let managed_by = known.map(|known| known.row.managed_by.as_deref());
        let keys: Option<Vec<HostKey>> =
            wish.keys().filter(|_| before.is_none_or(|before| before.host_keys != facts.host_keys));
        let is_elsewhere = before.is_some_and(|before| before.is_elsewhere(&facts));
        let wanted = Wanted::Server(Box::new(facts), keys);
        let mut item = self.item(Kind::Server, name.to_owned(), wish.entry.name.at.text, managed_by, fields, wanted);
        if is_elsewhere {
            item.notes.push(Message::new("New address: the host key is checked again"));
        }
        item
    }

    /// What came from the file and is not in it any more.
    fn gone(&mut self, kind: Kind, name: &str, gone: &Gone) -> Result<Item> {
        let mut notes = Vec::new();
        if kind == Kind::Group && gone.goes {
            notes = self.consequences(name)?;
        }
        Ok(Item {
            kind,
            name: name.to_owned(),
            action: if gone.goes { Action::Remove } else { Action::Leave },
            fields: Vec::new(),
            notes,
            file: Some(gone.file.clone()),
            is_taken_over: false,
            wanted: Wanted::Nothing,
        })
    }

    /// What removing a group means to those who are in it.
    fn consequences(&mut self, name: &str) -> Result<Vec<Message>> {
        let Some(known) = self.registry.groups.get(name) else { return Ok(Vec::new()) };
        let servers = self.registry.servers.values().filter(|known| known.facts.groups.contains(name)).count();
        let people = Group::people_limited_to(self.connection, known.row.id)?;
        let mut notes = Vec::new();
        if servers > 0 {
            notes.push(Message::new("{count} servers stay, but are no longer in this group").with("count", servers));
        }
        if !people.is_empty() {
            let sentence = Message::new("{people} no longer see the servers of this group");
            notes.push(sentence.with("people", people.join(", ")));
        }
        Ok(notes)
    }

    /// An item; `managed_by` is what manages the known object, where there is one.
    fn item(
        &self,
        kind: Kind,
        name: String,
        text: usize,
        managed_by: Option<Option<&str>>,
        fields: Vec<FieldChange>,
        wanted: Wanted,
    ) -> Item {
        let source = self.request.sources.get(text).and_then(|source| source.file.clone());
        let action = match (managed_by, fields.is_empty()) {
            (None, _) => Action::Add,
            (Some(_), false) => Action::Change,
            (Some(_), true) => Action::Unchanged,
        };
        let before = managed_by.flatten();
        let file = source.or_else(|| before.map(str::to_owned));
        let is_other = before != file.as_deref();
        let mut notes = Vec::new();
        if let Some(before) = before.filter(|_| is_other) {
            notes.push(Message::new("It came from {file} until now").with("file", before));
        }
        let is_taken_over = action == Action::Unchanged && is_other;
        Item { kind, name, action, fields, notes, file, is_taken_over, wanted }
    }
}
