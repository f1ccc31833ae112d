//! `/servers/{server}/packages/updates`: what could be renewed, by how old lists; installing it, and fetching the lists anew.

use actix_web::web::{Data, Json, Path};
use actix_web::{HttpRequest, HttpResponse};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::changes::{PlanView, plan};
use crate::api::evidence::{LivePage, ask as question};
use crate::api::executions::ExecutionView;
use crate::api::input::{Body, Parameters};
use crate::api::paging::{Key, ListQuery, Shape};
use crate::app::App;
use crate::commands::packages::{ListUpdates, PreviewSecurityUpdates, PreviewUpdates, Update};
use crate::error::Result;
use crate::installations::ask;
use crate::installations::wanted::Wanted;
use crate::web::extract::{Asking, Reauthenticated};

/// A package that could be renewed. Every text is the server's own.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = PackageUpdate)]
pub struct UpdateView {
    /// Its name.
    pub name: String,
    /// The version that is there; empty where the tool does not tell.
    pub installed: String,
    /// The version that could come.
    pub available: String,
    /// Where it would come from.
    pub from: String,
    /// Whether it mends a known hole; null where the tool does not tell.
    pub security: Option<bool>,
}

impl UpdateView {
    fn new(update: Update, tells_security: bool) -> Self {
        let Update { name, installed, available, origin, security } = update;
        Self { name, installed, available, from: origin, security: tells_security.then_some(security) }
    }
}

const UPDATES: Shape<UpdateView> = Shape {
    sorts: &[("name", |update| Key::text(&update.name))],
    default_sort: "name",
    identity: |update| format!("{} {}", update.name, update.available),
    texts: |update| vec![&update.name, &update.available, &update.from],
};

/// What could be renewed, and by which lists.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = PackageUpdates)]
pub struct UpdatesView {
    /// When the server last fetched its lists: what came out since is not in `items`. Null where it does not tell.
    pub lists_from: Option<DateTime<Utc>>,
    /// The updates.
    #[serde(flatten)]
    pub page: LivePage<UpdateView>,
}

/// What could be renewed, by the lists that the server has. Nothing is fetched.
#[utoipa::path(
    operation_id = "list_updates",
    get, path = "/api/v1/servers/{server}/packages/updates", tag = "packages",
    params(("server" = String, Path, description = "Its name"), ListQuery),
    responses((status = 200, body = UpdatesView)),
)]
pub async fn index(
    request: HttpRequest,
    app: Data<App>,
    asking: Asking,
    name: Path<String>,
    query: Parameters<ListQuery>,
) -> Result<Json<UpdatesView>> {
    let host = app.hosts.open(asking.0, name.into_inner()).await?;
    let answer = question(&request, &host, ListUpdates).await?;
    let (tells, lists_from) = (answer.value.tells_security, answer.value.lists_from);
    let updates = answer.value.updates.into_iter().map(|update| UpdateView::new(update, tells)).collect();
    Ok(Json(UpdatesView { lists_from, page: LivePage::new(UPDATES.page(updates, &query.0)?, answer.evidence) }))
}

/// A part of all updates.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = UpdatesOnly)]
pub enum Only {
    /// Those that mend known holes, with what they need. Refused where the server's tool does not tell which those are.
    Security,
}

fn wanted(only: Option<Only>) -> Wanted {
    Wanted::updates(only == Some(Only::Security))
}

/// Which updates.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(default, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct UpdatesQuery {
    /// All of them, where this is not given.
    only: Option<Only>,
}

/// What installing the updates would bring along, by the lists that the server has; changes nothing. Role: operator.
#[utoipa::path(
    operation_id = "plan_updates",
    get, path = "/api/v1/servers/{server}/updates/plan", tag = "packages",
    params(("server" = String, Path, description = "Its name"), UpdatesQuery),
    responses((status = 200, body = PlanView)),
)]
pub async fn plan_updates(
    request: HttpRequest,
    app: Data<App>,
    asking: Asking,
    name: Path<String>,
    query: Parameters<UpdatesQuery>,
) -> Result<Json<PlanView>> {
    let host = app.hosts.open(asking.0, name.into_inner()).await?;
    match query.0.only {
        Some(Only::Security) => plan(&request, &host, PreviewSecurityUpdates).await,
        None => plan(&request, &host, PreviewUpdates).await,
    }
}

/// Which updates to install.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewUpdates)]
pub struct UpdatesToMake {
    /// All of them, where this is not given.
    pub only: Option<Only>,
    /// `seen` of the plan: refused where something else would happen by now.
    pub seen: Option<String>,
}

/// Installs the updates; it runs by itself on the server. Role: operator, with the right to install.
#[utoipa::path(
    operation_id = "create_updates",
    post, path = "/api/v1/servers/{server}/updates", tag = "packages",
    params(("server" = String, Path, description = "Its name")),
    request_body = UpdatesToMake,
    responses((status = 202, body = ExecutionView)),
)]
pub async fn install(
    app: Data<App>,
    asking: Asking,
    _: Reauthenticated,
    name: Path<String>,
    body: Body<UpdatesToMake>,
) -> Result<HttpResponse> {
    let host = app.hosts.open(asking.0, name.into_inner()).await?.operable().await?;
    let run = ask::come_or_go(&host, wanted(body.0.only), body.0.seen.as_deref()).await?;
    Ok(HttpResponse::Accepted().json(ExecutionView::new(&run, host.name(), true)))
}

/// Has the server fetch anew what its repositories offer; it runs by itself on the server, and installs nothing. Role:
/// operator, with the right to install.
#[utoipa::path(
    operation_id = "create_refresh",
    post, path = "/api/v1/servers/{server}/packages/refreshes", tag = "packages",
    params(("server" = String, Path, description = "Its name")),
    responses((status = 202, body = ExecutionView)),
)]
pub async fn refresh(app: Data<App>, asking: Asking, _: Reauthenticated, name: Path<String>) -> Result<HttpResponse> {
    let host = app.hosts.open(asking.0, name.into_inner()).await?.operable().await?;
    let run = ask::refresh_lists(&host).await?;
    Ok(HttpResponse::Accepted().json(ExecutionView::new(&run, host.name(), true)))
}
