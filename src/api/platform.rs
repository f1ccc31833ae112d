//! `/servers/{server}/platform`: what the server runs, as the last detection found it.

use actix_web::web::{Data, Json, Path};

use super::servers::PlatformView;
use crate::app::App;
use crate::error::{Error, Result};
use crate::models::platforms::DetectedPlatform;
use crate::models::servers::Server;
use crate::web::extract::Asking;

/// What the server runs, as the last detection found it; 404 before the first one. `POST …/connection` detects it now.
#[utoipa::path(
    operation_id = "get_platform",
    get, path = "/api/v1/servers/{server}/platform", tag = "servers",
    params(("server" = String, Path, description = "Its name")),
    responses((status = 200, body = PlatformView)),
)]
pub async fn show(app: Data<App>, asking: Asking, name: Path<String>) -> Result<Json<PlatformView>> {
    let platform = app
        .db
        .run(move |connection| {
            let server = Server::by_name(connection, asking.scope(), &name)?;
            Ok::<_, Error>(DetectedPlatform::of(connection, server.id)?)
        })
        .await?;
    platform.map(|row| Json(row.into())).ok_or(Error::NotFound("The platform of this server"))
}
