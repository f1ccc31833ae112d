//! What somebody who is limited to some groups may know of, where no server is asked for.

use crate::error::{Error, Result};
use crate::language::Message;
use crate::models::actor::{Actor, Scope};
use crate::models::ids::GroupId;

/// Whether the group is one that `scope` names.
pub(super) fn sees(scope: &Scope, group: GroupId) -> bool {
    match scope {
        Scope::All => true,
        Scope::Groups(groups) => groups.contains(&group),
    }
}

/// People, tokens, credentials, groups and the audit log belong to no group: only who may know of every server may
/// look after them. Whoever could take any credential could send it to a server of their own.
pub(super) fn needs_all(actor: &Actor) -> Result<()> {
    match actor.scope() {
        Scope::All => Ok(()),
        Scope::Groups(_) => {
            Err(Error::Forbidden(Message::new("This needs an account for all servers; yours is for some groups")))
        }
    }
}
