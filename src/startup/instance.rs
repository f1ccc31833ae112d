//! Which process this is, and which earlier ones of the same data directory ended without saying so.
//!
//! Each process holds a lock on a file of its own, and the kernel lets go of it when the process ends, however it ends. So
//! one that is started again after a crash need not wait until the leases of the crashed one run out.

use std::fs::{self, File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};

use super::ProcessRole;
use crate::error::{Error, Result};
use crate::models::ids::InstanceId;
use crate::models::instances::NewInstance;

/// This process.
pub(super) struct ThisInstance {
    /// What it says of itself.
    pub(super) introduction: NewInstance,
    /// Those that are certainly gone.
    pub(super) gone: Vec<InstanceId>,
    /// Held as long as the process lives.
    _place: Option<Place>,
}

/// A locked file; taken away by a process that ends well.
struct Place {
    path: PathBuf,
    _lock: File,
}

impl ThisInstance {
    /// This process, with a new id. A data directory that cannot be used costs only the wait for leases of a crashed one.
    pub(super) fn new(role: ProcessRole, data_dir: &Path) -> Result<Self> {
        let mut random = [0_u8; 8];
        getrandom::fill(&mut random).map_err(|error| Error::internal(anyhow::anyhow!("no random numbers: {error}")))?;
        let id = InstanceId(i64::from_ne_bytes(random) & i64::MAX);
        let introduction = NewInstance {
            id,
            host: host(),
            process_id: i32::try_from(std::process::id()).unwrap_or_default(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            serves: role != ProcessRole::Work,
            samples: role != ProcessRole::Web,
        };
        let folder = data_dir.join("instances");
        let (gone, place) = match take_place(&folder, id) {
            Ok((gone, place)) => (gone, Some(place)),
            Err(cause) => {
                tracing::debug!(%cause, folder = %folder.display(), "no place for this process");
                (Vec::new(), None)
            }
        };
        Ok(Self { introduction, gone, _place: place })
    }
}

/// Locks a file named `id`, and clears away those that nobody locks; gives their ids.
fn take_place(folder: &Path, id: InstanceId) -> io::Result<(Vec<InstanceId>, Place)> {
    fs::create_dir_all(folder)?;
    let mut gone = Vec::new();
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let Some(other) = entry.file_name().to_str().and_then(|name| name.parse().ok()) else { continue };
        match File::open(entry.path()).map(|file| file.try_lock()) {
            Ok(Ok(())) => {
                // One that is just being made is cleared away too: it only loses this place, not its life.
                gone.push(InstanceId(other));
                fs::remove_file(entry.path())?;
            }
            Ok(Err(TryLockError::WouldBlock | TryLockError::Error(_))) | Err(_) => {}
        }
    }
    let path = folder.join(id.to_string());
    let lock = File::create(&path)?;
    lock.try_lock()?;
    Ok((gone, Place { path, _lock: lock }))
}

impl Drop for Place {
    fn drop(&mut self) {
        // What stays is taken away by the next process.
        drop(fs::remove_file(&self.path));
    }
}

/// What this machine is called.
fn host() -> String {
    let name = ["/proc/sys/kernel/hostname", "/etc/hostname"].iter().find_map(|path| fs::read_to_string(path).ok());
    let name = name.unwrap_or_default();
    let name: String = name.trim().chars().filter(|sign| !sign.is_control()).take(255).collect();
    if name.is_empty() { "this machine".to_owned() } else { name }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rel_j05_one_that_starts_again_knows_which_ones_before_it_are_gone() {
        let folder = tempfile::tempdir().unwrap();
        let new = || ThisInstance::new(ProcessRole::All, folder.path()).unwrap();
        let (living, ended) = (new(), new());
        assert!(living.gone.is_empty() && ended.gone.is_empty());
        drop(ended);
        // A file that nobody holds is what a crash leaves behind.
        File::create(folder.path().join("instances/4711")).unwrap();
        let next = new();
        assert_eq!(next.gone, [InstanceId(4711)], "neither the one that lives nor the one that ended well");
        assert!(new().gone.is_empty(), "and each is told once");
    }

    #[test]
    fn a_process_without_a_place_starts_all_the_same() {
        let this = ThisInstance::new(ProcessRole::Web, Path::new("/proc/nowhere")).unwrap();
        assert!(this.gone.is_empty() && this.introduction.serves && !this.introduction.samples);
    }
}
