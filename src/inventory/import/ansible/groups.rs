//! Groups within groups, the hosts in them, and what both say of a host.

use std::collections::{HashMap, HashSet};

use super::range;
use super::variables::Variables;
use crate::inventory::import::MAXIMUM_SERVERS;
use crate::inventory::import::found::{Place, Skipped};
use crate::language::Message;

/// More groups than one inventory has.
const MOST_GROUPS: usize = 2_000;
/// More groups than one host is in.
const MOST_GROUPS_OF_A_HOST: usize = 100;
/// More names than the lines of one inventory stand for, a name counted as often as a line brings it.
const MOST_NAMES: usize = 500_000;
/// The longest name of a group, in bytes.
const LONGEST_GROUP: usize = 255;
/// The group of all hosts.
pub(super) const ALL: &str = "all";
/// The group of hosts that are in no other.
pub(super) const UNGROUPED: &str = "ungrouped";
/// Which of two groups of one depth decides: the one with the larger number.
const PRIORITY: &str = "ansible_group_priority";

/// A place in the list of groups.
pub(super) type GroupIndex = usize;

/// An inventory as its files say it.
#[derive(Debug, Default)]
pub(super) struct Inventory {
    pub(super) hosts: Vec<Host>,
    host_indexes: HashMap<String, usize>,
    pub(super) groups: Vec<Group>,
    group_indexes: HashMap<String, GroupIndex>,
    pub(super) skipped: Vec<Skipped>,
    named: usize,
}

/// A host as the inventory names it.
#[derive(Debug, Clone)]
pub(super) struct Host {
    pub(super) name: String,
    pub(super) place: Place,
    pub(super) variables: Variables,
    groups: Vec<GroupIndex>,
}

/// A group.
#[derive(Debug)]
pub(super) struct Group {
    pub(super) name: String,
    pub(super) variables: Variables,
    parents: Vec<GroupIndex>,
    /// The longest way from `all`.
    depth: usize,
}

impl Inventory {
    pub(super) fn skip(&mut self, what: impl Into<String>, place: &Place, why: impl Into<Message>) {
        Skipped::new(what, place, why).add_to(&mut self.skipped);
    }

    /// The group of a name, which is added if it is not there yet; nothing where there are too many.
    pub(super) fn group(&mut self, name: &str, place: &Place) -> Option<GroupIndex> {
        if let Some(index) = self.group_indexes.get(name) {
            return Some(*index);
        }
        if name.len() > LONGEST_GROUP {
            let why =
                Message::new("The name of a group is longer than {limit} characters").with("limit", LONGEST_GROUP);
            self.skip_once(place, why);
            return None;
        }
        if self.groups.len() >= MOST_GROUPS {
            self.skip_once(place, Message::new("It has more than {most} groups").with("most", MOST_GROUPS));
            return None;
        }
        let index = self.groups.len();
        let group = Group { name: name.to_owned(), variables: Variables::default(), parents: Vec::new(), depth: 0 };
        self.groups.push(group);
        self.group_indexes.insert(name.to_owned(), index);
        Some(index)
    }

    /// Says that a group holds another.
    pub(super) fn add_child(&mut self, parent: GroupIndex, child: GroupIndex) {
        if let Some(group) = self.groups.get_mut(child)
            && !group.parents.contains(&parent)
        {
            group.parents.push(parent);
        }
    }

    /// The names that a pattern stands for, and the port beside it. None where the lines before stood for too many, which
    /// is said once.
    pub(super) fn names(&mut self, pattern: &str, place: &Place) -> Result<(Vec<String>, Option<u16>), Message> {
        if self.named > MOST_NAMES {
            let why = Message::new("Its lines stand for more than {most} names; the rest is left out");
            self.skip_once(place, why.with("most", MOST_NAMES));
            return Ok((Vec::new(), None));
        }
        let (names, port) = range::hosts(pattern)?;
        self.named += names.len();
        Ok((names, port))
    }

    /// The host of a name within a group, which is added if it is not there yet. A port beside its name counts where
    /// the host is named first.
    pub(super) fn host(
        &mut self,
        name: &str,
        port: Option<u16>,
        group: GroupIndex,
        place: &Place,
    ) -> Option<&mut Host> {
        let index = match self.host_indexes.get(name) {
            Some(index) => *index,
            None if self.hosts.len() >= MAXIMUM_SERVERS => {
                let why = Message::new("One import brings in at most {most} servers; the rest is left out");
                self.skip_once(place, why.with("most", MAXIMUM_SERVERS));
                return None;
            }
            None => {
                let mut variables = Variables::default();
                if let Some(port) = port {
                    variables.set("ansible_port", &port.to_string(), place);
                }
                self.hosts.push(Host { name: name.to_owned(), place: place.clone(), variables, groups: Vec::new() });
                self.host_indexes.insert(name.to_owned(), self.hosts.len() - 1);
                self.hosts.len() - 1
            }
        };
        let host = self.hosts.get_mut(index)?;
        // One more than allowed is kept, so that it is known of the host that it has too many.
        if host.groups.len() <= MOST_GROUPS_OF_A_HOST && !host.groups.contains(&group) {
            host.groups.push(group);
        }
        Some(host)
    }

    fn skip_once(&mut self, place: &Place, why: Message) {
        if self.skipped.iter().all(|before| before.why != why) {
            self.skip("", place, why);
        }
    }

    /// Opens circles of groups and measures how deep each group lies; called once everything is read.
    pub(super) fn settle(&mut self) {
        let mut state = vec![Visit::New; self.groups.len()];
        for index in 0..self.groups.len() {
            self.measure(index, &mut state);
        }
    }

    /// Walks up from a group without recursion: its parents are measured before itself.
    fn measure(&mut self, from: GroupIndex, state: &mut [Visit]) {
        let mut path = vec![from];
        while let Some(index) = path.last().copied() {
            let visit = state.get(index).copied().unwrap_or(Visit::Done);
            if visit == Visit::Done {
                path.pop();
                continue;
            }
            set(state, index, Visit::Open);
            let parents = self.groups.get(index).map(|group| group.parents.clone()).unwrap_or_default();
            let waiting = parents.iter().copied().find(|parent| state.get(*parent) == Some(&Visit::New));
            if let Some(parent) = waiting {
                path.push(parent);
                continue;
            }
            let (sound, circle): (Vec<_>, Vec<_>) =
                parents.into_iter().partition(|parent| state.get(*parent) == Some(&Visit::Done));
            let above = sound.iter().filter_map(|parent| self.groups.get(*parent)).map(|parent| parent.depth).max();
            if let Some(group) = self.groups.get_mut(index) {
                group.depth = if group.name == ALL { 0 } else { above.unwrap_or(0) + 1 };
                group.parents = sound;
                if !circle.is_empty() {
                    let why = "This group is within itself; the circle is opened here";
                    let skipped = Skipped::new(&group.name, &Place::new(&group.name, 0), why);
                    skipped.add_to(&mut self.skipped);
                }
            }
            set(state, index, Visit::Done);
        }
    }

    /// The groups of a host, those that hold them too, in the order in which their variables are read: the last one
    /// decides. `all` is not among them.
    pub(super) fn groups_of(&self, host: &Host) -> Result<Vec<GroupIndex>, Message> {
        let mut reached: HashSet<GroupIndex> = HashSet::new();
        let mut waiting = host.groups.clone();
        while let Some(index) = waiting.pop() {
            if reached.insert(index)
                && let Some(group) = self.groups.get(index)
            {
                waiting.extend(&group.parents);
            }
            if reached.len() > MOST_GROUPS_OF_A_HOST {
                let why = Message::new("It is in more than {most} groups").with("most", MOST_GROUPS_OF_A_HOST);
                return Err(why);
            }
        }
        let mut groups: Vec<GroupIndex> = reached.into_iter().collect();
        groups.retain(|index| self.groups.get(*index).is_some_and(|group| group.name != ALL));
        groups.sort_by_cached_key(|index| {
            self.groups.get(*index).map(|group| (group.depth, group.priority(), group.name.clone()))
        });
        Ok(groups)
    }

    /// What they are called, without those that every inventory has.
    pub(super) fn names_of(&self, groups: &[GroupIndex]) -> Vec<String> {
        let groups = groups.iter().filter_map(|index| self.groups.get(*index));
        groups.map(|group| group.name.clone()).filter(|name| name != UNGROUPED).collect()
    }
}

impl Group {
    fn priority(&self) -> i64 {
        self.variables.text(PRIORITY).and_then(|text| text.trim().parse().ok()).unwrap_or(1)
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Visit {
    New,
    Open,
    Done,
}

fn set(state: &mut [Visit], index: GroupIndex, visit: Visit) {
    if let Some(place) = state.get_mut(index) {
        *place = visit;
    }
}
