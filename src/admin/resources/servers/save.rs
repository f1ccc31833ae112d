//! A server's form and its row: what the draft holds, what is checked, what is written.

use std::collections::BTreeMap;

use super::{OWN, Row};
use crate::admin::resource::{By, Checking};
use crate::admin::resources::credentials;
use crate::db::Connection;
use crate::db::types::Labels;
use crate::error::{Error, Result};
use crate::models::allowance::Allowance;
use crate::models::credentials::Credential;
use crate::models::ids::{CredentialId, GroupId, ServerId};
use crate::models::server_states::ServerState;
use crate::models::servers::{NewServer, Server, ServerChanges, references};

/// What the form fills in. What it refers to is known by name.
#[derive(Debug, Clone, Default)]
#[expect(missing_docs, reason = "named as in the table")]
pub struct Draft {
    pub name: String,
    pub groups: Vec<String>,
    pub labels: BTreeMap<String, String>,
    pub note: String,
    pub address: String,
    pub port: i64,
    pub jump_server: String,
    pub legacy_algorithms: bool,
    pub credential: String,
    pub own: credentials::Draft,
    pub sampling_seconds: i64,
    pub enabled: bool,
    pub allow: String,
}

impl Draft {
    fn port(&self) -> i32 {
        i32::try_from(self.port).unwrap_or_default()
    }

    /// The server through which it is reached. What was not changed stays, also where it is one that `by` may not know of.
    pub fn jump_server(&self, connection: &mut Connection, by: &By, row: Option<&Row>) -> Result<Option<ServerId>> {
        match row.filter(|row| row.jump_server == self.jump_server) {
            Some(row) => Ok(row.server.jump_server_id),
            None if self.jump_server.is_empty() => Ok(None),
            None => references::jump_server(connection, by.actor.scope(), &self.jump_server).map(Some),
        }
    }

    fn allow(&self) -> Result<Allowance> {
        Allowance::from_name(&self.allow).ok_or_else(|| Error::field("allow", "This is needed"))
    }

    fn sampling_seconds(&self) -> i32 {
        i32::try_from(self.sampling_seconds).unwrap_or_default()
    }
}

/// What the form of a stored server holds.
pub(super) fn draft(row: &Row) -> Draft {
    let server = &row.server;
    Draft {
        name: server.name.clone(),
        groups: row.groups.clone(),
        labels: server.labels.0.clone(),
        note: server.note.clone(),
        address: server.address.clone(),
        port: i64::from(server.port),
        jump_server: row.jump_server.clone(),
        legacy_algorithms: server.legacy_algorithms,
        credential: row.credential.clone(),
        own: credentials::Draft::default(),
        sampling_seconds: i64::from(server.sampling_seconds),
        enabled: server.enabled,
        allow: server.allow.name().to_owned(),
    }
}

/// Rules about several fields.
pub(super) fn check(check: &mut Checking<'_, Row>, draft: &mut Draft) -> Result<()> {
    if draft.credential == OWN {
        for (field, problem) in credentials::problems(check.connection, check.by, None, &mut draft.own)? {
            check.problems.add(format!("own_{field}"), problem);
        }
    }
    for refused in [
        groups(check.connection, check.by, check.row, draft).err(),
        stored_credential(check.connection, check.by, draft).err(),
        draft.jump_server(check.connection, check.by, check.row).err(),
    ] {
        match refused {
            Some(Error::Invalid(problems)) => {
                problems.iter().for_each(|(field, problem)| check.problems.add(field, problem.clone()));
            }
            Some(error) => return Err(error),
            None => {}
        }
    }
    if check.row.is_some_and(|row| row.server.name == draft.jump_server) {
        check.problems.add("jump_server_id", "A server cannot be its own jump server");
    }
    Ok(())
}

/// Adds a server, with a credential of its own where that was chosen.
pub(super) fn create(connection: &mut Connection, by: &By, draft: &Draft) -> Result<i64> {
    let labels = Labels(draft.labels.clone());
    let new = NewServer {
        name: &draft.name,
        address: &draft.address,
        port: draft.port(),
        credential_id: credential(connection, by, draft)?,
        jump_server_id: draft.jump_server(connection, by, None)?,
        labels: &labels,
        note: &draft.note,
        enabled: draft.enabled,
        sampling_seconds: draft.sampling_seconds(),
        legacy_algorithms: draft.legacy_algorithms,
        allow: draft.allow()?,
    };
    let server = new.insert(connection)?;
    let groups = groups(connection, by, None, draft)?;
    server.set_groups(connection, &groups)?;
    if !draft.enabled {
        ServerState::paused(connection, server.id, by.at)?;
    }
    Ok(server.id.0)
}

/// Changes a server. What was known of it is forgotten where it is another machine now, or was resumed.
pub(super) fn update(connection: &mut Connection, by: &By, row: &Row, draft: &Draft) -> Result<()> {
    let before = &row.server;
    let changes = ServerChanges {
        name: Some(draft.name.clone()),
        address: Some(draft.address.clone()),
        port: Some(draft.port()),
        credential_id: Some(credential(connection, by, draft)?),
        jump_server_id: Some(draft.jump_server(connection, by, Some(row))?),
        labels: Some(Labels(draft.labels.clone())),
        note: Some(draft.note.clone()),
        enabled: Some(draft.enabled),
        sampling_seconds: Some(draft.sampling_seconds()),
        legacy_algorithms: Some(draft.legacy_algorithms),
        allow: Some(draft.allow()?),
        managed_by: None,
    };
    let after = Server::change(connection, before.id, &changes, by.at)?;
    let groups = groups(connection, by, Some(row), draft)?;
    after.set_groups(connection, &groups)?;
    if after.version != before.version {
        tell(connection, by, &after)?;
    }
    Ok(())
}

/// Pauses or resumes a server.
pub(super) fn switch(connection: &mut Connection, by: &By, row: &Row, enabled: bool) -> Result<()> {
    let changes = ServerChanges { enabled: Some(enabled), ..ServerChanges::default() };
    let after = Server::change(connection, row.server.id, &changes, by.at)?;
    if after.version == row.server.version { Ok(()) } else { tell(connection, by, &after) }
}

fn tell(connection: &mut Connection, by: &By, server: &Server) -> Result<()> {
    if server.enabled {
        ServerState::forgotten(connection, server.id, by.at)?;
    } else {
        ServerState::paused(connection, server.id, by.at)?;
    }
    Ok(())
}

/// The chosen groups, and those of the stored server that `by` may not know of: it stays in them.
fn groups(connection: &mut Connection, by: &By, row: Option<&Row>, draft: &Draft) -> Result<Vec<GroupId>> {
    let scope = by.actor.scope();
    let mut groups = references::groups(connection, scope, &draft.groups)?;
    if let Some(row) = row {
        let stored = row.server.groups(connection)?.into_iter().map(|group| group.id);
        groups.extend(stored.filter(|group| !scope.sees(*group)));
    }
    Ok(groups)
}

/// The chosen credential, where it is one that is stored.
fn stored_credential(connection: &mut Connection, by: &By, draft: &Draft) -> Result<Option<CredentialId>> {
    if draft.credential.is_empty() || draft.credential == OWN {
        return Ok(None);
    }
    references::credential(connection, by.actor.scope(), &draft.credential).map(Some)
}

/// The chosen credential; one of the server's own is made now, named after the server.
fn credential(connection: &mut Connection, by: &By, draft: &Draft) -> Result<Option<CredentialId>> {
    if draft.credential != OWN {
        return stored_credential(connection, by, draft);
    }
    let taken: Vec<String> = Credential::all(connection)?.into_iter().map(|credential| credential.name).collect();
    let own = credentials::Draft { name: free_name(&draft.name, &taken), ..draft.own.clone() };
    credentials::create(connection, by, &own).map(Some).map_err(beside_own)
}

/// The server's name, or with the first number that makes it free.
fn free_name(server: &str, taken: &[String]) -> String {
    let stem: String = server.chars().take(58).collect();
    let names = std::iter::once(server.to_owned()).chain((2..).map(|number| format!("{stem}-{number}")));
    names.into_iter().find(|name| !taken.contains(name)).unwrap_or_default()
}

/// Problems of the credential's fields stand beside the fields of this form.
fn beside_own(error: Error) -> Error {
    match error {
        Error::Invalid(problems) => {
            let mut own = crate::error::FieldErrors::default();
            for (field, problem) in problems.iter() {
                own.add(format!("own_{field}"), problem.clone());
            }
            Error::Invalid(own)
        }
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_credential_of_its_own_is_named_after_the_server() {
        let taken = ["web-1".to_owned(), "web-1-2".to_owned()];
        assert_eq!(free_name("web-2", &taken), "web-2");
        assert_eq!(free_name("web-1", &taken), "web-1-3");
        assert!(free_name(&"a".repeat(63), &["a".repeat(63)]).len() <= 63);
    }
}
