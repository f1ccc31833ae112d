//! `/checks`: scripts of administrators' own, and what they found on each server.

mod wishes;

use std::collections::BTreeMap;

use actix_web::HttpResponse;
use actix_web::http::header;
use actix_web::web::{Data, Json, Path};
use chrono::{DateTime, Utc};
use serde::Serialize;
use utoipa::ToSchema;

use super::input::{Body, Parameters};
use super::paging::{Key, ListQuery, Page, Shape};
use super::recorded::recorded;
use crate::app::App;
use crate::checks::plan;
use crate::commands::Conditions;
use crate::commands::checks::Reading;
use crate::db::Connection;
use crate::error::{Error, Result};
use crate::models::actor::Scope;
use crate::models::audit::AuditEntry;
use crate::models::check_results::CheckResult;
use crate::models::checks::Check;
use crate::models::groups::Group;
use crate::models::servers::Server;
use crate::web::extract::{Asking, Reauthenticated};

use wishes::{CheckToAdd, CheckToChange};

/// A check.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Check)]
pub struct CheckView {
    /// Its name; its numbers are the metric `check.NAME`.
    #[schema(example = "queue-length")]
    pub name: String,
    /// `number`, `table` (the number of its rows counts) or `text`.
    #[schema(example = "number")]
    pub answer: String,
    /// The script, run by `/bin/sh`.
    pub script: String,
    /// `count`, `percent`, `bytes`, `bytes_per_second`, `per_second` or `milliseconds`.
    pub unit: String,
    /// What a count counts.
    pub unit_word: String,
    /// From here on its value deserves attention.
    pub warning: Option<f64>,
    /// From here on its value cannot wait.
    pub critical: Option<f64>,
    /// `above`: high values are bad; `below`: low ones.
    pub direction: String,
    /// Seconds between two runs.
    pub interval_seconds: i32,
    /// Seconds after which it is stopped.
    pub timeout_seconds: i32,
    /// The platforms that it is for; what is empty is not asked.
    #[schema(value_type = serde_json::Value)]
    pub on: Conditions,
    /// Only servers that have all of these labels.
    pub labels: BTreeMap<String, String>,
    /// It is for every server; else for those of `groups`.
    pub all_servers: bool,
    /// The groups whose servers it is for.
    pub groups: Vec<String>,
    /// Whether it runs.
    pub enabled: bool,
    /// What people wrote about it.
    pub note: String,
    /// When it was added.
    pub created_at: DateTime<Utc>,
    /// When it was last changed.
    pub updated_at: DateTime<Utc>,
}

/// What a check found on a server.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = CheckResult)]
pub struct CheckResultView {
    /// The check's name.
    pub check: String,
    /// `waiting` (it did not run yet), `good`, `warning`, `critical`, or `failed` (it could not be read).
    pub state: &'static str,
    /// Since when.
    pub since: DateTime<Utc>,
    /// The last value, in `unit`.
    pub value: Option<f64>,
    /// The unit of the value.
    pub unit: String,
    /// The last answer, where it has more than a number. The server's own text.
    #[schema(value_type = Option<serde_json::Value>, example = json!({"head": ["unit"], "rows": [["nginx"]], "text": "", "is_cut": false}))]
    pub reading: Option<Reading>,
    /// Why it failed. The server's own text.
    pub error: String,
    /// When it last ran.
    pub ran_at: Option<DateTime<Utc>>,
    /// How long that took, in milliseconds.
    pub took_ms: Option<i64>,
    /// When it is due again.
    pub due_at: DateTime<Utc>,
}

/// What audit events call rows of this kind.
const TABLE: &str = "checks";

const LIST: Shape<CheckView> = Shape {
    sorts: &[
        ("name", |check| Key::text(&check.name)),
        ("created_at", |check| Key::time(Some(check.created_at))),
        ("updated_at", |check| Key::time(Some(check.updated_at))),
    ],
    default_sort: "name",
    identity: |check| check.name.clone(),
    texts: |check| vec![&check.name, &check.note, &check.script],
};

const RESULTS: Shape<CheckResultView> = Shape {
    sorts: &[
        ("check", |result| Key::text(&result.check)),
        ("state", |result| Key::text(result.state)),
        ("since", |result| Key::time(Some(result.since))),
    ],
    default_sort: "check",
    identity: |result| result.check.clone(),
    texts: |result| vec![&result.check, &result.error],
};

/// Checks that the token may know of. Role: administrator.
#[utoipa::path(
    operation_id = "list_checks",
    get, path = "/api/v1/checks", tag = "checks",
    params(ListQuery),
    responses((status = 200, body = Page<CheckView>)),
)]
pub async fn index(app: Data<App>, asking: Asking, query: Parameters<ListQuery>) -> Result<Json<Page<CheckView>>> {
    let checks = app.db.run(move |connection| views(connection, asking.scope())).await?;
    LIST.page(checks, &query.0).map(Json)
}

/// One check. Role: administrator.
#[utoipa::path(
    operation_id = "get_check",
    get, path = "/api/v1/checks/{check}", tag = "checks",
    params(("check" = String, Path, description = "Its name")),
    responses((status = 200, body = CheckView)),
)]
pub async fn show(app: Data<App>, asking: Asking, name: Path<String>) -> Result<Json<CheckView>> {
    app.db.run(move |connection| one(connection, asking.scope(), &name)).await.map(Json)
}

/// Adds a check. Role: administrator of all servers.
#[utoipa::path(
    operation_id = "add_check",
    post, path = "/api/v1/checks", tag = "checks",
    request_body = CheckToAdd,
    responses((status = 201, body = CheckView)),
)]
pub async fn create(
    app: Data<App>,
    asking: Asking,
    _: Reauthenticated,
    body: Body<CheckToAdd>,
) -> Result<HttpResponse> {
    let (now, name) = (app.clock.now(), body.0.name.clone());
    let entry = AuditEntry::by(&asking, "create_check").target(&name).detail("script", &body.0.script);
    let view = recorded(&app, entry, TABLE, move |connection| {
        let check = body.0.add(connection)?;
        plan::refresh(connection, now)?;
        Ok((check.id.0, one(connection, &Scope::All, &check.name)?))
    })
    .await?;
    let place = (header::LOCATION, format!("/api/v1/checks/{name}"));
    Ok(HttpResponse::Created().insert_header(place).json(view))
}

/// Changes a check; its name stays. Role: administrator of all servers.
#[utoipa::path(
    operation_id = "change_check",
    patch, path = "/api/v1/checks/{check}", tag = "checks",
    params(("check" = String, Path, description = "Its name")),
    request_body = CheckToChange,
    responses((status = 200, body = CheckView)),
)]
pub async fn update(
    app: Data<App>,
    asking: Asking,
    _: Reauthenticated,
    name: Path<String>,
    body: Body<CheckToChange>,
) -> Result<Json<CheckView>> {
    let now = app.clock.now();
    let mut entry = AuditEntry::by(&asking, "change_check").target(&name);
    if let Some(script) = &body.0.script {
        entry = entry.detail("script", script);
    }
    let view = recorded(&app, entry, TABLE, move |connection| {
        let before = Check::by_name(connection, &name)?;
        let check = body.0.apply(connection, &before, now)?;
        plan::refresh(connection, now)?;
        Ok((check.id.0, one(connection, &Scope::All, &check.name)?))
    })
    .await?;
    Ok(Json(view))
}

/// Deletes a check with its last results; its numbers stay until they are too old. Role: administrator of all servers.
#[utoipa::path(
    operation_id = "delete_check",
    delete, path = "/api/v1/checks/{check}", tag = "checks",
    params(("check" = String, Path, description = "Its name")),
    responses((status = 204, description = "It is gone")),
)]
pub async fn destroy(app: Data<App>, asking: Asking, _: Reauthenticated, name: Path<String>) -> Result<HttpResponse> {
    let entry = AuditEntry::by(&asking, "delete_check").target(&name);
    recorded(&app, entry, TABLE, move |connection| {
        let check = Check::by_name(connection, &name)?;
        Ok((check.id.0, Check::delete(connection, check.id)?))
    })
    .await?;
    Ok(HttpResponse::NoContent().finish())
}

/// What the checks of a server last found there.
#[utoipa::path(
    operation_id = "list_check_results",
    get, path = "/api/v1/servers/{server}/checks", tag = "checks",
    params(("server" = String, Path, description = "Its name"), ListQuery),
    responses((status = 200, body = Page<CheckResultView>)),
)]
pub async fn results(
    app: Data<App>,
    asking: Asking,
    name: Path<String>,
    query: Parameters<ListQuery>,
) -> Result<Json<Page<CheckResultView>>> {
    let found = app
        .db
        .run(move |connection| {
            let server = Server::by_name(connection, asking.scope(), &name)?;
            Ok::<_, Error>(CheckResult::of_server(connection, server.id)?)
        })
        .await?;
    RESULTS.page(found.into_iter().map(CheckResultView::from).collect(), &query.0).map(Json)
}

impl From<(CheckResult, Check)> for CheckResultView {
    fn from((result, check): (CheckResult, Check)) -> Self {
        Self {
            reading: result.reading().filter(|reading| !reading.head.is_empty() || !reading.text.is_empty()),
            check: check.name,
            state: result.state.name(),
            since: result.since,
            value: result.value,
            unit: check.unit,
            error: result.error,
            ran_at: result.ran_at,
            took_ms: result.took_ms,
            due_at: result.due_at,
        }
    }
}

fn views(connection: &mut Connection, scope: &Scope) -> Result<Vec<CheckView>> {
    let mut ids = Check::groups_of_all(connection)?;
    let names: BTreeMap<_, _> = Group::all(connection)?.into_iter().map(|group| (group.id, group.name)).collect();
    let view = |check: Check| {
        let groups = ids.remove(&check.id).unwrap_or_default();
        let is_visible = check.is_visible_to(scope, &groups);
        let groups = groups.iter().filter_map(|id| names.get(id).cloned()).collect();
        is_visible.then(|| CheckView::new(check, groups))
    };
    Ok(Check::all(connection)?.into_iter().filter_map(view).collect())
}

fn one(connection: &mut Connection, scope: &Scope, name: &str) -> Result<CheckView> {
    views(connection, scope)?.into_iter().find(|check| check.name == name).ok_or(Error::NotFound("The check"))
}

impl CheckView {
    fn new(check: Check, groups: Vec<String>) -> Self {
        Self {
            on: check.on().unwrap_or_default(),
            name: check.name,
            answer: check.answer,
            script: check.script,
            unit: check.unit,
            unit_word: check.unit_word,
            warning: check.warning,
            critical: check.critical,
            direction: check.direction,
            interval_seconds: check.interval_seconds,
            timeout_seconds: check.timeout_seconds,
            labels: check.labels.0,
            all_servers: check.all_groups,
            groups,
            enabled: check.enabled,
            note: check.note,
            created_at: check.created_at,
            updated_at: check.updated_at,
        }
    }
}
