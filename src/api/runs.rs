//! `/runs`: firings of scenarios, what they read, and what became of each delivery.

use actix_web::HttpResponse;
use actix_web::web::{Data, Json, Path};
use chrono::{DateTime, Utc};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use super::paging::{Key, Shape};
use crate::app::App;
use crate::error::{Error, Result};
use crate::models::actor::{Role, Scope};
use crate::models::deliveries::{Delivery, DeliveryState};
use crate::models::ids::{RunId, ScenarioId};
use crate::models::runs::{Cause, Run, RunState};
use crate::scenarios::keep;
use crate::web::extract::{Asking, Reauthenticated};

/// A run of a scenario.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Run)]
pub struct RunView {
    /// Its number.
    #[schema(value_type = i64)]
    id: RunId,
    /// Of which scenario.
    #[schema(value_type = i64)]
    scenario: ScenarioId,
    /// The slot that it is for; none where a person started it.
    scheduled_for: Option<DateTime<Utc>>,
    /// `cron`, `date`, `interval` or `person`.
    #[schema(value_type = String)]
    cause: Cause,
    /// Who started it.
    started_by: Option<String>,
    /// `waiting`, `queued`, `running`, `delivering`, `succeeded`, `partly`, `failed`, `refused`, `stopped`, `skipped`, `missed` or
    /// `unknown`.
    #[schema(value_type = String)]
    state: RunState,
    /// It came later than its grace allows.
    is_late: bool,
    /// Older slots that nobody ran.
    #[schema(value_type = Vec<DateTime<Utc>>)]
    missed: Value,
    /// How often it was begun.
    tries: i32,
    /// When it was queued.
    queued_at: DateTime<Utc>,
    /// When a worker took it.
    started_at: Option<DateTime<Utc>>,
    /// When it ended.
    ended_at: Option<DateTime<Utc>>,
    /// How long it took, milliseconds.
    took_ms: Option<i64>,
    /// What was read of each server: `server`, `at`, `values`, or `failed` with the reason.
    readings: Value,
    /// Why it ended as it did.
    why: Option<String>,
}

impl RunView {
    pub(super) fn new(run: &Run) -> Self {
        Self {
            id: run.id,
            scenario: run.scenario_id,
            scheduled_for: run.scheduled_for,
            cause: run.cause,
            started_by: Some(run.started_by.clone()).filter(|name| !name.is_empty()),
            state: run.state,
            is_late: run.is_late,
            missed: run.missed.clone(),
            tries: run.tries,
            queued_at: run.queued_at,
            started_at: run.started_at,
            ended_at: run.ended_at,
            took_ms: run.took_ms,
            readings: run.readings.clone(),
            why: run.why().map(|why| why.to_string()),
        }
    }
}

pub(super) const LIST: Shape<RunView> = Shape {
    sorts: &[("queued_at", |run| Key::time(Some(run.queued_at)))],
    default_sort: "-queued_at",
    identity: |run| run.id.to_string(),
    texts: |_| Vec::new(),
};

/// A delivery: what one destination of a run was to be told.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Delivery)]
pub struct DeliveryView {
    /// The same in every try, in the header `Hannun-Delivery`.
    key: String,
    /// Which destination, from 0.
    position: i32,
    /// `slack`
    kind: String,
    /// `pending`, `sending`, `delivered`, `failed`, `not_wanted`, `stopped` or `unknown`.
    #[schema(value_type = String)]
    state: DeliveryState,
    /// How often it was tried.
    tries: i32,
    /// When it is tried again.
    next_try_at: Option<DateTime<Utc>>,
    /// A try before may have arrived without our knowing.
    may_repeat: bool,
    /// The status of the last answer.
    status: Option<i32>,
    /// The beginning of the last answer; for administrators of all servers only.
    said: Option<String>,
    /// Why it failed.
    why: Option<String>,
    /// How long the last try took, milliseconds.
    took_ms: Option<i64>,
    /// When it ended.
    ended_at: Option<DateTime<Utc>>,
}

/// One run. Role: viewer.
#[utoipa::path(
    operation_id = "get_run",
    get, path = "/api/v1/runs/{run}", tag = "scenarios",
    params(("run" = i64, Path, description = "Its number")),
    responses((status = 200, body = RunView)),
)]
pub async fn show(app: Data<App>, asking: Asking, id: Path<i64>) -> Result<Json<RunView>> {
    let actor = asking.0.clone();
    let run = app.db.run(move |connection| keep::find_run(connection, &actor, RunId(*id))).await?.0;
    Ok(Json(RunView::new(&run)))
}

/// What became of each delivery of a run, in the order of its destinations. Role: viewer.
#[utoipa::path(
    operation_id = "list_deliveries",
    get, path = "/api/v1/runs/{run}/deliveries", tag = "scenarios",
    params(("run" = i64, Path, description = "Its number")),
    responses((status = 200, body = Vec<DeliveryView>)),
)]
pub async fn deliveries(app: Data<App>, asking: Asking, id: Path<i64>) -> Result<Json<Vec<DeliveryView>>> {
    let actor = asking.0.clone();
    let sees_answers = actor.may(Role::Administrator) && *actor.scope() == Scope::All;
    let found = app.db.run(move |connection| {
        let (run, _) = keep::find_run(connection, &actor, RunId(*id))?;
        Ok::<_, Error>(Delivery::of_run(connection, run.id)?)
    });
    Ok(Json(found.await?.into_iter().map(|delivery| delivery_view(delivery, sees_answers)).collect()))
}

/// Stops a run: what has not gone out does not go out. Role: operator.
#[utoipa::path(
    operation_id = "stop_run",
    delete, path = "/api/v1/runs/{run}", tag = "scenarios",
    params(("run" = i64, Path, description = "Its number")),
    responses((status = 202, body = RunView)),
)]
pub async fn stop(app: Data<App>, asking: Asking, _: Reauthenticated, id: Path<i64>) -> Result<HttpResponse> {
    let (actor, now) = (asking.0.clone(), app.clock.now());
    let run = app.db.transaction(move |connection| keep::stop(connection, &actor, RunId(*id), now)).await?;
    Ok(HttpResponse::Accepted().json(RunView::new(&run)))
}

fn delivery_view(delivery: Delivery, sees_answers: bool) -> DeliveryView {
    let why = delivery.why().map(|why| why.to_string());
    DeliveryView {
        key: delivery.key,
        position: delivery.position,
        kind: delivery.kind,
        state: delivery.state,
        tries: delivery.tries,
        next_try_at: delivery.next_try_at,
        may_repeat: delivery.may_repeat,
        status: delivery.status,
        said: sees_answers.then_some(delivery.said),
        why,
        took_ms: delivery.took_ms,
        ended_at: delivery.ended_at,
    }
}
