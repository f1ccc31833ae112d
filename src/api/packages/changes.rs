//! Installations and removals: what they would bring along, and asking for them. They are executions.

use actix_web::web::{Data, Json, Path};
use actix_web::{HttpRequest, HttpResponse};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::api::evidence::{EvidenceView, ask as question};
use crate::api::executions::ExecutionView;
use crate::api::input::{Body, Parameters};
use crate::app::App;
use crate::commands::packages::{PackageName, PackagePlan, PlanItem, PreviewInstall, PreviewRemoval, Sizes};
use crate::commands::{CommandType, Read};
use crate::error::{Error, Result};
use crate::installations::ask;
use crate::installations::known::{Known, may_install};
use crate::installations::wanted::Wanted;
use crate::models::ids::ArtifactId;
use crate::models::permission::Permission;
use crate::remote::host::Host;
use crate::web::extract::{Asking, Reauthenticated};

/// What would come or go. Every text is the server's own: treat it as hostile.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = PackagePlan)]
pub struct PlanView {
    /// What is not there yet and would come.
    pub added: Vec<PlanItemView>,
    /// What is there and would come in another version.
    pub renewed: Vec<PlanItemView>,
    /// What would go.
    pub removed: Vec<PlanItemView>,
    /// Why the tool would refuse.
    pub obstacles: Vec<String>,
    /// What would be fetched, bytes; null where the tool does not tell.
    pub download_bytes: Option<u64>,
    /// What the disk would hold more, bytes; less, where it is below 0; null where the tool does not tell.
    pub disk_bytes: Option<i64>,
    /// The same for the same plan. Give it back with the change: it is refused where something else would happen by then.
    pub seen: String,
    /// How we know.
    pub evidence: EvidenceView,
}

/// One package of a plan.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = PackagePlanItem)]
pub struct PlanItemView {
    /// Its name.
    pub name: String,
    /// The version that comes or goes; empty where the tool does not tell.
    pub version: String,
    /// The version that it replaces.
    pub before: Option<String>,
    /// Where it comes from.
    pub from: String,
}

impl From<PlanItem> for PlanItemView {
    fn from(item: PlanItem) -> Self {
        let PlanItem { name, version, before, origin } = item;
        Self { name, version, before, from: origin }
    }
}

/// About which package.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(default, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct PlanQuery {
    /// Its name.
    #[param(required = true, example = "nginx")]
    package: String,
}

/// What installing a package would bring along; changes nothing. Role: operator.
#[utoipa::path(
    operation_id = "plan_installation",
    get, path = "/api/v1/servers/{server}/installations/plan", tag = "packages",
    params(("server" = String, Path, description = "Its name"), PlanQuery),
    responses((status = 200, body = PlanView)),
)]
pub async fn plan_installation(
    request: HttpRequest,
    app: Data<App>,
    asking: Asking,
    name: Path<String>,
    query: Parameters<PlanQuery>,
) -> Result<Json<PlanView>> {
    let host = app.hosts.open(asking.0, name.into_inner()).await?;
    plan(&request, &host, PreviewInstall(name_of(&query.0.package)?)).await
}

/// What removing a package would take along; changes nothing. Role: operator.
#[utoipa::path(
    operation_id = "plan_removal",
    get, path = "/api/v1/servers/{server}/removals/plan", tag = "packages",
    params(("server" = String, Path, description = "Its name"), PlanQuery),
    responses((status = 200, body = PlanView)),
)]
pub async fn plan_removal(
    request: HttpRequest,
    app: Data<App>,
    asking: Asking,
    name: Path<String>,
    query: Parameters<PlanQuery>,
) -> Result<Json<PlanView>> {
    let host = app.hosts.open(asking.0, name.into_inner()).await?;
    plan(&request, &host, PreviewRemoval(name_of(&query.0.package)?)).await
}

pub(super) async fn plan(
    request: &HttpRequest,
    host: &Host,
    command: impl Read<Output = PackagePlan>,
) -> Result<Json<PlanView>> {
    let answer = question(request, host, command).await?;
    let seen = answer.value.fingerprint();
    let PackagePlan { added, renewed, removed, obstacles, sizes: Sizes { download_bytes, disk_bytes } } = answer.value;
    let [added, renewed, removed] =
        [added, renewed, removed].map(|items| items.into_iter().map(PlanItemView::from).collect());
    let evidence = answer.evidence.into();
    Ok(Json(PlanView { added, renewed, removed, obstacles, download_bytes, disk_bytes, seen, evidence }))
}

/// What to install: a package of the repositories by its name, or an uploaded file.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewInstallation)]
pub struct InstallationToMake {
    /// A package's name.
    #[schema(example = "nginx")]
    pub package: Option<String>,
    /// `seen` of the plan: refused where something else would happen by now.
    pub seen: Option<String>,
    /// An artifact's number.
    pub artifact: Option<i64>,
    /// Yes to an artifact of which the server has verified no signature; it is written into the audit log.
    #[serde(default)]
    pub unsigned: bool,
}

/// Installs a package or an artifact; it runs by itself on the server. Role: operator, with the right to install.
#[utoipa::path(
    operation_id = "create_installation",
    post, path = "/api/v1/servers/{server}/installations", tag = "packages",
    params(("server" = String, Path, description = "Its name")),
    request_body = InstallationToMake,
    responses((status = 202, body = ExecutionView)),
)]
pub async fn install(
    app: Data<App>,
    asking: Asking,
    _: Reauthenticated,
    name: Path<String>,
    body: Body<InstallationToMake>,
) -> Result<HttpResponse> {
    let host = app.hosts.open(asking.0, name.into_inner()).await?.operable().await?;
    let run = match (&body.0.package, body.0.artifact) {
        (Some(package), None) => {
            ask::come_or_go(&host, Wanted::Package(name_of(package)?), body.0.seen.as_deref()).await?
        }
        (None, Some(id)) => {
            host.permits(Permission::Install, CommandType::InstallFile.name(), "").await?;
            let server = host.server().id;
            let found = app.db.run(move |connection| Known::load(connection, ArtifactId(id), server));
            let (artifact, known) = found.await?;
            may_install((&artifact, &known), &app.hosts.catalog(), &host.platform().await?, body.0.unsigned)?;
            ask::install_file(&host, &artifact, body.0.unsigned).await?
        }
        _ => return Err(Error::field("package", "Give either package or artifact")),
    };
    Ok(HttpResponse::Accepted().json(ExecutionView::new(&run, host.name(), true)))
}

/// What to remove.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewRemoval)]
pub struct RemovalToMake {
    /// A package's name.
    #[schema(example = "nginx")]
    pub package: String,
    /// `seen` of the plan: refused where something else would happen by now.
    pub seen: Option<String>,
}

/// Removes a package and what cannot be without it; it runs by itself on the server. Role: operator, with the right to install.
#[utoipa::path(
    operation_id = "create_removal",
    post, path = "/api/v1/servers/{server}/removals", tag = "packages",
    params(("server" = String, Path, description = "Its name")),
    request_body = RemovalToMake,
    responses((status = 202, body = ExecutionView)),
)]
pub async fn remove(
    app: Data<App>,
    asking: Asking,
    _: Reauthenticated,
    name: Path<String>,
    body: Body<RemovalToMake>,
) -> Result<HttpResponse> {
    let host = app.hosts.open(asking.0, name.into_inner()).await?.operable().await?;
    let wanted = Wanted::Removal(name_of(&body.0.package)?);
    let run = ask::come_or_go(&host, wanted, body.0.seen.as_deref()).await?;
    Ok(HttpResponse::Accepted().json(ExecutionView::new(&run, host.name(), true)))
}

fn name_of(text: &str) -> Result<PackageName> {
    let why = "A package's name is made of letters, digits and . + _ : ~ -, and begins with a letter or a digit";
    PackageName::read(text).ok_or_else(|| Error::field("package", why))
}
