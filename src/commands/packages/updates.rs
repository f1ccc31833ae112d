//! What could be renewed, by the lists that the server has: nothing is fetched.

use chrono::{DateTime, Utc};

use super::{apk, brew, bsd, dpkg, moment, pacman, rpm};
use crate::commands::shape::{Shape, needed, optional};
use crate::commands::table;
use crate::commands::text::{self, SHORT};
use crate::commands::{Command, CommandType, ParseError, Read};

pub(in crate::commands) const FORMATS: &[&str] = &[
    "apt-upgrade",
    "dnf-updates",
    "zypper-updates",
    "apk-updates",
    "pacman-updates",
    "pkg-updates",
    "brew-updates",
    "table",
];

pub(in crate::commands) const SHAPES: &[Shape] = &[
    Shape::rows(&[
        needed("name", "As its tool takes it", "nginx"),
        needed("available", "The version that could come", "1.26.3-1.el9"),
        optional("installed", "The version that is there", "1.26.2-1.el9"),
        optional("from", "Its repository", "nginx-stable"),
        optional("security", "yes where it mends a known hole, no where it does not", "yes"),
    ]),
    Shape::word("lists", &[optional("moment", "When the lists were fetched, in seconds since 1970", "1795345424")]),
];

/// What could be renewed.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct UpdateList {
    /// In the order in which the tool told them.
    pub updates: Vec<Update>,
    /// When the server last fetched its lists, where that is known.
    pub lists_from: Option<DateTime<Utc>>,
    /// Whether the tool tells which ones are for security.
    pub tells_security: bool,
}

/// One package that could be renewed. Every text is the server's own.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Update {
    /// Its name.
    pub name: String,
    /// The version that is there; empty where the tool does not tell.
    pub installed: String,
    /// The version that could come.
    pub available: String,
    /// Where it would come from.
    pub origin: String,
    /// Whether it is known to mend a hole.
    pub security: bool,
}

/// Lists what could be renewed.
#[derive(Debug, Clone, Copy)]
pub struct ListUpdates;

impl Command for ListUpdates {
    const TYPE: CommandType = CommandType::ListUpdates;
    type Output = UpdateList;

    fn parse(&self, format: &str, output: &[u8]) -> Result<UpdateList, ParseError> {
        match format {
            "apt-upgrade" => dpkg::updates(output),
            "dnf-updates" => rpm::updates(output),
            "zypper-updates" => rpm::zypper_updates(output),
            "apk-updates" => apk::updates(output),
            "pacman-updates" => pacman::updates(output),
            "pkg-updates" => bsd::updates(output),
            "brew-updates" => brew::updates(output),
            "table" => rows(output),
            other => Err(ParseError::unknown_format(other)),
        }
    }
}

impl Read for ListUpdates {}

fn rows(output: &[u8]) -> Result<UpdateList, ParseError> {
    let mut list = UpdateList::default();
    for row in table::rows(output, 5) {
        let row = row?;
        let text = |at: usize| row.column(at).map(|value| text::shown(value, SHORT)).unwrap_or_default();
        if row.column(0) == Some(b"lists") && row.column(2).is_none() {
            list.lists_from = row.read(1, "moment", moment)?;
            continue;
        }
        let security = row.read(4, "yes or no", |word| match word {
            b"yes" => Some(true),
            b"no" => Some(false),
            _ => None,
        })?;
        list.tells_security |= security.is_some();
        list.updates.push(Update {
            name: row.text(0, "name", SHORT)?,
            available: row.text(1, "available", SHORT)?,
            installed: text(2),
            origin: text(3),
            security: security.unwrap_or_default(),
        });
    }
    Ok(list)
}
