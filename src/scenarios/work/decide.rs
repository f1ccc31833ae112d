//! Who is to be told of what was read: one row for each destination, with the message as it will be sent (O06).

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Map, Value, json};

use super::Scenarios;
use super::load::Loaded;
use crate::error::{Error, Result};
use crate::language::Message;
use crate::models::deliveries::{DeliveryState, NewDelivery};
use crate::models::runs::Run;
use crate::models::scenarios::Destination;
use crate::models::servers::Server;
use crate::models::source_marks::NewMark;
use crate::remote::new_token;
use crate::scenarios::condition::Condition;
use crate::scenarios::destinations::{self, Told};
use crate::scenarios::reading::{Reading, stored};
use crate::scenarios::schedule::Schedule;

/// How long a delivery is tried (O06).
const GIVE_UP: TimeDelta = TimeDelta::hours(1);

impl Scenarios {
    /// Writes what was read and who is to be told, together: whoever goes on after a crash does not decide again.
    /// Marks of sources move with it: what was not written is read again.
    pub(super) async fn decide(&self, loaded: &Loaded, readings: &[Reading], marks: Vec<NewMark>) -> Result<()> {
        let (run, now) = (loaded.run.clone(), self.clock.now());
        let conditions: Vec<Condition> = loaded.destinations.iter().map(condition_of).collect();
        let looks_back = conditions.iter().map(Condition::looks_back).max().unwrap_or_default();
        let before = if looks_back == 0 {
            Vec::new()
        } else {
            let run = run.clone();
            let before = self.db.run(move |connection| run.before(connection, looks_back.into())).await?;
            before.iter().map(|run| stored(&run.readings)).collect()
        };
        let link = format!("{}/runs/{}", self.config.origin(), run.id);
        let mut new = Vec::with_capacity(conditions.len());
        for (destination, condition) in loaded.destinations.iter().zip(&conditions) {
            let about = wanted(readings, &before, condition);
            new.push(delivery(loaded, destination, &about, &link, now)?);
        }
        let readings = serde_json::to_value(readings).map_err(Error::internal)?;
        self.db
            .transaction(move |connection| {
                if !run.reads(connection, &readings)? {
                    return Err(stale(&run));
                }
                for mark in &marks {
                    if !mark.moves(connection, (run.scenario_id, run.id), now)? {
                        return Err(overtaken(&run));
                    }
                }
                NewDelivery::insert_all(connection, &new)?;
                Ok(())
            })
            .await
    }
}

/// A condition that this version does not know is one that never holds; saving checks it.
fn condition_of(destination: &Destination) -> Condition {
    serde_json::from_value(destination.condition.clone()).unwrap_or(Condition::Failed { for_runs: u32::MAX })
}

/// The readings for which a condition holds.
pub(in crate::scenarios) fn wanted<'a>(
    readings: &'a [Reading],
    before: &[Vec<Reading>],
    condition: &Condition,
) -> Vec<&'a Reading> {
    let of_server = |server: &str| -> Vec<&Reading> {
        before.iter().filter_map(|run| run.iter().find(|reading| reading.server == server)).collect()
    };
    readings.iter().filter(|reading| condition.holds(reading, &of_server(&reading.server))).collect()
}

fn delivery(
    loaded: &Loaded,
    destination: &Destination,
    about: &[&Reading],
    link: &str,
    now: DateTime<Utc>,
) -> Result<NewDelivery> {
    let made = if about.is_empty() { None } else { Some(message(loaded, destination, about, link)) };
    let (state, message, why) = match made {
        None => (DeliveryState::NotWanted, Value::Null, None),
        Some(Ok(message)) => (DeliveryState::Pending, message, None),
        Some(Err(why)) => (DeliveryState::Failed, Value::Null, Some(why)),
    };
    let waits = state == DeliveryState::Pending;
    Ok(NewDelivery {
        key: new_token()?,
        run_id: loaded.run.id,
        destination_id: Some(destination.id),
        position: destination.position,
        kind: destination.kind.clone(),
        channel_id: destination.channel_id,
        settings: destination.settings.clone(),
        at_most_once: destination.at_most_once,
        message,
        state,
        next_try_at: waits.then_some(now),
        give_up_at: now + GIVE_UP,
        why: why.map(serde_json::to_value).transpose().map_err(Error::internal)?,
        ended_at: (!waits).then_some(now),
    })
}

fn message(
    loaded: &Loaded,
    destination: &Destination,
    about: &[&Reading],
    link: &str,
) -> std::result::Result<Value, Message> {
    let Some(kind) = destinations::of(&destination.kind) else {
        return Err(
            Message::new("This version of hannun does not know the destination {kind}").with("kind", &destination.kind)
        );
    };
    let zone = serde_json::from_value::<Schedule>(loaded.scenario.schedule.clone())
        .map_or(chrono_tz::Tz::UTC, |schedule| schedule.time_zone);
    let servers: BTreeMap<&str, &Server> = match &loaded.place {
        Ok((_, servers)) => servers.iter().map(|server| (server.name.as_str(), server)).collect(),
        Err(_) => BTreeMap::new(),
    };
    let run = &loaded.run;
    let run = json!({ "id": run.id, "scheduled_for": run.scheduled_for, "is_late": run.is_late });
    let about: Vec<Map<String, Value>> = about
        .iter()
        .map(|reading| {
            values(&loaded.scenario.name, reading, servers.get(reading.server.as_str()).copied(), (run.clone(), link))
        })
        .collect();
    (kind.make)(Told { settings: &destination.settings, about: &about, zone })
}

/// All that a message may show of one reading.
pub(in crate::scenarios) fn values(
    scenario: &str,
    reading: &Reading,
    server: Option<&Server>,
    (run, link): (Value, &str),
) -> Map<String, Value> {
    let mut values = reading.values.clone();
    let labels = server.map(|server| server.labels.0.clone()).unwrap_or_default();
    let address = server.map(|server| server.address.as_str()).unwrap_or_default();
    values.insert("server".to_owned(), json!({ "name": reading.server, "address": address, "labels": labels }));
    values.insert("time".to_owned(), json!(reading.at));
    values.insert("scenario".to_owned(), json!({ "name": scenario }));
    values.insert("run".to_owned(), run);
    values.insert("link".to_owned(), json!(link));
    values.insert("failed".to_owned(), json!(reading.failed.as_ref().map(ToString::to_string)));
    values
}

/// The same of an example, of a run that there never was.
pub(in crate::scenarios) fn values_of_example(scenario: &str, reading: &Reading) -> Map<String, Value> {
    let run = json!({ "id": 0, "scheduled_for": reading.at, "is_late": false });
    values(scenario, reading, None, (run, "https://hannun.example/runs/0"))
}

/// Another run of the scenario has read the same meanwhile: this one reads again, from there.
fn overtaken(run: &Run) -> Error {
    Error::Conflict(Message::new("the run {id} was overtaken by another one, and is taken up again").with("id", run.id))
}

fn stale(run: &Run) -> Error {
    Error::Conflict(Message::new("stale: another process has the run {id} now").with("id", run.id))
}
