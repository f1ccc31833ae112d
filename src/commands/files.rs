//! Files of a server: what is in a directory, what a file is, and how it is changed. Names are bytes from end to end (F01).

pub mod changes;
pub mod details;
pub mod download;
pub mod entry;
pub mod growth;
pub mod listing;
pub mod path;
pub mod reading;
pub mod refusals;
pub mod writing;

pub use changes::{DeleteFile, MakeDirectory, MoveFile, SetFileMode, SetFileOwner};
pub use details::{DescribeFile, Details};
pub use download::{DownloadFile, Look, Stretch};
pub use entry::{Entry, Kind, Moment, Seen};
pub use growth::ReadGrowth;
pub use listing::{ListDirectory, Listing, Order};
pub use path::FilePath;
pub use reading::{ArchiveDirectory, FollowFile, Part, ReadFile, Text};
pub use writing::{NewContent, WriteFile};

use super::ParseError;
use super::script::{Parameters, Value};

/// The reader of commands that say nothing when they succeed.
pub(super) const SILENT: &[&str] = &["nothing"];
/// The reader of commands whose output is content, taken as it comes; nothing may be left of it at the end.
pub(super) const CONTENT: &[&str] = &["content"];

/// Whose eyes and hands a command about files has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Hash)]
pub enum Acting {
    /// The user who signed in to the server.
    #[default]
    User,
    /// Root, by what the credential says; refused where that does not work, and never quietly less.
    Root,
}

impl Acting {
    /// The word in URLs and forms.
    pub fn word(self) -> &'static str {
        match self {
            Self::User => "user",
            Self::Root => "root",
        }
    }

    /// What such a word says.
    pub fn from_word(word: &str) -> Option<Self> {
        [Self::User, Self::Root].into_iter().find(|acting| acting.word() == word)
    }
}

/// What is wrong with a word that is none of [`Acting`]'s.
pub const NO_ACTING: &str = "Files are opened as user or as root";

fn on(path: &FilePath) -> Parameters {
    Parameters::default().with("path", Value::Text(path.bytes().to_vec()))
}

fn seen(parameters: Parameters, seen: Seen) -> Parameters {
    parameters.with("seen", Value::Text(seen.to_string().into_bytes()))
}

/// Reads the answer of a command that says nothing.
fn nothing(format: &str, output: &[u8]) -> Result<(), ParseError> {
    match format {
        "nothing" | "content" | "file-content" if output.is_empty() => Ok(()),
        "nothing" | "content" | "file-content" => Err(ParseError::new("nothing more was expected", output)),
        other => Err(ParseError::unknown_format(other)),
    }
}
