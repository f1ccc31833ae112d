//! The `table` format of services: name, kind, state, detail, description, at boot, since, memory, tasks, pid, next, last, starts.

use super::{Kind, Service, State};
use crate::commands::ParseError;
use crate::commands::shape::{Column, Shape, needed, optional};
use crate::commands::table::{self, Row};
use crate::commands::text::{self, SHORT, integer32, moment};

/// The columns of a service, in every table that tells of one.
pub(in crate::commands) const COLUMNS: &[Column] = &[
    needed("name", "As its tool takes it", "ssh.service"),
    optional("kind", "service or timer", "service"),
    needed("state", "failed, starting, active, stopping, inactive or unknown", "active"),
    optional("detail", "The same in the tool's own words", "running"),
    optional("description", "What it is, in one line", "secure shell server"),
    optional("at boot", "enabled, disabled, or the tool's own word", "enabled"),
    optional("since", "Since when it is so, in seconds since 1970", "1795954962"),
    optional("memory bytes", "Memory of all its processes, in bytes", "10485760"),
    optional("tasks", "Its processes and threads", "3"),
    optional("pid", "Its first process", "4121"),
    optional("next", "When a timer starts it next, in seconds since 1970", "1795958562"),
    optional("last", "When a timer started it last, in seconds since 1970", "1795951362"),
    optional("starts", "What a timer starts", "backup.service"),
];

pub(in crate::commands) const SHAPES: &[Shape] = &[Shape::rows(COLUMNS)];

pub(super) fn list(output: &[u8]) -> Result<Vec<Service>, ParseError> {
    table::rows(output, COLUMNS.len()).map(|row| service(&row?, 0)).collect()
}

/// The service that a row tells of, from the column `at` on.
pub(super) fn service(row: &Row<'_>, at: usize) -> Result<Service, ParseError> {
    let text = |column: usize| row.column(at + column).map(|value| text::shown(value, SHORT)).unwrap_or_default();
    let kind = match row.column(at + 1) {
        None | Some(b"service") => Kind::Service,
        Some(b"timer") => Kind::Timer,
        Some(_) => return Err(row.error("the kind is none of the known words")),
    };
    let state = State::from_name(&row.text(at + 2, "state", SHORT)?);
    Ok(Service {
        name: row.text(at, "name", SHORT)?,
        kind,
        state: state.ok_or_else(|| row.error("the state is none of the known words"))?,
        detail: text(3),
        description: text(4),
        at_boot: text(5),
        since: row.read(at + 6, "time", moment)?,
        memory_bytes: row.number(at + 7, "number of bytes")?,
        tasks: row.number(at + 8, "number of tasks")?,
        pid: row.read(at + 9, "process id", integer32)?,
        next: row.read(at + 10, "time", moment)?,
        last: row.read(at + 11, "time", moment)?,
        starts: text(12),
    })
}
