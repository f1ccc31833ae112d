//! What to say to a server and how to read its answer. Pure: no I/O, no async.

pub mod accounts;
pub mod catalog;
pub mod certificate;
pub mod checks;
mod command_type;
pub mod conditions;
pub mod cron;
pub mod directories;
pub mod files;
pub mod filesystems;
pub mod firewall;
pub mod firewall_change;
pub mod guarded_change;
pub mod logins;
pub mod logs;
pub mod metrics;
pub mod packages;
mod permission;
pub mod platform;
pub mod port_probe;
pub mod power;
pub mod preview;
pub mod processes;
pub mod root_lines;
pub mod root_rights;
pub mod run_command;
pub mod script;
pub mod services;
pub mod sessions;
pub mod shape;
pub mod sockets;
mod table;
mod text;
pub mod told;
pub mod url_request;
mod users;
pub mod variables;

use std::fmt;
use std::time::Duration;

use crate::language::Message;

pub use accounts::ListAccounts;
pub use catalog::{AddedCommand, Catalog, CatalogError, Chosen, Considered, NoCommand, Verdict};
pub use command_type::CommandType;
pub use conditions::Conditions;
pub use cron::runs::ListCronRuns;
pub use cron::{ListCron, ReplaceCrontab};
pub use files::Acting;
pub use filesystems::{Filesystem, ListFilesystems};
pub use firewall::{Firewall, ReadFirewall};
pub use firewall_change::{ChangeFirewall, EndFirewallChange, ReadFirewallChange};
pub use logins::ReadLogins;
pub use metrics::SampleMetrics;
pub use permission::Permission;
pub use platform::{DetectPlatform, Platform};
pub use port_probe::ProbePort;
pub use power::{Boot, ListInhibitors, ReadBoot, RestartServer, ShutDownServer};
pub use preview::Preview;
pub use processes::environment::ReadEnvironment;
pub use processes::one::{ProcessDetails, ReadProcess};
pub use processes::signals::{Signal, SignalProcess, Signalled};
pub use processes::started::Started;
pub use processes::{ListProcesses, Process, ProcessList};
pub use script::{Envelope, Locale, Parameters, Privilege, ScriptError, Value};
pub use sessions::{EndSession, ListSessions};
pub use shape::{Column, Shape};
pub use sockets::connections::ListConnections;
pub use sockets::{ListSockets, Socket, SocketList};
pub use variables::{Variable, Variables};

/// One request to a server, with a typed answer.
pub trait Command: Send + Sync {
    /// Where its spellings are found.
    const TYPE: CommandType;
    /// What the answer means.
    type Output: Send + 'static;
    /// How long it may do nothing while somebody waits, where its output or input flows; none where silence is usual.
    const SILENCE: Option<Duration> = Some(Duration::from_mins(1));

    /// The values that the script uses.
    fn parameters(&self) -> Parameters {
        Parameters::default()
    }

    /// Whose eyes and hands it has, where that was chosen; where not, its script says which lines ask for root.
    fn acting(&self) -> Option<Acting> {
        None
    }

    /// What an exit status of its own script means, where that is a refusal and nothing was done.
    fn refusal(&self, _status: u32) -> Option<Refusal> {
        None
    }

    /// Reads what a command of this `format` printed.
    fn parse(&self, format: &str, output: &[u8]) -> Result<Self::Output, ParseError>;
}

/// A command that changes nothing on the server.
pub trait Read: Command {
    /// Whether its answer holds what is written in files: a server that may only be watched is not asked.
    const READS_FILES: bool = false;

    /// What the audit log names as read, where it is read as root.
    fn target(&self) -> String {
        String::new()
    }
}

/// A command that changes the server, and so is audited.
pub trait Change: Command {
    /// Who may make it.
    const PERMISSION: Permission;

    /// What the audit log names as changed.
    fn target(&self) -> String;

    /// Why the server did nothing, where its answer says so: the audit log tells of a refusal then. In English.
    fn why_not(&self, _output: &Self::Output) -> Option<String> {
        None
    }
}

/// Why a command's own script did nothing, in a sentence for people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refusal {
    /// Something is not as whoever asked believes it is.
    Conflict(Message),
    /// This is for what is written in a file, and it is no such file.
    NoFile(Message),
}

/// An answer of another shape than its format says (X03).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ParseError {
    /// The line, counted from 1, where there is one.
    pub line: Option<usize>,
    /// What was expected, in English.
    pub why: String,
    /// The beginning of what was read; hostile text.
    pub sample: String,
}

impl ParseError {
    /// How much of the raw answer is kept.
    const SAMPLE_BYTES: usize = 1024;

    /// The answer as a whole cannot be read.
    pub fn new(why: impl Into<String>, output: &[u8]) -> Self {
        let kept = output.get(..Self::SAMPLE_BYTES).unwrap_or(output);
        Self { line: None, why: why.into(), sample: String::from_utf8_lossy(kept).into_owned() }
    }

    /// One line cannot be read.
    pub fn at(line: usize, why: impl Into<String>, text: &[u8]) -> Self {
        Self { line: Some(line), ..Self::new(why, text) }
    }

    /// The catalogue names a format that this command type does not read.
    pub fn unknown_format(format: &str) -> Self {
        Self { line: None, why: format!("no reader is known for the format {format}"), sample: String::new() }
    }
}

impl fmt::Display for ParseError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            Some(line) => write!(out, "line {line}: {}", self.why),
            None => out.write_str(&self.why),
        }
    }
}

impl std::error::Error for ParseError {}
