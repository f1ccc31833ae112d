//! Bringing scenarios in from a file: first what would be made or changed, then all of it or nothing (L01). What is not in the file
//! stays as it is.

use chrono::{DateTime, Utc};
use serde::Serialize;
use serde_json::Value;
use sha2::{Digest, Sha256};

use super::file::{self, Problem, Read};
use super::keep;
use super::wish::{Wish, of_kept};
use crate::db::Connection;
use crate::error::{Error, Result};
use crate::language::Message;
use crate::models::actor::Actor;
use crate::models::channels::Channel;
use crate::models::ids::ScenarioId;
use crate::models::scenarios::{Destination, Scenario};

/// What becomes of one scenario of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Deed {
    /// It is added.
    Add,
    /// One of this name is changed.
    Change,
    /// One of this name is like this already.
    Keep,
}

impl Deed {
    /// The English word for people; pages translate it.
    pub fn label(self) -> &'static str {
        match self {
            Self::Add => "Is added",
            Self::Change => "Is changed",
            Self::Keep => "Stays as it is",
        }
    }
}

/// One scenario of a file.
#[derive(Debug, Clone)]
pub struct Step {
    /// Its name.
    pub name: String,
    /// Where it stands in the file, counted from 1.
    pub line: Option<usize>,
    /// What becomes of it.
    pub deed: Deed,
    /// What of it changes: `schedule`, `destinations`.
    pub changes: Vec<&'static str>,
    /// Which version is changed.
    version: Option<(ScenarioId, i64)>,
    wish: Wish,
}

/// What a file would do.
#[derive(Debug, Clone)]
pub struct Plan {
    /// Scenario by scenario, in the order of the file.
    pub steps: Vec<Step>,
    /// What stands for all of it: another one is another plan.
    pub digest: String,
}

/// What came of a file.
#[derive(Debug, Clone)]
pub enum Planned {
    /// It can be brought in like this.
    Ready(Plan),
    /// It cannot: why, each with its place.
    Rejected(Vec<Problem>),
}

/// What came of bringing it in.
#[derive(Debug, Clone)]
pub enum Imported {
    /// It was.
    Done(Plan),
    /// Something was changed since the plan was seen, and nothing was done: this would be done now.
    Otherwise(Plan),
    /// It could not be.
    Rejected(Vec<Problem>),
}

/// What a file would do; nothing is done.
pub fn plan(connection: &mut Connection, actor: &Actor, text: &str, now: DateTime<Utc>) -> Result<Planned> {
    let read = match file::read(text) {
        Ok(read) => read,
        Err(problem) => return Ok(Planned::Rejected(vec![problem])),
    };
    let channels = Channel::all(connection)?;
    let all = Scenario::all(connection)?;
    let (mut steps, mut problems) = (Vec::new(), Vec::new());
    for (place, wish) in read.wishes.iter().enumerate() {
        let before = all.iter().find(|scenario| scenario.name == wish.name.trim());
        match step(connection, actor, (&read, place), (before, &channels), now) {
            Ok(step) => steps.push(step),
            Err(Error::Invalid(found)) => {
                problems.extend(found.iter().map(|(field, why)| read.problem(place, field, why.clone())));
            }
            Err(error @ (Error::Forbidden(_) | Error::NotFound(_))) => {
                problems.push(read.problem(place, "name", error.message()));
            }
            Err(error) => return Err(error),
        }
    }
    if problems.is_empty() {
        let digest = digest(&steps);
        Ok(Planned::Ready(Plan { steps, digest }))
    } else {
        Ok(Planned::Rejected(problems))
    }
}

/// Does what a file says, if that is still what was seen. In one transaction of the caller's.
pub fn import(
    connection: &mut Connection,
    actor: &Actor,
    (text, seen): (&str, Option<&str>),
    now: DateTime<Utc>,
) -> Result<Imported> {
    let plan = match plan(connection, actor, text, now)? {
        Planned::Ready(plan) => plan,
        Planned::Rejected(problems) => return Ok(Imported::Rejected(problems)),
    };
    if seen.is_some_and(|seen| seen != plan.digest) {
        return Ok(Imported::Otherwise(plan));
    }
    for step in &plan.steps {
        match (step.deed, step.version) {
            (Deed::Add, _) => drop(keep::add(connection, actor, step.wish.clone(), now)?),
            (Deed::Change, Some(seen)) => drop(keep::save(connection, actor, seen, step.wish.clone(), now)?),
            _ => {}
        }
    }
    Ok(Imported::Done(plan))
}

fn step(
    connection: &mut Connection,
    actor: &Actor,
    (read, place): (&Read, usize),
    (before, channels): (Option<&Scenario>, &[Channel]),
    now: DateTime<Utc>,
) -> Result<Step> {
    let wish = read.wishes.get(place).cloned().ok_or(Error::NotFound("This scenario"))?;
    let line = read.line_of(place);
    let step =
        |wish: Wish, deed, changes, version| Step { name: wish.name.clone(), line, deed, changes, version, wish };
    let Some(before) = before else {
        let wish = keep::checked_to_add(connection, actor, wish, now)?;
        return Ok(step(wish, Deed::Add, Vec::new(), None));
    };
    let taken = Message::new("There is a scenario of this name already, which you may not change");
    keep::find_to_change(connection, actor, before.id).map_err(|error| match error {
        Error::NotFound(_) | Error::Forbidden(_) => Error::Forbidden(taken),
        error => error,
    })?;
    let kept = of_kept(before, &Destination::of(connection, before.id)?, channels)?;
    if kept == wish {
        return Ok(step(wish, Deed::Keep, Vec::new(), None));
    }
    let wish = keep::checked_to_save(connection, actor, wish, (Some(&kept.schedule), now))?;
    let changes = changes(&kept, &wish)?;
    let deed = if changes.is_empty() { Deed::Keep } else { Deed::Change };
    Ok(step(wish, deed, changes, Some((before.id, before.version))))
}

/// The parts of a scenario that differ.
fn changes(before: &Wish, after: &Wish) -> Result<Vec<&'static str>> {
    let value = |wish: &Wish| serde_json::to_value(wish).map_err(Error::internal);
    let (before, after) = (value(before)?, value(after)?);
    let parts = [
        "schedule",
        "source",
        "servers",
        "destinations",
        "enabled",
        "grace_seconds",
        "missed",
        "overlap",
        "parallel_most",
    ];
    Ok(parts.into_iter().filter(|part| before.get(part) != after.get(part)).collect())
}

fn digest(steps: &[Step]) -> String {
    let steps: Vec<Value> = steps
        .iter()
        .map(|step| serde_json::json!([step.name, step.deed, step.version.map(|(id, seen)| (id.0, seen)), step.wish]))
        .collect();
    hex::encode(Sha256::digest(Value::Array(steps).to_string()))
}
