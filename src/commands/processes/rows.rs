//! The `table` format: pid, parent, user, CPU %, memory %, resident bytes, started, seconds running, state, command line, threads.

use super::{Process, ProcessList, name_of};
use crate::commands::ParseError;
use crate::commands::shape::{Shape, needed, optional};
use crate::commands::table::{self, Row};
use crate::commands::text::{self, LONG, SHORT};

pub(in crate::commands) const SHAPES: &[Shape] = &[Shape::rows(&[
    needed("pid", "Process id", "4121"),
    optional("parent", "Process id of its parent", "1"),
    optional("user", "Who it runs as", "www-data"),
    optional("CPU %", "Percent of one core over its life, with a dot", "12.5"),
    optional("memory %", "Percent of the installed memory, with a dot", "1.2"),
    optional("resident bytes", "Memory in use, in bytes", "10485760"),
    optional(
        "started",
        "When it was started, in the same words each time; names the process together with its id",
        "812345",
    ),
    optional("seconds running", "How long it has run, in whole seconds", "3600"),
    optional("state", "R running, S sleeping, Z ended but not fetched, or what the system says", "S"),
    needed("command line", "The whole command line, or the program's name", "nginx: worker process"),
    optional("threads", "How many threads it has", "4"),
])];

pub(super) fn parse(output: &[u8]) -> Result<ProcessList, ParseError> {
    let processes: Vec<Process> = table::rows(output, 11).map(|row| process(&row?)).collect::<Result<_, _>>()?;
    if processes.is_empty() {
        return Err(ParseError::new("the answer lists no process", output));
    }
    Ok(ProcessList { processes, ..ProcessList::default() })
}

fn process(row: &Row<'_>) -> Result<Process, ParseError> {
    let text = |at: usize, limit: usize| row.column(at).map(|value| text::shown(value, limit));
    let command = row.text(9, "command line", LONG)?;
    Ok(Process {
        pid: row.read(0, "pid", text::integer32)?.ok_or_else(|| row.error("the column pid is missing"))?,
        parent: row.read(1, "parent", text::integer32)?.unwrap_or(0),
        user: text(2, SHORT).unwrap_or_default(),
        average_cpu_percent: row.read(3, "CPU %", text::decimal)?,
        memory_percent: row.read(4, "memory %", text::decimal)?,
        resident_bytes: row.number(5, "resident bytes")?,
        started_at: text(6, SHORT),
        running_seconds: row.number(7, "seconds running")?,
        state: text(8, SHORT).unwrap_or_default(),
        name: name_of(&command),
        command,
        threads: row.read(10, "number of threads", text::integer32)?,
        ..Process::default()
    })
}
