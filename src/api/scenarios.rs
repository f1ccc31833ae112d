//! `/scenarios`: what is read when, and who is told.

pub mod trials;

use std::collections::BTreeMap;

use actix_web::http::header;
use actix_web::web::{Data, Json, Path};
use actix_web::{HttpRequest, HttpResponse};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::input::{Body, Parameters};
use super::paging::{Key, ListQuery, Page, Shape};
use super::preconditions;
use super::runs::RunView;
use crate::app::App;
use crate::db::Connection;
use crate::error::{Error, Result};
use crate::language::Message;
use crate::models::channels::Channel;
use crate::models::ids::{ScenarioId, UserId};
use crate::models::runs::Run;
use crate::models::scenarios::{Destination, Scenario};
use crate::models::users::User;
use crate::scenarios::wish::of_kept;
use crate::scenarios::{Wish, keep};
use crate::web::extract::{Asking, Reauthenticated};

/// Runs of one scenario that are listed.
const MOST_RUNS: i64 = 5_000;
/// Of which version a change is.
const IF_MATCH: &str = "Send If-Match with the version of the scenario that you change: it is in its etag";

/// A scenario.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Scenario)]
pub struct ScenarioView {
    /// Its number.
    #[schema(value_type = i64)]
    id: ScenarioId,
    /// Whose rights it has.
    owner: String,
    /// Name, schedule, source, servers, destinations, and what becomes of slots that are missed or overlap.
    #[serde(flatten)]
    #[schema(value_type = serde_json::Value)]
    wish: Wish,
    /// The slot that comes next.
    next_slot: Option<DateTime<Utc>>,
    /// Grows with each change.
    version: i64,
    /// When it was added.
    created_at: DateTime<Utc>,
    /// When it was last changed.
    updated_at: DateTime<Utc>,
}

const LIST: Shape<ScenarioView> = Shape {
    sorts: &[
        ("name", |scenario| Key::text(&scenario.wish.name)),
        ("next_slot", |scenario| Key::time(scenario.next_slot)),
        ("updated_at", |scenario| Key::time(Some(scenario.updated_at))),
    ],
    default_sort: "name",
    identity: |scenario| scenario.id.to_string(),
    texts: |scenario| vec![&scenario.wish.name, &scenario.wish.source.kind, &scenario.owner],
};

/// Scenarios that the token may know of. Role: viewer.
#[utoipa::path(
    operation_id = "list_scenarios",
    get, path = "/api/v1/scenarios", tag = "scenarios",
    params(ListQuery),
    responses((status = 200, body = Page<ScenarioView>)),
)]
pub async fn index(app: Data<App>, asking: Asking, query: Parameters<ListQuery>) -> Result<Json<Page<ScenarioView>>> {
    let actor = asking.0.clone();
    let found = app.db.run(move |connection| {
        let scenarios = keep::visible(connection, &actor)?;
        views(connection, scenarios)
    });
    LIST.page(found.await?, &query.0).map(Json)
}

/// One scenario. Role: viewer.
#[utoipa::path(
    operation_id = "get_scenario",
    get, path = "/api/v1/scenarios/{scenario}", tag = "scenarios",
    params(("scenario" = i64, Path, description = "Its number")),
    responses((status = 200, body = ScenarioView)),
)]
pub async fn show(app: Data<App>, asking: Asking, id: Path<i64>) -> Result<HttpResponse> {
    let actor = asking.0.clone();
    let found = app.db.run(move |connection| {
        let scenario = keep::find(connection, &actor, ScenarioId(*id))?;
        view(connection, scenario)
    });
    Ok(answer(HttpResponse::Ok(), &found.await?))
}

/// Adds a scenario, which runs with the rights of the token's person. Role: operator.
#[utoipa::path(
    operation_id = "add_scenario",
    post, path = "/api/v1/scenarios", tag = "scenarios",
    request_body = serde_json::Value,
    responses((status = 201, body = ScenarioView)),
)]
pub async fn create(app: Data<App>, asking: Asking, _: Reauthenticated, body: Body<Wish>) -> Result<HttpResponse> {
    let (actor, now) = (asking.0.clone(), app.clock.now());
    let added = app.db.transaction(move |connection| {
        let scenario = keep::add(connection, &actor, body.0, now)?;
        view(connection, scenario)
    });
    let added = added.await?;
    let mut created = HttpResponse::Created();
    created.insert_header((header::LOCATION, format!("/api/v1/scenarios/{}", added.id)));
    Ok(answer(created, &added))
}

/// Writes all of a scenario over the version in `If-Match`. Role: operator.
#[utoipa::path(
    operation_id = "replace_scenario",
    put, path = "/api/v1/scenarios/{scenario}", tag = "scenarios",
    params(
        ("scenario" = i64, Path, description = "Its number"),
        ("If-Match" = String, Header, description = "The etag that was seen"),
    ),
    request_body = serde_json::Value,
    responses((status = 200, body = ScenarioView)),
)]
pub async fn replace(
    app: Data<App>,
    asking: Asking,
    _: Reauthenticated,
    id: Path<i64>,
    request: HttpRequest,
    body: Body<Wish>,
) -> Result<HttpResponse> {
    let seen = preconditions::etag(&request, IF_MATCH)?.parse();
    let seen = seen.map_err(|_no_version| Error::BadRequest(Message::new(IF_MATCH)))?;
    let (actor, now) = (asking.0.clone(), app.clock.now());
    let saved = app.db.transaction(move |connection| {
        let scenario = keep::save(connection, &actor, (ScenarioId(*id), seen), body.0, now)?;
        view(connection, scenario)
    });
    Ok(answer(HttpResponse::Ok(), &saved.await?))
}

/// What may change of a scenario by itself.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ScenarioToSwitch {
    /// Whether it runs by its schedule.
    enabled: bool,
}

/// Lets a scenario run by its schedule, or not. Role: operator.
#[utoipa::path(
    operation_id = "switch_scenario",
    patch, path = "/api/v1/scenarios/{scenario}", tag = "scenarios",
    params(("scenario" = i64, Path, description = "Its number")),
    request_body = ScenarioToSwitch,
    responses((status = 200, body = ScenarioView)),
)]
pub async fn update(
    app: Data<App>,
    asking: Asking,
    _: Reauthenticated,
    id: Path<i64>,
    body: Body<ScenarioToSwitch>,
) -> Result<HttpResponse> {
    let (actor, now) = (asking.0.clone(), app.clock.now());
    let switched = app.db.transaction(move |connection| {
        let scenario = keep::enable(connection, &actor, ScenarioId(*id), body.0.enabled, now)?;
        view(connection, scenario)
    });
    Ok(answer(HttpResponse::Ok(), &switched.await?))
}

/// Removes a scenario with its history. Role: operator.
#[utoipa::path(
    operation_id = "delete_scenario",
    delete, path = "/api/v1/scenarios/{scenario}", tag = "scenarios",
    params(("scenario" = i64, Path, description = "Its number")),
    responses((status = 204)),
)]
pub async fn destroy(app: Data<App>, asking: Asking, _: Reauthenticated, id: Path<i64>) -> Result<HttpResponse> {
    let (actor, now) = (asking.0.clone(), app.clock.now());
    app.db.transaction(move |connection| keep::delete(connection, &actor, ScenarioId(*id), now)).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// Runs a scenario now, whatever its schedule says. Role: operator.
#[utoipa::path(
    operation_id = "run_scenario",
    post, path = "/api/v1/scenarios/{scenario}/runs", tag = "scenarios",
    params(("scenario" = i64, Path, description = "Its number")),
    responses((status = 202, body = RunView)),
)]
pub async fn run(app: Data<App>, asking: Asking, _: Reauthenticated, id: Path<i64>) -> Result<HttpResponse> {
    let (actor, now) = (asking.0.clone(), app.clock.now());
    let run = app.db.transaction(move |connection| keep::run(connection, &actor, ScenarioId(*id), now)).await?;
    let place = (header::LOCATION, format!("/api/v1/runs/{}", run.id));
    Ok(HttpResponse::Accepted().insert_header(place).json(RunView::new(&run)))
}

/// Runs of a scenario, the newest first, at most 5,000. Role: viewer.
#[utoipa::path(
    operation_id = "list_runs",
    get, path = "/api/v1/scenarios/{scenario}/runs", tag = "scenarios",
    params(("scenario" = i64, Path, description = "Its number"), ListQuery),
    responses((status = 200, body = Page<RunView>)),
)]
pub async fn runs(
    app: Data<App>,
    asking: Asking,
    id: Path<i64>,
    query: Parameters<ListQuery>,
) -> Result<Json<Page<RunView>>> {
    let actor = asking.0.clone();
    let found = app.db.run(move |connection| {
        let scenario = keep::find(connection, &actor, ScenarioId(*id))?;
        Ok::<_, Error>(Run::of_scenario(connection, scenario.id, MOST_RUNS)?)
    });
    let runs = found.await?.iter().map(RunView::new).collect();
    super::runs::LIST.page(runs, &query.0).map(Json)
}

fn answer(mut response: actix_web::HttpResponseBuilder, scenario: &ScenarioView) -> HttpResponse {
    response.insert_header((header::ETAG, preconditions::quoted(scenario.version))).json(scenario)
}

fn view(connection: &mut Connection, scenario: Scenario) -> Result<ScenarioView> {
    views(connection, vec![scenario])?.pop().ok_or(Error::NotFound("This scenario"))
}

fn views(connection: &mut Connection, scenarios: Vec<Scenario>) -> Result<Vec<ScenarioView>> {
    let ids: Vec<ScenarioId> = scenarios.iter().map(|scenario| scenario.id).collect();
    let destinations = Destination::of_all(connection, &ids)?;
    let channels = Channel::all(connection)?;
    let owners: BTreeMap<UserId, String> =
        User::all(connection)?.into_iter().map(|user| (user.id, user.name)).collect();
    let none = Vec::new();
    scenarios
        .into_iter()
        .map(|scenario| {
            let wish = of_kept(&scenario, destinations.get(&scenario.id).unwrap_or(&none), &channels)?;
            let owner = owners.get(&scenario.owner_id).cloned().unwrap_or_default();
            let Scenario { id, next_slot, version, created_at, updated_at, .. } = scenario;
            Ok(ScenarioView { id, owner, wish, next_slot, version, created_at, updated_at })
        })
        .collect()
}
