//! Mappings: whether every key is known, whether what must be there is there, and the two ways to write several by name.

use super::super::document::{At, Spot};
use super::super::shape::{Shape, Short};
use super::Reader;
use super::meant;
use crate::language::Message;
use crate::yaml::{Key, Node, Value};

/// A mapping whose keys are those of a shape.
pub(super) struct Entry<'n> {
    /// Where it begins.
    pub(super) at: At,
    /// What its keys are.
    pub(super) shape: &'static Shape,
    pairs: &'n [(Key, Node)],
    /// What stands for the whole entry: the address of a server.
    short: Option<(&'static str, &'n Node)>,
}

impl<'n> Entry<'n> {
    /// What follows a key, if it is there.
    pub(super) fn node(&self, name: &str) -> Option<&'n Node> {
        let short = self.short.filter(|(key, _)| *key == name).map(|(_, node)| node);
        short.or_else(|| self.pairs.iter().find(|(key, _)| key.text == name).map(|(_, node)| node))
    }
}

impl Reader {
    /// The mapping in a node; all keys that are not of `shape` are told.
    pub(super) fn entry<'n>(&mut self, node: &'n Node, shape: &'static Shape) -> Option<Entry<'n>> {
        let at = self.at(node.number);
        let pairs = match &node.value {
            Value::Map(pairs) => pairs.as_slice(),
            // A key with nothing behind it, which is how the example of a part is taken out with `#`.
            Value::Nothing => &[],
            Value::Scalar(_) | Value::List(_) => {
                let what = Message::new("Here stands {what}: write its keys under it, each with a colon and a value");
                self.flaw(at, what.with_words("what", shape.called));
                return None;
            }
        };
        for (key, _) in pairs {
            if shape.key(&key.text).is_none() {
                let what = Message::new("There is no key {key} in {what}");
                let what = what.with("key", &key.text).with_words("what", shape.called);
                self.flaw(self.at(key.number), meant(what, &key.text, shape.keys.iter().map(|key| key.name)));
            }
        }
        Some(Entry { at, shape, pairs, short: None })
    }

    /// The required keys of an entry that are missing are told.
    fn complete(&mut self, entry: &Entry<'_>, shape: &'static Shape, at: At) {
        for key in shape.keys.iter().filter(|key| key.required) {
            let is_there = entry.node(key.name).is_some_and(|node| node.value != Value::Nothing);
            if !is_there {
                self.missing(at, key.name, shape);
            }
        }
    }

    /// Tells that a key is missing.
    pub(super) fn missing(&mut self, at: At, key: &'static str, shape: &'static Shape) {
        let what = Message::new("{key} is missing: {what} needs it");
        self.flaw(at, what.with("key", key).with_words("what", shape.called));
    }

    /// The entries of a list.
    pub(super) fn each<'n>(&mut self, parent: &Entry<'n>, key: &str, shape: &'static Shape) -> Vec<Entry<'n>> {
        let Some(node) = parent.node(key) else { return Vec::new() };
        match &node.value {
            Value::Nothing => Vec::new(),
            Value::List(items) => {
                let mut entries = Vec::new();
                for item in items {
                    if let Some(entry) = self.entry(item, shape) {
                        self.complete(&entry, shape, entry.at);
                        entries.push(entry);
                    }
                }
                entries
            }
            Value::Scalar(_) | Value::Map(_) => {
                let what = Message::new("Write a list here, each {what} behind a hyphen");
                self.flaw(self.at(node.number), what.with_words("what", shape.called));
                Vec::new()
            }
        }
    }

    /// The entries of a key with their names: by name, or as a list whose entries have `name`.
    pub(super) fn named<'n>(
        &mut self,
        parent: &Entry<'n>,
        key: &str,
        shape: &'static Shape,
        short: Option<Short>,
    ) -> Vec<(Spot<String>, Entry<'n>)> {
        let Some(node) = parent.node(key) else { return Vec::new() };
        let mut entries = Vec::new();
        match &node.value {
            Value::Nothing => {}
            Value::Map(pairs) => {
                for (key, node) in pairs {
                    let name = Spot { value: key.text.clone(), at: self.at(key.number) };
                    if let Some(entry) = self.under_name(&name, node, shape, short) {
                        entries.push((name, entry));
                    }
                }
            }
            Value::List(items) => entries.extend(items.iter().filter_map(|item| self.with_name(item, shape, short))),
            Value::Scalar(_) => {
                let what = Message::new("Write names here, each with a colon and what belongs to it, or a list");
                self.flaw(self.at(node.number), what);
            }
        }
        for (name, _) in &entries {
            self.is_name(name, shape);
        }
        entries
    }

    /// `web-1: {address: 10.0.0.7}`, or short: `web-1: 10.0.0.7`.
    fn under_name<'n>(
        &mut self,
        name: &Spot<String>,
        node: &'n Node,
        shape: &'static Shape,
        short: Option<Short>,
    ) -> Option<Entry<'n>> {
        let entry = match (&node.value, short) {
            (Value::Scalar(_), Some(Short::Address)) => {
                Entry { at: name.at, shape, pairs: &[], short: Some(("address", node)) }
            }
            _ => self.entry(node, shape)?,
        };
        if let Some(node) = entry.node("name") {
            let what = Message::new("The name stands before the colon already");
            self.flaw(self.at(node.number), what);
        }
        self.complete(&entry, shape, name.at);
        Some(entry)
    }

    /// `- {name: web-1, address: 10.0.0.7}`, or short, where a name says all: `- web`.
    fn with_name<'n>(
        &mut self,
        node: &'n Node,
        shape: &'static Shape,
        short: Option<Short>,
    ) -> Option<(Spot<String>, Entry<'n>)> {
        let at = self.at(node.number);
        if let (Value::Scalar(name), Some(Short::NameAlone)) = (&node.value, short) {
            return Some((Spot { value: name.clone(), at }, Entry { at, shape, pairs: &[], short: None }));
        }
        let entry = self.entry(node, shape)?;
        self.complete(&entry, shape, at);
        let name = self.text(&entry, "name");
        if name.is_none() {
            self.missing(at, "name", shape);
        }
        Some((name?, entry))
    }
}
