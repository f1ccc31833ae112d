//! Variables of the environment that a command of somebody's own runs in. Pure.
//!
//! A variable is made of a name that a shell takes and of a value on one line, and of nothing else: what could begin the text of the
//! command, or means something to a shell or a loader by itself, never becomes one (X05).

use serde::{Deserialize, Serialize};

use crate::language::Message;

/// Characters of a name.
const LONGEST_NAME: usize = 80;
/// Characters of a value.
const LONGEST_VALUE: usize = 4_096;
/// What a shell or a loader reads by itself, and what stands around the command.
const TAKEN: [&str; 9] = ["PATH", "IFS", "ENV", "BASH_ENV", "SHELLOPTS", "PS4", "UID", "words", "given"];

/// A name with its value; it is kept as `["UNIT", "nginx"]`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "(String, String)", into = "(String, String)")]
pub struct Variable {
    name: String,
    value: String,
}

impl Variable {
    /// The variable of this name and value, or why there is none.
    pub fn new(name: &str, value: &str) -> Result<Self, Message> {
        let is_letter = |sign: char| sign == '_' || sign.is_ascii_alphabetic();
        let is_name = name.len() <= LONGEST_NAME
            && name.starts_with(is_letter)
            && name.chars().all(|sign| is_letter(sign) || sign.is_ascii_digit());
        let why = if !is_name {
            Message::new("{name} is no name of a parameter: letters, digits and _, as in UNIT")
        } else if TAKEN.contains(&name) || name.starts_with("LD_") {
            Message::new("{name} means something to the shell: give the parameter another name")
        } else if value.chars().count() > LONGEST_VALUE || value.chars().any(char::is_control) {
            Message::new("The value of {name} is one line of at most {most} characters").with("most", LONGEST_VALUE)
        } else {
            return Ok(Self { name: name.to_owned(), value: value.to_owned() });
        };
        Err(why.with("name", name))
    }

    /// Its name: `UNIT`.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Its value.
    pub fn value(&self) -> &str {
        &self.value
    }
}

impl TryFrom<(String, String)> for Variable {
    type Error = Message;

    fn try_from((name, value): (String, String)) -> Result<Self, Message> {
        Self::new(&name, &value)
    }
}

impl From<Variable> for (String, String) {
    fn from(variable: Variable) -> Self {
        (variable.name, variable.value)
    }
}

/// All that a command is given, in their order.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Variables(Vec<Variable>);

impl Variables {
    /// Those that were kept. A command is not run without what it was asked for with: where they cannot be read it is asked for anew.
    pub fn kept(stored: &serde_json::Value) -> Result<Self, Message> {
        Self::deserialize(stored).map_err(|_none| unreadable())
    }

    /// Each of them.
    pub fn iter(&self) -> impl Iterator<Item = &Variable> {
        self.0.iter()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl FromIterator<Variable> for Variables {
    fn from_iter<I: IntoIterator<Item = Variable>>(variables: I) -> Self {
        Self(variables.into_iter().collect())
    }
}

/// Another version wrote it, or somebody changed it.
pub fn unreadable() -> Message {
    Message::new("What was kept of its parameters cannot be read: ask for it anew")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn sec_x05_what_could_begin_the_text_or_means_something_to_a_shell_is_no_variable() {
        for (name, value) in [("UNIT", "x=y '$(id)' `id`"), ("_n1", ""), ("a", "한글\u{2028}")] {
            let variable = Variable::new(name, value).unwrap();
            assert_eq!((variable.name(), variable.value()), (name, value));
        }
        let long = "x".repeat(LONGEST_VALUE + 1);
        for (name, value) in [
            ("", "x"),
            ("1A", "x"),
            ("A=B", "x"),
            ("A B", "x"),
            ("A;id", "x"),
            ("A\n", "x"),
            ("Ä", "x"),
            ("PATH", "x"),
            ("LD_PRELOAD", "x"),
            ("words", "x"),
            ("A", "two\nlines"),
            ("A", "two\rlines"),
            ("A", "nul\0"),
            ("A", &long),
            (&"A".repeat(LONGEST_NAME + 1), "x"),
        ] {
            assert!(Variable::new(name, value).is_err(), "{name} {value}");
            assert!(Variables::kept(&json!([["FINE", "1"], [name, value]])).is_err(), "{name} {value}");
        }
    }

    #[test]
    fn they_are_kept_as_pairs_and_what_is_no_list_of_them_is_not_read() {
        let two = [("UNIT", "nginx"), ("N", "2")].map(|(name, value)| Variable::new(name, value).unwrap());
        let two: Variables = two.into_iter().collect();
        let kept = serde_json::to_value(&two).unwrap();
        assert_eq!(kept, json!([["UNIT", "nginx"], ["N", "2"]]));
        assert_eq!(Variables::kept(&kept), Ok(two));
        assert_eq!(Variables::kept(&json!([])), Ok(Variables::default()));
        for odd in [json!(null), json!({ "UNIT": "nginx" }), json!("UNIT=nginx"), json!([["UNIT"]]), json!([["N", 2]])]
        {
            assert_eq!(Variables::kept(&odd), Err(unreadable()), "{odd}");
        }
    }
}
