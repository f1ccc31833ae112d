//! What is done to one service.

use actix_web::HttpRequest;
use actix_web::web::{Data, Json, Path};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{ServiceView, unit_of};
use crate::api::evidence::{EvidenceView, naming};
use crate::api::input::Body;
use crate::app::App;
use crate::commands::CommandType;
use crate::commands::services::Action;
use crate::error::{Error, Result};
use crate::services::control;
use crate::web::extract::{Asking, Reauthenticated};

/// What is done.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
#[schema(as = NewServiceAction)]
pub struct ActionToTake {
    /// `start`, `stop`, `restart`, `reload`, `enable` or `disable`.
    #[schema(required, example = "restart")]
    action: String,
    /// The name of the service once more, where `is_way_in` is true and the action stops it or keeps it from starting.
    #[schema(required = false)]
    confirm: String,
}

/// How the service is afterwards.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ServiceAction)]
pub struct ActionView {
    /// What was done.
    pub action: &'static str,
    /// Nobody has waited for the end: the server goes on with it.
    pub goes_on: bool,
    /// The service.
    pub service: ServiceView,
    /// The same as a sentence.
    pub detail: String,
    /// How we know.
    pub evidence: EvidenceView,
}

/// Starts, stops, restarts, reloads, enables or disables a service, and looks how it is afterwards. Role: operator.
///
/// 502 where the server's tool refuses, or where the service ends again at once; 422 where it is what people and hannun come in
/// through and `confirm` is not its name.
#[utoipa::path(
    operation_id = "control_service",
    post, path = "/api/v1/servers/{server}/services/{unit}/actions", tag = "services",
    params(("server" = String, Path, description = "Its name"), ("unit" = String, Path, description = "The name of the service")),
    request_body = ActionToTake,
    responses((status = 200, body = ActionView)),
)]
pub async fn create(
    request: HttpRequest,
    app: Data<App>,
    asking: Asking,
    _: Reauthenticated,
    path: Path<(String, String)>,
    body: Body<ActionToTake>,
) -> Result<Json<ActionView>> {
    let (name, unit) = path.into_inner();
    let host = app.hosts.open(asking.0, name).await?.operable().await?;
    let unit = unit_of(&unit)?;
    let action = Action::from_name(&body.0.action).ok_or_else(|| Error::field("action", "This choice is not known"))?;
    let answer = control(&host, unit, action, &body.0.confirm).await;
    let answer = naming(&request, CommandType::ControlService, answer)?;
    Ok(Json(ActionView {
        action: action.name(),
        goes_on: answer.value.goes_on,
        detail: answer.value.sentence(action).to_string(),
        service: answer.value.service.into(),
        evidence: answer.evidence.into(),
    }))
}
