//! Restarting a server and shutting it down, in the boot that was seen and in no later one: what is asked twice restarts once.
//!
//! Rows: `boot` id, uptime · `inhibitor` what was said · `asked` or `changed`.

use std::time::Duration;

use super::script::{Parameters, Value};
use super::shape::{Shape, needed};
use super::table;
use super::text::{LONG, SHORT, decimal};
use super::{Acting, Change, Command, CommandType, ParseError, Permission, Read};

pub(super) const FORMATS: &[&str] = &["table"];

pub(super) const BOOT_SHAPES: &[Shape] = &[Shape::word(
    "boot",
    &[
        needed("id", "Names this boot: another one after each start", "0b8f0d3c-1111-4222-8333-444455556666"),
        needed("uptime", "Seconds since it began", "812345.67"),
    ],
)];

pub(super) const INHIBITOR_SHAPES: &[Shape] =
    &[Shape::word("inhibitor", &[needed("said", "Who stands in the way, and why", "backup 0 root 716 tar shutdown")])];

pub(super) const TOLD_SHAPES: &[Shape] = &[Shape::word("asked", &[]), Shape::word("changed", &[])];

/// Inhibitors that are kept of an answer.
const MOST_INHIBITORS: usize = 20;

/// One boot of a server, at one moment of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Boot {
    /// Names it: another one after each start.
    pub id: String,
    /// How long it has lasted.
    pub uptime: Duration,
}

impl Boot {
    /// Whether the server was started again since `before`. A container may have the id of the machine that it runs on; its
    /// uptime begins anew.
    pub fn is_after(&self, before: &Self) -> bool {
        self.id != before.id || self.uptime < before.uptime
    }
}

/// In which boot the server is.
#[derive(Debug, Clone, Copy)]
pub struct ReadBoot;

impl Command for ReadBoot {
    const TYPE: CommandType = CommandType::ReadBoot;
    type Output = Boot;

    fn parse(&self, format: &str, output: &[u8]) -> Result<Boot, ParseError> {
        known(format)?;
        let mut rows = table::rows(output, 3);
        let row = rows.next().ok_or_else(|| ParseError::new("the answer does not name the boot", output))??;
        if row.column(0) != Some(b"boot") {
            return Err(row.error("a row that begins with boot was expected"));
        }
        if let Some(more) = rows.next() {
            return Err(more?.error("one row was expected"));
        }
        let id = row.text(1, "id", SHORT)?;
        let seconds = row.read(2, "uptime", decimal)?.ok_or_else(|| row.error("the column uptime is missing"))?;
        let uptime = Duration::try_from_secs_f64(seconds).map_err(|_too_long| row.error("no uptime is as long"))?;
        Ok(Boot { id, uptime })
    }
}

impl Read for ReadBoot {}

/// What asks the server not to go down now, in its own words.
#[derive(Debug, Clone, Copy)]
pub struct ListInhibitors;

impl Command for ListInhibitors {
    const TYPE: CommandType = CommandType::ListInhibitors;
    type Output = Vec<String>;

    fn parse(&self, format: &str, output: &[u8]) -> Result<Vec<String>, ParseError> {
        known(format)?;
        let mut found = Vec::new();
        for row in table::rows(output, 2) {
            let row = row?;
            if row.column(0) != Some(b"inhibitor") {
                return Err(row.error("a row that begins with inhibitor was expected"));
            }
            let said = row.text(1, "said", LONG)?;
            if found.len() < MOST_INHIBITORS {
                found.push(said);
            }
        }
        Ok(found)
    }
}

impl Read for ListInhibitors {}

/// What a server did that was asked to go down.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Told {
    /// It goes down.
    Asked,
    /// Nothing: it runs in another boot than was seen.
    Changed,
}

/// Starts the server again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RestartServer {
    /// The boot that was seen.
    pub booted: String,
}

/// Switches the server off.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ShutDownServer {
    /// The boot that was seen.
    pub booted: String,
}

macro_rules! goes_down {
    ($name:ident) => {
        impl Command for $name {
            const TYPE: CommandType = CommandType::$name;
            type Output = Told;

            fn parameters(&self) -> Parameters {
                Parameters::default().with("booted", Value::Text(self.booted.clone().into_bytes()))
            }

            /// As anybody else it would only be refused, in the words of the server's own tool.
            fn acting(&self) -> Option<Acting> {
                Some(Acting::Root)
            }

            fn parse(&self, format: &str, output: &[u8]) -> Result<Told, ParseError> {
                known(format)?;
                told(output)
            }
        }

        impl Change for $name {
            const PERMISSION: Permission = Permission::Root;

            fn target(&self) -> String {
                format!("boot {}", self.booted)
            }

            fn why_not(&self, told: &Told) -> Option<String> {
                (*told == Told::Changed).then(|| "it runs in another boot now".to_owned())
            }
        }
    };
}

goes_down!(RestartServer);
goes_down!(ShutDownServer);

fn known(format: &str) -> Result<(), ParseError> {
    if format == "table" { Ok(()) } else { Err(ParseError::unknown_format(format)) }
}

/// Reads the one row of an answer.
pub(super) fn told(output: &[u8]) -> Result<Told, ParseError> {
    let mut rows = table::rows(output, 1);
    let row = rows.next().ok_or_else(|| ParseError::new("the answer does not say what was done", output))??;
    if let Some(more) = rows.next() {
        return Err(more?.error("one row was expected"));
    }
    match row.column(0) {
        Some(b"asked") => Ok(Told::Asked),
        Some(b"changed") => Ok(Told::Changed),
        _ => Err(row.error("the first column is none of the known words")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn boot(id: &str, seconds: u64) -> Boot {
        Boot { id: id.to_owned(), uptime: Duration::from_secs(seconds) }
    }

    #[test]
    fn a_boot_is_read_with_its_uptime() {
        let read = ReadBoot.parse("table", b"boot\t0b8f-1\t90.25\n").unwrap();
        assert_eq!(read, Boot { id: "0b8f-1".into(), uptime: Duration::from_millis(90_250) });
    }

    #[test]
    fn another_id_or_an_uptime_that_began_anew_is_a_later_boot() {
        let before = boot("a", 500);
        assert!(boot("b", 900).is_after(&before), "it was away for long");
        assert!(boot("a", 3).is_after(&before), "a container keeps the id of its machine");
        assert!(!boot("a", 500).is_after(&before) && !boot("a", 501).is_after(&before));
    }

    #[test]
    fn sec_x03_what_names_no_boot_and_what_is_no_outcome_is_not_guessed_at() {
        for answer in ["", "boot\n", "boot\t\t5\n", "boot\ta\n", "boot\ta\t-5\n", "boot\ta\tNaN\n", "a\t5\n"] {
            assert!(ReadBoot.parse("table", answer.as_bytes()).is_err(), "{answer:?}");
        }
        assert!(ReadBoot.parse("table", b"boot\ta\t5\nboot\tb\t5\n").is_err());
        assert!(ReadBoot.parse("linux", b"boot\ta\t5\n").is_err());
        for answer in ["", "done\n", "asked\tx\n", "asked\nasked\n", "asked\nchanged\n"] {
            assert!(told(answer.as_bytes()).is_err(), "{answer:?}");
        }
        assert_eq!((told(b"asked\n"), told(b"changed\n")), (Ok(Told::Asked), Ok(Told::Changed)));
    }

    #[test]
    fn what_stands_in_the_way_is_kept_in_its_own_words_and_not_without_end() {
        let said =
            ListInhibitors.parse("table", b"inhibitor\tbackup 0 root 716 tar shutdown  nightly block\n").unwrap();
        assert_eq!(said, ["backup 0 root 716 tar shutdown  nightly block"]);
        assert!(ListInhibitors.parse("table", b"").unwrap().is_empty());
        let many = "inhibitor\tx\n".repeat(500);
        assert_eq!(ListInhibitors.parse("table", many.as_bytes()).unwrap().len(), MOST_INHIBITORS);
    }

    #[test]
    fn a_request_in_a_later_boot_is_a_refusal_in_the_audit_log() {
        let restart = RestartServer { booted: "0b8f-1".into() };
        assert_eq!(restart.target(), "boot 0b8f-1");
        assert_eq!(restart.why_not(&Told::Asked), None);
        assert!(restart.why_not(&Told::Changed).is_some());
        assert_eq!((restart.acting(), RestartServer::PERMISSION), (Some(Acting::Root), Permission::Root));
    }
}
