//! The servers that a person starred.

use diesel::prelude::*;

use super::ids::{ServerId, UserId};
use crate::db::schema::favourite_servers;

/// The servers that `user` starred, also those that they may not know of any more: compare with what they may.
pub fn of_user(connection: &mut PgConnection, user: UserId) -> QueryResult<Vec<ServerId>> {
    favourite_servers::table
        .filter(favourite_servers::user_id.eq(user))
        .select(favourite_servers::server_id)
        .load(connection)
}

/// Stars a server; once is enough.
pub fn add(connection: &mut PgConnection, user: UserId, server: ServerId) -> QueryResult<()> {
    diesel::insert_into(favourite_servers::table)
        .values((favourite_servers::user_id.eq(user), favourite_servers::server_id.eq(server)))
        .on_conflict_do_nothing()
        .execute(connection)
        .map(drop)
}

/// Takes the star from a server.
pub fn remove(connection: &mut PgConnection, user: UserId, server: ServerId) -> QueryResult<()> {
    diesel::delete(favourite_servers::table.find((user, server))).execute(connection).map(drop)
}
