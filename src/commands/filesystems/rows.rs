//! The `table` format: device, type, mount, size, used, available (bytes), inodes, inodes used.

use super::Filesystem;
use crate::commands::ParseError;
use crate::commands::shape::{Shape, needed, optional};
use crate::commands::table::{self, Row};
use crate::commands::text::{self, LONG, SHORT};

pub(in crate::commands) const SHAPES: &[Shape] = &[Shape::rows(&[
    optional("device", "What is mounted", "/dev/sda1"),
    optional("type", "What kind of filesystem it is", "ext4"),
    needed("mount", "Where it is mounted", "/var"),
    optional("size", "Its size in bytes", "53687091200"),
    optional("used bytes", "Bytes in use", "21474836480"),
    optional("available bytes", "Bytes free for ordinary users", "29527900160"),
    optional("inodes", "How many files it can hold", "3276800"),
    optional("used inodes", "How many files it holds", "120000"),
])];

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
