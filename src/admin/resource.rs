//! What a resource declares, and what the handlers see of it. A resource is one file in `resources/`.

use chrono::{DateTime, Utc};
use futures_util::future::BoxFuture;

use super::asked::Asked;
use super::cell::Cell;
use super::form::Form;
use super::list::{Found, List};
use super::trial::Subject;
use crate::app::App;
use crate::db::Connection;
use crate::error::{Error, FieldErrors, Result};
use crate::language::Message;
use crate::models::actor::{Actor, Scope};
use crate::models::sessions::Session;
use crate::secret::SecretText;
use crate::secret::password::PasswordHash;
use crate::web::menu::Screen;

/// Rows of one kind, as administrators see them.
pub trait Resource: Send + Sync + 'static {
    /// One row of the list.
    type Row: Send + 'static;
    /// What the form fills in.
    type Draft: Clone + Default + Send + 'static;

    /// Who may see and change its rows (Z02).
    const REACH: Reach = Reach::All;
    /// The actions of audit events: `create_server`, `change_server`, `delete_server`.
    const EVENTS: [&'static str; 3] = [""; 3];
    /// The button that adds a row, in English; none where nobody can.
    const ADD: Option<&'static str> = None;
    /// Ways from the list to elsewhere: address, words in English, symbol.
    const LINKS: &'static [(&'static str, &'static str, &'static str)] = &[];
    /// Whether rows may be deleted.
    const DELETES: bool = false;
    /// Whether saving and deleting need a password that was entered lately (A11).
    const NEEDS_PROOF: bool = false;
    /// Whether a stored row can be changed; otherwise its form only shows it.
    const CHANGES: bool = true;
    /// What deleting is called.
    const DELETING: &'static Deleting = &Deleting::DELETE;
    /// Makes the secret that a new row gives to whoever adds it, shown this once ([`By::given`]).
    const GIVES: Option<fn() -> Result<SecretText>> = None;
    /// A field of the form that holds a password to be hashed before it is saved.
    const HASHED: Option<&'static str> = None;
    /// Whether something of a row that came from a file is filled in by hand all the same: its secrets.
    const FILLED_IN: bool = false;
    /// The field beside which a conflict with other rows is told.
    const CONFLICTS_AT: &'static str = "name";
    /// Whether a form may begin with what another row holds.
    const COPIES: bool = false;
    /// What stands beside the form of a stored row.
    const BESIDE: Beside = Beside::Nothing;

    /// Its place in the menu; the slug is its name in addresses.
    fn screen() -> &'static Screen;

    /// How its rows are listed.
    fn list() -> List<Self::Row>;

    /// How a row is changed; no fields: not at all.
    fn form() -> Form<Self::Draft> {
        Form::new()
    }

    /// What can be done to several rows at once, besides deleting.
    fn actions() -> Vec<Action<Self::Row>> {
        Vec::new()
    }

    /// All rows that `scope` may know of.
    fn rows(connection: &mut Connection, scope: &Scope) -> Result<Vec<Self::Row>>;

    /// The rows of one page. Tables that grow without end ask the database instead of looking through all rows.
    fn find(
        connection: &mut Connection,
        scope: &Scope,
        asked: &Asked,
        _now: DateTime<Utc>,
    ) -> Result<Found<Self::Row>> {
        Ok(Self::list().arrange(Self::rows(connection, scope)?, asked))
    }

    /// One row; one outside `scope` is not found, like one that does not exist (Z05).
    fn row(connection: &mut Connection, scope: &Scope, id: i64) -> Result<Self::Row> {
        let mut rows = Self::rows(connection, scope)?.into_iter();
        rows.find(|row| Self::id(row) == id).ok_or(Error::NotFound("What you asked for"))
    }

    /// Its number.
    fn id(row: &Self::Row) -> i64;

    /// Its name.
    fn name(row: &Self::Row) -> String;

    /// When it was last changed; a form that was loaded before that is refused.
    fn updated_at(_row: &Self::Row) -> Option<DateTime<Utc>> {
        None
    }

    /// The file that it came from, where one did: it is changed there and not by hand.
    fn managed_by(_row: &Self::Row) -> Option<String> {
        None
    }

    /// What an empty form holds.
    fn blank() -> Self::Draft {
        Self::Draft::default()
    }

    /// What the form of a stored row holds.
    fn draft(_connection: &mut Connection, _row: &Self::Row) -> Result<Self::Draft> {
        Ok(Self::blank())
    }

    /// Makes a draft of another row the beginning of a new one: under another name, say.
    fn copied(_draft: &mut Self::Draft) {}

    /// Why nobody can change or delete this row here; none where administrators may.
    fn locked(_row: &Self::Row) -> Option<Message> {
        None
    }

    /// What *Try on a server* would run; none where there is nothing to try.
    fn subject(_draft: &Self::Draft) -> Option<Subject> {
        None
    }

    /// Rows of other kinds that belong to it, shown below its form.
    fn related(_connection: &mut Connection, _row: &Self::Row, _by: &By) -> Result<Vec<Related>> {
        Ok(Vec::new())
    }

    /// Rules about several fields, or about other rows.
    fn check(_check: &mut Checking<'_, Self::Row>, _draft: &mut Self::Draft) -> Result<()> {
        Ok(())
    }

    /// Adds a row; gives its number.
    fn create(_connection: &mut Connection, _by: &By, _draft: &Self::Draft) -> Result<i64> {
        Err(Self::read_only())
    }

    /// Changes a row.
    fn update(_connection: &mut Connection, _by: &By, _row: &Self::Row, _draft: &Self::Draft) -> Result<()> {
        Err(Self::read_only())
    }

    /// What deleting would take with it, and what stands in its way.
    fn consequences(_connection: &mut Connection, _by: &By, _row: &Self::Row) -> Result<Consequences> {
        Ok(Consequences::default())
    }

    /// Deletes a row.
    fn delete(_connection: &mut Connection, _by: &By, _row: &Self::Row) -> Result<()> {
        Err(Self::read_only())
    }

    /// After a change was committed: closes connections that no longer fit, and the like.
    fn changed(_app: &App, _touched: &[i64]) {}

    /// After a change was committed: what must be so before the administrator sees the next page. Other processes learn of
    /// it by themselves.
    fn take_into_use(_app: App) -> BoxFuture<'static, Result<()>> {
        Box::pin(async { Ok(()) })
    }

    /// The server that audit events about a row name; empty for none.
    fn server_of(_row: &Self::Row) -> String {
        String::new()
    }

    /// The answer to changing what nobody can change.
    fn read_only() -> Error {
        Error::Forbidden(Message::new("Nobody can change this"))
    }
}

/// Whose the rows of a resource are, for administrators who are limited to some groups.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reach {
    /// They are servers: those of one's groups are seen and changed.
    Scoped,
    /// They are about every server: looked at by all, changed by who may know of every server.
    Shared,
    /// They belong to no group: only who may know of every server looks after them.
    All,
}

/// What stands beside a form.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Beside {
    /// Nothing.
    Nothing,
    /// The connection test and the host keys of a server.
    Connection,
    /// *Send a test* of a channel.
    Message,
    /// *Try on a server*, also beside the form of a new row.
    Trial,
    /// Above the list: whether the chain of the audit log is whole.
    Chain,
}

/// Who makes a change, and with what.
#[derive(Clone)]
pub struct By {
    /// The administrator.
    pub actor: Actor,
    /// Their session, which stays when they change their own password.
    pub session: Option<Session>,
    /// The time of the change.
    pub at: DateTime<Utc>,
    /// Settings and keys.
    pub app: App,
    /// The hash of the password that was entered ([`Resource::HASHED`]).
    pub password_hash: Option<PasswordHash>,
    /// The secret that a new row gives ([`Resource::GIVES`]).
    pub given: Option<SecretText>,
}

/// A form being checked.
pub struct Checking<'c, R> {
    /// Questions to the database.
    pub connection: &'c mut Connection,
    /// Who wants to save it.
    pub by: &'c By,
    /// The stored row; none for a new one.
    pub row: Option<&'c R>,
    /// What is wrong so far.
    pub problems: &'c mut FieldErrors,
}

/// What deleting a row means.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Consequences {
    /// What goes with it, or stays behind changed.
    pub goes: Vec<Message>,
    /// Why it cannot be deleted.
    pub blocked: Vec<Message>,
}

/// The words for deleting, in English.
#[derive(Debug, PartialEq, Eq)]
pub struct Deleting {
    /// The button that asks.
    pub ask: &'static str,
    /// One row, by `{name}`: above the question, and on the button that does it.
    pub one: &'static str,
    /// Several rows, by `{count}`.
    pub many: &'static str,
    /// What was done, with `{names}`.
    pub done: &'static str,
}

impl Deleting {
    /// The row is gone afterwards.
    pub const DELETE: Self =
        Self { ask: "Delete…", one: "Delete {name}", many: "Delete {count} rows", done: "Deleted {names}" };
    /// The row stays, without effect.
    pub const REVOKE: Self =
        Self { ask: "Revoke…", one: "Revoke {name}", many: "Revoke {count} rows", done: "Revoked {names}" };
}

/// Rows that belong to another one, to look at.
#[derive(Debug, Clone)]
pub struct Related {
    /// The heading, in English.
    pub label: &'static str,
    /// The headings of its columns, in English.
    pub columns: Vec<&'static str>,
    /// Its rows: where each leads (empty: nowhere), and what stands in its columns.
    pub rows: Vec<(String, Vec<Cell>)>,
    /// One of the resource's own actions that is about all of them.
    pub action: Option<&'static str>,
}

/// A deed on the chosen rows of a list.
pub struct Action<R> {
    /// Its name in the form, and in audit events: `pause_server`.
    pub name: &'static str,
    /// The words in the menu, in English.
    pub label: &'static str,
    /// Does it to one row.
    pub deed: fn(&mut Connection, &By, &R) -> Result<()>,
}
