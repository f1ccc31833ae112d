//! Sealing stored secrets anew after the data keys were exchanged (S04). Changes no version: the secrets are the same.

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Bytea, Nullable, Text};

use super::Credential;
use super::secrets::SecretColumn;
use crate::error::{Error, Result};
use crate::models::ids::CredentialId;
use crate::secret::seal::{SealError, Sealer, sealed_with};

/// What came of a batch.
#[derive(Debug)]
pub(in crate::models) struct Resealed {
    /// Credentials that were looked at.
    pub(in crate::models) count: usize,
    /// The last one's id; none where nothing was left.
    pub(in crate::models) last: Option<i64>,
    /// Names of those that hold something which no key opens.
    pub(in crate::models) unreadable: Vec<String>,
}

#[derive(QueryableByName)]
struct Row {
    #[diesel(sql_type = BigInt)]
    id: i64,
    #[diesel(sql_type = Text)]
    name: String,
    #[diesel(sql_type = Nullable<Bytea>)]
    password: Option<Vec<u8>>,
    #[diesel(sql_type = Nullable<Bytea>)]
    private_key: Option<Vec<u8>>,
    #[diesel(sql_type = Nullable<Bytea>)]
    passphrase: Option<Vec<u8>>,
    #[diesel(sql_type = Nullable<Bytea>)]
    sudo_password: Option<Vec<u8>>,
}

#[derive(QueryableByName)]
struct Head {
    #[diesel(sql_type = Bytea)]
    head: Vec<u8>,
}

impl Credential {
    /// Seals the next `limit` credentials after the id `after` with the newest data key of `sealer`, where they are not.
    pub(in crate::models) fn reseal_some(
        connection: &mut PgConnection,
        sealer: &Sealer,
        after: i64,
        limit: i64,
    ) -> Result<Resealed> {
        let newest = sealer.newest().ok_or_else(|| Error::internal(SealError::KeyMissing))?;
        let rows: Vec<Row> = diesel::sql_query(include_str!("reseal.sql"))
            .bind::<BigInt, _>(after)
            .bind::<BigInt, _>(newest)
            .bind::<BigInt, _>(limit)
            .load(connection)?;
        let (count, last) = (rows.len(), rows.last().map(|row| row.id));
        let mut unreadable = Vec::new();
        for row in rows {
            if !row.reseal(connection, sealer, newest)? {
                unreadable.push(row.name);
            }
        }
        Ok(Resealed { count, last, unreadable })
    }

    /// The ids of the data keys that some stored secret was sealed with.
    pub(in crate::models) fn data_keys_in_use(connection: &mut PgConnection) -> QueryResult<Vec<i64>> {
        let heads: Vec<Head> = diesel::sql_query(
            "select distinct substring(value from 1 for 9) as head from credentials,
             lateral (values (password), (private_key), (passphrase), (sudo_password)) as sealed (value)
             where value is not null",
        )
        .load(connection)?;
        Ok(heads.iter().filter_map(|row| sealed_with(&row.head).ok()).collect())
    }
}

impl Row {
    /// Seals what is sealed with an older data key. False where something does not open.
    fn reseal(&self, connection: &mut PgConnection, sealer: &Sealer, newest: i64) -> Result<bool> {
        let id = CredentialId(self.id);
        let mut all = true;
        for (column, value) in [
            (SecretColumn::Password, &self.password),
            (SecretColumn::PrivateKey, &self.private_key),
            (SecretColumn::Passphrase, &self.passphrase),
            (SecretColumn::SudoPassword, &self.sudo_password),
        ] {
            let Some(value) = value.as_ref().filter(|value| sealed_with(value) != Ok(newest)) else { continue };
            match sealer.unseal(column.place(id), value) {
                Ok(secret) => {
                    let again = sealer.seal(column.place(id), &secret).map_err(Error::internal)?;
                    column.store(connection, id, &again)?;
                }
                // Altered or moved (S02): no key opens it, and it is reported when somebody wants to use it.
                Err(_) => all = false,
            }
        }
        Ok(all)
    }
}
