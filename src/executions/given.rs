//! Parameters of a command: declared with a kind, and given to it by its environment. No shell text is made of a value. Pure.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::commands::variables::{Variable, Variables, unreadable};
use crate::language::Message;

/// How many a command takes.
pub const MOST: usize = 20;

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
    /// As the environment gets it, or why it cannot be given.
    pub fn variable(&self) -> Result<Variable, Message> {
        let variable = Variable::new(&self.name, &self.value)?;
        let why = if self.choices.iter().any(|choice| choice.chars().any(char::is_control)) {
            Message::new("A choice of {name} is one line")
        } else {
            match self.kind {
                Kind::Number if !is_number(&self.value) => Message::new("{name} is a number"),
                Kind::YesNo if !["yes", "no"].contains(&self.value.as_str()) => Message::new("{name} is yes or no"),
                Kind::Choice if !self.choices.contains(&self.value) => {
                    Message::new("{name} is one of: {choices}").with("choices", self.choices.join(", "))
                }
                _ => return Ok(variable),
            }
        };
        Err(why.with("name", &self.name))
    }
}

/// All of them as the environment gets them, or what is wrong with them.
pub fn variables(given: &[Given]) -> Result<Variables, Message> {
    if given.len() > MOST {
        return Err(Message::new("A command takes {most} parameters at most").with("most", MOST));
    }
    let is_twice = |at: usize, one: &Given| given.iter().take(at).any(|before| before.name == one.name);
    if let Some((_, twice)) = given.iter().enumerate().find(|(at, one)| is_twice(*at, one)) {
        return Err(Message::new("There are two parameters of the name {name}").with("name", &twice.name));
    }
    given.iter().map(Given::variable).collect()
}

/// Those that were kept; a command is not run without them.
pub fn kept(stored: &serde_json::Value) -> Result<Vec<Given>, Message> {
    Vec::deserialize(stored).map_err(|_none| unreadable())
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
            let variable = given(name, kind, value).variable().unwrap();
            assert_eq!((variable.name(), variable.value()), (name, value));
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
            assert!(given(name, kind, value).variable().is_err(), "{name} {value}");
        }
        let twice = [given("A", Kind::Text, "1"), given("A", Kind::Text, "2")];
        assert!(variables(&twice).is_err());
    }
}
