//! From a slot to a run: the run, the next slot and the queue's entry are written together, or not at all (J01).

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

use super::schedule::{Due, Schedule, When};
use super::sources;
use super::work::{TryDeliveries, settle};
use crate::db::Connection;
use crate::error::{Error, Result};
use crate::language::Message;
use crate::models::deliveries::Delivery;
use crate::models::ids::{DeliveryId, RunId, ScenarioId};
use crate::models::pauses::Pause;
use crate::models::runs::{Cause, NewRun, Run, RunState};
use crate::models::scenarios::{DueScenario, Missed, Next, Overlap, Scenario};
use crate::queue::{Queued, entry};

/// Scenarios that are fired in one transaction.
const AT_ONCE: i64 = 200;
/// Runs that one entry of the queue carries where none of them asks a server: the queue hands out entries one by one, and far fewer a
/// second than there may be runs.
const TOGETHER: usize = 16;

/// An entry of the queue: runs that were queued with this token.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunScenarios {
    /// Which runs.
    pub runs: Vec<RunId>,
    /// The token that all of them have.
    pub token: i64,
}

impl Queued for RunScenarios {
    const QUEUE: &'static str = "scenarios";

    fn key(&self) -> String {
        // A run with a token stands in one entry only.
        let first = self.runs.first().map_or(0, |run| run.0);
        format!("run:{first}:{}", self.token)
    }
}

/// Fires everything that is due; how many runs were made. Any number of processes may do so at the same time. While a pause stands
/// nothing is fired, and nothing advances: what comes then comes late (J06).
pub fn fire_due(connection: &mut Connection, now: DateTime<Utc>) -> Result<usize> {
    if Pause::keeps_from_firing(connection)? {
        return Ok(0);
    }
    let due = DueScenario::take(connection, now, AT_ONCE)?;
    let mut busy = Busy::of(connection, &due)?;
    let (mut new, mut next, mut asks) = (Vec::new(), Vec::with_capacity(due.len()), BTreeMap::new());
    for scenario in &due {
        let Ok(schedule) = serde_json::from_value::<Schedule>(scenario.schedule.clone()) else {
            tracing::error!(
                scenario = scenario.id.0,
                "a scenario has a schedule that this version does not know; it is not run"
            );
            next.push(Next { id: scenario.id, slot: None, run_at: None });
            continue;
        };
        let jitter = TimeDelta::seconds(schedule.jitter_seconds.into());
        let first = scenario.next_slot.unwrap_or(now);
        let grace = scenario
            .grace_seconds
            .map_or_else(|| schedule.usual_grace(first), |grace| TimeDelta::seconds(grace.into()));
        let Some(found) = schedule.due(first, now, Some(grace + jitter)) else { continue };
        let run_at = found.next.map(|slot| slot + by_chance(schedule.jitter_seconds));
        next.push(Next { id: scenario.id, slot: found.next, run_at });
        asks.insert(scenario.id, sources::asks_servers(&scenario.source));
        new.push(run_of(scenario, &schedule, &found, &mut busy, now)?);
    }
    let runs = NewRun::insert_all(connection, &new)?;
    enqueue(connection, &runs, &asks)?;
    Scenario::advance(connection, &next)?;
    Ok(runs.len())
}

/// Queues the deliveries whose time has come; how many.
pub fn fire_deliveries(connection: &mut Connection, now: DateTime<Utc>) -> Result<usize> {
    let due = Delivery::due(connection, now, AT_ONCE)?;
    let ids: Vec<DeliveryId> = due.iter().map(|(id, _)| *id).collect();
    // An entry that is lost is made again after that.
    Delivery::put_off(connection, &ids, now + TimeDelta::minutes(2))?;
    let due: Vec<(DeliveryId, i64)> = due.into_iter().map(|(id, token)| (id, token + 1)).collect();
    for together in due.chunks(TOGETHER) {
        entry(&TryDeliveries(together.to_vec()))?.insert(connection)?;
    }
    Ok(due.len())
}

/// Queues again what the death of a process left behind (J05).
pub fn free_lost(connection: &mut Connection, now: DateTime<Utc>) -> Result<usize> {
    Delivery::free_lost(connection, now)?;
    let lost = Run::free_lost(connection, now)?;
    enqueue(connection, &lost, &BTreeMap::new())?;
    let told = Run::left_open(connection, AT_ONCE)?;
    for run in &told {
        settle(connection, run, now)?;
    }
    Ok(lost.len() + told.len())
}

/// The run of a slot: to be begun, or the record of why it is not.
fn run_of(
    scenario: &DueScenario,
    schedule: &Schedule,
    due: &Due,
    busy: &mut Busy,
    now: DateTime<Utc>,
) -> Result<NewRun> {
    let state = if due.is_late && scenario.missed == Missed::Skip {
        RunState::Missed
    } else {
        busy.place(scenario.id, scenario.overlap, scenario.parallel_most)
    };
    let why = match state {
        RunState::Missed => Some(Message::new("Nobody looked when it was due, and it is not run late")),
        RunState::Skipped => Some(Message::new("The run before it was still going on")),
        _ => None,
    };
    Ok(NewRun {
        scenario_id: scenario.id,
        scheduled_for: Some(due.slot),
        cause: match schedule.when {
            When::Cron { .. } => Cause::Cron,
            When::Date { .. } => Cause::Date,
            When::Interval { .. } => Cause::Interval,
        },
        started_by: String::new(),
        is_late: due.is_late,
        missed: serde_json::to_value(&due.missed).map_err(Error::internal)?,
        state,
        queued_at: now,
        ended_at: why.is_some().then_some(now),
        why: why.map(serde_json::to_value).transpose().map_err(Error::internal)?,
    })
}

/// Runs a scenario now, whatever its schedule says; it overlaps by the scenario's own rule (J07).
pub fn run_now(connection: &mut Connection, id: ScenarioId, by: &str, now: DateTime<Utc>) -> Result<Run> {
    let scenario = DueScenario::hold(connection, id)?.ok_or(Error::NotFound("This scenario"))?;
    let mut busy = Busy::of(connection, std::slice::from_ref(&scenario))?;
    let state = busy.place(id, scenario.overlap, scenario.parallel_most);
    if state == RunState::Skipped {
        return Err(Error::Conflict(Message::new("It is running already. Stop that run first, or wait for its end")));
    }
    let new = NewRun {
        scenario_id: id,
        scheduled_for: None,
        cause: Cause::Person,
        started_by: by.to_owned(),
        is_late: false,
        missed: serde_json::Value::Array(Vec::new()),
        state,
        queued_at: now,
        ended_at: None,
        why: None,
    };
    let runs = NewRun::insert_all(connection, &[new])?;
    enqueue(connection, &runs, &BTreeMap::from([(id, sources::asks_servers(&scenario.source))]))?;
    runs.into_iter().next().ok_or_else(|| Error::internal(anyhow::anyhow!("a run was not written")))
}

/// Queues those that wait for a worker: several together where they ask no server.
pub(super) fn enqueue(
    connection: &mut Connection,
    runs: &[Run],
    asks_servers: &BTreeMap<ScenarioId, bool>,
) -> Result<()> {
    let mut quick: BTreeMap<i64, Vec<RunId>> = BTreeMap::new();
    for run in runs.iter().filter(|run| run.state == RunState::Queued) {
        if asks_servers.get(&run.scenario_id).copied().unwrap_or(true) {
            entry(&RunScenarios { runs: vec![run.id], token: run.token })?.insert(connection)?;
        } else {
            quick.entry(run.token).or_default().push(run.id);
        }
    }
    for (token, runs) in quick {
        for runs in runs.chunks(TOGETHER) {
            entry(&RunScenarios { runs: runs.to_vec(), token })?.insert(connection)?;
        }
    }
    Ok(())
}

/// How many runs of each scenario are at work, and how many wait for them.
struct Busy(BTreeMap<ScenarioId, (i64, i64)>);

impl Busy {
    fn of(connection: &mut Connection, scenarios: &[DueScenario]) -> Result<Self> {
        let ids: Vec<ScenarioId> = scenarios.iter().map(|scenario| scenario.id).collect();
        Ok(Self(Run::busy(connection, &ids)?))
    }

    /// In which state another run of it begins, which is counted from now on.
    fn place(&mut self, id: ScenarioId, overlap: Overlap, most: i32) -> RunState {
        let (at_work, waiting) = self.0.entry(id).or_default();
        let state = match overlap {
            _ if *at_work == 0 && *waiting == 0 => RunState::Queued,
            Overlap::Parallel if *at_work < i64::from(most) => RunState::Queued,
            Overlap::Queue if *waiting == 0 => RunState::Waiting,
            _ => RunState::Skipped,
        };
        match state {
            RunState::Queued => *at_work += 1,
            RunState::Waiting => *waiting += 1,
            _ => {}
        }
        state
    }
}

/// A part of what chance may add. Without random numbers nothing is added.
pub(super) fn by_chance(most_seconds: u32) -> TimeDelta {
    let mut bytes = [0_u8; 4];
    if most_seconds == 0 || getrandom::fill(&mut bytes).is_err() {
        return TimeDelta::zero();
    }
    let milliseconds = u64::from(u32::from_le_bytes(bytes)) * u64::from(most_seconds) * 1_000 / u64::from(u32::MAX);
    TimeDelta::milliseconds(i64::try_from(milliseconds).unwrap_or_default())
}
