//! The identity of each server: keys that a person approved, and the key that it presented last (H01, H02, H04).

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use diesel::prelude::*;

use super::ids::{HostKeyId, ServerId};
use crate::db::schema::host_keys;
use crate::db::types::text_enum;
use crate::error::{Error, Result};

/// Rows of one statement: PostgreSQL takes 65,535 values.
const ROWS_AT_ONCE: usize = 4_000;

text_enum! {
    /// What we think of a key.
    pub enum KeyState {
        /// A person approved it: we sign in to nothing else.
        Trusted = "trusted",
        /// Seen, and waiting for a person.
        Presented = "presented",
    }
}

/// One row of `host_keys`.
#[derive(Debug, Clone, PartialEq, Eq, HasQuery, Identifiable)]
#[diesel(table_name = host_keys)]
#[expect(missing_docs, reason = "the migration describes the columns")]
pub struct HostKey {
    pub id: HostKeyId,
    pub server_id: ServerId,
    pub algorithm: String,
    pub public_key: String,
    pub fingerprint: String,
    pub state: KeyState,
    pub seen_at: DateTime<Utc>,
    pub approved_at: Option<DateTime<Utc>>,
    pub approved_by: Option<String>,
}

/// A key as a server presents it, or as a file or a person gives it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GivenKey<'a> {
    /// `ssh-ed25519`
    pub algorithm: &'a str,
    /// As in `known_hosts`, without its comment.
    pub public_key: &'a str,
    /// `SHA256:…`
    pub fingerprint: &'a str,
}

/// What a presented key is to us.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Recognition {
    /// It is approved.
    Trusted,
    /// No key of this server is approved yet.
    Unknown,
    /// Another key is approved.
    Changed,
}

impl HostKey {
    /// Every key of a server: trusted ones first.
    pub fn of(connection: &mut PgConnection, server: ServerId) -> QueryResult<Vec<Self>> {
        Self::query()
            .filter(host_keys::server_id.eq(server))
            .order((host_keys::state.desc(), host_keys::algorithm))
            .load(connection)
    }

    /// The approved keys of a server.
    pub fn trusted(connection: &mut PgConnection, server: ServerId) -> QueryResult<Vec<Self>> {
        Self::in_state(connection, server, KeyState::Trusted)
    }

    /// The key that waits for a person, if one does.
    pub fn presented(connection: &mut PgConnection, server: ServerId) -> QueryResult<Option<Self>> {
        Self::in_state(connection, server, KeyState::Presented).map(|keys| keys.into_iter().next())
    }

    /// The approved keys of many servers, in no order.
    pub fn trusted_of_all(connection: &mut PgConnection, servers: &[ServerId]) -> QueryResult<Vec<Self>> {
        Self::query()
            .filter(host_keys::server_id.eq_any(servers).and(host_keys::state.eq(KeyState::Trusted)))
            .load(connection)
    }

    /// Every key of many servers, in no order.
    pub fn of_all(connection: &mut PgConnection, servers: &[ServerId]) -> QueryResult<Vec<Self>> {
        Self::query().filter(host_keys::server_id.eq_any(servers)).load(connection)
    }

    /// The server presented `key`. What is not approved is kept for a person to see, one key at a time, so that a
    /// server with a new key each time fills nothing.
    pub fn present(
        connection: &mut PgConnection,
        server: ServerId,
        key: &GivenKey<'_>,
        now: DateTime<Utc>,
    ) -> Result<Recognition> {
        connection.transaction(|connection| {
            // A file may have vouched for the key by its fingerprint alone; now the whole key is known.
            let bare = host_keys::server_id
                .eq(server)
                .and(host_keys::public_key.eq(key.fingerprint))
                .and(host_keys::state.eq(KeyState::Trusted));
            if diesel::select(diesel::dsl::exists(host_keys::table.filter(bare))).get_result(connection)? {
                forget_key(connection, server, key.public_key)?;
                diesel::update(host_keys::table.filter(bare))
                    .set((host_keys::algorithm.eq(key.algorithm), host_keys::public_key.eq(key.public_key)))
                    .execute(connection)?;
            }
            let seen = diesel::update(
                host_keys::table.filter(host_keys::server_id.eq(server).and(host_keys::public_key.eq(key.public_key))),
            )
            .set(host_keys::seen_at.eq(now))
            .returning(host_keys::state)
            .get_result(connection)
            .optional()?;
            if seen == Some(KeyState::Trusted) {
                return Ok(Recognition::Trusted);
            }
            Self::forget_presented(connection, server)?;
            insert(connection, server, key, KeyState::Presented, None, now)?;
            let known = !Self::trusted(connection, server)?.is_empty();
            Ok(if known { Recognition::Changed } else { Recognition::Unknown })
        })
    }

    /// A person approves the key that the server presented, by the fingerprint they saw. A key of a type that was
    /// approved before replaces every approved key: the machine is another one. A new type is added.
    pub fn approve(
        connection: &mut PgConnection,
        server: ServerId,
        fingerprint: &str,
        by: &str,
        now: DateTime<Utc>,
    ) -> Result<Self> {
        connection.transaction(|connection| {
            let presented = Self::presented(connection, server)?
                .filter(|key| key.fingerprint == fingerprint)
                .ok_or(Error::NotFound("A waiting key with this fingerprint"))?;
            let trusted = Self::trusted(connection, server)?;
            if trusted.iter().any(|key| key.algorithm == presented.algorithm) {
                diesel::delete(
                    host_keys::table
                        .filter(host_keys::server_id.eq(server).and(host_keys::state.eq(KeyState::Trusted))),
                )
                .execute(connection)?;
            }
            Ok(diesel::update(&presented)
                .set((
                    host_keys::state.eq(KeyState::Trusted),
                    host_keys::approved_at.eq(now),
                    host_keys::approved_by.eq(by),
                ))
                .returning(Self::as_select())
                .get_result(connection)?)
        })
    }

    /// Pins a key that somebody vouches for without our having seen it: from a file, or of this machine.
    pub fn pin(
        connection: &mut PgConnection,
        server: ServerId,
        key: &GivenKey<'_>,
        by: &str,
        now: DateTime<Utc>,
    ) -> Result<Self> {
        connection.transaction(|connection| {
            forget_key(connection, server, key.public_key)?;
            insert(connection, server, key, KeyState::Trusted, Some(by), now)
        })
    }

    /// Pins these keys of many servers and no others, as a file gives them: whole keys, or fingerprints in their place.
    /// What is pinned already stays as it is.
    pub fn pin_only(
        connection: &mut PgConnection,
        servers: &[(ServerId, Vec<GivenKey<'_>>)],
        by: &str,
        now: DateTime<Utc>,
    ) -> Result<()> {
        connection.transaction(|connection| {
            let ids: Vec<ServerId> = servers.iter().map(|(id, _)| *id).collect();
            let known = Self::of_all(connection, &ids)?;
            let mut by_server: BTreeMap<ServerId, Vec<&Self>> = BTreeMap::new();
            for key in &known {
                by_server.entry(key.server_id).or_default().push(key);
            }
            let mut rows = Vec::new();
            let mut unwanted: Vec<HostKeyId> = Vec::new();
            for (server, keys) in servers {
                let of_server = by_server.remove(server).unwrap_or_default();
                let is_wanted = |known: &Self| keys.iter().any(|key| key.fingerprint == known.fingerprint);
                let unpinned = of_server.iter().filter(|known| known.state == KeyState::Trusted || is_wanted(known));
                unwanted.extend(unpinned.map(|known| known.id));
                for key in keys {
                    // The whole key, where it is known, and since when it was approved.
                    let seen = of_server.iter().find(|known| known.fingerprint == key.fingerprint);
                    let (algorithm, public_key) =
                        seen.map_or((key.algorithm, key.public_key), |seen| (&seen.algorithm, &seen.public_key));
                    let trusted = seen.filter(|seen| seen.state == KeyState::Trusted);
                    rows.push((
                        host_keys::server_id.eq(*server),
                        host_keys::algorithm.eq(algorithm.to_owned()),
                        host_keys::public_key.eq(public_key.to_owned()),
                        host_keys::fingerprint.eq(key.fingerprint.to_owned()),
                        host_keys::state.eq(KeyState::Trusted),
                        host_keys::seen_at.eq(seen.map_or(now, |seen| seen.seen_at)),
                        host_keys::approved_at.eq(trusted.map_or(Some(now), |trusted| trusted.approved_at)),
                        host_keys::approved_by
                            .eq(trusted.map_or(Some(by.to_owned()), |trusted| trusted.approved_by.clone())),
                    ));
                }
            }
            diesel::delete(host_keys::table.filter(host_keys::id.eq_any(unwanted))).execute(connection)?;
            for some in rows.chunks(ROWS_AT_ONCE) {
                diesel::insert_into(host_keys::table).values(some.to_vec()).execute(connection)?;
            }
            Ok(())
        })
    }

    /// Forgets the key that waits: it was refused, or the server is another one now.
    pub fn forget_presented(connection: &mut PgConnection, server: ServerId) -> QueryResult<()> {
        diesel::delete(
            host_keys::table.filter(host_keys::server_id.eq(server).and(host_keys::state.eq(KeyState::Presented))),
        )
        .execute(connection)
        .map(drop)
    }

    /// The same for many servers at once.
    pub fn forget_presented_of_all(connection: &mut PgConnection, servers: &[ServerId]) -> QueryResult<()> {
        let waiting = host_keys::server_id.eq_any(servers).and(host_keys::state.eq(KeyState::Presented));
        diesel::delete(host_keys::table.filter(waiting)).execute(connection).map(drop)
    }

    /// Forgets every key: the next contact is the first.
    pub fn forget_all(connection: &mut PgConnection, server: ServerId) -> QueryResult<()> {
        diesel::delete(host_keys::table.filter(host_keys::server_id.eq(server))).execute(connection).map(drop)
    }

    fn in_state(connection: &mut PgConnection, server: ServerId, state: KeyState) -> QueryResult<Vec<Self>> {
        Self::query()
            .filter(host_keys::server_id.eq(server).and(host_keys::state.eq(state)))
            .order(host_keys::algorithm)
            .load(connection)
    }
}

fn forget_key(connection: &mut PgConnection, server: ServerId, public_key: &str) -> QueryResult<()> {
    diesel::delete(host_keys::table.filter(host_keys::server_id.eq(server).and(host_keys::public_key.eq(public_key))))
        .execute(connection)
        .map(drop)
}

fn insert(
    connection: &mut PgConnection,
    server: ServerId,
    key: &GivenKey<'_>,
    state: KeyState,
    by: Option<&str>,
    now: DateTime<Utc>,
) -> Result<HostKey> {
    diesel::insert_into(host_keys::table)
        .values((
            host_keys::server_id.eq(server),
            host_keys::algorithm.eq(key.algorithm),
            host_keys::public_key.eq(key.public_key),
            host_keys::fingerprint.eq(key.fingerprint),
            host_keys::state.eq(state),
            host_keys::seen_at.eq(now),
            host_keys::approved_at.eq(by.map(|_| now)),
            host_keys::approved_by.eq(by),
        ))
        .returning(HostKey::as_select())
        .get_result(connection)
        .map_err(|error| {
            crate::db::errors::if_violates(error, "host_keys_server_id_fkey", || Error::NotFound("The server"))
        })
}
