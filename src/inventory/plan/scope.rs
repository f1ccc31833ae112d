//! How far whoever asks may see and reach: the same as in pages and the API, item by item (Z02, Z05).

use std::collections::BTreeSet;

use super::super::problem::{Flaw, Problem};
use super::super::registry::Registry;
use super::super::request::Request;
use super::settle::Wishes;
use crate::language::Message;
use crate::models::actor::{Actor, Scope};
use crate::models::ids::GroupId;

/// What somebody may know of.
#[derive(Clone, Copy)]
pub(super) struct View<'v> {
    pub(super) actor: &'v Actor,
    pub(super) registry: &'v Registry,
}

impl View<'_> {
    pub(super) fn sees_all(self) -> bool {
        *self.actor.scope() == Scope::All
    }

    pub(super) fn sees_group(self, id: GroupId) -> bool {
        self.actor.scope().sees(id)
    }

    pub(super) fn sees_server(self, name: &str) -> bool {
        let Some(known) = self.registry.servers.get(name) else { return false };
        let of = |group: &String| self.registry.groups.get(group).is_some_and(|known| self.sees_group(known.row.id));
        self.sees_all() || known.facts.groups.iter().any(of)
    }

    /// Who is limited to groups may use the credentials that a server of these groups uses already: any other could be
    /// sent to a server of their own.
    pub(super) fn may_use(self, credential: &str) -> bool {
        let uses = |name: &String| {
            let known = self.registry.servers.get(name);
            known.is_some_and(|known| known.facts.credential.as_deref() == Some(credential)) && self.sees_server(name)
        };
        self.sees_all() || self.registry.servers.keys().any(uses)
    }

    /// The files of a request that manage something beyond what somebody may know of: naming one would replace its text,
    /// and with it what everybody else compares with.
    pub(super) fn foreign_files(self, request: &Request) -> Vec<Problem> {
        if self.sees_all() {
            return Vec::new();
        }
        let registry = self.registry;
        let others = registry.credentials.values().map(|known| &known.row.managed_by);
        let others = others.chain(registry.groups.values().map(|known| &known.row.managed_by));
        let others = others.chain(registry.commands.values().map(|known| &known.row.managed_by));
        let servers = registry.servers.values().filter(|known| !self.sees_server(&known.row.name));
        let foreign: BTreeSet<&str> =
            others.chain(servers.map(|known| &known.row.managed_by)).filter_map(Option::as_deref).collect();
        let named =
            request.sources.iter().filter(|source| source.file.as_deref().is_some_and(|file| foreign.contains(file)));
        let what = "There is a file of this name for all servers; yours are some groups. Give this one another name";
        named.map(|source| Problem::of_text(source, what.into())).collect()
    }

    /// Who is limited to groups touches servers of these groups and nothing else.
    pub(super) fn check(self, wishes: &Wishes<'_>, flaws: &mut Vec<Flaw>) {
        if self.sees_all() {
            return;
        }
        let mut refuse = |at, what: Message| flaws.push(Flaw { at, what, other: None });
        let credentials = wishes.credentials.values().map(|entry| &entry.name);
        let commands = wishes.commands.values().map(|entry| &entry.name);
        let groups = wishes.groups.values().map(|entry| &entry.name);
        for name in credentials.chain(commands).chain(groups) {
            refuse(name.at, Message::new("This needs an account for all servers; yours is for some groups"));
        }
        for (name, wish) in &wishes.servers {
            if self.registry.servers.contains_key(*name) && !self.sees_server(name) {
                let what = Message::new("There is a server named {name} already").with("name", name);
                refuse(wish.entry.name.at, what);
            }
            if wish.groups.is_empty() {
                refuse(wish.entry.name.at, Message::new("Choose from your own groups, at least one"));
            }
        }
    }
}
