//! What `sudo` lets hannun do on each server, as it was last asked.

use chrono::{DateTime, Utc};
use diesel::prelude::*;

use super::ids::ServerId;
use crate::commands::root_rights::{RootCommand, RootRights};
use crate::commands::script::Privilege;
use crate::db::schema::root_rights;

/// One row of `root_rights`.
#[derive(Debug, Clone, PartialEq, HasQuery, Identifiable, Insertable, AsChangeset)]
#[diesel(table_name = root_rights, primary_key(server_id))]
#[expect(missing_docs, reason = "the migration describes the columns")]
pub struct StoredRights {
    pub server_id: ServerId,
    pub user_name: String,
    pub privilege: String,
    pub everything: bool,
    pub commands: serde_json::Value,
    pub asked_at: DateTime<Utc>,
}

impl StoredRights {
    /// What was found of `user`, who becomes root by `privilege`, on `server`.
    pub fn new(
        server: ServerId,
        (user, privilege): (&str, Privilege),
        rights: &RootRights,
        now: DateTime<Utc>,
    ) -> Self {
        Self {
            server_id: server,
            user_name: user.to_owned(),
            privilege: privilege.name().to_owned(),
            everything: rights.everything,
            commands: serde_json::to_value(&rights.commands).unwrap_or_default(),
            asked_at: now,
        }
    }

    /// What was last found on `server` of this user; what was asked of another one, or in another way, says nothing.
    pub fn of(
        connection: &mut PgConnection,
        server: ServerId,
        (user, privilege): (&str, Privilege),
    ) -> QueryResult<Option<Self>> {
        let asked = root_rights::user_name.eq(user).and(root_rights::privilege.eq(privilege.name()));
        Self::query().filter(root_rights::server_id.eq(server).and(asked)).first(connection).optional()
    }

    /// Keeps it, instead of what was known before.
    pub fn keep(&self, connection: &mut PgConnection) -> QueryResult<()> {
        diesel::insert_into(root_rights::table)
            .values(self)
            .on_conflict(root_rights::server_id)
            .do_update()
            .set(self)
            .execute(connection)
            .map(drop)
    }

    /// Nothing is known of `server` any more.
    pub fn forget(connection: &mut PgConnection, server: ServerId) -> QueryResult<()> {
        diesel::delete(root_rights::table.find(server)).execute(connection).map(drop)
    }

    /// The rights; a row of another shape, left by another version, grants none.
    pub fn rights(&self) -> RootRights {
        let commands: Vec<RootCommand> = serde_json::from_value(self.commands.clone()).unwrap_or_default();
        RootRights { everything: self.everything, commands }
    }
}
