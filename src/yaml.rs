//! The one place where YAML is read (D03): bounded before the parser sees it, counted while it is read (F11).
//!
//! Pure; `serde_yaml` can be exchanged here without anyone noticing.

mod budget;
mod outline;

use serde::de::DeserializeOwned;

use crate::language::Message;

/// What a text may cost.
const MAX_BYTES: usize = 1024 * 1024;
const MAX_DEPTH: usize = 32;
const MAX_NODES: usize = 50_000;

/// A text that is not read, and where it stopped us.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct YamlError {
    /// The line, counted from 1, where it is known.
    pub line: Option<usize>,
    /// What is wrong there.
    pub why: Message,
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
        let line = error.location().map(|location| location.line());
        Self { line, why: Message::new("This is no valid YAML: {problem}").with("problem", error) }
    }
}

/// Reads one document. Anchors, aliases, tags, unknown types of nodes and duplicate keys are refused.
pub fn read<T: DeserializeOwned>(text: &str) -> Result<T, YamlError> {
    if text.len() > MAX_BYTES {
        let why = Message::new("The text is longer than {limit} KiB").with("limit", MAX_BYTES / 1024);
        return Err(YamlError { line: None, why });
    }
    outline::check(text, MAX_DEPTH)?;
    budget::check(text, MAX_DEPTH, MAX_NODES).map_err(|error| YamlError::of_parser(&error))?;
    serde_yaml::from_str(text).map_err(|error| YamlError::of_parser(&error))
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

    proptest::proptest! {
        #[test]
        fn sec_x03_any_text_is_read_or_refused(text in "[ -~\n\t\u{e9}*&!|>'\"#:,\\[\\]{}-]{0,200}") {
            let _ = read::<Anything>(&text);
        }
    }
}
