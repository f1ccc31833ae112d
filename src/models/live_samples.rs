//! The latest values of servers, from the process that samples them to those that show them. What they hold is for
//! `metrics` to know.

use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Bytea};

use super::ids::{InstanceId, ServerId};
use crate::db::schema::live_samples;

/// What is told of one server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewLiveSample {
    /// Of which server.
    pub server: ServerId,
    /// The token of the lease under which it is sampled.
    pub token: i64,
    /// Its values.
    pub content: Vec<u8>,
}

/// One row of `live_samples`.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable, QueryableByName)]
#[diesel(table_name = live_samples, check_for_backend(diesel::pg::Pg))]
pub struct LiveSample {
    /// Of which server.
    pub server_id: ServerId,
    /// Who told it.
    pub holder: InstanceId,
    /// With which of its batches.
    pub batch: i64,
    /// Its values.
    pub content: Vec<u8>,
}

impl LiveSample {
    /// Tells a batch. Left out: servers that `holder` does not lease under that token any more (J02).
    pub fn tell(
        conn: &mut PgConnection,
        holder: InstanceId,
        batch: i64,
        samples: &[NewLiveSample],
    ) -> QueryResult<usize> {
        let servers: Vec<i64> = samples.iter().map(|sample| sample.server.0).collect();
        let tokens: Vec<i64> = samples.iter().map(|sample| sample.token).collect();
        let contents: Vec<&[u8]> = samples.iter().map(|sample| sample.content.as_slice()).collect();
        diesel::sql_query(include_str!("live_samples/tell.sql"))
            .bind::<BigInt, _>(holder)
            .bind::<BigInt, _>(batch)
            .bind::<Array<BigInt>, _>(servers)
            .bind::<Array<BigInt>, _>(tokens)
            .bind::<Array<Bytea>, _>(contents)
            .execute(conn)
    }

    /// What others than `me` told, newer than the batches that are `known` of each.
    pub fn newer(conn: &mut PgConnection, me: InstanceId, known: &[(InstanceId, i64)]) -> QueryResult<Vec<Self>> {
        let holders: Vec<i64> = known.iter().map(|(holder, _)| holder.0).collect();
        let batches: Vec<i64> = known.iter().map(|(_, batch)| *batch).collect();
        diesel::sql_query(include_str!("live_samples/newer.sql"))
            .bind::<BigInt, _>(me)
            .bind::<Array<BigInt>, _>(holders)
            .bind::<Array<BigInt>, _>(batches)
            .load(conn)
    }
}
