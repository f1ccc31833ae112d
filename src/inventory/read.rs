//! From a text to a [`Document`]: every key is known, every value is one that may stand there, or all that is not is told.

mod credentials;
mod entry;
mod servers;
mod values;

use super::document::{At, CommandEntry, Defaults, Document, Spot};
use super::nearest::nearest;
use super::problem::{Flaw, Problem};
use super::request::Source;
use super::shape::{COMMAND, CONDITIONS, CREDENTIAL, DEFAULTS, DOCUMENT, GROUP, SERVER, SYSTEM, Short, VERSION};
use crate::commands::{CommandType, Conditions};
use crate::language::Message;
use crate::yaml::{self, Node, Value};

use entry::Entry;

/// Reads one text, the `index`th of a request.
pub(super) fn document(index: usize, source: &Source) -> Result<(Document, Vec<Flaw>), Problem> {
    let begins = source.text.lines().any(|line| !matches!(line.trim().as_bytes(), b"" | [b'#', ..]));
    if !begins {
        return Err(Problem::of_text(source, Message::new("This is empty: nothing was changed")));
    }
    let tree = yaml::read_tree(&source.text).map_err(|error| {
        let position = |line| yaml::Position { line, column: error.column.unwrap_or(1) };
        Problem { at: error.line.map(position), ..Problem::of_text(source, error.why) }
    })?;
    let mut reader = Reader { text: index, flaws: Vec::new(), notes: Vec::new() };
    let mut document = reader.document(&tree);
    document.notes = reader.notes;
    Ok((document, reader.flaws))
}

/// Reads nodes, and keeps what is wrong with them.
struct Reader {
    text: usize,
    flaws: Vec<Flaw>,
    notes: Vec<Flaw>,
}

impl Reader {
    fn document(&mut self, tree: &Node) -> Document {
        if let Some(newer) = self.newer(tree) {
            // Whatever else seems wrong may be right in that version.
            self.flaw(
                newer,
                Message::new("This file is of a newer version; this hannun reads version {version}")
                    .with("version", VERSION),
            );
            return Document::default();
        }
        let Some(entry) = self.entry(tree, &DOCUMENT) else { return Document::default() };
        self.whole(&entry, "version");
        let defaults = match entry.node("defaults") {
            Some(node) => self.entry(node, &DEFAULTS).map(|entry| self.defaults(&entry)).unwrap_or_default(),
            None => Defaults::default(),
        };
        let user = entry.node("defaults").and_then(Self::default_user);
        let credentials = self.named(&entry, "credentials", &CREDENTIAL, None);
        let credentials = credentials
            .into_iter()
            .filter_map(|(name, entry)| self.credential(name, &entry, user.as_deref()))
            .collect();
        let groups = self.named(&entry, "groups", &GROUP, Some(Short::NameAlone));
        let groups = groups.into_iter().map(|(name, entry)| self.group(name, &entry)).collect();
        let servers = self.named(&entry, "servers", &SERVER, Some(Short::Address));
        let mut servers: Vec<_> = servers.into_iter().filter_map(|(name, entry)| self.server(name, &entry)).collect();
        let systems = self.each(&entry, "systems", &SYSTEM);
        servers.extend(systems.iter().filter_map(|entry| self.system(entry)));
        let commands = self.each(&entry, "commands", &COMMAND);
        let commands = commands.iter().filter_map(|entry| self.command(entry)).collect();
        Document { defaults, credentials, groups, servers, commands, notes: Vec::new() }
    }

    /// The node of a version that is newer than ours.
    fn newer(&self, tree: &Node) -> Option<At> {
        let Value::Map(pairs) = &tree.value else { return None };
        let (_, node) = pairs.iter().find(|(key, _)| key.text == "version")?;
        let Value::Scalar(text) = &node.value else { return None };
        text.parse::<i64>().ok().filter(|version| *version > VERSION).map(|_| self.at(node.number))
    }

    fn command(&mut self, entry: &Entry<'_>) -> Option<CommandEntry> {
        let command_type = self.text(entry, "type").and_then(|word| self.command_type(&word));
        let name = self.text(entry, "name");
        let run = self.text(entry, "run");
        let format = self.text(entry, "format").map_or_else(|| "table".to_owned(), |format| format.value);
        let on = match entry.node("on") {
            Some(node) => self.entry(node, &CONDITIONS).map(|entry| self.conditions(&entry)).unwrap_or_default(),
            None => Conditions::default(),
        };
        Some(CommandEntry { name: name?, command_type: command_type?, on, run: run?.value, format })
    }

    fn command_type(&mut self, word: &Spot<String>) -> Option<CommandType> {
        let found = CommandType::from_name(&word.value);
        if found.is_none() {
            let known = CommandType::ALL.iter().map(|known| known.name());
            let what = Message::new("There is no command type {name}").with("name", &word.value);
            self.flaw(word.at, meant(what, &word.value, known));
        }
        found
    }

    fn conditions(&mut self, entry: &Entry<'_>) -> Conditions {
        Conditions {
            os: self.texts(entry, "os"),
            distro: self.texts(entry, "distro"),
            like: self.texts(entry, "like"),
            version: self.text(entry, "version").map(|version| version.value),
            arch: self.texts(entry, "arch"),
            has: self.texts(entry, "has"),
            lacks: self.texts(entry, "lacks"),
        }
    }

    fn at(&self, node: usize) -> At {
        At { text: self.text, node }
    }

    fn flaw(&mut self, at: At, what: impl Into<Message>) {
        self.flaws.push(Flaw { at, what: what.into(), other: None });
    }

    fn note(&mut self, at: At, what: impl Into<Message>) {
        self.notes.push(Flaw { at, what: what.into(), other: None });
    }
}

/// The sentence, with the known word that was probably meant.
pub(super) fn meant<'k>(what: Message, word: &str, known: impl IntoIterator<Item = &'k str>) -> Message {
    match nearest(word, known) {
        Some(known) => Message::new("{what}. Did you mean {known}?").with_words("what", what).with("known", known),
        None => what,
    }
}
