//! How far the logs of a server were read.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::{Ending, SourceState};

/// A place in a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct FilePlace {
    /// Which file, whatever it is called now.
    pub inode: u64,
    /// How many bytes of it were read, or are still to be read backwards.
    pub at: u64,
}

/// How far each log was read, and what is known of it.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Place {
    /// The journal's own word for a place.
    pub cursor: String,
    /// The oldest second of the journal that was read.
    pub journal_oldest: Option<i64>,
    /// Nothing in the journal is older than what was read.
    pub journal_is_whole: bool,
    /// When the journal begins: what log files tell of later moments is told by it.
    pub journal_begins: Option<DateTime<Utc>>,
    /// The log file that is written now.
    pub file: Option<FilePlace>,
    /// The file that is read backwards, and what of it is still to be read.
    pub earlier: Option<FilePlace>,
    /// Everything that is old was read.
    pub is_whole: bool,
    /// Records of logins.
    pub wtmp: Option<FilePlace>,
    /// Records of failures.
    pub btmp: Option<FilePlace>,
    /// Ends of sessions whose beginnings are in what is still to be read backwards.
    pub endings: Vec<Ending>,
    /// What became of each source at the last reading: `journal`, `file`, `wtmp`, `btmp`.
    pub sources: BTreeMap<String, SourceState>,
}

impl Place {
    /// What became of a source.
    pub fn source(&self, name: &str) -> SourceState {
        self.sources.get(name).copied().unwrap_or_default()
    }

    /// The second before which the journal is still to be read; none where it was read to its beginning.
    pub fn journal_still_to_read(&self) -> Option<i64> {
        self.journal_oldest.filter(|_| !self.journal_is_whole)
    }

    /// Whether nothing at all could be read, though something is there.
    pub fn is_denied(&self) -> bool {
        self.source("journal") != SourceState::Read
            && self.source("file") != SourceState::Read
            && [self.source("journal"), self.source("file")].contains(&SourceState::Denied)
    }

    /// Whether the server keeps no log of logins that hannun knows.
    pub fn is_silent(&self) -> bool {
        let is_read = |name| self.source(name) == SourceState::Read;
        !self.is_denied() && !is_read("journal") && !is_read("file")
    }
}
