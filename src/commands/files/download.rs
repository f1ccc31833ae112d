//! A file to take away: all of it, or a stretch of what it was when somebody looked.

use super::{Acting, FilePath, Seen, nothing, on, refusals};
use crate::commands::script::{Parameters, Value};
use crate::commands::{Command, CommandType, ParseError, Read, Refusal};

pub(in crate::commands) const FORMATS: &[&str] = &["file-content"];

/// A file. What flows is a line that says what was opened ([`Look`]), then its bytes.
#[derive(Debug, Clone)]
pub struct DownloadFile {
    /// Which; a link is followed.
    pub path: FilePath,
    /// Which part of it; all of it where that is none.
    pub stretch: Option<Stretch>,
    /// As whom.
    pub acting: Acting,
}

/// A part of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stretch {
    /// Where it begins, bytes.
    pub first: u64,
    /// How long it is, bytes.
    pub count: u64,
    /// Of this file alone: of another, or where it becomes another while it is read, it is refused.
    pub seen: Option<Seen>,
}

impl Stretch {
    /// None of its bytes: what is known of a file without reading it.
    pub const NOTHING: Self = Self { first: 0, count: 0, seen: None };
}

/// A file as it was when it was opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Look {
    /// By what it is known again.
    pub seen: Seen,
    /// Whether it was changed so lately that one more change would look the same: where times are told in whole seconds.
    pub may_change_unseen: bool,
}

impl DownloadFile {
    /// The longest line that says what was opened, bytes.
    pub const LONGEST_LINE: usize = 256;

    /// Reads the line that comes before the bytes, without its end: `7:1700000000.1:1700000000.1:412`, or ` lately` behind it.
    pub fn look(line: &[u8]) -> Result<Look, ParseError> {
        let (fields, may_change_unseen) = line.strip_suffix(b" lately").map_or((line, false), |fields| (fields, true));
        let seen = std::str::from_utf8(fields).ok().and_then(|fields| fields.parse().ok());
        let seen = seen.ok_or_else(|| ParseError::at(1, "inode, times and size were expected", line))?;
        Ok(Look { seen, may_change_unseen })
    }
}

impl Command for DownloadFile {
    const TYPE: CommandType = CommandType::DownloadFile;
    type Output = ();

    fn parameters(&self) -> Parameters {
        let text = |text: Option<String>| Value::Text(text.unwrap_or_default().into_bytes());
        let stretch = self.stretch.as_ref();
        on(&self.path)
            .with("first", text(stretch.map(|stretch| stretch.first.to_string())))
            .with("count", text(stretch.map(|stretch| stretch.count.to_string())))
            .with("seen", text(stretch.and_then(|stretch| stretch.seen).map(|seen| seen.to_string())))
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

impl Read for DownloadFile {
    const READS_FILES: bool = true;

    fn target(&self) -> String {
        self.path.shown()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_says_what_was_opened_and_whether_a_change_could_be_missed() {
        let look = DownloadFile::look(b"7:1700000000.000000001:1700000001.500000000:412").unwrap();
        assert_eq!((look.seen.size, look.may_change_unseen), (412, false));
        let look = DownloadFile::look(b"7:1700000000:1700000001:5000000000 lately").unwrap();
        assert_eq!((look.seen.size, look.may_change_unseen), (5_000_000_000, true));
        for bad in [&b""[..], b"7:1:1", b"7:1:1:1:1", b" lately", b"x:1:1:1", b"7:1:1:1 late"] {
            assert!(DownloadFile::look(bad).is_err());
        }
    }
}
