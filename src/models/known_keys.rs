//! Whose public keys are, as files of authorised keys said when somebody looked at them last.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Text};

use super::credentials::Credential;
use super::ids::ServerId;
use crate::db::schema::{credentials, known_keys};

/// Rows of one insert: each binds five values, and PostgreSQL takes 65,535.
const ROWS: usize = 5_000;

/// One row of `known_keys`. User and comment are the server's own: hostile.
#[derive(Debug, Clone, PartialEq, Eq, HasQuery, Insertable)]
#[diesel(table_name = known_keys)]
#[expect(missing_docs, reason = "the migration describes the columns")]
pub struct KnownKey {
    pub server_id: ServerId,
    pub user_name: String,
    pub fingerprint: String,
    pub comment: String,
    pub seen_at: DateTime<Utc>,
}

/// Who has a key.
#[derive(Debug, Clone, PartialEq, Eq, QueryableByName)]
pub struct KeyOwner {
    #[diesel(sql_type = Text)]
    fingerprint: String,
    /// What is written about it; hostile.
    #[diesel(sql_type = Text)]
    pub comment: String,
    /// Whom it lets in as; hostile.
    #[diesel(sql_type = Text)]
    pub user_name: String,
    /// On which server that is written.
    #[diesel(sql_type = Text)]
    pub server: String,
}

impl KnownKey {
    /// What is known of the keys of `users` on `server` is these from now on.
    pub fn replace(
        connection: &mut PgConnection,
        server: ServerId,
        users: &[String],
        keys: &[Self],
    ) -> QueryResult<()> {
        connection.transaction(|connection| {
            let before = known_keys::table.filter(known_keys::server_id.eq(server));
            diesel::delete(before.filter(known_keys::user_name.eq_any(users))).execute(connection)?;
            for rows in keys.chunks(ROWS) {
                diesel::insert_into(known_keys::table).values(rows).on_conflict_do_nothing().execute(connection)?;
            }
            Ok(())
        })
    }

    /// All of them.
    pub fn all(connection: &mut PgConnection) -> QueryResult<Vec<Self>> {
        Self::query().order((known_keys::server_id, known_keys::user_name, known_keys::fingerprint)).load(connection)
    }

    /// Who has the keys of these fingerprints, as `servers` tell; what `first` tells comes first.
    pub fn owners(
        connection: &mut PgConnection,
        fingerprints: &[String],
        (servers, first): (&[ServerId], ServerId),
    ) -> QueryResult<HashMap<String, KeyOwner>> {
        let servers: Vec<i64> = servers.iter().map(|server| server.0).collect();
        let owners: Vec<KeyOwner> = diesel::sql_query(include_str!("known_keys/owners.sql"))
            .bind::<Array<Text>, _>(fingerprints)
            .bind::<Array<BigInt>, _>(servers)
            .bind::<BigInt, _>(first.0)
            .load(connection)?;
        Ok(owners.into_iter().map(|owner| (owner.fingerprint.clone(), owner)).collect())
    }
}

impl Credential {
    /// The names of the credentials with a key of one of these fingerprints: by those hannun itself signs in.
    pub fn by_fingerprints(
        connection: &mut PgConnection,
        fingerprints: &[String],
    ) -> QueryResult<HashMap<String, String>> {
        let found: Vec<(Option<String>, String)> = credentials::table
            .filter(credentials::fingerprint.eq_any(fingerprints))
            .order(credentials::name)
            .select((credentials::fingerprint, credentials::name))
            .load(connection)?;
        Ok(found.into_iter().filter_map(|(fingerprint, name)| Some((fingerprint?, name))).collect())
    }
}
