//! What runs, and what comes within a day, for whoever may know of it.

use std::collections::BTreeMap;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};

use super::keep;
use super::schedule::Schedule;
use crate::db::Connection;
use crate::error::Result;
use crate::models::actor::{Actor, Scope};
use crate::models::ids::{ScenarioId, UserId};
use crate::models::pauses::Pause;
use crate::models::runs::Run;
use crate::models::scenarios::Scenario;

/// How far it looks.
pub const SPAN: TimeDelta = TimeDelta::hours(24);
/// Runs that are told, and scenarios that come.
const MOST_OPEN: usize = 100;
const MOST_COMING: usize = 100;
/// Slots of one scenario that are told: one each five minutes.
pub const MOST_SLOTS: usize = 288;

/// What runs, and what comes.
#[derive(Debug, Clone, Default)]
pub struct Outlook {
    /// Nothing comes before this ends.
    pub pause: Option<Pause>,
    /// What has not ended, the oldest first.
    pub open: Vec<OpenRun>,
    /// There are more of them than are told.
    pub is_open_cut: bool,
    /// What comes, the next one first.
    pub coming: Vec<Coming>,
    /// How many scenarios come in all.
    pub coming_count: i64,
}

/// A run that has not ended.
#[derive(Debug, Clone)]
pub struct OpenRun {
    /// The run.
    pub run: Run,
    /// The name of its scenario.
    pub scenario: String,
    /// How long one of that scenario usually takes; none where none has ended yet.
    pub usual: Option<Duration>,
    /// Whether the reader may stop it.
    pub may_change: bool,
}

/// A scenario that comes within the span.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Coming {
    /// Which one.
    pub id: ScenarioId,
    /// Its name.
    pub name: String,
    /// When it runs.
    pub schedule: Schedule,
    /// The slot that is due already and was not fired.
    pub due: Option<DateTime<Utc>>,
    /// The slots that come, at most [`MOST_SLOTS`].
    pub slots: Vec<DateTime<Utc>>,
    /// There are more of them.
    pub is_cut: bool,
}

impl Outlook {
    /// As `actor` may know of it: all of it with every server in sight, what is one's own otherwise (Z05).
    pub fn of(connection: &mut Connection, actor: &Actor, now: DateTime<Utc>) -> Result<Self> {
        let pause = Pause::standing(connection)?;
        let owner = match actor.scope() {
            Scope::All => None,
            Scope::Groups(_) => match keep::owner_of(connection, actor)? {
                // Whoever is nobody's sees nobody's.
                None => return Ok(Self { pause, ..Self::default() }),
                owner => owner,
            },
        };
        let (open, is_open_cut) = open(connection, actor, owner)?;
        let most = i64::try_from(MOST_COMING).unwrap_or(i64::MAX);
        let (scenarios, coming_count) = Scenario::coming(connection, owner, now + SPAN, most)?;
        let coming = scenarios.into_iter().filter_map(|scenario| Coming::of(scenario, now)).collect();
        Ok(Self { pause, open, is_open_cut, coming, coming_count })
    }
}

fn open(connection: &mut Connection, actor: &Actor, owner: Option<UserId>) -> Result<(Vec<OpenRun>, bool)> {
    let mut runs = Run::open(connection, owner, i64::try_from(MOST_OPEN + 1).unwrap_or(i64::MAX))?;
    let is_cut = runs.len() > MOST_OPEN;
    runs.truncate(MOST_OPEN);
    let mut ids: Vec<ScenarioId> = runs.iter().map(|run| run.scenario_id).collect();
    ids.sort_unstable();
    ids.dedup();
    let usual = Run::usual_ms(connection, &ids)?;
    let mut scenarios = BTreeMap::new();
    for (id, scenario) in Scenario::by_ids(connection, &ids)? {
        let may_change = keep::may_change(connection, actor, &scenario)?;
        scenarios.insert(id, (scenario.name, may_change));
    }
    let told = |run: Run| {
        // One that was deleted since is not told of.
        let (scenario, may_change) = scenarios.get(&run.scenario_id)?.clone();
        let usual =
            usual.get(&run.scenario_id).map(|took| Duration::from_millis(u64::try_from(*took).unwrap_or_default()));
        Some(OpenRun { run, scenario, usual, may_change })
    };
    Ok((runs.into_iter().filter_map(told).collect(), is_cut))
}

impl Coming {
    /// None where this version does not know its schedule: it does not come.
    fn of(scenario: Scenario, now: DateTime<Utc>) -> Option<Self> {
        let schedule: Schedule = serde_json::from_value(scenario.schedule).ok()?;
        let until = now + SPAN;
        let mut slots = schedule.upcoming(now, MOST_SLOTS + 1);
        slots.retain(|slot| *slot <= until);
        let is_cut = slots.len() > MOST_SLOTS;
        slots.truncate(MOST_SLOTS);
        let due = scenario.next_slot.filter(|slot| *slot <= now);
        Some(Self { id: scenario.id, name: scenario.name, schedule, due, slots, is_cut })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::models::scenarios::{Missed, Overlap};

    fn coming(schedule: serde_json::Value, next: &str) -> Option<Coming> {
        let at: DateTime<Utc> = "2026-11-29T12:00:00Z".parse().unwrap();
        let scenario = Scenario {
            id: ScenarioId(1),
            name: "Morning".to_owned(),
            owner_id: UserId(1),
            schedule,
            source: String::new(),
            source_settings: json!({}),
            servers: Vec::new(),
            enabled: true,
            grace_seconds: None,
            missed: Missed::Coalesce,
            overlap: Overlap::Skip,
            parallel_most: 1,
            next_slot: Some(next.parse().unwrap()),
            next_run_at: None,
            version: 1,
            created_at: at,
            updated_at: at,
        };
        Coming::of(scenario, at)
    }

    #[test]
    fn a_day_has_the_slots_of_a_day_and_of_very_many_not_all() {
        let cron =
            |expression: &str| json!({ "when": { "kind": "cron", "expression": expression }, "time_zone": "UTC" });
        let hourly = coming(cron("0 * * * *"), "2026-11-29T13:00:00Z").unwrap();
        assert_eq!((hourly.slots.len(), hourly.is_cut, hourly.due), (24, false, None));
        assert_eq!(hourly.slots.last().unwrap().to_rfc3339(), "2026-11-30T12:00:00+00:00");
        let often = coming(cron("* * * * *"), "2026-11-29T12:01:00Z").unwrap();
        assert_eq!((often.slots.len(), often.is_cut), (MOST_SLOTS, true));
        let rare = coming(cron("0 0 1 1 *"), "2027-01-01T00:00:00Z").unwrap();
        assert_eq!((rare.slots.len(), rare.is_cut), (0, false));
    }

    #[test]
    fn what_is_due_and_was_not_fired_says_since_when() {
        let date = json!({ "when": { "kind": "date", "at": "2026-11-29T11:00:00Z" }, "time_zone": "UTC" });
        let late = coming(date, "2026-11-29T11:00:00Z").unwrap();
        assert_eq!((late.due.unwrap().to_rfc3339().as_str(), late.slots.len()), ("2026-11-29T11:00:00+00:00", 0));
        assert_eq!(coming(json!({ "when": "never" }), "2026-11-29T13:00:00Z"), None);
    }
}
