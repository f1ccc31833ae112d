//! From documents to wishes: defaults are filled in, names are unique.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::super::document::{
    At, CommandEntry, CredentialEntry, Defaults, Document, GroupEntry, HostKey, ServerEntry, Spot,
};
use super::super::facts::ServerFacts;
use super::super::problem::Flaw;
use super::Kind;
use crate::commands::CommandType;
use crate::language::Message;
use crate::models::names::MOST_LABELS;

/// Labels of all servers of a plan together.
const MOST_LABELS_OF_ALL: usize = 200_000;

/// Everything that the texts ask for, by name.
#[derive(Debug, Default)]
pub(super) struct Wishes<'d> {
    pub(super) credentials: BTreeMap<&'d str, &'d CredentialEntry>,
    pub(super) groups: BTreeMap<&'d str, &'d GroupEntry>,
    pub(super) servers: BTreeMap<&'d str, ServerWish<'d>>,
    pub(super) commands: BTreeMap<(&'static str, &'d str), &'d CommandEntry>,
}

/// A server as it shall be.
#[derive(Debug)]
pub(super) struct ServerWish<'d> {
    pub(super) entry: &'d ServerEntry,
    pub(super) facts: ServerFacts,
    /// Where what it refers to was said: by itself, by a group or by the defaults.
    pub(super) credential_at: Option<At>,
    pub(super) jump_at: Option<At>,
    pub(super) groups: &'d [Spot<String>],
}

impl ServerWish<'_> {
    /// Its keys, where the text names any.
    pub(super) fn keys(&self) -> Option<Vec<HostKey>> {
        self.entry.host_keys.as_ref().map(|keys| keys.iter().map(|key| key.value.clone()).collect())
    }
}

impl Wishes<'_> {
    pub(super) fn has(&self, kind: Kind, name: &str) -> bool {
        match kind {
            Kind::Credential => self.credentials.contains_key(name),
            Kind::Group => self.groups.contains_key(name),
            Kind::Server => self.servers.contains_key(name),
            Kind::Command => name.split_once('/').is_some_and(|(command_type, name)| {
                let command_type = CommandType::from_name(command_type);
                command_type.is_some_and(|known| self.commands.contains_key(&(known.name(), name)))
            }),
        }
    }
}

/// What the documents ask for. Names that come twice are told.
pub(super) fn wishes<'d>(documents: &'d [Document], flaws: &mut Vec<Flaw>) -> Wishes<'d> {
    let mut wishes = Wishes::default();
    let mut room = Room { labels: MOST_LABELS_OF_ALL, is_told: false };
    for document in documents {
        let groups: HashMap<&str, &GroupEntry> =
            document.groups.iter().map(|group| (group.name.value.as_str(), group)).collect();
        for entry in &document.credentials {
            let place = wishes.credentials.insert(&entry.name.value, entry).map(|first| first.name.at);
            twice(place, &entry.name, "There are two credentials named {name}", flaws);
        }
        for entry in &document.groups {
            let place = wishes.groups.insert(&entry.name.value, entry).map(|first| first.name.at);
            twice(place, &entry.name, "There are two groups named {name}", flaws);
        }
        for entry in &document.servers {
            let wish = server(document, entry, &groups, &mut room, flaws);
            let place = wishes.servers.insert(&entry.name.value, wish).map(|first| first.entry.name.at);
            twice(place, &entry.name, "There are two servers named {name}", flaws);
        }
        for entry in &document.commands {
            let key = (entry.command_type.name(), entry.name.value.as_str());
            let place = wishes.commands.insert(key, entry).map(|first| first.name.at);
            twice(place, &entry.name, "There are two commands named {name} for the same", flaws);
        }
    }
    wishes
}

fn twice(first: Option<At>, name: &Spot<String>, what: &'static str, flaws: &mut Vec<Flaw>) {
    if let Some(first) = first {
        // Lines of another text would mislead.
        let other = Some(first).filter(|first| first.text == name.at.text);
        flaws.push(Flaw { at: name.at, what: Message::new(what).with("name", &name.value), other });
    }
}

/// A server with what its groups and the defaults say where it does not say otherwise.
fn server<'d>(
    document: &'d Document,
    entry: &'d ServerEntry,
    by_name: &HashMap<&str, &'d GroupEntry>,
    room: &mut Room,
    flaws: &mut Vec<Flaw>,
) -> ServerWish<'d> {
    let usual = &document.defaults;
    let groups = entry.own.groups.as_deref().or(usual.groups.as_deref()).unwrap_or_default();
    let of_groups: Vec<&GroupEntry> =
        groups.iter().filter_map(|name| by_name.get(name.value.as_str()).copied()).collect();
    let labels = labels(document, entry, &of_groups, room, flaws);
    let mut layers = Layers { entry, of_groups: &of_groups, usual, flaws };
    let port = layers.pick("port", |defaults| defaults.port.as_ref());
    let interval = layers.pick("interval", |defaults| defaults.interval.as_ref());
    let credential = layers.pick("credential", |defaults| defaults.credential.as_ref());
    let is_itself = |jump: &&Spot<Option<String>>| jump.value.as_deref() == Some(entry.name.value.as_str());
    // The server that everybody else is reached through is not reached through itself.
    let jump = layers.pick("jump", |defaults| defaults.jump.as_ref());
    let jump = jump.filter(|jump| !is_itself(jump) || entry.own.jump.is_some());
    let keys = entry.host_keys.iter().flatten().map(|key| key.value.fingerprint().to_owned());
    let blank = ServerFacts::at(entry.address.clone());
    let facts = ServerFacts {
        port: port.map_or(blank.port, |port| port.value.into()),
        credential: credential.and_then(|credential| credential.value.clone()),
        jump: jump.and_then(|jump| jump.value.clone()),
        groups: groups.iter().map(|group| group.value.clone()).collect::<BTreeSet<_>>(),
        labels,
        host_keys: keys.collect(),
        note: entry.note.clone(),
        interval: interval.map_or(blank.interval, |interval| interval.value),
        enabled: entry.enabled,
        legacy_algorithms: entry.legacy_algorithms,
        allow: entry.allow,
        ..blank
    };
    let (credential_at, jump_at) = (credential.map(|spot| spot.at), jump.map(|spot| spot.at));
    ServerWish { entry, facts, credential_at, jump_at, groups }
}

/// The labels of the defaults, the groups and the server, the nearest first. More than may be are told and left out: a few
/// lines of defaults stand for those of every server (F11).
fn labels(
    document: &Document,
    entry: &ServerEntry,
    of_groups: &[&GroupEntry],
    room: &mut Room,
    flaws: &mut Vec<Flaw>,
) -> BTreeMap<String, String> {
    let groups = of_groups.iter().map(|group| &group.defaults.labels);
    let layers = std::iter::once(&document.defaults.labels).chain(groups).chain([&entry.own.labels]);
    let merged: BTreeMap<&String, &String> = layers.flatten().collect();
    let at = entry.name.at;
    if merged.len() > MOST_LABELS {
        let what = "{server} has {count} labels with those of its groups and the defaults; at most {most} fit";
        let what = Message::new(what).with("server", &entry.name.value).with("count", merged.len());
        flaws.push(Flaw { at, what: what.with("most", MOST_LABELS), other: None });
        return BTreeMap::new();
    }
    let Some(left) = room.labels.checked_sub(merged.len()) else {
        if !room.is_told {
            room.is_told = true;
            let what = Message::new("The servers of this file have more than {most} labels altogether");
            flaws.push(Flaw { at, what: what.with("most", MOST_LABELS_OF_ALL), other: None });
        }
        return BTreeMap::new();
    };
    room.labels = left;
    merged.into_iter().map(|(name, value)| (name.clone(), value.clone())).collect()
}

/// How many labels still fit into one plan.
struct Room {
    labels: usize,
    is_told: bool,
}

/// Who may say something of a server: itself, its groups, the defaults.
struct Layers<'d, 'f> {
    entry: &'d ServerEntry,
    of_groups: &'f [&'d GroupEntry],
    usual: &'d Defaults,
    flaws: &'f mut Vec<Flaw>,
}

impl<'d> Layers<'d, '_> {
    /// The value that counts. Groups that disagree are told.
    fn pick<T: PartialEq>(
        &mut self,
        key: &'static str,
        of: impl Fn(&'d Defaults) -> Option<&'d Spot<T>>,
    ) -> Option<&'d Spot<T>> {
        if let Some(own) = of(&self.entry.own) {
            return Some(own);
        }
        let mut said = self.of_groups.iter().filter_map(|group| of(&group.defaults).map(|spot| (group, spot)));
        let Some((first, spot)) = said.next() else { return of(self.usual) };
        if let Some((other, _)) = said.find(|(_, other)| other.value != spot.value) {
            let what = "The groups {one} and {other} say different things about {key}: say it for {server} itself";
            let what = Message::new(what)
                .with("one", &first.name.value)
                .with("other", &other.name.value)
                .with("key", key)
                .with("server", &self.entry.name.value);
            self.flaws.push(Flaw { at: self.entry.name.at, what, other: None });
        }
        Some(spot)
    }
}
