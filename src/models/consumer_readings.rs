//! What used processor and memory most on a server, from time to time.

use chrono::{DateTime, TimeDelta, Utc};
use diesel::deserialize::{self, FromSql, FromSqlRow};
use diesel::expression::AsExpression;
use diesel::pg::{Pg, PgValue};
use diesel::prelude::*;
use diesel::serialize::{self, Output, ToSql};
use diesel::sql_types::{BigInt, Jsonb, Timestamptz};
use serde::{Deserialize, Serialize};

use super::ids::ServerId;
use crate::db::schema::consumer_readings;

/// How long readings are kept.
pub const KEPT: TimeDelta = TimeDelta::hours(48);

/// Rows of one insert: each binds five values, and PostgreSQL takes 65,535.
const ROWS: usize = 5_000;

/// One process among those that used most. Its texts are the server's own.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Consumer {
    /// Its number.
    pub pid: u32,
    /// The program's short name, without its arguments: those may hold secrets.
    pub name: String,
    /// Who it runs as.
    pub user: String,
    /// Percent of one core.
    pub cpu: Option<f32>,
    /// Memory that is not swapped out, bytes.
    pub bytes: Option<u64>,
}

/// Those that used most, most first.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, AsExpression, FromSqlRow)]
#[diesel(sql_type = Jsonb)]
#[serde(transparent)]
pub struct Consumers(pub Vec<Consumer>);

impl ToSql<Jsonb, Pg> for Consumers {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Pg>) -> serialize::Result {
        <serde_json::Value as ToSql<Jsonb, Pg>>::to_sql(&serde_json::to_value(self)?, &mut out.reborrow())
    }
}

impl FromSql<Jsonb, Pg> for Consumers {
    fn from_sql(bytes: PgValue<'_>) -> deserialize::Result<Self> {
        Ok(serde_json::from_value(<serde_json::Value as FromSql<Jsonb, Pg>>::from_sql(bytes)?)?)
    }
}

/// One row of `consumer_readings`.
#[derive(Debug, Clone, PartialEq, HasQuery, Insertable)]
#[diesel(table_name = consumer_readings)]
#[expect(missing_docs, reason = "the migration describes the columns")]
pub struct ConsumerReading {
    pub server_id: ServerId,
    pub at: DateTime<Utc>,
    pub span_seconds: f32,
    pub by_cpu: Consumers,
    pub by_memory: Consumers,
}

impl ConsumerReading {
    /// Keeps readings; one of a moment that is known already, or of a server that was removed meanwhile, is left out.
    pub fn store(connection: &mut PgConnection, readings: &[Self]) -> QueryResult<()> {
        use crate::db::schema::servers;
        let named: Vec<ServerId> = readings.iter().map(|reading| reading.server_id).collect();
        let there: Vec<ServerId> =
            servers::table.filter(servers::id.eq_any(named)).select(servers::id).for_key_share().load(connection)?;
        let readings: Vec<&Self> = readings.iter().filter(|reading| there.contains(&reading.server_id)).collect();
        for rows in readings.chunks(ROWS) {
            diesel::insert_into(consumer_readings::table)
                .values(rows.to_vec())
                .on_conflict_do_nothing()
                .execute(connection)?;
        }
        Ok(())
    }

    /// The reading of `server` nearest to `at`; the earlier one of two that are as near.
    pub fn nearest(connection: &mut PgConnection, server: ServerId, at: DateTime<Utc>) -> QueryResult<Option<Self>> {
        let of_server = || Self::query().filter(consumer_readings::server_id.eq(server));
        let earlier = of_server()
            .filter(consumer_readings::at.le(at))
            .order(consumer_readings::at.desc())
            .first(connection)
            .optional()?;
        let later = of_server()
            .filter(consumer_readings::at.gt(at))
            .order(consumer_readings::at.asc())
            .first(connection)
            .optional()?;
        let distance = |reading: &Self| (reading.at - at).abs();
        Ok(earlier.into_iter().chain(later).min_by_key(distance))
    }

    /// Forgets up to `most` readings from before `before`; how many those were.
    pub fn forget(connection: &mut PgConnection, before: DateTime<Utc>, most: i64) -> QueryResult<usize> {
        diesel::sql_query(include_str!("consumer_readings/forget.sql"))
            .bind::<Timestamptz, _>(before)
            .bind::<BigInt, _>(most)
            .execute(connection)
    }
}
