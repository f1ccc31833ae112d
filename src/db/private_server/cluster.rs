//! Making the cluster: in a folder of another name first, so that a half-made one is never used.

use std::fs;
use std::os::unix::fs::DirBuilderExt;
use std::process::Stdio;

use super::Durability;
use super::binaries::Binaries;
use super::folders::{Folders, unusable};
use crate::db::roles::OWNER_ROLE;
use crate::error::{Error, Result};
use crate::language::Message;

/// The major version that made the cluster, where there is one.
pub(super) fn version(folders: &Folders) -> Option<String> {
    fs::read_to_string(folders.cluster().join("PG_VERSION")).ok().map(|text| text.trim().to_owned())
}

/// Runs `initdb` where there is no cluster yet.
///
/// `trust` is right here and only here: no network address is listened on, and only the account gets into the socket's folder.
pub(super) fn make_if_absent(binaries: &Binaries, folders: &Folders, durability: Durability) -> Result<()> {
    let (cluster, new) = (folders.cluster(), folders.new_cluster());
    if cluster.join("PG_VERSION").is_file() {
        return Ok(());
    }
    if new.exists() {
        fs::remove_dir_all(&new).map_err(|cause| unusable(&new, &cause))?;
    }
    fs::DirBuilder::new().mode(0o700).create(&new).map_err(|cause| unusable(&new, &cause))?;
    folders.give(&new)?;
    let output = folders
        .command(&binaries.initdb, "KILL")
        .args([
            "--auth=trust",
            "--encoding=UTF8",
            "--no-locale",
            "--no-instructions",
            "--username",
            OWNER_ROLE,
            "--pgdata",
        ])
        .arg(folders.seen(&new))
        .args((durability == Durability::None).then_some("--no-sync"))
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .output()
        .map_err(|cause| unusable(&binaries.initdb, &cause))?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        let why = said
            .lines()
            .find(|line| line.contains("error") || line.contains("FATAL"))
            .unwrap_or(said.trim())
            .to_owned();
        return Err(Error::Unavailable(
            Message::new("The private PostgreSQL could not be made: {why}").with("why", why),
        ));
    }
    fs::rename(&new, &cluster).map_err(|cause| unusable(&cluster, &cause))
}
