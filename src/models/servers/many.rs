//! Many servers at once, as a file describes them: kept, put into their groups and deleted in a few statements, however many
//! they are. Whoever calls this holds the tables and has checked everything; by hand, one server is changed at a time.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel::upsert::excluded;

use super::changes::refused;
use crate::db::schema::{server_groups, servers};
use crate::db::types::Labels;
use crate::error::Result;
use crate::models::allowance::Allowance;
use crate::models::ids::{CredentialId, GroupId, ServerId};

/// Rows of one statement: PostgreSQL takes 65,535 values.
const AT_ONCE: usize = 2_000;

/// A whole server, new or changed; its name says which.
#[derive(Debug, Clone, PartialEq, Eq, Insertable)]
#[diesel(table_name = servers)]
#[expect(missing_docs, reason = "the same as in the row")]
pub struct ServerToKeep {
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
    /// Greater than before where a kept connection no longer fits (H03).
    pub version: i64,
    pub managed_by: Option<String>,
    pub allow: Allowance,
    pub updated_at: DateTime<Utc>,
}

impl ServerToKeep {
    /// Adds the new ones and changes the others; gives the id of each name.
    pub fn keep_all(connection: &mut PgConnection, servers: &[Self]) -> Result<Vec<(String, ServerId)>> {
        let mut kept = Vec::with_capacity(servers.len());
        for some in servers.chunks(AT_ONCE) {
            let rows: Vec<(String, ServerId)> = diesel::insert_into(servers::table)
                .values(some)
                .on_conflict(servers::name)
                .do_update()
                .set((
                    servers::address.eq(excluded(servers::address)),
                    servers::port.eq(excluded(servers::port)),
                    servers::credential_id.eq(excluded(servers::credential_id)),
                    servers::jump_server_id.eq(excluded(servers::jump_server_id)),
                    servers::labels.eq(excluded(servers::labels)),
                    servers::note.eq(excluded(servers::note)),
                    servers::enabled.eq(excluded(servers::enabled)),
                    servers::sampling_seconds.eq(excluded(servers::sampling_seconds)),
                    servers::legacy_algorithms.eq(excluded(servers::legacy_algorithms)),
                    servers::version.eq(excluded(servers::version)),
                    servers::managed_by.eq(excluded(servers::managed_by)),
                    servers::allow.eq(excluded(servers::allow)),
                    servers::updated_at.eq(excluded(servers::updated_at)),
                ))
                .returning((servers::name, servers::id))
                .get_results(connection)
                .map_err(|error| refused(error, some.first().map_or("", |server| &server.name)))?;
            kept.extend(rows);
        }
        Ok(kept)
    }

    /// Puts each of these servers into its groups and no others.
    pub fn set_groups_of_all(
        connection: &mut PgConnection,
        servers: &[ServerId],
        memberships: &[(ServerId, GroupId)],
    ) -> Result<()> {
        diesel::delete(server_groups::table.filter(server_groups::server_id.eq_any(servers))).execute(connection)?;
        for some in memberships.chunks(AT_ONCE) {
            let rows: Vec<_> = some
                .iter()
                .map(|(server, group)| (server_groups::server_id.eq(server), server_groups::group_id.eq(group)))
                .collect();
            diesel::insert_into(server_groups::table).values(rows).execute(connection)?;
        }
        Ok(())
    }

    /// Deletes these servers with everything that is known of them.
    pub fn delete_all(connection: &mut PgConnection, servers: &[ServerId]) -> Result<()> {
        // Those that are reached through one another go together.
        diesel::update(servers::table.filter(servers::id.eq_any(servers)))
            .set(servers::jump_server_id.eq(None::<ServerId>))
            .execute(connection)?;
        diesel::delete(servers::table.filter(servers::id.eq_any(servers)))
            .execute(connection)
            .map_err(|error| refused(error, ""))?;
        Ok(())
    }
}
