//! What a resource gives to its pages: a form, what saving did, what deleting would take.

use chrono::{DateTime, Utc};

use crate::admin::cell::Cell;
use crate::admin::control::FieldView;
use crate::admin::form::FieldsetView;
use crate::admin::list_view::ActionView;
use crate::admin::resource::{Consequences, Related};
use crate::admin::trial::Subject;
use crate::language::Message;

/// A form as the page shows it.
#[derive(Debug, Clone)]
pub struct FormView {
    /// The row; none for a new one.
    pub id: Option<i64>,
    /// The row's name; empty for a new one.
    pub name: String,
    /// The version that was seen, sent back with the form.
    pub seen: String,
    /// When the row was last changed.
    pub updated_at: Option<DateTime<Utc>>,
    /// The fields.
    pub fieldsets: Vec<FieldsetView>,
    /// Why most of it cannot be changed here.
    pub locked: Option<Message>,
    /// Whether there is anything to save.
    pub can_save: bool,
    /// What *Try on a server* would run.
    pub subject: Option<Subject>,
    /// What is wrong with the form as a whole.
    pub problems: Vec<Message>,
    /// What is wrong with the administrator's own password.
    pub password_problem: Option<Message>,
}

impl FormView {
    /// Every field, in order.
    pub fn fields(&self) -> impl Iterator<Item = &FieldView> {
        self.fieldsets.iter().flat_map(|fieldset| &fieldset.fields)
    }

    /// Whether a field needs another value.
    pub fn has_field_problems(&self) -> bool {
        self.fields().any(|field| field.problem.is_some())
    }

    /// Whether it was not saved.
    pub fn has_problems(&self) -> bool {
        !self.problems.is_empty() || self.password_problem.is_some() || self.has_field_problems()
    }
}

/// Rows that belong to another one, as the page shows them.
#[derive(Debug, Clone)]
pub struct RelatedView {
    /// The rows.
    pub related: Related,
    /// The headings of its columns, and whether they are aligned to the end.
    pub columns: Vec<(&'static str, bool)>,
    /// What can be done about all of them.
    pub action: Option<ActionView>,
}

impl RelatedView {
    pub(super) fn of(related: Related, action: Option<ActionView>) -> Self {
        let is_figure = |column| related.rows.iter().filter_map(|(_, cells)| cells.get(column)).any(Cell::is_figure);
        let columns = related.columns.iter().enumerate().map(|(index, label)| (*label, is_figure(index))).collect();
        Self { related, columns, action }
    }
}

/// What saving did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Saved {
    /// The row.
    pub id: i64,
    /// Its name, after saving.
    pub name: String,
    /// Whether anything differs from before.
    pub changed: bool,
}

/// What deleting one row means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Deletion {
    /// The row.
    pub id: i64,
    /// Its name.
    pub name: String,
    /// What goes with it, and what stands in the way.
    pub consequences: Consequences,
}
