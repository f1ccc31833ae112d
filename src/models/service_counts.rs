//! How many services of each server have failed, as it was found last; and which servers are to be asked again.

use chrono::{DateTime, TimeDelta, Utc};
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Timestamptz};

use super::ids::ServerId;
use crate::db::schema::service_counts;

/// How long after a count it is counted again, where nobody looked meanwhile.
pub const EVERY: TimeDelta = TimeDelta::minutes(5);

/// One row of `service_counts`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, HasQuery, Identifiable)]
#[diesel(table_name = service_counts, primary_key(server_id))]
#[expect(missing_docs, reason = "the migration describes the columns")]
pub struct ServiceCount {
    pub server_id: ServerId,
    pub failed: Option<i64>,
    pub counted_at: Option<DateTime<Utc>>,
}

#[derive(QueryableByName)]
struct Taken {
    #[diesel(sql_type = BigInt)]
    server_id: ServerId,
}

impl ServiceCount {
    /// What was found last; none before the first count.
    pub fn of(connection: &mut PgConnection, server: ServerId) -> QueryResult<Option<Self>> {
        Self::query().find(server).first(connection).optional()
    }

    /// Writes what was found now.
    pub fn found(connection: &mut PgConnection, server: ServerId, failed: i64, now: DateTime<Utc>) -> QueryResult<()> {
        let found = (
            service_counts::failed.eq(Some(failed)),
            service_counts::counted_at.eq(Some(now)),
            service_counts::due_at.eq(now + EVERY),
        );
        diesel::insert_into(service_counts::table)
            .values((service_counts::server_id.eq(server), found))
            .on_conflict(service_counts::server_id)
            .do_update()
            .set(found)
            .execute(connection)
            .map(drop)
    }

    /// Takes up to `most` servers that answer and are due: whoever takes one counts it, and nobody else does for a while.
    pub fn take_due(connection: &mut PgConnection, now: DateTime<Utc>, most: i64) -> QueryResult<Vec<ServerId>> {
        let taken: Vec<Taken> = diesel::sql_query(include_str!("service_counts/take.sql"))
            .bind::<Timestamptz, _>(now)
            .bind::<Timestamptz, _>(now + EVERY)
            .bind::<BigInt, _>(most)
            .load(connection)?;
        Ok(taken.into_iter().map(|one| one.server_id).collect())
    }
}
