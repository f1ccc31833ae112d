//! Data keys: wrapped by the key file, they seal every stored secret (S01).

use diesel::prelude::*;

use crate::db::schema::data_keys;
use crate::error::{Error, Result};
use crate::language::Message;
use crate::secret::seal::{KeyFile, Sealer};
use std::path::Path;

/// The deeds around data keys; a row is its id and the wrapped key.
#[derive(Debug)]
pub struct DataKey;

impl DataKey {
    /// The sealer of this database with the key file at `path`. At the very first start both are made; later a missing
    /// or exchanged key file is refused.
    pub fn open_sealer(connection: &mut PgConnection, path: &Path) -> Result<Sealer> {
        connection.transaction(|connection| {
            diesel::sql_query("select pg_advisory_xact_lock(hashtext('hannun:data keys'))").execute(connection)?;
            let mut stored = Self::all(connection)?;
            let file = KeyFile::open(&KeyFile::place(path), stored.is_empty())?;
            if stored.is_empty() {
                stored.push(Self::add(connection, &file)?);
            }
            Sealer::open(&file, &stored).map_err(|_refused| {
                Error::Unavailable(
                    Message::new(
                        "The key file {path} does not open the secrets in this database. Put back the file that belongs to it",
                    )
                    .with("path", file.path().display()),
                )
            })
        })
    }

    /// Whether anything can be sealed already: from then on the key file must stay the same.
    pub fn any_exists(connection: &mut PgConnection) -> QueryResult<bool> {
        diesel::select(diesel::dsl::exists(data_keys::table.select(data_keys::id))).get_result(connection)
    }

    fn all(connection: &mut PgConnection) -> QueryResult<Vec<(i64, Vec<u8>)>> {
        data_keys::table.select((data_keys::id, data_keys::wrapped)).order(data_keys::id).load(connection)
    }

    /// The row comes first: its id is part of what the wrapping covers.
    fn add(connection: &mut PgConnection, file: &KeyFile) -> Result<(i64, Vec<u8>)> {
        let id: i64 = diesel::insert_into(data_keys::table)
            .values(data_keys::wrapped.eq(Vec::new()))
            .returning(data_keys::id)
            .get_result(connection)?;
        let wrapped = file.wrap_new_data_key(id).map_err(Error::internal)?;
        diesel::update(data_keys::table.find(id)).set(data_keys::wrapped.eq(&wrapped)).execute(connection)?;
        Ok((id, wrapped))
    }
}
