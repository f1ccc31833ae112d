//! For whom a block holds: the patterns of `Host`, and the criteria of `Match` that a file alone can answer.

use crate::inventory::import::pattern::{is_literal, list_matches, matches};
use crate::language::Message;

/// Patterns of this many bytes are compared in about the time that one block takes.
const BYTES_A_STEP: usize = 32;

/// For whom a block holds.
#[derive(Debug)]
pub(super) enum Criterion {
    /// For everybody whom its file is for.
    Always,
    /// For nobody: the line that begins it cannot be read.
    Never,
    /// For whom another block holds: it goes on after an included file.
    As(usize),
    /// `Host` with these patterns.
    Host(Vec<HostPattern>),
    /// `Match` with all of these.
    Match(Vec<MatchRule>),
}

/// One word of a `Host` line.
#[derive(Debug)]
pub(super) struct HostPattern {
    pub(super) negated: bool,
    pub(super) pattern: String,
}

/// One criterion of a `Match` line.
#[derive(Debug)]
pub(super) struct MatchRule {
    negated: bool,
    question: Question,
}

#[derive(Debug)]
enum Question {
    All,
    Host(String),
    OriginalHost(String),
    User(String),
    /// `exec`, `localnetwork` and others: not a question about the file.
    Undecidable,
}

/// What is known of a host while its blocks are read: a `Match` looks at what was set before it.
#[derive(Debug, Clone, Copy)]
pub(super) struct SoFar<'a> {
    /// As it was typed.
    pub(super) original: &'a str,
    /// The address that was set, or the name.
    pub(super) host: &'a str,
    /// The user that was set, or the one who runs `ssh`, if known.
    pub(super) user: Option<&'a str>,
}

/// Whether a block holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Holds {
    Yes,
    No,
    /// All that could be asked says yes; the rest can only be asked on the person's own machine.
    Undecided,
}

impl Criterion {
    pub(super) fn of_host(arguments: &[String]) -> Self {
        let pattern = |word: &String| match word.strip_prefix('!') {
            Some(pattern) => HostPattern { negated: true, pattern: pattern.to_owned() },
            None => HostPattern { negated: false, pattern: word.clone() },
        };
        Self::Host(arguments.iter().map(pattern).collect())
    }

    pub(super) fn of_match(arguments: &[String]) -> Result<Self, Message> {
        let mut rules = Vec::new();
        let mut words = arguments.iter();
        while let Some(word) = words.next() {
            let (word, given) = word.split_once('=').map_or((word.as_str(), None), |(word, value)| (word, Some(value)));
            let (negated, name) = word.strip_prefix('!').map_or((false, word), |name| (true, name));
            let name = name.to_ascii_lowercase();
            let question = match name.as_str() {
                "all" => Question::All,
                "canonical" | "final" => Question::Undecidable,
                _ => {
                    let missing = || Message::new("{word} needs a value after it").with("word", word);
                    let value = given.or_else(|| words.next().map(String::as_str)).ok_or_else(missing)?;
                    match name.as_str() {
                        // Host names are compared in lower case here, and here only.
                        "host" => Question::Host(value.to_ascii_lowercase()),
                        "originalhost" => Question::OriginalHost(value.to_ascii_lowercase()),
                        "user" => Question::User(value.to_owned()),
                        _ => Question::Undecidable,
                    }
                }
            };
            rules.push(MatchRule { negated, question });
        }
        Ok(Self::Match(rules))
    }

    /// Whether the block holds, where `of` says it of an earlier block.
    pub(super) fn holds(&self, so_far: SoFar<'_>, of: impl Fn(usize) -> Holds) -> Holds {
        match self {
            Self::Always => Holds::Yes,
            Self::Never => Holds::No,
            Self::As(index) => of(*index),
            Self::Host(patterns) => host_line_holds(patterns, so_far.original),
            Self::Match(rules) => rules.iter().fold(Holds::Yes, |holds, rule| holds.and(rule.holds(so_far))),
        }
    }

    /// The names without patterns of a `Host` line: the servers that it tells of.
    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        let patterns: &[HostPattern] = if let Self::Host(patterns) = self { patterns } else { &[] };
        let named = patterns.iter().filter(|one| !one.negated && !one.pattern.is_empty() && is_literal(&one.pattern));
        named.map(|one| one.pattern.as_str())
    }

    /// What it costs to ask it: about its length.
    pub(super) fn cost(&self) -> usize {
        let length: usize = match self {
            Self::Host(patterns) => patterns.iter().map(|one| one.pattern.len() + 1).sum(),
            Self::Match(rules) => rules.iter().map(MatchRule::length).sum(),
            Self::Always | Self::Never | Self::As(_) => 0,
        };
        1 + length / BYTES_A_STEP
    }

    /// Whether it can hold only for hosts that it names.
    pub(super) fn is_names_only(&self) -> bool {
        matches!(self, Self::Host(patterns) if patterns.iter().all(|one| is_literal(&one.pattern)))
    }
}

fn host_line_holds(patterns: &[HostPattern], host: &str) -> Holds {
    let mut holds = Holds::No;
    for one in patterns {
        match (one.negated, matches(&one.pattern, host)) {
            (true, true) => return Holds::No,
            (false, true) => holds = Holds::Yes,
            (_, false) => {}
        }
    }
    holds
}

impl MatchRule {
    fn length(&self) -> usize {
        match &self.question {
            Question::Host(list) | Question::OriginalHost(list) | Question::User(list) => list.len() + 1,
            Question::All | Question::Undecidable => 1,
        }
    }

    fn holds(&self, so_far: SoFar<'_>) -> Holds {
        let answer = match &self.question {
            Question::All => true,
            Question::Host(list) => list_matches(list, &so_far.host.to_ascii_lowercase()),
            Question::OriginalHost(list) => list_matches(list, &so_far.original.to_ascii_lowercase()),
            Question::User(list) => match so_far.user {
                Some(user) => list_matches(list, user),
                None => return Holds::Undecided,
            },
            Question::Undecidable => return Holds::Undecided,
        };
        if answer == self.negated { Holds::No } else { Holds::Yes }
    }
}

impl Holds {
    pub(super) fn and(self, other: Self) -> Self {
        match (self, other) {
            (Self::No, _) | (_, Self::No) => Self::No,
            (Self::Yes, Self::Yes) => Self::Yes,
            _ => Self::Undecided,
        }
    }
}
