//! What still runs with files that were replaced: the server itself, or services.

use crate::commands::shape::{Shape, needed};
use crate::commands::table;
use crate::commands::text::{self, SHORT};
use crate::commands::{Command, CommandType, ParseError, Read};

pub(in crate::commands) const FORMATS: &[&str] = &["table"];

pub(in crate::commands) const SHAPES: &[Shape] = &[
    Shape::word("reboot", &[needed("why", "What asks for it", "linux-image-6.1.0-41-amd64")]),
    Shape::word("service", &[needed("unit", "A service that runs with files that are gone", "nginx.service")]),
    Shape::word("partly", &[]),
];

/// What should be restarted.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Restarts {
    /// Why the server itself; empty where it need not be.
    pub reboot: Vec<String>,
    /// Services, each once.
    pub services: Vec<String>,
    /// Not everything could be looked at: that takes root.
    pub partly: bool,
}

/// Lists what should be restarted.
#[derive(Debug, Clone, Copy)]
pub struct ListRestarts;

impl Command for ListRestarts {
    const TYPE: CommandType = CommandType::ListRestarts;
    type Output = Restarts;

    fn parse(&self, format: &str, output: &[u8]) -> Result<Restarts, ParseError> {
        if format != "table" {
            return Err(ParseError::unknown_format(format));
        }
        let mut found = Restarts::default();
        for row in table::rows(output, 2) {
            let row = row?;
            match row.column(0) {
                Some(b"reboot") => found.reboot.push(row.text(1, "why", SHORT)?),
                Some(b"service") => {
                    let unit = row.text(1, "unit", SHORT)?;
                    if !found.services.contains(&unit) {
                        found.services.push(unit);
                    }
                }
                Some(b"partly") if row.column(1).is_none() => found.partly = true,
                Some(other) => return Err(row.error(&format!("{} is not known", text::shown(other, SHORT)))),
                None => return Err(row.error("a word was expected")),
            }
        }
        Ok(found)
    }
}

impl Read for ListRestarts {}
