//! The regions of pages that ask the server itself: processes and filesystems, each with its evidence.

use std::time::Duration;

use super::page::{ProcessRow, TOP_PROCESSES};
use crate::commands::processes::ListProcesses;
use crate::commands::filesystems::ListFilesystems;
use crate::commands::Read;
use crate::error::RemoteError;
use crate::models::actor::Role;
use crate::remote::host::Host;
use crate::screens::filesystems::FilesystemRow;
use crate::screens::region::{EvidenceLine, Region};
use crate::web::format;

/// The answer to `command` within `patience`; none where it takes longer.
async fn ask<C: Read>(
    host: &Host,
    command: C,
    patience: Duration,
) -> Option<Result<(C::Output, EvidenceLine), RemoteError>> {
    let answer = tokio::time::timeout(patience, host.read(command)).await.ok()?;
    Some(answer.map(|answer| {
        let evidence = answer.evidence;
        let line = EvidenceLine { line: evidence.line, status: evidence.status, took: evidence.took, at: evidence.at };
        (answer.value, line)
    }))
}
