//! Points: as they come in ([`InboxRow`]), and packed ([`BlockRow`]). What they mean is for `metrics` to know.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Integer, Timestamptz};

use super::ids::ServerId;
use crate::db::schema::{metric_blocks, metric_inbox, metric_progress};

/// All values of one server and window of 10 s, side by side.
#[derive(Debug, Clone, PartialEq, Queryable, Selectable, Insertable)]
#[diesel(table_name = metric_inbox, treat_none_as_default_value = false, check_for_backend(diesel::pg::Pg))]
pub struct InboxRow {
    /// Whose.
    pub server_id: ServerId,
    /// The window's beginning.
    pub at: DateTime<Utc>,
    /// Which series.
    pub series_ids: Vec<i32>,
    /// The mean of each.
    pub means: Vec<f32>,
    /// The smallest value of each; empty where all of them are the means.
    pub minimums: Vec<f32>,
    /// The largest value of each; empty where all of them are the means.
    pub maximums: Vec<f32>,
}

impl InboxRow {
    /// Writes rows of any servers in one go.
    pub fn store(conn: &mut PgConnection, rows: &[Self]) -> QueryResult<usize> {
        diesel::copy_from(metric_inbox::table).from_insertable(rows).execute(conn)
    }

    /// Rows of `server` in `from..to`, in the order of time.
    pub fn between(
        conn: &mut PgConnection,
        server: ServerId,
        from: DateTime<Utc>,
        to: DateTime<Utc>,
    ) -> QueryResult<Vec<Self>> {
        metric_inbox::table
            .filter(metric_inbox::server_id.eq(server).and(metric_inbox::at.ge(from)).and(metric_inbox::at.lt(to)))
            .order(metric_inbox::at)
            .select(Self::as_select())
            .load(conn)
    }

    /// Takes the rows of `server` in `from..to` out.
    pub fn take(
        conn: &mut PgConnection,
        server: ServerId,
        from: DateTime<Utc>,
        to: DateTime<Utc>,
    ) -> QueryResult<Vec<Self>> {
        let rows = metric_inbox::table
            .filter(metric_inbox::server_id.eq(server).and(metric_inbox::at.ge(from)).and(metric_inbox::at.lt(to)));
        diesel::delete(rows).returning(Self::as_select()).get_results(conn)
    }

    /// Servers with their earliest row before `before`, at most `limit` of them.
    pub fn waiting(
        conn: &mut PgConnection,
        before: DateTime<Utc>,
        limit: i64,
    ) -> QueryResult<Vec<(ServerId, DateTime<Utc>)>> {
        metric_inbox::table
            .filter(metric_inbox::at.lt(before))
            .group_by(metric_inbox::server_id)
            .order(metric_inbox::server_id)
            .select((metric_inbox::server_id, diesel::dsl::min(metric_inbox::at).assume_not_null()))
            .limit(limit)
            .load(conn)
    }
}

/// Points of one series and period, in arrays.
#[derive(Debug, Clone, PartialEq, Queryable, Selectable, Insertable)]
#[diesel(table_name = metric_blocks, check_for_backend(diesel::pg::Pg))]
pub struct BlockRow {
    /// Seconds between two points.
    pub tier: i32,
    /// Which series.
    pub series_id: i32,
    /// The time of the first point.
    pub starts_at: DateTime<Utc>,
    /// The mean of each point; NaN where it is missing.
    pub means: Vec<f32>,
    /// The smallest value of each point; empty where all of them are the means.
    pub minimums: Vec<f32>,
    /// The largest value of each point; empty where all of them are the means.
    pub maximums: Vec<f32>,
    /// Windows of 10 s behind each point; empty where no point has less than all of them.
    pub weights: Vec<i16>,
}

impl BlockRow {
    /// Writes blocks; one that is there already is replaced.
    pub fn store(conn: &mut PgConnection, blocks: &[Self]) -> QueryResult<usize> {
        use diesel::upsert::excluded;
        diesel::insert_into(metric_blocks::table)
            .values(blocks)
            .on_conflict((metric_blocks::tier, metric_blocks::series_id, metric_blocks::starts_at))
            .do_update()
            .set((
                metric_blocks::means.eq(excluded(metric_blocks::means)),
                metric_blocks::minimums.eq(excluded(metric_blocks::minimums)),
                metric_blocks::maximums.eq(excluded(metric_blocks::maximums)),
                metric_blocks::weights.eq(excluded(metric_blocks::weights)),
            ))
            .execute(conn)
    }

    /// Blocks of these series that begin in `from..to`.
    pub fn between(
        conn: &mut PgConnection,
        tier: i32,
        series: &[i32],
        from: DateTime<Utc>,
        to: DateTime<Utc>,
    ) -> QueryResult<Vec<Self>> {
        metric_blocks::table
            .filter(metric_blocks::tier.eq(tier).and(metric_blocks::series_id.eq_any(series)))
            .filter(metric_blocks::starts_at.ge(from).and(metric_blocks::starts_at.lt(to)))
            .order((metric_blocks::series_id, metric_blocks::starts_at))
            .select(Self::as_select())
            .load(conn)
    }

    /// The beginning of a tier's first block.
    pub fn earliest(conn: &mut PgConnection, tier: i32) -> QueryResult<Option<DateTime<Utc>>> {
        metric_blocks::table
            .filter(metric_blocks::tier.eq(tier))
            .select(diesel::dsl::min(metric_blocks::starts_at))
            .get_result(conn)
    }

    /// Makes the partition of a tier that covers `from..to`, if there is none.
    pub fn ensure_partition(
        conn: &mut PgConnection,
        tier: i32,
        from: DateTime<Utc>,
        to: DateTime<Utc>,
    ) -> QueryResult<()> {
        diesel::sql_query("select ensure_metric_partition($1, $2, $3)")
            .bind::<Integer, _>(tier)
            .bind::<Timestamptz, _>(from)
            .bind::<Timestamptz, _>(to)
            .execute(conn)
            .map(drop)
    }

    /// Drops the partitions of a tier that are all older than `before`.
    pub fn drop_partitions(conn: &mut PgConnection, tier: i32, before: DateTime<Utc>) -> QueryResult<usize> {
        diesel::sql_query("select drop_metric_partitions($1, $2)")
            .bind::<Integer, _>(tier)
            .bind::<Timestamptz, _>(before)
            .execute(conn)
    }
}

/// How far a rolled-up tier is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = metric_progress, check_for_backend(diesel::pg::Pg))]
pub struct Progress {
    /// Seconds between two points.
    pub tier: i32,
    /// All points before this are in blocks.
    pub done_until: DateTime<Utc>,
    /// Of the next block, those of the servers up to this one are too.
    pub after_server: ServerId,
}

impl Progress {
    /// How far `tier` is; none before its first roll-up.
    pub fn of(conn: &mut PgConnection, tier: i32) -> QueryResult<Option<Self>> {
        metric_progress::table.find(tier).select(Self::as_select()).first(conn).optional()
    }

    /// How far every tier is.
    pub fn all(conn: &mut PgConnection) -> QueryResult<Vec<Self>> {
        metric_progress::table.select(Self::as_select()).load(conn)
    }

    /// Begins with a tier, unless somebody did.
    pub fn begin(self, conn: &mut PgConnection) -> QueryResult<usize> {
        diesel::insert_into(metric_progress::table).values(self).on_conflict_do_nothing().execute(conn)
    }

    /// Moves on from here to `next`; false where somebody else did in the meantime.
    pub fn advance(self, conn: &mut PgConnection, next: Self) -> QueryResult<bool> {
        let here = metric_progress::table.find(self.tier).filter(
            metric_progress::done_until.eq(self.done_until).and(metric_progress::after_server.eq(self.after_server)),
        );
        diesel::update(here).set(next).execute(conn).map(|changed| changed == 1)
    }
}

/// Bytes of everything that points occupy: tables, indexes and what is stored beside them.
pub fn stored_bytes(conn: &mut PgConnection) -> QueryResult<i64> {
    #[derive(QueryableByName)]
    struct Row {
        #[diesel(sql_type = BigInt)]
        bytes: i64,
    }
    diesel::sql_query(
        "select coalesce(sum(pg_total_relation_size(relid)), 0)::bigint as bytes from pg_partition_tree('metric_blocks') where isleaf",
    )
    .get_result::<Row>(conn)
    .map(|row| row.bytes)
}
