//! How far the logs of each server were read, and whose turn it is to read on: one process at a time, by a lease that ends
//! with it (J05).

use chrono::{DateTime, TimeDelta, Utc};
use diesel::deserialize::{self, FromSql, FromSqlRow};
use diesel::expression::AsExpression;
use diesel::pg::{Pg, PgValue};
use diesel::prelude::*;
use diesel::serialize::{self, Output, ToSql};
use diesel::sql_types::{BigInt, Jsonb, Timestamptz};
use serde::{Deserialize, Serialize};

use super::ids::ServerId;
use crate::commands::logins::place::Place;
use crate::db::schema::login_readings;

/// How long a turn holds without a sign of life: it is short, so that nobody waits long for a reader that is gone. Whoever reads for
/// longer gives such a sign by [`Turn::hold`].
pub const LEASE: TimeDelta = TimeDelta::seconds(60);

/// A [`Place`] in a column.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, AsExpression, FromSqlRow)]
#[diesel(sql_type = Jsonb)]
#[serde(transparent)]
pub struct StoredPlace(pub Place);

impl ToSql<Jsonb, Pg> for StoredPlace {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Pg>) -> serialize::Result {
        <serde_json::Value as ToSql<Jsonb, Pg>>::to_sql(&serde_json::to_value(self)?, &mut out.reborrow())
    }
}

impl FromSql<Jsonb, Pg> for StoredPlace {
    fn from_sql(bytes: PgValue<'_>) -> deserialize::Result<Self> {
        Ok(serde_json::from_value(<serde_json::Value as FromSql<Jsonb, Pg>>::from_sql(bytes)?)?)
    }
}

/// One row of `login_readings`.
#[derive(Debug, Clone, PartialEq, Eq, HasQuery, Identifiable)]
#[diesel(table_name = login_readings, primary_key(server_id))]
#[expect(missing_docs, reason = "the migration describes the columns")]
pub struct LoginReading {
    pub server_id: ServerId,
    pub due_at: DateTime<Utc>,
    pub place: StoredPlace,
    pub read_at: Option<DateTime<Utc>>,
    pub line: String,
    pub took_ms: i64,
    pub error: String,
}

/// A turn that was taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, QueryableByName, Queryable)]
#[diesel(table_name = login_readings, check_for_backend(diesel::pg::Pg))]
pub struct Turn {
    /// The server.
    pub server_id: ServerId,
    /// Grows with each turn: whoever holds an old one has lost it.
    pub token: i64,
}

impl LoginReading {
    /// What is known of the logs of `server`; none before the first reading was asked for.
    pub fn of(connection: &mut PgConnection, server: ServerId) -> QueryResult<Option<Self>> {
        Self::query().find(server).first(connection).optional()
    }

    /// Makes sure that every server that is in use has a row; those that are new are due little by little.
    pub fn ensure_all(connection: &mut PgConnection, now: DateTime<Utc>) -> QueryResult<usize> {
        diesel::sql_query(include_str!("login_readings/ensure.sql")).bind::<Timestamptz, _>(now).execute(connection)
    }
}

impl Turn {
    /// Takes the turns of up to `most` servers that answer and are due, longest due first.
    pub fn take_due(connection: &mut PgConnection, now: DateTime<Utc>, most: i64) -> QueryResult<Vec<Self>> {
        diesel::sql_query(include_str!("login_readings/take.sql"))
            .bind::<Timestamptz, _>(now)
            .bind::<Timestamptz, _>(now + LEASE)
            .bind::<BigInt, _>(most)
            .load(connection)
    }

    /// Takes the turn of one server now, whenever it is due; none while somebody else has it.
    pub fn take(connection: &mut PgConnection, server: ServerId, now: DateTime<Utc>) -> QueryResult<Option<Self>> {
        diesel::insert_into(login_readings::table)
            .values((login_readings::server_id.eq(server), login_readings::due_at.eq(now)))
            .on_conflict_do_nothing()
            .execute(connection)?;
        let is_free = login_readings::lease_until
            .is_null()
            .or(login_readings::lease_until.lt(now))
            .or(login_readings::lease_until.gt(now + LEASE + LEASE));
        diesel::update(login_readings::table.find(server).filter(is_free))
            .set((
                login_readings::token.eq(login_readings::token + 1),
                login_readings::lease_until.eq(Some(now + LEASE)),
            ))
            .returning((login_readings::server_id, login_readings::token))
            .get_result(connection)
            .optional()
    }

    /// Holds the turn for longer; false where it is lost.
    pub fn hold(&self, connection: &mut PgConnection, now: DateTime<Utc>) -> QueryResult<bool> {
        let own = login_readings::table.find(self.server_id).filter(login_readings::token.eq(self.token));
        let held = diesel::update(own).set(login_readings::lease_until.eq(Some(now + LEASE))).execute(connection)?;
        Ok(held == 1)
    }

    /// Writes how far was read and holds the turn for longer; false where it is lost: then nothing may be written.
    pub fn read(
        &self,
        connection: &mut PgConnection,
        (place, line, took_ms): (&Place, &str, i64),
        now: DateTime<Utc>,
    ) -> QueryResult<bool> {
        let own = login_readings::table.find(self.server_id).filter(login_readings::token.eq(self.token));
        diesel::update(own)
            .set((
                login_readings::place.eq(StoredPlace(place.clone())),
                login_readings::line.eq(line),
                login_readings::took_ms.eq(took_ms),
                login_readings::read_at.eq(Some(now)),
                login_readings::error.eq(""),
                login_readings::lease_until.eq(Some(now + LEASE)),
            ))
            .execute(connection)
            .map(|held| held == 1)
    }

    /// Gives it back until it is due again; `error` says why the last reading did not work.
    pub fn give_back(
        &self,
        connection: &mut PgConnection,
        due_at: DateTime<Utc>,
        error: Option<&str>,
    ) -> QueryResult<bool> {
        let own = login_readings::table.find(self.server_id).filter(login_readings::token.eq(self.token));
        let error: Option<String> = error.map(|why| why.chars().filter(|c| *c != '\0').take(1_000).collect());
        let none: Option<DateTime<Utc>> = None;
        let held = diesel::update(own)
            .set((login_readings::lease_until.eq(none), login_readings::due_at.eq(due_at)))
            .execute(connection)?;
        if let Some(error) = error {
            diesel::update(own).set(login_readings::error.eq(error)).execute(connection)?;
        }
        Ok(held == 1)
    }
}
