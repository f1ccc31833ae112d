//! What `systemctl show` prints: blocks of `Name=value`, divided by empty lines. Names in lists are quoted where they hold a
//! backslash, and then each backslash is two.

use chrono::{DateTime, TimeDelta, Utc};

use super::times::{moment, span};
use super::{Kind, Service, State};
use crate::commands::ParseError;
use crate::commands::text::{self, LONG, SHORT, decimal, integer, integer32, words};

/// The parts of an answer about all units, and about one.
const PARTS: &[&str] = &["now", "uptime", "units", "files"];

/// The properties of one unit.
#[derive(Debug, Clone, Default)]
pub(super) struct Properties<'a>(Vec<(&'a [u8], &'a [u8])>);

impl<'a> Properties<'a> {
    /// The value of a property; empty where it has none.
    pub(super) fn of(&self, name: &str) -> &'a [u8] {
        self.0.iter().find(|(known, _)| *known == name.as_bytes()).map(|(_, value)| *value).unwrap_or_default()
    }

    /// All values of a property that may come several times.
    pub(super) fn all(&self, name: &'static str) -> impl Iterator<Item = &'a [u8]> {
        self.0.iter().filter(move |(known, _)| *known == name.as_bytes()).map(|(_, value)| *value)
    }

    pub(super) fn text(&self, name: &str, limit: usize) -> String {
        text::shown(self.of(name), limit)
    }

    /// The names of a list.
    pub(super) fn names(&self, name: &str) -> Vec<String> {
        names(self.of(name))
    }
}

/// When an answer was given, by the server's own clocks.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Clock {
    now: Option<DateTime<Utc>>,
    /// Seconds since boot.
    uptime: Option<f64>,
}

impl Clock {
    pub(super) fn hear(&mut self, part: &str, line: &[u8]) {
        match part {
            "now" => self.now = text::moment(line.trim_ascii()),
            "uptime" => self.uptime = decimal(line.trim_ascii()),
            _ => {}
        }
    }

    /// The moment at which the clock that counts from boot says `text`.
    fn since_boot(self, text: &[u8]) -> Option<DateTime<Utc>> {
        let uptime = std::time::Duration::try_from_secs_f64(self.uptime?).ok()?;
        let booted = self.now?.checked_sub_signed(TimeDelta::from_std(uptime).ok()?)?;
        booted.checked_add_signed(TimeDelta::from_std(span(text)?).ok()?)
    }
}

/// Reads the blocks among `lines`.
pub(super) fn blocks<'a>(lines: impl Iterator<Item = (usize, &'a [u8])>) -> Result<Vec<Properties<'a>>, ParseError> {
    let mut blocks = Vec::new();
    let mut block = Properties::default();
    for (number, line) in lines {
        if line.is_empty() {
            if !block.0.is_empty() {
                blocks.push(std::mem::take(&mut block));
            }
            continue;
        }
        let equals = line.iter().position(|byte| *byte == b'=');
        let split = equals.and_then(|at| Some((line.get(..at)?, line.get(at + 1..)?)));
        let (name, value) = split.ok_or_else(|| ParseError::at(number, "a name, = and a value were expected", line))?;
        block.0.push((name, value));
    }
    if !block.0.is_empty() {
        blocks.push(block);
    }
    Ok(blocks)
}

/// Every service and timer that systemd knows, and those that it has files of.
pub(super) fn list(output: &[u8]) -> Result<Vec<Service>, ParseError> {
    let mut clock = Clock::default();
    let mut units = Vec::new();
    let mut files = Vec::new();
    for (part, number, line) in text::sections(output, PARTS) {
        match part {
            "now" | "uptime" => clock.hear(part, line),
            "units" => units.push((number, line)),
            "files" => files.push(line),
            _ => return Err(ParseError::at(number, "this line stands in no part", line)),
        }
    }
    let mut services = Vec::new();
    for block in blocks(units.into_iter())? {
        let unit = service(&block, clock).ok_or_else(|| ParseError::new("a unit without a name", output))?;
        // Only named by others: there is nothing to run.
        let is_a_name_only = block.of("LoadState") == b"not-found";
        if !is_a_name_only || unit.state == State::Failed || unit.state == State::Active {
            services.push(unit);
        }
    }
    if services.is_empty() {
        return Err(ParseError::new("the answer lists no unit", output));
    }
    let known: std::collections::HashSet<String> = services.iter().map(|service| service.name.clone()).collect();
    services.extend(files.into_iter().filter_map(not_loaded).filter(|service| !known.contains(&service.name)));
    Ok(services)
}

/// One unit; none where it has no name.
pub(super) fn service(block: &Properties<'_>, clock: Clock) -> Option<Service> {
    let name = block.text("Id", SHORT);
    if name.is_empty() {
        return None;
    }
    let state = match block.of("ActiveState") {
        b"active" | b"reloading" | b"refreshing" => State::Active,
        b"activating" => State::Starting,
        b"deactivating" => State::Stopping,
        b"inactive" => State::Inactive,
        b"failed" => State::Failed,
        _ => State::Unknown,
    };
    let entered = if state == State::Active { "ActiveEnterTimestamp" } else { "StateChangeTimestamp" };
    let since = moment(block.of(entered)).or_else(|| moment(block.of("InactiveEnterTimestamp")));
    let load = block.text("LoadState", SHORT);
    let at_boot = block.text("UnitFileState", SHORT);
    let monotonic = block.of("NextElapseUSecMonotonic");
    let next = [moment(block.of("NextElapseUSecRealtime")), clock.since_boot(monotonic)].into_iter().flatten().min();
    Some(Service {
        kind: kind(&name),
        state,
        detail: block.text("SubState", SHORT),
        description: block.text("Description", SHORT),
        at_boot: if at_boot.is_empty() && load == "masked" { load } else { at_boot },
        since,
        memory_bytes: accounted(block.of("MemoryCurrent")),
        tasks: accounted(block.of("TasksCurrent")),
        pid: integer32(block.of("MainPID")).filter(|pid| *pid > 0),
        next: next.filter(|_| state == State::Active),
        last: moment(block.of("LastTriggerUSec")),
        starts: block.names("Triggers").first().or(block.names("Unit").first()).cloned().unwrap_or_default(),
        name,
    })
}

/// What is counted; `[not set]`, or the largest number there is, where it is not.
fn accounted(value: &[u8]) -> Option<u64> {
    integer(value).filter(|count| *count != u64::MAX)
}

fn kind(name: &str) -> Kind {
    if name.strip_suffix(".timer").is_some() { Kind::Timer } else { Kind::Service }
}

/// A unit that has a file and was not needed yet: `nftables.service disabled enabled`. Templates and other names of units are none.
fn not_loaded(line: &[u8]) -> Option<Service> {
    let mut columns = words(line);
    let (name, at_boot) = (columns.next()?, columns.next()?);
    let name = text::shown(name, SHORT);
    let is_template = name.contains("@.");
    if is_template || !matches!(at_boot, b"enabled" | b"disabled" | b"masked" | b"enabled-runtime") {
        return None;
    }
    let at_boot = text::shown(at_boot, SHORT);
    Some(Service {
        kind: kind(&name),
        state: State::Inactive,
        detail: "dead".into(),
        at_boot,
        name,
        ..Service::default()
    })
}

/// The names of a list, with their quotes and backslashes undone.
pub(super) fn names(value: &[u8]) -> Vec<String> {
    let value = text::shown(value, LONG * 4);
    let mut names = Vec::new();
    let (mut name, mut quoted, mut any) = (String::new(), false, false);
    let mut characters = value.chars();
    while let Some(c) = characters.next() {
        match c {
            '"' => (quoted, any) = (!quoted, true),
            '\\' if quoted => name.extend(characters.next()),
            ' ' if !quoted => {
                if any {
                    names.push(std::mem::take(&mut name));
                }
                any = false;
            }
            c => {
                name.push(c);
                any = true;
            }
        }
    }
    if any {
        names.push(name);
    }
    names
}

/// What a property like `ExecStart` runs: what stands behind `argv[]=` in `{ path=… ; argv[]=… ; ignore_errors=… ; … }`.
pub(super) fn program(value: &[u8]) -> Option<String> {
    let value = text::shown(value, LONG);
    let (_, rest) = value.split_once("argv[]=")?;
    let (line, _) = rest.split_once(" ; ignore_errors=").or_else(|| rest.split_once(" ; flags="))?;
    Some(line.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quoted_name_is_read_as_systemd_takes_it() {
        let read = names(br#"sysinit.target "odd@a\\x20b\\x2dc.service" -.mount"#);
        assert_eq!(read, ["sysinit.target", "odd@a\\x20b\\x2dc.service", "-.mount"]);
        assert_eq!(names(b""), Vec::<String>::new());
    }

    #[test]
    fn failed_units_that_nobody_has_a_file_of_are_listed_and_names_without_a_unit_are_not() {
        let answer = b"@units\nId=a.service\nLoadState=not-found\nActiveState=inactive\n\n\
            Id=b.service\nLoadState=not-found\nActiveState=failed\n\nId=c.service\nLoadState=loaded\nActiveState=active\n\
            @files\nc.service enabled enabled\nd.service disabled enabled\ne@.service disabled enabled\nf.service alias -\n";
        let found = list(answer).unwrap();
        let told: Vec<_> = found.iter().map(|unit| (unit.name.as_str(), unit.state)).collect();
        assert_eq!(told, [("b.service", State::Failed), ("c.service", State::Active), ("d.service", State::Inactive)]);
    }

    #[test]
    fn a_timer_by_the_clock_that_counts_from_boot_has_a_time_of_the_calendar() {
        let answer = b"@now\n1000000\n@uptime\n500.00 3\n@units\nId=t.timer\nActiveState=active\n\
            NextElapseUSecMonotonic=20min 1.5s\nTriggers=t.service\n";
        // What the script prints is the first word only.
        assert!(list(answer).unwrap()[0].next.is_none());
        let answer = String::from_utf8_lossy(answer).replace("500.00 3", "500.00");
        let timer = &list(answer.as_bytes()).unwrap()[0];
        assert_eq!((timer.next.unwrap().timestamp(), timer.starts.as_str()), (1_000_701, "t.service"));
    }

    #[test]
    fn sec_x03_another_shape_is_refused() {
        for answer in ["", "hello\n", "@units\n", "@units\nhello\n", "@units\nActiveState=active\n", "@now\n5\n"] {
            assert!(list(answer.as_bytes()).is_err(), "{answer}");
        }
    }
}
