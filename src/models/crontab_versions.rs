//! What stood in crontabs before hannun replaced it. Sealed: commands of crontabs hold passwords.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use sha2::{Digest, Sha256};

use super::credentials::Resealed;
use super::data_keys::DataKey;
use super::ids::{CrontabVersionId, ServerId};
use crate::db::schema::crontab_versions;
use crate::error::{Error, Result};
use crate::secret::seal::{Place, SealError, Sealer, sealed_with};

/// Versions of one table that are kept.
const KEPT: i64 = 50;

/// One row of `crontab_versions`, without what is sealed.
#[derive(Debug, Clone, PartialEq, Eq, HasQuery, Identifiable)]
#[diesel(table_name = crontab_versions)]
#[expect(missing_docs, reason = "the migration describes the columns")]
pub struct CrontabVersion {
    pub id: CrontabVersionId,
    pub server_id: ServerId,
    pub place: String,
    pub digest: String,
    pub size_bytes: i64,
    pub what: String,
    pub replaced_by: String,
    pub replaced_at: DateTime<Utc>,
}

/// What is about to be replaced.
#[derive(Debug)]
#[expect(missing_docs, reason = "the migration describes the columns")]
pub struct NewCrontabVersion<'a> {
    pub server_id: ServerId,
    pub place: &'a str,
    pub content: &'a [u8],
    pub what: &'a str,
    pub replaced_by: &'a str,
    pub replaced_at: DateTime<Utc>,
}

impl NewCrontabVersion<'_> {
    /// Keeps it, and forgets the oldest of its table. The row comes first: its id is part of what the seal covers (S02).
    pub fn insert(&self, connection: &mut PgConnection, sealer: &Sealer) -> Result<CrontabVersion> {
        connection.transaction(|connection| {
            let version: CrontabVersion = diesel::insert_into(crontab_versions::table)
                .values((
                    crontab_versions::server_id.eq(self.server_id),
                    crontab_versions::place.eq(self.place),
                    crontab_versions::content.eq(Vec::new()),
                    crontab_versions::digest.eq(hex::encode(Sha256::digest(self.content))),
                    crontab_versions::size_bytes.eq(i64::try_from(self.content.len()).unwrap_or(i64::MAX)),
                    crontab_versions::what.eq(self.what),
                    crontab_versions::replaced_by.eq(self.replaced_by),
                    crontab_versions::replaced_at.eq(self.replaced_at),
                ))
                .returning(CrontabVersion::as_returning())
                .get_result(connection)?;
            let place = place_of(version.id, self.server_id);
            let kept = DataKey::seal_bytes(connection, sealer, place, self.content)?;
            store(connection, version.id, &kept)?;
            let of_table = crontab_versions::table
                .filter(crontab_versions::server_id.eq(self.server_id))
                .filter(crontab_versions::place.eq(self.place));
            let old: Vec<CrontabVersionId> = of_table
                .order(crontab_versions::id.desc())
                .offset(KEPT)
                .select(crontab_versions::id)
                .load(connection)?;
            diesel::delete(crontab_versions::table.filter(crontab_versions::id.eq_any(old))).execute(connection)?;
            Ok(version)
        })
    }
}

impl CrontabVersion {
    /// Those of a table, the newest first.
    pub fn of_table(connection: &mut PgConnection, server: ServerId, place: &str) -> QueryResult<Vec<Self>> {
        Self::query()
            .filter(crontab_versions::server_id.eq(server))
            .filter(crontab_versions::place.eq(place))
            .order(crontab_versions::id.desc())
            .load(connection)
    }

    /// One of a server by its number.
    pub fn of(connection: &mut PgConnection, server: ServerId, id: CrontabVersionId) -> Result<Self> {
        let of_server = Self::query().filter(crontab_versions::server_id.eq(server));
        let found = of_server.filter(crontab_versions::id.eq(id)).first(connection).optional()?;
        found.ok_or(Error::NotFound("This version"))
    }

    /// What stood in the table.
    pub fn content(&self, connection: &mut PgConnection, sealer: &Sealer) -> Result<Vec<u8>> {
        let kept: Vec<u8> =
            crontab_versions::table.find(self.id).select(crontab_versions::content).first(connection)?;
        DataKey::unseal_bytes(connection, sealer, place_of(self.id, self.server_id), &kept)
    }

    /// Forgets it: what it stood for was not replaced after all.
    pub fn forget(&self, connection: &mut PgConnection) -> QueryResult<()> {
        diesel::delete(crontab_versions::table.find(self.id)).execute(connection).map(drop)
    }

    /// Seals the next `limit` after the id `after` with the newest data key, where they are not (S04).
    pub(super) fn reseal_some(
        connection: &mut PgConnection,
        sealer: &Sealer,
        after: i64,
        limit: i64,
    ) -> Result<Resealed> {
        let newest = sealer.newest().ok_or_else(|| Error::internal(SealError::KeyMissing))?;
        let rows: Vec<(CrontabVersionId, ServerId, Vec<u8>)> = crontab_versions::table
            .filter(crontab_versions::id.gt(CrontabVersionId(after)))
            .order(crontab_versions::id)
            .limit(limit)
            .select((crontab_versions::id, crontab_versions::server_id, crontab_versions::content))
            .for_update()
            .load(connection)?;
        let (count, last) = (rows.len(), rows.last().map(|(id, ..)| id.0));
        let mut unreadable = Vec::new();
        for (id, server, sealed) in rows.into_iter().filter(|(.., sealed)| sealed_with(sealed) != Ok(newest)) {
            let Ok(content) = sealer.unseal_bytes(place_of(id, server), &sealed) else {
                unreadable.push(format!("version {id} of a crontab"));
                continue;
            };
            let again = sealer.seal_bytes(place_of(id, server), &content).map_err(Error::internal)?;
            store(connection, id, &again)?;
        }
        Ok(Resealed { count, last, unreadable })
    }

    /// The ids of the data keys that some of them was sealed with.
    pub(super) fn data_keys_in_use(connection: &mut PgConnection) -> QueryResult<Vec<i64>> {
        let heads: Vec<Vec<u8>> = crontab_versions::table
            .select(diesel::dsl::sql::<diesel::sql_types::Bytea>("substring(content from 1 for 9)"))
            .distinct()
            .load(connection)?;
        Ok(heads.iter().filter_map(|head| sealed_with(head).ok()).collect())
    }
}

fn store(connection: &mut PgConnection, id: CrontabVersionId, sealed: &[u8]) -> QueryResult<()> {
    let row = diesel::update(crontab_versions::table.find(id));
    row.set(crontab_versions::content.eq(sealed)).execute(connection).map(drop)
}

/// A version belongs to its server.
fn place_of(id: CrontabVersionId, server: ServerId) -> Place {
    Place { table: "crontab_versions", column: "content", row: id.0, owner: server.0 }
}
