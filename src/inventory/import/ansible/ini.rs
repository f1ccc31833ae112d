//! The INI form: `[group]` with a host a line, `[group:children]`, `[group:vars]`.
//!
//! Ansible refuses a whole file for one line that it cannot read; here that line is left out and told.

use std::collections::HashMap;

use super::groups::{Inventory, UNGROUPED};
use super::literal;
use super::variables::Variables;
use crate::inventory::import::found::Place;
use crate::inventory::import::words::{self, Hash};
use crate::language::Message;

/// What the lines of a section are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Section {
    Hosts,
    Children,
    Variables,
    /// Its header cannot be read: what follows belongs to nobody.
    Unknown,
}

/// Reads every line.
pub(super) fn read(text: &str, file: &Place, inventory: &mut Inventory) {
    let mut reader = Reader { inventory, group: UNGROUPED.to_owned(), section: Section::Hosts, used: HashMap::new() };
    for (number, line) in text.lines().enumerate() {
        let line = line.trim();
        if !line.is_empty() && !line.starts_with(['#', ';']) {
            let place = file.at(number + 1);
            if let Err(why) = reader.line(line, &place) {
                // A line may hold a password: only its first word is told.
                let first = line.split_whitespace().next().unwrap_or_default();
                let first = first.split('=').next().unwrap_or_default();
                reader.inventory.skip(first, &place, why);
            }
        }
    }
    reader.tell_undeclared();
}

struct Reader<'i> {
    inventory: &'i mut Inventory,
    group: String,
    section: Section,
    /// Groups that were named, whether they have a section of their own, and where they were named first.
    used: HashMap<String, (bool, Place)>,
}

impl Reader<'_> {
    fn line(&mut self, line: &str, place: &Place) -> Result<(), Message> {
        if let Some(header) = line.strip_prefix('[').and_then(section_header) {
            self.section = Section::Unknown;
            (self.group, self.section) = header?;
            self.use_group(&self.group.clone(), self.section != Section::Variables, place);
            return Ok(());
        }
        match self.section {
            Section::Hosts => self.hosts(line, place),
            Section::Children => self.child(line, place),
            Section::Variables => self.variable(line, place),
            Section::Unknown => Ok(()),
        }
    }

    fn use_group(&mut self, name: &str, is_declared: bool, place: &Place) {
        let known = self.used.entry(name.to_owned()).or_insert_with(|| (false, place.clone()));
        known.0 |= is_declared || [super::groups::ALL, UNGROUPED].contains(&name);
    }

    fn hosts(&mut self, line: &str, place: &Place) -> Result<(), Message> {
        let words = words::shell(line, Hash::CommentAnywhere)?;
        let Some((pattern, assignments)) = words.split_first() else { return Ok(()) };
        let (names, port) = self.inventory.names(pattern, place)?;
        let mut variables = Variables::default();
        for assignment in assignments {
            let (name, value) = assignment
                .split_once('=')
                .ok_or_else(|| Message::new("After the name of a host come variables, each as name=value"))?;
            if let Some(value) = literal::read(value) {
                variables.set(name, &value, place);
            }
        }
        let Some(group) = self.inventory.group(&self.group, place) else { return Ok(()) };
        for name in names {
            let Some(host) = self.inventory.host(&name, port, group, place) else { return Ok(()) };
            host.variables.overlay(&variables);
        }
        Ok(())
    }

    fn child(&mut self, line: &str, place: &Place) -> Result<(), Message> {
        let name = line.split('#').next().unwrap_or_default().trim_end();
        if name.is_empty() || name.contains([':', ']']) || name.contains(char::is_whitespace) {
            return Err(Message::new("Here stands the name of one group a line"));
        }
        self.use_group(name, false, place);
        let parent = self.inventory.group(&self.group, place);
        let child = self.inventory.group(name, place);
        if let (Some(parent), Some(child)) = (parent, child) {
            self.inventory.add_child(parent, child);
        }
        Ok(())
    }

    fn variable(&mut self, line: &str, place: &Place) -> Result<(), Message> {
        let (name, value) =
            line.split_once('=').ok_or_else(|| Message::new("Here stands one variable a line, as name=value"))?;
        let group = self.inventory.group(&self.group, place).and_then(|index| self.inventory.groups.get_mut(index));
        if let (Some(group), Some(value)) = (group, literal::read(value)) {
            group.variables.set(name.trim(), &value, place);
        }
        Ok(())
    }

    /// Groups without a section of their own: a word that was written wrongly, most likely.
    fn tell_undeclared(&mut self) {
        let mut lost: Vec<_> = self.used.iter().filter(|(_, (is_declared, _))| !is_declared).collect();
        lost.sort_by_key(|(_, (_, place))| place.line);
        for (name, (_, place)) in lost {
            self.inventory.skip(name, place, "No section of this inventory is about a group of this name");
        }
    }
}

/// `group]`, `group:children] # comment`; nothing where the line is no header (a host whose name begins with a range).
fn section_header(rest: &str) -> Option<Result<(String, Section), Message>> {
    let (inside, after) = rest.split_once(']')?;
    let after = after.trim();
    if !after.is_empty() && !after.starts_with('#') {
        return None;
    }
    let (name, kind) = inside.split_once(':').map_or((inside, None), |(name, kind)| (name, Some(kind)));
    if name.is_empty()
        || name.contains(char::is_whitespace)
        || kind.is_some_and(|kind| kind.contains(char::is_whitespace))
    {
        return Some(Err(Message::new("The name of a section has no blanks")));
    }
    let section = match kind {
        None | Some("hosts") => Section::Hosts,
        Some("children") => Section::Children,
        Some("vars") => Section::Variables,
        Some(_) => return Some(Err(Message::new("A section holds hosts, children or vars, and nothing else"))),
    };
    Some(Ok((name.to_owned(), section)))
}
