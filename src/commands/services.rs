//! Services: what an init system keeps running, and what its timers start. systemd, OpenRC, and scripts in `/etc/init.d`.

pub mod control;
pub mod name;
pub mod one;
mod openrc;
mod rows;
mod systemd;
mod sysv;
pub(super) mod times;

use chrono::{DateTime, Utc};

use super::{Command, CommandType, ParseError, Read};

pub use control::{Action, ControlService, Controlled};
pub use name::ServiceName;
pub use one::{ReadService, ServiceDetails};

pub(super) use rows::SHAPES;

pub(super) const FORMATS: &[&str] = &["systemd", "openrc", "sysv", "table"];

/// What a service does now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub enum State {
    /// It ended otherwise than it should have.
    Failed,
    /// On its way to run.
    Starting,
    /// It runs, waits for its time, or has done what it is for.
    Active,
    /// On its way to end.
    Stopping,
    /// It does not run.
    Inactive,
    /// The server does not tell.
    #[default]
    Unknown,
}

impl State {
    /// All of them, those that somebody should look at first.
    pub const ALL: [Self; 6] =
        [Self::Failed, Self::Starting, Self::Active, Self::Stopping, Self::Inactive, Self::Unknown];

    /// The word in the API and in rows.
    pub fn name(self) -> &'static str {
        match self {
            Self::Failed => "failed",
            Self::Starting => "starting",
            Self::Active => "active",
            Self::Stopping => "stopping",
            Self::Inactive => "inactive",
            Self::Unknown => "unknown",
        }
    }

    /// What such a word says.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.name() == name)
    }
}

/// What is listed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Kind {
    /// A service.
    #[default]
    Service,
    /// What starts a service at its time.
    Timer,
}

impl Kind {
    /// The word in the API and in rows.
    pub fn name(self) -> &'static str {
        match self {
            Self::Service => "service",
            Self::Timer => "timer",
        }
    }
}

/// One service or timer. Every text is the server's own.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Service {
    /// As its tool takes it: `ssh.service`, `cron`.
    pub name: String,
    /// Which of both.
    pub kind: Kind,
    /// What it does now.
    pub state: State,
    /// The same in the tool's own words: `running`, `exited`, `auto-restart`.
    pub detail: String,
    /// What it is, in one line.
    pub description: String,
    /// Whether it starts with the server, in the tool's own word: `enabled`, `static`, `masked`; empty where it does not tell.
    pub at_boot: String,
    /// Since when it is so.
    pub since: Option<DateTime<Utc>>,
    /// Memory of all its processes, bytes.
    pub memory_bytes: Option<u64>,
    /// Its processes and threads.
    pub tasks: Option<u64>,
    /// Its first process.
    pub pid: Option<u32>,
    /// When a timer starts it next.
    pub next: Option<DateTime<Utc>>,
    /// When a timer started it last.
    pub last: Option<DateTime<Utc>>,
    /// What a timer starts.
    pub starts: String,
}

impl Service {
    /// Whether it starts with the server; none where that is no choice, or not told.
    pub fn is_enabled(&self) -> Option<bool> {
        match self.at_boot.as_str() {
            "enabled" | "enabled-runtime" => Some(true),
            "disabled" => Some(false),
            _ => None,
        }
    }
}

/// What a server keeps running.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ServiceList {
    /// Services and timers, in the server's order.
    pub services: Vec<Service>,
}

impl ServiceList {
    /// How many have failed.
    pub fn failed(&self) -> usize {
        self.services.iter().filter(|service| service.state == State::Failed).count()
    }
}

/// Lists services and timers.
#[derive(Debug, Clone, Copy)]
pub struct ListServices;

impl Command for ListServices {
    const TYPE: CommandType = CommandType::ListServices;
    type Output = ServiceList;

    fn parse(&self, format: &str, output: &[u8]) -> Result<ServiceList, ParseError> {
        let services = match format {
            "systemd" => systemd::list(output)?,
            "openrc" => openrc::list(output)?,
            "sysv" => sysv::list(output)?,
            "table" => rows::list(output)?,
            other => return Err(ParseError::unknown_format(other)),
        };
        if services.is_empty() {
            return Err(ParseError::new("the answer lists no service", output));
        }
        Ok(ServiceList { services })
    }
}

impl Read for ListServices {}
