//! Runs that are looked for: by state, span of time and duration; those that go on; how long they usually take.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use diesel::dsl::sql;
use diesel::pg::Pg;
use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Nullable, Timestamptz};

use super::{Run, RunState};
use crate::db::schema::{runs, scenarios};
use crate::models::ids::{RunId, ScenarioId, UserId};

/// The moment under which a run is shown: when a worker took it, or when it was queued where none has. There is an index of it.
const AT: &str = "coalesce(runs.started_at, runs.queued_at)";

/// What is looked for; empty bounds do not narrow.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RunSearch {
    /// Of these scenarios.
    pub scenarios: Vec<ScenarioId>,
    /// In one of these states.
    pub states: Vec<RunState>,
    /// Not before this.
    pub from: Option<DateTime<Utc>>,
    /// Not after this.
    pub until: Option<DateTime<Utc>>,
    /// Those that took so long at least, milliseconds: none that took no time.
    pub least_ms: Option<i64>,
    /// Those that took so long at most, milliseconds.
    pub most_ms: Option<i64>,
}

/// A run that has ended, as a point of a picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RunPoint {
    /// Which one.
    pub id: RunId,
    /// When it was.
    pub at: DateTime<Utc>,
    /// How long it took, milliseconds; none where it was not begun.
    pub took_ms: Option<i64>,
    /// How it ended.
    pub state: RunState,
}

impl RunSearch {
    /// The newest ones, the newest first.
    pub fn newest(&self, connection: &mut PgConnection, limit: i64) -> QueryResult<Vec<Run>> {
        let found = self.found().select(Run::as_select());
        found.order((sql::<Timestamptz>(AT).desc(), runs::id.desc())).limit(limit).load(connection)
    }

    /// The newest ones that have ended, the newest first, as points.
    pub fn points(&self, connection: &mut PgConnection, limit: i64) -> QueryResult<Vec<RunPoint>> {
        let found: Vec<(RunId, DateTime<Utc>, Option<i64>, RunState)> = self
            .found()
            .filter(runs::ended_at.is_not_null())
            .select((runs::id, sql::<Timestamptz>(AT), runs::took_ms, runs::state))
            .order((sql::<Timestamptz>(AT).desc(), runs::id.desc()))
            .limit(limit)
            .load(connection)?;
        Ok(found.into_iter().map(|(id, at, took_ms, state)| RunPoint { id, at, took_ms, state }).collect())
    }

    fn found(&self) -> runs::BoxedQuery<'_, Pg> {
        let mut found = runs::table.into_boxed();
        found = found.filter(runs::scenario_id.eq_any(&self.scenarios)).filter(runs::state.eq_any(&self.states));
        if let Some(from) = self.from {
            found = found.filter(sql::<Timestamptz>(AT).ge(from));
        }
        if let Some(until) = self.until {
            found = found.filter(sql::<Timestamptz>(AT).le(until));
        }
        if let Some(least) = self.least_ms {
            found = found.filter(runs::took_ms.ge(least));
        }
        if let Some(most) = self.most_ms {
            // What was not begun took no time.
            found = found.filter(runs::took_ms.le(most).or(runs::took_ms.is_null()));
        }
        found
    }
}

impl Run {
    /// At most `limit` that have not ended, the oldest first; of one owner's scenarios, or of everybody's.
    pub fn open(connection: &mut PgConnection, owner: Option<UserId>, limit: i64) -> QueryResult<Vec<Self>> {
        let mut open = runs::table.filter(runs::ended_at.is_null()).into_boxed();
        if let Some(owner) = owner {
            let own = scenarios::table.filter(scenarios::owner_id.eq(owner)).select(scenarios::id);
            open = open.filter(runs::scenario_id.eq_any(own));
        }
        open.select(Self::as_select()).order(runs::id).limit(limit).load(connection)
    }

    /// How long the last runs of each scenario took, milliseconds: the middle one of twenty that came to an end of their own. Those
    /// without any are left out.
    pub fn usual_ms(connection: &mut PgConnection, ids: &[ScenarioId]) -> QueryResult<BTreeMap<ScenarioId, i64>> {
        #[derive(QueryableByName)]
        struct Usual {
            #[diesel(sql_type = BigInt)]
            id: ScenarioId,
            #[diesel(sql_type = Nullable<BigInt>)]
            took_ms: Option<i64>,
        }
        let ids: Vec<i64> = ids.iter().map(|id| id.0).collect();
        let usual: Vec<Usual> = diesel::sql_query(
            "select one.id, (select percentile_disc(0.5) within group (order by last.took_ms) from (
                 select took_ms from runs where scenario_id = one.id and state in ('succeeded', 'partly', 'failed')
                 order by id desc limit 20) as last) as took_ms
             from unnest($1::bigint[]) as one (id)",
        )
        .bind::<Array<BigInt>, _>(ids)
        .load(connection)?;
        Ok(usual.into_iter().filter_map(|usual| Some((usual.id, usual.took_ms?))).collect())
    }
}
