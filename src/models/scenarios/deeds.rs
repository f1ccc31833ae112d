//! Writing scenarios: a row and its destinations together, and never over what somebody else has saved since.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use serde_json::Value;

use super::{Destination, Missed, Overlap, Scenario};
use crate::db::errors::conflict;
use crate::db::schema::{scenario_destinations, scenarios};
use crate::error::{Error, Result};
use crate::language::Message;
use crate::models::ids::{ChannelId, ScenarioId, UserId};

/// All of one but whose it is: to be added, or written over another version.
#[derive(Debug, Clone, Insertable, AsChangeset)]
#[diesel(table_name = scenarios, treat_none_as_null = true)]
#[expect(missing_docs, reason = "the migration describes the columns")]
pub struct NewScenario {
    pub name: String,
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
}

/// One destination, which stands where it stands in its list.
#[derive(Debug, Clone, PartialEq)]
#[expect(missing_docs, reason = "the migration describes the columns")]
pub struct NewDestination {
    pub kind: String,
    pub settings: Value,
    pub channel_id: Option<ChannelId>,
    pub condition: Value,
    pub at_most_once: bool,
}

impl NewScenario {
    /// Adds it with its destinations; it has the rights of its owner.
    pub fn insert(
        &self,
        connection: &mut PgConnection,
        owner: UserId,
        destinations: &[NewDestination],
    ) -> Result<Scenario> {
        let scenario: Scenario = diesel::insert_into(scenarios::table)
            .values((self, scenarios::owner_id.eq(owner)))
            .returning(Scenario::as_returning())
            .get_result(connection)
            .map_err(|error| taken(error, &self.name))?;
        write_destinations(connection, scenario.id, destinations)?;
        Ok(scenario)
    }
}

impl Scenario {
    /// Writes all of it over the version that somebody saw. Destinations are written anew; what is on its way to those of before
    /// goes there.
    pub fn save(
        connection: &mut PgConnection,
        (id, seen): (ScenarioId, i64),
        new: &NewScenario,
        destinations: &[NewDestination],
        now: DateTime<Utc>,
    ) -> Result<Self> {
        let saved = diesel::update(scenarios::table.find(id).filter(scenarios::version.eq(seen)))
            .set((new, scenarios::version.eq(scenarios::version + 1), scenarios::updated_at.eq(now)))
            .returning(Self::as_returning())
            .get_result(connection)
            .optional()
            .map_err(|error| taken(error, &new.name))?;
        let Some(saved) = saved else {
            Self::by_id(connection, id)?;
            return Err(Error::Conflict(Message::new("Somebody else has changed this scenario since you opened it")));
        };
        diesel::delete(scenario_destinations::table.filter(scenario_destinations::scenario_id.eq(id)))
            .execute(connection)?;
        write_destinations(connection, id, destinations)?;
        Ok(saved)
    }

    /// Lets it run by its schedule, from this slot on, or not.
    pub fn enable(
        connection: &mut PgConnection,
        id: ScenarioId,
        enabled: bool,
        (next_slot, next_run_at): (Option<DateTime<Utc>>, Option<DateTime<Utc>>),
        now: DateTime<Utc>,
    ) -> Result<Self> {
        diesel::update(scenarios::table.find(id))
            .set((
                scenarios::enabled.eq(enabled),
                scenarios::next_slot.eq(next_slot),
                scenarios::next_run_at.eq(next_run_at),
                scenarios::version.eq(scenarios::version + 1),
                scenarios::updated_at.eq(now),
            ))
            .returning(Self::as_returning())
            .get_result(connection)
            .optional()?
            .ok_or(Error::NotFound("This scenario"))
    }

    /// Lets it no longer run by its schedule; false where it did not anyhow.
    pub fn switch_off(connection: &mut PgConnection, id: ScenarioId, now: DateTime<Utc>) -> QueryResult<bool> {
        diesel::update(scenarios::table.find(id).filter(scenarios::enabled))
            .set((
                scenarios::enabled.eq(false),
                scenarios::next_slot.eq(None::<DateTime<Utc>>),
                scenarios::next_run_at.eq(None::<DateTime<Utc>>),
                scenarios::version.eq(scenarios::version + 1),
                scenarios::updated_at.eq(now),
            ))
            .execute(connection)
            .map(|switched| switched == 1)
    }

    /// Removes it with its history.
    pub fn delete(connection: &mut PgConnection, id: ScenarioId) -> Result<()> {
        match diesel::delete(scenarios::table.find(id)).execute(connection)? {
            0 => Err(Error::NotFound("This scenario")),
            _ => Ok(()),
        }
    }
}

fn write_destinations(
    connection: &mut PgConnection,
    scenario: ScenarioId,
    destinations: &[NewDestination],
) -> QueryResult<Vec<Destination>> {
    let rows: Vec<_> = (0..)
        .zip(destinations)
        .map(|(position, new)| {
            (
                scenario_destinations::scenario_id.eq(scenario),
                scenario_destinations::position.eq::<i32>(position),
                scenario_destinations::kind.eq(&new.kind),
                scenario_destinations::settings.eq(&new.settings),
                scenario_destinations::channel_id.eq(new.channel_id),
                scenario_destinations::condition.eq(&new.condition),
                scenario_destinations::at_most_once.eq(new.at_most_once),
            )
        })
        .collect();
    diesel::insert_into(scenario_destinations::table)
        .values(rows)
        .returning(Destination::as_returning())
        .get_results(connection)
}

fn taken(error: diesel::result::Error, name: &str) -> Error {
    conflict(error, "scenarios_name_key", Message::new("There is a scenario named {name} already").with("name", name))
}
