//! Pauses: while one stands, no scenario fires by its schedule.

use chrono::{DateTime, Utc};
use diesel::prelude::*;

use super::ids::PauseId;
use crate::db::schema::pauses;

/// One row of `pauses`.
#[derive(Debug, Clone, PartialEq, Eq, HasQuery, Identifiable)]
#[diesel(table_name = pauses)]
#[expect(missing_docs, reason = "the migration describes the columns")]
pub struct Pause {
    pub id: PauseId,
    pub started_by: String,
    pub started_at: DateTime<Utc>,
    pub why: String,
    pub ended_by: Option<String>,
    pub ended_at: Option<DateTime<Utc>>,
}

impl Pause {
    /// The one that stands.
    pub fn standing(connection: &mut PgConnection) -> QueryResult<Option<Self>> {
        Self::query().filter(pauses::ended_at.is_null()).first(connection).optional()
    }

    /// Whether one stands, for a transaction that fires scenarios: none begins until that has ended.
    pub fn keeps_from_firing(connection: &mut PgConnection) -> QueryResult<bool> {
        diesel::sql_query("select pg_advisory_xact_lock_shared(hashtext('hannun:pauses'))").execute(connection)?;
        let standing = pauses::table.filter(pauses::ended_at.is_null());
        diesel::select(diesel::dsl::exists(standing)).get_result(connection)
    }

    /// Begins one; none where one stands already. Whoever fires at this moment is waited for: once this is committed, nothing fires.
    pub fn begin(connection: &mut PgConnection, by: &str, why: &str, now: DateTime<Utc>) -> QueryResult<Option<Self>> {
        diesel::sql_query("select pg_advisory_xact_lock(hashtext('hannun:pauses'))").execute(connection)?;
        diesel::insert_into(pauses::table)
            .values((pauses::started_by.eq(by), pauses::started_at.eq(now), pauses::why.eq(why)))
            .on_conflict_do_nothing()
            .returning(Self::as_returning())
            .get_result(connection)
            .optional()
    }

    /// Ends the one of an id; none where it does not stand.
    pub fn end(connection: &mut PgConnection, id: PauseId, by: &str, now: DateTime<Utc>) -> QueryResult<Option<Self>> {
        diesel::update(pauses::table.find(id).filter(pauses::ended_at.is_null()))
            .set((pauses::ended_by.eq(by), pauses::ended_at.eq(now)))
            .returning(Self::as_returning())
            .get_result(connection)
            .optional()
    }
}
