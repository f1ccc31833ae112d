//! `/scenarios/trials` and `/scenarios/back-tests`: what a scenario would do, before anything goes by it. Nothing is kept, and nobody is
//! told.

use actix_web::web::{Data, Json};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use crate::api::input::Body;
use crate::app::App;
use crate::error::{Error, Result};
use crate::language::Message;
use crate::models::ids::ScenarioId;
use crate::scenarios::back_test::{BackTest, DAYS, Firing, Told};
use crate::scenarios::reading::Reading;
use crate::scenarios::trial::{Trial, Would};
use crate::scenarios::{Unsaved, Wish};
use crate::web::extract::Asking;

/// A scenario that somebody thinks of.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = ScenarioToTry)]
pub struct ScenarioToTry {
    /// All of it, as it is added.
    #[schema(value_type = serde_json::Value)]
    scenario: Wish,
    /// The number of the scenario that it may be written over: conditions then look at what that has read, and it reads with no more
    /// rights than its owner has.
    kept: Option<i64>,
}

/// What would be sent now.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ScenarioTrial)]
pub struct ScenarioTrialView {
    /// When it was read.
    at: DateTime<Utc>,
    /// How long reading took, milliseconds.
    took_ms: u64,
    /// What was read of each server: `server`, `at`, `values`, or `failed` with the reason. The servers' own text.
    #[schema(value_type = Vec<serde_json::Value>)]
    readings: Vec<ReadingView>,
    /// Servers that a run would read besides these: at most 16 are read.
    servers_left_out: usize,
    /// The destinations, in their order.
    destinations: Vec<WouldView>,
}

/// What was read of one server.
#[derive(Debug, Serialize)]
struct ReadingView {
    server: String,
    at: DateTime<Utc>,
    values: Value,
    failed: Option<String>,
}

/// What one destination would be told.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = WouldBeTold)]
pub struct WouldView {
    /// Which destination, from 0.
    position: usize,
    /// `slack`
    kind: &'static str,
    /// Of which servers; empty where its condition does not hold.
    servers: Vec<String>,
    /// What would be sent; null where nothing would be.
    message: Option<Value>,
    /// Why there would be no message, although it would be told.
    why: Option<String>,
}

/// What a scenario would have done.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ScenarioBackTest)]
pub struct BackTestView {
    /// How many days it looks back.
    days: i64,
    /// The first time that was looked at.
    from: Option<DateTime<Utc>>,
    /// The last one.
    to: Option<DateTime<Utc>>,
    /// How many times were looked at: 5,000 at most.
    times: usize,
    /// There were more.
    is_cut: bool,
    /// Times at which nothing had been measured of any of the servers.
    unread: usize,
    /// Whose numbers were looked at.
    servers: Vec<String>,
    /// Servers that a run would read besides these: at most 8 are looked at.
    servers_left_out: usize,
    /// Seconds that one stored number stands for, at most.
    resolution_seconds: u32,
    /// How often somebody would have been told.
    fired: usize,
    /// How often each destination would have been told, in their order.
    told: Vec<usize>,
    /// The newest 20 times at which somebody would have been told, the newest first.
    firings: Vec<FiringView>,
}

/// A time at which somebody would have been told.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = WouldHaveFired)]
pub struct FiringView {
    /// When.
    at: DateTime<Utc>,
    /// Who.
    destinations: Vec<WouldView>,
}

/// Reads now what a scenario would read, of 16 servers at most and within a minute, and tells what would be sent. Role: operator.
///
/// Nothing is sent or kept. What would do something on servers is not tried: 409.
#[utoipa::path(
    operation_id = "try_scenario",
    post, path = "/api/v1/scenarios/trials", tag = "scenarios",
    request_body = ScenarioToTry,
    responses((status = 200, body = ScenarioTrialView)),
)]
pub async fn create(app: Data<App>, asking: Asking, body: Body<ScenarioToTry>) -> Result<Json<ScenarioTrialView>> {
    let trial = Box::pin(app.scenarios().try_out(&asking.0, unsaved(body.0))).await?;
    Ok(Json(ScenarioTrialView::from(trial)))
}

/// How often a scenario would have told somebody over the last 14 days, from numbers that are kept. Role: operator.
///
/// A schedule that comes once, and a source whose numbers are not kept, answer 409 with the reason.
#[utoipa::path(
    operation_id = "back_test_scenario",
    post, path = "/api/v1/scenarios/back-tests", tag = "scenarios",
    request_body = ScenarioToTry,
    responses((status = 200, body = BackTestView)),
)]
pub async fn look_back(app: Data<App>, asking: Asking, body: Body<ScenarioToTry>) -> Result<Json<BackTestView>> {
    let found = app.scenarios().look_back(&asking.0, unsaved(body.0)).await?.map_err(Error::Conflict)?;
    Ok(Json(BackTestView::from(found)))
}

fn unsaved(given: ScenarioToTry) -> Unsaved {
    Unsaved { wish: given.scenario, kept: given.kept.map(ScenarioId) }
}

impl From<Trial> for ScenarioTrialView {
    fn from(trial: Trial) -> Self {
        Self {
            at: trial.at,
            took_ms: u64::try_from(trial.took.as_millis()).unwrap_or(u64::MAX),
            readings: trial.readings.into_iter().map(ReadingView::from).collect(),
            servers_left_out: trial.left_out,
            destinations: trial.destinations.into_iter().enumerate().map(would).collect(),
        }
    }
}

impl From<Reading> for ReadingView {
    fn from(reading: Reading) -> Self {
        let failed = reading.failed.map(|why| why.to_string());
        Self { server: reading.server, at: reading.at, values: Value::Object(reading.values), failed }
    }
}

impl From<BackTest> for BackTestView {
    fn from(found: BackTest) -> Self {
        let firing =
            |Firing { at, told }: Firing| FiringView { at, destinations: told.into_iter().map(would_have).collect() };
        Self {
            days: DAYS,
            from: found.from,
            to: found.to,
            times: found.times,
            is_cut: found.is_cut,
            unread: found.unread,
            servers: found.servers,
            servers_left_out: found.left_out,
            resolution_seconds: found.resolution_seconds,
            fired: found.fired,
            told: found.destinations.into_iter().map(|(_, told)| told).collect(),
            firings: found.firings.into_iter().map(firing).collect(),
        }
    }
}

fn would((position, would): (usize, Would)) -> WouldView {
    let (message, why) = apart(would.message);
    WouldView { position, kind: would.kind.kind, servers: would.servers, message, why }
}

fn would_have(told: Told) -> WouldView {
    let (message, why) = apart(Some(told.message));
    WouldView { position: told.place, kind: told.kind.kind, servers: told.servers, message, why }
}

fn apart(message: Option<std::result::Result<Value, Message>>) -> (Option<Value>, Option<String>) {
    match message {
        None => (None, None),
        Some(Ok(message)) => (Some(message), None),
        Some(Err(why)) => (None, Some(why.to_string())),
    }
}
