//! How far hannun may go on a server: the narrowest of its own switch and those of its groups.

use std::collections::BTreeMap;

use diesel::prelude::*;

use super::Server;
use crate::db::schema::servers;
use crate::error::{Error, Result};
use crate::models::allowance::Allowance;
use crate::models::ids::{GroupId, ServerId};

/// What rights and switches are weighed by: where a server stands now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing {
    /// The groups that it is in.
    pub groups: Vec<GroupId>,
    /// How far hannun may go on it.
    pub narrowest: Narrowest,
}

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
        let standing = Self::standings(connection, &[self.id])?.remove(&self.id);
        Ok(standing.ok_or(Error::NotFound("The server"))?.narrowest)
    }

    /// Where each of these stands now; one that was removed is missing.
    pub fn standings(connection: &mut PgConnection, servers: &[ServerId]) -> QueryResult<BTreeMap<ServerId, Standing>> {
        let own: Vec<(ServerId, Allowance, Option<String>)> = servers::table
            .filter(servers::id.eq_any(servers))
            .select((servers::id, servers::allow, servers::managed_by))
            .load(connection)?;
        let mut groups = Self::groups_of(connection, servers)?;
        let standings = own.into_iter().map(|(id, allow, file)| {
            let (of_it, own) = (groups.remove(&id).unwrap_or_default(), Narrowest { allow, group: None, file });
            let groups = of_it.iter().map(|group| group.id).collect();
            let narrowest = of_it
                .into_iter()
                .fold(own, |narrowest, group| narrowest.and(group.name, group.allow, group.managed_by));
            (id, Standing { groups, narrowest })
        });
        Ok(standings.collect())
    }
}
