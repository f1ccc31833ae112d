//! Making a backup, while hannun runs or not.

use std::fs::File;
use std::io::{self, BufWriter, Read, Write};
use std::path::{Path, PathBuf};

use chrono::{DateTime, Utc};
use serde::Serialize;

use super::archive::Packing;
use super::file::NewFile;
use super::stream::Sealing;
use super::{ABOUT, ARTIFACTS, About, BackupError, DUMP, HEADS, Tell};
use crate::clock::Clock;
use crate::db::programs::{Program, Work};
use crate::db::{Connection, establish, migrate, restoring, snapshot};
use crate::error::Error;
use crate::installations::artifact_store::ArtifactStore;
use crate::models::actor::Actor;
use crate::models::artifacts::Artifact;
use crate::models::audit::kept_heads::KeptHeads;
use crate::models::audit::{AuditEntry, Outcome};
use crate::models::data_keys::DataKey;
use crate::models::data_keys::rotation::Rotation;
use crate::secret::SecretText;
use crate::secret::seal::KeyFile;

/// What is backed up, and with what.
#[derive(Debug, Clone)]
pub struct Source {
    /// Where the database is.
    pub url: SecretText,
    /// Where uploaded files and the kept ends of the audit log are.
    pub data_dir: PathBuf,
    /// Where the key file is.
    pub key_path: PathBuf,
    /// Where `pg_dump` is, if not in one of the usual places.
    pub programs: Option<PathBuf>,
}

/// A backup that was made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Made {
    /// What it says of itself.
    pub about: About,
    /// How large the file is, bytes.
    pub bytes: u64,
    /// How large the dump in it is, bytes.
    pub dump_bytes: u64,
    /// How many uploaded files are in it.
    pub files: usize,
    /// Uploaded files that the database knows and that are not there.
    pub missing: Vec<String>,
    /// The mark of the key file that opens it.
    pub key: String,
    /// Where that key file is.
    pub key_path: PathBuf,
}

/// Writes a backup to `file`, which must not be there. `actor` asked for it.
pub fn back_up(source: &Source, file: &Path, actor: &Actor, tell: Tell) -> Result<Made, BackupError> {
    let (target, written) = NewFile::beside(file)?;
    let mut connection = establish(&source.url)?;
    restoring::refuse_unfinished(&mut connection)?;
    let key = key(&mut connection, &source.key_path)?;
    // Read before the state that is kept begins: what stands here is in that state, too.
    let heads = content_of(KeptHeads::in_folder(&source.data_dir).path())?;
    let made_at = Clock::system().now();
    let name = snapshot::begin(&mut connection)?;
    tell("Counting …");
    let major = snapshot::server_major(&mut connection)?;
    let program = Program::find("pg_dump", major, source.programs.as_deref())?;
    let about = About {
        version: env!("CARGO_PKG_VERSION").to_owned(),
        made_at,
        postgresql: major,
        pg_dump: program.major,
        changes: migrate::applied(&mut connection)?,
        rows: snapshot::rows(&mut connection)?,
    };
    let artifacts = Artifact::stored(&mut connection).map_err(Error::from)?;

    let unwritable = |cause| BackupError::Unwritable { path: file.to_owned(), cause };
    let sealing = Sealing::begin(BufWriter::new(&written), &key).map_err(unwritable)?;
    let mut packing = Packing::new(sealing);
    let text = serde_json::to_vec(&about).map_err(Error::internal)?;
    packing.add(ABOUT, text.as_slice()).map_err(unwritable)?;
    let (mut files, mut missing) = (0, Vec::new());
    for (file_name, stored_name) in artifacts {
        tell(&format!("Adding {file_name} …"));
        let path = ArtifactStore::in_folder(&source.data_dir).place_of(&stored_name);
        match File::open(&path) {
            Ok(content) => {
                packing.add(&format!("{ARTIFACTS}{stored_name}"), content).map_err(unwritable)?;
                files += 1;
            }
            Err(cause) if cause.kind() == io::ErrorKind::NotFound => missing.push(file_name),
            Err(cause) => return Err(BackupError::Unreadable { path, cause }),
        }
    }
    packing.add(HEADS, heads.as_slice()).map_err(unwritable)?;
    tell("Dumping the database …");
    let dump_bytes = dump(&program, &source.url, &name, &mut packing, &unwritable)?;
    snapshot::end(&mut connection)?;
    let mut whole = packing.finish().map_err(unwritable)?;
    whole.flush().map_err(unwritable)?;
    drop(whole);
    record(&mut connection, actor, file, made_at)?;
    let bytes = written.metadata().map_err(unwritable)?.len();
    target.keep(&written)?;
    let (mark, key_path) = (key.mark().map_err(Error::internal)?, key.path().to_owned());
    Ok(Made { about, bytes, dump_bytes, files, missing, key: mark, key_path })
}

/// The key file, which opens what the database holds and stays the same until the backup is made.
fn key(connection: &mut Connection, path: &Path) -> Result<KeyFile, BackupError> {
    if !Rotation::keep_away(connection)? {
        return Err(BackupError::Rotating);
    }
    let place = KeyFile::place(path);
    if KeyFile::successor_of(&place).exists() {
        return Err(BackupError::RotationUnfinished);
    }
    DataKey::open_sealer(connection, path)?;
    Ok(KeyFile::open(&place, false)?)
}

/// The database as the snapshot `name` shows it. Owners and grants are those of where it will be restored.
fn dump<W: Write>(
    program: &Program,
    url: &SecretText,
    name: &str,
    packing: &mut Packing<W>,
    unwritable: &dyn Fn(io::Error) -> BackupError,
) -> Result<u64, BackupError> {
    let snapshot = format!("--snapshot={name}");
    let arguments = [
        "--format=custom",
        "--no-owner",
        "--no-privileges",
        "--no-comments",
        "--no-security-labels",
        "--no-publications",
        "--no-subscriptions",
        "--no-unlogged-table-data",
        "--lock-wait-timeout=60s",
        &snapshot,
    ];
    let mut running = program.start(&arguments, url, Work::Gives)?;
    let output = running.output();
    let added = match output {
        Some(output) => packing.add(DUMP, output),
        None => packing.add(DUMP, io::empty()),
    };
    // Where the file cannot be written any more, the program has not failed: it is ended.
    let bytes = added.map_err(unwritable)?;
    running.finish()?;
    Ok(bytes)
}

/// Who took everything out of here is written down before there is a file.
fn record(connection: &mut Connection, actor: &Actor, file: &Path, made_at: DateTime<Utc>) -> Result<(), BackupError> {
    let entry = AuditEntry::by(actor, "back_up").target(&file.display().to_string()).detail("state_of", made_at);
    entry.record(connection, Outcome::Succeeded, Clock::system().now())?;
    Ok(())
}

/// What stands in a file; nothing where there is none.
fn content_of(path: &Path) -> Result<Vec<u8>, BackupError> {
    let mut content = Vec::new();
    match File::open(path).and_then(|mut file| file.read_to_end(&mut content)) {
        Err(cause) if cause.kind() != io::ErrorKind::NotFound => {
            Err(BackupError::Unreadable { path: path.to_owned(), cause })
        }
        _ => Ok(content),
    }
}
