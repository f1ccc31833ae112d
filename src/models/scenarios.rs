//! Scenarios: what is read when, and who is to be told what.

mod deeds;
mod due;

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use serde_json::Value;

use super::ids::{ChannelId, DestinationId, ScenarioId, UserId};
use crate::db::schema::{scenario_destinations, scenarios};
use crate::db::types::text_enum;
use crate::error::{Error, Result};

pub use deeds::{NewDestination, NewScenario};
pub use due::{DueScenario, Next};

text_enum! {
    /// What becomes of slots that nobody ran in time (J06).
    pub enum Missed {
        /// One run for all of them.
        Coalesce = "coalesce",
        /// None; they are listed.
        Skip = "skip",
    }
}

text_enum! {
    /// What becomes of a slot that comes while a run goes on (J07).
    pub enum Overlap {
        /// It is not run; the history says so.
        Skip = "skip",
        /// It waits for the end of that run; one does, no more.
        Queue = "queue",
        /// It runs beside it, up to a number.
        Parallel = "parallel",
    }
}

/// One row of `scenarios`.
#[derive(Debug, Clone, PartialEq, HasQuery, Identifiable)]
#[diesel(table_name = scenarios)]
#[expect(missing_docs, reason = "the migration describes the columns")]
pub struct Scenario {
    pub id: ScenarioId,
    pub name: String,
    pub owner_id: UserId,
    pub schedule: Value,
    pub source: String,
    pub source_settings: Value,
    pub servers: Vec<String>,
    pub enabled: bool,
    pub grace_seconds: Option<i32>,
    pub missed: Missed,
    pub overlap: Overlap,
    pub parallel_most: i32,
    pub next_slot: Option<DateTime<Utc>>,
    pub next_run_at: Option<DateTime<Utc>>,
    pub version: i64,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
}

/// One row of `scenario_destinations`.
#[derive(Debug, Clone, PartialEq, HasQuery, Identifiable)]
#[diesel(table_name = scenario_destinations)]
#[expect(missing_docs, reason = "the migration describes the columns")]
pub struct Destination {
    pub id: DestinationId,
    pub scenario_id: ScenarioId,
    pub position: i32,
    pub kind: String,
    pub settings: Value,
    pub channel_id: Option<ChannelId>,
    pub condition: Value,
    pub at_most_once: bool,
}

impl Scenario {
    /// All of them, by name.
    pub fn all(connection: &mut PgConnection) -> QueryResult<Vec<Self>> {
        Self::query().order(scenarios::name).load(connection)
    }

    /// The names of those that this user owns, or of all.
    pub fn names(connection: &mut PgConnection, owner: Option<UserId>) -> QueryResult<BTreeMap<ScenarioId, String>> {
        let mut asked = scenarios::table.select((scenarios::id, scenarios::name)).into_boxed();
        if let Some(owner) = owner {
            asked = asked.filter(scenarios::owner_id.eq(owner));
        }
        Ok(asked.load(connection)?.into_iter().collect())
    }

    /// The scenario of an id.
    pub fn by_id(connection: &mut PgConnection, id: ScenarioId) -> Result<Self> {
        Self::query().find(id).first(connection).optional()?.ok_or(Error::NotFound("This scenario"))
    }

    /// Those of these ids; what was deleted is not among them.
    pub fn by_ids(connection: &mut PgConnection, ids: &[ScenarioId]) -> QueryResult<BTreeMap<ScenarioId, Self>> {
        let rows: Vec<Self> = Self::query().filter(scenarios::id.eq_any(ids)).load(connection)?;
        Ok(rows.into_iter().map(|scenario| (scenario.id, scenario)).collect())
    }
}

impl Scenario {
    /// Those that name a server, by name; `all`, groups and labels name none.
    pub fn naming(connection: &mut PgConnection, server: &str) -> QueryResult<Vec<Self>> {
        Self::query().filter(scenarios::servers.contains(vec![server])).order(scenarios::name).load(connection)
    }

    /// Those that run with the rights of a person, by name.
    pub fn of_owner(connection: &mut PgConnection, owner: UserId) -> QueryResult<Vec<Self>> {
        Self::query().filter(scenarios::owner_id.eq(owner)).order(scenarios::name).load(connection)
    }
}

impl Destination {
    /// Those of a scenario, in their order.
    pub fn of(connection: &mut PgConnection, scenario: ScenarioId) -> QueryResult<Vec<Self>> {
        let of_scenario = Self::query().filter(scenario_destinations::scenario_id.eq(scenario));
        of_scenario.order(scenario_destinations::position).load(connection)
    }

    /// Those of several scenarios, each in its order.
    pub fn of_all(connection: &mut PgConnection, ids: &[ScenarioId]) -> QueryResult<BTreeMap<ScenarioId, Vec<Self>>> {
        let rows: Vec<Self> = Self::query()
            .filter(scenario_destinations::scenario_id.eq_any(ids))
            .order((scenario_destinations::scenario_id, scenario_destinations::position))
            .load(connection)?;
        let mut all: BTreeMap<ScenarioId, Vec<Self>> = BTreeMap::new();
        for row in rows {
            all.entry(row.scenario_id).or_default().push(row);
        }
        Ok(all)
    }
}
