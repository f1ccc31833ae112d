//! What is filled in, and what it means. Pure.

use serde::Deserialize;

use crate::error::{FieldErrors, Result};
use crate::executions::FanOutWish;
use crate::executions::ask::USUAL_SECONDS;
use crate::executions::given::{Given, Kind};
use crate::language::Message;

/// Time limits that are offered: seconds and words.
pub(super) const LIMITS: [(&str, &str); 4] = [("30", "30 s"), ("300", "5 min"), ("3600", "1 h"), ("86400", "24 h")];

/// The fields, as they were entered.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct RunForm {
    /// Words that mean servers, with blanks or commas between.
    pub(super) servers: String,
    /// Words that were chosen.
    pub(super) pick: Vec<String>,
    pub(super) command: String,
    pub(super) as_root: bool,
    pub(super) timeout_seconds: String,
    pub(super) batch_size: String,
    pub(super) pause_seconds: String,
    pub(super) stop_after: String,
    pub(super) canary: bool,
    pub(super) parameter_name: Vec<String>,
    pub(super) parameter_kind: Vec<String>,
    pub(super) parameter_choices: Vec<String>,
    pub(super) parameter_value: Vec<String>,
    /// The number of servers, typed.
    pub(super) count: String,
    /// Of the saved one that it was begun from, or under which it is kept.
    pub(super) name: String,
    pub(super) retry_of: String,
    /// The button that was pressed.
    pub(super) act: String,
}

impl RunForm {
    /// Filled in with what is known.
    pub(super) fn of(wish: &FanOutWish, name: &str) -> Self {
        let (words, pick): (Vec<String>, Vec<String>) = wish.servers.iter().cloned().partition(|word| is_typed(word));
        let number = |number: Option<i32>| number.map(|number| number.to_string()).unwrap_or_default();
        let column = |of: fn(&Given) -> String| wish.parameters.iter().map(of).collect();
        Self {
            servers: words.join(" "),
            pick,
            command: wish.command.clone(),
            as_root: wish.r#become,
            timeout_seconds: wish.timeout_seconds.to_string(),
            batch_size: number(wish.batch_size),
            pause_seconds: number(Some(wish.pause_seconds).filter(|seconds| *seconds > 0)),
            stop_after: number(wish.stop_after),
            canary: wish.canary,
            parameter_name: column(|one| one.name.clone()),
            parameter_kind: column(|one| one.kind.name().to_owned()),
            parameter_choices: column(|one| one.choices.join(", ")),
            parameter_value: column(|one| one.value.clone()),
            name: name.to_owned(),
            ..Self::default()
        }
    }

    /// What the pressed button does to it.
    pub(super) fn apply(&mut self) {
        if self.act == "add" {
            self.parameter_name.push(String::new());
            for column in [&mut self.parameter_kind, &mut self.parameter_choices, &mut self.parameter_value] {
                column.resize(self.parameter_name.len(), String::new());
            }
        }
        // Servers that were ticked in a list stand with those that are typed.
        let (mut words, pick): (Vec<String>, Vec<String>) =
            std::mem::take(&mut self.pick).into_iter().partition(|word| is_typed(word));
        words.insert(0, std::mem::take(&mut self.servers));
        words.retain(|word| !word.is_empty());
        (self.servers, self.pick) = (words.join(" "), pick);
    }

    /// The words that mean servers.
    pub(super) fn words(&self) -> Vec<String> {
        let typed = self.servers.split(|c: char| c.is_whitespace() || c == ',').filter(|word| !word.is_empty());
        let mut words: Vec<String> = self.pick.clone();
        for word in typed.map(str::to_owned) {
            if !words.contains(&word) {
                words.push(word);
            }
        }
        words
    }

    /// Its lines of parameters, also those without a name.
    pub(super) fn parameters(&self) -> Vec<Given> {
        let of = |column: &[String], at: usize| column.get(at).cloned().unwrap_or_default();
        let given = |at: usize| Given {
            name: of(&self.parameter_name, at).trim().to_owned(),
            kind: Kind::from_name(&of(&self.parameter_kind, at)).unwrap_or_default(),
            choices: of(&self.parameter_choices, at)
                .split(',')
                .map(|word| word.trim().to_owned())
                .filter(|word| !word.is_empty())
                .collect(),
            value: of(&self.parameter_value, at),
        };
        (0..self.parameter_name.len()).map(given).collect()
    }

    /// What it means, as far as it can be read.
    pub(super) fn wish(&self) -> Result<FanOutWish, FieldErrors> {
        let mut problems = FieldErrors::default();
        let mut number = |field: &'static str, text: &str| {
            let text = text.trim();
            if text.is_empty() {
                return None;
            }
            let read: Option<i32> = text.parse().ok();
            if read.is_none() {
                problems.add(field, Message::new("This is no number"));
            }
            read
        };
        let wish = FanOutWish {
            servers: self.words(),
            command: self.command.clone(),
            parameters: self.parameters().into_iter().filter(|one| !one.name.is_empty()).collect(),
            r#become: self.as_root,
            timeout_seconds: number("timeout_seconds", &self.timeout_seconds).unwrap_or(USUAL_SECONDS),
            batch_size: number("batch_size", &self.batch_size),
            pause_seconds: number("pause_seconds", &self.pause_seconds).unwrap_or_default(),
            stop_after: number("stop_after", &self.stop_after),
            canary: self.canary,
        };
        if problems.is_empty() { Ok(wish) } else { Err(problems) }
    }
}

/// Whether a word stands in the line that is typed: names of servers do. What holds a blank cannot.
fn is_typed(word: &str) -> bool {
    word != "all" && !word.contains(':') && !word.contains(char::is_whitespace)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_kept_comes_back_as_it_was() {
        let wish = FanOutWish {
            servers: ["group:my web", "web-1", "label:env=prod"].map(str::to_owned).to_vec(),
            command: "echo \"$UNIT\"".to_owned(),
            parameters: vec![Given {
                name: "UNIT".to_owned(),
                kind: Kind::Choice,
                choices: vec!["a".to_owned(), "b c".to_owned()],
                value: "b c".to_owned(),
            }],
            batch_size: Some(5),
            pause_seconds: 10,
            canary: true,
            ..FanOutWish::default()
        };
        let mut back = RunForm::of(&wish, "x").wish().unwrap();
        back.servers.sort_by_key(|word| wish.servers.iter().position(|one| one == word));
        assert_eq!(back, wish);
        let wrong = RunForm { batch_size: "many".to_owned(), ..RunForm::default() };
        assert!(wrong.wish().unwrap_err().of("batch_size").is_some());
    }

    #[test]
    fn servers_that_were_ticked_stand_with_those_that_are_typed() {
        let pick = ["web-1", "group:web", "all", "web-2"].map(str::to_owned).to_vec();
        let mut form = RunForm { pick, servers: "db-1".to_owned(), ..RunForm::default() };
        form.apply();
        assert_eq!(
            (form.servers.as_str(), form.pick.as_slice()),
            ("db-1 web-1 web-2", &["group:web", "all"].map(str::to_owned)[..])
        );
    }

    #[test]
    fn a_line_for_a_parameter_is_added_and_one_without_a_name_is_none() {
        let mut form = RunForm { act: "add".to_owned(), ..RunForm::default() };
        form.apply();
        assert_eq!((form.parameters().len(), form.wish().unwrap().parameters), (1, Vec::new()));
    }
}
