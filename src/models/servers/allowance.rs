//! How far hannun may go on a server: the narrowest of its own switch and those of its groups.

use std::collections::BTreeMap;

use diesel::prelude::*;

use super::Server;
use crate::db::schema::{groups, server_groups, servers};
use crate::error::{Error, Result};
use crate::models::allowance::Allowance;
use crate::models::ids::ServerId;

/// How far hannun may go on a server, and what says so.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Narrowest {
    /// How far.
    pub allow: Allowance,
    /// The group whose switch is the narrowest; none: the server's own.
    pub group: Option<String>,
    /// The file that this server or group comes from, where the switch is changed then.
    pub file: Option<String>,
}

impl Narrowest {
    /// The same or what a group allows, whichever is narrower.
    fn and(self, group: String, allow: Allowance, file: Option<String>) -> Self {
        if allow < self.allow { Self { allow, group: Some(group), file } } else { self }
    }
}

impl Server {
    /// How far hannun may go on it now, whatever this row says: somebody may have changed the switch since.
    pub fn narrowest_allowance(&self, connection: &mut PgConnection) -> Result<Narrowest> {
        let own: Option<(Allowance, Option<String>)> =
            servers::table.find(self.id).select((servers::allow, servers::managed_by)).first(connection).optional()?;
        let (allow, file) = own.ok_or(Error::NotFound("The server"))?;
        let of_groups: Vec<(String, Allowance, Option<String>)> = server_groups::table
            .inner_join(groups::table)
            .filter(server_groups::server_id.eq(self.id))
            .select((groups::name, groups::allow, groups::managed_by))
            .order(groups::name)
            .load(connection)?;
        let narrowest = Narrowest { allow, group: None, file };
        Ok(of_groups.into_iter().fold(narrowest, |narrowest, (name, allow, file)| narrowest.and(name, allow, file)))
    }

    /// The same for many servers, as their rows and groups say.
    pub fn narrowest_allowances(
        connection: &mut PgConnection,
        servers: &[Self],
    ) -> QueryResult<BTreeMap<ServerId, Narrowest>> {
        let ids: Vec<ServerId> = servers.iter().map(|server| server.id).collect();
        let mut groups = Self::groups_of(connection, &ids)?;
        let narrowest = servers.iter().map(|server| {
            let own = Narrowest { allow: server.allow, group: None, file: server.managed_by.clone() };
            let groups = groups.remove(&server.id).unwrap_or_default();
            (
                server.id,
                groups
                    .into_iter()
                    .fold(own, |narrowest, group| narrowest.and(group.name, group.allow, group.managed_by)),
            )
        });
        Ok(narrowest.collect())
    }
}
