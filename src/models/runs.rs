//! Runs of scenarios: each is there from the moment its slot is due, and its row tells the whole story (J01).

mod backlog;
mod claims;
mod search;

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use serde_json::Value;

use super::ids::{RunId, ScenarioId};
use crate::db::schema::runs;
use crate::db::types::text_enum;
use crate::error::{Error, Result};
use crate::language::Message;

pub use backlog::{Backlog, Open};
pub use claims::{MOST_TRIES, RunEnd};
pub use search::{RunPoint, RunSearch};

text_enum! {
    /// How far a run is, or how it ended.
    pub enum RunState {
        /// It waits for the one before it.
        Waiting = "waiting",
        /// It waits for a worker.
        Queued = "queued",
        /// It reads, decides and tells.
        Running = "running",
        /// What could not be told is tried again later.
        Delivering = "delivering",
        /// Everybody who was to be told was.
        Succeeded = "succeeded",
        /// Some were not told, or some servers not read.
        Partly = "partly",
        /// Nothing was read, or nobody told.
        Failed = "failed",
        /// Its scenario's owner may not have it (Z04).
        Refused = "refused",
        /// Somebody stopped it.
        Stopped = "stopped",
        /// It was not begun: the one before it went on.
        Skipped = "skipped",
        /// Its slot passed while nobody looked, and is not run after that.
        Missed = "missed",
        /// Nobody knows what became of it.
        Unknown = "unknown",
    }
}

text_enum! {
    /// Why a run is there.
    pub enum Cause {
        /// A cron expression.
        Cron = "cron",
        /// A date.
        Date = "date",
        /// An interval.
        Interval = "interval",
        /// Somebody said *Run now*.
        Person = "person",
    }
}

impl Cause {
    /// The English word for people; pages translate it.
    pub fn label(self) -> &'static str {
        match self {
            Self::Cron => "Cron",
            Self::Date => "Date",
            Self::Interval => "Interval",
            Self::Person => "Run now",
        }
    }
}

impl RunState {
    /// Whether it has not ended yet.
    pub fn is_open(self) -> bool {
        matches!(self, Self::Waiting | Self::Queued | Self::Running | Self::Delivering)
    }

    /// The English word for people; pages translate it.
    pub fn label(self) -> &'static str {
        match self {
            Self::Waiting => "Waiting",
            Self::Queued => "Queued",
            Self::Running => "Running",
            Self::Delivering => "Being delivered",
            Self::Succeeded => "Done",
            Self::Partly => "Partly",
            Self::Failed => "Failed",
            Self::Refused => "Refused",
            Self::Stopped => "Stopped",
            Self::Skipped => "Skipped",
            Self::Missed => "Missed",
            Self::Unknown => "Unknown",
        }
    }

    /// The shape of its dot.
    pub fn dot(self) -> &'static str {
        match self {
            Self::Waiting | Self::Queued | Self::Running | Self::Delivering => "run",
            Self::Succeeded => "up",
            Self::Partly => "warn",
            Self::Failed | Self::Refused => "crit",
            Self::Stopped | Self::Skipped | Self::Missed => "paused",
            Self::Unknown => "none",
        }
    }
}

/// One row of `runs`.
#[derive(Debug, Clone, PartialEq, HasQuery, Identifiable)]
#[diesel(table_name = runs)]
#[expect(missing_docs, reason = "the migration describes the columns")]
pub struct Run {
    pub id: RunId,
    pub scenario_id: ScenarioId,
    pub scheduled_for: Option<DateTime<Utc>>,
    pub cause: Cause,
    pub started_by: String,
    pub is_late: bool,
    pub missed: Value,
    pub state: RunState,
    pub token: i64,
    pub tries: i32,
    pub stop_asked_by: Option<String>,
    pub queued_at: DateTime<Utc>,
    pub started_at: Option<DateTime<Utc>>,
    pub ended_at: Option<DateTime<Utc>>,
    pub took_ms: Option<i64>,
    pub readings: Value,
    pub why: Option<Value>,
}

/// A run that is about to be.
#[derive(Debug, Clone, Insertable)]
#[diesel(table_name = runs)]
#[expect(missing_docs, reason = "the migration describes the columns")]
pub struct NewRun {
    pub scenario_id: ScenarioId,
    pub scheduled_for: Option<DateTime<Utc>>,
    pub cause: Cause,
    pub started_by: String,
    pub is_late: bool,
    pub missed: Value,
    pub state: RunState,
    pub queued_at: DateTime<Utc>,
    pub ended_at: Option<DateTime<Utc>>,
    pub why: Option<Value>,
}

impl NewRun {
    /// Adds them; a slot that has its run already gets no second one (J02). Gives those that were added.
    pub fn insert_all(connection: &mut PgConnection, new: &[Self]) -> QueryResult<Vec<Run>> {
        diesel::insert_into(runs::table)
            .values(new)
            .on_conflict_do_nothing()
            .returning(Run::as_returning())
            .get_results(connection)
    }
}

impl Run {
    /// The run of an id.
    pub fn by_id(connection: &mut PgConnection, id: RunId) -> Result<Self> {
        Self::query().find(id).first(connection).optional()?.ok_or(Error::NotFound("This run"))
    }

    /// Those of a scenario, the newest first.
    pub fn of_scenario(connection: &mut PgConnection, id: ScenarioId, limit: i64) -> QueryResult<Vec<Self>> {
        Self::query().filter(runs::scenario_id.eq(id)).order(runs::id.desc()).limit(limit).load(connection)
    }

    /// The newest one of each of these scenarios; those without any are left out.
    pub fn last_of(connection: &mut PgConnection, ids: &[ScenarioId]) -> QueryResult<BTreeMap<ScenarioId, Self>> {
        #[derive(QueryableByName)]
        struct Last {
            #[diesel(sql_type = diesel::sql_types::Nullable<diesel::sql_types::BigInt>)]
            id: Option<RunId>,
        }
        let ids: Vec<i64> = ids.iter().map(|id| id.0).collect();
        let last: Vec<Last> = diesel::sql_query(
            "select (select max(id) from runs where scenario_id = one.id) as id from unnest($1::bigint[]) as one (id)",
        )
        .bind::<diesel::sql_types::Array<diesel::sql_types::BigInt>, _>(ids)
        .load(connection)?;
        let last: Vec<RunId> = last.into_iter().filter_map(|last| last.id).collect();
        let rows: Vec<Self> = Self::query().filter(runs::id.eq_any(last)).load(connection)?;
        Ok(rows.into_iter().map(|run| (run.scenario_id, run)).collect())
    }

    /// The newest ones before `run` that read something: what *changed*, *in a row* and *recovered* are about.
    pub fn before(&self, connection: &mut PgConnection, limit: i64) -> QueryResult<Vec<Self>> {
        Self::query()
            .filter(runs::scenario_id.eq(self.scenario_id).and(runs::id.lt(self.id)))
            .filter(runs::readings.ne(Value::Array(Vec::new())))
            .order(runs::id.desc())
            .limit(limit)
            .load(connection)
    }

    /// The newest ones of a scenario that read something.
    pub fn that_read(connection: &mut PgConnection, scenario: ScenarioId, limit: i64) -> QueryResult<Vec<Self>> {
        Self::query()
            .filter(runs::scenario_id.eq(scenario).and(runs::readings.ne(Value::Array(Vec::new()))))
            .order(runs::id.desc())
            .limit(limit)
            .load(connection)
    }

    /// How many of each scenario are at work, and how many wait for them; those without any are left out.
    pub fn busy(connection: &mut PgConnection, ids: &[ScenarioId]) -> QueryResult<BTreeMap<ScenarioId, (i64, i64)>> {
        let counted: Vec<(ScenarioId, RunState, i64)> = runs::table
            .filter(runs::scenario_id.eq_any(ids).and(runs::ended_at.is_null()))
            .group_by((runs::scenario_id, runs::state))
            .select((runs::scenario_id, runs::state, diesel::dsl::count_star()))
            .load(connection)?;
        let mut busy: BTreeMap<ScenarioId, (i64, i64)> = BTreeMap::new();
        for (id, state, count) in counted {
            let (at_work, waiting) = busy.entry(id).or_default();
            match state {
                RunState::Queued | RunState::Running => *at_work += count,
                RunState::Waiting => *waiting += count,
                // What could not be told yet holds up nobody.
                _ => {}
            }
        }
        Ok(busy)
    }

    /// Removes at most `limit` that ended before a moment; how many.
    pub fn forget(connection: &mut PgConnection, before: DateTime<Utc>, limit: i64) -> QueryResult<usize> {
        let old: Vec<RunId> = runs::table
            .filter(runs::ended_at.lt(before))
            .order(runs::ended_at)
            .limit(limit)
            .select(runs::id)
            .load(connection)?;
        diesel::delete(runs::table.filter(runs::id.eq_any(old))).execute(connection)
    }

    /// The sentence about its end.
    pub fn why(&self) -> Option<Message> {
        self.why.as_ref().and_then(|why| serde_json::from_value(why.clone()).ok())
    }
}
