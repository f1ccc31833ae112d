//! `/servers/{server}/inspections`: what a server's own tool finds inside an uploaded file. It counts on that server alone.

use actix_web::HttpResponse;
use actix_web::web::{Data, Json, Path};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::api::executions::ExecutionView;
use crate::api::input::Body;
use crate::app::App;
use crate::commands::CommandType;
use crate::error::Result;
use crate::installations::ask;
use crate::installations::known::Known;
use crate::models::artifacts::Artifact;
use crate::models::ids::ArtifactId;
use crate::models::permission::Permission;
use crate::web::extract::{Asking, Reauthenticated};

/// What is known of an uploaded file on one server. Every text is the package's own: treat it as hostile.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Inspection)]
pub struct InspectionView {
    /// The artifact's number.
    #[schema(value_type = i64)]
    pub artifact: ArtifactId,
    /// The package's name; empty where nobody looked inside.
    pub name: String,
    /// Its version.
    pub version: String,
    /// What it was built for.
    pub architecture: String,
    /// What runs as root when it is installed or removed; null where nobody looked, and then it cannot be installed.
    pub scripts: Option<Vec<ScriptView>>,
    /// The first of the files that it brings.
    pub files: Vec<String>,
    /// How many files it brings.
    pub file_count: usize,
    /// Whether this server checked its signature and trusts the key; null where it was not asked, or has no tool that checks.
    pub signature_verified: Option<bool>,
    /// What the tool said of it.
    pub signature_said: Option<String>,
    /// When this server's tool looked; null where it did not.
    pub inspected_at: Option<DateTime<Utc>>,
}

/// A script that runs as root.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = PackageScript)]
pub struct ScriptView {
    /// `postinst`, `%pre`
    pub name: String,
    /// Its text.
    pub text: String,
    /// There is more of it than the text.
    pub is_cut: bool,
}

/// What to look into.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewInspection)]
pub struct InspectionToMake {
    /// An artifact's number.
    pub artifact: i64,
}

/// Has the server's own tool look into an artifact, without installing it. Role: operator, with the right to install.
#[utoipa::path(
    operation_id = "create_inspection",
    post, path = "/api/v1/servers/{server}/inspections", tag = "packages",
    params(("server" = String, Path, description = "Its name")),
    request_body = InspectionToMake,
    responses((status = 202, body = ExecutionView)),
)]
pub async fn create(
    app: Data<App>,
    asking: Asking,
    _: Reauthenticated,
    name: Path<String>,
    body: Body<InspectionToMake>,
) -> Result<HttpResponse> {
    let host = app.hosts.open(asking.0, name.into_inner()).await?.operable().await?;
    host.permits(Permission::Install, CommandType::InspectFile.name(), "").await?;
    let id = ArtifactId(body.0.artifact);
    let artifact = app.db.run(move |connection| Artifact::by_id(connection, id)).await?;
    let run = ask::inspect_file(&host, &artifact).await?;
    Ok(HttpResponse::Accepted().json(ExecutionView::new(&run, host.name(), true)))
}

/// What is known of an artifact on the server. Role: operator.
#[utoipa::path(
    operation_id = "get_inspection",
    get, path = "/api/v1/servers/{server}/inspections/{artifact}", tag = "packages",
    params(("server" = String, Path, description = "Its name"), ("artifact" = i64, Path, description = "The artifact's number")),
    responses((status = 200, body = InspectionView)),
)]
pub async fn show(app: Data<App>, asking: Asking, path: Path<(String, i64)>) -> Result<Json<InspectionView>> {
    let (server, id) = path.into_inner();
    let server = app.hosts.open(asking.0, server).await?.server().id;
    let found = app.db.run(move |connection| Known::load(connection, ArtifactId(id), server));
    let (artifact, known) = found.await?;
    let script = |script: crate::commands::packages::PackageScript| ScriptView {
        name: script.name,
        text: script.text,
        is_cut: script.is_cut,
    };
    let (signature_verified, signature_said) = known.check.map(|check| (check.verified, check.said)).unzip();
    Ok(Json(InspectionView {
        artifact: artifact.id,
        name: known.name,
        version: known.version,
        architecture: known.architecture,
        scripts: known.scripts.map(|scripts| scripts.into_iter().map(script).collect()),
        files: known.files,
        file_count: known.file_count,
        signature_verified,
        signature_said,
        inspected_at: known.inspected_at,
    }))
}
