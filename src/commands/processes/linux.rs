//! Linux: what `ps` lists, joined with `/proc/PID/stat`, which has the start time and the ticks.
//!
//! Parts: `@clock` ticks a second · `@uptime` · `@boot` its id · `@ps` · `@users` `/etc/passwd` · `@status` lines
//! `/proc/PID/status:Uid:…` · `@stat`, the last one, because a process may be called anything.

use std::borrow::Cow;
use std::collections::HashMap;

use super::stat::{self, Stat};
use super::{Process, ProcessList, name_of};
use crate::commands::ParseError;
use crate::commands::text::{self, LONG, SHORT, decimal, integer, integer32};
use crate::commands::users;

/// Which program listed them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Listing {
    /// procps: `pid ppid user pcpu pmem rss stat args`
    Procps,
    /// BusyBox, after a heading: `pid ppid user rss args`
    BusyBox,
    /// None: the kernel alone.
    Kernel,
}

const PARTS: &[&str] = &["clock", "uptime", "boot", "ps", "users", "status"];

pub(super) fn parse(output: &[u8], listing: Listing) -> Result<ProcessList, ParseError> {
    let mut list = ProcessList::default();
    let mut names = HashMap::new();
    let mut statuses: HashMap<u32, Status> = HashMap::new();
    let (before, mut stats) = stat::divide(output)?;
    let before = if listing == Listing::BusyBox { on_one_line(before, &stats) } else { Cow::Borrowed(before) };
    for (part, number, line) in text::sections(&before, PARTS) {
        match part {
            "clock" => list.ticks_per_second = integer32(line),
            "uptime" => list.uptime_seconds = decimal(line),
            "boot" => list.boot = text::shown(line.trim_ascii(), SHORT),
            "ps" if listing == Listing::BusyBox && text::words(line).next() == Some(b"PID") => {}
            "ps" => {
                let process = if listing == Listing::Procps { procps(line) } else { busybox(line) };
                let process = process.ok_or_else(|| ParseError::at(number, "this is no line of ps", line))?;
                list.processes.push(process);
            }
            "users" => names.extend(users::account(line)),
            "status" => note(line, &mut statuses)
                .ok_or_else(|| ParseError::at(number, "this is no line of /proc/PID/status", line))?,
            _ => return Err(ParseError::at(number, "no part of the answer was expected here", line)),
        }
    }
    if listing == Listing::Kernel {
        list.processes = stats.iter().map(|stat| of_kernel(stat, &statuses, &names)).collect();
    }
    if list.processes.is_empty() {
        return Err(ParseError::new("the answer lists no process", output));
    }
    stats.sort_unstable_by_key(|stat| stat.pid);
    for process in &mut list.processes {
        let found = stats.binary_search_by_key(&process.pid, |stat| stat.pid).ok().and_then(|at| stats.get(at));
        if let Some(stat) = found {
            add(process, stat, list.ticks_per_second, list.uptime_seconds);
        }
        if process.name.is_empty() {
            process.name = name_of(&process.command);
        }
    }
    Ok(list)
}

/// What only the kernel tells.
fn add(process: &mut Process, stat: &Stat, ticks_per_second: Option<u32>, uptime: Option<f64>) {
    process.name = text::shown(&stat.name, SHORT);
    process.cpu_ticks = Some(stat.cpu_ticks);
    process.threads = Some(stat.threads);
    process.is_kernel = stat.is_kernel;
    process.started_at = Some(stat.started.to_string());
    if process.state.is_empty() {
        process.state = char::from(stat.state).to_string();
    }
    if let (Some(ticks), Some(uptime)) = (ticks_per_second, uptime) {
        process.running_seconds = Some(since(stat.started, ticks, uptime));
    }
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_precision_loss,
    reason = "seconds for people; a float that is too large becomes the largest whole number"
)]
fn since(started: u64, ticks_per_second: u32, uptime: f64) -> u64 {
    (uptime - started as f64 / f64::from(ticks_per_second.max(1))).max(0.0) as u64
}

fn procps(line: &[u8]) -> Option<Process> {
    let ([pid, parent, user, cpu, memory, resident, state], command) = text::first_words(line)?;
    Some(Process {
        pid: integer32(pid)?,
        parent: integer32(parent)?,
        user: text::shown(user, SHORT),
        average_cpu_percent: Some(decimal(cpu)?),
        memory_percent: Some(decimal(memory)?),
        resident_bytes: Some(integer(resident)?.checked_mul(1024)?),
        state: text::shown(state, SHORT),
        command: text::shown(command.trim_ascii_end(), LONG),
        ..Process::default()
    })
}

fn busybox(line: &[u8]) -> Option<Process> {
    let ([pid, parent, user, resident], command) = text::first_words(line)?;
    Some(Process {
        pid: integer32(pid)?,
        parent: integer32(parent)?,
        user: text::shown(user, SHORT),
        resident_bytes: Some(busybox_size(resident)?),
        command: text::shown(command.trim_ascii_end(), LONG),
        ..Process::default()
    })
}

/// KiB, or with a letter that BusyBox adds when the number gets long: `980`, `12m`, `1.2g`.
fn busybox_size(word: &[u8]) -> Option<u64> {
    let (number, unit) = match word {
        [number @ .., b'm'] => (number, 1024.0 * 1024.0),
        [number @ .., b'g'] => (number, 1024.0 * 1024.0 * 1024.0),
        number => return integer(number)?.checked_mul(1024),
    };
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "the number is rounded already")]
    let bytes = (decimal(number)? * unit) as u64;
    Some(bytes)
}

/// BusyBox puts a process's name before its command line, as it is: `{a\nb} ./a`. Line ends in it become spaces.
fn on_one_line<'a>(listing: &'a [u8], stats: &[Stat]) -> Cow<'a, [u8]> {
    let mut listing = Cow::Borrowed(listing);
    for stat in stats.iter().filter(|stat| stat.name.contains(&b'\n')).take(100) {
        let name = [b"{", &*stat.name, b"}"].concat();
        let mut from = 0;
        let find = |rest: &[u8]| rest.windows(name.len()).position(|window| window == name);
        while let Some(at) = listing.get(from..).and_then(find) {
            from += at;
            let found = listing.to_mut().get_mut(from..from + name.len()).unwrap_or_default();
            found.iter_mut().filter(|byte| **byte == b'\n').for_each(|byte| *byte = b' ');
        }
    }
    listing
}

/// What `/proc/PID/status` tells of one process.
#[derive(Default)]
struct Status {
    uid: Option<u32>,
    resident_bytes: Option<u64>,
}

/// `/proc/12/status:Uid: 0 0 0 0`: the second number is who it acts as. `/proc/12/status:VmRSS: 388 kB`.
fn note(line: &[u8], statuses: &mut HashMap<u32, Status>) -> Option<()> {
    let rest = line.strip_prefix(b"/proc/")?;
    let slash = rest.iter().position(|byte| *byte == b'/')?;
    let (pid, rest) = rest.split_at_checked(slash)?;
    let status = statuses.entry(integer32(pid)?).or_default();
    let rest = rest.strip_prefix(b"/status:")?;
    if let Some(numbers) = rest.strip_prefix(b"Uid:") {
        status.uid = Some(integer32(text::words(numbers).nth(1)?)?);
    } else {
        let size = integer(text::words(rest.strip_prefix(b"VmRSS:")?).next()?)?;
        status.resident_bytes = Some(size.checked_mul(1024)?);
    }
    Some(())
}

fn of_kernel(stat: &Stat, statuses: &HashMap<u32, Status>, names: &HashMap<u32, String>) -> Process {
    let status = statuses.get(&stat.pid);
    let uid = status.and_then(|status| status.uid);
    let user = uid.map(|uid| names.get(&uid).cloned().unwrap_or_else(|| uid.to_string()));
    Process {
        pid: stat.pid,
        parent: stat.parent,
        user: user.unwrap_or_default(),
        resident_bytes: status.and_then(|status| status.resident_bytes),
        command: text::shown(&stat.name, SHORT),
        ..Process::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn busybox_sizes_carry_letters() {
        assert_eq!(busybox_size(b"980"), Some(980 * 1024));
        assert_eq!(busybox_size(b"12m"), Some(12 << 20));
        assert_eq!(busybox_size(b"1.5g"), Some(3 << 29));
        assert_eq!(busybox_size(b"m"), None);
    }

    #[test]
    fn a_process_that_ended_between_the_two_readings_has_no_start() {
        let answer = b"@ps\n 7 1 root 0.0 0.0 4 S /bin/gone -x\n@stat\n";
        let process = &parse(answer, Listing::Procps).unwrap().processes[0];
        assert_eq!((&*process.name, &process.started_at), ("gone", &None));
    }

    #[test]
    fn sec_x03_a_line_of_another_shape_is_refused() {
        for line in ["7 1 root 0.0", "7 1 root x 0.0 4 S a", "-7 1 root 0.0 0.0 4 S a", "7 1 root 0.0 0.0 1e309 S a"] {
            assert!(parse(format!("@ps\n{line}\n").as_bytes(), Listing::Procps).is_err(), "{line}");
        }
        assert!(parse(b"", Listing::Kernel).is_err());
        assert!(parse(b"ps: not found\n", Listing::Procps).is_err());
    }

    #[test]
    fn sec_x06_a_busybox_process_name_cannot_draw_a_row_of_its_own() {
        let fields = "S 1 7 7 0 -1 0 1 0 0 0 3 1 0 0 20 0 1 0 50 9 2 1 1";
        let answer = format!(
            "@ps\nPID PPID USER RSS COMMAND\n 1 0 root 4 init\n 7 1 eve 4 {{\n1 0 root 4 x}} a\n@stat\n7 (\n1 0 root 4 x) {fields}\n"
        );
        let list = parse(answer.as_bytes(), Listing::BusyBox).unwrap();
        assert_eq!(list.processes.iter().map(|process| process.pid).collect::<Vec<_>>(), [1, 7]);
        assert_eq!(list.processes[1].command, "{ 1 0 root 4 x} a");
    }
}
