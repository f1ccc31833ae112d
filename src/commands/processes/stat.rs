//! `/proc/PID/stat`, many of them one after the other.
//!
//! The second field is the process's name in brackets, which may hold anything: spaces, brackets, line ends.

use crate::commands::ParseError;
use crate::commands::text::{self, integer, integer32};

/// What is needed of one.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Stat {
    pub(super) pid: u32,
    pub(super) name: Vec<u8>,
    pub(super) behind: Behind,
}

/// The fields behind the name.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Behind {
    pub(super) state: u8,
    pub(super) parent: u32,
    pub(super) cpu_ticks: u64,
    pub(super) threads: u32,
    /// A thread of the kernel, which no signal ends.
    pub(super) is_kernel: bool,
    /// Ticks after boot (field 22).
    pub(super) started: u64,
}

impl std::ops::Deref for Stat {
    type Target = Behind;

    fn deref(&self) -> &Behind {
        &self.behind
    }
}

/// The flag of a kernel thread (`PF_KTHREAD`) in field 9.
const KERNEL_THREAD: u64 = 0x0020_0000;
/// A name has at most 15 bytes, or 64 for a kernel thread: more line ends than that are no name.
const LONGEST_NAME: usize = 64;

/// What stands before the line `@stat`, and the processes after it.
///
/// BusyBox prints a process's name as it is, so that one called `\n@stat\n` draws such a line too: the right one is the
/// first that processes follow.
pub(super) fn divide(output: &[u8]) -> Result<(&[u8], Vec<Stat>), ParseError> {
    const MARKER: &[u8] = b"@stat\n";
    const TRIES: usize = 1000;
    let mut problem = None;
    let mut tries = 0;
    let mut at = 0;
    while tries < TRIES {
        let Some((before, rest)) = output.split_at_checked(at) else { break };
        if let Some(processes) = rest.strip_prefix(MARKER) {
            tries += 1;
            match parse(processes) {
                Ok(stats) => return Ok((before, stats)),
                Err(error) => problem = problem.or(Some(error)),
            }
        }
        let Some(line) = rest.iter().position(|byte| *byte == b'\n') else { break };
        at += line + 1;
    }
    problem.map_or(Ok((output, Vec::new())), Err)
}

/// Every process.
fn parse(output: &[u8]) -> Result<Vec<Stat>, ParseError> {
    let mut stats = Vec::new();
    let mut rest = output;
    while !rest.is_empty() {
        let Some((stat, length)) = first(rest) else {
            return Err(ParseError::new("this is no /proc/PID/stat", rest));
        };
        stats.push(stat);
        rest = rest.get(length..).unwrap_or_default();
    }
    Ok(stats)
}

/// The first process, and how many bytes it takes. Its line is whole where the fields after its last bracket are.
fn first(output: &[u8]) -> Option<(Stat, usize)> {
    let mut end = 0;
    for _ in 0..=LONGEST_NAME {
        let rest = output.get(end..)?;
        if rest.is_empty() {
            return None;
        }
        end += rest.iter().position(|byte| *byte == b'\n').map_or(rest.len(), |at| at + 1);
        if let Some(stat) = one(output.get(..end)?.trim_ascii_end()) {
            return Some((stat, end));
        }
    }
    None
}

fn one(line: &[u8]) -> Option<Stat> {
    let opening = line.windows(2).position(|pair| pair == b" (")?;
    let closing = line.iter().rposition(|byte| *byte == b')')?;
    let behind = behind_name(line.get(closing + 1..)?)?;
    Some(Stat { pid: integer32(line.get(..opening)?)?, name: line.get(opening + 2..closing)?.to_vec(), behind })
}

/// What follows the name.
pub(super) fn behind_name(fields: &[u8]) -> Option<Behind> {
    let mut fields = text::words(fields);
    let state = match fields.next()? {
        [state] if state.is_ascii_alphabetic() => *state,
        _ => return None,
    };
    let parent = integer32(fields.next()?)?;
    // From here, field numbers as in proc(5); the next one is 5. Some between may be negative.
    let flags = integer(fields.nth(9 - 5)?)?;
    let user_ticks = integer(fields.nth(14 - 10)?)?;
    let kernel_ticks = integer(fields.next()?)?;
    let threads = integer32(fields.nth(20 - 16)?)?;
    let started = integer(fields.nth(22 - 21)?)?;
    Some(Behind {
        state,
        parent,
        cpu_ticks: user_ticks.saturating_add(kernel_ticks),
        threads,
        is_kernel: flags & KERNEL_THREAD != 0,
        started,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const FIELDS: &str =
        "S 1 7 7 0 -1 4194560 100 0 0 0 30 12 0 0 20 0 1 0 8060512 9000000 250 18446744073709551615 1 1";

    #[test]
    fn sec_p06_a_name_cannot_hide_the_start_time() {
        for name in ["nginx", "a) R 1 (", "a b", "x\n9 (y) R", "\n\n\n", ")", "(", "", "@stat", "a\n@ps"] {
            let text = format!("7 ({name}) {FIELDS}\n8 (next) {FIELDS}\n");
            let stats = parse(text.as_bytes()).unwrap();
            assert_eq!(stats.len(), 2, "{name:?}");
            assert_eq!((stats[0].pid, &*stats[0].name, stats[0].started), (7, name.as_bytes(), 8_060_512));
            assert_eq!((stats[0].cpu_ticks, stats[0].parent), (42, 1));
            assert_eq!((stats[1].pid, stats[1].threads, stats[1].is_kernel), (8, 1, false));
        }
    }

    #[test]
    fn sec_x03_another_shape_is_refused() {
        for text in ["x", "7 (a) S 1", "7 (a) S 1 2 3\n", "\n", "7 a S 1 7"] {
            assert!(parse(text.as_bytes()).is_err(), "{text:?}");
        }
        assert!(parse("7 (a\n".repeat(100_000).as_bytes()).is_err());
    }

    #[test]
    fn the_marker_is_the_line_that_processes_follow() {
        let text = format!("a @stat\n@stat\n1}} b\n@stat\n7 (\n@stat\n) {FIELDS}\n");
        let (before, stats) = divide(text.as_bytes()).unwrap();
        assert_eq!((before, &*stats[0].name), (&b"a @stat\n@stat\n1} b\n"[..], &b"\n@stat\n"[..]));
        assert_eq!(divide(b"none").unwrap(), (&b"none"[..], Vec::new()));
        assert!(divide(b"@stat\nnone\n").is_err());
    }
}
