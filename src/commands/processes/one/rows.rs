//! The `table` format of one process: the first column says what the row is about.

use super::{Access, Limit, OpenFile, Parent, ProcessDetails};
use crate::commands::ParseError;
use crate::commands::shape::{Shape, needed, optional};
use crate::commands::table::{self, Row};
use crate::commands::text::{self, LONG, SHORT};

pub(in crate::commands) const SHAPES: &[Shape] = &[
    Shape::word("gone", &[]),
    Shape::word(
        "process",
        &[
            needed("pid", "Its number", "4121"),
            needed("started", "When it was started, as the list of processes says it", "812345"),
            optional("boot", "Which boot of the server, as the list of processes says it", "0b8f0d3c"),
            optional("user", "Who it runs as", "www-data"),
            optional("state", "Its state", "S"),
            optional("resident bytes", "Memory in use, in bytes", "10485760"),
            optional("name", "Its short name", "nginx"),
        ],
    ),
    Shape::word("argument", &[needed("word", "A word of its command line, or all of it; one row each", "nginx")]),
    Shape::word(
        "parent",
        &[
            needed("pid", "The number of a parent; the nearest first, one row each", "1"),
            optional("name", "Its short name", "systemd"),
        ],
    ),
    Shape::word(
        "limit",
        &[
            needed("name", "What is limited", "open files"),
            needed("soft", "What ends it, or unlimited", "1024"),
            optional("hard", "What the soft one can be raised to", "524288"),
        ],
    ),
    Shape::word(
        "file",
        &[
            needed("descriptor", "The number of an open file", "3"),
            needed("access", "r, w, or u for both", "r"),
            needed("target", "Its path", "/var/log/nginx/access.log"),
        ],
    ),
    Shape::word("cgroup", &[needed("path", "Its control group", "/system.slice/nginx.service")]),
    Shape::word("executable", &[needed("path", "The program's file", "/usr/sbin/nginx")]),
    Shape::word("directory", &[needed("path", "Its working directory", "/")]),
];

pub(super) fn parse(output: &[u8]) -> Result<Option<ProcessDetails>, ParseError> {
    let mut details = ProcessDetails::default();
    let mut is_gone = false;
    for row in table::rows(output, 8) {
        let row = row?;
        let text = |at: usize, limit: usize| row.column(at).map(|value| text::shown(value, limit));
        match row.column(0) {
            Some(b"gone") => is_gone = true,
            Some(b"process") => process(&row, &mut details)?,
            Some(b"argument") => details.arguments.push(row.text(1, "word", LONG)?),
            Some(b"parent") => {
                details.parents.push(Parent { pid: number(&row, "pid")?, name: text(2, SHORT).unwrap_or_default() });
            }
            Some(b"limit") => details.limits.push(Limit {
                name: row.text(1, "name", SHORT)?,
                soft: row.text(2, "soft", SHORT)?,
                hard: text(3, SHORT).unwrap_or_default(),
                unit: String::new(),
            }),
            Some(b"file") => details.files.get_or_insert_default().push(file(&row)?),
            Some(b"cgroup") => details.cgroup = Some(row.text(1, "path", LONG)?),
            Some(b"executable") => details.executable = Some(row.text(1, "path", LONG)?),
            Some(b"directory") => details.directory = Some(row.text(1, "path", LONG)?),
            _ => return Err(row.error("the first column is none of the known words")),
        }
    }
    match (is_gone, details.started.at.is_empty()) {
        (true, true) => Ok(None),
        (false, false) => Ok(Some(details)),
        _ => Err(ParseError::new("one row process was expected, or one row gone", output)),
    }
}

fn process(row: &Row<'_>, details: &mut ProcessDetails) -> Result<(), ParseError> {
    let text = |at: usize| row.column(at).map(|value| text::shown(value, SHORT)).unwrap_or_default();
    details.pid = number(row, "pid")?;
    details.started.at = row.text(2, "started", SHORT)?;
    details.started.boot = text(3);
    details.user = text(4);
    details.state = text(5);
    details.resident_bytes = row.number(6, "resident bytes")?;
    details.name = text(7);
    Ok(())
}

fn file(row: &Row<'_>) -> Result<OpenFile, ParseError> {
    let access = match row.column(2) {
        Some(b"r") => Access::Read,
        Some(b"w") => Access::Write,
        Some(b"u") => Access::Both,
        _ => return Err(row.error("the column access is r, w or u")),
    };
    Ok(OpenFile { descriptor: number(row, "descriptor")?, access, target: row.text(3, "target", LONG)? })
}

fn number(row: &Row<'_>, name: &str) -> Result<u32, ParseError> {
    row.read(1, name, text::integer32)?.ok_or_else(|| row.error(&format!("the column {name} is missing")))
}
