//! Changing a server: what may change, what cannot be accepted, and when its connections must end (H03).

use chrono::{DateTime, Utc};
use diesel::prelude::*;

use super::{NewServer, Server};
use crate::db::errors::violates;
use crate::db::schema::servers;
use crate::db::types::Labels;
use crate::error::{Error, FieldErrors, Result};
use crate::language::Message;
use crate::models::allowance::Allowance;
use crate::models::ids::{CredentialId, ServerId};
use crate::models::inventory_files::only_by_hand;
use crate::models::names::{address_problem, labels_problem, note_problem, server_name_problem};

/// More jumps than anybody has; a circle is found at once.
pub const MAXIMUM_JUMPS: usize = 4;

/// What may change about a server; `None` stays as it is.
#[derive(Debug, Clone, Default, AsChangeset)]
#[diesel(table_name = servers)]
#[expect(missing_docs, reason = "the same as in the row")]
pub struct ServerChanges {
    pub name: Option<String>,
    pub address: Option<String>,
    pub port: Option<i32>,
    pub credential_id: Option<Option<CredentialId>>,
    pub jump_server_id: Option<Option<ServerId>>,
    pub labels: Option<Labels>,
    pub note: Option<String>,
    pub enabled: Option<bool>,
    pub sampling_seconds: Option<i32>,
    pub legacy_algorithms: Option<bool>,
    pub allow: Option<Allowance>,
    /// What came from a file changes only by naming the file that it comes from then, or none.
    pub managed_by: Option<Option<String>>,
}

impl From<&NewServer<'_>> for ServerChanges {
    fn from(new: &NewServer<'_>) -> Self {
        Self {
            name: Some(new.name.to_owned()),
            address: Some(new.address.to_owned()),
            port: Some(new.port),
            credential_id: Some(new.credential_id),
            jump_server_id: Some(new.jump_server_id),
            labels: Some(new.labels.clone()),
            note: Some(new.note.to_owned()),
            enabled: Some(new.enabled),
            sampling_seconds: Some(new.sampling_seconds),
            legacy_algorithms: Some(new.legacy_algorithms),
            allow: Some(new.allow),
            managed_by: None,
        }
    }
}

impl Server {
    /// Changes it. The version grows when an open connection would no longer be the one that is meant.
    pub fn change(
        connection: &mut PgConnection,
        id: ServerId,
        changes: &ServerChanges,
        now: DateTime<Utc>,
    ) -> Result<Self> {
        check(changes)?;
        connection.transaction(|connection| {
            // One change of jump servers at a time, or two of them could close a circle together.
            if changes.jump_server_id.is_some() {
                diesel::sql_query("select pg_advisory_xact_lock(hashtext('hannun:jump servers'))")
                    .execute(connection)?;
            }
            let before: Self = Self::query()
                .find(id)
                .for_update()
                .first(connection)
                .optional()?
                .ok_or(Error::NotFound("The server"))?;
            if changes.managed_by.is_none() {
                only_by_hand(&before.name, before.managed_by.as_deref())?;
            }
            let after: Self = diesel::update(servers::table.find(id))
                .set((changes, servers::updated_at.eq(now)))
                .returning(Self::as_select())
                .get_result(connection)
                .map_err(|error| refused(error, changes.name.as_deref().unwrap_or(&before.name)))?;
            after.jumps(connection)?;
            if before.connects_like(&after) {
                return Ok(after);
            }
            Ok(diesel::update(servers::table.find(id))
                .set(servers::version.eq(before.version + 1))
                .returning(Self::as_select())
                .get_result(connection)?)
        })
    }

    /// Whether a connection made for this row would be the same for `other`.
    pub(super) fn connects_like(&self, other: &Self) -> bool {
        (&self.address, self.port, self.credential_id, self.jump_server_id, self.legacy_algorithms, self.enabled)
            == (
                &other.address,
                other.port,
                other.credential_id,
                other.jump_server_id,
                other.legacy_algorithms,
                other.enabled,
            )
    }
}

/// Every field that cannot be accepted.
pub(super) fn check(changes: &ServerChanges) -> Result<()> {
    let mut problems = FieldErrors::default();
    if let Some(problem) = changes.name.as_deref().and_then(server_name_problem) {
        problems.add("name", problem);
    }
    if let Some(problem) = changes.address.as_deref().and_then(address_problem) {
        problems.add("address", problem);
    }
    if changes.port.is_some_and(|port| !(1..=65_535).contains(&port)) {
        problems.add("port", "Choose a port from 1 to 65535");
    }
    if changes.sampling_seconds.is_some_and(|seconds| !(1..=3_600).contains(&seconds)) {
        problems.add("sampling_seconds", "Choose from 1 to 3600 seconds");
    }
    if let Some(problem) = changes.labels.as_ref().and_then(|labels| labels_problem(&labels.0)) {
        problems.add("labels", problem);
    }
    if let Some(problem) = changes.note.as_deref().and_then(note_problem) {
        problems.add("note", problem);
    }
    problems.or(())
}

pub(super) fn too_many_jumps() -> Error {
    let problem = "Jump servers would form a circle or a chain of more than {most}";
    Error::field("jump_server_id", Message::new(problem).with("most", MAXIMUM_JUMPS))
}

/// What a violated constraint means to a person.
pub(super) fn refused(error: diesel::result::Error, name: &str) -> Error {
    if violates(&error, "servers_name_key") {
        Error::Conflict(Message::new("There is a server named {name} already").with("name", name))
    } else if violates(&error, "servers_jump_server_id_fkey") {
        Error::Conflict(
            Message::new("{name} is a jump server of other servers. Choose another jump server for them first")
                .with("name", name),
        )
    } else if violates(&error, "servers_credential_id_fkey") {
        Error::field("credential_id", "This credential is not there any more")
    } else if violates(&error, "servers_check") {
        Error::field("jump_server_id", "A server cannot be its own jump server")
    } else {
        error.into()
    }
}
