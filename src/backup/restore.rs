//! Restoring a backup into an empty database: all of it is checked before anything is changed.

use std::fs::File;
use std::io::{self, BufReader, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use chrono::{DateTime, Utc};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::archive::{Digesting, MANIFEST, Part, Unpacking};
use super::file::NewFile;
use super::stream::{Flaw, Head, Opening};
use super::{ABOUT, ARTIFACTS, About, BackupError, DUMP, HEADS, Settled, Tell, unreadable};
use crate::clock::Clock;
use crate::db::private_server::make_data_dir;
use crate::db::programs::{Program, Work};
use crate::db::restoring::Obstacle;
use crate::db::{Connection, establish, migrate, restoring, snapshot};
use crate::error::Error;
use crate::installations::artifact_store::ArtifactStore;
use crate::models::actor::Actor;
use crate::models::audit;
use crate::models::audit::kept_heads::KeptHeads;
use crate::models::data_keys::DataKey;
use crate::models::restored;
use crate::secret::SecretText;
use crate::secret::seal::KeyFile;

/// Longest text about a backup, bytes.
const LONGEST: u64 = 256 << 20;

/// A backup that is whole, and that this key file opens.
#[derive(Debug)]
pub struct Checked {
    /// What it says of itself.
    pub about: About,
    /// How many uploaded files are in it.
    pub files: usize,
    path: PathBuf,
    file: File,
    head: Head,
    key: KeyFile,
    parts: Vec<Part>,
}

/// Where it is restored.
#[derive(Debug, Clone)]
pub struct Target {
    /// The database, for whoever is to own its tables.
    pub owner: SecretText,
    /// The role that hannun works as, where that is another one.
    pub application_role: Option<String>,
    /// Where uploaded files and the kept ends of the audit log belong.
    pub data_dir: PathBuf,
    /// Where `pg_restore` is, if not in one of the usual places.
    pub programs: Option<PathBuf>,
}

/// A database with the tables and rows of a backup, which nobody works with yet.
pub struct Filled {
    checked: Checked,
    target: Target,
    /// Holds other restores off.
    connection: Connection,
    earlier_heads: Option<PathBuf>,
}

/// What was restored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Restored {
    /// What the backup says of itself.
    pub about: About,
    /// How many uploaded files were put in their place.
    pub files: usize,
    /// What was ended.
    pub ended: Settled,
    /// Where the kept ends of the audit log are that were here before.
    pub earlier_heads: Option<PathBuf>,
}

/// Reads all of the backup at `path`, and changes nothing.
pub fn check(path: &Path, key_path: &Path, tell: Tell) -> Result<Checked, BackupError> {
    let of_file = |cause| unreadable(path, cause);
    let mut file = File::open(path).map_err(of_file)?;
    let head = Head::read(&mut file).map_err(of_file)?;
    let key = key_of(path, &head, key_path)?;
    tell("Checking …");
    let mut from = opened(&file, &head, &key).map_err(of_file)?;
    let (about, parts) = read_all(&mut from).map_err(of_file)?;
    drop(from);
    let known = migrate::known()?;
    if let Some(change) = about.changes.iter().find(|change| !known.contains(change)) {
        return Err(BackupError::Newer { version: about.version, change: change.clone() });
    }
    let files = parts.iter().filter(|part| part.name.starts_with(ARTIFACTS)).count();
    Ok(Checked { about, files, path: path.to_owned(), file, head, key, parts })
}

/// The key file, if it is the one that the backup needs.
fn key_of(file: &Path, head: &Head, key_path: &Path) -> Result<KeyFile, BackupError> {
    let (path, mark) = (KeyFile::place(key_path), head.mark());
    if !path.exists() {
        return Err(BackupError::NoKey { path, mark });
    }
    let key = KeyFile::open(&path, false)?;
    let own = key.mark().map_err(Error::internal)?;
    if own == mark {
        return Ok(key);
    }
    let earlier = KeyFile::earlier(&path).into_iter().find(|key| key.mark().is_ok_and(|found| found == mark));
    let earlier = earlier.map(|key| key.path().to_owned());
    Err(BackupError::AnotherKey { file: file.to_owned(), path, mark, own, earlier })
}

type Unpacked<'a> = Unpacking<BufReader<&'a File>>;

/// From its beginning.
fn opened<'a>(file: &'a File, head: &Head, key: &KeyFile) -> io::Result<Unpacked<'a>> {
    let mut from = BufReader::with_capacity(256 << 10, file);
    from.seek(SeekFrom::Start(0))?;
    if Head::read(&mut from)? != *head {
        return Err(Flaw::Disorder("it is another file than before").into());
    }
    Ok(Unpacking::new(Opening::new(from, head.clone(), key)?))
}

/// Reads every part, and compares all of them with the list at the end.
fn read_all(from: &mut Unpacking<impl Read>) -> io::Result<(About, Vec<Part>)> {
    let (mut about, mut parts, mut list) = (None, Vec::new(), None);
    while let Some(name) = from.next_part()? {
        if list.is_some() {
            return Err(Flaw::Disorder("something follows the list of its parts").into());
        }
        if name == MANIFEST {
            list = Some(json::<Vec<Part>>(from)?);
            continue;
        }
        let mut content = Digesting::new(&mut *from);
        match name.strip_prefix(ARTIFACTS) {
            // It becomes the name of a file.
            Some(stored) if stored.is_empty() || !stored.bytes().all(|byte| byte.is_ascii_alphanumeric()) => {
                return Err(Flaw::Disorder("a file has a name that hannun gives to none").into());
            }
            None if name == ABOUT => about = Some(json(&mut content)?),
            _ => drop(io::copy(&mut content, &mut io::sink())?),
        }
        parts.push(content.part(&name));
    }
    let (Some(about), Some(list)) = (about, list) else {
        return Err(Flaw::Disorder("one of its parts is missing").into());
    };
    if list != parts || !parts.iter().any(|part| part.name == DUMP) {
        return Err(Flaw::Disorder("its parts are not those of its list").into());
    }
    Ok((about, parts))
}

fn json<T: DeserializeOwned>(from: &mut impl Read) -> io::Result<T> {
    let mut text = Vec::new();
    from.take(LONGEST).read_to_end(&mut text)?;
    serde_json::from_slice(&text).map_err(|_malformed| Flaw::Disorder("what it says of itself cannot be read").into())
}

/// Puts what was checked into an empty database, and the files into their places. Where that fails, the database is as it was.
///
/// Nothing works with the database yet: [`Filled::migrate`], then the queue's own tables, then [`Filled::finish`].
pub fn fill(checked: Checked, target: Target, tell: Tell) -> Result<Filled, BackupError> {
    make_data_dir(&target.data_dir)?;
    let mut connection = establish(&target.owner)?;
    let (server, backup) = (snapshot::server_major(&mut connection)?, checked.about.postgresql);
    if server < backup {
        return Err(BackupError::OlderServer { backup, server });
    }
    let wanted = server.max(checked.about.pg_dump);
    let program = Program::find("pg_restore", wanted, target.programs.as_deref())?;
    match restoring::begin(&mut connection)? {
        None => {}
        Some(Obstacle::Busy) => return Err(BackupError::Busy),
        Some(Obstacle::NotTheOwner) => return Err(BackupError::NotTheOwner),
        Some(Obstacle::NotEmpty { count, first }) => return Err(BackupError::NotEmpty { count, first }),
    }
    match fill_marked(&checked, &target, &program, &mut connection, tell) {
        Ok(earlier_heads) => Ok(Filled { checked, target, connection, earlier_heads }),
        Err(problem) => {
            if let Err(also) = restoring::give_up(&mut connection) {
                tracing::warn!(%also, "the mark of the restore stays in the database; the next restore takes it away");
            }
            Err(problem)
        }
    }
}

fn fill_marked(
    checked: &Checked,
    target: &Target,
    program: &Program,
    connection: &mut Connection,
    tell: Tell,
) -> Result<Option<PathBuf>, BackupError> {
    let of_file = |cause| unreadable(&checked.path, cause);
    let (mut staged, mut heads) = (Vec::new(), Vec::new());
    let store = ArtifactStore::in_folder(&target.data_dir);
    let mut from = opened(&checked.file, &checked.head, &checked.key).map_err(of_file)?;
    while let Some(name) = from.next_part().map_err(of_file)? {
        if let Some(stored) = name.strip_prefix(ARTIFACTS) {
            tell(&format!("Taking the file {stored} …"));
            store.make_folder()?;
            let part = checked.parts.iter().find(|part| part.name == name);
            staged.extend(stage(&store.place_of(stored), part, &mut from)?);
        } else if name == HEADS {
            from.read_to_end(&mut heads).map_err(of_file)?;
        } else if name == DUMP {
            tell("Restoring the database …");
            put_back(program, &target.owner, &mut from, &of_file)?;
        }
    }
    let rows = snapshot::rows(connection)?;
    for (table, wanted) in &checked.about.rows {
        let found = rows.get(table).copied().unwrap_or_default();
        if found != *wanted {
            return Err(BackupError::OtherRows { table: table.clone(), found, wanted: *wanted });
        }
    }
    for (file, content) in staged {
        file.keep(&content)?;
    }
    put_heads(&target.data_dir, &heads, Clock::system().now())
}

/// Writes a file that has its name only later; nothing where the same one is there already.
fn stage(place: &Path, part: Option<&Part>, from: &mut impl Read) -> Result<Option<(NewFile, File)>, BackupError> {
    if let Ok(file) = File::open(place) {
        let mut there = Digesting::new(file);
        let read = io::copy(&mut there, &mut io::sink());
        let name = part.map_or("", |part| &part.name);
        if read.is_ok() && part == Some(&there.part(name)) {
            return Ok(None);
        }
    }
    let (staged, mut file) = NewFile::instead_of(place)?;
    io::copy(from, &mut file).map_err(|cause| BackupError::Unwritable { path: place.to_owned(), cause })?;
    Ok(Some((staged, file)))
}

/// Gives the dump to `pg_restore`, which does all of it or nothing.
fn put_back(
    program: &Program,
    url: &SecretText,
    from: &mut impl Read,
    of_file: &dyn Fn(io::Error) -> BackupError,
) -> Result<(), BackupError> {
    let arguments = [
        "--format=custom",
        "--no-owner",
        "--no-privileges",
        "--no-comments",
        "--single-transaction",
        "--exit-on-error",
    ];
    let mut running = program.start(&arguments, url, Work::Takes)?;
    let mut input = running.input();
    let given = match &mut input {
        Some(input) => io::copy(from, input).and_then(|_| input.flush()),
        None => Ok(()),
    };
    match given {
        // It reads no further once it has failed, and says why.
        Err(cause) if cause.kind() != io::ErrorKind::BrokenPipe => {
            // Ended first: what hears the end of its input might take it for the whole.
            drop(running);
            Err(of_file(cause))
        }
        _ => {
            drop(input);
            Ok(running.finish()?)
        }
    }
}

/// Puts the kept ends of the audit log in their place. Those that were there tell of a log that is not here any more: they stay beside
/// them, and where they are is told.
fn put_heads(data_dir: &Path, heads: &[u8], now: DateTime<Utc>) -> Result<Option<PathBuf>, BackupError> {
    let path = KeptHeads::in_folder(data_dir).path().to_owned();
    let unwritable = |cause| BackupError::Unwritable { path: path.clone(), cause };
    let there = match std::fs::read(&path) {
        Ok(there) => there,
        Err(cause) if cause.kind() == io::ErrorKind::NotFound => Vec::new(),
        Err(cause) => return Err(BackupError::Unreadable { path, cause }),
    };
    if there == heads {
        return Ok(None);
    }
    let mut earlier = None;
    if !there.is_empty() {
        let beside = data_dir.join(format!("audit-heads.before-{}", now.format("%Y%m%dT%H%M%SZ")));
        std::fs::rename(&path, &beside).map_err(unwritable)?;
        earlier = Some(beside);
    }
    if !heads.is_empty() {
        let (new, mut file) = NewFile::instead_of(&path)?;
        file.write_all(heads).map_err(unwritable)?;
        new.keep(&file)?;
    }
    Ok(earlier)
}

impl Filled {
    /// Brings the tables up to this version, and grants the role what it needs.
    pub fn migrate(self) -> Result<Self, BackupError> {
        migrate::migrate_restored(&self.target.owner, self.target.application_role.as_deref())?;
        Ok(self)
    }

    /// Voids sessions, ends what was at work, pauses the scheduler, and writes all of it down; then the database is hannun's.
    pub fn finish(mut self, actor: &Actor) -> Result<Restored, BackupError> {
        DataKey::open_sealer(&mut self.connection, self.checked.key.path())?;
        let now = Clock::system().now();
        let ended = restored::settle(&mut self.connection, actor, &self.checked.about.time(), now)?;
        let head = audit::head(&mut self.connection).map_err(Error::from)?;
        if let Err(problem) = KeptHeads::in_folder(&self.target.data_dir).add(&head, now) {
            tracing::warn!(%problem, "the end of the audit log could not be kept outside the database; it is at the next hour");
        }
        let Checked { about, files, .. } = self.checked;
        Ok(Restored { about, files, ended, earlier_heads: self.earlier_heads })
    }
}
