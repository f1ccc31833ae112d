//! Scenarios as a file: written for other eyes and other machines, and read again. Channels stand in it by their names, servers by
//! theirs, and no secret at all. Pure but for the rows that are written.

use serde::{Deserialize, Serialize};

use super::wish::{Wish, of_kept};
use crate::db::Connection;
use crate::error::{Error, Result};
use crate::language::Message;
use crate::models::channels::Channel;
use crate::models::ids::ScenarioId;
use crate::models::scenarios::{Destination, Scenario};
use crate::yaml::{self, Node, Value};

/// The version of the file that this version of hannun writes, and the only one that it reads.
const VERSION: u32 = 1;
/// Scenarios in one file.
const MOST: usize = 500;
/// Where fields of a scenario stand that forms do not nest.
const NESTED: &[&str] = &["settings", "condition", "when"];

/// A file.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    version: u32,
    scenarios: Vec<Wish>,
}

/// What is wrong with a file, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The line, counted from 1, where it is known.
    pub line: Option<usize>,
    /// The name of the field: `destinations.0.text`; empty where it is the file.
    pub field: String,
    /// What is wrong.
    pub why: Message,
}

impl Problem {
    /// The sentence with its place.
    pub fn placed(&self) -> Message {
        let message = match (self.line, self.field.is_empty()) {
            (Some(_), true) => Message::new("Line {line}: {why}"),
            (Some(_), false) => Message::new("Line {line}, {field}: {why}"),
            (None, true) => return self.why.clone(),
            (None, false) => Message::new("{field}: {why}"),
        };
        let message = message.with("line", self.line.unwrap_or_default()).with("field", &self.field);
        message.with_words("why", self.why.clone())
    }
}

/// What was read of a file.
pub(super) struct Read {
    /// The scenarios, in their order.
    pub(super) wishes: Vec<Wish>,
    text: String,
    tree: Node,
}

/// Writes scenarios that somebody may know of.
pub fn write(connection: &mut Connection, scenarios: &[Scenario]) -> Result<String> {
    let ids: Vec<ScenarioId> = scenarios.iter().map(|scenario| scenario.id).collect();
    let mut destinations = Destination::of_all(connection, &ids)?;
    let channels = Channel::all(connection)?;
    let wish =
        |scenario: &Scenario| of_kept(scenario, &destinations.remove(&scenario.id).unwrap_or_default(), &channels);
    let scenarios = scenarios.iter().map(wish).collect::<Result<_>>()?;
    yaml::write(&Document { version: VERSION, scenarios }).map_err(Error::internal)
}

/// Reads a file, as far as it can be read without looking at what there is.
pub(super) fn read(text: &str) -> std::result::Result<Read, Problem> {
    let of_yaml = |error: yaml::YamlError| Problem { line: error.line, field: String::new(), why: error.why };
    let tree = yaml::read_tree(text).map_err(of_yaml)?;
    let document: Document = yaml::read(text).map_err(of_yaml)?;
    let read = Read { wishes: document.scenarios, text: text.to_owned(), tree };
    let wrong = |field: &str, why: Message| Problem { line: read.line(&[field]), field: field.to_owned(), why };
    if document.version != VERSION {
        let why = Message::new("This version of hannun reads files of version {version} only").with("version", VERSION);
        return Err(wrong("version", why));
    }
    if read.wishes.is_empty() || read.wishes.len() > MOST {
        return Err(wrong("scenarios", Message::new("A file holds 1 to {most} scenarios").with("most", MOST)));
    }
    let mut names: Vec<&str> = Vec::new();
    for (place, wish) in read.wishes.iter().enumerate() {
        if names.contains(&wish.name.trim()) {
            return Err(read.problem(place, "name", Message::new("This name stands in the file twice")));
        }
        names.push(wish.name.trim());
    }
    Ok(read)
}

impl Read {
    /// A problem with a field of a scenario, where that stands.
    pub(super) fn problem(&self, scenario: usize, field: &str, why: Message) -> Problem {
        let scenario = scenario.to_string();
        let mut path = vec!["scenarios", scenario.as_str()];
        path.extend(field.split('.'));
        Problem { line: self.line(&path), field: field.to_owned(), why }
    }

    /// The line of a scenario.
    pub(super) fn line_of(&self, scenario: usize) -> Option<usize> {
        self.line(&["scenarios", &scenario.to_string()])
    }

    /// The line of what a path leads to, or of the last thing on the way that there is.
    fn line(&self, path: &[&str]) -> Option<usize> {
        let (mut node, mut number) = (&self.tree, self.tree.number);
        for step in path {
            let Some((next, at)) = found(node, step) else { break };
            (node, number) = (next, at);
        }
        yaml::position(&self.text, number).map(|position| position.line)
    }
}

/// The part of a node that a step leads to, and the number of its key.
fn found<'a>(node: &'a Node, step: &str) -> Option<(&'a Node, usize)> {
    match &node.value {
        Value::List(nodes) => nodes.get(step.parse::<usize>().ok()?).map(|node| (node, node.number)),
        Value::Map(entries) => {
            let own = entries.iter().find(|(key, _)| key.text == step).map(|(key, node)| (node, key.number));
            let nested = || entries.iter().filter(|(key, _)| NESTED.contains(&key.text.as_str()));
            own.or_else(|| nested().find_map(|(_, inner)| found(inner, step)))
        }
        Value::Nothing | Value::Scalar(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: &str = "version: 1
scenarios:
- name: Morning
  schedule:
    when:
      kind: cron
      expression: '50 8 * * 1-5'
    time_zone: Asia/Seoul
  source: {kind: cpu_usage, settings: {window_seconds: 60}}
  servers: [web-1]
  destinations:
  - kind: slack
    channel: ops
    settings:
      text: |
        *{{ server.name }}*
        CPU
    condition: {kind: while, question: above, value: cpu.total, limit: 80}
";

    fn why(text: &str) -> (Option<usize>, String, String) {
        let Err(problem) = read(text) else { panic!("it was read: {text}") };
        (problem.line, problem.field.clone(), problem.why.to_string())
    }

    #[test]
    fn a_file_is_read_and_each_field_has_its_line() {
        let read = read(FILE).unwrap_or_else(|problem| panic!("{}", problem.placed()));
        assert_eq!((read.wishes.len(), read.wishes[0].name.as_str(), read.line_of(0)), (1, "Morning", Some(3)));
        for (field, line) in [
            ("name", 3),
            ("schedule.expression", 7),
            ("schedule.time_zone", 8),
            ("source.window_seconds", 9),
            ("servers", 10),
            ("destinations.0.channel", 13),
            ("destinations.0.text", 15),
            ("destinations.0.value", 18),
            ("destinations.0.color", 12),
            ("grace_seconds", 3),
        ] {
            assert_eq!(read.problem(0, field, "x".into()).line, Some(line), "{field}");
        }
    }

    #[test]
    fn what_cannot_be_read_says_where() {
        assert_eq!(why("version: 2\nscenarios: []\n").0, Some(1));
        assert_eq!(why("version: 1\nscenarios: []\n").1, "scenarios");
        let (line, _, said) = why(&FILE.replace("servers: [web-1]", "server: [web-1]"));
        assert!(said.contains("server") && line.is_some(), "{line:?} {said}");
        let twice = format!("{FILE}{}", FILE.split_once("scenarios:\n").unwrap().1);
        assert_eq!(why(&twice).1, "name");
        assert!(why("version: 1\nscenarios: [*x]\n").2.contains("not allowed"), "F11");
        assert!(why("- x\n").2.contains("no valid YAML"));
    }
}
