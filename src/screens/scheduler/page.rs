//! The page of the scheduler: ages against what is usual, and a day in a strip. Pure.

use std::fmt::Write;
use std::time::Duration;

use askama::Template;
use chrono::{DateTime, Utc};

use super::super::runs::rows::by;
use super::super::scenarios::times::{Slot, slot};
use crate::language::{Language, Message};
use crate::models::actor::{Actor, Scope};
use crate::models::ids::{RunId, ScenarioId};
use crate::models::pauses::Pause;
use crate::models::runs::RunState;
use crate::scenarios::outlook::{Coming, OpenRun, Outlook, SPAN};
use crate::scenarios::pause::{LONGEST_REASON, may_pause};
use crate::web::chart;
use crate::web::filters;

/// Slots of one scenario that are told in words.
const TOLD: usize = 3;
/// Places in the strip of a day: one each five minutes.
const PLACES: i64 = 288;
/// A run is longer than usual from so many times the usual length on.
const LONG: f64 = 2.0;

/// The page.
#[derive(Template)]
#[template(path = "screens/scheduler.html")]
pub(super) struct SchedulerPage {
    pause: Option<Pause>,
    may_pause: bool,
    /// The reader sees their own scenarios only.
    is_own: bool,
    longest_reason: usize,
    open: Vec<OpenRow>,
    is_open_cut: bool,
    coming: Vec<ComingRow>,
    /// Scenarios that come and are not shown.
    coming_more: i64,
}

/// A run that goes on.
#[derive(Debug)]
struct OpenRow {
    id: RunId,
    scenario: (ScenarioId, String),
    state: RunState,
    by: Message,
    /// How long it has been at it, or waits.
    age: Duration,
    usual: Option<Duration>,
    strip: Option<Strip>,
    may_change: bool,
}

/// How long a run goes on, against its usual length: digits of a `0 0 100 1` box.
#[derive(Debug, PartialEq, Eq)]
struct Strip {
    width: String,
    /// Where the usual length ends.
    usual: String,
    is_long: bool,
}

/// A scenario that comes.
struct ComingRow {
    id: ScenarioId,
    name: String,
    sentence: Message,
    zone: &'static str,
    /// It was due then, and waits.
    due: Option<Slot>,
    next: Vec<Slot>,
    count: usize,
    is_cut: bool,
    /// The path of a `0 0 288 10` box.
    day: String,
}

impl SchedulerPage {
    pub(super) fn new(outlook: Outlook, actor: &Actor, now: DateTime<Utc>, language: Language) -> Self {
        let told = i64::try_from(outlook.coming.len()).unwrap_or(i64::MAX);
        Self {
            pause: outlook.pause,
            may_pause: may_pause(actor),
            is_own: *actor.scope() != Scope::All,
            longest_reason: LONGEST_REASON,
            open: outlook.open.into_iter().map(|open| OpenRow::of(open, now)).collect(),
            is_open_cut: outlook.is_open_cut,
            coming_more: (outlook.coming_count - told).max(0),
            coming: outlook.coming.into_iter().map(|coming| ComingRow::of(coming, now, language)).collect(),
        }
    }
}

impl OpenRow {
    fn of(open: OpenRun, now: DateTime<Utc>) -> Self {
        let run = &open.run;
        let since = run.started_at.unwrap_or(run.queued_at);
        let age = (now - since).to_std().unwrap_or_default();
        let strip = open.usual.filter(|_| run.state == RunState::Running).map(|usual| Strip::of(age, usual));
        Self {
            id: run.id,
            state: run.state,
            by: by(run),
            scenario: (run.scenario_id, open.scenario),
            age,
            usual: open.usual,
            strip,
            may_change: open.may_change,
        }
    }
}

impl Strip {
    fn of(age: Duration, usual: Duration) -> Self {
        let (age, usual) = (age.as_secs_f64(), usual.as_secs_f64().max(0.001));
        let whole = (usual * LONG).max(age);
        Self {
            width: chart::bar(age / whole * 100.0),
            usual: chart::bar(usual / whole * 100.0),
            is_long: age > usual * LONG,
        }
    }
}

impl ComingRow {
    fn of(coming: Coming, now: DateTime<Utc>, language: Language) -> Self {
        let zone = coming.schedule.time_zone;
        let told = |at: &DateTime<Utc>| slot(*at, zone, language);
        Self {
            sentence: coming.schedule.sentence(),
            zone: zone.name(),
            due: coming.due.as_ref().map(told),
            next: coming.slots.iter().take(TOLD).map(told).collect(),
            count: coming.slots.len(),
            is_cut: coming.is_cut,
            day: if coming.is_cut { format!("M0,5h{PLACES}") } else { day(&coming.slots, now) },
            id: coming.id,
            name: coming.name,
        }
    }
}

/// A stroke for each place that has a slot.
fn day(slots: &[DateTime<Utc>], now: DateTime<Utc>) -> String {
    let place = |at: &DateTime<Utc>| (*at - now).num_seconds() * PLACES / SPAN.num_seconds().max(1);
    let mut places: Vec<i64> = slots.iter().map(place).filter(|place| (0..=PLACES).contains(place)).collect();
    places.dedup();
    places.iter().fold(String::new(), |mut path, place| {
        // Writing to a String does not fail.
        let _ = write!(path, "M{place},0v10");
        path
    })
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;

    use super::*;

    #[test]
    fn a_run_that_takes_longer_than_usual_is_marked_only_where_it_takes_much_longer() {
        let strip = |age, usual| Strip::of(Duration::from_secs(age), Duration::from_secs(usual));
        assert_eq!(strip(5, 10), Strip { width: "25".to_owned(), usual: "50".to_owned(), is_long: false });
        assert_eq!(strip(15, 10), Strip { width: "75".to_owned(), usual: "50".to_owned(), is_long: false });
        assert_eq!(strip(100, 10), Strip { width: "100".to_owned(), usual: "10".to_owned(), is_long: true });
        assert!(!Strip::of(Duration::ZERO, Duration::ZERO).is_long);
    }

    #[test]
    fn a_day_has_one_stroke_for_each_five_minutes_in_which_something_comes() {
        let now: DateTime<Utc> = "2026-11-29T12:00:00Z".parse().unwrap();
        let at = |minutes| now + TimeDelta::minutes(minutes);
        assert_eq!(day(&[at(0), at(1), at(60), at(24 * 60)], now), "M0,0v10M12,0v10M288,0v10");
        assert_eq!(day(&[], now), "");
    }
}
