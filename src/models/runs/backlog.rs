//! What waits: for whoever watches that nothing does so for long (R11).

use chrono::{DateTime, TimeDelta, Utc};
use diesel::dsl::{count_star, min};
use diesel::prelude::*;

use super::RunState;
use crate::db::schema::{deliveries, runs, scenarios};
use crate::models::deliveries::DeliveryState;
use crate::models::pauses::Pause;

/// What is due and not done, of everybody's scenarios.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Backlog {
    /// Nothing fires because somebody wanted that.
    pub is_paused: bool,
    /// Since when the oldest slot is due that was not fired; none while a pause stands.
    pub unfired_since: Option<DateTime<Utc>>,
    /// Since when the oldest run waits that no worker has taken yet.
    pub untaken_since: Option<DateTime<Utc>>,
}

/// All that is open, by state.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Open {
    /// Runs; a state that none is in is left out.
    pub runs: Vec<(RunState, i64)>,
    /// When the oldest of them was queued.
    pub oldest_run: Option<DateTime<Utc>>,
    /// Deliveries; a state that none is in is left out.
    pub deliveries: Vec<(DeliveryState, i64)>,
    /// Since when the oldest delivery is due that is not on its way.
    pub undelivered_since: Option<DateTime<Utc>>,
}

impl Backlog {
    /// What waits at this moment.
    pub fn of(connection: &mut PgConnection, now: DateTime<Utc>) -> QueryResult<Self> {
        let is_paused = Pause::standing(connection)?.is_some();
        let due = scenarios::table.filter(scenarios::enabled.and(scenarios::next_run_at.le(now)));
        let unfired_since = if is_paused { None } else { due.select(min(scenarios::next_run_at)).first(connection)? };
        // One that was begun and lost its worker is begun again by the scheduler, and tells nothing of the workers.
        let untaken = runs::table.filter(runs::ended_at.is_null().and(runs::started_at.is_null()));
        let untaken = untaken.filter(runs::state.eq(RunState::Queued));
        let untaken_since = untaken.select(min(runs::queued_at)).first(connection)?;
        Ok(Self { is_paused, unfired_since, untaken_since })
    }

    /// How long the oldest slot waits to be fired.
    pub fn unfired(&self, now: DateTime<Utc>) -> TimeDelta {
        self.unfired_since.map_or_else(TimeDelta::zero, |since| (now - since).max(TimeDelta::zero()))
    }

    /// How long the oldest run waits for a worker.
    pub fn untaken(&self, now: DateTime<Utc>) -> TimeDelta {
        self.untaken_since.map_or_else(TimeDelta::zero, |since| (now - since).max(TimeDelta::zero()))
    }
}

impl Open {
    /// All that is open at this moment.
    pub fn of(connection: &mut PgConnection, now: DateTime<Utc>) -> QueryResult<Self> {
        let of_runs = || runs::table.filter(runs::ended_at.is_null());
        let states = [DeliveryState::Pending, DeliveryState::Sending];
        let due = deliveries::state.eq(DeliveryState::Pending).and(deliveries::next_try_at.le(now));
        Ok(Self {
            runs: of_runs().group_by(runs::state).select((runs::state, count_star())).load(connection)?,
            oldest_run: of_runs().select(min(runs::queued_at)).first(connection)?,
            deliveries: deliveries::table
                .filter(deliveries::state.eq_any(states))
                .group_by(deliveries::state)
                .select((deliveries::state, count_star()))
                .load(connection)?,
            undelivered_since: deliveries::table.filter(due).select(min(deliveries::next_try_at)).first(connection)?,
        })
    }
}
