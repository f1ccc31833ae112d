//! A scenario as somebody thinks of it, kept nowhere: found right, and brought to where it would read and with whose rights.

use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use serde_json::{Map, Value, json};

use super::condition::Condition;
use super::destinations::{self, Kind, Told};
use super::reading::{Reading, stored};
use super::schedule::{Schedule, When};
use super::sources::{self, Source};
use super::wish::{Checked, Wish};
use super::work::values;
use super::{keep, rights};
use crate::db::Connection;
use crate::error::{Error, Result};
use crate::language::Message;
use crate::models::actor::{Actor, Role};
use crate::models::ids::ScenarioId;
use crate::models::runs::Run;
use crate::models::servers::Server;

/// What one that has no name yet is called in its messages.
const UNNAMED: &str = "New scenario";
/// Where a message of a run leads that there never was.
const LINK: &str = "https://hannun.example/runs/0";

/// A scenario as it stands in the builder, or in what a program sends.
#[derive(Debug, Clone)]
pub struct Unsaved {
    /// All of it.
    pub wish: Wish,
    /// The scenario that it may be written over one day; none: it is new.
    pub kept: Option<ScenarioId>,
}

/// One that was found right.
pub(super) struct Prepared {
    pub(super) source: &'static Source,
    pub(super) settings: Value,
    pub(super) destinations: Vec<Destination>,
    /// With the rights that it reads with.
    pub(super) actor: Actor,
    /// Those that are meant, by name.
    pub(super) servers: Vec<Server>,
    /// What its last runs read, the newest first: as many as its conditions look at.
    pub(super) before: Vec<Vec<Reading>>,
    name: String,
    zone: Tz,
}

/// Who would be told, of what, and when.
pub(super) struct Destination {
    pub(super) kind: &'static Kind,
    pub(super) condition: Condition,
    settings: Value,
}

impl Unsaved {
    /// Finds out whether it could be saved by whoever `asks`, but for its name and its times; everything wrong is told at its field. It
    /// reads with the rights that it would run with, and never with more than those of whoever asks.
    pub(super) fn prepare(self, connection: &mut Connection, asks: &Actor, now: DateTime<Utc>) -> Result<Prepared> {
        if !asks.may(Role::Operator) {
            return Err(Error::Forbidden(Message::new("Trying a scenario needs the role operator")));
        }
        let actor = lent(connection, asks, self.kept)?;
        let zone = self.wish.schedule.time_zone;
        let when = When::Cron { expression: "@hourly".to_owned() };
        let schedule = Schedule { when, time_zone: zone, jitter_seconds: 0 };
        let name = if self.wish.name.trim().is_empty() { UNNAMED.to_owned() } else { self.wish.name.clone() };
        let wish = Wish { name, schedule, ..self.wish };
        let Checked { wish, .. } = keep::checked(connection, &actor, wish, (None, now))?;
        let servers = keep::meant(connection, actor.scope(), &wish.servers)?.map_err(Error::Conflict)?;
        let unknown = || Error::Conflict(Message::new("This version of hannun does not know all of its parts"));
        let source = sources::of(&wish.source.kind).ok_or_else(unknown)?;
        let destinations = wish.destinations.into_iter().map(|one| {
            let kind = destinations::of(&one.kind).ok_or_else(unknown)?;
            Ok(Destination { kind, condition: one.condition, settings: one.settings })
        });
        let destinations = destinations.collect::<Result<Vec<_>>>()?;
        let looks_back = destinations.iter().map(|one| one.condition.looks_back()).max().unwrap_or_default();
        let before = match self.kept {
            Some(id) if looks_back > 0 => Run::that_read(connection, id, looks_back.into())?,
            _ => Vec::new(),
        };
        let before = before.iter().map(|run| stored(&run.readings)).collect();
        let (name, settings) = (wish.name, wish.source.settings);
        Ok(Prepared { source, settings, destinations, actor, servers, before, name, zone })
    }
}

/// Whoever asks, with no more rights than the scenario has that this may be written over.
fn lent(connection: &mut Connection, asks: &Actor, kept: Option<ScenarioId>) -> Result<Actor> {
    let mut actor = asks.clone();
    if let Some(id) = kept {
        let scenario = keep::find_to_change(connection, asks, id)?;
        let owner = rights::owner(connection, scenario.owner_id)?.map_err(|nowhere| Error::Conflict(nowhere.why))?;
        actor.rights = actor.rights.within(owner.rights);
    }
    Ok(actor)
}

impl Prepared {
    /// What a destination would be told of these readings.
    pub(super) fn message(
        &self,
        destination: &Destination,
        about: &[&Reading],
        at: DateTime<Utc>,
    ) -> std::result::Result<Value, Message> {
        let run = json!({ "id": 0, "scheduled_for": at, "is_late": false });
        let of = |reading: &&Reading| {
            let server = self.servers.iter().find(|server| server.name == reading.server);
            values(&self.name, reading, server, (run.clone(), LINK))
        };
        let about: Vec<Map<String, Value>> = about.iter().map(of).collect();
        (destination.kind.make)(Told { settings: &destination.settings, about: &about, zone: self.zone })
    }

    /// The first few of the servers, and how many are left out.
    pub(super) fn first_servers(&self, most: usize) -> (Vec<Server>, usize) {
        (self.servers.iter().take(most).cloned().collect(), self.servers.len().saturating_sub(most))
    }
}
