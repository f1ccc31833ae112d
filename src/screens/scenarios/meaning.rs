//! From a draft to the scenario that somebody wants, and back. Pure.

use chrono::{DateTime, NaiveDateTime, SubsecRound, TimeZone, Utc};
use chrono_tz::Tz;
use serde_json::{Map, Value};

use super::draft::{Draft, OWN, Texts};
use crate::error::FieldErrors;
use crate::language::Message;
use crate::models::scenarios::{Missed, Overlap};
use crate::scenarios::Wish;
use crate::scenarios::condition::{Condition, Question};
use crate::scenarios::schedule::{Schedule, When};
use crate::scenarios::wish::{Chosen, WishedDestination};

/// Clock times as browsers send them, and as people write them.
const CLOCKS: [&str; 4] = ["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M", "%Y-%m-%d %H:%M:%S"];
/// As a browser takes them.
const CLOCK: &str = "%Y-%m-%dT%H:%M:%S";

impl Draft {
    /// What it means, with something harmless where it cannot be read; and what cannot be read. Problems have the names that those
    /// of [`Wish`] have.
    pub(super) fn wish(&self, now: DateTime<Utc>) -> (Wish, FieldErrors) {
        let mut problems = FieldErrors::default();
        let general = &self.general;
        let schedule = self.schedule(now, &mut problems);
        if general.trimmed("source").is_empty() {
            problems.add("source.kind", "Choose what is read");
        }
        let destinations = (0..).zip(&self.destinations).map(|(place, one)| destination(place, one, &mut problems));
        let destinations = destinations.collect();
        let wish = Wish {
            name: general.get("name").to_owned(),
            schedule,
            source: Chosen { kind: general.trimmed("source").to_owned(), settings: settings(&self.source) },
            servers: self.servers(),
            destinations,
            enabled: general.is_on("enabled"),
            grace_seconds: whole(general, "grace_seconds", "grace_seconds", &mut problems),
            missed: Missed::from_name(general.get("missed")).unwrap_or(Missed::Coalesce),
            overlap: Overlap::from_name(general.get("overlap")).unwrap_or(Overlap::Skip),
            parallel_most: whole(general, "parallel_most", "parallel_most", &mut problems).unwrap_or(1),
        };
        (wish, problems)
    }

    /// Whether both mean the same, however it was entered; the switch stands beside the form of what is kept.
    pub(super) fn says_as_much_as(&self, other: &Self, now: DateTime<Utc>) -> bool {
        let said = |draft: &Self| {
            let (wish, problems) = draft.wish(now);
            // Browsers end the lines of a text as they like.
            let said = serde_json::to_string(&Wish { enabled: true, ..wish }).ok()?.replace("\\r\\n", "\\n");
            problems.is_empty().then_some(said)
        };
        said(self).is_some() && said(self) == said(other)
    }

    /// When it runs; a zone that cannot be read is UTC, a time that cannot be read is now.
    pub(super) fn schedule(&self, now: DateTime<Utc>, problems: &mut FieldErrors) -> Schedule {
        let general = &self.general;
        let time_zone = general.trimmed("time_zone").parse().unwrap_or_else(|_no_zone| {
            problems.add("schedule.time_zone", "There is no such time zone");
            Tz::UTC
        });
        let now = now.trunc_subsecs(0);
        let when = match general.get("when") {
            "date" => When::Date {
                at: moment(general.trimmed("at"), time_zone).unwrap_or_else(|why| {
                    problems.add("schedule.at", why);
                    now
                }),
            },
            "interval" => {
                let optional = |name: &'static str, problems: &mut FieldErrors| match general.trimmed(name) {
                    "" => None,
                    text => moment(text, time_zone).map_err(|why| problems.add(format!("schedule.{name}"), why)).ok(),
                };
                let every = whole::<i64>(general, "every", "schedule.every_seconds", problems);
                if every.is_none() && problems.of("schedule.every_seconds").is_none() {
                    problems.add("schedule.every_seconds", "This is needed");
                }
                When::Interval {
                    every_seconds: every.unwrap_or(60).saturating_mul(unit(general)),
                    starts_at: optional("starts_at", problems).unwrap_or(now),
                    ends_at: optional("ends_at", problems),
                }
            }
            _ => When::Cron { expression: general.trimmed("expression").to_owned() },
        };
        let jitter_seconds = whole(general, "jitter_seconds", "schedule.jitter_seconds", problems).unwrap_or_default();
        Schedule { when, time_zone, jitter_seconds }
    }

    /// The builder as it stands for a scenario.
    pub(super) fn of(wish: &Wish) -> Self {
        let mut draft = Self::new(wish.schedule.time_zone, &wish.servers.join(", "));
        let general = &mut draft.general;
        general.set("name", &*wish.name);
        general.set("enabled", switch(wish.enabled));
        general.set("missed", wish.missed.name());
        general.set("overlap", wish.overlap.name());
        general.set("parallel_most", wish.parallel_most.to_string());
        general.set("grace_seconds", wish.grace_seconds.map(|grace| grace.to_string()).unwrap_or_default());
        general.set("jitter_seconds", wish.schedule.jitter_seconds.to_string());
        general.set("source", &*wish.source.kind);
        let clock = |at: &DateTime<Utc>| at.with_timezone(&wish.schedule.time_zone).format(CLOCK).to_string();
        match &wish.schedule.when {
            When::Cron { expression } => general.set("expression", &**expression),
            When::Date { at } => {
                general.set("when", "date");
                general.set("at", clock(at));
            }
            When::Interval { every_seconds, starts_at, ends_at } => {
                let unit = [86_400, 3_600, 60].into_iter().find(|unit| every_seconds % unit == 0).unwrap_or(1);
                general.set("when", "interval");
                general.set("every", (every_seconds / unit).to_string());
                general.set("unit", unit.to_string());
                general.set("starts_at", clock(starts_at));
                general.set("ends_at", ends_at.as_ref().map(clock).unwrap_or_default());
            }
        }
        fill(&mut draft.source, &wish.source.settings);
        draft.destinations = wish.destinations.iter().map(texts_of).collect();
        if let Some(first) = draft.destinations.first_mut() {
            first.set("open", "on");
        }
        draft.name_keys();
        draft
    }
}

/// Seconds of the unit of an interval.
fn unit(general: &Texts) -> i64 {
    general.get("unit").parse().ok().filter(|unit| [1, 60, 3_600, 86_400].contains(unit)).unwrap_or(1)
}

/// The moment of a clock time in a zone; of one that comes twice the first.
fn moment(text: &str, zone: Tz) -> Result<DateTime<Utc>, Message> {
    let clock = CLOCKS.iter().find_map(|format| NaiveDateTime::parse_from_str(text, format).ok());
    let clock = clock.ok_or_else(|| Message::new("Enter a date and a time: 2026-12-24 08:50"))?;
    let at = zone.from_local_datetime(&clock).earliest().map(|at| at.with_timezone(&Utc));
    at.ok_or_else(|| Message::new("Clocks in {zone} skip this time").with("zone", zone.name()))
}

/// A whole number; none where nothing was entered.
fn whole<T: std::str::FromStr>(texts: &Texts, field: &str, name: &str, problems: &mut FieldErrors) -> Option<T> {
    let text = texts.trimmed(field);
    if text.is_empty() {
        return None;
    }
    text.parse().map_err(|_no_number| problems.add(name, "This must be a whole number")).ok()
}

fn settings(texts: &Texts) -> Value {
    let entered = texts.iter().filter(|(name, _)| !OWN.contains(name));
    Value::Object(entered.map(|(name, text)| (name.to_owned(), text.into())).collect::<Map<_, _>>())
}

fn fill(texts: &mut Texts, settings: &Value) {
    for (name, value) in settings.as_object().into_iter().flatten() {
        match value {
            Value::String(text) => texts.set(name, &**text),
            Value::Bool(on) => texts.set(name, switch(*on)),
            Value::Null => texts.set(name, ""),
            other => texts.set(name, other.to_string()),
        }
    }
}

fn switch(on: bool) -> &'static str {
    if on { "on" } else { "off" }
}

fn destination(place: usize, texts: &Texts, problems: &mut FieldErrors) -> WishedDestination {
    let name = |field: &str| format!("destinations.{place}.condition.{field}");
    let value = texts.trimmed("condition.value").to_owned();
    let kind = texts.get("condition.kind");
    if value.is_empty() && !matches!(kind, "" | "always" | "failed") {
        problems.add(name("value"), "Choose a value");
    }
    let mut limit = || {
        let limit = texts.trimmed("condition.limit").parse().ok().filter(|limit: &f64| limit.is_finite());
        limit.unwrap_or_else(|| {
            problems.add(name("limit"), "This must be a number");
            0.0
        })
    };
    let question = match kind.trim_start_matches("no_longer_") {
        "above" => Some(Question::Above { value: value.clone(), limit: limit() }),
        "below" => Some(Question::Below { value: value.clone(), limit: limit() }),
        "matches" => {
            Some(Question::Matches { value: value.clone(), pattern: texts.get("condition.pattern").to_owned() })
        }
        _ => None,
    };
    let for_runs = whole(texts, "condition.for_runs", &name("for_runs"), problems).unwrap_or(1);
    let condition = match question {
        Some(from) if kind.starts_with("no_longer_") => Condition::Recovered { from },
        Some(is) => Condition::While { is, for_runs },
        None if kind == "changed" => Condition::Changed { value },
        None if kind == "failed" => Condition::Failed { for_runs },
        None => Condition::Always,
    };
    WishedDestination {
        kind: texts.get("kind").to_owned(),
        channel: Some(texts.get("channel").to_owned()).filter(|channel| !channel.is_empty()),
        settings: settings(texts),
        condition,
        at_most_once: texts.is_on("at_most_once"),
    }
}

fn texts_of(wished: &WishedDestination) -> Texts {
    let mut texts = Texts::default();
    texts.set("kind", &*wished.kind);
    texts.set("channel", wished.channel.clone().unwrap_or_default());
    texts.set("at_most_once", switch(wished.at_most_once));
    fill(&mut texts, &wished.settings);
    let (word, question) = match &wished.condition {
        Condition::Always => ("always".to_owned(), None),
        Condition::Changed { value } => {
            texts.set("condition.value", &**value);
            ("changed".to_owned(), None)
        }
        Condition::Failed { for_runs } => {
            texts.set("condition.for_runs", for_runs.to_string());
            ("failed".to_owned(), None)
        }
        Condition::While { is, for_runs } => {
            texts.set("condition.for_runs", for_runs.to_string());
            (word_of(is).to_owned(), Some(is))
        }
        Condition::Recovered { from } => (format!("no_longer_{}", word_of(from)), Some(from)),
    };
    texts.set("condition.kind", word);
    match question {
        Some(Question::Above { value, limit } | Question::Below { value, limit }) => {
            texts.set("condition.value", &**value);
            texts.set("condition.limit", limit.to_string());
        }
        Some(Question::Matches { value, pattern }) => {
            texts.set("condition.value", &**value);
            texts.set("condition.pattern", &**pattern);
        }
        None => {}
    }
    texts
}

fn word_of(question: &Question) -> &'static str {
    match question {
        Question::Above { .. } => "above",
        Question::Below { .. } => "below",
        Question::Matches { .. } => "matches",
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn now() -> DateTime<Utc> {
        "2026-11-29T12:00:00Z".parse().unwrap()
    }

    fn wish(schedule: &Value, condition: &Value) -> Wish {
        serde_json::from_value(json!({
            "name": "Morning", "schedule": schedule, "servers": ["web-1", "group:web"],
            "source": { "kind": "disk_usage", "settings": { "mount": "/", "window_seconds": "300" } },
            "destinations": [
                { "kind": "slack", "channel": "#ops", "settings": { "text": "{{ time }}\nx", "color": "none" }, "condition": condition },
                { "kind": "http_get", "settings": { "url": "http://x" }, "at_most_once": true },
            ],
            "enabled": false, "grace_seconds": 30, "missed": "skip", "overlap": "parallel", "parallel_most": 3,
        }))
        .unwrap()
    }

    #[test]
    fn a_scenario_comes_back_from_the_builder_as_it_went_in() {
        let zone = "Asia/Seoul";
        let schedules = [
            json!({"when": {"kind": "cron", "expression": "50 8 * * 1-5"}, "time_zone": zone, "jitter_seconds": 30}),
            json!({"when": {"kind": "date", "at": "2026-12-24T08:50:00Z"}, "time_zone": zone}),
            json!({"when": {"kind": "interval", "every_seconds": 5400, "starts_at": "2026-12-24T08:50:01Z", "ends_at": "2027-01-01T00:00:00Z"}, "time_zone": zone}),
        ];
        let above = json!({"question": "above", "value": "filesystem.used_percent", "limit": 82.5, "for_runs": 3, "kind": "while"});
        let matches = json!({"question": "matches", "value": "text", "pattern": "(?m)^x$", "kind": "recovered"});
        let conditions = [
            json!({"kind": "always"}),
            json!({"kind": "failed", "for_runs": 2}),
            json!({"kind": "changed", "value": "a.b"}),
            above,
            matches,
        ];
        for schedule in &schedules {
            for condition in &conditions {
                let wish = wish(schedule, condition);
                let (back, problems) = Draft::of(&wish).wish(now());
                assert!(problems.is_empty(), "{problems:?}");
                assert_eq!(back, wish);
            }
        }
    }

    #[test]
    fn what_cannot_be_read_is_named_and_the_rest_is_read_all_the_same() {
        let mut draft = Draft::new(Tz::UTC, "web-1");
        for (name, value) in [
            ("time_zone", "Mars/Olympus"),
            ("when", "interval"),
            ("every", "often"),
            ("starts_at", "soon"),
            ("grace_seconds", "-"),
            ("name", "Kept"),
        ] {
            draft.general.set(name, value);
        }
        let mut one = Texts::default();
        one.set("kind", "slack");
        one.set("condition.kind", "above");
        one.set("condition.limit", "inf");
        draft.destinations.push(one);
        let (wish, problems) = draft.wish(now());
        for name in [
            "schedule.time_zone",
            "schedule.every_seconds",
            "schedule.starts_at",
            "grace_seconds",
            "source.kind",
            "destinations.0.condition.value",
            "destinations.0.condition.limit",
        ] {
            assert!(problems.of(name).is_some(), "{name}: {problems:?}");
        }
        assert_eq!((wish.name.as_str(), wish.servers.len()), ("Kept", 1));
    }

    #[test]
    fn a_time_that_clocks_skip_is_none() {
        let berlin: Tz = "Europe/Berlin".parse().unwrap();
        assert_eq!(moment("2026-10-25T02:30", berlin).unwrap().to_string(), "2026-10-25 00:30:00 UTC");
        assert!(moment("2026-03-29 02:30", berlin).is_err() && moment("", berlin).is_err());
    }
}
