//! `/servers/{server}/processes`: what runs, one process in detail, and signals to it.

pub mod one;
pub mod signals;

use actix_web::HttpRequest;
use actix_web::web::{Data, Json, Path};
use serde::Serialize;
use utoipa::ToSchema;

use super::evidence::{LivePage, naming};
use super::input::Parameters;
use super::paging::{Key, ListQuery, Shape};
use crate::app::App;
use crate::commands::CommandType;
use crate::commands::processes::Process;
use crate::error::Result;
use crate::metrics::running::Running;
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
    /// Percent of one core now: between this reading and one of a moment ago. Null where it has just begun.
    pub cpu_percent: Option<f64>,
    /// Percent of one core, averaged over its life.
    pub average_cpu_percent: Option<f64>,
    /// Percent of the installed memory.
    pub memory_percent: Option<f64>,
    /// Memory in use that is not swapped out, bytes.
    pub resident_bytes: Option<u64>,
    /// Processor time used so far, seconds.
    pub cpu_seconds: Option<f64>,
    /// How many threads it has.
    pub threads: Option<u32>,
    /// A thread of the kernel, which takes no signals.
    pub is_kernel_thread: bool,
    /// When it was started and in which boot, in the server's own words; with the pid, it names this process and no later
    /// one. Give it back to send a signal.
    #[schema(example = "8060512@0b8f0d3c-1111-4222-8333-444455556666")]
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

impl ProcessView {
    fn all(running: Running) -> Vec<Self> {
        let Running { list, usage, .. } = running;
        let rate = list.ticks_per_second;
        let named: Vec<Option<String>> =
            list.processes.iter().map(|process| list.started(process).map(|started| started.to_string())).collect();
        let usage = usage.unwrap_or_default();
        let view = |(process, started_at): (Process, Option<String>)| Self {
            started_at,
            cpu_percent: usage.get(&process.pid).copied(),
            ..Self::new(process, rate)
        };
        list.processes.into_iter().zip(named).map(view).collect()
    }

    fn new(process: Process, ticks_per_second: Option<u32>) -> Self {
        #[expect(clippy::cast_precision_loss, reason = "processor time, for people and graphs")]
        let seconds = |ticks: u64, rate: u32| ticks as f64 / f64::from(rate.max(1));
        Self {
            cpu_percent: None,
            cpu_seconds: process.cpu_ticks.zip(ticks_per_second).map(|(ticks, rate)| seconds(ticks, rate)),
            pid: process.pid,
            parent_pid: process.parent,
            user: process.user,
            average_cpu_percent: process.average_cpu_percent,
            memory_percent: process.memory_percent,
            resident_bytes: process.resident_bytes,
            threads: process.threads,
            is_kernel_thread: process.is_kernel,
            started_at: None,
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
        ("cpu_percent", |process| Key::number(process.cpu_percent)),
        ("threads", |process| Key::whole(process.threads.map(u64::from))),
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

/// What runs on the server now. `q` looks at name, command line and user. The first question in a while takes a second
/// longer: what a process uses now is the difference of two readings.
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
    let answer = Running::read(&host, &app.live.server(host.server().id), true).await;
    let answer = naming(&request, CommandType::ListProcesses, answer)?;
    Ok(Json(LivePage::new(LIST.page(ProcessView::all(answer.value), &query.0)?, answer.evidence)))
}
