//! FreeBSD and macOS: `pid ppid user pcpu pmem rss state lstart command`, where `lstart` is five words.

use chrono::NaiveDateTime;

use super::{Process, ProcessList, name_of};
use crate::commands::ParseError;
use crate::commands::text::{self, LONG, SHORT, decimal, integer, integer32};

const PARTS: &[&str] = &["now", "boot", "ps"];

pub(super) fn parse(output: &[u8]) -> Result<ProcessList, ParseError> {
    let mut now = None;
    let mut boot = String::new();
    let mut processes = Vec::new();
    for (part, number, line) in text::sections(output, PARTS) {
        let process = match part {
            "now" => {
                now = integer(line).and_then(|now| i64::try_from(now).ok());
                continue;
            }
            "boot" => {
                boot = text::shown(line.trim_ascii(), SHORT);
                continue;
            }
            "ps" => process(line, now),
            _ => None,
        };
        processes.push(process.ok_or_else(|| ParseError::at(number, "this is no line of ps", line))?);
    }
    if processes.is_empty() {
        return Err(ParseError::new("the answer lists no process", output));
    }
    Ok(ProcessList { processes, boot, ..ProcessList::default() })
}

fn process(line: &[u8], now: Option<i64>) -> Option<Process> {
    let ([pid, parent, user, cpu, memory, resident, state], rest) = text::first_words(line)?;
    let (started, command) = text::first_words::<5>(rest)?;
    let started = started.map(|word| text::shown(word, SHORT)).join(" ");
    let begun = NaiveDateTime::parse_from_str(&started, "%a %b %d %H:%M:%S %Y").ok()?.and_utc().timestamp();
    let command = text::shown(command.trim_ascii_end(), LONG);
    Some(Process {
        pid: integer32(pid)?,
        parent: integer32(parent)?,
        user: text::shown(user, SHORT),
        average_cpu_percent: Some(decimal(cpu)?),
        memory_percent: Some(decimal(memory)?),
        resident_bytes: Some(integer(resident)?.checked_mul(1024)?),
        running_seconds: now.and_then(|now| u64::try_from(now.checked_sub(begun)?).ok()),
        started_at: Some(started),
        state: text::shown(state, SHORT),
        name: name_of(&command),
        command,
        ..Process::default()
    })
}
