//! What to say to a server and how to read its answer. Pure: no I/O, no async.

pub mod catalog;
pub mod checks;
pub mod conditions;
pub mod filesystems;
pub mod firewall;
pub mod firewall_change;
pub mod metrics;
mod permission;
pub mod platform;
pub mod port_probe;
pub mod preview;
pub mod processes;
pub mod root_lines;
pub mod root_rights;
pub mod script;
pub mod shape;
pub mod sockets;
mod table;
mod text;
pub mod told;
mod users;

use std::fmt;
use std::time::Duration;

pub use catalog::{AddedCommand, Catalog, CatalogError, Chosen, Considered, NoCommand, Verdict};
pub use conditions::Conditions;
pub use filesystems::{Filesystem, ListFilesystems};
pub use firewall::{Firewall, ReadFirewall};
pub use firewall_change::{ChangeFirewall, EndFirewallChange, ReadFirewallChange};
pub use metrics::SampleMetrics;
pub use permission::Permission;
pub use platform::{DetectPlatform, Platform};
pub use port_probe::ProbePort;
pub use preview::Preview;
pub use processes::environment::ReadEnvironment;
pub use processes::one::{ProcessDetails, ReadProcess};
pub use processes::signals::{Signal, SignalProcess, Signalled};
pub use processes::started::Started;
pub use processes::{ListProcesses, Process, ProcessList};
pub use script::{Envelope, Locale, Parameters, Privilege, ScriptError, Value};
pub use shape::{Column, Shape};
pub use sockets::connections::ListConnections;
pub use sockets::{ListSockets, Socket, SocketList};

/// What we ask, in the abstract; each has a spelling per platform in the catalogue.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CommandType {
    /// What a server runs and which tools it has.
    DetectPlatform,
    /// One reading of its counters.
    SampleMetrics,
    /// What is mounted, and how full it is.
    ListFilesystems,
    /// What runs.
    ListProcesses,
    /// One process in detail.
    ReadProcess,
    /// The environment of a process.
    ReadEnvironment,
    /// A signal to a process.
    SignalProcess,
    /// What listens.
    ListSockets,
    /// Who is connected.
    ListConnections,
    /// Who owns the firewall, and its rules.
    ReadFirewall,
    /// One rule more or less, which undoes itself until it is kept.
    ChangeFirewall,
    /// Keeping such a change, or undoing it.
    EndFirewallChange,
    /// What became of it.
    ReadFirewallChange,
    /// Whether a port of another machine is reached.
    ProbePort,
}

impl CommandType {
    /// Every command type.
    pub const ALL: &[Self] = &[
        Self::DetectPlatform,
        Self::SampleMetrics,
        Self::ListFilesystems,
        Self::ListProcesses,
        Self::ReadProcess,
        Self::ReadEnvironment,
        Self::SignalProcess,
        Self::ListSockets,
        Self::ListConnections,
        Self::ReadFirewall,
        Self::ChangeFirewall,
        Self::EndFirewallChange,
        Self::ReadFirewallChange,
        Self::ProbePort,
    ];

    /// The stable word for URLs, rows and file names; never renamed.
    pub fn name(self) -> &'static str {
        match self {
            Self::DetectPlatform => "detect_platform",
            Self::SampleMetrics => "sample_metrics",
            Self::ListFilesystems => "list_filesystems",
            Self::ListProcesses => "list_processes",
            Self::ReadProcess => "read_process",
            Self::ReadEnvironment => "read_environment",
            Self::SignalProcess => "signal_process",
            Self::ListSockets => "list_sockets",
            Self::ListConnections => "list_connections",
            Self::ReadFirewall => "read_firewall",
            Self::ChangeFirewall => "change_firewall",
            Self::EndFirewallChange => "end_firewall_change",
            Self::ReadFirewallChange => "read_firewall_change",
            Self::ProbePort => "probe_port",
        }
    }

    /// The English words for people; pages translate them.
    pub fn label(self) -> &'static str {
        match self {
            Self::DetectPlatform => "Detect the platform",
            Self::SampleMetrics => "Read the metrics",
            Self::ListFilesystems => "List filesystems",
            Self::ListProcesses => "List processes",
            Self::ReadProcess => "Read one process",
            Self::ReadEnvironment => "Read the environment of a process",
            Self::SignalProcess => "Send a signal to a process",
            Self::ListSockets => "List listening sockets",
            Self::ListConnections => "List connections",
            Self::ReadFirewall => "Read the firewall",
            Self::ChangeFirewall => "Change the firewall",
            Self::EndFirewallChange => "Keep or undo a change of the firewall",
            Self::ReadFirewallChange => "Read what became of a change of the firewall",
            Self::ProbePort => "Try a port of another server",
        }
    }

    /// The readers of its answers; `table` is always one of them.
    pub fn formats(self) -> &'static [&'static str] {
        match self {
            Self::DetectPlatform => platform::FORMATS,
            Self::SampleMetrics => metrics::FORMATS,
            Self::ListFilesystems => filesystems::FORMATS,
            Self::ListProcesses => processes::FORMATS,
            Self::ReadProcess => processes::one::FORMATS,
            Self::ReadEnvironment => processes::environment::FORMATS,
            Self::SignalProcess => processes::signals::FORMATS,
            Self::ListSockets => sockets::FORMATS,
            Self::ListConnections => sockets::connections::FORMATS,
            Self::ReadFirewall => firewall::FORMATS,
            Self::ChangeFirewall | Self::EndFirewallChange | Self::ReadFirewallChange => firewall_change::FORMATS,
            Self::ProbePort => port_probe::FORMATS,
        }
    }

    /// What the rows of its `table` format look like.
    pub fn table(self) -> &'static [Shape] {
        match self {
            Self::DetectPlatform => platform::probe::SHAPES,
            Self::SampleMetrics => metrics::rows::SHAPES,
            Self::ListFilesystems => filesystems::rows::SHAPES,
            Self::ListProcesses => processes::rows::SHAPES,
            Self::ReadProcess => processes::one::rows::SHAPES,
            Self::ReadEnvironment => processes::environment::SHAPES,
            Self::SignalProcess => processes::signals::SHAPES,
            Self::ListSockets => sockets::rows::SHAPES,
            Self::ListConnections => sockets::connections::SHAPES,
            Self::ReadFirewall => firewall::rows::SHAPES,
            Self::ChangeFirewall | Self::EndFirewallChange | Self::ReadFirewallChange => firewall_change::rows::SHAPES,
            Self::ProbePort => port_probe::SHAPES,
        }
    }

    /// The command type of a name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|known| known.name() == name)
    }
}

impl fmt::Display for CommandType {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.label())
    }
}

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

    /// Reads what a command of this `format` printed.
    fn parse(&self, format: &str, output: &[u8]) -> Result<Self::Output, ParseError>;
}

/// A command that changes nothing on the server.
pub trait Read: Command {
    /// Whether its answer holds what is written in files: a server that may only be watched is not asked.
    const READS_FILES: bool = false;
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
