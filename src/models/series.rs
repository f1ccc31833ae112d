//! Which numbers are kept of which server: the names behind the ids that points carry.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Text};

use super::ids::ServerId;
use crate::db::schema::series;

/// One metric of one device of a server. The device's name was chosen by the server.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable, QueryableByName)]
#[diesel(table_name = series, check_for_backend(diesel::pg::Pg))]
pub struct Series {
    /// What its points carry.
    pub id: i32,
    /// Whose.
    pub server_id: ServerId,
    /// `cpu.user`
    pub metric: String,
    /// `eth0`; empty for the whole server.
    pub device: String,
}

/// A series that may not have an id yet.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct NewSeries {
    /// Whose.
    pub server_id: ServerId,
    /// `cpu.user`
    pub metric: &'static str,
    /// `eth0`; empty for the whole server.
    pub device: String,
}

/// Series of one server at most: what a usual one has, thirty times. A server names its devices, and must not fill the
/// table with names.
const LIMIT: i64 = 1_000;

impl Series {
    /// The rows of `wanted`, new ones where there were none. Left out: series of servers that are gone, and of servers
    /// that have too many.
    pub fn ensure(conn: &mut PgConnection, wanted: &[NewSeries]) -> QueryResult<Vec<Self>> {
        let servers: Vec<i64> = wanted.iter().map(|series| series.server_id.0).collect();
        let metrics: Vec<&str> = wanted.iter().map(|series| series.metric).collect();
        let devices: Vec<&str> = wanted.iter().map(|series| series.device.as_str()).collect();
        diesel::sql_query(include_str!("series/ensure.sql"))
            .bind::<Array<BigInt>, _>(servers)
            .bind::<Array<Text>, _>(metrics)
            .bind::<Array<Text>, _>(devices)
            .bind::<BigInt, _>(LIMIT)
            .load(conn)
    }

    /// The series of these metrics that `server` had points of since `from`, in the order of their devices.
    pub fn wanted(
        conn: &mut PgConnection,
        server: ServerId,
        metrics: &[&str],
        from: DateTime<Utc>,
    ) -> QueryResult<Vec<Self>> {
        series::table
            .filter(series::server_id.eq(server).and(series::metric.eq_any(metrics)).and(series::seen_at.ge(from)))
            .order((series::metric, series::device, series::id))
            .select(Self::as_select())
            .load(conn)
    }

    /// The ids of all series of `server`.
    pub fn ids_of(conn: &mut PgConnection, server: ServerId) -> QueryResult<Vec<i32>> {
        series::table.filter(series::server_id.eq(server)).order(series::id).select(series::id).load(conn)
    }

    /// The next servers after `server` that have any series, in the order of their ids.
    pub fn servers_after(conn: &mut PgConnection, server: ServerId, limit: i64) -> QueryResult<Vec<ServerId>> {
        series::table
            .filter(series::server_id.gt(server))
            .order(series::server_id)
            .select(series::server_id)
            .distinct()
            .limit(limit)
            .load(conn)
    }

    /// Notes that these series have points until `until`.
    pub fn mark_seen(conn: &mut PgConnection, ids: &[i32], until: DateTime<Utc>) -> QueryResult<usize> {
        diesel::update(series::table.filter(series::id.eq_any(ids).and(series::seen_at.lt(until))))
            .set(series::seen_at.eq(until))
            .execute(conn)
    }

    /// Forgets series without a point since `before`.
    pub fn forget_unseen(conn: &mut PgConnection, before: DateTime<Utc>) -> QueryResult<usize> {
        diesel::delete(series::table.filter(series::seen_at.lt(before))).execute(conn)
    }
}
