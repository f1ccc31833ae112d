//! What runs on a server.

mod bsd;
pub mod environment;
mod linux;
pub mod one;
pub(super) mod rows;
pub mod signalled;
pub mod signals;
pub mod started;
mod stat;

use self::started::Started;
use super::{Command, CommandType, ParseError, Read};

pub(super) const FORMATS: &[&str] = &["ps-procps", "ps-busybox", "proc-stat", "ps-bsd", "table"];

/// Everything that runs, and the clock by which it is measured.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ProcessList {
    /// In the order in which the server told them.
    pub processes: Vec<Process>,
    /// How many ticks of [`Process::cpu_ticks`] are one second of one core.
    pub ticks_per_second: Option<u32>,
    /// Seconds since boot at the time of the reading: two readings are as far apart as their uptimes.
    pub uptime_seconds: Option<f64>,
    /// Which boot of the server it was read in; empty where the server does not tell.
    pub boot: String,
}

impl ProcessList {
    /// Whether two of these tell what each process used in between: the server counts ticks, and knows its time.
    pub fn counts(&self) -> bool {
        self.ticks_per_second.is_some_and(|ticks| ticks > 0) && self.uptime_seconds.is_some()
    }

    /// What names `process`, with its number, and no later one; none where the server did not tell its start.
    pub fn started(&self, process: &Process) -> Option<Started> {
        Some(Started { at: process.started_at.clone()?, boot: self.boot.clone() })
    }
}

/// One process. Every text is the server's own, and hostile.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Process {
    /// Its number.
    pub pid: u32,
    /// Its parent's number.
    pub parent: u32,
    /// Who it runs as; a number where the name is not known.
    pub user: String,
    /// Percent of one core, averaged over its life: not what it does now.
    pub average_cpu_percent: Option<f64>,
    /// Percent of the installed memory.
    pub memory_percent: Option<f64>,
    /// Memory in use that is not swapped out.
    pub resident_bytes: Option<u64>,
    /// Processor time used so far, in ticks.
    pub cpu_ticks: Option<u64>,
    /// When it was started, in the server's own words (field 22 of `/proc/PID/stat`, or `lstart`): with the pid, it names
    /// this process and no later one (P06). The words of `lstart` are joined by one space.
    pub started_at: Option<String>,
    /// How long it has run.
    pub running_seconds: Option<u64>,
    /// `R`, `S`, `D`, `Z`, …, with what `ps` adds.
    pub state: String,
    /// How many threads it has.
    pub threads: Option<u32>,
    /// A thread of the kernel, which no signal ends.
    pub is_kernel: bool,
    /// The program's short name.
    pub name: String,
    /// The whole command line, where the server tells it, else the name; a kernel thread's name in brackets.
    pub command: String,
}

/// Lists what runs.
#[derive(Debug, Clone, Copy)]
pub struct ListProcesses;

impl Command for ListProcesses {
    const TYPE: CommandType = CommandType::ListProcesses;
    type Output = ProcessList;

    fn parse(&self, format: &str, output: &[u8]) -> Result<ProcessList, ParseError> {
        match format {
            "ps-procps" => linux::parse(output, linux::Listing::Procps),
            "ps-busybox" => linux::parse(output, linux::Listing::BusyBox),
            "proc-stat" => linux::parse(output, linux::Listing::Kernel),
            "ps-bsd" => bsd::parse(output),
            "table" => rows::parse(output),
            other => Err(ParseError::unknown_format(other)),
        }
    }
}

impl Read for ListProcesses {}

/// The program's short name, as its command line has it: `/bin/x -y`, `nginx: worker`, `{x} /bin/sh x` of BusyBox.
fn name_of(command: &str) -> String {
    if let Some((name, _)) = command.strip_prefix('{').and_then(|rest| rest.split_once('}')) {
        return name.to_owned();
    }
    let program = command.split(' ').next().unwrap_or_default();
    program.rsplit('/').next().unwrap_or_default().trim_end_matches(':').to_owned()
}
