//! Entries of the queue, written in the same transaction as the row that they are about (J01).
//!
//! The queue's tables belong to apalis. It reads them with a driver of its own; this is the only place that writes to them
//! with ours, because only then can row and entry commit together.

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Binary, Bool, Double, Integer, Nullable, Text};

/// An entry: which queue, what (ids and names only), when.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewQueueEntry {
    /// The queue's name: who takes it.
    pub queue: &'static str,
    /// The job, as JSON.
    pub job: Vec<u8>,
    /// A second entry with the same key is not made, also when the first is long done: the key carries the claim's token.
    pub key: String,
    /// Higher goes first.
    pub priority: i32,
}

impl NewQueueEntry {
    /// Writes the entry; workers hear of it when the transaction commits. False where the key was there already.
    pub fn insert(&self, conn: &mut PgConnection) -> QueryResult<bool> {
        diesel::sql_query(
            "insert into apalis.jobs
                (id, job_type, job, status, attempts, max_attempts, run_at, priority, metadata, idempotency_key)
             values (apalis.generate_ulid(), $1, $2, 'Pending', 0, 1, now(), $3, '', $4)
             on conflict (job_type, idempotency_key) do nothing",
        )
        .bind::<Text, _>(self.queue)
        .bind::<Binary, _>(&self.job)
        .bind::<Integer, _>(self.priority)
        .bind::<Text, _>(&self.key)
        .execute(conn)
        .map(|written| written == 1)
    }
}

/// Whether an entry of `queue` has waited for so long that somebody should have taken it, seconds.
pub fn waits(conn: &mut PgConnection, queue: &str, seconds: f64) -> QueryResult<bool> {
    let waiting = diesel::dsl::sql::<Bool>("exists (select from apalis.jobs where status = 'Pending' and job_type = ")
        .bind::<Text, _>(queue)
        .sql(" and run_at < now() - make_interval(secs => ")
        .bind::<Double, _>(seconds)
        .sql("))");
    diesel::dsl::select(waiting).get_result(conn)
}

/// The version of the queue's tables, where there are any that this role may use.
pub fn tables_version(conn: &mut PgConnection) -> QueryResult<Option<i64>> {
    let usable = diesel::dsl::sql::<Bool>(
        "exists (select from pg_class c join pg_namespace n on n.oid = c.relnamespace
             where n.nspname = 'apalis' and c.relname = '_sqlx_migrations'
                 and has_schema_privilege(n.oid, 'usage') and has_table_privilege(c.oid, 'select'))",
    );
    if !diesel::dsl::select(usable).get_result::<bool>(conn)? {
        return Ok(None);
    }
    let newest =
        diesel::dsl::sql::<Nullable<BigInt>>("(select max(version) from apalis._sqlx_migrations where success)");
    diesel::dsl::select(newest).get_result(conn)
}

/// Deletes entries that ended more than `seconds` ago, at most `limit` of them, and workers not heard of for a day: nobody
/// else does. Our own tables hold what happened.
pub fn purge(conn: &mut PgConnection, seconds: f64, limit: i32) -> QueryResult<usize> {
    let purged = diesel::sql_query(
        "delete from apalis.jobs where id in (
             select id from apalis.jobs
             where (status in ('Done', 'Killed') or (status = 'Failed' and attempts >= max_attempts))
                 and coalesce(done_at, run_at) < now() - make_interval(secs => $1)
             limit $2)",
    )
    .bind::<Double, _>(seconds)
    .bind::<Integer, _>(limit)
    .execute(conn)?;
    diesel::sql_query(
        "delete from apalis.workers where last_seen < now() - interval '1 day'
             and not exists (select 1 from apalis.jobs where jobs.lock_by = workers.id)",
    )
    .execute(conn)?;
    Ok(purged)
}
