//! What the kinds of channels want to know, as fields of one form, and what was entered there.

use std::sync::LazyLock;

use serde_json::Value;

use super::Draft;
use crate::admin::control::Offer;
use crate::admin::field::{Field, SecretDraft};
use crate::admin::resource::By;
use crate::db::Connection;
use crate::error::{FieldErrors, Result};
use crate::models::channels::{Channel, ChannelValues, NewChannel};
use crate::scenarios::channels;
use crate::scenarios::destinations::{self, Kind};
use crate::scenarios::fields::{self, Default, Takes};

/// One thing that one kind of channel wants to know.
pub(super) struct Input {
    pub(super) kind: &'static Kind,
    asked: &'static fields::Field,
    /// Its name in the form: several kinds want a `url`.
    name: String,
    /// It is shown once this kind was chosen.
    when: [&'static str; 1],
}

/// All of them, by kind.
pub(super) static INPUTS: LazyLock<Vec<Input>> = LazyLock::new(|| {
    let asked = destinations::with_channels().flat_map(|(kind, asked)| asked.iter().map(move |field| (kind, field)));
    asked
        .map(|(kind, asked)| Input { kind, asked, name: format!("{}_{}", kind.kind, asked.name), when: [kind.kind] })
        .collect()
});

impl Input {
    /// Its field in the form.
    pub(super) fn field(&'static self) -> Field<Draft> {
        let (name, asked) = (self.name.as_str(), self.asked);
        let field = match asked.takes {
            Takes::Secret { .. } | Takes::SecretUrl => Field::secret(name, asked.label, secret_of(name)),
            Takes::Choice(words) => {
                let offers = move || words.iter().map(|(word, label)| Offer::word(word, label)).collect();
                Field::choice(name, asked.label, text_of(name), offers)
            }
            Takes::Switch => {
                let offers = || vec![Offer::word("true", "Yes"), Offer::word("false", "No")];
                Field::choice(name, asked.label, text_of(name), offers)
            }
            Takes::Line { .. }
            | Takes::Text { .. }
            | Takes::Template { .. }
            | Takes::Pattern
            | Takes::Number { .. } => Field::literal(name, asked.label, text_of(name)),
        };
        let field = field.hint(asked.hint).when(&self.when);
        if matches!(asked.default, Default::Required) { field.required() } else { field }
    }
}

fn text_of(name: &'static str) -> impl Fn(&mut Draft) -> &mut String {
    move |draft| draft.texts.entry(name).or_default()
}

fn secret_of(name: &'static str) -> impl Fn(&mut Draft) -> &mut SecretDraft {
    move |draft| draft.secrets.entry(name).or_default()
}

/// An empty form of this kind.
pub(super) fn blank(kind: &str) -> Draft {
    let mut draft = Draft { kind: kind.to_owned(), ..Draft::default() };
    for input in INPUTS.iter().filter(|input| !input.asked.takes.is_secret()) {
        let usual = match input.asked.default {
            Default::Required => String::new(),
            Default::Text(text) => text.to_owned(),
            Default::Number(number) => number.to_string(),
            Default::Switch(on) => on.to_string(),
        };
        draft.texts.insert(&input.name, usual);
    }
    draft
}

/// What the form of a stored channel holds: everything but the secrets.
pub(super) fn draft(channel: &Channel) -> Draft {
    let mut draft = blank(&channel.kind);
    draft.name.clone_from(&channel.name);
    for input in INPUTS.iter().filter(|input| input.kind.kind == channel.kind) {
        if input.asked.takes.is_secret() {
            let is_stored = channel.secret_names.iter().any(|name| name == input.asked.name);
            let stored = SecretDraft::stored(is_stored, channel.secrets_changed_at);
            draft.secrets.insert(&input.name, stored);
        } else if let Some(value) = channel.settings.get(input.asked.name) {
            let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            draft.texts.insert(&input.name, text);
        }
    }
    draft
}

/// What was entered, on top of the secrets that are stored; problems stand at the fields of the form.
pub(super) fn accept(
    connection: &mut Connection,
    by: &By,
    stored: Option<&Channel>,
    draft: &Draft,
) -> Result<ChannelValues, FieldErrors> {
    let kind = channels::kind_of(&draft.kind).map_err(|problem| FieldErrors::default().and("kind", problem))?;
    let mut given = stored.map(|channel| channels::known(connection, &by.app.sealer, channel)).unwrap_or_default();
    let inputs = || INPUTS.iter().filter(|input| input.kind.kind == kind.kind);
    for input in inputs() {
        let entered = if input.asked.takes.is_secret() {
            let secret = draft.secrets.get(input.name.as_str());
            match secret {
                Some(SecretDraft { entered: Some(entered), .. }) => Some(entered.expose().clone()),
                Some(secret) if secret.will_exist() => continue,
                _ => None,
            }
        } else {
            draft.texts.get(input.name.as_str()).cloned()
        };
        given.insert(input.asked.name.to_owned(), entered.map_or(Value::Null, Value::from));
    }
    channels::accept(kind, given).map_err(|problems| {
        let mut named = FieldErrors::default();
        for (field, problem) in problems.iter() {
            let name = inputs().find(|input| input.asked.name == field).map_or(field, |input| &input.name);
            named.add(name, problem.clone());
        }
        named
    })
}

/// Adds a channel.
pub(super) fn create(connection: &mut Connection, by: &By, draft: &Draft) -> Result<i64> {
    let values = accept(connection, by, None, draft)?;
    let new = NewChannel { name: &draft.name, kind: &draft.kind, values: &values };
    Ok(new.insert(connection, &by.app.sealer, by.at)?.id.0)
}

/// Changes a channel.
pub(super) fn update(connection: &mut Connection, by: &By, stored: &Channel, draft: &Draft) -> Result<()> {
    let values = accept(connection, by, Some(stored), draft)?;
    let renamed = Channel::rename(connection, stored.id, &draft.name, by.at)?;
    renamed.keep(connection, &by.app.sealer, &values, by.at).map(drop)
}
