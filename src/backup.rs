//! Everything that hannun knows in one sealed file, and the way back (R09).
//!
//! A backup holds the database as it was at one moment, the uploaded files that it names, and the ends of the audit log that were kept
//! outside of it. It does not hold the key file, which opens it: the two are to be kept apart.

mod archive;
mod file;
mod make;
mod restore;
mod stream;

use std::io;
use std::path::{Path, PathBuf};

use chrono::{DateTime, SecondsFormat, Utc};
use serde::{Deserialize, Serialize};

use crate::db::programs::ProgramError;
use crate::db::snapshot::Rows;
use crate::error::Error;
use crate::models::restored::Settled;

pub use make::{Made, Source, back_up};
pub use restore::{Checked, Filled, Restored, Target, check, fill};

/// Told what is going on, for a person who waits.
pub type Tell = fn(&str);

/// The parts of a backup.
const ABOUT: &str = "about.json";
const ARTIFACTS: &str = "artifacts/";
const HEADS: &str = "audit-heads";
const DUMP: &str = "database.dump";

/// What a backup says of itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct About {
    /// The version of hannun that made it.
    pub version: String,
    /// The moment whose state it holds.
    pub made_at: DateTime<Utc>,
    /// The major version of the server.
    pub postgresql: u32,
    /// The major version of the `pg_dump` that made the dump.
    pub pg_dump: u32,
    /// The changes of tables that the database had.
    pub changes: Vec<String>,
    /// How many rows each table had.
    pub rows: Rows,
}

impl About {
    /// The moment, as people read it.
    pub fn time(&self) -> String {
        self.made_at.to_rfc3339_opts(SecondsFormat::Secs, true)
    }

    /// Rows of all tables.
    pub fn all_rows(&self) -> i64 {
        self.rows.values().sum()
    }
}

/// Why there is no backup, or why it was not restored.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    /// The file to be written is there.
    #[error("{} is there already, and a backup replaces no file. Name another one", .0.display())]
    Exists(PathBuf),
    /// The file cannot be written.
    #[error("{} cannot be written: {cause}", path.display())]
    Unwritable {
        /// Which one.
        path: PathBuf,
        /// Why not.
        cause: io::Error,
    },
    /// A file cannot be read.
    #[error("{} cannot be read: {cause}", path.display())]
    Unreadable {
        /// Which one.
        path: PathBuf,
        /// Why not.
        cause: io::Error,
    },
    /// The file is not as it was written.
    #[error("{} cannot be restored: {flaw}. Nothing was changed. Take another backup", path.display())]
    Damaged {
        /// Which one.
        path: PathBuf,
        /// What is wrong with it.
        flaw: String,
    },
    /// No key file is there.
    #[error(
        "The key file {} is not there, and nothing else opens this backup. Put the file there that hannun had when the backup was made (its mark is {mark}), or name it with HANNUN_SECRET_KEY_FILE",
        path.display()
    )]
    NoKey {
        /// Where it should be.
        path: PathBuf,
        /// The mark of the right one.
        mark: String,
    },
    /// It was sealed with another key.
    #[error("{}", of_another_key(.file, .path, .mark, .own, .earlier.as_deref()))]
    AnotherKey {
        /// The backup.
        file: PathBuf,
        /// The key file.
        path: PathBuf,
        /// The mark of the right one.
        mark: String,
        /// The mark of this one.
        own: String,
        /// The right one, if it lies beside it.
        earlier: Option<PathBuf>,
    },
    /// The keys are being exchanged.
    #[error("The keys are being rotated at this moment. Make the backup when that is done")]
    Rotating,
    /// They were to be.
    #[error("A rotation of the keys was interrupted. Run hannun keys rotate to its end, then make the backup")]
    RotationUnfinished,
    /// This version does not know what it holds.
    #[error(
        "The backup was made by hannun {version}, which is newer than this one: it knows the change {change} of the tables. Restore it with that version. Nothing was changed"
    )]
    Newer {
        /// Which version.
        version: String,
        /// What this one does not know.
        change: String,
    },
    /// The server is older than the one that was backed up.
    #[error(
        "The backup is of PostgreSQL {backup}, and this server is {server}: restore it into {backup} or newer. Nothing was changed"
    )]
    OlderServer {
        /// Of the one that was backed up.
        backup: u32,
        /// Of this one.
        server: u32,
    },
    /// There is something in the database.
    #[error(
        "The database is not empty: {count} tables and the like are in it, {first} among them. A backup is restored into an empty one only. Nothing was changed"
    )]
    NotEmpty {
        /// How many.
        count: usize,
        /// The first.
        first: String,
    },
    /// Another restore goes on.
    #[error("Another restore into this database goes on")]
    Busy,
    /// The role may not make tables.
    #[error(
        "The role of DATABASE_URL may not make tables in this database. Run this with the DATABASE_URL of the role that is to own them"
    )]
    NotTheOwner,
    /// What came out is not what went in.
    #[error(
        "The table {table} has {found} rows now, and had {wanted} when the backup was made. Do not work with this database; make it anew, and restore again"
    )]
    OtherRows {
        /// Which one.
        table: String,
        /// How many it has.
        found: i64,
        /// How many it had.
        wanted: i64,
    },
    /// A program of PostgreSQL did not do its work.
    #[error(transparent)]
    Program(#[from] ProgramError),
    /// Anything else.
    #[error(transparent)]
    Other(#[from] Error),
}

fn of_another_key(file: &Path, path: &Path, mark: &str, own: &str, earlier: Option<&Path>) -> String {
    let (file, path) = (file.display(), path.display());
    let next = match earlier {
        Some(earlier) => format!("{} is the one: set HANNUN_SECRET_KEY_FILE to it", earlier.display()),
        None => "Put that file there, or name it with HANNUN_SECRET_KEY_FILE; after a rotation, the earlier ones \
                 lie beside it as secret.key.before-…"
            .to_owned(),
    };
    format!(
        "{file} was made with another key file: it needs the one with the mark {mark}, and {path} has {own}. {next}"
    )
}

/// Why a backup cannot be read.
fn unreadable(path: &Path, cause: io::Error) -> BackupError {
    let path = path.to_owned();
    match cause.kind() {
        io::ErrorKind::InvalidData => BackupError::Damaged { path, flaw: cause.to_string() },
        _ => BackupError::Unreadable { path, cause },
    }
}
