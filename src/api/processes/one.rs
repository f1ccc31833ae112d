//! One process in detail.

use actix_web::HttpRequest;
use actix_web::web::{Data, Json, Path};
use serde::Serialize;
use utoipa::ToSchema;

use crate::api::evidence::{EvidenceView, ask};
use crate::api::sockets::SocketView;
use crate::app::App;
use crate::commands::ReadProcess;
use crate::commands::processes::one::{Limit, OpenFile, Parent, ProcessDetails};
use crate::error::{Error, Result};
use crate::remote::host::Evidence;
use crate::web::extract::Asking;

/// One process. Every text is the server's own: treat it as hostile.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ProcessDetails)]
pub struct DetailView {
    /// Its number.
    pub pid: u32,
    /// When it was started and in which boot, in the server's own words; give it back to send a signal.
    #[schema(example = "8060512@0b8f0d3c-1111-4222-8333-444455556666")]
    pub started_at: String,
    /// Its short name.
    pub name: String,
    /// `S (sleeping)`, or a letter.
    pub state: String,
    /// Who it acts as.
    pub user: String,
    /// That user's number.
    pub uid: Option<u32>,
    /// How long it has run, seconds.
    pub running_seconds: Option<u64>,
    /// Processor time used so far, seconds.
    pub cpu_seconds: Option<f64>,
    /// How many threads it has.
    pub threads: Option<u32>,
    /// A thread of the kernel, which takes no signals.
    pub is_kernel_thread: bool,
    /// Memory in use that is not swapped out, bytes.
    pub resident_bytes: Option<u64>,
    /// Memory of it that is swapped out, bytes.
    pub swapped_bytes: Option<u64>,
    /// The words of its command line.
    pub arguments: Vec<String>,
    /// The program's file.
    pub executable: Option<String>,
    /// Its working directory.
    pub directory: Option<String>,
    /// Its parents, the nearest first.
    pub parents: Vec<ParentView>,
    /// Where it stands in the tree of control groups.
    pub cgroup: Option<String>,
    /// The unit of systemd that it belongs to.
    pub unit: Option<String>,
    /// What it may use.
    pub limits: Vec<LimitView>,
    /// What it has open, sockets left out, at most about 2,000; null where the server does not tell, because that takes root.
    pub files: Option<Vec<FileView>>,
    /// How many descriptors are open besides of which the server does not tell what they are, because that takes root.
    pub hidden_files: usize,
    /// Its network sockets; null where the server does not tell.
    pub sockets: Option<Vec<SocketView>>,
    /// How we know.
    pub evidence: EvidenceView,
}

/// A process that another one comes from.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ProcessParent)]
pub struct ParentView {
    /// Its number.
    pub pid: u32,
    /// Its short name.
    pub name: String,
}

/// One limit, as the kernel words it.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ProcessLimit)]
pub struct LimitView {
    /// `Max open files`
    pub name: String,
    /// What ends it, or `unlimited`.
    pub soft: String,
    /// What the soft one can be raised to.
    pub hard: String,
    /// `files`; empty where it has none.
    pub unit: String,
}

/// A file, pipe or device that a process has open.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = OpenFile)]
pub struct FileView {
    /// Its number in the process.
    pub descriptor: u32,
    /// `r`, `w`, or `u` for both.
    pub access: char,
    /// Its path, or `pipe:[…]`; with `(deleted)` behind it where no folder has it any more.
    pub target: String,
}

impl DetailView {
    fn new(process: ProcessDetails, evidence: Evidence) -> Self {
        let is_hidden = process.files.is_none();
        let sockets = process.sockets.iter().cloned().map(SocketView::from).collect::<Vec<_>>();
        let file = |file: OpenFile| FileView {
            descriptor: file.descriptor,
            access: file.access.letter(),
            target: file.target,
        };
        Self {
            pid: process.pid,
            started_at: process.started.to_string(),
            unit: process.unit().map(str::to_owned),
            name: process.name,
            state: process.state,
            user: process.user,
            uid: process.uid,
            running_seconds: process.running.map(|running| running.as_secs()),
            cpu_seconds: process.processor.map(|processor| processor.as_secs_f64()),
            threads: process.threads,
            is_kernel_thread: process.is_kernel,
            resident_bytes: process.resident_bytes,
            swapped_bytes: process.swapped_bytes,
            arguments: process.arguments,
            executable: process.executable,
            directory: process.directory,
            parents: process.parents.into_iter().map(|Parent { pid, name }| ParentView { pid, name }).collect(),
            cgroup: process.cgroup,
            limits: process
                .limits
                .into_iter()
                .map(|Limit { name, soft, hard, unit }| LimitView { name, soft, hard, unit })
                .collect(),
            hidden_files: process.hidden_files,
            files: process.files.map(|files| files.into_iter().map(file).collect()),
            sockets: (!is_hidden || !sockets.is_empty()).then_some(sockets),
            evidence: evidence.into(),
        }
    }
}

/// One process that runs now, with its parents, limits, open files and sockets. Its environment is not told here.
#[utoipa::path(
    operation_id = "get_process",
    get, path = "/api/v1/servers/{server}/processes/{pid}", tag = "servers",
    params(("server" = String, Path, description = "Its name"), ("pid" = u32, Path, description = "The process's number")),
    responses((status = 200, body = DetailView)),
)]
pub async fn show(
    request: HttpRequest,
    app: Data<App>,
    asking: Asking,
    path: Path<(String, String)>,
) -> Result<Json<DetailView>> {
    let (name, pid) = path.into_inner();
    let host = app.hosts.open(asking.0, name).await?;
    let pid: u32 = pid.parse().map_err(|_not_a_number| Error::NotFound("The process"))?;
    let answer = ask(&request, &host, ReadProcess { pid }).await?;
    let process = answer.value.ok_or(Error::NotFound("The process"))?;
    Ok(Json(DetailView::new(process, answer.evidence)))
}
