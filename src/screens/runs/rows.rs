//! Runs as lists show them: when, why, how it ended, what was read, who was told. Pure. What was read is the servers' own text.

use std::collections::BTreeMap;
use std::time::Duration;

use chrono::{DateTime, Utc};
use serde_json::Value;

use crate::language::Message;
use crate::models::deliveries::{Delivery, DeliveryState};
use crate::models::ids::{RunId, ScenarioId};
use crate::models::runs::{Cause, Run, RunState};
use crate::scenarios::destinations;
use crate::scenarios::reading::{Reading, stored};
use crate::web::format;

/// The picture of the last runs, in its own units.
const STEP: f64 = 8.0;
const BAR: f64 = 5.8;
const HEIGHT: f64 = 14.0;
/// Runs in it.
pub(in crate::screens) const IN_PICTURE: usize = 20;

/// One run in a list.
#[derive(Debug, Clone)]
pub(in crate::screens) struct RunRow {
    pub(in crate::screens) id: RunId,
    /// Of which scenario, where the list is about several.
    pub(in crate::screens) scenario: Option<(ScenarioId, String)>,
    pub(in crate::screens) at: DateTime<Utc>,
    pub(in crate::screens) by: Message,
    pub(in crate::screens) state: RunState,
    pub(in crate::screens) is_late: bool,
    pub(in crate::screens) took: Option<Duration>,
    /// What was read, in a few words; none where nothing was.
    pub(in crate::screens) read: Option<Message>,
    /// What became of each destination, in their order.
    pub(in crate::screens) sent: Vec<Message>,
}

impl RunRow {
    /// Runs with their deliveries; names of scenarios where the list is about several.
    pub(in crate::screens) fn all(
        runs: &[Run],
        deliveries: Vec<Delivery>,
        names: &BTreeMap<ScenarioId, String>,
    ) -> Vec<Self> {
        let mut of_run: BTreeMap<RunId, Vec<Delivery>> = BTreeMap::new();
        for delivery in deliveries {
            of_run.entry(delivery.run_id).or_default().push(delivery);
        }
        let row = |run: &Run| Self {
            id: run.id,
            scenario: names.get(&run.scenario_id).map(|name| (run.scenario_id, name.clone())),
            at: run.started_at.unwrap_or(run.queued_at),
            by: by(run),
            state: run.state,
            is_late: run.is_late,
            took: took(run.took_ms),
            read: read(&stored(&run.readings)),
            sent: of_run.get(&run.id).into_iter().flatten().map(sent).collect(),
        };
        runs.iter().map(row).collect()
    }
}

/// Why a run is there: the schedule, or somebody.
pub(in crate::screens) fn by(run: &Run) -> Message {
    match run.cause {
        Cause::Person if !run.started_by.is_empty() => {
            Message::new("{who}, run now").with("who", format::visible(&run.started_by))
        }
        cause => cause.label().into(),
    }
}

/// How long something took.
pub(in crate::screens) fn took(milliseconds: Option<i64>) -> Option<Duration> {
    milliseconds.map(|took| Duration::from_millis(u64::try_from(took).unwrap_or_default()))
}

/// The first value that was read, and of how many servers more.
fn read(readings: &[Reading]) -> Option<Message> {
    let first = readings.iter().find(|reading| reading.failed.is_none()).or(readings.first())?;
    let words = match (&first.failed, first.leaves().first()) {
        (Some(why), _) => why.clone(),
        (None, Some((name, value))) => {
            Message::new("{name} {value}").with("name", name).with("value", format::visible(&shown(value)))
        }
        (None, None) => Message::new("nothing"),
    };
    match readings.len() {
        1 => Some(words),
        n => Some(Message::new("{read}, and {n} servers more").with_words("read", words).with("n", n - 1)),
    }
}

/// A value as people write it.
pub(in crate::screens) fn shown(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Null => String::new(),
        other => other.to_string(),
    }
}

/// The name of a kind of destination; its word where this version does not know it.
pub(in crate::screens) fn destination(kind: &str) -> Message {
    destinations::of(kind).map_or_else(|| Message::heard(kind), |kind| kind.label.into())
}

fn sent(delivery: &Delivery) -> Message {
    let words = match delivery.state {
        DeliveryState::Delivered => Message::new("{destination} {status}"),
        _ => Message::new("{destination}: {state}"),
    };
    let status = delivery.status.map(|status| status.to_string()).unwrap_or_default();
    let words = words.with_words("destination", destination(&delivery.kind)).with("status", status);
    words.with_words("state", delivery.state.label())
}

/// The last runs as bars: how long each took, and how it ended.
#[derive(Debug, Clone, Default)]
pub(in crate::screens) struct Picture {
    pub(in crate::screens) bars: Vec<Bar>,
    /// `18 of 20 done, 2.8 s typical`
    pub(in crate::screens) words: Option<Message>,
}

/// One run in the picture.
#[derive(Debug, Clone)]
pub(in crate::screens) struct Bar {
    pub(in crate::screens) x: String,
    pub(in crate::screens) y: String,
    pub(in crate::screens) width: String,
    pub(in crate::screens) height: String,
    pub(in crate::screens) dot: &'static str,
}

impl Picture {
    /// Of runs, the newest first; the newest stands at the end.
    pub(in crate::screens) fn of(runs: &[Run]) -> Self {
        let ended: Vec<&Run> = runs.iter().filter(|run| run.took_ms.is_some()).take(IN_PICTURE).collect();
        let mut times: Vec<f64> = ended.iter().map(|run| seconds(run)).collect();
        times.sort_by(f64::total_cmp);
        let Some(typical) = times.get(times.len() / 2).copied() else { return Self::default() };
        let longest = times.last().copied().unwrap_or_default().max(0.001);
        let bar = |(place, run): (u32, &&Run)| {
            let height = (seconds(run) / longest * HEIGHT).clamp(1.2, HEIGHT);
            Bar {
                x: format!("{:.1}", f64::from(place) * STEP),
                y: format!("{:.1}", HEIGHT - height),
                width: format!("{BAR:.1}"),
                height: format!("{height:.1}"),
                dot: run.state.dot(),
            }
        };
        let done = ended.iter().filter(|run| run.state == RunState::Succeeded).count();
        let words = Message::new("{n} of the last {all} done, {took} typical")
            .with("n", done)
            .with("all", ended.len())
            .with("took", format::duration(Duration::from_secs_f64(typical)));
        Self { bars: (0..).zip(ended.iter().rev()).map(bar).collect(), words: Some(words) }
    }
}

fn seconds(run: &Run) -> f64 {
    took(run.took_ms).unwrap_or_default().as_secs_f64()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn run(state: RunState, took_ms: i64, readings: Value) -> Run {
        let at = DateTime::default();
        Run {
            id: RunId(1),
            scenario_id: ScenarioId(2),
            scheduled_for: None,
            cause: Cause::Person,
            started_by: "ji\u{202e}won".to_owned(),
            is_late: false,
            missed: json!([]),
            state,
            token: 0,
            tries: 1,
            stop_asked_by: None,
            queued_at: at,
            started_at: Some(at),
            ended_at: Some(at),
            took_ms: Some(took_ms),
            readings,
            why: None,
        }
    }

    #[test]
    fn a_row_says_who_what_was_read_and_of_how_many() {
        let reading =
            |server: &str| json!({"server": server, "at": "2026-11-29T00:00:00Z", "values": {"cpu": {"total": 31.2}}});
        let failed = json!({"server": "db-1", "at": "2026-11-29T00:00:00Z", "failed": {"template": "It is away"}});
        let told = |readings: Value| {
            let rows = RunRow::all(&[run(RunState::Succeeded, 2_800, readings)], Vec::new(), &BTreeMap::new());
            (rows[0].by.to_string(), rows[0].read.as_ref().map(ToString::to_string))
        };
        let (by, read) = told(json!([failed, reading("web-1")]));
        assert_eq!(
            (by.as_str(), read.as_deref()),
            ("ji⟨U+202E⟩won, run now", Some("cpu.total 31.2, and 1 servers more"))
        );
        assert_eq!(told(json!([failed])).1.as_deref(), Some("It is away"));
        assert_eq!(told(json!([])).1, None);
    }

    #[test]
    fn the_longest_run_is_the_highest_bar_and_the_newest_stands_last() {
        let runs = [run(RunState::Failed, 30_000, json!([])), run(RunState::Succeeded, 3_000, json!([]))];
        let picture = Picture::of(&runs);
        assert_eq!(picture.bars.iter().map(|bar| bar.dot).collect::<Vec<_>>(), ["up", "crit"]);
        assert_eq!((picture.bars[1].height.as_str(), picture.bars[0].height.as_str()), ("14.0", "1.4"));
        assert_eq!(picture.words.unwrap().to_string(), "1 of the last 2 done, 30 s typical");
        assert!(Picture::of(&[]).words.is_none());
    }
}
