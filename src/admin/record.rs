//! Audit events of the administration: what was done to which row, and the fields that changed (L01).

use super::form::Changes;
use super::resource::{By, Resource};
use crate::db::Connection;
use crate::error::Result;
use crate::models::audit::{AuditEntry, Outcome};

/// What was done to a row.
#[derive(Debug, Clone, Copy)]
pub enum Deed {
    /// It was added.
    Create,
    /// Fields of it changed.
    Change,
    /// It was deleted.
    Delete,
    /// One of the resource's own actions.
    Action(&'static str),
}

/// The detail that names the row, by which its history is found: `servers/12`.
pub const OBJECT: &str = "object";

/// The row as the detail names it.
pub fn object(slug: &str, id: i64) -> String {
    format!("{slug}/{id}")
}

/// Writes the event, as the last thing in the transaction of the change.
pub fn write<R: Resource>(
    connection: &mut Connection,
    by: &By,
    deed: Deed,
    row: &R::Row,
    changes: Changes,
) -> Result<()> {
    let [create, change, delete] = R::EVENTS;
    let action = match deed {
        Deed::Create => create,
        Deed::Change => change,
        Deed::Delete => delete,
        Deed::Action(name) => name,
    };
    let mut entry = AuditEntry::by(&by.actor, action)
        .server(&R::server_of(row))
        .target(&R::name(row))
        .detail(OBJECT, object(R::screen().slug, R::id(row)));
    for (field, value) in changes {
        entry = entry.detail(field, value);
    }
    entry.record(connection, Outcome::Succeeded, by.at)?;
    Ok(())
}
