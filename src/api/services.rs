//! `/servers/{server}/services`: what it keeps running, one of them, and what is done to it.

pub mod actions;

use actix_web::HttpRequest;
use actix_web::web::{Data, Json, Path};
use chrono::{DateTime, Utc};
use serde::Serialize;
use utoipa::ToSchema;

use super::evidence::{EvidenceView, LivePage, ask, naming};
use super::input::Parameters;
use super::paging::{Key, ListQuery, Shape};
use crate::app::App;
use crate::commands::CommandType;
use crate::commands::services::{Action, ReadService, Service, ServiceDetails, ServiceName};
use crate::error::{Error, Result};
use crate::remote::host::Evidence;
use crate::services;
use crate::web::extract::Asking;

/// A service or timer. Every text is the server's own: treat it as hostile.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Service)]
pub struct ServiceView {
    /// As its tool takes it.
    #[schema(example = "nginx.service")]
    pub name: String,
    /// `service` or `timer`.
    pub kind: &'static str,
    /// `failed`, `starting`, `active`, `stopping`, `inactive` or `unknown`.
    pub state: &'static str,
    /// The same in the tool's own words: `running`, `exited`.
    pub detail: String,
    /// What it is, in one line.
    pub description: String,
    /// Whether it starts with the server, in the tool's own word: `enabled`, `disabled`, `static`, `masked`.
    pub at_boot: String,
    /// Since when it is so.
    pub since: Option<DateTime<Utc>>,
    /// Memory of all its processes, bytes; null where the server does not count it.
    pub memory_bytes: Option<u64>,
    /// Its processes and threads.
    pub tasks: Option<u64>,
    /// Its first process.
    pub pid: Option<u32>,
    /// When a timer starts it next.
    pub next_run_at: Option<DateTime<Utc>>,
    /// When a timer started it last.
    pub last_run_at: Option<DateTime<Utc>>,
    /// What a timer starts.
    pub starts: Option<String>,
}

impl From<Service> for ServiceView {
    fn from(service: Service) -> Self {
        Self {
            kind: service.kind.name(),
            state: service.state.name(),
            name: service.name,
            detail: service.detail,
            description: service.description,
            at_boot: service.at_boot,
            since: service.since,
            memory_bytes: service.memory_bytes,
            tasks: service.tasks,
            pid: service.pid,
            next_run_at: service.next,
            last_run_at: service.last,
            starts: Some(service.starts).filter(|starts| !starts.is_empty()),
        }
    }
}

/// One service in detail. Every text is the server's own: treat it as hostile.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ServiceDetails)]
pub struct DetailView {
    /// What the list tells of it.
    #[serde(flatten)]
    pub service: ServiceView,
    /// Its other names.
    pub aliases: Vec<String>,
    /// Why it ended, in the tool's own word: `exit-code`, `signal`; null where it runs or ended well.
    pub result: Option<String>,
    /// With which status its first process ended, where that is not 0.
    pub exit_status: Option<u32>,
    /// How often it was started again by itself.
    pub restarts: Option<u64>,
    /// What it runs.
    pub command_lines: Vec<String>,
    /// The files that it is made of; read them as files.
    pub files: Vec<String>,
    /// What must run for it, or should.
    pub needs: Vec<String>,
    /// What needs or wants it.
    pub needed_by: Vec<String>,
    /// The timers, sockets and paths that start it.
    pub started_by: Vec<String>,
    /// hannun or others come in through it: what stops it wants its name as `confirm`.
    pub is_way_in: bool,
    /// What makes sense to be done to it now.
    #[schema(example = json!(["stop", "restart"]))]
    pub actions: Vec<&'static str>,
    /// How we know.
    pub evidence: EvidenceView,
}

impl DetailView {
    fn new(details: ServiceDetails, evidence: Evidence) -> Self {
        Self {
            actions: Action::ALL.into_iter().filter(|action| action.is_for(&details)).map(Action::name).collect(),
            is_way_in: details.is_way_in(),
            service: details.service.into(),
            aliases: details.aliases,
            result: Some(details.result).filter(|result| !result.is_empty()),
            exit_status: details.exit_status,
            restarts: details.restarts,
            command_lines: details.runs,
            files: details.files,
            needs: details.needs,
            needed_by: details.needed_by,
            started_by: details.started_by,
            evidence: evidence.into(),
        }
    }
}

const SERVICES: Shape<ServiceView> = Shape {
    sorts: &[
        ("name", |service| Key::text(&service.name)),
        ("state", |service| Key::text(service.state)),
        ("since", |service| Key::time(service.since)),
        ("memory_bytes", |service| Key::whole(service.memory_bytes)),
        ("next_run_at", |service| Key::time(service.next_run_at)),
    ],
    default_sort: "name",
    identity: |service| service.name.clone(),
    texts: |service| vec![&service.name, &service.description, service.state],
};

/// The services and timers of the server now.
#[utoipa::path(
    operation_id = "list_services",
    get, path = "/api/v1/servers/{server}/services", tag = "services",
    params(("server" = String, Path, description = "Its name"), ListQuery),
    responses((status = 200, body = LivePage<ServiceView>)),
)]
pub async fn index(
    request: HttpRequest,
    app: Data<App>,
    asking: Asking,
    name: Path<String>,
    query: Parameters<ListQuery>,
) -> Result<Json<LivePage<ServiceView>>> {
    let host = app.hosts.open(asking.0, name.into_inner()).await?;
    let answer = naming(&request, CommandType::ListServices, services::list(&host).await)?;
    let services = answer.value.services.into_iter().map(ServiceView::from).collect();
    Ok(Json(LivePage::new(SERVICES.page(services, &query.0)?, answer.evidence)))
}

/// One service or timer.
#[utoipa::path(
    operation_id = "get_service",
    get, path = "/api/v1/servers/{server}/services/{unit}", tag = "services",
    params(("server" = String, Path, description = "Its name"), ("unit" = String, Path, description = "The name of the service")),
    responses((status = 200, body = DetailView)),
)]
pub async fn show(
    request: HttpRequest,
    app: Data<App>,
    asking: Asking,
    path: Path<(String, String)>,
) -> Result<Json<DetailView>> {
    let (name, unit) = path.into_inner();
    let host = app.hosts.open(asking.0, name).await?;
    let answer = ask(&request, &host, ReadService { name: unit_of(&unit)? }).await?;
    let details = answer.value.ok_or(Error::NotFound("The service"))?;
    Ok(Json(DetailView::new(details, answer.evidence)))
}

/// What cannot be the name of a service is none that there is.
fn unit_of(text: &str) -> Result<ServiceName> {
    ServiceName::read(text).ok_or(Error::NotFound("The service"))
}
