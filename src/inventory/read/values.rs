//! Single values: text, numbers, words, names, labels. Each is one that may stand there, or it is told what may.

use std::collections::BTreeMap;

use super::super::document::{At, Defaults, Spot};
use super::super::shape::{self, SERVER, Shape};
use super::entry::Entry;
use super::{Reader, meant};
use crate::language::Message;
use crate::models::allowance::Allowance;
use crate::models::names::{
    MOST_LABELS, labels_problem, name_problem, note_problem, remote_user_problem, server_name_problem,
};
use crate::yaml::{Node, Value};

/// Longest time between two samples, in seconds.
const LONGEST_INTERVAL: i64 = 3_600;
/// More groups than one server is in.
const MOST_GROUPS: usize = 100;

impl Reader {
    /// Text; nothing behind the colon is no text.
    pub(super) fn text(&mut self, entry: &Entry<'_>, key: &str) -> Option<Spot<String>> {
        let node = entry.node(key)?;
        self.scalar(node)
    }

    /// The text of a node that must be one value.
    pub(super) fn scalar(&mut self, node: &Node) -> Option<Spot<String>> {
        let at = self.at(node.number);
        match &node.value {
            Value::Nothing => None,
            Value::Scalar(text) => Some(Spot { value: text.clone(), at }),
            Value::List(_) | Value::Map(_) => {
                self.flaw(at, "Write one value here");
                None
            }
        }
    }

    /// What people wrote about something.
    pub(super) fn note_of(&mut self, entry: &Entry<'_>) -> String {
        let Some(note) = self.text(entry, "note") else { return String::new() };
        self.refuse(note.at, note_problem(&note.value));
        note.value
    }

    /// The user on a server.
    pub(super) fn user(&mut self, entry: &Entry<'_>) -> Option<String> {
        let user = self.text(entry, "user")?;
        self.refuse(user.at, remote_user_problem(&user.value));
        Some(user.value)
    }

    /// The user of the defaults; its problems were told when the defaults were read.
    pub(super) fn default_user(node: &Node) -> Option<String> {
        let Value::Map(pairs) = &node.value else { return None };
        match &pairs.iter().find(|(key, _)| key.text == "user")?.1.value {
            Value::Scalar(user) => Some(user.clone()),
            Value::Nothing | Value::List(_) | Value::Map(_) => None,
        }
    }

    /// A whole number, as far as the entry's shape says.
    pub(super) fn whole(&mut self, entry: &Entry<'_>, key: &str) -> Option<Spot<i64>> {
        let text = self.text(entry, key)?;
        let (least, most) = match entry.shape.key(key).map(|key| &key.value) {
            Some(shape::Value::Whole { least, most }) => (*least, *most),
            _ => (0, i64::MAX),
        };
        let number = text.value.parse().ok().filter(|number| (least..=most).contains(number));
        if number.is_none() {
            let what = Message::new("Write a whole number from {least} to {most}");
            self.flaw(text.at, what.with("least", least).with("most", most));
        }
        number.map(|number| text.with(number))
    }

    /// A port.
    pub(super) fn port(&mut self, entry: &Entry<'_>) -> Option<Spot<u16>> {
        let number = self.whole(entry, "port")?;
        u16::try_from(number.value).ok().map(|port| number.with(port))
    }

    /// `true` or `false`.
    pub(super) fn flag(&mut self, entry: &Entry<'_>, key: &str, usual: bool) -> bool {
        let Some(text) = self.text(entry, key) else { return usual };
        match text.value.to_ascii_lowercase().as_str() {
            "true" => true,
            "false" => false,
            _ => {
                self.flaw(text.at, "Write true or false");
                usual
            }
        }
    }

    /// One of some words.
    pub(super) fn word(
        &mut self,
        entry: &Entry<'_>,
        key: &str,
        words: &'static [&'static str],
    ) -> Option<&'static str> {
        let text = self.text(entry, key)?;
        let found = words.iter().copied().find(|word| *word == text.value);
        if found.is_none() {
            let what = Message::new("Write one of these words: {words}").with("words", words.join(", "));
            self.flaw(text.at, meant(what, &text.value, words.iter().copied()));
        }
        found
    }

    /// How far hannun may go.
    pub(super) fn allow(&mut self, entry: &Entry<'_>) -> Allowance {
        self.word(entry, "allow", &Allowance::NAMES).and_then(Allowance::from_name).unwrap_or_default()
    }

    /// Seconds: `10`, `10s`, `5m`, `1h`.
    pub(super) fn interval(&mut self, entry: &Entry<'_>) -> Option<Spot<i32>> {
        let text = self.text(entry, "interval")?;
        let (digits, unit) = text.value.split_at_checked(text.value.trim_end_matches(char::is_alphabetic).len())?;
        let factor = match unit {
            "" | "s" => Some(1),
            "m" => Some(60),
            "h" => Some(3_600),
            _ => None,
        };
        let seconds = digits
            .trim()
            .parse::<i64>()
            .ok()
            .zip(factor)
            .and_then(|(number, factor)| number.checked_mul(factor))
            .filter(|seconds| (1..=LONGEST_INTERVAL).contains(seconds))
            .and_then(|seconds| i32::try_from(seconds).ok());
        if seconds.is_none() {
            self.flaw(text.at, "Write a time from 1s to 1h, as 10s or 5m");
        }
        seconds.map(|seconds| text.with(seconds))
    }

    /// The name of another entry; `~` says that there is none.
    fn reference(&mut self, entry: &Entry<'_>, key: &str) -> Option<Spot<Option<String>>> {
        let node = entry.node(key)?;
        if node.value == Value::Nothing {
            return Some(Spot { value: None, at: self.at(node.number) });
        }
        self.scalar(node).map(|name| Spot { at: name.at, value: Some(name.value) })
    }

    /// Several values, or one.
    pub(super) fn spots(&mut self, entry: &Entry<'_>, key: &str) -> Option<Vec<Spot<String>>> {
        let node = entry.node(key)?;
        match &node.value {
            Value::Nothing => Some(Vec::new()),
            Value::List(items) => Some(items.iter().filter_map(|item| self.scalar(item)).collect()),
            Value::Scalar(_) => Some(self.scalar(node).into_iter().collect()),
            Value::Map(_) => {
                self.flaw(self.at(node.number), "Write a list here: [one, two]");
                None
            }
        }
    }

    /// The same, without their places.
    pub(super) fn texts(&mut self, entry: &Entry<'_>, key: &str) -> Vec<String> {
        self.spots(entry, key).unwrap_or_default().into_iter().map(|spot| spot.value).collect()
    }

    /// The groups of a server: not more than a few lines of defaults may give to thousands of servers (F11).
    fn groups(&mut self, entry: &Entry<'_>) -> Option<Vec<Spot<String>>> {
        let groups = self.spots(entry, "groups")?;
        if let Some(first) = groups.get(MOST_GROUPS) {
            let what = Message::new("A server is in at most {most} groups").with("most", MOST_GROUPS);
            self.flaw(first.at, what);
        }
        Some(groups)
    }

    /// Labels: names with values.
    fn labels(&mut self, entry: &Entry<'_>) -> BTreeMap<String, String> {
        let Some(node) = entry.node("labels") else { return BTreeMap::new() };
        let mut labels = BTreeMap::new();
        match &node.value {
            Value::Nothing => {}
            Value::Map(pairs) => {
                for (key, node) in pairs {
                    let value = self.scalar(node).map(|value| value.value).unwrap_or_default();
                    let label = BTreeMap::from([(key.text.clone(), value)]);
                    self.refuse(self.at(key.number), labels_problem(&label));
                    labels.extend(label);
                }
            }
            // `[on-call]`: labels that are there or not.
            Value::List(items) => {
                for item in items {
                    let Some(name) = self.scalar(item) else { continue };
                    let label = BTreeMap::from([(name.value, String::new())]);
                    self.refuse(name.at, labels_problem(&label));
                    labels.extend(label);
                }
            }
            Value::Scalar(_) => {
                self.flaw(self.at(node.number), "Write labels as names with values: {team: shop, tier: 1}");
            }
        }
        // Each was told by itself.
        self.refuse(self.at(node.number), labels_problem(&labels).filter(|_| labels.len() > MOST_LABELS));
        labels
    }

    /// What may also stand in defaults and groups.
    pub(super) fn defaults(&mut self, entry: &Entry<'_>) -> Defaults {
        self.user(entry);
        Defaults {
            port: self.port(entry),
            credential: self.reference(entry, "credential"),
            jump: self.reference(entry, "jump"),
            groups: self.groups(entry),
            labels: self.labels(entry),
            interval: self.interval(entry),
        }
    }

    /// Whether an entry's name can be one.
    pub(super) fn is_name(&mut self, name: &Spot<String>, shape: &'static Shape) -> bool {
        let problem = if std::ptr::eq(shape, &raw const SERVER) { server_name_problem } else { name_problem };
        let problem = problem(&name.value);
        let is_good = problem.is_none();
        self.refuse(name.at, problem);
        is_good
    }

    /// Tells a problem, if there is one.
    pub(super) fn refuse(&mut self, at: At, problem: Option<Message>) {
        if let Some(problem) = problem {
            self.flaw(at, problem);
        }
    }
}
