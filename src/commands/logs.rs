//! Logs: the journal of systemd, and files of lines. What is read of either is written by anybody, and hostile.

mod entries;
pub mod files;
pub mod journal;
pub mod sources;

pub use entries::{Cursor, Entry, entry};
pub use files::{LogLine, LogText, SearchLog};
pub use journal::{FollowJournal, JournalPage, JournalQuery, Priority, ReadJournal, Way};
pub use sources::{Boot, ListLogs, LogFile, LogSources};

/// What is searched for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Needle {
    /// The text; empty where everything is wanted.
    pub text: String,
    /// It is a regular expression, and not the text itself.
    pub is_pattern: bool,
}

impl Needle {
    /// The longest that is taken, bytes.
    const LONGEST: usize = 512;

    /// What is searched for; none where it is too long, or of several lines.
    pub fn read(text: &str, is_pattern: bool) -> Option<Self> {
        let fits = text.len() <= Self::LONGEST && !text.contains(['\0', '\n', '\r']);
        fits.then(|| Self { text: text.to_owned(), is_pattern })
    }
}
