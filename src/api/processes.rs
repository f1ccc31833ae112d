//! `/servers/{server}/processes`: what runs, and what each process listens at.

use actix_web::HttpRequest;
use actix_web::web::{Data, Json, Path};
use futures_util::future::join;
use serde::Serialize;
use utoipa::ToSchema;

use super::evidence::{EvidenceView, LivePage, ask};
use super::input::Parameters;
use super::paging::{Key, ListQuery, Shape};
use super::sockets::SocketView;
use crate::app::App;
use crate::commands::processes::{ListProcesses, Process};
use crate::commands::sockets::ListSockets;
use crate::error::{Error, Result};
use crate::web::extract::Asking;

/// A running process. Every text is the server's own: treat it as hostile.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Process)]
pub struct ProcessView {
    /// Its number; numbers are used again, so look at `started_at` as well.
    pub pid: u32,
    /// Its parent's number.
    pub parent_pid: u32,
    /// Who it runs as; a number where the name is not known.
    pub user: String,
    /// Percent of one core, averaged over its life.
    pub average_cpu_percent: Option<f64>,
    /// Percent of the installed memory.
    pub memory_percent: Option<f64>,
    /// Memory in use that is not swapped out, bytes.
    pub resident_bytes: Option<u64>,
    /// Processor time used so far, seconds.
    pub cpu_seconds: Option<f64>,
    /// When it was started, in the server's own words; with the pid, it names this process and no later one.
    pub started_at: Option<String>,
    /// How long it has run, seconds.
    pub running_seconds: Option<u64>,
    /// `R`, `S`, `D`, `Z`, with what `ps` adds.
    pub state: String,
    /// The program's short name.
    pub name: String,
    /// The whole command line; a kernel thread's name in brackets.
    pub command: String,
}

/// One process with the sockets that it listens at.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ProcessWithSockets)]
pub struct OneProcessView {
    /// The process.
    #[serde(flatten)]
    pub process: ProcessView,
    /// What it listens at; null where the server does not tell whose sockets are, because that takes root.
    pub sockets: Option<Vec<SocketView>>,
    /// How we know.
    pub evidence: EvidenceView,
}

impl ProcessView {
    fn new(process: Process, ticks_per_second: Option<u32>) -> Self {
        #[expect(clippy::cast_precision_loss, reason = "processor time, for people and graphs")]
        let seconds = |ticks: u64, rate: u32| ticks as f64 / f64::from(rate.max(1));
        Self {
            cpu_seconds: process.cpu_ticks.zip(ticks_per_second).map(|(ticks, rate)| seconds(ticks, rate)),
            pid: process.pid,
            parent_pid: process.parent,
            user: process.user,
            average_cpu_percent: process.average_cpu_percent,
            memory_percent: process.memory_percent,
            resident_bytes: process.resident_bytes,
            started_at: process.started_at,
            running_seconds: process.running_seconds,
            state: process.state,
            name: process.name,
            command: process.command,
        }
    }
}

const LIST: Shape<ProcessView> = Shape {
    sorts: &[
        ("pid", |process| Key::whole(Some(process.pid.into()))),
        ("name", |process| Key::text(&process.name)),
        ("user", |process| Key::text(&process.user)),
        ("average_cpu_percent", |process| Key::number(process.average_cpu_percent)),
        ("memory_percent", |process| Key::number(process.memory_percent)),
        ("resident_bytes", |process| Key::whole(process.resident_bytes)),
        ("cpu_seconds", |process| Key::number(process.cpu_seconds)),
        ("running_seconds", |process| Key::whole(process.running_seconds)),
    ],
    default_sort: "pid",
    identity: |process| format!("{:010}", process.pid),
    texts: |process| vec![&process.name, &process.command, &process.user],
};

/// What runs on the server now. `q` looks at name, command line and user.
#[utoipa::path(
    operation_id = "list_processes",
    get, path = "/api/v1/servers/{server}/processes", tag = "servers",
    params(("server" = String, Path, description = "Its name"), ListQuery),
    responses((status = 200, body = LivePage<ProcessView>)),
)]
pub async fn index(
    request: HttpRequest,
    app: Data<App>,
    asking: Asking,
    name: Path<String>,
    query: Parameters<ListQuery>,
) -> Result<Json<LivePage<ProcessView>>> {
    let host = app.hosts.open(asking.0, name.into_inner()).await?;
    let answer = ask(&request, &host, ListProcesses).await?;
    let rate = answer.value.ticks_per_second;
    let processes = answer.value.processes.into_iter().map(|process| ProcessView::new(process, rate)).collect();
    Ok(Json(LivePage::new(LIST.page(processes, &query.0)?, answer.evidence)))
}

/// One process that runs now, with the sockets that it listens at.
#[utoipa::path(
    operation_id = "get_process",
    get, path = "/api/v1/servers/{server}/processes/{pid}", tag = "servers",
    params(("server" = String, Path, description = "Its name"), ("pid" = u32, Path, description = "The process's number")),
    responses((status = 200, body = OneProcessView)),
)]
pub async fn show(
    request: HttpRequest,
    app: Data<App>,
    asking: Asking,
    path: Path<(String, String)>,
) -> Result<Json<OneProcessView>> {
    let (name, pid) = path.into_inner();
    let host = app.hosts.open(asking.0, name).await?;
    let pid: u32 = pid.parse().map_err(|_not_a_number| Error::NotFound("The process"))?;
    let (processes, sockets) = join(ask(&request, &host, ListProcesses), ask(&request, &host, ListSockets)).await;
    let (processes, sockets) = (processes?, sockets?.value);
    let rate = processes.value.ticks_per_second;
    let process = processes.value.processes.into_iter().find(|process| process.pid == pid);
    let process = process.ok_or(Error::NotFound("The process"))?;
    let hidden = sockets.hidden_owners;
    let own: Vec<SocketView> = sockets
        .sockets
        .into_iter()
        .filter(|socket| socket.owners.iter().any(|owner| owner.pid == pid))
        .map(SocketView::from)
        .collect();
    Ok(Json(OneProcessView {
        process: ProcessView::new(process, rate),
        sockets: (!own.is_empty() || !hidden).then_some(own),
        evidence: processes.evidence.into(),
    }))
}
