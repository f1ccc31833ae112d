//! `/servers/{server}/cron/versions`: what stood in a table before hannun replaced it.

use actix_web::HttpResponse;
use actix_web::web::{Data, Json, Path};
use chrono::{DateTime, Utc};
use serde::Serialize;
use utoipa::ToSchema;

use super::{TableQuery, place};
use crate::api::input::Parameters;
use crate::app::App;
use crate::error::Result;
use crate::models::crontab_versions::CrontabVersion;
use crate::models::ids::CrontabVersionId;
use crate::web::extract::Asking;

/// One version.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = CrontabVersion)]
pub struct VersionView {
    /// Its number.
    id: i64,
    /// SHA-256 of its text.
    sha256: String,
    /// Its length.
    size_bytes: i64,
    /// What was done to it then.
    #[schema(example = "line 3 changed")]
    what: String,
    /// By whom.
    replaced_by: String,
    /// When.
    replaced_at: DateTime<Utc>,
}

/// What stood in a table before, the newest first; the last fifty are kept.
#[utoipa::path(
    operation_id = "list_crontab_versions",
    get, path = "/api/v1/servers/{server}/cron/versions", tag = "servers",
    params(("server" = String, Path, description = "Its name"), TableQuery),
    responses((status = 200, body = [VersionView])),
)]
pub async fn index(
    app: Data<App>,
    asking: Asking,
    name: Path<String>,
    query: Parameters<TableQuery>,
) -> Result<Json<Vec<VersionView>>> {
    let place = place(&query.0.table)?;
    let host = app.hosts.open(asking.0, name.into_inner()).await?;
    let versions = app.crontabs().versions(&host, &place).await?;
    Ok(Json(versions.into_iter().map(VersionView::from).collect()))
}

/// The text of one version. To put it back, send it as the table's content.
#[utoipa::path(
    operation_id = "get_crontab_version",
    get, path = "/api/v1/servers/{server}/cron/versions/{version}", tag = "servers",
    params(("server" = String, Path, description = "Its name"), ("version" = i64, Path, description = "Its number")),
    responses((status = 200, description = "The bytes", content_type = "application/octet-stream", body = [u8])),
)]
pub async fn show(app: Data<App>, asking: Asking, path: Path<(String, i64)>) -> Result<HttpResponse> {
    let (name, id) = path.into_inner();
    let host = app.hosts.open(asking.0, name).await?;
    let (_, content) = app.crontabs().version(&host, CrontabVersionId(id)).await?;
    Ok(HttpResponse::Ok().content_type("application/octet-stream").body(content))
}

impl From<CrontabVersion> for VersionView {
    fn from(version: CrontabVersion) -> Self {
        Self {
            id: version.id.0,
            sha256: version.digest,
            size_bytes: version.size_bytes,
            what: version.what,
            replaced_by: version.replaced_by,
            replaced_at: version.replaced_at,
        }
    }
}
