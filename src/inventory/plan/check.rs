//! What must hold between objects: names that are referred to exist and stay, nobody reaches further than they may.

use std::collections::{BTreeMap, BTreeSet};

use super::super::document::{At, Spot};
use super::super::problem::{Flaw, Problem};
use super::super::read::meant;
use super::super::registry::Registry;
use super::super::request::{Prune, Request};
use super::scope::View;
use super::settle::{ServerWish, Wishes};
use super::{Kind, compare, order};
use crate::commands::{AddedCommand, Catalog};
use crate::language::Message;
use crate::models::actor::{Actor, Scope};
use crate::models::inventory_files::comes_from;

/// How often the name that was probably meant is looked for: each time, all names are compared (F11).
const MOST_GUESSES: usize = 20;

/// An object that came from a file of the request and is not in it any more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Gone {
    pub(super) file: String,
    /// Whether it goes.
    pub(super) goes: bool,
}

/// All of them, by kind and name.
#[derive(Debug, Default)]
pub(super) struct Removals(BTreeMap<Kind, BTreeMap<String, Gone>>);

impl Removals {
    /// Whether an object goes.
    pub(super) fn take(&self, kind: Kind, name: &str) -> bool {
        self.0.get(&kind).and_then(|gone| gone.get(name)).is_some_and(|gone| gone.goes)
    }

    /// Each with its kind and name.
    pub(super) fn iter(&self) -> impl Iterator<Item = (Kind, &str, &Gone)> {
        self.0.iter().flat_map(|(kind, gone)| gone.iter().map(|(name, gone)| (*kind, name.as_str(), gone)))
    }
}

/// What came from the files of the request and is not in them any more, within what the asker may know of.
pub(super) fn removals(actor: &Actor, request: &Request, wishes: &Wishes<'_>, registry: &Registry) -> Removals {
    let view = View { actor, registry };
    let files: BTreeSet<&str> = request.sources.iter().filter_map(|source| source.file.as_deref()).collect();
    let credentials =
        registry.credentials.values().map(|known| (Kind::Credential, known.row.name.clone(), &known.row.managed_by));
    let groups = registry.groups.values().map(|known| (Kind::Group, known.row.name.clone(), &known.row.managed_by));
    let servers = registry.servers.values().map(|known| (Kind::Server, known.row.name.clone(), &known.row.managed_by));
    let commands = registry.commands.values().map(|known| {
        let name = format!("{}/{}", known.row.command_type, known.row.name);
        (Kind::Command, name, &known.row.managed_by)
    });
    let mut removals = Removals::default();
    for (kind, name, managed_by) in credentials.chain(groups).chain(servers).chain(commands) {
        let Some(file) = managed_by.as_deref().filter(|file| files.contains(file)) else { continue };
        let may_know = *actor.scope() == Scope::All || (kind == Kind::Server && view.sees_server(&name));
        if may_know && !wishes.has(kind, &name) {
            let gone = Gone { file: file.to_owned(), goes: request.prune.takes(kind, &name) };
            removals.0.entry(kind).or_default().insert(name, gone);
        }
    }
    removals
}

/// Everything that must hold; what does not is told.
pub(super) fn everything(
    actor: &Actor,
    request: &Request,
    wishes: &Wishes<'_>,
    removals: &Removals,
    registry: &Registry,
    flaws: &mut Vec<Flaw>,
) {
    let view = View { actor, registry };
    let mut check = Check { view, request, wishes, removals, registry, flaws, told: BTreeSet::new() };
    for wish in wishes.servers.values() {
        check.server(wish);
    }
    check.commands();
    check.files();
    view.check(wishes, check.flaws);
    order::check(wishes, removals, registry, check.flaws);
}

struct Check<'c, 'd> {
    view: View<'c>,
    request: &'c Request,
    wishes: &'c Wishes<'d>,
    removals: &'c Removals,
    registry: &'c Registry,
    flaws: &'c mut Vec<Flaw>,
    /// Places of names that do not exist: what a group or the defaults refer to is told once, not for each server.
    told: BTreeSet<At>,
}

impl Check<'_, '_> {
    fn flaw(&mut self, at: At, what: Message) {
        self.flaws.push(Flaw { at, what, other: None });
    }

    fn server(&mut self, wish: &ServerWish<'_>) {
        let facts = &wish.facts;
        if let (Some(name), Some(at)) = (&facts.credential, wish.credential_at) {
            self.refers(Kind::Credential, name, at);
        }
        if let (Some(name), Some(at)) = (&facts.jump, wish.jump_at) {
            self.refers(Kind::Server, name, at);
        }
        for group in wish.groups {
            self.refers(Kind::Group, &group.value, group.at);
        }
    }

    /// A name that is referred to exists, and will afterwards.
    fn refers(&mut self, kind: Kind, name: &str, at: At) {
        if self.wishes.has(kind, name) || self.told.contains(&at) {
            return;
        }
        let (missing, goes) = match kind {
            Kind::Credential => (
                "There is no credential {name}",
                "The credential {name} is not under credentials: any more, and would be removed",
            ),
            Kind::Group => {
                ("There is no group {name}", "The group {name} is not under groups: any more, and would be removed")
            }
            _ => {
                ("There is no server {name}", "The server {name} is not under servers: any more, and would be removed")
            }
        };
        if self.removals.take(kind, name) {
            self.told.insert(at);
            self.flaw(at, Message::new(goes).with("name", name));
        } else if !self.is_known(kind, name) {
            let mut known: Vec<&str> = Vec::new();
            match kind {
                Kind::Credential => {
                    known.extend(self.wishes.credentials.keys());
                    known.extend(self.registry.credentials.keys().map(String::as_str));
                }
                Kind::Group => {
                    known.extend(self.wishes.groups.keys());
                    known.extend(self.registry.groups.keys().map(String::as_str));
                }
                _ => {
                    known.extend(self.wishes.servers.keys());
                    known.extend(self.registry.servers.keys().map(String::as_str));
                }
            }
            let may_guess = self.view.sees_all() && self.told.len() < MOST_GUESSES;
            let offered = known.into_iter().filter(|_| may_guess);
            self.told.insert(at);
            let what = meant(Message::new(missing).with("name", name), name, offered);
            self.flaw(at, what);
        }
    }

    /// Whether it is known, and the asker may know of it (Z05).
    fn is_known(&self, kind: Kind, name: &str) -> bool {
        match kind {
            Kind::Credential => self.registry.credentials.contains_key(name) && self.view.may_use(name),
            Kind::Group => self.registry.groups.get(name).is_some_and(|known| self.view.sees_group(known.row.id)),
            Kind::Server => self.registry.servers.contains_key(name) && self.view.sees_server(name),
            Kind::Command => false,
        }
    }

    /// Commands that the catalogue takes.
    fn commands(&mut self) {
        for entry in self.wishes.commands.values() {
            let added = AddedCommand {
                command_type: entry.command_type,
                name: entry.name.value.clone(),
                on: entry.on.clone(),
                script: entry.run.clone(),
                format: entry.format.clone(),
            };
            if let Err(problem) = Catalog::built_in().with_added(vec![added]) {
                self.flaw(entry.name.at, problem.why);
            }
        }
    }

    /// What comes from a file is not changed by a text without a name.
    fn files(&mut self) {
        let wishes = self.wishes;
        let spots = wishes
            .credentials
            .values()
            .map(|entry| (Kind::Credential, &entry.name))
            .chain(wishes.groups.values().map(|entry| (Kind::Group, &entry.name)))
            .chain(wishes.servers.values().map(|wish| (Kind::Server, &wish.entry.name)))
            .chain(wishes.commands.values().map(|entry| (Kind::Command, &entry.name)));
        let found: Vec<(Spot<String>, String)> = spots
            .filter(|(_, name)| self.request.sources.get(name.at.text).is_some_and(|source| source.file.is_none()))
            .filter_map(|(kind, name)| self.managed_and_other(kind, &name.value).map(|file| (name.clone(), file)))
            .collect();
        for (name, file) in found {
            self.flaw(name.at, comes_from(&name.value, &file));
        }
    }

    /// The file that an object comes from, if the wish is another than what is known.
    fn managed_and_other(&self, kind: Kind, name: &str) -> Option<String> {
        match kind {
            Kind::Group => {
                let known = self.registry.groups.get(name)?;
                let entry = self.wishes.groups.get(name)?;
                let same = known.facts.note == entry.note && known.facts.allow == entry.allow;
                known.row.managed_by.clone().filter(|_| !same)
            }
            Kind::Credential => {
                let known = self.registry.credentials.get(name)?;
                let entry = self.wishes.credentials.get(name)?;
                let same = known.facts == compare::credential_facts(entry);
                known.row.managed_by.clone().filter(|_| !same)
            }
            Kind::Server => {
                let known = self.registry.servers.get(name)?;
                let wish = self.wishes.servers.get(name)?;
                let same = known.facts == compare::server_facts(wish, Some(&known.facts));
                known.row.managed_by.clone().filter(|_| !same)
            }
            Kind::Command => {
                let mut entries = self.wishes.commands.iter().filter(|((_, known), _)| *known == name);
                entries.find_map(|((command_type, _), entry)| {
                    let known = self.registry.commands.get(&((*command_type).to_owned(), name.to_owned()))?;
                    known.row.managed_by.clone().filter(|_| known.facts != compare::command_facts(entry))
                })
            }
        }
    }
}

/// Objects that would be removed although something that stays needs them.
pub(super) fn removals_that_are_used(
    wishes: &Wishes<'_>,
    removals: &Removals,
    registry: &Registry,
    request: &Request,
) -> Vec<Problem> {
    let mut users: BTreeMap<(Kind, &str), Vec<&str>> = BTreeMap::new();
    for (name, known) in &registry.servers {
        // What a text says of a server itself was told at its place.
        let is_told = wishes.servers.get(name.as_str()).is_some_and(|wish| !wish.entry.says_little);
        if is_told || removals.take(Kind::Server, name) {
            continue;
        }
        let used = [(Kind::Credential, &known.facts.credential), (Kind::Server, &known.facts.jump)];
        for (kind, used) in used.into_iter().filter_map(|(kind, used)| Some((kind, used.as_deref()?))) {
            users.entry((kind, used)).or_default().push(name);
        }
    }
    let mut problems = Vec::new();
    for (kind, name, gone) in removals.iter().filter(|(_, _, gone)| gone.goes) {
        let source = request.sources.iter().find(|source| source.file.as_deref() == Some(gone.file.as_str()));
        if let (Some(source), Some(users)) = (source, users.get(&(kind, name))) {
            let what = match kind {
                Kind::Credential => "The credential {name} cannot be removed: {servers} sign in with it",
                _ => "The server {name} cannot be removed: {servers} are reached through it",
            };
            let what = Message::new(what).with("name", name).with("servers", users.join(", "));
            problems.push(Problem::of_text(source, what));
        }
    }
    problems
}

/// A text that ends in the middle of a line may have been cut: nothing is removed because of what it lacks. What its last
/// line says is taken as it stands, and told to whoever does not have the text before their eyes.
pub(super) fn cut_off(request: &Request) -> (Vec<Problem>, Vec<Problem>) {
    let told = |what: &'static str| {
        let cut = request.sources.iter().filter(|source| !source.text.ends_with('\n'));
        cut.map(|source| Problem::of_text(source, Message::new(what))).collect()
    };
    match request.prune {
        Prune::Everything => (
            told(
                "The last line does not end: the file may have been cut off, so nothing is removed because of what it lacks. End it with a line break, or apply it without --prune",
            ),
            Vec::new(),
        ),
        Prune::Nothing => {
            (Vec::new(), told("The last line does not end: if the file was cut off, its last value is too"))
        }
        Prune::These(_) => (Vec::new(), Vec::new()),
    }
}
