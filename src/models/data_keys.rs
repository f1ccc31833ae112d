//! Data keys: wrapped by the key file, they seal every stored secret (S01). [`rotation`] exchanges both (S04).

pub mod rotation;

use std::path::Path;

use diesel::prelude::*;

use crate::db::schema::data_keys;
use crate::error::{Error, Result};
use crate::language::Message;
use crate::secret::SecretText;
use crate::secret::seal::{KeyFile, Place, SealError, Sealer};

/// The deeds around data keys; a row is its id and the wrapped key.
#[derive(Debug)]
pub struct DataKey;

impl DataKey {
    /// The sealer of this database with the key file at `path`. At the very first start both are made; later a missing
    /// or exchanged key file is refused.
    pub fn open_sealer(connection: &mut PgConnection, path: &Path) -> Result<Sealer> {
        connection.transaction(|connection| {
            Self::lock(connection)?;
            let mut stored = Self::all(connection)?;
            let place = KeyFile::place(path);
            let mut files = vec![KeyFile::open(&place, stored.is_empty())?];
            let successor = KeyFile::successor_of(&place);
            if successor.exists() {
                files.push(KeyFile::open(&successor, false)?);
            }
            if let (true, Some(file)) = (stored.is_empty(), files.first()) {
                stored.push(Self::add(connection, file)?);
            }
            Sealer::open(&files, &stored).map_err(|_refused| {
                Error::Unavailable(
                    Message::new(
                        "The key file {path} does not open the secrets in this database. Put back the file that belongs to it",
                    )
                    .with("path", place.display()),
                )
            })
        })
    }

    /// Whether anything can be sealed already: from then on the key file must stay the same.
    pub fn any_exists(connection: &mut PgConnection) -> QueryResult<bool> {
        diesel::select(diesel::dsl::exists(data_keys::table.select(data_keys::id))).get_result(connection)
    }

    /// Seals with the newest data key of the database, which stays until the transaction ends: a rotation cannot remove
    /// it under what is being written.
    pub(super) fn seal(
        connection: &mut PgConnection,
        sealer: &Sealer,
        place: Place,
        value: &SecretText,
    ) -> Result<Vec<u8>> {
        Self::seal_bytes(connection, sealer, place, value.expose().as_bytes())
    }

    /// The same for what is no text.
    pub(super) fn seal_bytes(
        connection: &mut PgConnection,
        sealer: &Sealer,
        place: Place,
        value: &[u8],
    ) -> Result<Vec<u8>> {
        let newest: Option<i64> = data_keys::table
            .select(data_keys::id)
            .order(data_keys::id.desc())
            .for_key_share()
            .first(connection)
            .optional()?;
        if newest != sealer.newest() {
            Self::refresh(connection, sealer)?;
        }
        sealer.seal_bytes(place, value).map_err(Error::internal)
    }

    /// Opens what was sealed for `place`.
    pub(super) fn unseal(
        connection: &mut PgConnection,
        sealer: &Sealer,
        place: Place,
        stored: &[u8],
    ) -> Result<SecretText> {
        Self::opened(connection, sealer, |sealer| sealer.unseal(place, stored))
    }

    /// The same for what is no text.
    pub(super) fn unseal_bytes(
        connection: &mut PgConnection,
        sealer: &Sealer,
        place: Place,
        stored: &[u8],
    ) -> Result<Vec<u8>> {
        Self::opened(connection, sealer, |sealer| sealer.unseal_bytes(place, stored))
    }

    fn opened<T>(
        connection: &mut PgConnection,
        sealer: &Sealer,
        open: impl Fn(&Sealer) -> Result<T, SealError>,
    ) -> Result<T> {
        let opened = match open(sealer) {
            // The keys were exchanged since they were read, perhaps by another process.
            Err(SealError::KeyMissing) => {
                Self::refresh(connection, sealer)?;
                open(sealer)
            }
            opened => opened,
        };
        opened.map_err(Error::internal)
    }

    /// Reads the data keys again, because another process exchanged them.
    pub(super) fn refresh(connection: &mut PgConnection, sealer: &Sealer) -> Result<()> {
        sealer.take_keys_of(Self::open_sealer(connection, sealer.path())?);
        Ok(())
    }

    /// Who makes or exchanges data keys does so alone, until the transaction ends.
    fn lock(connection: &mut PgConnection) -> QueryResult<()> {
        diesel::sql_query("select pg_advisory_xact_lock(hashtext('hannun:data keys'))").execute(connection).map(drop)
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
        Self::store(connection, id, &wrapped)?;
        Ok((id, wrapped))
    }

    fn store(connection: &mut PgConnection, id: i64, wrapped: &[u8]) -> QueryResult<()> {
        diesel::update(data_keys::table.find(id)).set(data_keys::wrapped.eq(wrapped)).execute(connection).map(drop)
    }
}
