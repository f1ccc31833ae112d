//! The one place where YAML is read (D03): bounded before the parser sees it, counted while it is read (F11).
//!
//! Pure; `serde_yaml` can be exchanged here without anyone noticing.

mod budget;
mod outline;
mod tree;

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::language::Message;

pub use tree::{Key, Node, Value};

/// What a text may cost.
const MAX_BYTES: usize = 1024 * 1024;
const MAX_DEPTH: usize = 32;
const MAX_NODES: usize = 50_000;

/// A text that is not read, and where it stopped us.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct YamlError {
    /// The line, counted from 1, where it is known.
    pub line: Option<usize>,
    /// The column, counted from 1, where it is known.
    pub column: Option<usize>,
    /// What is wrong there.
    pub why: Message,
}

/// A place in a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Position {
    /// Counted from 1.
    pub line: usize,
    /// Characters from the line's beginning, counted from 1.
    pub column: usize,
}

impl YamlError {
    /// The whole sentence.
    pub fn message(&self) -> Message {
        match self.line {
            Some(line) => Message::new("Line {line}: {why}").with("line", line).with("why", &self.why),
            None => self.why.clone(),
        }
    }

    fn of_parser(error: &serde_yaml::Error) -> Self {
        let at = error.location();
        let (line, column) =
            (at.as_ref().map(serde_yaml::Location::line), at.as_ref().map(serde_yaml::Location::column));
        // The parser repeats the place at the end of its sentence.
        let said = error.to_string();
        let problem = said.split(" at line ").next().unwrap_or_default();
        Self { line, column, why: Message::new("This is no valid YAML: {problem}").with("problem", problem) }
    }
}

/// Reads one document. Anchors, aliases, tags, unknown types of nodes and duplicate keys are refused.
pub fn read<T: DeserializeOwned>(text: &str) -> Result<T, YamlError> {
    check(text)?;
    serde_yaml::from_str(text).map_err(|error| YamlError::of_parser(&error))
}

/// Reads one document as a tree, for whoever tells many problems at once, each with its place. What is refused by [`read`]
/// is refused here.
pub fn read_tree(text: &str) -> Result<Node, YamlError> {
    let kinds = check(text)?;
    tree::read(text, &kinds).map_err(|error| YamlError::of_parser(&error))
}

/// Where a node of [`read_tree`] stands. Reads the text again as far as that node.
pub fn position(text: &str, node: usize) -> Option<Position> {
    let at = budget::stumble(text, node)?.location()?;
    Some(Position { line: at.line(), column: at.column() })
}

/// Writes a document that [`read`] takes, if no text in it has one of the rare line breaks U+0085, U+2028 and U+2029.
pub fn write<T: Serialize>(value: &T) -> Result<String, anyhow::Error> {
    Ok(serde_yaml::to_string(value)?)
}

fn check(text: &str) -> Result<Vec<budget::Kind>, YamlError> {
    if text.len() > MAX_BYTES {
        let why = Message::new("The text is longer than {limit} KiB").with("limit", MAX_BYTES / 1024);
        return Err(YamlError { line: None, column: None, why });
    }
    outline::check(text, MAX_DEPTH)?;
    budget::check(text, MAX_DEPTH, MAX_NODES).map_err(|error| YamlError::of_parser(&error))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::time::{Duration, Instant};

    use super::*;

    type Anything = serde_yaml::Value;

    fn refusal(text: &str) -> String {
        let begun = Instant::now();
        let error = read::<Anything>(text).expect_err("must be refused");
        assert!(begun.elapsed() < Duration::from_secs(1), "refusing took {:?}", begun.elapsed());
        error.message().to_string()
    }

    #[test]
    fn a_plain_text_is_read() {
        let text = "# servers\nname: web-1\nports: [22, 80]\nscript: |\n  kill -s TERM *a &b !c\n  [[[[\nquoted: 'it''s *no* alias'\n";
        let read: BTreeMap<String, Anything> = read(text).unwrap();
        assert_eq!(read["name"], "web-1");
        assert_eq!(read["script"], "kill -s TERM *a &b !c\n[[[[\n");
        assert_eq!(read["quoted"], "it's *no* alias");
        let indented: BTreeMap<String, String> = super::read("run: |2-\n    *deep\n  &less\n").unwrap();
        assert_eq!(indented["run"], "  *deep\n&less");
    }

    #[test]
    fn sec_f11_aliases_anchors_and_tags_are_refused_wherever_they_stand() {
        for text in [
            "a: &x 1\nb: *x\n",
            "a: *x\n",
            "- *x\n",
            "[a, *x]\n",
            "{a: *x}\n",
            "[foo\n \"bar, *x\"]\n",
            "a: !!python/object:os.system [id]\n",
            "- !secret x\n",
            "- - &x y\n",
            "? *x\n",
            "*x : 1\n",
            "a: |\n  text\nb: *x\n",
            "- run: |\n  b: *x\n",
            "a: |\n  text\u{2028}b: *x\n",
        ] {
            let said = refusal(text);
            assert!(said.contains("not allowed"), "{text}: {said}");
        }
    }

    #[test]
    fn sec_f11_a_bomb_is_refused_at_once() {
        let laughs = (1..10).fold("a0: &a0 [lol]\n".to_owned(), |text, level| {
            let previous = format!("*a{}, ", level - 1).repeat(10);
            format!("{text}a{level}: &a{level} [{previous}]\n")
        });
        refusal(&laughs);
        assert!(refusal(&"[".repeat(MAX_BYTES)).contains("ested"));
        assert!(refusal(&"{a: ".repeat(10_000)).contains("ested"));
        refusal(&"- ".repeat(10_000));
        assert!(refusal(&"- x\n".repeat(MAX_NODES + 1)).contains("50000"));
        assert!(refusal(&"#".repeat(MAX_BYTES + 1)).contains("1024 KiB"));
    }

    #[test]
    fn sec_f11_a_key_that_comes_twice_is_refused() {
        assert!(refusal("a: 1\nb:\n  c: 1\n  c: 2\n").contains("duplicate"));
    }

    #[test]
    fn a_problem_names_its_line() {
        let error = read::<BTreeMap<String, u8>>("a: 1\nb: many\n").unwrap_err();
        assert_eq!(error.line, Some(2));
    }

    fn scalars(node: &Node) -> Vec<(usize, String)> {
        match &node.value {
            Value::Nothing => vec![(node.number, "~".to_owned())],
            Value::Scalar(text) => vec![(node.number, text.clone())],
            Value::List(nodes) => nodes.iter().flat_map(scalars).collect(),
            Value::Map(entries) => entries
                .iter()
                .flat_map(|(key, node)| std::iter::once((key.number, key.text.clone())).chain(scalars(node)))
                .collect(),
        }
    }

    #[test]
    fn a_tree_keeps_scalars_as_they_were_written_and_finds_each_again() {
        let text =
            "version: 1.10\nlist:\n  - 0x1F\n  - 'it''s'\n  -\nflow: {a: ~, \"b c\": True}\nscript: |\n  one\n  two\n";
        let tree = read_tree(text).unwrap();
        let found: Vec<_> = scalars(&tree)
            .into_iter()
            .map(|(number, scalar)| (position(text, number).map(|at| (at.line, at.column)).unwrap(), scalar))
            .collect();
        let expected = [
            ((1, 1), "version"),
            ((1, 10), "1.10"),
            ((2, 1), "list"),
            ((3, 5), "0x1F"),
            ((4, 5), "it's"),
            ((5, 4), "~"),
            ((6, 1), "flow"),
            ((6, 8), "a"),
            ((6, 11), "~"),
            ((6, 14), "b c"),
            ((6, 21), "True"),
            ((7, 1), "script"),
            ((7, 9), "one\ntwo\n"),
        ];
        assert_eq!(found, expected.map(|(at, scalar)| (at, scalar.to_owned())));
    }

    #[test]
    fn sec_f11_a_key_that_comes_twice_is_named_with_its_place() {
        let error = read_tree("a: 1\nb:\n  c: 1\n  d: 2\n  c: 3\n").unwrap_err();
        assert_eq!((error.line, error.column), (Some(5), Some(3)));
        assert!(error.why.to_string().ends_with("duplicate key c"), "{}", error.why);
    }

    proptest::proptest! {
        #[test]
        fn what_is_written_is_read_again(name in "[^\u{85}\u{2028}\u{2029}\r]{0,20}", text in "[ -~\n\t\u{e9}]{0,60}") {
            let written = write(&BTreeMap::from([("list", vec![name.clone(), text.clone()]), ("text", vec![text.clone()])])).unwrap();
            let again: BTreeMap<String, Vec<String>> = read(&written).unwrap_or_else(|error| panic!("{}\n{written}", error.message()));
            proptest::prop_assert_eq!(&again["list"], &vec![name, text.clone()]);
            proptest::prop_assert_eq!(&again["text"], &vec![text]);
        }

        #[test]
        fn sec_x03_any_text_is_read_or_refused(text in "[ -~\n\t\u{e9}*&!|>'\"#:,\\[\\]{}-]{0,200}") {
            let _ = read::<Anything>(&text);
        }
    }
}
