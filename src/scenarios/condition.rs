//! When a destination is told: a question about a reading, and about those of the same server before it. Pure.

use regex::RegexBuilder;
use serde::{Deserialize, Serialize};

use super::reading::Reading;
use crate::error::FieldErrors;
use crate::language::Message;

/// How many runs in a row may be asked for.
pub const MOST_RUNS: u32 = 100;
/// Characters of the name of a value.
const LONGEST_VALUE: usize = 200;
/// The longest regular expression, bytes, and the most memory that one may need: the engine is linear in its input, not in this.
pub(super) const LONGEST_PATTERN: usize = 512;
const PATTERN_MEMORY: usize = 1 << 20;

/// When a destination is told.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Condition {
    /// Of whatever was read. What failed is told where that is asked for.
    Always,
    /// While a question is answered with yes.
    While {
        /// The question.
        #[serde(flatten)]
        is: Question,
        /// In this run and those before it, so many in a row.
        #[serde(default = "one")]
        for_runs: u32,
    },
    /// When a question that was answered with yes last time is answered with no.
    Recovered {
        /// The question.
        #[serde(flatten)]
        from: Question,
    },
    /// When a value is another than last time.
    Changed {
        /// Its dotted name.
        value: String,
    },
    /// When nothing could be read.
    Failed {
        /// In this run and those before it, so many in a row.
        #[serde(default = "one")]
        for_runs: u32,
    },
}

/// A question about one value.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "question", rename_all = "snake_case")]
pub enum Question {
    /// Is it greater?
    Above {
        /// Its dotted name.
        value: String,
        /// Than this.
        limit: f64,
    },
    /// Is it smaller?
    Below {
        /// Its dotted name.
        value: String,
        /// Than this.
        limit: f64,
    },
    /// Does a regular expression find something in it?
    Matches {
        /// Its dotted name.
        value: String,
        /// The expression; its engine is linear.
        pattern: String,
    },
}

fn one() -> u32 {
    1
}

impl Condition {
    /// Whether it is told of `now`; `before` are the readings of the same server before it, the newest first.
    pub fn holds(&self, now: &Reading, before: &[&Reading]) -> bool {
        match self {
            Self::Always => now.failed.is_none(),
            Self::While { is, for_runs } => {
                let wanted = *for_runs as usize;
                let in_a_row = std::iter::once(now).chain(before.iter().copied()).take(wanted);
                in_a_row.filter(|reading| is.is_yes(reading)).count() == wanted
            }
            Self::Recovered { from } => {
                // What failed in between says nothing about it.
                let last = before.iter().find(|reading| reading.failed.is_none());
                now.failed.is_none() && !from.is_yes(now) && last.is_some_and(|last| from.is_yes(last))
            }
            Self::Changed { value } => {
                let last = before.iter().find(|reading| reading.failed.is_none());
                now.failed.is_none() && last.is_some_and(|last| last.value(value) != now.value(value))
            }
            Self::Failed { for_runs } => {
                let wanted = *for_runs as usize;
                let in_a_row = std::iter::once(now).chain(before.iter().copied()).take(wanted);
                in_a_row.filter(|reading| reading.failed.is_some()).count() == wanted
            }
        }
    }

    /// How many runs before this one it looks at.
    pub fn looks_back(&self) -> u32 {
        match self {
            Self::Always => 0,
            // More than one of them may have failed.
            Self::Recovered { .. } | Self::Changed { .. } => 10,
            Self::While { for_runs, .. } | Self::Failed { for_runs } => for_runs.saturating_sub(1),
        }
    }

    /// The dotted name of the value that it is about; none where it is about no value.
    pub fn value(&self) -> Option<&str> {
        match self {
            Self::Always | Self::Failed { .. } => None,
            Self::Changed { value } => Some(value),
            Self::While { is: question, .. } | Self::Recovered { from: question } => match question {
                Question::Above { value, .. } | Question::Below { value, .. } | Question::Matches { value, .. } => {
                    Some(value)
                }
            },
        }
    }

    /// What is wrong with it.
    pub fn problems(&self) -> FieldErrors {
        let mut problems = FieldErrors::default();
        if let Self::While { for_runs, .. } | Self::Failed { for_runs } = self
            && !(1..=MOST_RUNS).contains(for_runs)
        {
            problems.add(
                "for_runs",
                Message::new("This must be a whole number from {least} to {most}")
                    .with("least", 1)
                    .with("most", MOST_RUNS),
            );
        }
        if let Some(value) = self.value()
            && (value.chars().count() > LONGEST_VALUE || value.chars().any(char::is_control))
        {
            problems.add("value", "The source gives no such value");
        }
        let (Self::While { is: question, .. } | Self::Recovered { from: question }) = self else {
            return problems;
        };
        if let Question::Matches { pattern, .. } = question
            && let Err(why) = expression(pattern)
        {
            problems.add("pattern", why);
        }
        problems
    }
}

impl Question {
    /// Whether it is answered with yes; what has no such value is not.
    pub fn is_yes(&self, reading: &Reading) -> bool {
        match self {
            Self::Above { value, limit } => reading.number(value).is_some_and(|number| number > *limit),
            Self::Below { value, limit } => reading.number(value).is_some_and(|number| number < *limit),
            Self::Matches { value, pattern } => reading
                .text(value)
                .zip(expression(pattern).ok())
                .is_some_and(|(text, expression)| expression.is_match(&text)),
        }
    }
}

/// A regular expression whose time grows with its text and no faster.
pub(super) fn expression(pattern: &str) -> Result<regex::Regex, Message> {
    if pattern.is_empty() {
        return Err(Message::new("This is needed"));
    }
    if pattern.chars().any(char::is_control) {
        return Err(Message::new("Control characters do not belong here"));
    }
    if pattern.len() > LONGEST_PATTERN {
        return Err(Message::new("This has {most} characters at most").with("most", LONGEST_PATTERN));
    }
    let built = RegexBuilder::new(pattern).size_limit(PATTERN_MEMORY).dfa_size_limit(PATTERN_MEMORY).build();
    built.map_err(|error| {
        let why = error.to_string();
        let last = why.lines().rfind(|line| !line.trim().is_empty()).unwrap_or_default().trim();
        Message::new("This is no regular expression: {why}").with("why", last.trim_start_matches("error: "))
    })
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn reading(percent: f64) -> Reading {
        let Value::Object(values) = json!({"cpu": {"percent": percent}, "text": format!("load {percent}\nline two")})
        else {
            panic!();
        };
        Reading { server: "web-1".to_owned(), at: chrono::DateTime::default(), values, failed: None }
    }

    fn failed() -> Reading {
        Reading { values: serde_json::Map::new(), failed: Some(Message::new("It did not answer")), ..reading(0.0) }
    }

    fn above(for_runs: u32) -> Condition {
        let is = Question::Above { value: "cpu.percent".to_owned(), limit: 80.0 };
        Condition::While { is, for_runs }
    }

    #[test]
    fn a_value_is_above_below_or_matches() {
        let below = Question::Below { value: "cpu.percent".to_owned(), limit: 10.0 };
        let matches = Question::Matches { value: "text".to_owned(), pattern: r"(?m)^line \w+$".to_owned() };
        assert!(above(1).holds(&reading(81.0), &[]) && !above(1).holds(&reading(80.0), &[]));
        assert!(below.is_yes(&reading(9.9)) && !below.is_yes(&reading(10.0)));
        assert!(matches.is_yes(&reading(1.0)) && !matches.is_yes(&failed()));
        let unknown = Question::Above { value: "cpu.frobs".to_owned(), limit: 0.0 };
        assert!(!unknown.is_yes(&reading(99.0)));
    }

    #[test]
    fn for_three_runs_in_a_row_means_three() {
        let (high, low) = (reading(90.0), reading(10.0));
        assert!(!above(3).holds(&high, &[]) && !above(3).holds(&high, &[&high]));
        assert!(above(3).holds(&high, &[&high, &high]) && above(3).holds(&high, &[&high, &high, &low]));
        assert!(!above(3).holds(&high, &[&low, &high, &high]) && !above(3).holds(&low, &[&high, &high]));
        assert_eq!((above(3).looks_back(), Condition::Always.looks_back()), (2, 0));
    }

    #[test]
    fn what_recovered_changed_or_failed_is_told_once() {
        let from = Question::Above { value: "cpu.percent".to_owned(), limit: 80.0 };
        let recovered = Condition::Recovered { from };
        let (high, low, none) = (reading(90.0), reading(10.0), failed());
        assert!(recovered.holds(&low, &[&high]) && recovered.holds(&low, &[&none, &high]));
        assert!(
            !recovered.holds(&low, &[&low, &high]) && !recovered.holds(&low, &[]) && !recovered.holds(&none, &[&high])
        );
        let changed = Condition::Changed { value: "cpu.percent".to_owned() };
        assert!(changed.holds(&low, &[&high]) && !changed.holds(&low, &[&low]) && !changed.holds(&low, &[]));
        let away = Condition::Failed { for_runs: 2 };
        assert!(away.holds(&none, &[&none]) && !away.holds(&none, &[&low]) && !away.holds(&low, &[&none]));
        assert!(Condition::Always.holds(&low, &[]) && !Condition::Always.holds(&none, &[]));
    }

    #[test]
    fn an_expression_that_explodes_elsewhere_is_answered_at_once_or_refused() {
        let evil = |pattern: &str| Condition::While {
            is: Question::Matches { value: "text".to_owned(), pattern: pattern.to_owned() },
            for_runs: 1,
        };
        let mut long = reading(1.0);
        long.values.insert("text".to_owned(), "a".repeat(60_000).into());
        assert!(evil("(a+)+$").problems().is_empty());
        assert!(!evil("(a+)+b$").holds(&long, &[]));
        for refused in [r"(a", r"(\w{500}){500}", r"(a)\1", r"a(?=b)", "", &"a".repeat(600), "a\0b"] {
            assert!(evil(refused).problems().of("pattern").is_some(), "{refused}");
        }
        assert!(above(0).problems().of("for_runs").is_some());
    }

    #[test]
    fn a_condition_is_stored_as_flat_words() {
        for (condition, stored) in [
            (Condition::Always, json!({"kind": "always"})),
            (
                above(3),
                json!({"kind": "while", "question": "above", "value": "cpu.percent", "limit": 80.0, "for_runs": 3}),
            ),
            (Condition::Failed { for_runs: 1 }, json!({"kind": "failed", "for_runs": 1})),
        ] {
            assert_eq!(serde_json::to_value(&condition).unwrap(), stored);
            assert_eq!(serde_json::from_value::<Condition>(stored).unwrap(), condition);
        }
    }
}
