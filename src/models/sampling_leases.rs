//! Which process samples which server. Every change is a compare-and-set on the holder, with a growing token (J02, J05).

use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Timestamptz};

use super::ids::{InstanceId, ServerId};
use super::servers::Server;
use crate::db::schema::{credentials, instances, sampling_leases, servers};

/// A server that is to be sampled: switched on, with a credential.
#[derive(Debug, Clone, PartialEq, Eq, Queryable)]
pub struct ToSample {
    /// The server.
    pub server: Server,
    /// Grows with every change of its credential.
    pub credential_version: i64,
    /// Grows when a person wants it tried now; 0 before it was ever leased.
    pub tries: i64,
    /// Who samples it; none where nobody does, or whoever did is gone.
    pub lease: Option<Lease>,
}

/// Who samples a server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lease {
    /// The process.
    pub holder: InstanceId,
    /// Of this claim.
    pub token: i64,
}

/// Server, its credential's version, tries, token and holder.
type Found = (Server, i64, Option<i64>, Option<i64>, Option<InstanceId>);

impl ToSample {
    /// All of them, in the order of their ids. Asked by hannun itself, so without a scope.
    pub fn all(conn: &mut PgConnection) -> QueryResult<Vec<Self>> {
        let lives = instances::lives_until.gt(sql::<Timestamptz>("clock_timestamp()"));
        let holder = instances::id.nullable().eq(sampling_leases::holder.nullable()).and(lives);
        let rows: Vec<Found> = servers::table
            .inner_join(credentials::table)
            .left_join(sampling_leases::table)
            .left_join(instances::table.on(holder))
            .filter(servers::enabled)
            .order(servers::id)
            .select((
                Server::as_select(),
                credentials::version,
                sampling_leases::tries.nullable(),
                sampling_leases::token.nullable(),
                instances::id.nullable(),
            ))
            .load(conn)?;
        let to_sample = |(server, credential_version, tries, token, holder): (_, _, Option<i64>, Option<i64>, _)| {
            let lease = token.zip(holder).map(|(token, holder)| Lease { holder, token });
            Self { server, credential_version, tries: tries.unwrap_or_default(), lease }
        };
        Ok(rows.into_iter().map(to_sample).collect())
    }
}

impl Lease {
    /// Takes those of `wanted` that nobody holds; gives how many that were. A holder that is not alive itself takes none.
    pub fn claim(conn: &mut PgConnection, holder: InstanceId, wanted: &[ServerId]) -> QueryResult<usize> {
        diesel::sql_query(include_str!("sampling_leases/claim.sql"))
            .bind::<BigInt, _>(holder)
            .bind::<Array<BigInt>, _>(wanted)
            .execute(conn)
    }

    /// Gives servers of `from` to others.
    pub fn hand_over(
        conn: &mut PgConnection,
        from: InstanceId,
        given: &[(ServerId, InstanceId)],
    ) -> QueryResult<usize> {
        let servers: Vec<i64> = given.iter().map(|(server, _)| server.0).collect();
        let to: Vec<i64> = given.iter().map(|(_, to)| to.0).collect();
        diesel::sql_query(include_str!("sampling_leases/hand_over.sql"))
            .bind::<BigInt, _>(from)
            .bind::<Array<BigInt>, _>(servers)
            .bind::<Array<BigInt>, _>(to)
            .execute(conn)
    }

    /// Has a server tried now by whoever samples it: a person changed something on it, or a connection test passed.
    pub fn try_now(conn: &mut PgConnection, server: ServerId) -> QueryResult<()> {
        diesel::update(sampling_leases::table.find(server))
            .set(sampling_leases::tries.eq(sampling_leases::tries + 1))
            .execute(conn)
            .map(drop)
    }
}
