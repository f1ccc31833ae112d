//! Adding and changing a check.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde::Deserialize;
use utoipa::ToSchema;

use crate::api::input;
use crate::commands::Conditions;
use crate::commands::checks::Direction;
use crate::db::Connection;
use crate::db::types::Labels;
use crate::error::{Error, Result};
use crate::metrics::catalogue::Unit;
use crate::models::checks::{Check, CheckValues};
use crate::models::groups::Group;
use crate::models::ids::GroupId;

/// A check to be added.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewCheck)]
pub struct CheckToAdd {
    /// Lower-case letters, digits, dots and hyphens, at most 48.
    #[schema(pattern = "^[a-z0-9][a-z0-9.-]{0,47}$", example = "queue-length")]
    pub name: String,
    /// `number`, `table` or `text`.
    #[schema(example = "number")]
    pub answer: String,
    /// The script, run by `/bin/sh`; it must end by itself and change nothing.
    pub script: String,
    /// `count`, `percent`, `bytes`, `bytes_per_second`, `per_second` or `milliseconds`.
    #[serde(default = "count")]
    #[schema(default = "count")]
    pub unit: String,
    /// What a count counts.
    #[serde(default)]
    pub unit_word: String,
    /// From here on its value deserves attention.
    #[serde(default)]
    pub warning: Option<f64>,
    /// From here on its value cannot wait.
    #[serde(default)]
    pub critical: Option<f64>,
    /// `above`: high values are bad; `below`: low ones.
    #[serde(default = "above")]
    #[schema(default = "above")]
    pub direction: String,
    /// Seconds between two runs.
    #[serde(default = "minute")]
    #[schema(default = 60, minimum = 10, maximum = 86400)]
    pub interval_seconds: i32,
    /// Seconds after which it is stopped.
    #[serde(default = "ten")]
    #[schema(default = 10, minimum = 1, maximum = 60)]
    pub timeout_seconds: i32,
    /// The platforms that it is for.
    #[serde(default)]
    #[schema(value_type = serde_json::Value)]
    pub on: Conditions,
    /// Only servers that have all of these labels.
    #[serde(default)]
    pub labels: BTreeMap<String, String>,
    /// It is for every server. Otherwise it is for those of `groups`, which may be none.
    #[serde(default)]
    pub all_servers: bool,
    /// The groups whose servers it is for.
    #[serde(default)]
    pub groups: Vec<String>,
    /// Whether it runs.
    #[serde(default = "usually")]
    #[schema(default = true)]
    pub enabled: bool,
    /// What people wrote about it.
    #[serde(default)]
    pub note: String,
}

/// What is to change about a check; what is not given stays, null empties.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = CheckChanges)]
pub struct CheckToChange {
    /// `number`, `table` or `text`.
    pub answer: Option<String>,
    /// The script.
    pub script: Option<String>,
    /// The unit of its value.
    pub unit: Option<String>,
    /// What a count counts.
    pub unit_word: Option<String>,
    /// From here on its value deserves attention; null: never.
    #[serde(default, deserialize_with = "input::given")]
    #[schema(value_type = Option<f64>)]
    pub warning: Option<Option<f64>>,
    /// From here on its value cannot wait; null: never.
    #[serde(default, deserialize_with = "input::given")]
    #[schema(value_type = Option<f64>)]
    pub critical: Option<Option<f64>>,
    /// `above` or `below`.
    pub direction: Option<String>,
    /// Seconds between two runs.
    #[schema(minimum = 10, maximum = 86400)]
    pub interval_seconds: Option<i32>,
    /// Seconds after which it is stopped.
    #[schema(minimum = 1, maximum = 60)]
    pub timeout_seconds: Option<i32>,
    /// The platforms that it is for, instead of those before.
    #[schema(value_type = Option<serde_json::Value>)]
    pub on: Option<Conditions>,
    /// Only servers that have all of these labels.
    pub labels: Option<BTreeMap<String, String>>,
    /// It is for every server.
    pub all_servers: Option<bool>,
    /// The groups whose servers it is for.
    pub groups: Option<Vec<String>>,
    /// Whether it runs.
    pub enabled: Option<bool>,
    /// What people wrote about it.
    pub note: Option<String>,
}

fn count() -> String {
    Unit::Count.name().to_owned()
}

fn above() -> String {
    Direction::Above.name().to_owned()
}

fn minute() -> i32 {
    60
}

fn ten() -> i32 {
    10
}

fn usually() -> bool {
    true
}

impl CheckToAdd {
    /// Adds it.
    pub(super) fn add(self, connection: &mut Connection) -> Result<Check> {
        let groups = Group::ids_of(connection, &self.groups)?;
        let values = CheckValues {
            answer: self.answer,
            script: self.script,
            unit: self.unit,
            unit_word: self.unit_word,
            warning: self.warning,
            critical: self.critical,
            direction: self.direction,
            interval_seconds: self.interval_seconds,
            timeout_seconds: self.timeout_seconds,
            platform: serde_json::to_value(self.on).map_err(Error::internal)?,
            labels: Labels(self.labels),
            all_groups: self.all_servers,
            enabled: self.enabled,
            note: self.note,
        };
        values.insert(connection, &self.name, &groups)
    }
}

impl CheckToChange {
    /// Changes `before`.
    pub(super) fn apply(self, connection: &mut Connection, before: &Check, now: DateTime<Utc>) -> Result<Check> {
        let known = before.values();
        let groups: Vec<GroupId> = match self.groups {
            Some(names) => Group::ids_of(connection, &names)?,
            None => Check::groups_of_all(connection)?.remove(&before.id).unwrap_or_default(),
        };
        let platform = self.on.map(serde_json::to_value).transpose().map_err(Error::internal)?;
        let values = CheckValues {
            answer: self.answer.unwrap_or(known.answer),
            script: self.script.unwrap_or(known.script),
            unit: self.unit.unwrap_or(known.unit),
            unit_word: self.unit_word.unwrap_or(known.unit_word),
            warning: self.warning.unwrap_or(known.warning),
            critical: self.critical.unwrap_or(known.critical),
            direction: self.direction.unwrap_or(known.direction),
            interval_seconds: self.interval_seconds.unwrap_or(known.interval_seconds),
            timeout_seconds: self.timeout_seconds.unwrap_or(known.timeout_seconds),
            platform: platform.unwrap_or(known.platform),
            labels: self.labels.map_or(known.labels, Labels),
            all_groups: self.all_servers.unwrap_or(known.all_groups),
            enabled: self.enabled.unwrap_or(known.enabled),
            note: self.note.unwrap_or(known.note),
        };
        Check::change(connection, before.id, &values, &groups, now)
    }
}
