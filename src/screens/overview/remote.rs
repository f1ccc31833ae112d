//! The regions of pages that ask the server itself: processes and filesystems, each with its evidence.

use std::time::Duration;

use super::page::{ProcessRow, TOP_PROCESSES};
use crate::app::App;
use crate::commands::Read;
use crate::commands::filesystems::{Filesystem, ListFilesystems};
use crate::commands::processes::{ListProcesses, Process};
use crate::error::Result;
use crate::metrics::catalogue::Metric;
use crate::models::actor::Role;
use crate::remote::host::{Answer, Host};
use crate::screens::filesystems::{FilesystemRow, Share, full_in, size};
use crate::screens::gather;
use crate::screens::numbers::{Numbers, plotted};
use crate::screens::region::Region;
use crate::screens::trend::{Trend, trend};
use crate::web::format;

/// The answer to `command` within `patience`; none where it takes longer, or where nobody wants it now.
async fn ask<C: Read>(host: &Host, command: C, patience: Option<Duration>) -> Option<Result<Answer<C::Output>>> {
    tokio::time::timeout(patience?, host.read(command)).await.ok()
}

/// The processes that use most processor time.
pub async fn processes(host: &Host, patience: Option<Duration>, role: Role) -> Result<Region<Vec<ProcessRow>>> {
    Region::of(ask(host, ListProcesses, patience).await, role, busiest)
}

fn busiest(mut processes: Vec<Process>) -> Vec<ProcessRow> {
    let cpu = |process: &Process| process.cpu_percent.unwrap_or(-1.0);
    processes.sort_by(|one, other| cpu(other).total_cmp(&cpu(one)).then(one.pid.cmp(&other.pid)));
    let say = |percent: Option<f64>| percent.map(format::short).unwrap_or_default();
    let row = |process: Process| ProcessRow {
        pid: process.pid.to_string(),
        cpu: say(process.cpu_percent),
        memory: say(process.memory_percent),
        command: process.command,
    };
    processes.into_iter().take(TOP_PROCESSES).map(row).collect()
}
