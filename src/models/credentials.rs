//! How we sign in to servers. What is secret is sealed, and leaves this table through one question only (S05).

mod changes;
mod reseal;
mod secrets;

use chrono::{DateTime, Utc};
use diesel::prelude::*;

use super::ids::CredentialId;
use super::inventory_files::only_by_hand;
use super::names::{name_problem, note_problem, remote_user_problem};
use crate::db::errors::violates;
use crate::db::schema::credentials;
use crate::db::types::text_enum;
use crate::error::{Error, FieldErrors, Result};
use crate::language::Message;
use crate::secret::seal::Sealer;

pub use changes::{CredentialChanges, SecretChange};
pub(in crate::models) use reseal::Resealed;
pub use secrets::Secrets;

text_enum! {
    /// What is presented at sign-in.
    pub enum CredentialKind {
        /// A password, also for keyboard-interactive.
        Password = "password",
        /// A private key, with or without a passphrase.
        PrivateKey = "private_key",
    }
}

text_enum! {
    /// How to become root.
    pub enum Privileges {
        /// Not at all.
        None = "none",
        /// `sudo` without a password.
        Sudo = "sudo",
        /// `sudo` with the stored password.
        SudoPassword = "sudo_password",
    }
}

/// One row of `credentials`: what may be shown. Of a secret, only whether there is one.
#[derive(Debug, Clone, PartialEq, Eq, HasQuery, Identifiable)]
#[diesel(table_name = credentials)]
#[expect(missing_docs, reason = "the migration describes the columns")]
#[expect(clippy::struct_excessive_bools, reason = "one for each secret that may be stored")]
pub struct Credential {
    pub id: CredentialId,
    pub name: String,
    pub user_name: String,
    pub kind: CredentialKind,
    pub privilege: Privileges,
    pub fingerprint: Option<String>,
    pub key_algorithm: Option<String>,
    pub version: i64,
    pub secret_changed_at: Option<DateTime<Utc>>,
    pub note: String,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
    pub managed_by: Option<String>,
    #[diesel(select_expression = credentials::password.is_not_null())]
    pub has_password: bool,
    #[diesel(select_expression = credentials::private_key.is_not_null())]
    pub has_private_key: bool,
    #[diesel(select_expression = credentials::passphrase.is_not_null())]
    pub has_passphrase: bool,
    #[diesel(select_expression = credentials::sudo_password.is_not_null())]
    pub has_sudo_password: bool,
}

/// What people see of a private key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyFacts {
    /// `ssh-ed25519`
    pub algorithm: String,
    /// `SHA256:…` of the public half.
    pub fingerprint: String,
}

/// What is needed to add a credential.
#[derive(Debug)]
#[expect(missing_docs, reason = "the same as in the row")]
pub struct NewCredential<'a> {
    pub name: &'a str,
    pub user_name: &'a str,
    pub kind: CredentialKind,
    pub privilege: Privileges,
    pub note: &'a str,
    pub key: Option<&'a KeyFacts>,
    pub secrets: &'a Secrets,
}

impl NewCredential<'_> {
    /// Adds the credential. The row comes first: its id is part of what the seals cover (S02).
    pub fn insert(&self, connection: &mut PgConnection, sealer: &Sealer, now: DateTime<Utc>) -> Result<Credential> {
        check(Some(self.name), Some(self.user_name), Some(self.note))?;
        connection.transaction(|connection| {
            let id: CredentialId = diesel::insert_into(credentials::table)
                .values((
                    credentials::name.eq(self.name),
                    credentials::user_name.eq(self.user_name),
                    credentials::kind.eq(self.kind),
                    credentials::privilege.eq(self.privilege),
                    credentials::note.eq(self.note),
                    credentials::fingerprint.eq(self.key.map(|key| &key.fingerprint)),
                    credentials::key_algorithm.eq(self.key.map(|key| &key.algorithm)),
                ))
                .returning(credentials::id)
                .get_result(connection)
                .map_err(|error| refused(error, self.name))?;
            self.secrets.write(connection, sealer, id, now)?;
            Credential::by_id(connection, id)
        })
    }
}

impl Credential {
    /// All of them, by name.
    pub fn all(connection: &mut PgConnection) -> QueryResult<Vec<Self>> {
        Self::query().order(credentials::name).load(connection)
    }

    /// The credential with this id.
    pub fn by_id(connection: &mut PgConnection, id: CredentialId) -> Result<Self> {
        Self::query().find(id).first(connection).optional()?.ok_or(Error::NotFound("The credential"))
    }

    /// The credential with this name.
    pub fn by_name(connection: &mut PgConnection, name: &str) -> Result<Self> {
        Self::query()
            .filter(credentials::name.eq(name))
            .first(connection)
            .optional()?
            .ok_or(Error::NotFound("The credential"))
    }

    /// Deletes these credentials, also those that came from a file. Not while servers sign in with one.
    pub fn delete_all(connection: &mut PgConnection, ids: &[CredentialId]) -> Result<()> {
        diesel::delete(credentials::table.filter(credentials::id.eq_any(ids)))
            .execute(connection)
            .map_err(|error| refused(error, ""))?;
        Ok(())
    }

    /// Deletes it. Not while servers sign in with it, and not by hand where it came from a file.
    pub fn delete(&self, connection: &mut PgConnection) -> Result<()> {
        only_by_hand(&self.name, self.managed_by.as_deref())?;
        diesel::delete(self).execute(connection).map_err(|error| refused(error, &self.name))?;
        Ok(())
    }
}

/// Every field that cannot be accepted.
fn check(name: Option<&str>, user_name: Option<&str>, note: Option<&str>) -> Result<()> {
    let mut problems = FieldErrors::default();
    if let Some(problem) = name.and_then(name_problem) {
        problems.add("name", problem);
    }
    if let Some(problem) = user_name.and_then(remote_user_problem) {
        problems.add("user_name", problem);
    }
    if let Some(problem) = note.and_then(note_problem) {
        problems.add("note", problem);
    }
    problems.or(())
}

/// What a violated constraint means to a person.
fn refused(error: diesel::result::Error, name: &str) -> Error {
    if violates(&error, "credentials_name_key") {
        Error::Conflict(Message::new("There is a credential named {name} already").with("name", name))
    } else if violates(&error, "servers_credential_id_fkey") {
        Error::Conflict(
            Message::new("Servers sign in with {name}. Choose another credential for them first").with("name", name),
        )
    } else {
        error.into()
    }
}
