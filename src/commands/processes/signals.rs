//! A signal to one process, if it is still the one that was seen (P06).
//!
//! The server itself compares number, start and boot, and refuses what no signal may go to, in the script that sends it.
//! Rows: `ended`, `zombie` or `there`, each with the state and the uptime before and after · `gone` · `changed` ·
//! `refused` and why.

use std::time::Duration;

use super::started::Started;
use crate::commands::script::{Parameters, Value};
use crate::commands::shape::{Column, Shape, needed, optional};
use crate::commands::table::{self, Row};
use crate::commands::text::{self, SHORT};
use crate::commands::{Change, Command, CommandType, ParseError, Permission};

pub(in crate::commands) const FORMATS: &[&str] = &["table"];

const OUTCOME: &[Column] = &[
    optional("state", "Its state then, as in the list of processes", "T"),
    needed("before", "Seconds since boot, or of any clock, when it was sent", "812345.67"),
    needed("after", "The same clock when it was looked at last", "812348.70"),
];

pub(in crate::commands) const SHAPES: &[Shape] = &[
    Shape::word("ended", OUTCOME),
    Shape::word("zombie", OUTCOME),
    Shape::word("there", OUTCOME),
    Shape::word("gone", &[]),
    Shape::word("changed", &[]),
    Shape::word("refused", &[needed("why", "first, kernel or own", "own")]),
];

/// A signal that can be sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Signal {
    /// Ask it to stop.
    Term,
    /// Read the configuration again, or hang up.
    Hup,
    /// Ctrl C.
    Int,
    /// Stop at once.
    Kill,
    /// Pause.
    Stop,
    /// Go on.
    Cont,
    /// The program's own business.
    Usr1,
    /// The program's own business.
    Usr2,
}

impl Signal {
    /// All of them, the gentlest first.
    pub const ALL: [Self; 8] =
        [Self::Term, Self::Hup, Self::Int, Self::Kill, Self::Stop, Self::Cont, Self::Usr1, Self::Usr2];

    /// The name that `kill -s` takes.
    pub fn name(self) -> &'static str {
        match self {
            Self::Term => "TERM",
            Self::Hup => "HUP",
            Self::Int => "INT",
            Self::Kill => "KILL",
            Self::Stop => "STOP",
            Self::Cont => "CONT",
            Self::Usr1 => "USR1",
            Self::Usr2 => "USR2",
        }
    }

    /// The signal of a name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|signal| signal.name() == name)
    }

    /// What it does, in English; pages translate it.
    pub fn explains(self) -> &'static str {
        match self {
            Self::Term => "Ask it to stop. It can finish its work first.",
            Self::Hup => "Many services reload their configuration; others stop.",
            Self::Int => "Like Ctrl C in a terminal.",
            Self::Kill => "Stop at once. Unsaved work is lost.",
            Self::Stop => "Pause it until CONT.",
            Self::Cont => "Let it go on after STOP.",
            Self::Usr1 | Self::Usr2 => "What the program makes of it; others stop.",
        }
    }
}

/// Sends one signal to one process.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignalProcess {
    /// Its number.
    pub pid: u32,
    /// When it was started: another process of the same number is left alone.
    pub started: Started,
    /// What is sent.
    pub signal: Signal,
}

/// How it went.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Signalled {
    /// It ended, and was seen to be gone after this long.
    Ended(Duration),
    /// It ended, and its parent has not fetched it after this long.
    Zombie(Duration),
    /// It is still there after this long, in this state.
    There(Duration, String),
    /// Nothing was sent: it had ended before.
    Gone,
    /// Nothing was sent: another process has its number now.
    Changed,
    /// Nothing was sent, and never is to this process.
    Refused(Refusal),
}

/// Why a process is left alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// It is the first process, which everything depends on, or no process at all.
    First,
    /// It is a thread of the kernel.
    Kernel,
    /// hannun is signed in through it.
    OurOwn,
}

impl Signalled {
    /// Why nothing was sent; none where it was. In English, for the audit log.
    pub fn why_not(&self) -> Option<&'static str> {
        match self {
            Self::Ended(_) | Self::Zombie(_) | Self::There(..) => None,
            Self::Gone => Some("the process had ended before"),
            Self::Changed => Some("another process has its number now"),
            Self::Refused(Refusal::First) => Some("it is the first process of the server"),
            Self::Refused(Refusal::Kernel) => Some("it is a thread of the kernel"),
            Self::Refused(Refusal::OurOwn) => Some("hannun is signed in through this process"),
        }
    }
}

impl Command for SignalProcess {
    const TYPE: CommandType = CommandType::SignalProcess;
    type Output = Signalled;

    fn parameters(&self) -> Parameters {
        Parameters::default()
            .with("pid", Value::Integer(self.pid.into()))
            .with("started", Value::Text(self.started.at.clone().into_bytes()))
            .with("booted", Value::Text(self.started.boot.clone().into_bytes()))
            .with("signal", Value::OneOf(self.signal.name()))
    }

    fn parse(&self, format: &str, output: &[u8]) -> Result<Signalled, ParseError> {
        if format != "table" {
            return Err(ParseError::unknown_format(format));
        }
        read(output)
    }
}

impl Change for SignalProcess {
    const PERMISSION: Permission = Permission::Signal;

    fn target(&self) -> String {
        format!("{} to {} started {}", self.signal.name(), self.pid, self.started)
    }

    fn why_not(&self, output: &Signalled) -> Option<String> {
        output.why_not().map(str::to_owned)
    }
}

/// Reads the one row of an answer.
pub(in crate::commands) fn read(output: &[u8]) -> Result<Signalled, ParseError> {
    let mut rows = table::rows(output, 4);
    let row = rows.next().ok_or_else(|| ParseError::new("the answer does not say how it went", output))??;
    if let Some(more) = rows.next() {
        return Err(more?.error("one row was expected"));
    }
    let nothing_more = |outcome| {
        let is_alone = (1..4).all(|at| row.column(at).is_none());
        if is_alone { Ok(outcome) } else { Err(row.error("nothing was expected behind the first column")) }
    };
    match row.column(0) {
        Some(b"ended") => Ok(Signalled::Ended(waited(&row)?)),
        Some(b"zombie") => Ok(Signalled::Zombie(waited(&row)?)),
        Some(b"there") => {
            let state = row.column(1).map(|state| text::shown(state, SHORT)).unwrap_or_default();
            Ok(Signalled::There(waited(&row)?, state))
        }
        Some(b"gone") => nothing_more(Signalled::Gone),
        Some(b"changed") => nothing_more(Signalled::Changed),
        Some(b"refused") => match (row.column(1), row.column(2), row.column(3)) {
            (Some(b"first"), None, None) => Ok(Signalled::Refused(Refusal::First)),
            (Some(b"kernel"), None, None) => Ok(Signalled::Refused(Refusal::Kernel)),
            (Some(b"own"), None, None) => Ok(Signalled::Refused(Refusal::OurOwn)),
            _ => Err(row.error("this is no known reason")),
        },
        _ => Err(row.error("the first column is none of the known words")),
    }
}

fn waited(row: &Row<'_>) -> Result<Duration, ParseError> {
    let clock = |at, name| row.read(at, name, text::decimal)?.ok_or_else(|| row.error("a time is missing"));
    let (before, after) = (clock(2, "time before")?, clock(3, "time after")?);
    Duration::try_from_secs_f64(after - before).map_err(|_| row.error("the clock went back"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_outcome_is_read() {
        let ms = Duration::from_millis;
        for (answer, outcome) in [
            ("ended\t\t10.50\t10.75\n", Signalled::Ended(ms(250))),
            ("zombie\tZ\t10.5\t11.5\n", Signalled::Zombie(ms(1000))),
            ("there\tT\t10.5\t13.5\n", Signalled::There(ms(3000), "T".into())),
            ("gone\t\t\n", Signalled::Gone),
            ("changed\n", Signalled::Changed),
            ("refused\town\t\n", Signalled::Refused(Refusal::OurOwn)),
        ] {
            assert_eq!(read(answer.as_bytes()), Ok(outcome), "{answer}");
        }
    }

    #[test]
    fn sec_x03_what_is_no_outcome_is_not_guessed_at() {
        for answer in
            ["", "sent\n", "ended\n", "ended\t\t11\t10\n", "gone\tx\n", "refused\n", "refused\tlater\n", "gone\ngone\n"]
        {
            assert!(read(answer.as_bytes()).is_err(), "{answer:?}");
        }
    }
}
