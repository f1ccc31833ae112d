//! A resource without its types, so that one set of handlers and templates serves all of them.

mod reach;
mod views;

use super::asked::Asked;
use super::entered::Entered;
use super::form::{FieldsetView, PASSWORD_AGAIN, lock, only_revealed, typed_again};
use super::list_view::{ActionView, ListView};
use super::record::{self, Deed};
use super::resource::{Beside, By, Checking, Deleting, Resource};
use super::trial::Subject;
use crate::app::App;
use crate::db::Connection;
use crate::error::{Error, FieldErrors, Result};
use crate::language::Message;
use crate::models::actor::Scope;
use crate::secret::SecretText;
use crate::web::menu::Screen;
use chrono::{DateTime, Utc};
use futures_util::future::BoxFuture;

use reach::{barred, consequences, may_change, may_look, unlocked};
pub use views::{Deletion, FormView, RelatedView, Saved};

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
    /// The form of a new row that begins as another one.
    fn form_of_copy(&self, connection: &mut Connection, scope: &Scope, id: i64) -> Result<FormView>;
    /// The form as it was typed, with what is wrong with it.
    fn form_again(
        &self,
        connection: &mut Connection,
        scope: &Scope,
        id: Option<i64>,
        entered: &Entered,
        problems: &FieldErrors,
    ) -> Result<FormView>;
    /// What would be tried of what was entered, whatever else is wrong with it.
    fn subject(
        &self,
        connection: &mut Connection,
        scope: &Scope,
        id: Option<i64>,
        entered: &Entered,
    ) -> Result<Option<Subject>>;
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
    /// After a change was committed: what must be so before the next page.
    fn take_into_use(&self, app: App) -> BoxFuture<'static, Result<()>>;
}

/// What can be done with the rows of a resource.
#[derive(Debug, Clone, Copy)]
#[expect(clippy::struct_excessive_bools, reason = "one for each thing that may be possible")]
pub struct Abilities {
    /// The button that adds one.
    pub add: Option<&'static str>,
    /// Ways from the list to elsewhere: address, words in English, symbol.
    pub links: &'static [(&'static str, &'static str, &'static str)],
    /// They have a form.
    pub change: bool,
    /// A stored one can be changed.
    pub change_stored: bool,
    /// They can be deleted, and what that is called.
    pub delete: Option<&'static Deleting>,
    /// A form may begin with what another row holds.
    pub copy: bool,
    /// Fields follow from others while the form is filled in.
    pub redraws: bool,
    /// Changes need a password that was entered lately (A11).
    pub needs_proof: bool,
    /// A field that holds a password to be hashed.
    pub hashed: Option<&'static str>,
    /// Makes the secret that a new one gives, once.
    pub gives: Option<fn() -> Result<SecretText>>,
    /// What stands beside the form.
    pub beside: Beside,
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
    may_look::<R>(scope)?;
    match id {
        None => Ok((None, R::blank())),
        Some(id) => {
            let row = R::row(connection, scope, id)?;
            let draft = R::draft(connection, &row)?;
            Ok((Some(row), draft))
        }
    }
}

/// The fields of a row; of one that is not changed here, with nothing to fill in but secrets.
fn view<R: Resource>(
    connection: &mut Connection,
    scope: &Scope,
    row: Option<&R::Row>,
    draft: &mut R::Draft,
) -> Result<Vec<FieldsetView>> {
    let mut views = R::form().view(connection, scope, row.is_some(), draft)?;
    if barred::<R>(scope, row).is_some() {
        lock(&mut views);
    }
    Ok(views)
}

/// The form around a draft.
fn view_of<R: Resource>(
    connection: &mut Connection,
    scope: &Scope,
    row: Option<&R::Row>,
    mut draft: R::Draft,
) -> Result<FormView> {
    let (updated_at, locked) = (row.and_then(R::updated_at), barred::<R>(scope, row));
    let mut fieldsets = view::<R>(connection, scope, row, &mut draft)?;
    if locked.is_some() {
        only_revealed(&mut fieldsets);
    }
    Ok(FormView {
        id: row.map(R::id),
        name: row.map(R::name).unwrap_or_default(),
        seen: seen(updated_at),
        updated_at,
        fieldsets,
        can_save: locked.is_none() || R::FILLED_IN,
        locked,
        subject: R::subject(&draft),
        problems: Vec::new(),
        password_problem: None,
    })
}

/// The stored row and the draft with what was typed, as far as it can be read.
fn typed_draft<R: Resource>(
    connection: &mut Connection,
    scope: &Scope,
    id: Option<i64>,
    entered: &Entered,
) -> Result<(Option<R::Row>, R::Draft)> {
    let (row, mut draft) = start::<R>(connection, scope, id)?;
    let views = view::<R>(connection, scope, row.as_ref(), &mut draft)?;
    // What is wrong is told by whoever saves.
    drop(R::form().read(entered, &views, &mut draft));
    Ok((row, draft))
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
    let (row, mut before) = start::<R>(connection, by.actor.scope(), id)?;
    row.as_ref().map_or(Ok(()), unlocked::<R>)?;
    let views = view::<R>(connection, by.actor.scope(), row.as_ref(), &mut before)?;
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
            links: R::LINKS,
            change: !R::form().is_empty(),
            change_stored: R::CHANGES,
            delete: R::DELETES.then_some(R::DELETING),
            copy: R::COPIES,
            redraws: R::form().redraws(),
            needs_proof: R::NEEDS_PROOF,
            hashed: R::HASHED,
            gives: R::GIVES,
            beside: R::BESIDE,
        }
    }

    fn list(&self, connection: &mut Connection, scope: &Scope, asked: &Asked, now: DateTime<Utc>) -> Result<ListView> {
        may_look::<R>(scope)?;
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
        let (row, draft) = start::<R>(connection, scope, id)?;
        view_of::<R>(connection, scope, row.as_ref(), draft)
    }

    fn form_of_copy(&self, connection: &mut Connection, scope: &Scope, id: i64) -> Result<FormView> {
        let (_, mut draft) = start::<R>(connection, scope, Some(id))?;
        R::copied(&mut draft);
        view_of::<R>(connection, scope, None, draft)
    }

    fn form_again(
        &self,
        connection: &mut Connection,
        scope: &Scope,
        id: Option<i64>,
        entered: &Entered,
        problems: &FieldErrors,
    ) -> Result<FormView> {
        let (row, draft) = typed_draft::<R>(connection, scope, id, entered)?;
        let mut view = view_of::<R>(connection, scope, row.as_ref(), draft)?;
        entered.one("seen").clone_into(&mut view.seen);
        typed_again(&mut view.fieldsets, entered, problems);
        view.password_problem = problems.of(PASSWORD_AGAIN).cloned();
        let told: Vec<&str> = view.fields().map(|field| field.name).chain([PASSWORD_AGAIN]).collect();
        let rest = problems.iter().filter(|(field, _)| !told.contains(field));
        view.problems = rest.map(|(_, problem)| problem.clone()).collect();
        Ok(view)
    }

    fn subject(
        &self,
        connection: &mut Connection,
        scope: &Scope,
        id: Option<i64>,
        entered: &Entered,
    ) -> Result<Option<Subject>> {
        may_change::<R>(scope)?;
        R::form().only_known(entered)?;
        let (_, draft) = typed_draft::<R>(connection, scope, id, entered)?;
        Ok(R::subject(&draft))
    }

    fn save(&self, connection: &mut Connection, by: &By, id: Option<i64>, entered: &Entered) -> Result<Saved> {
        may_change::<R>(by.actor.scope())?;
        let (row, mut before, mut after) = entered_draft::<R>(connection, by, id, entered)?;
        let form = R::form();
        let Some(row) = row else {
            let id = R::create(connection, by, &after).map_err(beside::<R>)?;
            let row = R::row(connection, by.actor.scope(), id)?;
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
        let row = R::row(connection, by.actor.scope(), id)?;
        record::write::<R>(connection, by, Deed::Change, &row, changes)?;
        Ok(Saved { id, name: R::name(&row), changed: true })
    }

    fn deletions(&self, connection: &mut Connection, by: &By, ids: &[i64]) -> Result<Vec<Deletion>> {
        may_change::<R>(by.actor.scope())?;
        let mut deletions = Vec::new();
        for id in ids {
            let row = R::row(connection, by.actor.scope(), *id)?;
            let consequences = consequences::<R>(connection, by, &row)?;
            deletions.push(Deletion { id: *id, name: R::name(&row), consequences });
        }
        Ok(deletions)
    }

    fn delete(&self, connection: &mut Connection, by: &By, ids: &[i64]) -> Result<Vec<String>> {
        may_change::<R>(by.actor.scope())?;
        let form = R::form();
        let mut names = Vec::new();
        for id in ids {
            let row = R::row(connection, by.actor.scope(), *id)?;
            unlocked::<R>(&row)?;
            if let Some(problem) = consequences::<R>(connection, by, &row)?.blocked.into_iter().next() {
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
        may_change::<R>(by.actor.scope())?;
        let mut names = Vec::new();
        for id in ids {
            let row = R::row(connection, by.actor.scope(), *id)?;
            unlocked::<R>(&row)?;
            (action.deed)(connection, by, &row)?;
            record::write::<R>(connection, by, Deed::Action(action.name), &row, Vec::new())?;
            names.push(R::name(&row));
        }
        Ok(names)
    }

    fn related(&self, connection: &mut Connection, by: &By, id: i64) -> Result<Vec<RelatedView>> {
        may_look::<R>(by.actor.scope())?;
        let row = R::row(connection, by.actor.scope(), id)?;
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
        may_look::<R>(scope)?;
        Ok(R::name(&R::row(connection, scope, id)?))
    }

    fn label_of(&self, field: &str) -> Option<&'static str> {
        R::form().label_of(field)
    }

    fn changed(&self, app: &App, touched: &[i64]) {
        R::changed(app, touched);
    }

    fn take_into_use(&self, app: App) -> BoxFuture<'static, Result<()>> {
        R::take_into_use(app)
    }
}
