//! Everything that is told of one file.

use super::entry::{Kind, Moment, Seen, account, mode};
use super::{Acting, FilePath, on, refusals};
use crate::commands::script::Parameters;
use crate::commands::text::{self, LONG, SHORT, integer};
use crate::commands::{Command, CommandType, ParseError, Read, Refusal};

pub(in crate::commands) const FORMATS: &[&str] = &["file-details"];

/// One file, itself and not what it leads to.
#[derive(Debug, Clone)]
pub struct DescribeFile {
    /// Which.
    pub path: FilePath,
    /// As whom.
    pub acting: Acting,
}

/// What is told of a file. Every text is the server's own, and hostile.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Details {
    /// What it is.
    pub kind: Kind,
    /// What it is in the server's words.
    pub kind_words: String,
    /// By what it is known again.
    pub seen: Seen,
    /// When it was last read, which not every filesystem keeps.
    pub accessed: Moment,
    /// Permission bits.
    pub mode: u32,
    /// How many names it has.
    pub links: u64,
    /// Whose it is.
    pub owner: String,
    /// Which group's.
    pub group: String,
    /// Of a link: where it says to go.
    pub target: Vec<u8>,
    /// The path without links; none where it leads nowhere.
    pub real: Option<FilePath>,
    /// What is at the end of it: itself, unless it is a link.
    pub leads_to: Option<Kind>,
    /// What its content is, by the program `file`; empty where there is none.
    pub content: String,
}

impl Command for DescribeFile {
    const TYPE: CommandType = CommandType::DescribeFile;
    type Output = Details;

    fn parameters(&self) -> Parameters {
        on(&self.path)
    }

    fn acting(&self) -> Option<Acting> {
        Some(self.acting)
    }

    fn parse(&self, format: &str, output: &[u8]) -> Result<Details, ParseError> {
        match format {
            "file-details" => {
                details(output).ok_or_else(|| ParseError::new("this does not tell what a file is", output))
            }
            other => Err(ParseError::unknown_format(other)),
        }
    }

    fn refusal(&self, status: u32) -> Option<Refusal> {
        refusals::refusal(status)
    }
}

impl Read for DescribeFile {
    const READS_FILES: bool = true;

    fn target(&self) -> String {
        self.path.shown()
    }
}

/// What stat says, where the link goes, the real path, `d` `f` `o` or nothing, and what `file` says; each ended by NUL.
fn details(output: &[u8]) -> Option<Details> {
    let mut parts = output.strip_suffix(b"\0")?.split(|byte| *byte == 0);
    let stat = parts.next()?;
    let (target, real, end, content) = (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
    if parts.next().is_some() {
        return None;
    }
    let mut fields = stat.split(|byte| *byte == b'/');
    let mut next = || fields.next();
    let words = next()?;
    let kind = Kind::of_words(words)?;
    let (size, modified, changed, accessed) =
        (integer(next()?)?, Moment::read(next()?)?, Moment::read(next()?)?, Moment::read(next()?)?);
    let (mode, inode, links) = (mode(next()?)?, integer(next()?)?, integer(next()?)?);
    let (owner, group) = (account(next()?), account(next()?));
    if next().is_some() {
        return None;
    }
    Some(Details {
        kind,
        kind_words: text::shown(words, SHORT),
        seen: Seen { inode, modified, changed, size },
        accessed,
        mode,
        links,
        owner,
        group,
        target: target.to_vec(),
        real: FilePath::new(real),
        leads_to: match end {
            b"d" => Some(Kind::Directory),
            b"f" => Some(Kind::File),
            b"o" => Some(Kind::Special),
            b"" => None,
            _ => return None,
        },
        content: text::shown(content, LONG),
    })
}
