//! Requests of the API that may be repeated: what was asked under a key, and what was answered.

use chrono::{DateTime, TimeDelta, Utc};
use diesel::prelude::*;

use crate::db::schema::idempotency_keys;

/// How long a key is remembered.
const KEPT: TimeDelta = TimeDelta::hours(24);

/// One row of `idempotency_keys`.
#[derive(Debug, Clone, Queryable, Selectable)]
#[diesel(table_name = idempotency_keys)]
pub struct RememberedRequest {
    /// What tells this request from another one under the same key.
    pub request_digest: Vec<u8>,
    /// The status that was answered; none while it is being worked on.
    pub status: Option<i32>,
    /// The sealed answer.
    pub answer: Option<Vec<u8>>,
}

impl RememberedRequest {
    /// Begins a request under `id`. Somebody who began one before it, within a day, is given instead.
    pub fn begin(
        connection: &mut PgConnection,
        id: &[u8],
        request_digest: &[u8],
        now: DateTime<Utc>,
    ) -> QueryResult<Option<Self>> {
        diesel::delete(idempotency_keys::table.filter(idempotency_keys::created_at.lt(now - KEPT)))
            .execute(connection)?;
        let new = diesel::insert_into(idempotency_keys::table)
            .values((
                idempotency_keys::id.eq(id),
                idempotency_keys::request_digest.eq(request_digest),
                idempotency_keys::created_at.eq(now),
            ))
            .on_conflict_do_nothing()
            .execute(connection)?;
        if new == 1 {
            return Ok(None);
        }
        idempotency_keys::table.find(id).select(Self::as_select()).first(connection).optional()
    }

    /// Remembers how the request of `id` was answered.
    pub fn answered(connection: &mut PgConnection, id: &[u8], status: i32, answer: &[u8]) -> QueryResult<()> {
        diesel::update(idempotency_keys::table.find(id))
            .set((idempotency_keys::status.eq(status), idempotency_keys::answer.eq(answer)))
            .execute(connection)
            .map(drop)
    }

    /// Forgets the request of `id`: it did nothing, so it may be tried again.
    pub fn forget(connection: &mut PgConnection, id: &[u8]) -> QueryResult<()> {
        diesel::delete(idempotency_keys::table.find(id)).execute(connection).map(drop)
    }
}
