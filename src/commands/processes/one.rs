//! One process in detail: what it was started with, by whom, what it may use and what it has open.

mod files;
mod linux;
pub(in crate::commands) mod rows;

pub use files::{Access, OpenFile};

use std::time::Duration;

use super::started::Started;
use crate::commands::script::{Parameters, Value};
use crate::commands::sockets::Socket;
use crate::commands::{Command, CommandType, ParseError, Read};

pub(in crate::commands) const FORMATS: &[&str] = &["proc", "table"];

/// One process. Every text is the server's own, and hostile.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ProcessDetails {
    /// Its number.
    pub pid: u32,
    /// Which process of that number it is.
    pub started: Started,
    /// Its short name.
    pub name: String,
    /// `S (sleeping)`, or a letter.
    pub state: String,
    /// Who it acts as: the name, or the number where there is none.
    pub user: String,
    /// That user's number.
    pub uid: Option<u32>,
    /// How long it has run.
    pub running: Option<Duration>,
    /// Processor time used so far.
    pub processor: Option<Duration>,
    /// How many threads it has.
    pub threads: Option<u32>,
    /// A thread of the kernel.
    pub is_kernel: bool,
    /// Memory in use that is not swapped out.
    pub resident_bytes: Option<u64>,
    /// Memory of it that is swapped out.
    pub swapped_bytes: Option<u64>,
    /// The words of its command line; none where it has none, or the server tells them as one.
    pub arguments: Vec<String>,
    /// Its parents, the nearest first, up to the first process.
    pub parents: Vec<Parent>,
    /// Where it stands in the tree of control groups.
    pub cgroup: Option<String>,
    /// What it may use.
    pub limits: Vec<Limit>,
    /// The program's file.
    pub executable: Option<String>,
    /// Its working directory.
    pub directory: Option<String>,
    /// What it has open, sockets left out; none where the server does not tell, because that takes root.
    pub files: Option<Vec<OpenFile>>,
    /// How many descriptors are open of which the server does not tell what they are, because that takes root.
    pub hidden_files: usize,
    /// There are more open files than were read.
    pub files_are_cut: bool,
    /// Its network sockets.
    pub sockets: Vec<Socket>,
}

/// A process that another one comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parent {
    /// Its number.
    pub pid: u32,
    /// Its short name.
    pub name: String,
}

/// One limit, as the kernel words it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limit {
    /// `Max open files`
    pub name: String,
    /// What ends it, or `unlimited`.
    pub soft: String,
    /// What the soft one can be raised to.
    pub hard: String,
    /// `files`; empty where it has none.
    pub unit: String,
}

impl ProcessDetails {
    /// The command line as people write it; the name where it has none.
    pub fn command(&self) -> String {
        if self.arguments.is_empty() { self.name.clone() } else { self.arguments.join(" ") }
    }

    /// The unit of systemd that it belongs to: the last name of its cgroup that ends like one.
    pub fn unit(&self) -> Option<&str> {
        let mut names = self.cgroup.as_deref()?.rsplit('/');
        names.find(|name| matches!(name.rsplit_once('.'), Some((_, "service" | "scope"))))
    }
}

/// Reads one process. The answer is none where it has ended.
#[derive(Debug, Clone, Copy)]
pub struct ReadProcess {
    /// Its number.
    pub pid: u32,
}

impl Command for ReadProcess {
    const TYPE: CommandType = CommandType::ReadProcess;
    type Output = Option<ProcessDetails>;

    fn parameters(&self) -> Parameters {
        Parameters::default().with("pid", Value::Integer(self.pid.into()))
    }

    fn parse(&self, format: &str, output: &[u8]) -> Result<Option<ProcessDetails>, ParseError> {
        let mut found = read(format, output)?;
        // The answer to another question is none.
        if found.as_ref().is_some_and(|found| found.pid != self.pid && found.pid != 0) {
            return Err(ParseError::new("the answer is about another process", output));
        }
        if let Some(found) = &mut found {
            found.pid = self.pid;
        }
        Ok(found)
    }
}

impl Read for ReadProcess {}

/// Reads an answer, of whatever process.
pub(in crate::commands) fn read(format: &str, output: &[u8]) -> Result<Option<ProcessDetails>, ParseError> {
    match format {
        "proc" => linux::parse(output),
        "table" => rows::parse(output),
        other => Err(ParseError::unknown_format(other)),
    }
}
