//! Work that comes round, and its claims: every step is a compare-and-set on a growing token (J02, J05).

use chrono::{DateTime, TimeDelta, Utc};
use diesel::prelude::*;

use crate::db::schema::recurring_jobs;

/// How long a claim holds without a sign of life.
pub const LEASE: TimeDelta = TimeDelta::seconds(60);

/// One row of `recurring_jobs`.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable)]
#[diesel(table_name = recurring_jobs, check_for_backend(diesel::pg::Pg))]
pub struct RecurringJob {
    /// `roll_up_metrics`
    pub name: String,
    /// How often.
    pub every_seconds: i32,
    /// When it is due.
    pub next_at: DateTime<Utc>,
    /// `idle`, `queued` or `running`.
    pub state: String,
    /// Grows with each claim; a result that carries an old one is refused.
    pub token: i64,
    /// Until when the claim holds.
    pub lease_until: Option<DateTime<Utc>>,
    /// When the last run began.
    pub started_at: Option<DateTime<Utc>>,
    /// When the last run ended.
    pub finished_at: Option<DateTime<Utc>>,
    /// How long it took.
    pub took_ms: Option<i64>,
    /// `succeeded`, `failed` or `unknown`; empty before the first run.
    pub outcome: String,
    /// Why it failed.
    pub error: String,
}

/// How a run ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RunOutcome {
    /// It did its work.
    Succeeded,
    /// It did not, and why.
    Failed(String),
}

impl RecurringJob {
    /// Makes sure that the job is in the table, due at once if it is new.
    pub fn ensure(conn: &mut PgConnection, name: &str, every_seconds: i32, now: DateTime<Utc>) -> QueryResult<usize> {
        diesel::insert_into(recurring_jobs::table)
            .values((
                recurring_jobs::name.eq(name),
                recurring_jobs::every_seconds.eq(every_seconds),
                recurring_jobs::next_at.eq(now),
            ))
            .on_conflict(recurring_jobs::name)
            .do_update()
            .set(recurring_jobs::every_seconds.eq(every_seconds))
            .execute(conn)
    }

    /// All of them, by name.
    pub fn all(conn: &mut PgConnection) -> QueryResult<Vec<Self>> {
        recurring_jobs::table.order(recurring_jobs::name).select(Self::as_select()).load(conn)
    }

    /// One of them.
    pub fn named(conn: &mut PgConnection, name: &str) -> QueryResult<Self> {
        recurring_jobs::table.find(name).select(Self::as_select()).first(conn)
    }

    /// Makes idle again, and due at once, what holds a lease that ran out: whoever had it is gone. How far a run came that
    /// had begun is unknown.
    pub fn release_lost(conn: &mut PgConnection, now: DateTime<Utc>) -> QueryResult<Vec<String>> {
        let lost = recurring_jobs::lease_until.lt(now);
        diesel::update(recurring_jobs::table.filter(lost.and(recurring_jobs::state.eq("running"))))
            .set((
                recurring_jobs::finished_at.eq(now),
                recurring_jobs::outcome.eq("unknown"),
                recurring_jobs::error.eq("its worker was not heard of for a minute"),
            ))
            .execute(conn)?;
        diesel::update(recurring_jobs::table.filter(lost))
            .set((
                recurring_jobs::state.eq("idle"),
                // A late result of the lost run carries the token before this one.
                recurring_jobs::token.eq(recurring_jobs::token + 1),
                recurring_jobs::lease_until.eq(None::<DateTime<Utc>>),
                recurring_jobs::next_at.eq(now),
            ))
            .returning(recurring_jobs::name)
            .get_results(conn)
    }

    /// Claims what is due, skipping what another scheduler is claiming right now. Their next time is the first that
    /// follows `now`: what was missed while nobody ran is done once.
    pub fn claim_due(conn: &mut PgConnection, now: DateTime<Utc>) -> QueryResult<Vec<Self>> {
        conn.transaction(|conn| {
            let due: Vec<Self> = recurring_jobs::table
                .filter(recurring_jobs::state.eq("idle").and(recurring_jobs::next_at.le(now)))
                .order(recurring_jobs::next_at)
                .limit(50)
                .for_update()
                .skip_locked()
                .select(Self::as_select())
                .load(conn)?;
            due.iter().map(|job| job.queue(conn, now)).collect()
        })
    }

    fn queue(&self, conn: &mut PgConnection, now: DateTime<Utc>) -> QueryResult<Self> {
        let every = i64::from(self.every_seconds.max(1));
        let late = (now - self.next_at).num_seconds().max(0);
        let next_at = self.next_at + TimeDelta::seconds((late / every + 1) * every);
        diesel::update(recurring_jobs::table.find(&self.name))
            .set((
                recurring_jobs::state.eq("queued"),
                recurring_jobs::token.eq(self.token + 1),
                recurring_jobs::lease_until.eq(now + LEASE),
                recurring_jobs::next_at.eq(next_at),
            ))
            .returning(Self::as_select())
            .get_result(conn)
    }

    /// queued → running, for the holder of `token`; none where somebody else has it or had it.
    pub fn start(conn: &mut PgConnection, name: &str, token: i64, now: DateTime<Utc>) -> QueryResult<Option<Self>> {
        let claimed = recurring_jobs::table
            .find(name)
            .filter(recurring_jobs::token.eq(token).and(recurring_jobs::state.eq("queued")));
        diesel::update(claimed)
            .set((
                recurring_jobs::state.eq("running"),
                recurring_jobs::lease_until.eq(now + LEASE),
                recurring_jobs::started_at.eq(now),
            ))
            .returning(Self::as_select())
            .get_result(conn)
            .optional()
    }

    /// A sign of life; false where the claim is lost.
    pub fn renew(conn: &mut PgConnection, name: &str, token: i64, now: DateTime<Utc>) -> QueryResult<bool> {
        let held = recurring_jobs::table
            .find(name)
            .filter(recurring_jobs::token.eq(token).and(recurring_jobs::state.eq("running")));
        diesel::update(held).set(recurring_jobs::lease_until.eq(now + LEASE)).execute(conn).map(|held| held == 1)
    }

    /// running → idle with how it ended; false where the claim is lost, and the result with it.
    pub fn finish(
        conn: &mut PgConnection,
        name: &str,
        token: i64,
        now: DateTime<Utc>,
        took_ms: i64,
        outcome: &RunOutcome,
    ) -> QueryResult<bool> {
        let (word, error) = match outcome {
            RunOutcome::Succeeded => ("succeeded", ""),
            RunOutcome::Failed(why) => ("failed", why.as_str()),
        };
        let held = recurring_jobs::table
            .find(name)
            .filter(recurring_jobs::token.eq(token).and(recurring_jobs::state.eq("running")));
        diesel::update(held)
            .set((
                recurring_jobs::state.eq("idle"),
                recurring_jobs::lease_until.eq(None::<DateTime<Utc>>),
                recurring_jobs::finished_at.eq(now),
                recurring_jobs::took_ms.eq(took_ms),
                recurring_jobs::outcome.eq(word),
                recurring_jobs::error.eq(error),
            ))
            .execute(conn)
            .map(|held| held == 1)
    }
}
