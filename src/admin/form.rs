//! A form: fieldsets of fields that fill a draft. Says what changed; knows neither tables nor pages.

use std::collections::BTreeSet;

use serde_json::json;
use sha2::{Digest, Sha256};

use super::control::{Control, FieldView};
use super::entered::Entered;
use super::field::{Field, Record};
use crate::db::Connection;
use crate::error::{FieldErrors, Result};
use crate::language::Message;
use crate::models::actor::Scope;

/// Fields that every form may send besides its own: the CSRF token, which button, the version that was seen.
pub const COMMON: [&str; 4] = ["csrf_token", "then", "seen", PASSWORD_AGAIN];
/// The field for the administrator's own password, where it was entered too long ago (A11).
pub const PASSWORD_AGAIN: &str = "your-password";

/// What the audit log says of a secret that is new.
pub const CHANGED: &str = "changed";

/// Characters that are kept of a long text: both of a change must fit into one detail of an audit event.
const KEPT_OF_LONG: usize = 300;

/// Fields with what the audit log keeps of them: `["22","2222"]` where a value was replaced.
pub type Changes = Vec<(&'static str, String)>;

/// The form that fills a `D`.
pub struct Form<D> {
    fieldsets: Vec<Fieldset<D>>,
}

/// Fields under one heading.
pub struct Fieldset<D> {
    /// The heading, in English.
    pub label: &'static str,
    /// Columns where there is room: 2 or 4.
    pub columns: u8,
    /// The fields, in order.
    pub fields: Vec<Field<D>>,
}

/// A fieldset as the page shows it.
#[derive(Debug, Clone)]
pub struct FieldsetView {
    /// The heading, in English.
    pub label: &'static str,
    /// Columns where there is room: 2 or 4.
    pub columns: u8,
    /// The fields, in order.
    pub fields: Vec<FieldView>,
}

impl FieldsetView {
    /// The choices that all its fields wait for, if they all wait for the same.
    pub fn when(&self) -> &str {
        let first = self.fields.first().map_or("", |field| field.when.as_str());
        if self.fields.iter().all(|field| field.when == first) { first } else { "" }
    }

    /// Whether it is shown only after a choice.
    pub fn waits(&self) -> bool {
        !self.when().is_empty()
    }
}

impl<D: 'static> Form<D> {
    /// A form without fields.
    pub fn new() -> Self {
        Self { fieldsets: Vec::new() }
    }

    /// Adds a fieldset of two columns.
    #[must_use]
    pub fn fieldset(self, label: &'static str, fields: impl IntoIterator<Item = Field<D>>) -> Self {
        self.columns(label, 2, fields)
    }

    /// Adds a fieldset of so many columns (2 or 4).
    #[must_use]
    pub fn columns(mut self, label: &'static str, columns: u8, fields: impl IntoIterator<Item = Field<D>>) -> Self {
        self.fieldsets.push(Fieldset { label, columns, fields: fields.into_iter().collect() });
        self
    }

    /// Whether there is nothing to fill in.
    pub fn is_empty(&self) -> bool {
        self.fieldsets.is_empty()
    }

    /// Its fieldsets.
    pub fn fieldsets(&self) -> &[Fieldset<D>] {
        &self.fieldsets
    }

    fn fields(&self) -> impl Iterator<Item = &Field<D>> {
        self.fieldsets.iter().flat_map(|fieldset| &fieldset.fields)
    }

    /// The form with what the draft holds.
    pub fn view(
        &self,
        connection: &mut Connection,
        scope: &Scope,
        is_stored: bool,
        draft: &mut D,
    ) -> Result<Vec<FieldsetView>> {
        let mut views = Vec::new();
        for fieldset in &self.fieldsets {
            let mut fields = Vec::new();
            for field in &fieldset.fields {
                fields.push(field.view(connection, scope, is_stored, draft)?);
            }
            views.push(FieldsetView { label: fieldset.label, columns: fieldset.columns, fields });
        }
        Ok(views)
    }

    /// Whether some fields follow from others while it is filled in.
    pub fn redraws(&self) -> bool {
        self.fields().any(Field::is_leading)
    }

    /// Refuses fields that the form does not have (Z06), so that nothing is set that was not offered.
    pub fn only_known(&self, entered: &Entered) -> Result<(), FieldErrors> {
        let known: BTreeSet<String> = self.fields().flat_map(Field::sent_names).collect();
        let mut problems = FieldErrors::default();
        for name in entered.names().filter(|name| !known.contains(*name) && !COMMON.contains(name)) {
            problems.add(
                "",
                Message::new("This form has no field {name}").with("name", name.chars().take(64).collect::<String>()),
            );
        }
        if problems.is_empty() { Ok(()) } else { Err(problems) }
    }

    /// Takes what was entered into the draft; every problem at once. Fields that wait for a choice are read after it.
    pub fn read(&self, entered: &Entered, views: &[FieldsetView], draft: &mut D) -> FieldErrors {
        let mut problems = FieldErrors::default();
        let mut revealed: BTreeSet<&str> = BTreeSet::new();
        let views = views.iter().flat_map(|fieldset| &fieldset.fields);
        for (field, view) in self.fields().zip(views) {
            if !field.waits_for().iter().all(|token| revealed.contains(token)) {
                continue;
            }
            if let Err(problem) = field.read(entered, view, draft) {
                problems.add(field.name(), problem);
            }
            let typed = entered.all(field.name());
            let is_kept = matches!(view.control, Control::Kept(_));
            let offers = view.control.offers().iter();
            let offers = offers.filter(|offer| is_kept || typed.contains(&offer.value.as_str()));
            revealed.extend(offers.map(|offer| offer.reveals).filter(|token| !token.is_empty()));
        }
        problems
    }

    /// What differs between two drafts, for the audit log; secrets say only that they changed.
    pub fn changes(&self, before: &mut D, after: &mut D) -> Changes {
        let mut changes = Changes::new();
        for field in self.fields() {
            match (field.record(before), field.record(after)) {
                (Record::Text(before), Record::Text(after)) if before != after => {
                    changes.push((field.name(), json!([shortened(before), shortened(after)]).to_string()));
                }
                (_, Record::Secret(true)) => changes.push((field.name(), CHANGED.to_owned())),
                _ => {}
            }
        }
        changes
    }

    /// Everything that is filled in, for the audit log; of secrets only that there is one.
    pub fn everything(&self, draft: &mut D) -> Changes {
        let mut values = Changes::new();
        for field in self.fields() {
            match field.record(draft) {
                Record::Text(value) if !value.is_empty() => values.push((field.name(), value)),
                Record::Secret(true) => values.push((field.name(), CHANGED.to_owned())),
                _ => {}
            }
        }
        values
    }

    /// The label of a field; none where the form does not have it.
    pub fn label_of(&self, name: &str) -> Option<&'static str> {
        self.fields().find(|field| field.name() == name).map(Field::label)
    }
}

impl<D: 'static> Default for Form<D> {
    fn default() -> Self {
        Self::new()
    }
}

/// Leaves nothing to fill in but secrets: the rest comes from a file. In step with the fields of the form.
pub fn lock(views: &mut [FieldsetView]) {
    for field in views.iter_mut().flat_map(|fieldset| &mut fieldset.fields) {
        field.control.lock();
        field.required = false;
        field.hint = "";
    }
}

/// Takes away what waits for a choice that nobody can make any more.
pub fn only_revealed(views: &mut Vec<FieldsetView>) {
    let offers = views.iter().flat_map(|fieldset| &fieldset.fields).flat_map(|field| field.control.offers().to_vec());
    let revealed: BTreeSet<&str> = offers.map(|offer| offer.reveals).collect();
    for fieldset in views.iter_mut() {
        fieldset.fields.retain(|field| field.when.split_whitespace().all(|token| revealed.contains(token)));
        fieldset.fields.iter_mut().for_each(|field| field.when.clear());
    }
    views.retain(|fieldset| !fieldset.fields.is_empty());
}

/// A long text as the audit log keeps it in a change: its beginning, and what tells it from any other.
fn shortened(text: String) -> String {
    if text.chars().count() <= KEPT_OF_LONG * 2 {
        return text;
    }
    let begin: String = text.chars().take(KEPT_OF_LONG).collect();
    let digest = hex::encode(Sha256::digest(text.as_bytes()));
    format!("{begin}… ({} lines, SHA-256 {digest})", text.lines().count())
}

/// Shows what was typed, and beside each field what is wrong with it. Secrets must be typed again.
pub fn typed_again(views: &mut [FieldsetView], entered: &Entered, problems: &FieldErrors) {
    for field in views.iter_mut().flat_map(|fieldset| &mut fieldset.fields) {
        field.control.typed_again(&entered.all(field.name));
        field.problem = problems.of(field.name).cloned();
    }
}
