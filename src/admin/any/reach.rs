//! Who sees the rows of a resource, who changes them, and which rows nobody changes here.

use crate::admin::resource::{By, Consequences, Reach, Resource};
use crate::db::Connection;
use crate::error::{Error, Result};
use crate::language::Message;
use crate::models::actor::Scope;
use crate::models::inventory_files::comes_from;

/// Why a row is not changed here: it came with hannun, or from a file.
fn why_not<R: Resource>(row: &R::Row) -> Option<Message> {
    R::locked(row).or_else(|| R::managed_by(row).map(|file| comes_from(&R::name(row), &file)))
}

/// Why somebody of this scope does not change it here.
pub(super) fn barred<R: Resource>(scope: &Scope, row: Option<&R::Row>) -> Option<Message> {
    row.and_then(why_not::<R>).or_else(|| may_change::<R>(scope).err().map(|refused| refused.message()))
}

/// Refuses what nobody changes here.
pub(super) fn unlocked<R: Resource>(row: &R::Row) -> Result<()> {
    R::locked(row).map_or(Ok(()), |why| Err(Error::Forbidden(why)))
}

/// Refuses who may not even see its rows (Z02); every question begins here.
pub(super) fn may_look<R: Resource>(scope: &Scope) -> Result<()> {
    if R::REACH == Reach::All { scope.needs_all() } else { Ok(()) }
}

/// Refuses who may see its rows, but not change them (Z02).
pub(super) fn may_change<R: Resource>(scope: &Scope) -> Result<()> {
    if R::REACH == Reach::Scoped { Ok(()) } else { scope.needs_all() }
}

/// What deleting a row means; what is not changed here is not deleted here.
pub(super) fn consequences<R: Resource>(connection: &mut Connection, by: &By, row: &R::Row) -> Result<Consequences> {
    let mut consequences = R::consequences(connection, by, row)?;
    consequences.blocked.extend(why_not::<R>(row));
    Ok(consequences)
}
