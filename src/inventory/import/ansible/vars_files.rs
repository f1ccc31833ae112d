//! `group_vars` and `host_vars` beside an inventory, and which variable decides for a host.
//!
//! The order of Ansible: groups in the inventory, from `all` to the innermost; then `group_vars/all`; then the `group_vars`
//! of the others; then the host in the inventory; then its `host_vars`.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::sync::Arc;

use super::groups::{ALL, GroupIndex, Host, Inventory};
use super::tree::{scalar, without_tags};
use super::variables::{Variables, is_known};
use crate::inventory::import::files::too_long;
use crate::inventory::import::found::Place;
use crate::inventory::import::{Entry, Files};
use crate::yaml::{self, Value};

/// Endings of files with variables, in the order in which Ansible looks for them.
const ENDINGS: [&str; 4] = ["", ".yml", ".yaml", ".json"];
/// Folders within folders.
const DEEPEST: usize = 4;
/// Files and folders that are looked into.
const MOST_ENTRIES: usize = 20_000;

/// The files with variables.
pub(super) struct VarsFiles<'f> {
    files: &'f dyn Files,
    groups: Vec<Entry>,
    hosts: Vec<Entry>,
    /// By path; a group's file is read once and asked for by each of its hosts.
    read: RefCell<HashMap<String, Arc<Variables>>>,
    left: Cell<usize>,
}

impl<'f> VarsFiles<'f> {
    /// Looks which files there are.
    pub(super) fn list(files: &'f dyn Files, inventory: &mut Inventory) -> Self {
        let both = files.list("group_vars").and_then(|groups| Ok((groups, files.list("host_vars")?)));
        let (groups, hosts) = both.unwrap_or_else(|why| {
            inventory.skip("group_vars, host_vars", &Place::new("group_vars", 0), why);
            (Vec::new(), Vec::new())
        });
        Self { files, groups, hosts, read: RefCell::default(), left: Cell::new(MOST_ENTRIES) }
    }

    /// What decides for a host that is in these groups, outermost first.
    pub(super) fn variables_of(&self, host: &Host, groups: &[GroupIndex], inventory: &mut Inventory) -> Variables {
        let mut variables = Variables::default();
        let named: Vec<String> =
            groups.iter().filter_map(|index| inventory.groups.get(*index)).map(|group| group.name.clone()).collect();
        let all = inventory.groups.iter().find(|group| group.name == ALL);
        for group in all.into_iter().chain(groups.iter().filter_map(|index| inventory.groups.get(*index))) {
            variables.overlay(&group.variables);
        }
        for name in std::iter::once(ALL).chain(named.iter().map(String::as_str)) {
            variables.overlay(&self.of("group_vars", name, inventory));
        }
        variables.overlay(&host.variables);
        variables.overlay(&self.of("host_vars", &host.name, inventory));
        variables
    }

    /// The variables of one name: in a file of that name, or in the files of a folder of that name.
    fn of(&self, folder: &str, name: &str, inventory: &mut Inventory) -> Arc<Variables> {
        let path = format!("{folder}/{name}");
        if let Some(read) = self.read.borrow().get(&path) {
            return Arc::clone(read);
        }
        let entries = if folder == "group_vars" { &self.groups } else { &self.hosts };
        let mut variables = Variables::default();
        let found = ENDINGS.iter().find_map(|ending| {
            let wanted = format!("{name}{ending}");
            entries.iter().find(|entry| entry.name == wanted)
        });
        if let Some(entry) = found {
            let path = format!("{folder}/{}", entry.name);
            self.read_entry(&path, entry.is_folder, DEEPEST, &mut variables, inventory);
        }
        let variables = Arc::new(variables);
        self.read.borrow_mut().insert(path, Arc::clone(&variables));
        variables
    }

    fn read_entry(
        &self,
        path: &str,
        is_folder: bool,
        deeper: usize,
        variables: &mut Variables,
        inventory: &mut Inventory,
    ) {
        let place = Place::new(path, 0);
        let Some(left) = self.left.get().checked_sub(1) else { return };
        self.left.set(left);
        if left == 0 {
            return inventory.skip("", &place, "There are too many files or folders; this one is not read");
        }
        if !is_folder {
            return match self.files.read(path) {
                Ok(Some(text)) => read_text(&text, &place, variables, inventory),
                Ok(None) => {}
                Err(why) => inventory.skip("", &place, why),
            };
        }
        let Some(deeper) = deeper.checked_sub(1) else {
            return inventory.skip("", &place, "There are too many files or folders; this one is not read");
        };
        match self.files.list(path) {
            Ok(entries) => {
                for entry in entries.iter().filter(|entry| is_read(entry)) {
                    let path = format!("{path}/{}", entry.name);
                    self.read_entry(&path, entry.is_folder, deeper, variables, inventory);
                }
            }
            Err(why) => inventory.skip("", &place, why),
        }
    }
}

/// Whether a name within a folder of variables counts: hidden ones, backups and other endings do not.
fn is_read(entry: &Entry) -> bool {
    let (name, ending) = match entry.name.rfind('.') {
        Some(at) => entry.name.split_at(at),
        None => (entry.name.as_str(), ""),
    };
    let is_backup = entry.name.starts_with('.') || entry.name.ends_with('~');
    !name.is_empty() && !is_backup && if entry.is_folder { ending.is_empty() } else { ENDINGS.contains(&ending) }
}

fn read_text(text: &str, place: &Place, variables: &mut Variables, inventory: &mut Inventory) {
    if let Some(why) = too_long(text) {
        return inventory.skip("", place, why);
    }
    if text.trim_start().starts_with("$ANSIBLE_VAULT") {
        return inventory.skip("", place, "The whole file is in a vault: open it with ansible-vault decrypt first");
    }
    match yaml::read_tree(&only_known(&without_tags(text))).map(|tree| tree.value) {
        Ok(Value::Map(entries)) => {
            for (key, node) in entries {
                if let Some(text) = scalar(node) {
                    variables.set(&key.text, &text, place);
                }
            }
        }
        Ok(Value::Nothing) => {}
        Ok(Value::Scalar(_) | Value::List(_)) => inventory.skip("", place, "A file of variables is a mapping"),
        Err(error) => inventory.skip("", &place.at(error.line.unwrap_or(0)), error.why),
    }
}

/// The text with empty lines in place of the variables that are not kept. They may be written in ways that we do not read
/// (anchors, tags, texts over many lines), and they are none of our business.
fn only_known(text: &str) -> String {
    let mut lines = text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with(['#', '-']));
    if lines.next().is_some_and(|line| line.starts_with(['{', '['])) {
        return text.to_owned();
    }
    let mut out = String::new();
    let mut keeps = false;
    for line in text.trim_start_matches('\u{feff}').lines() {
        if line.starts_with(|c: char| !c.is_whitespace() && !matches!(c, '#' | '-' | ']' | '}')) {
            let key = line.split(':').next().unwrap_or_default().trim().trim_matches(['"', '\'']);
            keeps = is_known(key);
        }
        if keeps {
            out.push_str(line);
        }
        out.push('\n');
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variables_that_are_not_kept_are_cut_out_before_the_text_is_read() {
        let text = "---\nansible_user: ops\ndefaults: &d\n  a: 1\nother:\n  <<: *d\n\"ansible_port\": 22\nlist:\n- x\nmotd: \"two\n  lines\"\n";
        assert_eq!(only_known(text), "\nansible_user: ops\n\n\n\n\n\"ansible_port\": 22\n\n\n\n\n");
        assert_eq!(only_known("# x\n{\"a\": 1}"), "# x\n{\"a\": 1}");
    }

    #[test]
    fn backups_and_hidden_files_are_not_read() {
        let read = |name: &str, is_folder| is_read(&Entry { name: name.to_owned(), is_folder });
        assert!(read("main.yml", false) && read("vault", false) && read("x.json", false) && read("more", true));
        assert!(!read(".main.yml", false) && !read("main.yml~", false) && !read("x.txt", false) && !read("a.d", true));
    }
}
