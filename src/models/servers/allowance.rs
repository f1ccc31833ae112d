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
}

impl Narrowest {
    /// The same or what a group allows, whichever is narrower.
    fn and(self, group: String, allow: Allowance) -> Self {
        if allow < self.allow { Self { allow, group: Some(group) } } else { self }
    }
}

impl Server {
    /// How far hannun may go on it now, whatever this row says: somebody may have changed the switch since.
    pub fn narrowest_allowance(&self, connection: &mut PgConnection) -> Result<Narrowest> {
        let own: Option<Allowance> =
            servers::table.find(self.id).select(servers::allow).first(connection).optional()?;
        let own = own.ok_or(Error::NotFound("The server"))?;
        let of_groups: Vec<(String, Allowance)> = server_groups::table
            .inner_join(groups::table)
            .filter(server_groups::server_id.eq(self.id))
            .select((groups::name, groups::allow))
            .order(groups::name)
            .load(connection)?;
        let narrowest = Narrowest { allow: own, group: None };
        Ok(of_groups.into_iter().fold(narrowest, |narrowest, (name, allow)| narrowest.and(name, allow)))
    }

    /// The same for many servers, as their rows and groups say.
    pub fn narrowest_allowances(
        connection: &mut PgConnection,
        servers: &[Self],
    ) -> QueryResult<BTreeMap<ServerId, Narrowest>> {
        let ids: Vec<ServerId> = servers.iter().map(|server| server.id).collect();
        let mut groups = Self::groups_of(connection, &ids)?;
        let narrowest = servers.iter().map(|server| {
            let own = Narrowest { allow: server.allow, group: None };
            let groups = groups.remove(&server.id).unwrap_or_default();
            (server.id, groups.into_iter().fold(own, |narrowest, group| narrowest.and(group.name, group.allow)))
        });
        Ok(narrowest.collect())
    }
}
