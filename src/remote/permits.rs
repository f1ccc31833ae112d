//! What the rights of whoever asks let them do on one server (Z07). A refusal is in the audit log.

use super::hosts::Hosts;
use crate::error::{Error, Result};
use crate::language::Message;
use crate::models::actor::Actor;
use crate::models::audit::{AuditEntry, Outcome};
use crate::models::ids::GroupId;
use crate::models::permission::Permission;
use crate::models::servers::Server;

/// Refuses what the actor may not do on this server: `action` is its name in the audit log, `target` what it would be done to.
pub(super) async fn check(
    hosts: &Hosts,
    (server, actor): (&Server, &Actor),
    permission: Permission,
    (action, target): (&'static str, &str),
) -> Result<()> {
    if is_allowed(hosts, (server, actor), permission).await? {
        return Ok(());
    }
    let entry = AuditEntry::by(actor, action).server(&server.name).target(target).detail("needed", permission.name());
    let now = hosts.clock().now();
    hosts.db().run(move |connection| entry.record(connection, Outcome::Refused, now)).await?;
    Err(Error::Forbidden(refusal(&server.name, permission)))
}

/// Whether the actor may do this on a server, by the groups that it has now.
pub(super) async fn is_allowed(
    hosts: &Hosts,
    (server, actor): (&Server, &Actor),
    permission: Permission,
) -> Result<bool> {
    let (row, rights) = (server.clone(), actor.rights.clone());
    let groups = hosts.db().run(move |connection| row.groups(connection));
    let groups: Vec<GroupId> = groups.await?.iter().map(|group| group.id).collect();
    Ok(rights.allow(permission, &groups))
}

/// What is missing, and who can change that.
pub(crate) fn refusal(server: &str, permission: Permission) -> Message {
    Message::new("You may not do this on {server}: {permission}. An administrator can change your rights")
        .with("server", server)
        .with_words("permission", permission.label())
}
