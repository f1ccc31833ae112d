//! Asking a server to restart or to shut down, and what became of that.

use actix_web::web::{Data, Json, Path};
use actix_web::{HttpMessage, HttpRequest, HttpResponse};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::super::input::Body;
use crate::app::App;
use crate::error::{Error, Result};
use crate::models::ids::PowerRequestId;
use crate::models::power_requests::{PowerDeed, PowerRequest, PowerState};
use crate::power::ask::{Wish, ask};
use crate::web::extract::{Asking, Reauthenticated};

/// What the server is to do.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
#[schema(as = NewPowerRequest)]
pub struct RequestToMake {
    /// `restart` or `shut_down`.
    #[schema(required, example = "restart")]
    deed: String,
    /// The server's name once more, so that no other one is meant by mistake.
    #[schema(required, example = "web-1")]
    name: String,
    /// The `id` of the boot that was seen: in a later one nothing is done.
    #[schema(required, example = "0b8f0d3c-1111-4222-8333-444455556666")]
    booted: String,
}

/// A request, and what was seen of it.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = PowerRequest)]
pub struct RequestView {
    /// Its number.
    pub id: i64,
    /// `restart` or `shut_down`.
    #[schema(value_type = String, example = "restart")]
    pub deed: PowerDeed,
    /// `asked`, `going` (it still answers), `away` (it does not), `back`, `off`, `failed` (it was not asked) or `unknown`.
    #[schema(value_type = String, example = "back")]
    pub state: PowerState,
    /// Who asked.
    pub asked_by: String,
    /// When.
    pub asked_at: DateTime<Utc>,
    /// Since when it did not answer.
    pub away_at: Option<DateTime<Utc>>,
    /// When it answered again, in another boot.
    pub back_at: Option<DateTime<Utc>>,
    /// When that boot began, by this console's clock.
    pub booted_at: Option<DateTime<Utc>>,
    /// For how long it has not answered, or did not.
    pub away_seconds: Option<u64>,
    /// How long after it was asked it was back.
    pub back_after_seconds: Option<u64>,
    /// When it was over.
    pub ended_at: Option<DateTime<Utc>>,
    /// The boot in which it was asked.
    pub boot_before: String,
    /// The boot in which it came back.
    pub boot_after: Option<String>,
}

impl RequestView {
    /// A row, as it is now.
    pub(super) fn new(row: PowerRequest, now: DateTime<Utc>) -> Self {
        Self {
            id: row.id.0,
            deed: row.deed,
            state: row.state,
            away_seconds: row.away_for(row.ended_at.unwrap_or(now)).map(|span| span.as_secs()),
            back_after_seconds: row.back_after().map(|span| span.as_secs()),
            asked_by: row.asked_by,
            asked_at: row.asked_at,
            away_at: row.away_at,
            back_at: row.back_at,
            booted_at: row.booted_at,
            ended_at: row.ended_at,
            boot_before: row.boot_before,
            boot_after: Some(row.boot_after).filter(|boot| !boot.is_empty()),
        }
    }
}

/// Asks the server to restart or to shut down. Role: operator, with the permission to act as root.
///
/// It is watched from then on: look at the request until it has `ended_at`. 409 where the server is in another boot than the one
/// that was seen, and where an earlier request is not over.
#[utoipa::path(
    operation_id = "ask_for_power",
    post, path = "/api/v1/servers/{server}/power/requests", tag = "servers",
    params(("server" = String, Path, description = "Its name")),
    request_body = RequestToMake,
    responses((status = 201, body = RequestView)),
)]
pub async fn create(
    request: HttpRequest,
    app: Data<App>,
    asking: Asking,
    _: Reauthenticated,
    name: Path<String>,
    body: Body<RequestToMake>,
) -> Result<HttpResponse> {
    let host = app.hosts.open(asking.0, name.into_inner()).await?.operable().await?;
    let RequestToMake { deed, name, booted } = body.0;
    let deed = PowerDeed::from_name(&deed).ok_or_else(|| Error::field("deed", "This choice is not known"))?;
    let row = ask(&host, Wish { deed, name, booted }).await;
    if row.is_err() {
        request.extensions_mut().insert(deed.command_type());
    }
    Ok(HttpResponse::Created().json(RequestView::new(row?, app.clock.now())))
}

/// What became of a request.
#[utoipa::path(
    operation_id = "read_power_request",
    get, path = "/api/v1/servers/{server}/power/requests/{request}", tag = "servers",
    params(("server" = String, Path, description = "Its name"), ("request" = i64, Path, description = "The number of the request")),
    responses((status = 200, body = RequestView)),
)]
pub async fn show(app: Data<App>, asking: Asking, path: Path<(String, String)>) -> Result<Json<RequestView>> {
    let (name, id) = path.into_inner();
    let host = app.hosts.open(asking.0, name).await?;
    let missing = || Error::NotFound("This request");
    let (server, id) = (host.server().id, PowerRequestId(id.parse().map_err(|_no_number| missing())?));
    let row = app.db.run(move |connection| Ok::<_, Error>(PowerRequest::of(connection, server, id)?)).await?;
    Ok(Json(RequestView::new(row.ok_or_else(missing)?, app.clock.now())))
}
