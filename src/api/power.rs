//! `/servers/{server}/power`: how long it is up, and what it was asked for lately.

pub mod requests;

use actix_web::HttpRequest;
use actix_web::web::{Data, Json, Path};
use chrono::{DateTime, Utc};
use serde::Serialize;
use utoipa::ToSchema;

use super::evidence::{EvidenceView, ask};
use crate::app::App;
use crate::commands::{Boot, ReadBoot};
use crate::error::{Error, Result};
use crate::models::power_requests::{PowerRequest, PowerState};
use crate::remote::host::Answer;
use crate::web::extract::Asking;
use requests::RequestView;

/// Requests that are told.
const LAST: i64 = 20;

/// How long a server is up, and what it was asked for.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Power)]
pub struct PowerView {
    /// Null while a request is not over: the server is watched then, and not asked for this answer. Null as well where it does
    /// not answer because it was shut down.
    pub boot: Option<BootView>,
    /// The last requests, the newest first.
    pub requests: Vec<RequestView>,
    /// Servers that are reached through this one: nobody reaches them either while it is away.
    pub behind: Vec<String>,
}

/// One boot.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Boot)]
pub struct BootView {
    /// Names it: another one after each start.
    #[schema(example = "0b8f0d3c-1111-4222-8333-444455556666")]
    pub id: String,
    /// How long it has lasted.
    pub uptime_seconds: u64,
    /// When it began, by this console's clock.
    pub began_at: DateTime<Utc>,
    /// How we know.
    pub evidence: EvidenceView,
}

impl From<Answer<Boot>> for BootView {
    fn from(answer: Answer<Boot>) -> Self {
        let boot = answer.value;
        let (began_at, uptime_seconds) = (answer.evidence.at - boot.uptime, boot.uptime.as_secs());
        Self { id: boot.id, uptime_seconds, began_at, evidence: answer.evidence.into() }
    }
}

/// How long the server is up, and what it was asked for lately. While a request is not over the server is not asked.
#[utoipa::path(
    operation_id = "read_power",
    get, path = "/api/v1/servers/{server}/power", tag = "servers",
    params(("server" = String, Path, description = "Its name")),
    responses((status = 200, body = PowerView)),
)]
pub async fn show(request: HttpRequest, app: Data<App>, asking: Asking, name: Path<String>) -> Result<Json<PowerView>> {
    let scope = asking.0.scope().clone();
    let host = app.hosts.open(asking.0, name.into_inner()).await?;
    let server = host.server().clone();
    let found = app.db.run(move |connection| {
        let rows = PowerRequest::of_server(connection, server.id, LAST)?;
        Ok::<_, Error>((rows, server.cut_off_with(connection, &scope)?))
    });
    let (rows, behind) = found.await?;
    let boot = if rows.first().is_some_and(PowerRequest::is_open) {
        None
    } else {
        let is_off = rows.first().is_some_and(|row| row.state == PowerState::Off);
        match ask(&request, &host, ReadBoot).await {
            // Somebody may have switched it on since, so that it is asked all the same.
            Err(Error::Remote(error)) if is_off && error.is_silence() => None,
            answer => Some(BootView::from(answer?)),
        }
    };
    let now = app.clock.now();
    Ok(Json(PowerView { boot, requests: rows.into_iter().map(|row| RequestView::new(row, now)).collect(), behind }))
}
