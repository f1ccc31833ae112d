//! Parameters of a command: declared with a kind, and given to it by its environment. No shell text is made of a value. Pure.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::language::Message;

/// How many a command takes.
pub const MOST: usize = 20;
/// Characters of a name, and of a value.
const LONGEST_NAME: usize = 64;
const LONGEST_VALUE: usize = 4_096;
/// What a shell or a loader reads by itself, and what stands around the command.
const TAKEN: [&str; 9] = ["PATH", "IFS", "ENV", "BASH_ENV", "SHELLOPTS", "PS4", "UID", "words", "given"];

/// What a value may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = CommandParameterKind)]
pub enum Kind {
    /// One line.
    #[default]
    Text,
    /// A decimal number.
    Number,
    /// One of some words.
    Choice,
    /// `yes` or `no`.
    YesNo,
}

/// A parameter with its value.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = CommandParameter)]
pub struct Given {
    /// The variable's name: `UNIT`.
    pub name: String,
    /// What it may be.
    #[serde(default)]
    pub kind: Kind,
    /// The words to choose from, of a choice.
    #[serde(default)]
    pub choices: Vec<String>,
    /// What it is.
    #[serde(default)]
    pub value: String,
}

impl Kind {
    /// All of them, with the word in forms and the English word for people.
    pub const ALL: [(Self, &'static str, &'static str); 4] = [
        (Self::Text, "text", "Text"),
        (Self::Number, "number", "Number"),
        (Self::Choice, "choice", "Choice"),
        (Self::YesNo, "yes_no", "Yes or no"),
    ];

    /// The word in forms.
    pub fn name(self) -> &'static str {
        Self::ALL.iter().find(|(kind, ..)| *kind == self).map_or("text", |(_, name, _)| name)
    }

    /// What a word means.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.iter().find(|(_, known, _)| *known == name).map(|(kind, ..)| *kind)
    }
}

impl Given {
    /// Why it cannot be given.
    pub fn problem(&self) -> Option<Message> {
        let named = |message: Message| Some(message.with("name", &self.name));
        let is_name = self.name.len() <= LONGEST_NAME
            && self.name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
            && self.name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
        if !is_name {
            return named(Message::new("{name} is no name of a parameter: letters, digits and _, as in UNIT"));
        }
        if TAKEN.contains(&self.name.as_str()) || self.name.starts_with("LD_") {
            return named(Message::new("{name} means something to the shell: give the parameter another name"));
        }
        if self.value.chars().count() > LONGEST_VALUE || self.value.chars().any(char::is_control) {
            return named(Message::new("The value of {name} is one line of at most {most} characters"))
                .map(|message| message.with("most", LONGEST_VALUE));
        }
        if self.choices.iter().any(|choice| choice.chars().any(char::is_control)) {
            return named(Message::new("A choice of {name} is one line"));
        }
        match self.kind {
            Kind::Number if !is_number(&self.value) => named(Message::new("{name} is a number")),
            Kind::YesNo if !["yes", "no"].contains(&self.value.as_str()) => named(Message::new("{name} is yes or no")),
            Kind::Choice if !self.choices.contains(&self.value) => named(Message::new("{name} is one of: {choices}"))
                .map(|message| message.with("choices", self.choices.join(", "))),
            _ => None,
        }
    }
}

/// What is wrong with all of them together.
pub fn problem_of(given: &[Given]) -> Option<Message> {
    if given.len() > MOST {
        return Some(Message::new("A command takes {most} parameters at most").with("most", MOST));
    }
    let is_twice = |at: usize, one: &Given| given.iter().take(at).any(|before| before.name == one.name);
    if let Some((_, twice)) = given.iter().enumerate().find(|(at, one)| is_twice(*at, one)) {
        return Some(Message::new("There are two parameters of the name {name}").with("name", &twice.name));
    }
    given.iter().find_map(Given::problem)
}

fn is_number(text: &str) -> bool {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let (whole, part) = digits.split_once('.').unwrap_or((digits, "0"));
    [whole, part].iter().all(|part| !part.is_empty() && part.chars().all(|c| c.is_ascii_digit()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn given(name: &str, kind: Kind, value: &str) -> Given {
        Given { name: name.to_owned(), kind, choices: vec!["a b".to_owned()], value: value.to_owned() }
    }

    #[test]
    fn sec_p01_a_value_is_of_its_kind_and_a_name_is_one() {
        for (name, kind, value) in [
            ("UNIT", Kind::Text, "x'; $(id) `id`"),
            ("_n1", Kind::Number, "-12.5"),
            ("C", Kind::Choice, "a b"),
            ("Y", Kind::YesNo, "no"),
            ("EMPTY", Kind::Text, ""),
        ] {
            assert_eq!(given(name, kind, value).problem(), None, "{name}");
        }
        for (name, kind, value) in [
            ("", Kind::Text, "x"),
            ("1A", Kind::Text, "x"),
            ("A=B", Kind::Text, "x"),
            ("A;id", Kind::Text, "x"),
            ("PATH", Kind::Text, "x"),
            ("LD_PRELOAD", Kind::Text, "x"),
            ("A", Kind::Text, "two\nlines"),
            ("A", Kind::Text, "nul\0"),
            ("A", Kind::Number, "1e9"),
            ("A", Kind::Number, "1;id"),
            ("A", Kind::Number, ""),
            ("A", Kind::Choice, "a"),
            ("A", Kind::YesNo, "true"),
        ] {
            assert!(given(name, kind, value).problem().is_some(), "{name} {value}");
        }
        let twice = [given("A", Kind::Text, "1"), given("A", Kind::Text, "2")];
        assert!(problem_of(&twice).is_some());
    }
}
