//! `/scheduler`: what runs, what comes within a day, and the switch for all of it.

use std::time::Duration;

use actix_web::HttpResponse;
use actix_web::http::header;
use actix_web::web::{Data, Json, Path};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::input::Body;
use crate::app::App;
use crate::error::Result;
use crate::models::ids::{PauseId, RunId, ScenarioId};
use crate::models::pauses::Pause;
use crate::models::runs::RunState;
use crate::scenarios::outlook::{Coming, OpenRun, Outlook};
use crate::scenarios::pause;
use crate::web::extract::{Asking, Reauthenticated};

/// Times of one scenario that are told.
const TOLD: usize = 24;

/// What runs and what comes, of scenarios that the token may know of.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Scheduler)]
pub struct SchedulerView {
    /// The pause that stands: no scenario runs by its schedule. None where they do.
    pause: Option<PauseView>,
    /// Runs that have not ended, the oldest first; 100 at most.
    running: Vec<OpenRunView>,
    /// There are more of them.
    is_running_cut: bool,
    /// Scenarios that come within 24 hours, the next one first; 100 at most.
    coming: Vec<ComingView>,
    /// How many come in all.
    coming_count: i64,
}

/// A pause of all scenarios.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Pause)]
pub struct PauseView {
    /// Its number.
    #[schema(value_type = i64)]
    id: PauseId,
    /// Who began it.
    started_by: String,
    /// When it began.
    started_at: DateTime<Utc>,
    /// Why.
    why: String,
    /// Who ended it.
    ended_by: Option<String>,
    /// When it ended.
    ended_at: Option<DateTime<Utc>>,
}

/// A run that has not ended.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = OpenRun)]
pub struct OpenRunView {
    /// Its number.
    #[schema(value_type = i64)]
    run: RunId,
    /// Of which scenario.
    #[schema(value_type = i64)]
    scenario: ScenarioId,
    /// The name of that.
    name: String,
    /// `waiting`, `queued`, `running` or `delivering`.
    #[schema(value_type = String)]
    state: RunState,
    /// When it was queued.
    queued_at: DateTime<Utc>,
    /// When a worker took it.
    started_at: Option<DateTime<Utc>>,
    /// How long one of its scenario usually takes: the middle one of the last twenty, milliseconds.
    usual_ms: Option<u64>,
}

/// A scenario that comes within 24 hours.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ComingScenario)]
pub struct ComingView {
    /// Its number.
    #[schema(value_type = i64)]
    scenario: ScenarioId,
    /// Its name.
    name: String,
    /// Its schedule in English: `every weekday at 08:50`.
    sentence: String,
    /// By which clock.
    time_zone: String,
    /// It is due since then and was not run: the scheduler is paused, or late.
    due_since: Option<DateTime<Utc>>,
    /// The next times, 24 at most.
    next: Vec<DateTime<Utc>>,
    /// How many times it comes; 288 stands for that many or more.
    count: usize,
}

/// Why all scenarios are paused.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PauseToBegin {
    /// One line, 200 characters at most; everybody who sees the scheduler reads it.
    #[schema(example = "moving the mail server until noon")]
    why: String,
}

/// What runs now and what comes within 24 hours. Role: viewer.
#[utoipa::path(
    operation_id = "get_scheduler",
    get, path = "/api/v1/scheduler", tag = "scenarios",
    responses((status = 200, body = SchedulerView)),
)]
pub async fn show(app: Data<App>, asking: Asking) -> Result<Json<SchedulerView>> {
    let (actor, now) = (asking.0.clone(), app.clock.now());
    let outlook = app.db.run(move |connection| Outlook::of(connection, &actor, now)).await?;
    Ok(Json(SchedulerView {
        pause: outlook.pause.map(PauseView::from),
        running: outlook.open.iter().map(OpenRunView::new).collect(),
        is_running_cut: outlook.is_open_cut,
        coming: outlook.coming.into_iter().map(ComingView::from).collect(),
        coming_count: outlook.coming_count,
    }))
}

/// Pauses all scenarios, of everybody: none runs by its schedule until this is ended. What was begun goes on, and a run can still be started by
/// hand. Role: administrator of all servers.
#[utoipa::path(
    operation_id = "begin_pause",
    post, path = "/api/v1/scheduler/pauses", tag = "scenarios",
    request_body = PauseToBegin,
    responses((status = 201, body = PauseView)),
)]
pub async fn pause(
    app: Data<App>,
    asking: Asking,
    _: Reauthenticated,
    body: Body<PauseToBegin>,
) -> Result<HttpResponse> {
    let (actor, now) = (asking.0.clone(), app.clock.now());
    let pause = app.db.transaction(move |connection| pause::pause(connection, &actor, &body.0.why, now)).await?;
    let place = (header::LOCATION, format!("/api/v1/scheduler/pauses/{}", pause.id));
    Ok(HttpResponse::Created().insert_header(place).json(PauseView::from(pause)))
}

/// Ends a pause: scenarios run by their schedules again. What was due meanwhile is treated as each scenario says in `missed`. Role:
/// administrator of all servers.
#[utoipa::path(
    operation_id = "end_pause",
    delete, path = "/api/v1/scheduler/pauses/{pause}", tag = "scenarios",
    params(("pause" = i64, Path, description = "Its number")),
    responses((status = 200, body = PauseView)),
)]
pub async fn start(app: Data<App>, asking: Asking, _: Reauthenticated, id: Path<i64>) -> Result<Json<PauseView>> {
    let (actor, now) = (asking.0.clone(), app.clock.now());
    let ended = app.db.transaction(move |connection| pause::start(connection, &actor, PauseId(*id), now)).await?;
    Ok(Json(ended.into()))
}

impl From<Pause> for PauseView {
    fn from(pause: Pause) -> Self {
        let Pause { id, started_by, started_at, why, ended_by, ended_at } = pause;
        Self { id, started_by, started_at, why, ended_by, ended_at }
    }
}

impl OpenRunView {
    fn new(open: &OpenRun) -> Self {
        let milliseconds = |took: Duration| u64::try_from(took.as_millis()).unwrap_or(u64::MAX);
        Self {
            run: open.run.id,
            scenario: open.run.scenario_id,
            name: open.scenario.clone(),
            state: open.run.state,
            queued_at: open.run.queued_at,
            started_at: open.run.started_at,
            usual_ms: open.usual.map(milliseconds),
        }
    }
}

impl From<Coming> for ComingView {
    fn from(coming: Coming) -> Self {
        Self {
            scenario: coming.id,
            name: coming.name,
            sentence: coming.schedule.sentence().to_string(),
            time_zone: coming.schedule.time_zone.name().to_owned(),
            due_since: coming.due,
            count: coming.slots.len(),
            next: coming.slots.into_iter().take(TOLD).collect(),
        }
    }
}
