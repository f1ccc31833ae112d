//! Fields of the builder as its template draws them: from what a kind declares, or from a few words of ours. Pure.

use super::draft::Texts;
use crate::error::FieldErrors;
use crate::language::Message;
use crate::scenarios::fields::{Default as Otherwise, Field, Takes};

/// A line that may have more characters takes the whole width.
const WIDE: usize = 500;

/// One field.
#[derive(Debug, Clone)]
pub(super) struct Control {
    /// Unique on the page, and the same wherever its step is moved.
    pub(super) id: String,
    /// Under which it is sent.
    pub(super) name: String,
    pub(super) label: &'static str,
    pub(super) hint: &'static str,
    pub(super) entry: Entry,
    pub(super) problem: Option<Message>,
    /// Others follow from it: the builder is drawn again.
    pub(super) redraws: bool,
    /// It takes the whole width.
    pub(super) wide: bool,
    /// Begins with the focus.
    pub(super) first: bool,
}

/// How it is entered.
#[derive(Debug, Clone)]
pub(super) enum Entry {
    /// One line; `list` names what is offered, where something is.
    Line { value: String, list: &'static str },
    /// Several lines.
    Area(String),
    /// A number between two others.
    Number { value: String, least: i64, most: i64 },
    /// A date and a time by the clock.
    Moment(String),
    /// One of several.
    Choice(Vec<Choice>),
    /// Yes or no.
    Switch(bool),
}

/// One of several.
#[derive(Debug, Clone)]
pub(super) struct Choice {
    pub(super) value: String,
    /// Words of ours, or a name.
    pub(super) label: Message,
    pub(super) chosen: bool,
}

/// Where fields stand: what was entered there, and what is wrong with it.
#[derive(Clone, Copy)]
pub(super) struct Place<'a> {
    /// What stands before their names: `destinations.0.`, or nothing.
    pub(super) prefix: &'a str,
    /// What stands before their ids: `d7`.
    pub(super) id: &'a str,
    pub(super) texts: &'a Texts,
    pub(super) problems: &'a FieldErrors,
}

impl Place<'_> {
    fn control(&self, field: &str, (label, hint): (&'static str, &'static str), entry: Entry) -> Control {
        let name = format!("{}{field}", self.prefix);
        Control {
            id: format!("{}-{}", self.id, field.replace('.', "-")),
            problem: self.problems.of(&name).cloned(),
            name,
            label,
            hint,
            entry,
            redraws: false,
            wide: false,
            first: false,
        }
    }

    /// What a kind declares.
    pub(super) fn declared(&self, field: &Field) -> Control {
        let value = self.texts.get(field.name).to_owned();
        let entry = match field.takes {
            // Those of channels are entered in the administration, and nowhere else.
            Takes::Line { .. } | Takes::Secret { .. } | Takes::SecretUrl | Takes::Pattern => {
                Entry::Line { value, list: "" }
            }
            Takes::Text { .. } | Takes::Template { .. } => Entry::Area(value),
            Takes::Number { least, most } => Entry::Number { value, least, most },
            Takes::Choice(words) => Entry::Choice(choices(&value, words)),
            Takes::Switch => Entry::Switch(match value.as_str() {
                "" => matches!(field.default, Otherwise::Switch(true)),
                value => matches!(value, "on" | "true"),
            }),
        };
        let wide = match field.takes {
            Takes::Text { .. } | Takes::Template { .. } => true,
            Takes::Line { most } => most > WIDE,
            _ => false,
        };
        Control { wide, ..self.control(field.name, (field.label, field.hint), entry) }
    }

    /// One line.
    pub(super) fn line(&self, field: &str, words: (&'static str, &'static str), list: &'static str) -> Control {
        self.control(field, words, Entry::Line { value: self.texts.get(field).to_owned(), list })
    }

    /// A whole number.
    pub(super) fn number(
        &self,
        field: &str,
        words: (&'static str, &'static str),
        (least, most): (i64, i64),
    ) -> Control {
        self.control(field, words, Entry::Number { value: self.texts.get(field).to_owned(), least, most })
    }

    /// A date and a time.
    pub(super) fn moment(&self, field: &str, words: (&'static str, &'static str)) -> Control {
        self.control(field, words, Entry::Moment(self.texts.get(field).to_owned()))
    }

    /// One of several words.
    pub(super) fn choice(&self, field: &str, label: &'static str, words: &[(&str, &'static str)]) -> Control {
        self.control(field, (label, ""), Entry::Choice(choices(self.texts.get(field), words)))
    }

    /// One of several channels by their names; what was chosen stays among them, also where it is gone.
    pub(super) fn names(&self, field: &str, label: &'static str, names: &[&str]) -> Control {
        let chosen = self.texts.get(field);
        let mut choices = vec![Choice { value: String::new(), label: "Choose…".into(), chosen: chosen.is_empty() }];
        let gone = (!chosen.is_empty() && !names.contains(&chosen)).then_some(chosen);
        choices.extend(names.iter().copied().chain(gone).map(|name| Choice {
            value: name.to_owned(),
            label: Message::heard(name),
            chosen: name == chosen,
        }));
        let hint = if names.is_empty() { "There is none yet: an administrator adds channels" } else { "" };
        self.control(field, (label, hint), Entry::Choice(choices))
    }
}

fn choices(value: &str, words: &[(&str, &'static str)]) -> Vec<Choice> {
    words
        .iter()
        .map(|(word, label)| Choice { value: (*word).to_owned(), label: (*label).into(), chosen: *word == value })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_field_is_drawn_as_it_is_declared_with_what_was_entered_and_what_is_wrong_with_it() {
        let mut texts = Texts::default();
        texts.set("seconds", "never");
        let problems = FieldErrors::default().and("destinations.2.seconds", "This must be a whole number");
        let place = Place { prefix: "destinations.2.", id: "d7", texts: &texts, problems: &problems };
        let takes = Takes::Number { least: 1, most: 9 };
        let field = Field { name: "seconds", label: "Averaged over", hint: "", takes, default: Otherwise::Number(3) };
        let control = place.declared(&field);
        assert_eq!((control.id.as_str(), control.name.as_str()), ("d7-seconds", "destinations.2.seconds"));
        assert!(control.problem.is_some() && matches!(control.entry, Entry::Number { value, .. } if value == "never"));
        let field = Field { name: "deep", takes: Takes::Switch, default: Otherwise::Switch(true), ..field };
        assert!(matches!(place.declared(&field).entry, Entry::Switch(true)), "nothing was entered yet");
        let Entry::Choice(names) = place.names("seconds", "Time zone", &["#ops"]).entry else { panic!() };
        let names: Vec<&str> = names.iter().map(|choice| choice.value.as_str()).collect();
        assert_eq!(names, ["", "#ops", "never"]);
    }
}
