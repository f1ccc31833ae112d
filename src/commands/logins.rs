//! Who signed in to a server, and who tried to: read from its journal, its log files and its login records.

pub mod answer;
pub mod gather;
mod last;
pub mod line;
pub mod message;
pub mod place;
pub mod records;
pub(super) mod rows;
pub mod when;

use std::net::IpAddr;

use chrono::{DateTime, TimeDelta, Utc};

use self::place::{FilePlace, Place};
use super::script::{Parameters, Value};
use super::{Command, CommandType, ParseError, Read};

pub(super) const FORMATS: &[&str] = &["logins", "table"];

/// How it ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum LoginOutcome {
    /// They were let in.
    Accepted,
    /// They were not.
    Failed,
}

/// By what something is known, the surest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ToldBy {
    /// A message about one attempt.
    Attempt,
    /// A message about a connection on which nothing came of it.
    Connection,
    /// A record of wtmp or btmp.
    Record,
}

/// Somebody who came, or tried to. Every text is hostile.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Login {
    /// When.
    pub at: DateTime<Utc>,
    /// How it ended.
    pub outcome: LoginOutcome,
    /// The name that was given.
    pub user: String,
    /// The server has no such user: the name may be anything, a password too.
    pub is_unknown_user: bool,
    /// From which address.
    pub address: Option<IpAddr>,
    /// Where the server wrote no address, what it wrote instead.
    pub host: String,
    /// From which port.
    pub port: Option<u16>,
    /// `password`, `publickey`, …; empty where nobody said.
    pub method: String,
    /// The fingerprint of the key: `SHA256:…`.
    pub key: String,
    /// The process of the server that dealt with it.
    pub pid: Option<u32>,
    /// `pts/0`, `tty1`; empty where there is none, or nobody said.
    pub terminal: String,
    /// When the session was over.
    pub ended_at: Option<DateTime<Utc>>,
    /// How many times, where the server shortened its log.
    pub times: u32,
    /// How it is known.
    pub told_by: ToldBy,
}

/// A connection on which somebody signs in lasts no longer than this before it comes to something: sshd waits two minutes.
pub const ONE_CONNECTION: TimeDelta = TimeDelta::minutes(10);

/// Both ends of a connection, as far as the server names them.
pub type Connection = (Option<IpAddr>, String, Option<u16>);

impl Login {
    /// The connection on which it was told.
    pub fn connection(&self) -> Connection {
        (self.address, self.host.clone(), self.port)
    }
}

/// The end of a session that began before what was read.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Ending {
    /// When.
    pub at: DateTime<Utc>,
    /// The process that says so, where it is the one that let them in.
    pub pid: Option<u32>,
    /// Whose session; empty where nobody said.
    pub user: String,
    /// The other end of the connection.
    pub address: Option<IpAddr>,
    /// Its port there.
    pub port: Option<u16>,
}

/// What became of one kind of source.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SourceState {
    /// The server has none.
    #[default]
    Absent,
    /// It was read.
    Read,
    /// It is there, and only root or a group may read it.
    Denied,
    /// It is there, and is not what it should be.
    Damaged,
    /// It is there, and another source tells the same.
    Unneeded,
}

/// One reading.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct LoginReading {
    /// Who came and who tried to.
    pub logins: Vec<Login>,
    /// Ends of sessions that began before.
    pub endings: Vec<Ending>,
    /// Where the next reading goes on.
    pub place: Place,
    /// There is more than was read.
    pub is_more: bool,
    /// From which address the server sees the one who asks.
    pub own_address: Option<IpAddr>,
    /// The processes that may hold a session now; none where nobody could say.
    pub alive: Option<Vec<u32>>,
}

/// Reads what was written since the last time, and a part of what was written before it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReadLogins {
    /// Where the last reading ended.
    pub place: Place,
    /// Also read a part of what is older.
    pub backwards: bool,
    /// What is older than this is not asked for.
    pub oldest: DateTime<Utc>,
}

impl Command for ReadLogins {
    const TYPE: CommandType = CommandType::ReadLogins;
    type Output = LoginReading;

    fn parameters(&self) -> Parameters {
        let number = |number: u64| Value::Integer(i64::try_from(number).unwrap_or(i64::MAX));
        let text = |text: &str| Value::Text(text.as_bytes().to_vec());
        let inode = |place: &Option<FilePlace>| text(&place.map(|place| place.inode.to_string()).unwrap_or_default());
        let at = |place: &Option<FilePlace>| number(place.map_or(0, |place| place.at));
        let place = &self.place;
        Parameters::default()
            .with("cursor", text(&place.cursor))
            .with("journal_oldest", text(&place.journal_still_to_read().map(|at| at.to_string()).unwrap_or_default()))
            .with("file_inode", inode(&place.file))
            .with("file_at", at(&place.file))
            .with("earlier_inode", inode(&place.earlier))
            .with("earlier_at", at(&place.earlier))
            .with("wtmp_inode", inode(&place.wtmp))
            .with("wtmp_at", at(&place.wtmp))
            .with("btmp_inode", inode(&place.btmp))
            .with("btmp_at", at(&place.btmp))
            .with("backwards", Value::OneOf(if self.backwards && !place.is_whole { "yes" } else { "" }))
            .with("oldest", Value::Integer(self.oldest.timestamp().max(0)))
    }

    fn parse(&self, format: &str, output: &[u8]) -> Result<LoginReading, ParseError> {
        match format {
            "logins" => answer::parse(output, &self.place),
            "table" => rows::parse(output),
            other => Err(ParseError::unknown_format(other)),
        }
    }
}

impl Read for ReadLogins {}
