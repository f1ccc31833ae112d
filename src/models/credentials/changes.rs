//! Changing a credential: a secret that is not given stays as it is.

use chrono::{DateTime, Utc};
use diesel::prelude::*;

use super::secrets::SecretColumn;
use super::{Credential, CredentialKind, KeyFacts, Privileges, check, refused};
use crate::db::schema::credentials;
use crate::error::{Error, Result};
use crate::models::ids::CredentialId;
use crate::models::inventory_files::only_by_hand;
use crate::secret::SecretText;
use crate::secret::seal::Sealer;

/// What to do with one stored secret.
#[derive(Debug, Clone, Default)]
pub enum SecretChange {
    /// Leave it, whatever it is.
    #[default]
    Keep,
    /// Forget it.
    Clear,
    /// Store this instead.
    Set(SecretText),
}

/// What may change about a credential; `None` and [`SecretChange::Keep`] stay as they are.
#[derive(Debug, Clone, Default)]
#[expect(missing_docs, reason = "the same as in the row")]
pub struct CredentialChanges {
    pub name: Option<String>,
    pub user_name: Option<String>,
    pub kind: Option<CredentialKind>,
    pub privilege: Option<Privileges>,
    pub note: Option<String>,
    /// Of the new private key, where one is set.
    pub key: Option<Option<KeyFacts>>,
    pub password: SecretChange,
    pub private_key: SecretChange,
    pub passphrase: SecretChange,
    pub sudo_password: SecretChange,
    /// What came from a file changes only by naming the file that it comes from then, or none; its secrets always do.
    pub managed_by: Option<Option<String>>,
}

/// The columns that are not secret.
#[derive(AsChangeset)]
#[diesel(table_name = credentials)]
struct PlainChanges<'a> {
    name: Option<&'a str>,
    user_name: Option<&'a str>,
    kind: Option<CredentialKind>,
    privilege: Option<Privileges>,
    note: Option<&'a str>,
    managed_by: Option<Option<String>>,
    updated_at: DateTime<Utc>,
}

impl CredentialChanges {
    /// Whether anything but a secret would be another than in `before`.
    fn is_about_more_than_secrets(&self, before: &Credential) -> bool {
        self.name.as_ref().is_some_and(|name| *name != before.name)
            || self.user_name.as_ref().is_some_and(|name| *name != before.user_name)
            || self.kind.is_some_and(|kind| kind != before.kind)
            || self.privilege.is_some_and(|privilege| privilege != before.privilege)
            || self.note.as_ref().is_some_and(|note| *note != before.note)
    }
}

impl Credential {
    /// Changes it. The version grows when a connection made before would no longer be the one that is meant (H03).
    pub fn change(
        connection: &mut PgConnection,
        sealer: &Sealer,
        id: CredentialId,
        changes: &CredentialChanges,
        now: DateTime<Utc>,
    ) -> Result<Self> {
        check(changes.name.as_deref(), changes.user_name.as_deref(), changes.note.as_deref())?;
        connection.transaction(|connection| {
            let before = Self::query()
                .find(id)
                .for_update()
                .first(connection)
                .optional()?
                .ok_or(Error::NotFound("The credential"))?;
            if changes.managed_by.is_none() && changes.is_about_more_than_secrets(&before) {
                only_by_hand(&before.name, before.managed_by.as_deref())?;
            }
            diesel::update(credentials::table.find(id))
                .set(PlainChanges {
                    name: changes.name.as_deref(),
                    user_name: changes.user_name.as_deref(),
                    kind: changes.kind,
                    privilege: changes.privilege,
                    note: changes.note.as_deref(),
                    managed_by: changes.managed_by.clone(),
                    updated_at: now,
                })
                .execute(connection)
                .map_err(|error| refused(error, changes.name.as_deref().unwrap_or(&before.name)))?;
            if let Some(key) = &changes.key {
                diesel::update(credentials::table.find(id))
                    .set((
                        credentials::fingerprint.eq(key.as_ref().map(|key| &key.fingerprint)),
                        credentials::key_algorithm.eq(key.as_ref().map(|key| &key.algorithm)),
                    ))
                    .execute(connection)?;
            }
            let mut another = false;
            for (column, change) in [
                (SecretColumn::Password, &changes.password),
                (SecretColumn::PrivateKey, &changes.private_key),
                (SecretColumn::Passphrase, &changes.passphrase),
                (SecretColumn::SudoPassword, &changes.sudo_password),
            ] {
                let value = match change {
                    SecretChange::Keep => continue,
                    SecretChange::Clear => None,
                    SecretChange::Set(value) => Some(value),
                };
                column.write(connection, sealer, id, value, now)?;
                another = true;
            }
            let after = Self::by_id(connection, id)?;
            let same = |of: &Self| (of.user_name.clone(), of.kind, of.privilege);
            if another || same(&before) != same(&after) {
                diesel::update(credentials::table.find(id))
                    .set(credentials::version.eq(before.version + 1))
                    .execute(connection)?;
                return Self::by_id(connection, id);
            }
            Ok(after)
        })
    }
}
