//! What a text may refer to. Who imports decides what may be read; the rules of the formats decide what is asked for.

use crate::language::Message;

/// The longest text that is read.
pub const LONGEST_TEXT: usize = 1024 * 1024;

/// Files that a text names: `~/.ssh/config.d/work`, `group_vars/web.yml`.
pub trait Files {
    /// The text of a file. `None`: there is no such file.
    fn read(&self, path: &str) -> Result<Option<String>, Message>;
    /// What a folder holds, in the order of the bytes of its names. Empty: there is no such folder.
    fn list(&self, folder: &str) -> Result<Vec<Entry>, Message>;
}

/// One name in a folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Its name, without the folder.
    pub name: String,
    /// Whether it is a folder itself.
    pub is_folder: bool,
}

/// For a text that stands alone, as one that was pasted.
#[derive(Debug, Clone, Copy)]
pub struct NoFiles;

impl Files for NoFiles {
    fn read(&self, _: &str) -> Result<Option<String>, Message> {
        Err(Message::new("Other files are not read from here; hannun import on the command line reads them"))
    }

    fn list(&self, _: &str) -> Result<Vec<Entry>, Message> {
        Err(Message::new("Other files are not read from here; hannun import on the command line reads them"))
    }
}

/// Why a text is not read at all.
pub(super) fn too_long(text: &str) -> Option<Message> {
    (text.len() > LONGEST_TEXT)
        .then(|| Message::new("The text is longer than {limit} KiB").with("limit", LONGEST_TEXT / 1024))
}
