//! New content for a file: written beside it, then put in its place (F10).

use super::{Acting, FilePath, Seen, nothing, on, refusals};
use crate::commands::script::{Parameters, Value};
use crate::commands::{Change, Command, CommandType, ParseError, Permission, Refusal};

/// What the new content takes the place of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NewContent {
    /// Nothing: there must be nothing yet.
    OfNewFile,
    /// The file as it was seen; with the SHA-256 of what was in it, in hexadecimal digits, where it was read.
    InsteadOf(Seen, Option<String>),
}

/// New content for a file. What follows is the content and then the mark; without the mark it was not whole, and the file
/// stays as it is.
///
/// Mode and owner of a file that exists are kept.
#[derive(Debug, Clone)]
pub struct WriteFile {
    /// Which; not a link.
    pub path: FilePath,
    /// In place of what.
    pub content: NewContent,
    /// A random word of 32 letters and digits; also the name of the new file until it is in its place.
    pub mark: String,
    /// As whom.
    pub acting: Acting,
}

impl Command for WriteFile {
    const TYPE: CommandType = CommandType::WriteFile;
    type Output = ();

    fn parameters(&self) -> Parameters {
        let (seen, digest) = match &self.content {
            NewContent::OfNewFile => (String::new(), String::new()),
            NewContent::InsteadOf(seen, digest) => (seen.to_string(), digest.clone().unwrap_or_default()),
        };
        on(&self.path)
            .with("seen", Value::Text(seen.into_bytes()))
            .with("digest", Value::Text(digest.into_bytes()))
            .with("mark", Value::Text(self.mark.clone().into_bytes()))
    }

    fn acting(&self) -> Option<Acting> {
        Some(self.acting)
    }

    fn parse(&self, format: &str, output: &[u8]) -> Result<(), ParseError> {
        nothing(format, output)
    }

    fn refusal(&self, status: u32) -> Option<Refusal> {
        refusals::refusal(status)
    }
}

impl Change for WriteFile {
    const PERMISSION: Permission = Permission::WriteFiles;

    fn target(&self) -> String {
        self.path.shown()
    }
}
