//! The YAML form: `group: {hosts: …, children: …, vars: …}`, usually below `all`.

use super::groups::{GroupIndex, Inventory};
use super::variables::Variables;
use crate::inventory::import::found::Place;
use crate::yaml::{self, Key, Node, Value};

/// Tags of Ansible. What they say stands in the text below them too: a vault begins with `$ANSIBLE_VAULT`.
const TAGS: [&str; 3] = ["!vault", "!vault-encrypted", "!unsafe"];

/// Reads every group.
pub(super) fn read(text: &str, file: &Place, inventory: &mut Inventory) {
    let tree = match yaml::read_tree(&without_tags(text)) {
        Ok(tree) => tree,
        Err(error) => return inventory.skip("", &file.at(error.line.unwrap_or(0)), error.why),
    };
    let Value::Map(groups) = tree.value else {
        return inventory.skip("", file, "An inventory in YAML is a mapping of groups");
    };
    if groups.iter().any(|(key, _)| key.text == "plugin") {
        let why = "It asks a plugin for its hosts. Import what that says: ansible-inventory -i FILE --list --yaml > hosts.yml";
        return inventory.skip("", file, why);
    }
    let mut reader = Reader { inventory, lines: Lines::of(text), file };
    for (name, group) in groups {
        reader.group(&name, group);
    }
}

/// The same text without Ansible's tags, which the reader of YAML refuses; no line is lost.
pub(super) fn without_tags(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for line in text.split_inclusive('\n') {
        match line.find(" !").map(|at| line.split_at(at + 1)) {
            Some((before, rest)) if before.trim_end().is_empty() || before.trim_end().ends_with([':', '-']) => {
                out.push_str(before);
                let tag: String = rest.chars().take_while(|c| !c.is_whitespace()).collect();
                out.push_str(if TAGS.contains(&tag.as_str()) { rest.trim_start_matches(tag.as_str()) } else { rest });
            }
            _ => out.push_str(line),
        }
    }
    out
}

struct Reader<'r> {
    inventory: &'r mut Inventory,
    lines: Lines<'r>,
    file: &'r Place,
}

impl Reader<'_> {
    fn group(&mut self, name: &Key, node: Node) -> Option<GroupIndex> {
        let place = self.place(&name.text);
        let sections = match node.value {
            Value::Map(sections) => sections,
            Value::Nothing => Vec::new(),
            Value::Scalar(_) | Value::List(_) => {
                self.inventory.skip(&name.text, &place, "A group is a mapping of hosts, children and vars");
                return None;
            }
        };
        let group = self.inventory.group(&name.text, &place)?;
        for (section, node) in sections {
            let place = self.place(&section.text);
            match (section.text.as_str(), entries(node)) {
                (_, Some(entries)) if entries.is_empty() => {}
                ("hosts", Some(entries)) => entries.into_iter().for_each(|(host, node)| self.hosts(&host, node, group)),
                ("children", Some(entries)) => {
                    for (child, node) in entries {
                        if let Some(child) = self.group(&child, node) {
                            self.inventory.add_child(group, child);
                        }
                    }
                }
                ("vars", Some(entries)) => {
                    for (variable, node) in entries {
                        let place = self.place(&variable.text);
                        if let (Some(text), Some(group)) = (scalar(node), self.inventory.groups.get_mut(group)) {
                            group.variables.set(&variable.text, &text, &place);
                        }
                    }
                }
                ("hosts" | "children" | "vars", None) => {
                    self.inventory.skip(section.text, &place, "Here stands a mapping, not a list");
                }
                _ => self.inventory.skip(
                    section.text,
                    &place,
                    "A group holds hosts, children and vars, and nothing else",
                ),
            }
        }
        Some(group)
    }

    fn hosts(&mut self, pattern: &Key, node: Node, group: GroupIndex) {
        let place = self.place(&pattern.text);
        let variables = match node.value {
            Value::Map(variables) => variables,
            Value::Nothing => Vec::new(),
            Value::Scalar(_) | Value::List(_) => {
                return self.inventory.skip(&pattern.text, &place, "A host is a mapping of variables");
            }
        };
        let (names, port) = match self.inventory.names(&pattern.text, &place) {
            Ok(hosts) => hosts,
            Err(why) => return self.inventory.skip(&pattern.text, &place, why),
        };
        let mut values = Variables::default();
        for (variable, node) in variables {
            let place = self.place(&variable.text);
            if let Some(text) = scalar(node) {
                values.set(&variable.text, &text, &place);
            }
        }
        for name in names {
            let Some(host) = self.inventory.host(&name, port, group, &place) else { return };
            host.variables.overlay(&values);
        }
    }

    fn place(&mut self, key: &str) -> Place {
        self.file.at(self.lines.find(key))
    }
}

/// The entries of a section: a single word is one entry, as Ansible reads it. `None` for a list.
fn entries(node: Node) -> Option<Vec<(Key, Node)>> {
    match node.value {
        Value::Map(entries) => Some(entries),
        Value::Nothing => Some(Vec::new()),
        Value::Scalar(text) => {
            Some(vec![(Key { number: node.number, text }, Node { number: node.number, value: Value::Nothing })])
        }
        Value::List(_) => None,
    }
}

/// The text of a value that is one: lists and mappings say nothing about how to connect.
pub(super) fn scalar(node: Node) -> Option<String> {
    if let Value::Scalar(text) = node.value { Some(text) } else { None }
}

/// How far a key is looked for: any comment or long value between two keys is shorter, and what is written within braces,
/// which is not found, is not looked for to the end of the text each time.
const FAR: usize = 400;

/// Finds the lines of keys, which are asked for in the order of the text: each search begins where the last one ended.
struct Lines<'t> {
    lines: Vec<&'t str>,
    at: usize,
}

impl<'t> Lines<'t> {
    fn of(text: &'t str) -> Self {
        Self { lines: text.lines().collect(), at: 0 }
    }

    /// The line of a key, counted from 1; the last line that was found where the key is written in another way.
    fn find(&mut self, key: &str) -> usize {
        let is_key = |line: &&str| {
            let line = line.trim_start().trim_start_matches(['"', '\'']);
            line.strip_prefix(key)
                .is_some_and(|after| after.trim_start_matches(['"', '\'']).trim_start().starts_with(':'))
        };
        if let Some(ahead) = self.lines.iter().skip(self.at).take(FAR).position(is_key) {
            self.at += ahead;
        }
        self.at + 1
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tags_of_ansible_are_taken_out_and_others_stay() {
        let text = "a: !vault |\n  $ANSIBLE_VAULT;1.1;AES256\nb: !unsafe \"x !vault y\"\nc: x !vault\nd: !other 1\n  !vault |\n";
        let without = "a:  |\n  $ANSIBLE_VAULT;1.1;AES256\nb:  \"x !vault y\"\nc: x !vault\nd: !other 1\n   |\n";
        assert_eq!(without_tags(text), without);
    }
}
