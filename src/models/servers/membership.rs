//! Which servers are in which groups.

use std::collections::BTreeMap;

use diesel::prelude::*;

use super::Server;
use crate::db::schema::{groups, server_groups};
use crate::error::{Error, Result};
use crate::models::groups::Group;
use crate::models::ids::{GroupId, ServerId};

impl Server {
    /// The groups it is in, by name.
    pub fn groups(&self, connection: &mut PgConnection) -> QueryResult<Vec<Group>> {
        server_groups::table
            .inner_join(groups::table)
            .filter(server_groups::server_id.eq(self.id))
            .select(Group::as_select())
            .order(groups::name)
            .load(connection)
    }

    /// The groups of many servers at once; a server in no group is missing.
    pub fn groups_of(
        connection: &mut PgConnection,
        servers: &[ServerId],
    ) -> QueryResult<BTreeMap<ServerId, Vec<Group>>> {
        let rows: Vec<(ServerId, Group)> = server_groups::table
            .inner_join(groups::table)
            .filter(server_groups::server_id.eq_any(servers))
            .select((server_groups::server_id, Group::as_select()))
            .order(groups::name)
            .load(connection)?;
        let mut by_server: BTreeMap<ServerId, Vec<Group>> = BTreeMap::new();
        for (server, group) in rows {
            by_server.entry(server).or_default().push(group);
        }
        Ok(by_server)
    }

    /// How many servers each group has; a group without any is missing.
    pub fn count_by_group(connection: &mut PgConnection) -> QueryResult<BTreeMap<GroupId, i64>> {
        let counts = server_groups::table
            .group_by(server_groups::group_id)
            .select((server_groups::group_id, diesel::dsl::count_star()))
            .load::<(GroupId, i64)>(connection)?;
        Ok(counts.into_iter().collect())
    }

    /// Puts it into these groups and no others.
    pub fn set_groups(&self, connection: &mut PgConnection, wanted: &[GroupId]) -> Result<()> {
        connection.transaction(|connection| {
            diesel::delete(server_groups::table.filter(server_groups::server_id.eq(self.id))).execute(connection)?;
            let rows: Vec<_> = wanted
                .iter()
                .map(|group| (server_groups::server_id.eq(self.id), server_groups::group_id.eq(*group)))
                .collect();
            diesel::insert_into(server_groups::table)
                .values(rows)
                .on_conflict_do_nothing()
                .execute(connection)
                .map_err(|error| {
                    crate::db::errors::if_violates(error, "server_groups_group_id_fkey", || {
                        Error::field("groups", "One of the groups is not there any more")
                    })
                })?;
            Ok(())
        })
    }
}
