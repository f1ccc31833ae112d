//! What is wrong with a text, where, and what was probably meant. All problems are told at once, each with its place.

use std::fmt;

use super::document::At;
use super::request::Source;
use crate::language::Message;
use crate::yaml::{self, Position};

/// Problems that are told; whoever has more mends these first.
const MOST: usize = 100;
/// Bytes that are read at most to find the places of problems: each place costs a look through its text as far as there.
const MOST_READ: usize = 8 << 20;

/// A problem at a node of a text that is still at hand.
#[derive(Debug, Clone)]
pub(super) struct Flaw {
    pub(super) at: At,
    pub(super) what: Message,
    /// Another place that belongs to it: where a name was used first.
    pub(super) other: Option<At>,
}

/// What is wrong with a text, or worth knowing of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// What the text is called.
    pub source: String,
    /// Where, if it is about one place.
    pub at: Option<Position>,
    /// What is wrong there.
    pub what: Message,
}

impl Problem {
    /// A problem of a whole text.
    pub(super) fn of_text(source: &Source, what: Message) -> Self {
        Self { source: source.label().to_owned(), at: None, what }
    }

    /// Line and column, where they are known.
    pub fn place(&self) -> Option<Message> {
        let at = self.at?;
        Some(Message::new("Line {line}, column {column}").with("line", at.line).with("column", at.column))
    }

    /// The sentence with line and column, but without the name of the text.
    pub fn placed(&self) -> Message {
        match self.place() {
            None => self.what.clone(),
            Some(place) => {
                Message::new("{place}: {what}").with_words("place", place).with_words("what", self.what.clone())
            }
        }
    }
}

impl fmt::Display for Problem {
    /// `servers.yml:24:5: …`, which editors take one to.
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.source)?;
        if let Some(at) = self.at {
            write!(out, ":{}:{}", at.line, at.column)?;
        }
        write!(out, ": {}", self.what)
    }
}

/// Finds the places of flaws, in the order of the texts.
pub(super) fn locate(mut flaws: Vec<Flaw>, sources: &[Source]) -> Vec<Problem> {
    flaws.sort_by_key(|flaw| flaw.at);
    let more = flaws.len().saturating_sub(MOST);
    let mut left = MOST_READ;
    let mut place = |at: At| {
        let source = sources.get(at.text)?;
        left = left.checked_sub(source.text.len())?;
        yaml::position(&source.text, at.node)
    };
    let mut problems: Vec<Problem> = flaws
        .into_iter()
        .take(MOST)
        .map(|flaw| Problem {
            source: sources.get(flaw.at.text).map(|source| source.label().to_owned()).unwrap_or_default(),
            at: place(flaw.at),
            what: match flaw.other.and_then(&mut place) {
                None => flaw.what,
                Some(other) => Message::new("{what} (the other is in line {line})")
                    .with_words("what", flaw.what)
                    .with("line", other.line),
            },
        })
        .collect();
    if more > 0 {
        let what = Message::new("There are {count} problems more").with("count", more);
        problems.extend(sources.first().map(|source| Problem::of_text(source, what)));
    }
    problems
}

#[cfg(test)]
mod tests {
    use super::*;

    /// How many of 100 problems of a text this long get a place.
    fn placed(length: usize) -> usize {
        let text = format!("servers: [{}]\n# {}\n", "a, ".repeat(100), "x".repeat(length));
        let sources = [Source { text, ..Source::default() }];
        let flaw = |node| Flaw { at: At { text: 0, node }, what: Message::new("wrong"), other: None };
        let problems = locate((3..103).map(flaw).collect(), &sources);
        assert_eq!(problems.len(), 100);
        problems.iter().filter(|problem| problem.at.is_some()).count()
    }

    #[test]
    fn sec_f11_finding_places_reads_no_more_than_a_few_mebibytes() {
        assert_eq!(placed(0), 100);
        assert_eq!(placed(1_000_000), 8);
    }
}
