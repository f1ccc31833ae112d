//! The processes of hannun that share this database: signs of life, and what somebody looks at through each of them.
//!
//! Who lives is decided by the database's clock alone: those of the machines may differ.

use std::time::Duration;

use chrono::{DateTime, Utc};
use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Bool, Double, Integer, Text, Timestamptz};

use super::ids::{InstanceId, ServerId};
use crate::db::schema::instances;

/// One row of `instances`.
#[derive(Debug, Clone, PartialEq, Eq, HasQuery, Identifiable)]
#[diesel(table_name = instances)]
#[expect(missing_docs, reason = "the migration describes the columns")]
pub struct Instance {
    pub id: InstanceId,
    pub host: String,
    pub process_id: i32,
    pub version: String,
    pub serves: bool,
    pub samples: bool,
    pub started_at: DateTime<Utc>,
    pub seen_at: DateTime<Utc>,
    pub lives_until: DateTime<Utc>,
}

/// What a process says of itself.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(missing_docs, reason = "the same as in the row")]
pub struct NewInstance {
    pub id: InstanceId,
    pub host: String,
    pub process_id: i32,
    pub version: String,
    pub serves: bool,
    pub samples: bool,
}

/// What somebody looks at through another process.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Look {
    /// Through which one.
    pub through: InstanceId,
    /// Somebody looks at live values of any server now.
    pub now: bool,
    /// At these in particular: each second.
    pub servers: Vec<ServerId>,
}

impl NewInstance {
    /// A sign of life: the process, and all that it leases, lives for as long as `lease` from now. Also the first one, and
    /// the first after its row was cleared away.
    pub fn sign(&self, conn: &mut PgConnection, lease: Duration) -> QueryResult<()> {
        diesel::sql_query(
            "insert into instances (id, host, process_id, version, serves, samples, seen_at, lives_until)
             values ($1, $2, $3, $4, $5, $6, clock_timestamp(), clock_timestamp() + make_interval(secs => $7))
             on conflict (id) do update set seen_at = excluded.seen_at, lives_until = excluded.lives_until",
        )
        .bind::<BigInt, _>(self.id)
        .bind::<Text, _>(&self.host)
        .bind::<Integer, _>(self.process_id)
        .bind::<Text, _>(&self.version)
        .bind::<Bool, _>(self.serves)
        .bind::<Bool, _>(self.samples)
        .bind::<Double, _>(lease.as_secs_f64())
        .execute(conn)
        .map(drop)
    }
}

impl Instance {
    /// Those that live, oldest first.
    pub fn living(conn: &mut PgConnection) -> QueryResult<Vec<Self>> {
        Self::query().filter(instances::lives_until.gt(now())).order((instances::started_at, instances::id)).load(conn)
    }

    /// These ended: what they lease is free at once.
    pub fn end(conn: &mut PgConnection, ended: &[InstanceId]) -> QueryResult<usize> {
        diesel::delete(instances::table.filter(instances::id.eq_any(ended))).execute(conn)
    }

    /// Clears away those that have not been heard of for as long as `kept`.
    pub fn forget_dead(conn: &mut PgConnection, kept: Duration) -> QueryResult<usize> {
        diesel::sql_query("delete from instances where lives_until < clock_timestamp() - make_interval(secs => $1)")
            .bind::<Double, _>(kept.as_secs_f64())
            .execute(conn)
    }

    /// Notes that somebody looks at live values through `id`, and at which servers each second; it holds for `lasting`.
    pub fn look(conn: &mut PgConnection, id: InstanceId, servers: &[ServerId], lasting: Duration) -> QueryResult<()> {
        diesel::sql_query(
            "update instances set looks_at = $2, looks_until = clock_timestamp() + make_interval(secs => $3) where id = $1",
        )
        .bind::<BigInt, _>(id)
        .bind::<Array<BigInt>, _>(servers)
        .bind::<Double, _>(lasting.as_secs_f64())
        .execute(conn)
        .map(drop)
    }

    /// What somebody looks at through the others that live and answer people.
    pub fn looks_of_others(conn: &mut PgConnection, me: InstanceId) -> QueryResult<Vec<Look>> {
        let others = instances::serves.and(instances::id.ne(me)).and(instances::lives_until.gt(now()));
        let rows: Vec<(InstanceId, Option<bool>, Vec<ServerId>)> = instances::table
            .filter(others)
            .select((instances::id, instances::looks_until.gt(now().nullable()), instances::looks_at))
            .load(conn)?;
        let look = |(through, looks, servers): (_, Option<bool>, Vec<ServerId>)| {
            let now = looks == Some(true);
            Look { through, now, servers: if now { servers } else { Vec::new() } }
        };
        Ok(rows.into_iter().map(look).collect())
    }
}

/// The database's clock, also inside of a transaction.
fn now() -> diesel::expression::SqlLiteral<Timestamptz> {
    sql("clock_timestamp()")
}
