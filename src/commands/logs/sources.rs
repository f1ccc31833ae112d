//! What there is to read: the journal and its boots, and files below `/var/log`.
//!
//! Rows: `journal` and `all`, `some` or `none` of it is seen · `boot`, its number (0 is this one) and its id · `file`, its
//! size, when it was written last, whether it can be read, and its path.

use chrono::{DateTime, Utc};

use crate::commands::shape::{Shape, needed, optional};
use crate::commands::table::{self, Row};
use crate::commands::text::{LONG, moment};
use crate::commands::{Command, CommandType, ParseError, Read};

use super::journal::JournalQuery;

pub(in crate::commands) const FORMATS: &[&str] = &["table"];

pub(in crate::commands) const SHAPES: &[Shape] = &[
    Shape::word("journal", &[needed("seen", "all, some or none", "some")]),
    Shape::word(
        "boot",
        &[
            needed("number", "0 for this boot, -1 for the one before", "0"),
            needed("id", "The boot's id, 32 digits", "a4a5547ba66742a6b6a4b8f2f8132686"),
        ],
    ),
    Shape::word(
        "file",
        &[
            optional("bytes", "Its size", "10485760"),
            optional("written", "When it was written last, in seconds since 1970", "1795958562"),
            optional("can", "yes where the user who signed in may read it", "yes"),
            needed("path", "Its path", "/var/log/syslog"),
        ],
    ),
];

/// Files that are kept.
const MOST_FILES: usize = 1000;
/// Boots that are kept.
const MOST_BOOTS: usize = 50;

/// How much of the journal is seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Seen {
    /// There is no journal.
    #[default]
    None,
    /// What the user wrote, if anything: the rest is for root.
    Some,
    /// All of it.
    All,
}

/// One boot of which the journal tells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Boot {
    /// 0 is this one, -1 the one before.
    pub number: i64,
    /// Its id.
    pub id: String,
}

/// A file of a log. Its path is hostile.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogFile {
    /// Where it is.
    pub path: String,
    /// Its size.
    pub bytes: Option<u64>,
    /// When it was written last.
    pub written: Option<DateTime<Utc>>,
    /// Whether the user who signed in may read it.
    pub can_be_read: bool,
}

impl LogFile {
    /// Whether it is an older self of another one: `syslog.1`, `syslog.2.gz`, `messages-20261122`.
    pub fn is_rotated(&self) -> bool {
        let name = self.path.rsplit('/').next().unwrap_or_default();
        let packed = [".gz", ".xz", ".bz2", ".zst", ".lz4", ".lzma", ".Z"];
        let plain = packed.iter().find_map(|end| name.strip_suffix(end)).unwrap_or(name);
        let number = plain.rsplit(['.', '-']).next().unwrap_or_default();
        plain.len() < name.len()
            || plain.strip_suffix(".old").is_some()
            || (number.len() < plain.len() && !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit()))
    }
}

/// What there is to read.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct LogSources {
    /// How much of the journal is seen.
    pub journal: Seen,
    /// Its boots, this one first.
    pub boots: Vec<Boot>,
    /// Files, by path.
    pub files: Vec<LogFile>,
}

/// Lists what there is to read.
#[derive(Debug, Clone, Copy)]
pub struct ListLogs;

impl Command for ListLogs {
    const TYPE: CommandType = CommandType::ListLogs;
    type Output = LogSources;

    fn parse(&self, format: &str, output: &[u8]) -> Result<LogSources, ParseError> {
        match format {
            "table" => read(output),
            other => Err(ParseError::unknown_format(other)),
        }
    }
}

impl Read for ListLogs {}

fn read(output: &[u8]) -> Result<LogSources, ParseError> {
    let mut sources = LogSources::default();
    let mut told = false;
    for row in table::rows(output, 5) {
        let row = row?;
        told = true;
        match row.column(0) {
            Some(b"journal") => {
                sources.journal = match row.column(1) {
                    Some(b"all") => Seen::All,
                    Some(b"some") => Seen::Some,
                    Some(b"none") => Seen::None,
                    _ => return Err(row.error("all, some or none was expected")),
                };
            }
            Some(b"boot") => sources.boots.push(boot(&row)?),
            Some(b"file") => sources.files.push(LogFile {
                bytes: row.number(1, "number of bytes")?,
                written: row.read(2, "time", moment)?,
                can_be_read: row.column(3) == Some(b"yes"),
                path: row.text(4, "path", LONG)?,
            }),
            _ => return Err(row.error("the first column is none of the known words")),
        }
    }
    if !told {
        return Err(ParseError::new("the answer lists nothing", output));
    }
    sources.boots.sort_by_key(|boot| std::cmp::Reverse(boot.number));
    sources.boots.truncate(MOST_BOOTS);
    sources.files.sort_by(|one, other| one.path.cmp(&other.path));
    sources.files.truncate(MOST_FILES);
    Ok(sources)
}

fn boot(row: &Row<'_>) -> Result<Boot, ParseError> {
    let number = row.read(1, "number of a boot", |word| std::str::from_utf8(word).ok()?.parse().ok())?;
    let id = row.text(2, "id", 64)?;
    Ok(Boot {
        number: number.ok_or_else(|| row.error("the number of the boot is missing"))?,
        id: JournalQuery::boot_id(&id).ok_or_else(|| row.error("this is no id of a boot"))?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn older_selves_of_files_are_known_by_their_names() {
        let is_rotated =
            |path: &str| LogFile { path: path.into(), bytes: None, written: None, can_be_read: true }.is_rotated();
        for path in ["/var/log/syslog.1", "/var/log/x.2.gz", "/var/log/messages-20261122", "/a/b-1.xz", "/a/x.old"] {
            assert!(is_rotated(path), "{path}");
        }
        for path in ["/var/log/syslog", "/var/log/app-v2x", "/var/log/1", "/var/log/dpkg.log"] {
            assert!(!is_rotated(path), "{path}");
        }
    }
}
