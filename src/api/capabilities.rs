//! `/servers/{server}/capabilities`: which tools the server has, and which command each type of question gets there.

use actix_web::web::{Data, Json, Path};
use serde::Serialize;
use utoipa::ToSchema;

use crate::app::App;
use crate::commands::CommandType;
use crate::commands::catalog::Catalog;
use crate::commands::platform::Platform;
use crate::error::Result;
use crate::web::extract::Asking;

/// What can be asked of a server.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Capabilities)]
pub struct CapabilitiesView {
    /// The tools it has, by the names that the catalogue uses.
    #[schema(example = json!(["c-utf8", "ss"]))]
    pub capabilities: Vec<String>,
    /// Each type of command, with the command that is chosen for this server.
    pub commands: Vec<ChoiceView>,
}

/// A type of command, and the command that is chosen.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = CommandChoice)]
pub struct ChoiceView {
    /// `list_processes`
    pub command_type: &'static str,
    /// The chosen command's name; null: none is known for this platform.
    pub command: Option<String>,
    /// Why this one.
    pub why: Option<String>,
    /// Whether it came with hannun.
    pub built_in: Option<bool>,
    /// Written from documents: no real system of this kind has been seen yet.
    pub unverified: Option<bool>,
}

/// The tools of a server and the commands that were chosen for it. Detects the platform where that has not happened yet.
#[utoipa::path(
    operation_id = "get_capabilities",
    get, path = "/api/v1/servers/{server}/capabilities", tag = "servers",
    params(("server" = String, Path, description = "Its name")),
    responses((status = 200, body = CapabilitiesView)),
)]
pub async fn show(app: Data<App>, asking: Asking, name: Path<String>) -> Result<Json<CapabilitiesView>> {
    let platform = app.hosts.open(asking.0, name.into_inner()).await?.platform().await?;
    Ok(Json(CapabilitiesView {
        commands: choices(&app.hosts.catalog(), &platform),
        capabilities: platform.capabilities.into_iter().collect(),
    }))
}

/// What `catalog` chooses for `platform`, for each type of command.
pub(super) fn choices(catalog: &Catalog, platform: &Platform) -> Vec<ChoiceView> {
    CommandType::ALL
        .iter()
        .map(|command_type| {
            let chosen = catalog.choose(*command_type, platform).ok();
            ChoiceView {
                command_type: command_type.name(),
                why: chosen.as_ref().map(|chosen| chosen.why.to_string()),
                built_in: chosen.as_ref().map(|chosen| chosen.built_in),
                unverified: chosen.as_ref().map(|chosen| chosen.unverified),
                command: chosen.map(|chosen| chosen.name),
            }
        })
        .collect()
}
