//! A resource without its types, so that one set of handlers and templates serves all of them.

use super::asked::Asked;
use super::cell::Cell;
use super::control::FieldView;
use super::entered::Entered;
use super::form::{FieldsetView, PASSWORD_AGAIN, typed_again};
use super::list_view::{ActionView, ListView};
use super::record::{self, Deed};
use super::resource::{Beside, By, Checking, Consequences, Deleting, Related, Resource};
use crate::app::App;
use crate::db::Connection;
use crate::error::{Error, FieldErrors, Result};
use crate::language::Message;
use crate::models::actor::Scope;
use crate::secret::SecretText;
use crate::web::menu::Screen;
use chrono::{DateTime, Utc};

/// What the handlers ask of a resource.
pub trait AnyResource: Send + Sync {
    /// Its place in the menu.
    fn screen(&self) -> &'static Screen;
    /// What can be done with its rows.
    fn abilities(&self) -> Abilities;
    /// One page of the list.
    fn list(&self, connection: &mut Connection, scope: &Scope, asked: &Asked, now: DateTime<Utc>) -> Result<ListView>;
    /// Every word of its list and form that needs a translation.
    fn words(&self) -> Vec<&'static str>;
    /// Every word that the choices of its form need a translation for.
    fn words_of_choices(&self, connection: &mut Connection) -> Result<Vec<String>>;
    /// The form of a stored row, or of a new one.
    fn form(&self, connection: &mut Connection, scope: &Scope, id: Option<i64>) -> Result<FormView>;
    /// The form as it was typed, with what is wrong with it.
    fn form_again(
        &self,
        connection: &mut Connection,
        scope: &Scope,
        id: Option<i64>,
        entered: &Entered,
        problems: &FieldErrors,
    ) -> Result<FormView>;
    /// Saves what was entered and writes the audit event.
    fn save(&self, connection: &mut Connection, by: &By, id: Option<i64>, entered: &Entered) -> Result<Saved>;
    /// What deleting these rows means.
    fn deletions(&self, connection: &mut Connection, by: &By, ids: &[i64]) -> Result<Vec<Deletion>>;
    /// Deletes these rows and writes an audit event for each.
    fn delete(&self, connection: &mut Connection, by: &By, ids: &[i64]) -> Result<Vec<String>>;
    /// Does an action to these rows and writes an audit event for each.
    fn act(&self, connection: &mut Connection, by: &By, action: &str, ids: &[i64]) -> Result<Vec<String>>;
    /// Rows of other kinds that belong to a row.
    fn related(&self, connection: &mut Connection, by: &By, id: i64) -> Result<Vec<RelatedView>>;
    /// The name of a row.
    fn name_of(&self, connection: &mut Connection, scope: &Scope, id: i64) -> Result<String>;
    /// The label of a field of its form.
    fn label_of(&self, field: &str) -> Option<&'static str>;
    /// After a change was committed.
    fn changed(&self, app: &App, touched: &[i64]);
}

/// What can be done with the rows of a resource.
#[derive(Debug, Clone, Copy)]
pub struct Abilities {
    /// The button that adds one.
    pub add: Option<&'static str>,
    /// They have a form.
    pub change: bool,
    /// A stored one can be changed.
    pub change_stored: bool,
    /// They can be deleted, and what that is called.
    pub delete: Option<&'static Deleting>,
    /// Changes need a password that was entered lately (A11).
    pub needs_proof: bool,
    /// A field that holds a password to be hashed.
    pub hashed: Option<&'static str>,
    /// Makes the secret that a new one gives, once.
    pub gives: Option<fn() -> Result<SecretText>>,
    /// What stands beside the form.
    pub beside: Beside,
}

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
    /// What is wrong with the form as a whole.
    pub problems: Vec<Message>,
    /// What is wrong with the administrator's own password.
    pub password_problem: Option<Message>,
}

impl FormView {
    fn fields(&self) -> impl Iterator<Item = &FieldView> {
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
    fn of(related: Related, action: Option<ActionView>) -> Self {
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

fn seen(updated_at: Option<DateTime<Utc>>) -> String {
    updated_at.map(|at| at.timestamp_micros().to_string()).unwrap_or_default()
}

/// The stored row and its draft, or a blank draft.
fn start<R: Resource>(
    connection: &mut Connection,
    scope: &Scope,
    id: Option<i64>,
) -> Result<(Option<R::Row>, R::Draft)> {
    match id {
        None => Ok((None, R::blank())),
        Some(id) => {
            let row = R::row(connection, scope, id)?;
            let draft = R::draft(connection, &row)?;
            Ok((Some(row), draft))
        }
    }
}

/// A conflict with other rows, told beside the field that it is about.
fn beside<R: Resource>(error: Error) -> Error {
    match error {
        Error::Conflict(problem) => Error::field(R::CONFLICTS_AT, problem),
        other => other,
    }
}

/// The stored row, what its form held, and what it holds now.
pub type EnteredDraft<R> = (Option<<R as Resource>::Row>, <R as Resource>::Draft, <R as Resource>::Draft);

/// What was entered on top of what is stored: the draft that saving would keep.
pub fn entered_draft<R: Resource>(
    connection: &mut Connection,
    by: &By,
    id: Option<i64>,
    entered: &Entered,
) -> Result<EnteredDraft<R>> {
    let form = R::form();
    form.only_known(entered)?;
    let (row, mut before) = start::<R>(connection, &by.actor.scope, id)?;
    let views = form.view(connection, id.is_some(), &mut before)?;
    let mut after = before.clone();
    let mut problems = form.read(entered, &views, &mut after);
    R::check(&mut Checking { connection, by, row: row.as_ref(), problems: &mut problems }, &mut after)?;
    problems.or((row, before, after))
}

impl<R: Resource> AnyResource for R {
    fn screen(&self) -> &'static Screen {
        R::screen()
    }

    fn abilities(&self) -> Abilities {
        Abilities {
            add: R::ADD,
            change: !R::form().is_empty(),
            change_stored: R::CHANGES,
            delete: R::DELETES.then_some(R::DELETING),
            needs_proof: R::NEEDS_PROOF,
            hashed: R::HASHED,
            gives: R::GIVES,
            beside: R::BESIDE,
        }
    }

    fn list(&self, connection: &mut Connection, scope: &Scope, asked: &Asked, now: DateTime<Utc>) -> Result<ListView> {
        let found = R::find(connection, scope, asked, now)?;
        Ok(ListView::of::<R>(&found, asked))
    }

    fn words(&self) -> Vec<&'static str> {
        super::words::of::<R>()
    }

    fn words_of_choices(&self, connection: &mut Connection) -> Result<Vec<String>> {
        super::words::of_choices::<R>(connection)
    }

    fn form(&self, connection: &mut Connection, scope: &Scope, id: Option<i64>) -> Result<FormView> {
        let (row, mut draft) = start::<R>(connection, scope, id)?;
        let updated_at = row.as_ref().and_then(R::updated_at);
        Ok(FormView {
            id,
            name: row.as_ref().map(R::name).unwrap_or_default(),
            seen: seen(updated_at),
            updated_at,
            fieldsets: R::form().view(connection, id.is_some(), &mut draft)?,
            problems: Vec::new(),
            password_problem: None,
        })
    }

    fn form_again(
        &self,
        connection: &mut Connection,
        scope: &Scope,
        id: Option<i64>,
        entered: &Entered,
        problems: &FieldErrors,
    ) -> Result<FormView> {
        let mut view = self.form(connection, scope, id)?;
        entered.one("seen").clone_into(&mut view.seen);
        typed_again(&mut view.fieldsets, entered, problems);
        view.password_problem = problems.of(PASSWORD_AGAIN).cloned();
        let told: Vec<&str> = view.fields().map(|field| field.name).chain([PASSWORD_AGAIN]).collect();
        let rest = problems.iter().filter(|(field, _)| !told.contains(field));
        view.problems = rest.map(|(_, problem)| problem.clone()).collect();
        Ok(view)
    }

    fn save(&self, connection: &mut Connection, by: &By, id: Option<i64>, entered: &Entered) -> Result<Saved> {
        let (row, mut before, mut after) = entered_draft::<R>(connection, by, id, entered)?;
        let form = R::form();
        let Some(row) = row else {
            let id = R::create(connection, by, &after).map_err(beside::<R>)?;
            let row = R::row(connection, &by.actor.scope, id)?;
            record::write::<R>(connection, by, Deed::Create, &row, form.everything(&mut after))?;
            return Ok(Saved { id, name: R::name(&row), changed: true });
        };
        if entered.has("seen") && entered.one("seen") != seen(R::updated_at(&row)) {
            return Err(Error::field("", "Somebody else changed this in the meantime. Load the page again to see it"));
        }
        let changes = form.changes(&mut before, &mut after);
        let id = R::id(&row);
        if changes.is_empty() {
            return Ok(Saved { id, name: R::name(&row), changed: false });
        }
        R::update(connection, by, &row, &after).map_err(beside::<R>)?;
        let row = R::row(connection, &by.actor.scope, id)?;
        record::write::<R>(connection, by, Deed::Change, &row, changes)?;
        Ok(Saved { id, name: R::name(&row), changed: true })
    }

    fn deletions(&self, connection: &mut Connection, by: &By, ids: &[i64]) -> Result<Vec<Deletion>> {
        let mut deletions = Vec::new();
        for id in ids {
            let row = R::row(connection, &by.actor.scope, *id)?;
            let consequences = R::consequences(connection, by, &row)?;
            deletions.push(Deletion { id: *id, name: R::name(&row), consequences });
        }
        Ok(deletions)
    }

    fn delete(&self, connection: &mut Connection, by: &By, ids: &[i64]) -> Result<Vec<String>> {
        let form = R::form();
        let mut names = Vec::new();
        for id in ids {
            let row = R::row(connection, &by.actor.scope, *id)?;
            if let Some(problem) = R::consequences(connection, by, &row)?.blocked.into_iter().next() {
                return Err(Error::Conflict(problem));
            }
            let values = form.everything(&mut R::draft(connection, &row)?);
            R::delete(connection, by, &row)?;
            record::write::<R>(connection, by, Deed::Delete, &row, values)?;
            names.push(R::name(&row));
        }
        Ok(names)
    }

    fn act(&self, connection: &mut Connection, by: &By, action: &str, ids: &[i64]) -> Result<Vec<String>> {
        let actions = R::actions();
        let action = actions.iter().find(|known| known.name == action);
        let action = action.ok_or(Error::BadRequest(Message::new("There is no such action")))?;
        let mut names = Vec::new();
        for id in ids {
            let row = R::row(connection, &by.actor.scope, *id)?;
            (action.deed)(connection, by, &row)?;
            record::write::<R>(connection, by, Deed::Action(action.name), &row, Vec::new())?;
            names.push(R::name(&row));
        }
        Ok(names)
    }

    fn related(&self, connection: &mut Connection, by: &By, id: i64) -> Result<Vec<RelatedView>> {
        let row = R::row(connection, &by.actor.scope, id)?;
        let actions = R::actions();
        let action = |name| actions.iter().find(|known| Some(known.name) == name);
        let views = R::related(connection, &row, by)?.into_iter().filter(|related| !related.rows.is_empty());
        Ok(views
            .map(|related| {
                let action = action(related.action).map(|known| ActionView { name: known.name, label: known.label });
                RelatedView::of(related, action)
            })
            .collect())
    }

    fn name_of(&self, connection: &mut Connection, scope: &Scope, id: i64) -> Result<String> {
        Ok(R::name(&R::row(connection, scope, id)?))
    }

    fn label_of(&self, field: &str) -> Option<&'static str> {
        R::form().label_of(field)
    }

    fn changed(&self, app: &App, touched: &[i64]) {
        R::changed(app, touched);
    }
}
