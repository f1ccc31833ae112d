//! One run as its page shows it. Pure. What was read and what receivers said is not ours.

use std::time::Duration;

use askama::Template;
use chrono::{DateTime, Utc};
use chrono_tz::Tz;

use super::super::scenarios::times::{Slot, slot};
use super::rows::{by, destination, shown, took};
use crate::language::{Language, Message};
use crate::models::deliveries::{Delivery, DeliveryState};
use crate::models::executions::ExecutionState;
use crate::models::ids::{ExecutionId, ScenarioId};
use crate::models::runs::Run;
use crate::models::scenarios::Scenario;
use crate::scenarios::reading::stored;
use crate::scenarios::schedule::Schedule;
use crate::web::filters;
use crate::web::format;

/// Values of one server that are shown, and characters of each.
const MOST_VALUES: usize = 60;
const LONGEST: usize = 400;
/// Missed slots that are listed.
const MOST_MISSED: usize = 10;

/// The page.
#[derive(Template)]
#[template(path = "screens/runs/run.html")]
pub(super) struct RunPage {
    run: Run,
    scenario: (ScenarioId, String),
    zone: &'static str,
    by: Message,
    slot: Option<Slot>,
    /// Older slots that nobody ran.
    missed: Vec<Slot>,
    missed_more: usize,
    took: Option<Duration>,
    why: Option<Message>,
    readings: Vec<ReadingView>,
    deliveries: Vec<DeliveryView>,
    /// Commands that it ran, each with its server.
    commands: Vec<(ExecutionId, String, ExecutionState)>,
    may_change: bool,
}

/// What was read of one server, or why it was not.
struct ReadingView {
    server: String,
    at: DateTime<Utc>,
    values: Vec<(String, String)>,
    /// There are more values than are shown.
    is_cut: bool,
    failed: Option<Message>,
}

/// What became of one destination.
struct DeliveryView {
    destination: Message,
    state: DeliveryState,
    tries: i32,
    status: Option<i32>,
    why: Option<Message>,
    next_try_at: Option<DateTime<Utc>>,
    may_repeat: bool,
    took: Option<Duration>,
}

impl RunPage {
    pub(super) fn new(
        run: Run,
        scenario: &Scenario,
        (deliveries, commands): (Vec<Delivery>, Vec<(ExecutionId, String, ExecutionState)>),
        may_change: bool,
        language: Language,
    ) -> Self {
        let zone = serde_json::from_value::<Schedule>(scenario.schedule.clone())
            .map_or(Tz::UTC, |schedule| schedule.time_zone);
        let missed: Vec<DateTime<Utc>> = serde_json::from_value(run.missed.clone()).unwrap_or_default();
        let readings = stored(&run.readings);
        Self {
            scenario: (scenario.id, scenario.name.clone()),
            zone: zone.name(),
            by: by(&run),
            slot: run.scheduled_for.map(|at| slot(at, zone, language)),
            missed_more: missed.len().saturating_sub(MOST_MISSED),
            missed: missed.iter().rev().take(MOST_MISSED).map(|at| slot(*at, zone, language)).collect(),
            took: took(run.took_ms),
            why: run.why(),
            readings: readings
                .iter()
                .map(|reading| {
                    let leaves = reading.leaves();
                    let text = |value| format::visible(&shown(value)).chars().take(LONGEST).collect();
                    ReadingView {
                        server: reading.server.clone(),
                        at: reading.at,
                        is_cut: leaves.len() > MOST_VALUES,
                        values: leaves
                            .into_iter()
                            .take(MOST_VALUES)
                            .map(|(name, value)| (format::visible(&name), text(value)))
                            .collect(),
                        failed: reading.failed.clone(),
                    }
                })
                .collect(),
            deliveries: deliveries.iter().map(DeliveryView::of).collect(),
            commands,
            may_change,
            run,
        }
    }
}

impl DeliveryView {
    fn of(delivery: &Delivery) -> Self {
        Self {
            destination: destination(&delivery.kind),
            state: delivery.state,
            tries: delivery.tries,
            status: delivery.status,
            why: delivery.why(),
            next_try_at: delivery.next_try_at.filter(|_| delivery.state == DeliveryState::Pending),
            may_repeat: delivery.may_repeat,
            took: took(delivery.took_ms),
        }
    }
}
