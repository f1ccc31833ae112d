//! The `table` format: name, kind, size, modified, changed, mode, inode, owner, group, target. Names with a tab or a line end cannot be told.

use super::{Listed, is_name};
use crate::commands::ParseError;
use crate::commands::files::entry::{Entry, Kind, Moment, Seen, mode};
use crate::commands::shape::{Shape, needed, optional};
use crate::commands::table;
use crate::commands::text::SHORT;

pub(in crate::commands) const SHAPES: &[Shape] = &[Shape::rows(&[
    needed("name", "The file's name, without its directory", "error.log"),
    needed("kind", "directory, file, link or special", "file"),
    needed("size", "Its size in bytes", "412"),
    needed("modified", "When its content was changed, in seconds since 1970", "1763900000"),
    needed("changed", "When anything about it was changed, in seconds since 1970", "1763900000"),
    needed("mode", "Its permission bits in octal digits", "0640"),
    needed("inode", "Its number in the filesystem", "131077"),
    optional("owner", "Whose it is", "root"),
    optional("group", "Which group's it is", "adm"),
    optional("target", "Where a link says to go", "access.log"),
])];

pub(super) fn parse(output: &[u8]) -> Result<Listed, ParseError> {
    let (mut entries, mut dropped) = (Vec::new(), 0);
    for row in table::rows(output, 10) {
        let row = row?;
        let missing = |name: &str| row.error(&format!("{name} is missing or is none"));
        let moment = |at, name| row.column(at).and_then(Moment::read).ok_or_else(|| missing(name));
        let kind = match row.text(1, "kind", SHORT)?.as_str() {
            "directory" => Kind::Directory,
            "file" => Kind::File,
            "link" => Kind::Link,
            "special" => Kind::Special,
            _ => return Err(missing("kind")),
        };
        let name = row.column(0).ok_or_else(|| missing("name"))?;
        if !is_name(name) {
            dropped += 1;
            continue;
        }
        let mode = row.column(5).and_then(mode).ok_or_else(|| missing("mode"))?;
        let seen = Seen {
            inode: row.needed(6, "inode")?,
            modified: moment(3, "modified")?,
            changed: moment(4, "changed")?,
            size: row.needed(2, "size")?,
        };
        let text = |at| row.column(at).map(|value| crate::commands::text::shown(value, SHORT)).unwrap_or_default();
        entries.push(Entry {
            name: name.to_vec(),
            kind,
            leads_to: None,
            target: row.column(9).unwrap_or_default().to_vec(),
            seen,
            mode,
            owner: text(7),
            group: text(8),
        });
    }
    Listed { entries, dropped, counted: None }.checked(output)
}
