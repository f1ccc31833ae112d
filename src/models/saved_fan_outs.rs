//! Commands on many servers that people keep under a name of their own.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use serde_json::Value;

use super::ids::{SavedFanOutId, UserId};
use crate::db::schema::saved_fan_outs;
use crate::error::{Error, Result};

/// How many one person keeps.
pub const MOST: i64 = 200;

/// One row of `saved_fan_outs`.
#[derive(Debug, Clone, PartialEq, HasQuery)]
#[diesel(table_name = saved_fan_outs)]
#[expect(missing_docs, reason = "the migration describes the columns")]
pub struct SavedFanOut {
    pub id: SavedFanOutId,
    pub user_id: UserId,
    pub name: String,
    pub wish: Value,
    pub created_at: DateTime<Utc>,
}

/// One to be kept; one of the same name is replaced.
#[derive(Debug, Clone, Insertable)]
#[diesel(table_name = saved_fan_outs)]
#[expect(missing_docs, reason = "the migration describes the columns")]
pub struct NewSavedFanOut {
    pub user_id: UserId,
    pub name: String,
    pub wish: Value,
    pub created_at: DateTime<Utc>,
}

impl NewSavedFanOut {
    /// Keeps it; none where the person keeps as many as may be.
    pub fn keep(&self, connection: &mut PgConnection) -> QueryResult<Option<SavedFanOutId>> {
        let of_user = saved_fan_outs::table.filter(saved_fan_outs::user_id.eq(self.user_id));
        let others: i64 = of_user.filter(saved_fan_outs::name.ne(&self.name)).count().get_result(connection)?;
        if others >= MOST {
            return Ok(None);
        }
        diesel::insert_into(saved_fan_outs::table)
            .values(self)
            .on_conflict((saved_fan_outs::user_id, saved_fan_outs::name))
            .do_update()
            .set(saved_fan_outs::wish.eq(&self.wish))
            .returning(saved_fan_outs::id)
            .get_result(connection)
            .map(Some)
    }
}

impl SavedFanOut {
    /// Those of a person, by name.
    pub fn of(connection: &mut PgConnection, user: UserId) -> QueryResult<Vec<Self>> {
        Self::query().filter(saved_fan_outs::user_id.eq(user)).order(saved_fan_outs::name).load(connection)
    }

    /// One of a person's own.
    pub fn own(connection: &mut PgConnection, user: UserId, id: SavedFanOutId) -> Result<Self> {
        let found = Self::query().find(id).filter(saved_fan_outs::user_id.eq(user)).first(connection);
        found.optional()?.ok_or(Error::NotFound("This command"))
    }

    /// Forgets one of a person's own; false where it is none.
    pub fn forget(connection: &mut PgConnection, user: UserId, id: SavedFanOutId) -> QueryResult<bool> {
        let own = saved_fan_outs::table.find(id).filter(saved_fan_outs::user_id.eq(user));
        diesel::delete(own).execute(connection).map(|gone| gone == 1)
    }
}
