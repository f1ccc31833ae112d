//! Checks of an administrator's own: what is asked, of which servers, how often, and from where on the answer is bad.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use diesel::prelude::*;

use super::actor::Scope;
use super::ids::{CheckId, GroupId};
use super::names::{labels_problem, note_problem};
use crate::commands::Conditions;
use crate::commands::checks::{Answer, Direction, Limits};
use crate::db::errors::conflict;
use crate::db::schema::{check_groups, checks};
use crate::db::types::Labels;
use crate::error::{Error, FieldErrors, Result};
use crate::language::Message;

/// One row of `checks`.
#[derive(Debug, Clone, PartialEq, HasQuery, Identifiable)]
#[diesel(table_name = checks)]
#[expect(missing_docs, reason = "the migration describes the columns")]
pub struct Check {
    pub id: CheckId,
    pub name: String,
    pub answer: String,
    pub script: String,
    pub unit: String,
    pub unit_word: String,
    pub warning: Option<f64>,
    pub critical: Option<f64>,
    pub direction: String,
    pub interval_seconds: i32,
    pub timeout_seconds: i32,
    pub platform: serde_json::Value,
    pub labels: Labels,
    pub all_groups: bool,
    pub enabled: bool,
    pub note: String,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
}

/// Everything about a check but its name, as it is written.
#[derive(Debug, Clone, PartialEq, Insertable, AsChangeset)]
#[diesel(table_name = checks, treat_none_as_null = true)]
#[expect(missing_docs, reason = "the same as in the row")]
pub struct CheckValues {
    pub answer: String,
    pub script: String,
    pub unit: String,
    pub unit_word: String,
    pub warning: Option<f64>,
    pub critical: Option<f64>,
    pub direction: String,
    pub interval_seconds: i32,
    pub timeout_seconds: i32,
    pub platform: serde_json::Value,
    pub labels: Labels,
    pub all_groups: bool,
    pub enabled: bool,
    pub note: String,
}

/// Words for what its value counts; `metrics` says what they mean.
pub const UNITS: [&str; 6] = ["count", "percent", "bytes", "bytes_per_second", "per_second", "milliseconds"];

/// What is wrong with the name of a check.
pub fn check_name_problem(name: &str) -> Option<Message> {
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    let good = name.len() <= 48 && name.starts_with(plain) && name.chars().all(|c| plain(c) || matches!(c, '.' | '-'));
    (!good).then(|| {
        Message::new("Use lower-case letters, digits, dots and hyphens, at most 48, beginning with a letter or a digit")
    })
}

impl CheckValues {
    /// What is wrong with them, by field.
    pub fn problems(&self) -> FieldErrors {
        let mut problems = FieldErrors::default();
        if let Some(problem) = crate::commands::catalog::script_problem(&self.script) {
            problems.add("script", problem);
        }
        let answer = Answer::from_name(&self.answer);
        if answer.is_none() {
            problems.add("answer", "The answer is a number, a table or a text");
        }
        let limits = self.limits();
        if answer == Some(Answer::Text) && (limits.warning.is_some() || limits.critical.is_some()) {
            problems.add("warning", "A text has no limits");
        } else if !limits.are_in_order() {
            problems.add("critical", "The warning must come before what is critical");
        }
        if [limits.warning, limits.critical].into_iter().flatten().any(|limit| !limit.is_finite()) {
            problems.add("warning", "This is no number");
        }
        if !UNITS.contains(&self.unit.as_str()) {
            problems.add("unit", "There is no such unit");
        }
        if Direction::from_name(&self.direction).is_none() {
            problems.add("direction", "The direction is above or below");
        }
        for (field, value, (least, most)) in [
            ("interval_seconds", self.interval_seconds, (10, 86_400)),
            ("timeout_seconds", self.timeout_seconds, (1, 60)),
        ] {
            if !(least..=most).contains(&value) {
                let sentence = Message::new("This must be a whole number from {least} to {most}");
                problems.add(field, sentence.with("least", least).with("most", most));
            }
        }
        if let Some(problem) = labels_problem(&self.labels.0) {
            problems.add("labels", problem);
        }
        if let Some(problem) = note_problem(&self.note) {
            problems.add("note", problem);
        }
        if self.unit_word.chars().count() > 16 || self.unit_word.chars().any(char::is_control) {
            problems.add("unit_word", "At most 16 characters fit here");
        }
        match serde_json::from_value::<Conditions>(self.platform.clone()) {
            Ok(on) => on.problem().into_iter().for_each(|problem| problems.add("on", problem)),
            Err(error) => problems.add("on", Message::new("Its conditions cannot be read: {why}").with("why", error)),
        }
        problems
    }

    fn limits(&self) -> Limits {
        let direction = Direction::from_name(&self.direction).unwrap_or_default();
        Limits { warning: self.warning, critical: self.critical, direction }
    }

    /// Adds a check of this name, for the servers of these groups.
    pub fn insert(&self, connection: &mut PgConnection, name: &str, groups: &[GroupId]) -> Result<Check> {
        let mut problems = self.problems();
        if let Some(problem) = check_name_problem(name) {
            problems.add("name", problem);
        }
        problems.or(())?;
        connection.transaction(|connection| {
            let check: Check = diesel::insert_into(checks::table)
                .values((self, checks::name.eq(name)))
                .returning(Check::as_select())
                .get_result(connection)
                .map_err(|error| {
                    let message = Message::new("There is a check named {name} already").with("name", name);
                    conflict(error, "checks_name_key", message)
                })?;
            check.set_groups(connection, groups)?;
            Ok(check)
        })
    }
}

impl Check {
    /// All of them, by name.
    pub fn all(connection: &mut PgConnection) -> QueryResult<Vec<Self>> {
        Self::query().order(checks::name).load(connection)
    }

    /// The check with this id.
    pub fn by_id(connection: &mut PgConnection, id: CheckId) -> Result<Self> {
        Self::query().find(id).first(connection).optional()?.ok_or(Error::NotFound("The check"))
    }

    /// The check with this name.
    pub fn by_name(connection: &mut PgConnection, name: &str) -> Result<Self> {
        Self::query().filter(checks::name.eq(name)).first(connection).optional()?.ok_or(Error::NotFound("The check"))
    }

    /// The groups whose servers each check is for; a check without any is missing.
    pub fn groups_of_all(connection: &mut PgConnection) -> QueryResult<BTreeMap<CheckId, Vec<GroupId>>> {
        let rows: Vec<(CheckId, GroupId)> =
            check_groups::table.select((check_groups::check_id, check_groups::group_id)).load(connection)?;
        let mut groups: BTreeMap<CheckId, Vec<GroupId>> = BTreeMap::new();
        for (check, group) in rows {
            groups.entry(check).or_default().push(group);
        }
        Ok(groups)
    }

    /// Changes it, and the groups it is for.
    pub fn change(
        connection: &mut PgConnection,
        id: CheckId,
        values: &CheckValues,
        groups: &[GroupId],
        now: DateTime<Utc>,
    ) -> Result<Self> {
        values.problems().or(())?;
        connection.transaction(|connection| {
            let check: Option<Self> = diesel::update(checks::table.find(id))
                .set((values, checks::updated_at.eq(now)))
                .returning(Self::as_select())
                .get_result(connection)
                .optional()?;
            let check = check.ok_or(Error::NotFound("The check"))?;
            check.set_groups(connection, groups)?;
            Ok(check)
        })
    }

    /// Deletes it with its last results; the numbers that are kept over time go when they are too old.
    pub fn delete(connection: &mut PgConnection, id: CheckId) -> Result<()> {
        match diesel::delete(checks::table.find(id)).execute(connection)? {
            0 => Err(Error::NotFound("The check")),
            _ => Ok(()),
        }
    }

    fn set_groups(&self, connection: &mut PgConnection, groups: &[GroupId]) -> Result<()> {
        diesel::delete(check_groups::table.filter(check_groups::check_id.eq(self.id))).execute(connection)?;
        let rows: Vec<_> = groups
            .iter()
            .map(|group| (check_groups::check_id.eq(self.id), check_groups::group_id.eq(*group)))
            .collect();
        diesel::insert_into(check_groups::table).values(rows).on_conflict_do_nothing().execute(connection).map_err(
            |error| {
                crate::db::errors::if_violates(error, "check_groups_group_id_fkey", || {
                    Error::field("groups", "One of the groups is not there any more")
                })
            },
        )?;
        Ok(())
    }

    /// What it is asked again for, without its name.
    pub fn values(&self) -> CheckValues {
        CheckValues {
            answer: self.answer.clone(),
            script: self.script.clone(),
            unit: self.unit.clone(),
            unit_word: self.unit_word.clone(),
            warning: self.warning,
            critical: self.critical,
            direction: self.direction.clone(),
            interval_seconds: self.interval_seconds,
            timeout_seconds: self.timeout_seconds,
            platform: self.platform.clone(),
            labels: self.labels.clone(),
            all_groups: self.all_groups,
            enabled: self.enabled,
            note: self.note.clone(),
        }
    }

    /// What kind of answer it gives.
    pub fn answer(&self) -> Answer {
        Answer::from_name(&self.answer).unwrap_or_default()
    }

    /// From where on its value is bad.
    pub fn limits(&self) -> Limits {
        let direction = Direction::from_name(&self.direction).unwrap_or_default();
        Limits { warning: self.warning, critical: self.critical, direction }
    }

    /// The platforms that it is for; those of another version, which cannot be read, are none.
    pub fn on(&self) -> Option<Conditions> {
        serde_json::from_value(self.platform.clone()).ok()
    }

    /// Whether somebody with `scope` may know of it: it is for every server, or for one of their groups.
    pub fn is_visible_to(&self, scope: &Scope, groups: &[GroupId]) -> bool {
        match scope {
            Scope::All => true,
            Scope::Groups(own) => self.all_groups || groups.iter().any(|group| own.contains(group)),
        }
    }
}
