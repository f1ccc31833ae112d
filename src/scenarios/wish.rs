//! A scenario as somebody wants it: what may stand in it, and what is wrong with it. Nothing of it is kept before all of it is right.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::condition::Condition;
use super::destinations::{self, Told};
use super::fields::accept;
use super::reading::Reading;
use super::schedule::Schedule;
use super::sources::{self, Source};
use super::work::values_of_example;
use crate::error::{Error, FieldErrors, Result};
use crate::language::Message;
use crate::models::channels::Channel;
use crate::models::scenarios::{Missed, NewDestination, Overlap};

/// Characters of a name.
pub const LONGEST_NAME: usize = 100;
/// Destinations of one scenario.
const MOST_DESTINATIONS: usize = 20;
/// Words that say which servers.
const MOST_WORDS: usize = 200;

/// A scenario as somebody wants it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Wish {
    /// Unique.
    pub name: String,
    /// When.
    pub schedule: Schedule,
    /// What is read.
    pub source: Chosen,
    /// Of which servers: names, `group:NAME`, `label:KEY=VALUE` or `all`.
    pub servers: Vec<String>,
    /// Who is told, in their order.
    pub destinations: Vec<WishedDestination>,
    /// Whether it runs by its schedule.
    #[serde(default = "yes")]
    pub enabled: bool,
    /// How late a run may be without being late, seconds; none: half of the time to the next one, 5 min at most.
    #[serde(default)]
    pub grace_seconds: Option<i32>,
    /// What becomes of slots that were missed.
    #[serde(default = "coalesce")]
    pub missed: Missed,
    /// What becomes of a slot that comes while a run goes on.
    #[serde(default = "skip")]
    pub overlap: Overlap,
    /// How many go on at the same time, where they may.
    #[serde(default = "one")]
    pub parallel_most: i32,
}

/// A kind with what it wants to know.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Chosen {
    /// `cpu_usage`
    pub kind: String,
    /// By the fields that the kind declares.
    #[serde(default)]
    pub settings: Value,
}

/// One destination.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WishedDestination {
    /// `slack`
    pub kind: String,
    /// The name of its channel, where its kind goes through one.
    #[serde(default)]
    pub channel: Option<String>,
    /// By the fields that the kind declares.
    #[serde(default)]
    pub settings: Value,
    /// When it is told.
    #[serde(default = "always")]
    pub condition: Condition,
    /// Rather not told than told twice.
    #[serde(default)]
    pub at_most_once: bool,
}

fn yes() -> bool {
    true
}

fn coalesce() -> Missed {
    Missed::Coalesce
}

fn skip() -> Overlap {
    Overlap::Skip
}

fn one() -> i32 {
    1
}

fn always() -> Condition {
    Condition::Always
}

/// A wish that was found to be right, with what was left out filled in.
#[derive(Debug, Clone, PartialEq)]
pub struct Checked {
    /// The wish.
    pub wish: Wish,
    /// Its destinations as they are kept.
    pub destinations: Vec<NewDestination>,
}

impl Wish {
    /// All that is wrong with it, each at its field: `schedule.expression`, `destinations.0.text`. Channels are those that there are.
    pub fn checked(self, channels: &[Channel], now: DateTime<Utc>) -> Result<Checked> {
        self.checked_over(None, channels, now)
    }

    /// The same of a wish that is written over this schedule: what was right when that was saved may stay as it is.
    pub fn checked_over(
        mut self,
        before: Option<&Schedule>,
        channels: &[Channel],
        now: DateTime<Utc>,
    ) -> Result<Checked> {
        let mut problems = FieldErrors::default();
        let name = self.name.trim().to_owned();
        self.name = name;
        if self.name.is_empty() || self.name.chars().count() > LONGEST_NAME || self.name.chars().any(char::is_control) {
            problems.add("name", Message::new("A name has 1 to {most} characters").with("most", LONGEST_NAME));
        }
        add_all(&mut problems, "schedule", &self.schedule.problems_over(before, now));
        self.check_numbers(&mut problems);
        if self.servers.is_empty() || self.servers.len() > MOST_WORDS {
            problems.add("servers", "Choose the servers that are read");
        } else if self.servers.iter().any(|word| word.chars().any(char::is_control)) {
            problems.add("servers", "Control characters do not belong here");
        } else if let Err(why) = crate::executions::Selector::read(&self.servers) {
            problems.add("servers", why);
        }
        let source = self.check_source(&mut problems);
        if self.destinations.len() > MOST_DESTINATIONS {
            problems.add(
                "destinations",
                Message::new("A scenario tells {most} destinations at most").with("most", MOST_DESTINATIONS),
            );
        }
        let mut kept = Vec::with_capacity(self.destinations.len());
        for (place, destination) in self.destinations.iter_mut().enumerate().take(MOST_DESTINATIONS) {
            match destination.checked(source, channels, (&self.name, &self.schedule)) {
                Ok(new) => kept.push(new),
                Err(found) => add_all(&mut problems, &format!("destinations.{place}"), &found),
            }
        }
        problems.or(Checked { wish: self, destinations: kept })
    }

    fn check_numbers(&self, problems: &mut FieldErrors) {
        if self.grace_seconds.is_some_and(|grace| !(1..=86_400).contains(&grace)) {
            problems.add("grace_seconds", between(1, 86_400));
        }
        if !(1..=10).contains(&self.parallel_most) {
            problems.add("parallel_most", between(1, 10));
        }
    }

    fn check_source(&mut self, problems: &mut FieldErrors) -> Option<&'static Source> {
        let Some(source) = sources::of(&self.source.kind) else {
            problems.add("source.kind", "There is no such source");
            return None;
        };
        match accept(source.fields, &self.source.settings) {
            Ok(settings) => {
                self.source.settings = Value::Object(settings);
                add_all(problems, "source", &(source.problems)(&self.source.settings));
            }
            Err(found) => add_all(problems, "source", &found),
        }
        Some(source)
    }
}

impl WishedDestination {
    fn checked(
        &mut self,
        source: Option<&Source>,
        channels: &[Channel],
        (scenario, schedule): (&str, &Schedule),
    ) -> std::result::Result<NewDestination, FieldErrors> {
        let mut problems = FieldErrors::default();
        let Some(kind) = destinations::of(&self.kind) else {
            return Err(problems.and("kind", "There is no such destination"));
        };
        match accept(kind.fields, &self.settings) {
            Ok(settings) => self.settings = Value::Object(settings),
            Err(found) => add_all(&mut problems, "", &found),
        }
        let channel = self
            .channel
            .as_deref()
            .map(|name| channels.iter().find(|channel| channel.name == name && channel.kind == kind.kind));
        let channel = match (kind.channel, channel) {
            (Some(_), Some(Some(channel))) => Some(channel.id),
            (None, None) => None,
            (Some(_), None) => {
                problems.add("channel", "Choose a channel");
                None
            }
            (Some(_), Some(None)) => {
                problems.add("channel", "There is no such channel");
                None
            }
            (None, Some(_)) => {
                problems.add("channel", "This destination goes through no channel");
                None
            }
        };
        add_all(&mut problems, "", &self.condition.problems());
        if let (Some(source), true) = (source, problems.is_empty()) {
            // What cannot be made of an example cannot be made of a reading either.
            let about = [example(source, scenario)];
            if let Some(value) = self.condition.value()
                && reading_of_example(source).value(value).is_none()
            {
                problems.add("value", "The source gives no such value");
            }
            let told = Told { settings: &self.settings, about: &about, zone: schedule.time_zone };
            if let Err(why) = (kind.make)(told) {
                problems.add(kind.template_field(), why);
            }
        }
        if !problems.is_empty() {
            return Err(problems);
        }
        let condition = serde_json::to_value(&self.condition).unwrap_or(Value::Null);
        Ok(NewDestination {
            kind: self.kind.clone(),
            settings: self.settings.clone(),
            channel_id: channel,
            condition,
            at_most_once: self.at_most_once,
        })
    }
}

/// What a source gives, with the examples that it declares, as a message may show it.
pub fn example(source: &Source, scenario: &str) -> Map<String, Value> {
    about(scenario, &reading_of_example(source))
}

/// The reading that a source declares as an example.
fn reading_of_example(source: &Source) -> Reading {
    let mut values = Map::new();
    for (name, text) in source.gives {
        let value = serde_json::from_str(text).unwrap_or_else(|_no_json| Value::String((*text).to_owned()));
        put(&mut values, name, value);
    }
    Reading { server: "web-1".to_owned(), at: DateTime::default(), values, failed: None }
}

/// What a message about this reading may show, in a run that there never was.
pub fn about(scenario: &str, reading: &Reading) -> Map<String, Value> {
    values_of_example(scenario, reading)
}

/// Puts a value under its dotted name.
fn put(values: &mut Map<String, Value>, name: &str, value: Value) {
    match name.split_once('.') {
        None => drop(values.insert(name.to_owned(), value)),
        Some((first, rest)) => {
            let family = values.entry(first).or_insert_with(|| Value::Object(Map::new()));
            if let Value::Object(family) = family {
                put(family, rest, value);
            }
        }
    }
}

fn between(least: i64, most: i64) -> Message {
    Message::new("This must be a whole number from {least} to {most}").with("least", least).with("most", most)
}

/// Each problem under the place of the part that it is of.
fn add_all(problems: &mut FieldErrors, place: &str, found: &FieldErrors) {
    for (field, problem) in found.iter() {
        let name = if place.is_empty() { field.to_owned() } else { format!("{place}.{field}") };
        problems.add(name, problem.clone());
    }
}

/// The names of channels by their ids.
pub fn names(channels: &[Channel]) -> BTreeMap<crate::models::ids::ChannelId, &str> {
    channels.iter().map(|channel| (channel.id, channel.name.as_str())).collect()
}

/// What is kept of a scenario, as a wish again: to be shown, changed, exported.
pub fn of_kept(
    scenario: &crate::models::scenarios::Scenario,
    destinations: &[crate::models::scenarios::Destination],
    channels: &[Channel],
) -> Result<Wish> {
    let names = names(channels);
    let read = |value: &Value| serde_json::from_value::<Condition>(value.clone()).map_err(Error::internal);
    Ok(Wish {
        name: scenario.name.clone(),
        schedule: serde_json::from_value(scenario.schedule.clone()).map_err(Error::internal)?,
        source: Chosen { kind: scenario.source.clone(), settings: scenario.source_settings.clone() },
        servers: scenario.servers.clone(),
        destinations: destinations
            .iter()
            .map(|destination| {
                Ok(WishedDestination {
                    kind: destination.kind.clone(),
                    channel: destination.channel_id.and_then(|id| names.get(&id)).map(|name| (*name).to_owned()),
                    settings: destination.settings.clone(),
                    condition: read(&destination.condition)?,
                    at_most_once: destination.at_most_once,
                })
            })
            .collect::<Result<_>>()?,
        enabled: scenario.enabled,
        grace_seconds: scenario.grace_seconds,
        missed: scenario.missed,
        overlap: scenario.overlap,
        parallel_most: scenario.parallel_most,
    })
}
