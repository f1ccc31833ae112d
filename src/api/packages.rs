//! `/servers/{server}/packages`: what is installed, what should be restarted.

pub mod changes;
pub mod inspections;
pub mod updates;

use actix_web::HttpRequest;
use actix_web::web::{Data, Json, Path};
use chrono::{DateTime, Utc};
use serde::Serialize;
use utoipa::ToSchema;

use super::evidence::{EvidenceView, LivePage, ask as question};
use super::input::Parameters;
use super::paging::{Key, ListQuery, Shape};
use crate::app::App;
use crate::commands::packages::{ListPackages, ListRestarts, Package, PackageState, Restarts};
use crate::error::Result;
use crate::remote::host::Answer;
use crate::web::extract::Asking;

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

/// What should be restarted because its files were replaced. Every text is the server's own.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = PackageRestarts)]
pub struct RestartsView {
    /// Why the server itself should be; empty where it need not.
    pub reboot: Vec<String>,
    /// Services that run with files that are gone.
    pub services: Vec<String>,
    /// Not everything could be looked at: that takes root.
    pub partly: bool,
    /// How we know.
    pub evidence: EvidenceView,
}

/// What should be restarted on the server.
#[utoipa::path(
    operation_id = "get_restarts",
    get, path = "/api/v1/servers/{server}/packages/restarts", tag = "packages",
    params(("server" = String, Path, description = "Its name")),
    responses((status = 200, body = RestartsView)),
)]
pub async fn restarts(
    request: HttpRequest,
    app: Data<App>,
    asking: Asking,
    name: Path<String>,
) -> Result<Json<RestartsView>> {
    let host = app.hosts.open(asking.0, name.into_inner()).await?;
    let Answer { value: Restarts { reboot, services, partly }, evidence } =
        question(&request, &host, ListRestarts).await?;
    Ok(Json(RestartsView { reboot, services, partly, evidence: evidence.into() }))
}
