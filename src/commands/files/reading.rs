//! The content of files: a part as text, all of it, what is added to it, and a directory as an archive.

use std::time::Duration;

use super::entry::Moment;
use super::{Acting, FilePath, Seen, nothing, on, refusals};
use crate::commands::script::{Parameters, Value};
use crate::commands::text::integer;
use crate::commands::{Command, CommandType, ParseError, Read, Refusal};

/// How much of a file is read as text, bytes (F04).
pub const TEXT_LIMIT: usize = 256 << 10;

/// Which part of a file is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Part {
    /// Its beginning.
    #[default]
    Head,
    /// Its end.
    Tail,
}

/// The beginning or the end of a file, up to [`TEXT_LIMIT`].
#[derive(Debug, Clone)]
pub struct ReadFile {
    /// Which; a link is followed.
    pub path: FilePath,
    /// Which part.
    pub part: Part,
    /// As whom.
    pub acting: Acting,
}

/// A part of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Text {
    /// As the file was when it was read.
    pub seen: Seen,
    /// The bytes; hostile.
    pub bytes: Vec<u8>,
}

impl Text {
    /// Whether this is the whole file. Files of the kernel say that they hold nothing.
    pub fn is_whole(&self) -> bool {
        self.bytes.len() < TEXT_LIMIT && self.seen.size <= self.bytes.len() as u64
    }

    /// The text, where it is UTF-8 without NUL.
    pub fn as_text(&self) -> Option<&str> {
        std::str::from_utf8(&self.bytes).ok().filter(|text| !text.contains('\0'))
    }
}

impl Command for ReadFile {
    const TYPE: CommandType = CommandType::ReadFile;
    type Output = Text;

    fn parameters(&self) -> Parameters {
        let part = Value::OneOf(match self.part {
            Part::Head => "head",
            Part::Tail => "tail",
        });
        on(&self.path).with("part", part)
    }

    fn acting(&self) -> Option<Acting> {
        Some(self.acting)
    }

    fn parse(&self, format: &str, output: &[u8]) -> Result<Text, ParseError> {
        match format {
            "file-text" => text(output),
            other => Err(ParseError::unknown_format(other)),
        }
    }

    fn refusal(&self, status: u32) -> Option<Refusal> {
        refusals::refusal(status)
    }
}

impl Read for ReadFile {
    const READS_FILES: bool = true;

    fn target(&self) -> String {
        self.path.shown()
    }
}

pub(in crate::commands) const FORMATS: &[&str] = &["file-text"];

/// A line of inode, times and size, then the bytes.
fn text(output: &[u8]) -> Result<Text, ParseError> {
    let wrong = || ParseError::at(1, "inode, times and size were expected", output);
    let end = output.iter().position(|byte| *byte == b'\n').ok_or_else(wrong)?;
    let (line, rest) = output.split_at_checked(end).ok_or_else(wrong)?;
    let fields: Vec<&[u8]> = line.split(|byte| *byte == b'/').collect();
    let [inode, modified, changed, size] = fields.as_slice() else { return Err(wrong()) };
    let seen = (integer(inode), Moment::read(modified), Moment::read(changed), integer(size));
    let (Some(inode), Some(modified), Some(changed), Some(size)) = seen else { return Err(wrong()) };
    let bytes = rest.strip_prefix(b"\n").unwrap_or_default();
    if bytes.len() > TEXT_LIMIT {
        return Err(ParseError::new("more came than was asked for", line));
    }
    Ok(Text { seen: Seen { inode, modified, changed, size }, bytes: bytes.to_vec() })
}

/// The last lines of a file, and what is added to it from then on; also after it was replaced by another of its name.
#[derive(Debug, Clone)]
pub struct FollowFile {
    /// Which.
    pub path: FilePath,
    /// As whom.
    pub acting: Acting,
}

/// A directory as a tar archive. Links stay links, and other filesystems below it are left out where its tar can do that.
#[derive(Debug, Clone)]
pub struct ArchiveDirectory {
    /// Which.
    pub path: FilePath,
    /// As whom.
    pub acting: Acting,
}

macro_rules! content {
    ($($command:ident, $silence:expr;)*) => {$(
        impl Command for $command {
            const TYPE: CommandType = CommandType::$command;
            const SILENCE: Option<Duration> = $silence;
            type Output = ();

            fn parameters(&self) -> Parameters {
                on(&self.path)
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

        impl Read for $command {
            const READS_FILES: bool = true;

            fn target(&self) -> String {
                self.path.shown()
            }
        }
    )*};
}

content! {
    // A log may be quiet for days.
    FollowFile, None;
    ArchiveDirectory, Some(Duration::from_mins(1));
}
