//! The `table` format of installed packages.

use super::{Package, PackageState};
use crate::commands::ParseError;
use crate::commands::shape::{Shape, needed, optional};
use crate::commands::table;
use crate::commands::text::{self, SHORT};

pub(in crate::commands) const SHAPES: &[Shape] = &[Shape::rows(&[
    needed("name", "As its tool takes it", "nginx"),
    needed("version", "With epoch and release", "1.26.2-1.el9"),
    optional("architecture", "What it was built for", "x86_64"),
    optional("size", "What it takes on disk, bytes", "1992294"),
    optional("installed", "When, in seconds since 1970", "1795345424"),
    optional("from", "Repository, vendor or maintainer", "nginx-stable"),
    optional("summary", "What it is, in one line", "A web server"),
    optional("state", "installed, unpacked, half-configured or half-installed", "installed"),
])];

pub(super) fn parse(output: &[u8]) -> Result<Vec<Package>, ParseError> {
    table::rows(output, 8)
        .map(|row| {
            let row = row?;
            let text = |at: usize| row.column(at).map(|value| text::shown(value, SHORT)).unwrap_or_default();
            Ok(Package {
                name: row.text(0, "name", SHORT)?,
                version: row.text(1, "version", SHORT)?,
                architecture: text(2),
                size_bytes: row.number(3, "size")?,
                installed_at: row.read(4, "moment", super::moment)?,
                origin: text(5),
                summary: text(6),
                state: row.read(7, "state", PackageState::of_word)?.unwrap_or_default(),
            })
        })
        .collect()
}
