//! Commands that people keep under a name of their own.

use chrono::{DateTime, Utc};
use diesel::prelude::*;

use super::ids::{SavedCommandId, UserId};
use crate::db::schema::saved_commands;

/// How many one person keeps.
pub const MOST: i64 = 200;

/// One row of `saved_commands`.
#[derive(Debug, Clone, PartialEq, Eq, HasQuery)]
#[diesel(table_name = saved_commands)]
#[expect(missing_docs, reason = "the migration describes the columns")]
pub struct SavedCommand {
    pub id: SavedCommandId,
    pub user_id: UserId,
    pub name: String,
    pub words: String,
    pub as_root: bool,
    pub created_at: DateTime<Utc>,
}

/// A command to be kept; one of the same name is replaced.
#[derive(Debug, Clone, Insertable)]
#[diesel(table_name = saved_commands)]
#[expect(missing_docs, reason = "the migration describes the columns")]
pub struct NewSavedCommand {
    pub user_id: UserId,
    pub name: String,
    pub words: String,
    pub as_root: bool,
    pub created_at: DateTime<Utc>,
}

impl NewSavedCommand {
    /// Keeps it; false where the person keeps as many as may be.
    pub fn keep(&self, connection: &mut PgConnection) -> QueryResult<bool> {
        let of_user = saved_commands::table.filter(saved_commands::user_id.eq(self.user_id));
        let others: i64 = of_user.filter(saved_commands::name.ne(&self.name)).count().get_result(connection)?;
        if others >= MOST {
            return Ok(false);
        }
        diesel::insert_into(saved_commands::table)
            .values(self)
            .on_conflict((saved_commands::user_id, saved_commands::name))
            .do_update()
            .set((saved_commands::words.eq(&self.words), saved_commands::as_root.eq(self.as_root)))
            .execute(connection)
            .map(|_| true)
    }
}

impl SavedCommand {
    /// Those of a person, by name.
    pub fn of(connection: &mut PgConnection, user: UserId) -> QueryResult<Vec<Self>> {
        Self::query().filter(saved_commands::user_id.eq(user)).order(saved_commands::name).load(connection)
    }

    /// Forgets one of a person's own; false where it is none.
    pub fn forget(connection: &mut PgConnection, user: UserId, id: SavedCommandId) -> QueryResult<bool> {
        let own = saved_commands::table.find(id).filter(saved_commands::user_id.eq(user));
        diesel::delete(own).execute(connection).map(|gone| gone == 1)
    }
}
