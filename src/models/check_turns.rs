//! Whose turn it is to run the checks of a server: one process at a time, by a lease that ends with it (J05).

use chrono::{DateTime, TimeDelta, Utc};
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Timestamptz};

use super::ids::ServerId;
use crate::db::schema::check_turns;

/// How long a turn holds without being renewed; longer than any single check may take.
pub const LEASE: TimeDelta = TimeDelta::seconds(90);

/// A turn that was taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, QueryableByName)]
#[diesel(table_name = check_turns, check_for_backend(diesel::pg::Pg))]
pub struct Turn {
    /// The server.
    pub server_id: ServerId,
    /// Grows with each turn: whoever holds an old one has lost it.
    pub token: i64,
}

impl Turn {
    /// Makes sure that each of these servers has a row.
    pub fn ensure(connection: &mut PgConnection, servers: &[ServerId]) -> QueryResult<usize> {
        let rows: Vec<_> = servers.iter().map(|server| check_turns::server_id.eq(*server)).collect();
        diesel::insert_into(check_turns::table).values(rows).on_conflict_do_nothing().execute(connection)
    }

    /// Takes the turns of up to `most` servers that answer and have something due, longest due first.
    pub fn take(connection: &mut PgConnection, now: DateTime<Utc>, most: i64) -> QueryResult<Vec<Self>> {
        diesel::sql_query(include_str!("check_turns/take.sql"))
            .bind::<Timestamptz, _>(now)
            .bind::<Timestamptz, _>(now + LEASE)
            .bind::<BigInt, _>(most)
            .load(connection)
    }

    /// Holds it for longer; false where it is lost.
    pub fn renew(&self, connection: &mut PgConnection, now: DateTime<Utc>) -> QueryResult<bool> {
        self.until(connection, Some(now + LEASE))
    }

    /// Gives it back.
    pub fn give_back(&self, connection: &mut PgConnection) -> QueryResult<bool> {
        self.until(connection, None)
    }

    fn until(&self, connection: &mut PgConnection, lease: Option<DateTime<Utc>>) -> QueryResult<bool> {
        let own = check_turns::table.find(self.server_id).filter(check_turns::token.eq(self.token));
        diesel::update(own).set(check_turns::lease_until.eq(lease)).execute(connection).map(|held| held == 1)
    }
}
