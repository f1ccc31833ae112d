//! `/servers/{server}/packages`: what is installed, what could be renewed; installations and removals are executions.

use actix_web::HttpRequest;
use actix_web::HttpResponse;
use actix_web::web::{Data, Json, Path};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::evidence::{LivePage, ask as question};
use super::executions::ExecutionView;
use super::input::{Body, Parameters};
use super::paging::{Key, ListQuery, Shape};
use crate::app::App;
use crate::commands::packages::{ListPackages, ListUpdates, Package, PackageName, PackageState, Update};
use crate::error::{Error, Result};
use crate::installations::ask;
use crate::installations::inspect::may_install;
use crate::models::artifacts::Artifact;
use crate::models::ids::ArtifactId;
use crate::models::permission::Permission;
use crate::web::extract::{Asking, Reauthenticated};

/// An installed package. Every text is the server's own: treat it as hostile.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Package)]
pub struct PackageView {
    /// As its tool takes it.
    #[schema(example = "nginx")]
    pub name: String,
    /// With epoch and release.
    pub version: String,
    /// Empty where the tool does not tell.
    pub architecture: String,
    /// What it takes on disk, bytes.
    pub size_bytes: Option<u64>,
    /// When this version was installed.
    pub installed_at: Option<DateTime<Utc>>,
    /// Repository, vendor or maintainer, whichever the tool tells.
    pub from: String,
    /// What it is, in one line.
    pub summary: String,
    /// `installed`, `unpacked`, `half-configured`, `half-installed` or `triggers-pending`.
    #[schema(value_type = String)]
    pub state: PackageState,
}

impl From<Package> for PackageView {
    fn from(package: Package) -> Self {
        let Package { name, version, architecture, size_bytes, installed_at, origin, summary, state } = package;
        Self { name, version, architecture, size_bytes, installed_at, from: origin, summary, state }
    }
}

const PACKAGES: Shape<PackageView> = Shape {
    sorts: &[
        ("name", |package| Key::text(&package.name)),
        ("from", |package| Key::text(&package.from)),
        ("size_bytes", |package| Key::whole(package.size_bytes)),
    ],
    default_sort: "name",
    identity: |package| format!("{} {} {}", package.name, package.version, package.architecture),
    texts: |package| vec![&package.name, &package.version, &package.from, &package.summary],
};

/// What is installed on the server now.
#[utoipa::path(
    operation_id = "list_packages",
    get, path = "/api/v1/servers/{server}/packages", tag = "packages",
    params(("server" = String, Path, description = "Its name"), ListQuery),
    responses((status = 200, body = LivePage<PackageView>)),
)]
pub async fn index(
    request: HttpRequest,
    app: Data<App>,
    asking: Asking,
    name: Path<String>,
    query: Parameters<ListQuery>,
) -> Result<Json<LivePage<PackageView>>> {
    let host = app.hosts.open(asking.0, name.into_inner()).await?;
    let answer = question(&request, &host, ListPackages).await?;
    let packages = answer.value.into_iter().map(PackageView::from).collect();
    Ok(Json(LivePage::new(PACKAGES.page(packages, &query.0)?, answer.evidence)))
}

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

/// What could be renewed, by the lists that the server has. Nothing is fetched.
#[utoipa::path(
    operation_id = "list_updates",
    get, path = "/api/v1/servers/{server}/packages/updates", tag = "packages",
    params(("server" = String, Path, description = "Its name"), ListQuery),
    responses((status = 200, body = LivePage<UpdateView>)),
)]
pub async fn updates(
    request: HttpRequest,
    app: Data<App>,
    asking: Asking,
    name: Path<String>,
    query: Parameters<ListQuery>,
) -> Result<Json<LivePage<UpdateView>>> {
    let host = app.hosts.open(asking.0, name.into_inner()).await?;
    let answer = question(&request, &host, ListUpdates).await?;
    let tells = answer.value.tells_security;
    let updates = answer.value.updates.into_iter().map(|update| UpdateView::new(update, tells)).collect();
    Ok(Json(LivePage::new(UPDATES.page(updates, &query.0)?, answer.evidence)))
}

/// What to install: a package of the repositories by its name, or an uploaded file.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewInstallation)]
pub struct InstallationToMake {
    /// A package's name.
    #[schema(example = "nginx")]
    pub package: Option<String>,
    /// An artifact's number.
    pub artifact: Option<i64>,
    /// Yes to an artifact that carries no signature; it is written into the audit log.
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
        (Some(package), None) => ask::install(&host, name_of(package)?).await?,
        (None, Some(id)) => {
            host.permits(Permission::Install, "install_file", "").await?;
            let artifact = app.db.run(move |connection| Artifact::by_id(connection, ArtifactId(id))).await?;
            may_install(&artifact, &app.hosts.catalog(), &host.platform().await?, body.0.unsigned)?;
            ask::install_file(&host, &artifact, body.0.unsigned).await?
        }
        _ => return Err(Error::field("package", "Give either package or artifact")),
    };
    Ok(HttpResponse::Accepted().json(ExecutionView::new(&run, host.name())))
}

/// What to remove.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewRemoval)]
pub struct RemovalToMake {
    /// A package's name.
    #[schema(example = "nginx")]
    pub package: String,
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
    let run = ask::remove(&host, name_of(&body.0.package)?).await?;
    Ok(HttpResponse::Accepted().json(ExecutionView::new(&run, host.name())))
}

fn name_of(text: &str) -> Result<PackageName> {
    let why = "A package's name is made of letters, digits and . + _ : ~ -, and begins with a letter or a digit";
    PackageName::read(text).ok_or_else(|| Error::field("package", why))
}
