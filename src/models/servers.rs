//! Servers we may connect to. Whoever asks for one says how far they may see: there is no question without a scope.

mod allowance;
mod changes;
mod many;
mod membership;
pub mod references;

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use diesel::pg::Pg;
use diesel::prelude::*;

use super::actor::Scope;
use super::allowance::Allowance;
use super::ids::{CredentialId, GroupId, ServerId};
use super::inventory_files::only_by_hand;
use crate::db::schema::{server_groups, servers};
use crate::db::types::Labels;
use crate::error::{Error, Result};

pub use allowance::{Narrowest, Standing};
pub use changes::{MAXIMUM_JUMPS, ServerChanges};
pub use many::ServerToKeep;

/// One row of `servers`.
#[derive(Debug, Clone, PartialEq, Eq, HasQuery, Identifiable)]
#[diesel(table_name = servers)]
#[expect(missing_docs, reason = "the migration describes the columns")]
pub struct Server {
    pub id: ServerId,
    pub name: String,
    pub address: String,
    pub port: i32,
    pub credential_id: Option<CredentialId>,
    pub jump_server_id: Option<ServerId>,
    pub labels: Labels,
    pub note: String,
    pub enabled: bool,
    pub sampling_seconds: i32,
    pub legacy_algorithms: bool,
    pub version: i64,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
    pub managed_by: Option<String>,
    pub allow: Allowance,
}

/// What is needed to add a server; checked before it exists.
#[derive(Debug, Clone, PartialEq, Eq, Insertable)]
#[diesel(table_name = servers)]
#[expect(missing_docs, reason = "the same as in the row")]
pub struct NewServer<'a> {
    pub name: &'a str,
    pub address: &'a str,
    pub port: i32,
    pub credential_id: Option<CredentialId>,
    pub jump_server_id: Option<ServerId>,
    pub labels: &'a Labels,
    pub note: &'a str,
    pub enabled: bool,
    pub sampling_seconds: i32,
    pub legacy_algorithms: bool,
    pub allow: Allowance,
}

impl<'a> NewServer<'a> {
    /// A server with the usual settings.
    pub fn new(name: &'a str, address: &'a str) -> Self {
        static NO_LABELS: Labels = Labels(std::collections::BTreeMap::new());
        Self {
            name,
            address,
            port: 22,
            credential_id: None,
            jump_server_id: None,
            labels: &NO_LABELS,
            note: "",
            enabled: true,
            sampling_seconds: 10,
            legacy_algorithms: false,
            allow: Allowance::default(),
        }
    }

    /// Adds the server.
    pub fn insert(&self, connection: &mut PgConnection) -> Result<Server> {
        changes::check(&ServerChanges::from(self))?;
        self.insert_into(servers::table)
            .returning(Server::as_select())
            .get_result(connection)
            .map_err(|error| changes::refused(error, self.name))
    }
}

/// The servers that `scope` may know of. Every question about servers begins here (Z03, Z05).
pub fn visible_to(scope: &Scope) -> servers::BoxedQuery<'static, Pg> {
    match scope {
        Scope::All => servers::table.into_boxed(),
        Scope::Groups(groups) => {
            let members = server_groups::table
                .filter(server_groups::group_id.eq_any(groups.clone()))
                .select(server_groups::server_id);
            servers::table.filter(servers::id.eq_any(members)).into_boxed()
        }
    }
}

impl Server {
    /// All that `scope` may know of, by name.
    pub fn all(connection: &mut PgConnection, scope: &Scope) -> QueryResult<Vec<Self>> {
        visible_to(scope).select(Self::as_select()).order(servers::name).load(connection)
    }

    /// How many servers `scope` may know of.
    pub fn count(connection: &mut PgConnection, scope: &Scope) -> QueryResult<i64> {
        visible_to(scope).count().get_result(connection)
    }

    /// The server of a name. One outside `scope` is not found, like one that does not exist (Z05).
    pub fn by_name(connection: &mut PgConnection, scope: &Scope, name: &str) -> Result<Self> {
        if name.contains('\0') {
            return Err(Error::NotFound("The server"));
        }
        visible_to(scope)
            .filter(servers::name.eq(name))
            .select(Self::as_select())
            .first(connection)
            .optional()?
            .ok_or(Error::NotFound("The server"))
    }

    /// The server of an id, within `scope`.
    pub fn by_id(connection: &mut PgConnection, scope: &Scope, id: ServerId) -> Result<Self> {
        visible_to(scope)
            .filter(servers::id.eq(id))
            .select(Self::as_select())
            .first(connection)
            .optional()?
            .ok_or(Error::NotFound("The server"))
    }

    /// Servers of one group, within `scope`, by name.
    pub fn in_group(connection: &mut PgConnection, scope: &Scope, group: GroupId) -> QueryResult<Vec<Self>> {
        let members = server_groups::table.filter(server_groups::group_id.eq(group)).select(server_groups::server_id);
        visible_to(scope)
            .filter(servers::id.eq_any(members))
            .select(Self::as_select())
            .order(servers::name)
            .load(connection)
    }

    /// The ids of all servers. Asked by hannun itself, so without a scope.
    pub fn ids(connection: &mut PgConnection) -> QueryResult<Vec<ServerId>> {
        servers::table.select(servers::id).load(connection)
    }

    /// Servers that sign in with this credential, by name.
    pub fn using_credential(connection: &mut PgConnection, credential: CredentialId) -> QueryResult<Vec<Self>> {
        Self::query().filter(servers::credential_id.eq(credential)).order(servers::name).load(connection)
    }

    /// How many of these servers sign in with each credential; one that none of them uses is missing.
    pub fn count_by_credential(
        connection: &mut PgConnection,
        scope: &Scope,
    ) -> QueryResult<BTreeMap<CredentialId, i64>> {
        let used: Vec<Option<CredentialId>> = visible_to(scope).select(servers::credential_id).load(connection)?;
        let mut counts = BTreeMap::new();
        for credential in used.into_iter().flatten() {
            *counts.entry(credential).or_default() += 1;
        }
        Ok(counts)
    }

    /// Servers that are reached through this one, by name.
    pub fn behind(&self, connection: &mut PgConnection) -> QueryResult<Vec<Self>> {
        Self::query().filter(servers::jump_server_id.eq(self.id)).order(servers::name).load(connection)
    }

    /// The names of all servers that cannot be reached while this one is away, of those that `scope` knows: behind it, and behind
    /// those.
    pub fn cut_off_with(&self, connection: &mut PgConnection, scope: &Scope) -> Result<Vec<String>> {
        let (mut names, mut nearer) = (Vec::new(), vec![self.clone()]);
        for _ in 0..=changes::MAXIMUM_JUMPS {
            let mut further = Vec::new();
            for server in &nearer {
                further.extend(server.behind(connection)?);
            }
            for server in &further {
                if Self::by_name(connection, scope, &server.name).is_ok() {
                    names.push(server.name.clone());
                }
            }
            nearer = further;
        }
        names.sort();
        Ok(names)
    }

    /// Those of these ids, and all that they are reached through; one that was removed is missing.
    pub fn with_jumps(connection: &mut PgConnection, ids: &[ServerId]) -> QueryResult<BTreeMap<ServerId, Self>> {
        let (mut found, mut wanted) = (BTreeMap::new(), ids.to_vec());
        for _ in 0..=changes::MAXIMUM_JUMPS {
            let servers: Vec<Self> = Self::query().filter(servers::id.eq_any(&wanted)).load(connection)?;
            found.extend(servers.into_iter().map(|server| (server.id, server)));
            let jumps = found.values().filter_map(|server: &Self| server.jump_server_id);
            wanted = jumps.filter(|id| !found.contains_key(id)).collect();
            if wanted.is_empty() {
                break;
            }
        }
        Ok(found)
    }

    /// The servers to jump through, nearest to this one first.
    pub fn jumps(&self, connection: &mut PgConnection) -> Result<Vec<Self>> {
        let Some(nearest) = self.jump_server_id else { return Ok(Vec::new()) };
        let found = Self::with_jumps(connection, &[nearest])?;
        Ok(Self::way(&found, nearest)?.into_iter().cloned().collect())
    }

    /// The way to one of those that [`Server::with_jumps`] found: itself, then the servers to jump through, nearest first. Refused
    /// where there are too many of them, as in a circle.
    pub fn way(found: &BTreeMap<ServerId, Self>, id: ServerId) -> Result<Vec<&Self>> {
        let (mut way, mut next) = (Vec::new(), Some(id));
        while let Some(id) = next {
            if way.len() > changes::MAXIMUM_JUMPS {
                return Err(changes::too_many_jumps());
            }
            let server = found.get(&id).ok_or(Error::NotFound("The server"))?;
            next = server.jump_server_id;
            way.push(server);
        }
        Ok(way)
    }

    /// Deletes it with everything that is known of it. Not while others are reached through it, and not by hand where it
    /// came from a file.
    pub fn delete(&self, connection: &mut PgConnection) -> Result<()> {
        only_by_hand(&self.name, self.managed_by.as_deref())?;
        diesel::delete(self).execute(connection).map_err(|error| changes::refused(error, &self.name))?;
        Ok(())
    }
}
