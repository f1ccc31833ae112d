//! Who is signed in to a server now, and ending their session.

use chrono::{DateTime, Utc};

use super::processes::started::Started;
use super::script::{Parameters, Value};
use super::shape::{Shape, needed, optional};
use super::table;
use super::text::{self, SHORT};
use super::{Change, Command, CommandType, ParseError, Permission, Read, Refusal};
use crate::language::Message;

pub(super) const FORMATS: &[&str] = &["table"];

pub(in crate::commands) const SHAPES: &[Shape] = &[
    Shape::word(
        "session",
        &[
            needed("pid", "The process of the server that holds the session", "4121"),
            needed("start", "When that process was started, in the server's own words", "8060512"),
            optional("boot", "Another word after each boot", "0b8f0d3c"),
            needed("user", "Who is signed in", "deploy"),
            optional("terminal", "Where they sit; nothing where there is none", "pts/0"),
            optional("time", "Since when, in seconds since 1970", "1795345732"),
            optional("program", "What let them in", "sshd"),
            optional("own", "yes: it is the session of the one who asks", "yes"),
        ],
    ),
    Shape::word("none", &[]),
];

pub(in crate::commands) const ENDED: &[Shape] = &[
    Shape::word("ended", &[]),
    Shape::word("there", &[]),
    Shape::word("gone", &[]),
    Shape::word("changed", &[]),
    Shape::word("refused", &[needed("why", "own, or other: it is no session", "own")]),
];

/// A session. Every text is the server's own, and hostile.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    /// The process that holds it.
    pub pid: u32,
    /// What names that process, and no later one.
    pub started: Started,
    /// Whose it is.
    pub user: String,
    /// Where they sit: `pts/0`; empty where there is no terminal.
    pub terminal: String,
    /// Since when.
    pub since: Option<DateTime<Utc>>,
    /// What let them in: `sshd`.
    pub program: String,
    /// It is the one that this question came by.
    pub is_own: bool,
}

/// Lists who is signed in.
#[derive(Debug, Clone, Copy)]
pub struct ListSessions;

impl Command for ListSessions {
    const TYPE: CommandType = CommandType::ListSessions;
    type Output = Vec<Session>;

    fn parse(&self, format: &str, output: &[u8]) -> Result<Vec<Session>, ParseError> {
        match format {
            "table" => rows(output),
            other => Err(ParseError::unknown_format(other)),
        }
    }
}

impl Read for ListSessions {}

fn rows(output: &[u8]) -> Result<Vec<Session>, ParseError> {
    let mut sessions = Vec::new();
    for row in table::rows(output, 9) {
        let row = row?;
        match row.column(0) {
            Some(b"none") => continue,
            Some(b"session") => {}
            _ => return Err(row.error("session or none was expected")),
        }
        let text = |at: usize| row.column(at).map(|value| text::shown(value, SHORT)).unwrap_or_default();
        let since =
            row.number(6, "time")?.and_then(|seconds| DateTime::from_timestamp(i64::try_from(seconds).ok()?, 0));
        sessions.push(Session {
            pid: u32::try_from(row.needed(1, "pid")?)
                .map_err(|_too_large| row.error("no process has such a number"))?,
            started: Started { at: row.text(2, "start", SHORT)?, boot: text(3) },
            user: row.text(4, "user", SHORT)?,
            terminal: text(5),
            since,
            program: text(7),
            is_own: row.column(8) == Some(b"yes"),
        });
    }
    Ok(sessions)
}

/// Ends one session, if it is still the one that was seen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EndSession {
    /// The process that holds it.
    pub pid: u32,
    /// When that was started: another process of the same number is left alone.
    pub started: Started,
    /// Whose it is, for the audit log.
    pub user: String,
}

/// How that went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EndedSession {
    /// It is over.
    Ended,
    /// It was told to end, and is still there.
    There,
    /// It was over before.
    Gone,
    /// Another process has its number now.
    Changed,
    /// It is the session that hannun itself came by.
    OurOwn,
    /// The process holds no session.
    NoSession,
}

impl EndedSession {
    /// How it went, for the person who asked, or why nothing was done.
    pub fn sentence(self, user: &str) -> Result<Message, Refusal> {
        let say = |sentence: &'static str| Message::new(sentence).with("user", user);
        let refused = |sentence: &'static str| Err(Refusal::Conflict(say(sentence)));
        match self {
            Self::Ended => Ok(say("The session of {user} is over")),
            Self::There => Ok(say("The session of {user} was told to end, and is still there after 3 s")),
            Self::Gone => refused("The session of {user} was over before: nothing was done"),
            Self::Changed => {
                refused("The session that you saw is over, and another process has its number: nothing was done")
            }
            Self::OurOwn => refused("hannun itself is signed in by this session: it does not cut itself off"),
            Self::NoSession => refused("This process holds no session: nothing was done"),
        }
    }
}

impl Command for EndSession {
    const TYPE: CommandType = CommandType::EndSession;
    type Output = EndedSession;

    fn parameters(&self) -> Parameters {
        Parameters::default()
            .with("pid", Value::Integer(self.pid.into()))
            .with("started", Value::Text(self.started.at.clone().into_bytes()))
            .with("booted", Value::Text(self.started.boot.clone().into_bytes()))
    }

    fn parse(&self, format: &str, output: &[u8]) -> Result<EndedSession, ParseError> {
        if format == "table" { ended(output) } else { Err(ParseError::unknown_format(format)) }
    }
}

/// What an answer says, whichever session was meant.
pub(super) fn ended(output: &[u8]) -> Result<EndedSession, ParseError> {
    let row = table::rows(output, 2).next().ok_or_else(|| ParseError::new("nothing was told", output))??;
    Ok(match (row.column(0), row.column(1)) {
        (Some(b"ended"), None) => EndedSession::Ended,
        (Some(b"there"), None) => EndedSession::There,
        (Some(b"gone"), None) => EndedSession::Gone,
        (Some(b"changed"), None) => EndedSession::Changed,
        (Some(b"refused"), Some(b"own")) => EndedSession::OurOwn,
        (Some(b"refused"), Some(b"other")) => EndedSession::NoSession,
        _ => return Err(row.error("an outcome was expected")),
    })
}

impl Change for EndSession {
    const PERMISSION: Permission = Permission::Signal;

    fn target(&self) -> String {
        format!("{} ({})", self.pid, self.user)
    }

    fn why_not(&self, output: &EndedSession) -> Option<String> {
        let why = match output {
            EndedSession::Ended | EndedSession::There => return None,
            EndedSession::Gone => "it was over before",
            EndedSession::Changed => "another process has its number now",
            EndedSession::OurOwn => "it is the session of hannun itself",
            EndedSession::NoSession => "the process holds no session",
        };
        Some(why.to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sessions_are_read_with_what_names_their_process() {
        let told =
            b"session\t4121\t8060512\tboot-1\tdeploy\tpts/0\t1795345732\tsshd\tyes\nsession\t9\t7\t\troot\t\t\t\t\n";
        let sessions = ListSessions.parse("table", told).unwrap();
        assert_eq!((sessions[0].pid, sessions[0].is_own, sessions[0].terminal.as_str()), (4121, true, "pts/0"));
        assert_eq!(sessions[0].started.to_string(), "8060512@boot-1");
        assert_eq!((sessions[1].since, sessions[1].is_own), (None, false));
        assert_eq!(ListSessions.parse("table", b"none\n").unwrap(), []);
        for odd in [&b"session\t0x1\t7\t\troot\n"[..], b"hello\n", b"session\t99999999999\t7\t\troot\n"] {
            assert!(ListSessions.parse("table", odd).is_err());
        }
    }

    #[test]
    fn an_end_that_nobody_knows_is_refused() {
        assert_eq!(ended(b"refused\town\n"), Ok(EndedSession::OurOwn));
        for odd in [&b""[..], b"refused\n", b"refused\tme\n", b"ended\tx\n"] {
            assert!(ended(odd).is_err());
        }
    }
}
