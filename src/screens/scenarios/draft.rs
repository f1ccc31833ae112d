//! What stands in the builder, as texts under flat names: nothing that was entered is lost, however wrong it is. Pure.

use std::collections::BTreeMap;

use chrono_tz::Tz;

use crate::error::{Error, FieldErrors, Result};
use crate::language::Message;
use crate::models::ids::ScenarioId;

/// Fields that every scenario has.
const GENERAL: &[&str] = &[
    "name",
    "enabled",
    "when",
    "expression",
    "time_zone",
    "at",
    "every",
    "unit",
    "starts_at",
    "ends_at",
    "jitter_seconds",
    "grace_seconds",
    "missed",
    "overlap",
    "parallel_most",
    "servers",
    "source",
];
/// Destinations that a form may have; a scenario has fewer.
const MOST: usize = 100;

/// Fields of a destination that are no settings of its kind.
pub(super) const OWN: &[&str] = &[
    "kind",
    "key",
    "open",
    "channel",
    "at_most_once",
    "condition.kind",
    "condition.value",
    "condition.limit",
    "condition.pattern",
    "condition.for_runs",
];

/// Texts by name.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Texts(BTreeMap<String, String>);

impl Texts {
    /// The text of a name; empty where there is none.
    pub(super) fn get(&self, name: &str) -> &str {
        self.0.get(name).map(String::as_str).unwrap_or_default()
    }

    /// The same without blanks around it.
    pub(super) fn trimmed(&self, name: &str) -> &str {
        self.get(name).trim()
    }

    /// Whether a box is ticked.
    pub(super) fn is_on(&self, name: &str) -> bool {
        self.get(name) == "on"
    }

    pub(super) fn set(&mut self, name: &str, value: impl Into<String>) {
        self.0.insert(name.to_owned(), value.into());
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }
}

/// A scenario as it stands in the builder.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Draft {
    /// Which one is changed; none: it is new.
    pub(super) scenario: Option<ScenarioId>,
    /// The version that was seen.
    pub(super) seen: i64,
    /// What is about no step.
    pub(super) general: Texts,
    /// The settings of the source.
    pub(super) source: Texts,
    /// The destinations in their order.
    pub(super) destinations: Vec<Texts>,
    /// The key of the destination that was just added.
    pub(super) fresh: Option<String>,
}

/// What was sent: a draft, and what is to be done with it, in the word of a button.
#[derive(Debug)]
pub(super) struct Sent {
    pub(super) draft: Draft,
    pub(super) act: String,
}

impl Draft {
    /// One of which nothing is said yet.
    pub(super) fn new(zone: Tz, server: &str) -> Self {
        let mut draft = Self::default();
        for (name, value) in [
            ("enabled", "on"),
            ("when", "cron"),
            ("expression", "50 8 * * 1-5"),
            ("time_zone", zone.name()),
            ("every", "5"),
            ("unit", "60"),
            ("jitter_seconds", "0"),
            ("missed", "coalesce"),
            ("overlap", "skip"),
            ("parallel_most", "1"),
            ("servers", server),
        ] {
            draft.general.set(name, value);
        }
        draft
    }

    /// What a form sent. A field that no scenario has is refused (Z06).
    pub(super) fn read(pairs: Vec<(String, String)>) -> Result<Sent> {
        let (mut draft, mut act) = (Self::default(), String::new());
        let mut destinations: BTreeMap<usize, Texts> = BTreeMap::new();
        let mut problems = FieldErrors::default();
        for (name, value) in pairs {
            if name == "act" {
                act = value;
            } else if name == "scenario" {
                draft.scenario = value.parse().ok().map(ScenarioId);
            } else if name == "seen" {
                draft.seen = value.parse().unwrap_or_default();
            } else if let Some(field) = name.strip_prefix("source.") {
                draft.source.set(field, value);
            } else if let Some((place, field)) = place_of(&name) {
                destinations.entry(place).or_default().set(field, value);
            } else if GENERAL.contains(&name.as_str()) {
                draft.general.set(&name, value);
            } else {
                problems.add(name, "This form has no such field");
            }
        }
        draft.destinations = destinations.into_values().collect();
        draft.name_keys();
        problems.or(Sent { draft, act })
    }

    /// Every destination gets a key that it keeps wherever it is moved.
    pub(super) fn name_keys(&mut self) {
        let known: Vec<u32> = self.destinations.iter().filter_map(|one| one.get("key").parse().ok()).collect();
        let mut next = known.into_iter().max().unwrap_or_default();
        for one in self.destinations.iter_mut().filter(|one| one.get("key").parse::<u32>().is_err()) {
            next += 1;
            one.set("key", next.to_string());
        }
    }

    /// The words that say which servers.
    pub(super) fn servers(&self) -> Vec<String> {
        let words = self.general.get("servers").split([',', '\n']).map(str::trim);
        words.filter(|word| !word.is_empty()).map(str::to_owned).collect()
    }

    /// The zone of its clock times; UTC where there is none of that name.
    pub(super) fn zone(&self) -> Tz {
        self.general.trimmed("time_zone").parse().unwrap_or(Tz::UTC)
    }
}

/// `destinations.2.condition.kind` → 2 and `condition.kind`
fn place_of(name: &str) -> Option<(usize, &str)> {
    let (place, field) = name.strip_prefix("destinations.")?.split_once('.')?;
    let place = place.parse().ok().filter(|place| *place < MOST)?;
    Some((place, field))
}

/// An act that no button has.
pub(super) fn unknown_act() -> Error {
    Error::BadRequest(Message::new("This is nothing that the builder does"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flat_names_become_steps_and_unknown_ones_are_refused() {
        let pairs = |names: &[(&str, &str)]| names.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())).collect();
        let sent = Draft::read(pairs(&[
            ("name", "Morning"),
            ("seen", "3"),
            ("scenario", "12"),
            ("source.window_seconds", "60"),
            ("destinations.4.kind", "slack"),
            ("destinations.4.at_most_once", "off"),
            ("destinations.4.at_most_once", "on"),
            ("destinations.1.kind", "http_get"),
            ("destinations.1.key", "7"),
            ("act", "remove:1"),
        ]))
        .unwrap();
        let draft = sent.draft;
        assert_eq!((draft.general.get("name"), draft.seen, draft.scenario), ("Morning", 3, Some(ScenarioId(12))));
        assert_eq!(draft.destinations.iter().map(|one| one.get("kind")).collect::<Vec<_>>(), ["http_get", "slack"]);
        assert_eq!(draft.destinations.iter().map(|one| one.get("key")).collect::<Vec<_>>(), ["7", "8"]);
        assert!(draft.destinations[1].is_on("at_most_once"), "a box comes after what holds without it");
        assert_eq!((draft.source.get("window_seconds"), sent.act.as_str()), ("60", "remove:1"));
        for odd in ["owner", "destinations.x.kind", "destinations.100.kind", "destinations.0"] {
            assert!(Draft::read(pairs(&[(odd, "1")])).is_err(), "{odd}");
        }
    }

    #[test]
    fn servers_are_words_between_commas() {
        let mut draft = Draft::default();
        draft.general.set("servers", " web-1, group:web servers,\nlabel:env=prod,, ");
        assert_eq!(draft.servers(), ["web-1", "group:web servers", "label:env=prod"]);
    }
}
