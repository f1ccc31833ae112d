//! The regions of pages that ask the server itself: processes and filesystems, each with its evidence.

use std::time::Duration;

use super::page::ProcessRow;
use crate::app::App;
use crate::error::Result;
use crate::models::actor::Role;
use crate::remote::host::Host;
use crate::screens::filesystems::FilesystemRow;
use crate::screens::gather::Stored;
use crate::screens::region::Region;

/// The processes that use most processor time.
pub async fn processes(_host: &Host, _patience: Option<Duration>, _role: Role) -> Result<Region<Vec<ProcessRow>>> {
    Ok(Region::Waiting)
}

/// What is mounted.
pub async fn filesystems(_app: &App, _stored: &Stored, _host: &Host, _patience: Option<Duration>, _role: Role) -> Result<Region<Vec<FilesystemRow>>> {
    Ok(Region::Waiting)
}
