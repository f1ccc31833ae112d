//! Where uploaded files lie: one folder that nobody else may open, names that nobody chose, and room that is left (F05–F07).

use std::collections::HashMap;
use std::fs;
use std::io;
use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::SystemTime;

use bytes::Bytes;
use sha2::{Digest, Sha256};
use tokio::fs::File;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::config::UploadConfig;
use crate::error::{Error, Result};
use crate::language::Message;
use crate::models::artifacts::Artifact;
use crate::remote::new_token;

/// Uploads of one person at a time.
const AT_ONCE: usize = 2;
/// How often the room is looked at while a file comes, bytes.
const LOOK_EVERY: u64 = 16 << 20;
/// A piece of a file on its way to a server.
const PIECE: usize = 256 << 10;
/// The ending of a file that is not whole yet.
const PARTIAL: &str = "part";
/// Shared by whoever takes a file, in any process; who has it alone knows that nobody takes one now.
const LOCK: &str = "lock";

/// The folder of uploaded files; cheap to clone.
#[derive(Debug, Clone)]
pub struct ArtifactStore {
    folder: PathBuf,
    uploads: Arc<Mutex<HashMap<String, usize>>>,
    limits: UploadConfig,
}

/// A file that came whole. Dropped before it is kept, it leaves nothing.
#[derive(Debug)]
pub struct Received {
    partial: Partial,
    /// Its name in the folder, once it is kept.
    pub stored_name: String,
    /// Its size, bytes.
    pub size: u64,
    /// Its digest, in hexadecimal.
    pub sha256: String,
}

impl Received {
    /// Where it lies until it is kept, to be looked into.
    pub(super) fn path(&self) -> &Path {
        &self.partial.path
    }

    /// Keeps it under its name.
    pub(super) fn keep(mut self) -> Result<()> {
        fs::rename(&self.partial.path, self.partial.path.with_extension("")).map_err(of_disk)?;
        self.partial.is_kept = true;
        Ok(())
    }
}

/// A file that has no name of its own yet.
#[derive(Debug)]
struct Partial {
    path: PathBuf,
    is_kept: bool,
    _lock: fs::File,
}

impl Drop for Partial {
    fn drop(&mut self) {
        if !self.is_kept
            && let Err(problem) = fs::remove_file(&self.path)
        {
            tracing::warn!(%problem, "half an upload could not be removed; it is at the next start");
        }
    }
}

impl ArtifactStore {
    /// The store below a data directory. Makes nothing yet.
    pub fn in_folder(data_dir: &Path) -> Self {
        Self { folder: data_dir.join("artifacts"), uploads: Arc::default(), limits: UploadConfig::default() }
    }

    /// The same with other limits.
    #[must_use]
    pub fn within(self, limits: UploadConfig) -> Self {
        Self { limits, ..self }
    }

    /// Removes what an earlier process left half, at the start of this one. While any process takes a file, nothing is
    /// removed: it could be that one.
    pub fn tidy(&self) -> io::Result<()> {
        let lock = match self.lock_file() {
            Ok(lock) => lock,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
            Err(error) => return Err(error),
        };
        if lock.try_lock().is_err() {
            return Ok(());
        }
        for entry in fs::read_dir(&self.folder)? {
            let path = entry?.path();
            if path.extension().is_some_and(|ending| ending == PARTIAL) {
                fs::remove_file(path)?;
            }
        }
        Ok(())
    }

    /// The names of what was last changed before a moment: files of which some may be nobody's any more.
    pub fn older_than(&self, before: SystemTime) -> io::Result<Vec<String>> {
        let entries = match fs::read_dir(&self.folder) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(error),
        };
        let mut found = Vec::new();
        for entry in entries {
            let entry = entry?;
            let changed = match entry.metadata().and_then(|about| about.modified()) {
                Ok(changed) => changed,
                // It went in between.
                Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
                Err(error) => return Err(error),
            };
            let name = entry.file_name().to_string_lossy().into_owned();
            if changed < before && name != LOCK {
                found.push(name);
            }
        }
        Ok(found)
    }

    fn lock_file(&self) -> io::Result<fs::File> {
        use std::os::unix::fs::OpenOptionsExt;
        fs::OpenOptions::new().create(true).truncate(false).write(true).mode(0o600).open(self.folder.join(LOCK))
    }

    /// Begins to take a file of `who`, where there is room for what the sender tells, bytes.
    pub async fn receive(&self, who: &str, told: Option<u64>) -> Result<Incoming> {
        let turn = self.turn(who)?;
        self.make_folder()?;
        self.check_room(told.unwrap_or_default())?;
        let stored_name = new_token()?;
        let path = self.folder.join(&stored_name).with_extension(PARTIAL);
        let lock = self.lock_file().map_err(of_disk)?;
        // Held by nobody alone but for the moment of a start.
        lock.lock_shared().map_err(Error::internal)?;
        let mut options = File::options();
        options.write(true).create_new(true).mode(0o600);
        let file = options.open(&path).await.map_err(of_disk)?;
        let partial = Partial { path, is_kept: false, _lock: lock };
        let store = self.clone();
        Ok(Incoming { store, stored_name, partial, file, hash: Sha256::new(), size: 0, _turn: turn })
    }

    /// The file of an artifact, from its beginning.
    pub async fn open(&self, artifact: &Artifact) -> Result<Outgoing> {
        let file = File::open(self.folder.join(&artifact.stored_name)).await.map_err(|error| match error.kind() {
            io::ErrorKind::NotFound => Error::Unavailable(Message::new(
                "The uploaded file is not in the data directory of this process. Processes that share a database must share the folder artifacts, too",
            )),
            _ => Error::internal(error),
        })?;
        Ok(Outgoing(file))
    }

    /// Removes a file; one that is gone already is no problem.
    pub fn remove(&self, stored_name: &str) -> io::Result<()> {
        match fs::remove_file(self.folder.join(stored_name)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        }
    }

    /// Where the file of this name lies.
    pub fn place_of(&self, stored_name: &str) -> PathBuf {
        self.folder.join(stored_name)
    }

    /// Makes the folder where it is not there, and closes it to others.
    pub fn make_folder(&self) -> Result<()> {
        fs::DirBuilder::new().recursive(true).mode(0o700).create(&self.folder).map_err(of_disk)?;
        fs::set_permissions(&self.folder, fs::Permissions::from_mode(0o700)).map_err(of_disk)
    }

    fn turn(&self, who: &str) -> Result<Turn> {
        let mut uploads = self.uploads.lock().unwrap_or_else(PoisonError::into_inner);
        let count = uploads.entry(who.to_owned()).or_default();
        if *count >= AT_ONCE {
            return Err(Error::TooMany { retry_after_seconds: 5 });
        }
        *count += 1;
        Ok(Turn { who: who.to_owned(), uploads: Arc::clone(&self.uploads) })
    }

    /// What lies in the folder, those that are still coming and those of other processes too; bytes.
    fn taken(&self) -> io::Result<u64> {
        let mut taken = 0_u64;
        for entry in fs::read_dir(&self.folder)? {
            // What went in between takes nothing.
            taken = taken.saturating_add(entry?.metadata().map_or(0, |about| about.len()));
        }
        Ok(taken)
    }

    /// Refuses where `more` bytes would be too many.
    fn check_room(&self, more: u64) -> Result<()> {
        let UploadConfig { total, spare, spare_percent, .. } = self.limits;
        if self.taken().map_err(Error::internal)?.saturating_add(more) > total {
            let full = Message::new("Uploaded files may take {limit}, and this would be more. Delete some first");
            return Err(Error::NoRoom(full.with("limit", in_units(total))));
        }
        let disk = rustix::fs::statvfs(&self.folder).map_err(|error| Error::internal(io::Error::from(error)))?;
        let (free, all) = (disk.f_bavail.saturating_mul(disk.f_frsize), disk.f_blocks.saturating_mul(disk.f_frsize));
        if free < more.saturating_add(spare.max((all / 100).saturating_mul(spare_percent))) {
            return Err(Error::NoRoom(Message::new(
                "The disk of hannun is nearly full: nothing is uploaded until there is room",
            )));
        }
        Ok(())
    }
}

/// One of the uploads that a person may have at a time.
#[derive(Debug)]
struct Turn {
    who: String,
    uploads: Arc<Mutex<HashMap<String, usize>>>,
}

impl Drop for Turn {
    fn drop(&mut self) {
        let mut uploads = self.uploads.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = uploads.get_mut(&self.who) {
            *count -= 1;
            if *count == 0 {
                uploads.remove(&self.who);
            }
        }
    }
}

/// A file that is coming. Dropped before its end, it leaves nothing.
#[derive(Debug)]
pub struct Incoming {
    store: ArtifactStore,
    stored_name: String,
    partial: Partial,
    file: File,
    hash: Sha256,
    size: u64,
    _turn: Turn,
}

impl Incoming {
    /// Takes the next piece.
    pub async fn write(&mut self, bytes: &[u8]) -> Result<()> {
        let before = self.size / LOOK_EVERY;
        self.size += u64::try_from(bytes.len()).map_err(Error::internal)?;
        if self.size > self.store.limits.largest {
            return Err(Error::TooLarge);
        }
        if self.size / LOOK_EVERY != before {
            self.store.check_room(0)?;
        }
        self.hash.update(bytes);
        self.file.write_all(bytes).await.map_err(of_disk)?;
        // Others count what has come so far by what is on the disk.
        self.file.flush().await.map_err(of_disk)
    }

    /// The file is whole; it is still to be kept.
    pub async fn finish(mut self) -> Result<Received> {
        self.file.flush().await.map_err(of_disk)?;
        self.file.sync_all().await.map_err(of_disk)?;
        // Others may have come meanwhile, and not everybody tells before how much it will be.
        self.store.check_room(0)?;
        let Self { partial, stored_name, hash, size, .. } = self;
        Ok(Received { partial, stored_name, size, sha256: hex::encode(hash.finalize()) })
    }
}

/// A file on its way to a server.
#[derive(Debug)]
pub struct Outgoing(File);

impl Outgoing {
    /// The next piece; none at the end.
    pub async fn next(&mut self) -> Result<Option<Bytes>> {
        let mut piece = vec![0; PIECE];
        let read = self.0.read(&mut piece).await.map_err(Error::internal)?;
        piece.truncate(read);
        Ok((read > 0).then(|| Bytes::from(piece)))
    }
}

/// `20 GiB`; of less than one the bytes.
fn in_units(bytes: u64) -> String {
    if bytes >= 1 << 30 { format!("{} GiB", bytes >> 30) } else { format!("{bytes} B") }
}

fn of_disk(error: io::Error) -> Error {
    match error.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
            Error::NoRoom(Message::new("The disk of hannun is full: nothing was kept"))
        }
        _ => Error::internal(error),
    }
}
