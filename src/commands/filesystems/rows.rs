//! The `table` format: device, type, mount, size, used, available (bytes), inodes, inodes used.

use super::Filesystem;
use crate::commands::ParseError;
use crate::commands::table::{self, Row};
use crate::commands::text::{self, LONG, SHORT};

pub(super) fn parse(output: &[u8]) -> Result<Vec<Filesystem>, ParseError> {
    let found: Vec<Filesystem> = table::rows(output, 8).map(|row| filesystem(&row?)).collect::<Result<_, _>>()?;
    if found.is_empty() { Err(ParseError::new("the answer lists no filesystem", output)) } else { Ok(found) }
}

fn filesystem(row: &Row<'_>) -> Result<Filesystem, ParseError> {
    Ok(Filesystem {
        device: row.column(0).map(|value| text::shown(value, LONG)).unwrap_or_default(),
        kind: row.column(1).map(|value| text::shown(value, SHORT)).unwrap_or_default(),
        mount: row.text(2, "mount", LONG)?,
        size_bytes: row.number(3, "size")?,
        used_bytes: row.number(4, "used bytes")?,
        available_bytes: row.number(5, "available bytes")?,
        inodes: row.number(6, "inodes")?,
        inodes_used: row.number(7, "used inodes")?,
    })
}
