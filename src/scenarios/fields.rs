//! What a source or a destination wants to know, declared once: forms, checks of what was entered and the document of the API follow
//! from it. Pure.

use serde_json::{Map, Value};

use super::condition::{LONGEST_PATTERN, expression};
use crate::error::FieldErrors;
use crate::language::Message;
use crate::outbound::Request;

/// Characters of a URL.
const LONGEST_URL: usize = 2_000;

/// One thing that is asked.
#[derive(Debug, Clone, Copy)]
pub struct Field {
    /// `window_seconds`; unique among the fields of its kind.
    pub name: &'static str,
    /// In English; pages translate it.
    pub label: &'static str,
    /// What helps to fill it in, in English; may be empty.
    pub hint: &'static str,
    /// What may be entered.
    pub takes: Takes,
    /// What holds where nothing is entered; where this is null, something must be.
    pub default: Default,
}

/// What may be entered.
#[derive(Debug, Clone, Copy)]
pub enum Takes {
    /// One line.
    Line {
        /// Characters at most.
        most: usize,
    },
    /// One line that is sealed and never shown again: fields of channels only.
    Secret {
        /// Characters at most.
        most: usize,
    },
    /// The same for a URL: whoever has it can write there.
    SecretUrl,
    /// Several lines, taken as they are.
    Text {
        /// Characters at most.
        most: usize,
    },
    /// Several lines in which values of the reading may stand.
    Template {
        /// Characters at most.
        most: usize,
    },
    /// A regular expression; its engine is linear.
    Pattern,
    /// A whole number.
    Number {
        /// The smallest.
        least: i64,
        /// The greatest.
        most: i64,
    },
    /// One of these words, with what it means in English.
    Choice(&'static [(&'static str, &'static str)]),
    /// Yes or no.
    Switch,
}

/// What holds where nothing is entered.
#[derive(Debug, Clone, Copy)]
pub enum Default {
    /// It must be entered.
    Required,
    /// This text.
    Text(&'static str),
    /// This number.
    Number(i64),
    /// Yes or no.
    Switch(bool),
}

impl Default {
    fn value(self) -> Option<Value> {
        match self {
            Self::Required => None,
            Self::Text(text) => Some(text.into()),
            Self::Number(number) => Some(number.into()),
            Self::Switch(on) => Some(on.into()),
        }
    }
}

/// What was entered, with what holds where nothing was; or what is wrong with which field. Unknown fields are refused.
pub fn accept(fields: &[Field], given: &Value) -> Result<Map<String, Value>, FieldErrors> {
    let mut problems = FieldErrors::default();
    let empty = Map::new();
    let given = match given {
        Value::Object(given) => given,
        Value::Null => &empty,
        _ => return Err(problems.and("settings", "This must be an object")),
    };
    for name in given.keys().filter(|name| !fields.iter().any(|field| field.name == *name)) {
        problems.add(name.clone(), "There is no such field");
    }
    let mut accepted = Map::new();
    for field in fields {
        let entered = given.get(field.name).filter(|value| !value.is_null() && value.as_str() != Some(""));
        let value = match entered {
            Some(value) => field.takes.accept(value),
            None => field.default.value().ok_or_else(|| Message::new("This is needed")),
        };
        match value {
            Ok(value) => drop(accepted.insert(field.name.to_owned(), value)),
            Err(problem) => problems.add(field.name, problem),
        }
    }
    if problems.is_empty() { Ok(accepted) } else { Err(problems) }
}

impl Takes {
    /// A form sends text for everything.
    fn accept(self, value: &Value) -> Result<Value, Message> {
        match self {
            Self::Line { most } | Self::Secret { most } | Self::Text { most } | Self::Template { most } => {
                self.text(value, most)
            }
            Self::Pattern => {
                let pattern = self.text(value, LONGEST_PATTERN)?;
                pattern.as_str().map(expression).transpose()?;
                Ok(pattern)
            }
            Self::SecretUrl => {
                let url = self.text(value, LONGEST_URL)?;
                match url.as_str().map(Request::get) {
                    Some(Err(problem)) => Err(problem.message()),
                    _ => Ok(url),
                }
            }
            Self::Number { least, most } => {
                let number = value.as_i64().or_else(|| value.as_str()?.trim().parse().ok());
                let number = number.filter(|number| (least..=most).contains(number));
                number.map(Value::from).ok_or_else(|| {
                    Message::new("This must be a whole number from {least} to {most}")
                        .with("least", least)
                        .with("most", most)
                })
            }
            Self::Choice(words) => {
                let known = value.as_str().filter(|word| words.iter().any(|(known, _)| known == word));
                known.map(Value::from).ok_or_else(|| Message::new("This is not one of the choices"))
            }
            Self::Switch => match (value.as_bool(), value.as_str()) {
                (Some(on), _) => Ok(on.into()),
                (None, Some("on" | "true")) => Ok(true.into()),
                (None, Some("off" | "false")) => Ok(false.into()),
                _ => Err(Message::new("This must be true or false")),
            },
        }
    }

    fn text(self, value: &Value, most: usize) -> Result<Value, Message> {
        let text = value.as_str().ok_or_else(|| Message::new("This must be a text"))?;
        if text.chars().count() > most {
            return Err(Message::new("This has {most} characters at most").with("most", most));
        }
        let has_lines = matches!(self, Self::Text { .. } | Self::Template { .. });
        let is_odd = |sign: char| sign.is_control() && !(has_lines && matches!(sign, '\n' | '\r' | '\t'));
        if text.chars().any(is_odd) {
            return Err(Message::new("Control characters do not belong here"));
        }
        Ok(text.replace("\r\n", "\n").into())
    }

    /// Whether it is sealed and never shown.
    pub fn is_secret(self) -> bool {
        matches!(self, Self::Secret { .. } | Self::SecretUrl)
    }
}

/// Settings that were kept, read again before something is done on a server by them: what cannot be read of them is not done in
/// another way instead.
pub fn kept(fields: &[Field], settings: &Value) -> Result<Value, Message> {
    let read = accept(fields, settings).map(Value::Object);
    read.map_err(|_problems| Message::new("What was kept of its settings cannot be read: save them anew"))
}

/// The text of a field that was accepted.
pub fn text<'a>(settings: &'a Value, name: &str) -> &'a str {
    settings.get(name).and_then(Value::as_str).unwrap_or_default()
}

/// The number of a field that was accepted.
pub fn number(settings: &Value, name: &str) -> i64 {
    settings.get(name).and_then(Value::as_i64).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const FIELDS: &[Field] = &[
        Field { name: "path", label: "File", hint: "", takes: Takes::Line { most: 10 }, default: Default::Required },
        Field {
            name: "lines",
            label: "Lines",
            hint: "",
            takes: Takes::Number { least: 1, most: 100 },
            default: Default::Number(10),
        },
        Field {
            name: "from",
            label: "From",
            hint: "",
            takes: Takes::Choice(&[("end", "The end"), ("start", "The start")]),
            default: Default::Text("end"),
        },
        Field { name: "whole", label: "Whole", hint: "", takes: Takes::Switch, default: Default::Switch(false) },
    ];

    fn why(given: &Value) -> Vec<String> {
        let problems = accept(FIELDS, given).unwrap_err();
        problems.iter().map(|(field, problem)| format!("{field}: {problem}")).collect()
    }

    #[test]
    fn what_a_form_and_a_program_enter_is_the_same_and_what_is_left_out_has_its_default() {
        let expected = json!({"path": "/var/log", "lines": 20, "from": "end", "whole": true});
        let form = json!({"path": "/var/log", "lines": "20", "from": "", "whole": "on"});
        let program = json!({"path": "/var/log", "lines": 20, "whole": true});
        for given in [form, program] {
            assert_eq!(Value::Object(accept(FIELDS, &given).unwrap()), expected, "{given}");
        }
    }

    #[test]
    fn each_field_says_what_is_wrong_with_it() {
        assert_eq!(why(&json!(null)), ["path: This is needed"]);
        assert_eq!(why(&json!({"path": "a", "pth": 1})), ["pth: There is no such field"]);
        assert_eq!(
            why(&json!({"path": "a\nb", "lines": 101, "from": "middle", "whole": 1})),
            [
                "path: Control characters do not belong here",
                "lines: This must be a whole number from 1 to 100",
                "from: This is not one of the choices",
                "whole: This must be true or false"
            ]
        );
        assert_eq!(why(&json!({"path": "12345678901"})), ["path: This has 10 characters at most"]);
        assert_eq!(why(&json!([])), ["settings: This must be an object"]);
    }
}
