//! The secrets of a credential: written sealed, read by `remote` alone.

use chrono::{DateTime, Utc};
use diesel::prelude::*;

use super::Credential;
use crate::db::schema::credentials;
use crate::error::{Error, RemoteError, Result};
use crate::language::Message;
use crate::models::actor::Actor;
use crate::models::audit::{AuditEntry, Outcome};
use crate::models::data_keys::DataKey;
use crate::models::ids::CredentialId;
use crate::secret::SecretText;
use crate::secret::seal::{Place, SealError, Sealer};

/// The secrets of one credential, open.
#[derive(Debug, Clone, Default)]
#[expect(missing_docs, reason = "named for what they hold")]
pub struct Secrets {
    pub password: Option<SecretText>,
    pub private_key: Option<SecretText>,
    pub passphrase: Option<SecretText>,
    pub sudo_password: Option<SecretText>,
}

/// A column that holds a sealed value.
#[derive(Debug, Clone, Copy)]
pub(super) enum SecretColumn {
    Password,
    PrivateKey,
    Passphrase,
    SudoPassword,
}

/// The sealed values, as they lie in the table.
type SealedRow = (Option<Vec<u8>>, Option<Vec<u8>>, Option<Vec<u8>>, Option<Vec<u8>>);

impl Credential {
    /// The secrets, for signing in; nothing else asks. One that does not open is never used: it is written to the audit
    /// log, once for each version of the credential, and the error says so (S02).
    pub fn open_secrets(&self, connection: &mut PgConnection, sealer: &Sealer, now: DateTime<Utc>) -> Result<Secrets> {
        let row: SealedRow = credentials::table
            .find(self.id)
            .select((
                credentials::password,
                credentials::private_key,
                credentials::passphrase,
                credentials::sudo_password,
            ))
            .first(connection)
            .optional()?
            .ok_or(Error::NotFound("The credential"))?;
        let open = |column: SecretColumn, value: &Option<Vec<u8>>| {
            value.as_ref().map(|value| sealer.unseal(column.place(self.id), value)).transpose()
        };
        let opened = || -> Result<Secrets, SealError> {
            Ok(Secrets {
                password: open(SecretColumn::Password, &row.0)?,
                private_key: open(SecretColumn::PrivateKey, &row.1)?,
                passphrase: open(SecretColumn::Passphrase, &row.2)?,
                sudo_password: open(SecretColumn::SudoPassword, &row.3)?,
            })
        };
        let outcome = match opened() {
            // The keys were exchanged since they were read, perhaps by another process.
            Err(SealError::KeyMissing) => {
                DataKey::refresh(connection, sealer)?;
                opened()
            }
            other => other,
        };
        match outcome {
            Ok(secrets) => Ok(secrets),
            Err(why) => {
                self.report_unreadable(connection, why, now)?;
                Err(RemoteError::CredentialUnusable {
                    credential: self.name.clone(),
                    why: Message::new("its stored secret was altered, or belongs to another key file"),
                }
                .into())
            }
        }
    }

    fn report_unreadable(&self, connection: &mut PgConnection, why: SealError, now: DateTime<Utc>) -> Result<()> {
        let entry = AuditEntry::by(&Actor::system("secrets"), "open_secret")
            .target(&format!("credential {} version {}", self.name, self.version))
            .detail("why", why);
        if !entry.is_recorded(connection)? {
            entry.record(connection, Outcome::Refused, now)?;
        }
        Ok(())
    }
}

impl Secrets {
    /// Writes those that are there, for a new row.
    pub(super) fn write(
        &self,
        connection: &mut PgConnection,
        sealer: &Sealer,
        id: CredentialId,
        now: DateTime<Utc>,
    ) -> Result<()> {
        for (column, value) in [
            (SecretColumn::Password, &self.password),
            (SecretColumn::PrivateKey, &self.private_key),
            (SecretColumn::Passphrase, &self.passphrase),
            (SecretColumn::SudoPassword, &self.sudo_password),
        ] {
            if value.is_some() {
                column.write(connection, sealer, id, value.as_ref(), now)?;
            }
        }
        Ok(())
    }
}

impl SecretColumn {
    /// Writes the sealed `value`, or nothing, into this column. Inside a transaction: the data key is held until its end.
    pub(super) fn write(
        self,
        connection: &mut PgConnection,
        sealer: &Sealer,
        id: CredentialId,
        value: Option<&SecretText>,
        now: DateTime<Utc>,
    ) -> Result<()> {
        let bytes = value.map(|value| DataKey::seal(connection, sealer, self.place(id), value)).transpose()?;
        let row = diesel::update(credentials::table.find(id));
        let at = credentials::secret_changed_at.eq(now);
        match self {
            Self::Password => row.set((credentials::password.eq(bytes), at)).execute(connection),
            Self::PrivateKey => row.set((credentials::private_key.eq(bytes), at)).execute(connection),
            Self::Passphrase => row.set((credentials::passphrase.eq(bytes), at)).execute(connection),
            Self::SudoPassword => row.set((credentials::sudo_password.eq(bytes), at)).execute(connection),
        }?;
        Ok(())
    }

    /// Puts what was sealed anew into this column: the secret is the same, so nothing else changes.
    pub(super) fn store(self, connection: &mut PgConnection, id: CredentialId, sealed: &[u8]) -> QueryResult<()> {
        let row = diesel::update(credentials::table.find(id));
        match self {
            Self::Password => row.set(credentials::password.eq(sealed)).execute(connection),
            Self::PrivateKey => row.set(credentials::private_key.eq(sealed)).execute(connection),
            Self::Passphrase => row.set(credentials::passphrase.eq(sealed)).execute(connection),
            Self::SudoPassword => row.set(credentials::sudo_password.eq(sealed)).execute(connection),
        }
        .map(drop)
    }

    /// Credentials belong to nobody in particular: their owner is 0.
    pub(super) fn place(self, id: CredentialId) -> Place {
        let column = match self {
            Self::Password => "password",
            Self::PrivateKey => "private_key",
            Self::Passphrase => "passphrase",
            Self::SudoPassword => "sudo_password",
        };
        Place { table: "credentials", column, row: id.0, owner: 0 }
    }
}
