//! How a server is, in one word and what strains it: from its state and its latest numbers. Says nothing in words.

use chrono::{DateTime, TimeDelta, Utc};

use super::catalogue::Metric;
use super::live::Live;
use crate::error::RemoteError;
use crate::models::alarms::Alarm;
use crate::models::check_results::CheckState;
use crate::models::server_states::{ServerState, State};
use crate::models::servers::Server;

/// From here on a number deserves attention, percent.
pub const WARN: f64 = 80.0;
/// From here on it cannot wait.
pub const CRITICAL: f64 = 95.0;

/// Numbers older than this are not "now", unless the server is asked more seldom.
const FRESH: TimeDelta = TimeDelta::seconds(90);

/// How a server is, worst first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// Something is about to run out.
    Critical,
    /// It does not answer, or does not let us in.
    Unreachable,
    /// Something deserves attention.
    Warning,
    /// Not asked yet.
    Unknown,
    /// All is well.
    Up,
    /// Switched off in hannun.
    Paused,
}

impl Level {
    /// All of them, worst first.
    pub const ALL: [Self; 6] =
        [Self::Critical, Self::Unreachable, Self::Warning, Self::Unknown, Self::Up, Self::Paused];

    /// The shape of its dot.
    pub fn dot(self) -> &'static str {
        match self {
            Self::Critical => "crit",
            Self::Unreachable => "down",
            Self::Warning => "warn",
            Self::Unknown => "none",
            Self::Up => "up",
            Self::Paused => "paused",
        }
    }

    /// Its word, in English.
    pub fn label(self) -> &'static str {
        match self {
            Self::Critical => "Critical",
            Self::Unreachable => "Unreachable",
            Self::Warning => "Warning",
            Self::Unknown => "Not asked yet",
            Self::Up => "Up",
            Self::Paused => "Paused",
        }
    }

    /// Whether its numbers are of now.
    pub fn answers(self) -> bool {
        !matches!(self, Self::Unreachable | Self::Paused)
    }

    /// Whether a person should look at it.
    pub fn needs_attention(self) -> bool {
        matches!(self, Self::Critical | Self::Unreachable | Self::Warning)
    }
}

/// The status mark of a percentage: none while it is well.
pub fn mark(percent: f64) -> Option<&'static str> {
    if percent >= CRITICAL {
        Some("crit")
    } else if percent >= WARN {
        Some("warn")
    } else {
        None
    }
}

/// What can run out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Resource {
    /// Processors, busy for some minutes.
    Cpu,
    /// Memory.
    Memory,
    /// The filesystem at this mount point, which is the server's own text.
    Disk(String),
}

/// The number that makes a server deserve attention.
#[derive(Debug, Clone, PartialEq)]
pub struct Strain {
    /// What runs out.
    pub of: Resource,
    /// How much of it is in use.
    pub percent: f64,
}

/// The numbers that say how a server is; what is not known is `None`.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Vitals {
    /// Processor time in use at this moment, percent.
    pub cpu: Option<f64>,
    /// The same over the last minutes: a short burst is no reason to worry.
    pub busy: Option<f64>,
    /// Memory in use, percent.
    pub memory: Option<f64>,
    /// The fullest filesystem: its mount point and percent.
    pub disk: Option<(String, f64)>,
}

/// How a server is.
#[derive(Debug, Clone, PartialEq)]
pub struct Health {
    /// In one word.
    pub level: Level,
    /// Why it deserves attention although it answers.
    pub strain: Option<Strain>,
    /// What a check found there, where that is worse than its numbers.
    pub alarm: Option<Alarm>,
    /// Why it does not answer.
    pub problem: Option<RemoteError>,
    /// Its numbers of now, if there are any.
    pub vitals: Option<Vitals>,
}

impl Health {
    /// How `server` is. Its numbers count only while it answers.
    pub fn of(server: &Server, state: Option<&ServerState>, live: &Live, now: DateTime<Utc>) -> Self {
        let vitals = Vitals::of(server, live, now);
        let level = |level| Self { level, strain: None, alarm: None, problem: None, vitals: vitals.clone() };
        if !server.enabled {
            return level(Level::Paused);
        }
        match state.map_or(State::Unknown, |state| state.state) {
            State::Unknown if server.credential_id.is_none() => {
                let problem = RemoteError::NoCredential { server: server.name.clone() };
                Self { problem: Some(problem), ..level(Level::Unreachable) }
            }
            State::Unknown => level(Level::Unknown),
            State::Paused => level(Level::Paused),
            State::Unreachable | State::Refused => {
                Self { problem: state.and_then(ServerState::why).cloned(), ..level(Level::Unreachable) }
            }
            State::Up => {
                let (worst, strain) = vitals.as_ref().map_or((Level::Up, None), Vitals::judge);
                Self { strain, ..level(worst) }
            }
        }
    }

    /// The same with the worst that checks found. They count only while it answers.
    #[must_use]
    pub fn with(self, alarm: Option<&Alarm>) -> Self {
        let Some(alarm) = alarm.filter(|_| matches!(self.level, Level::Up | Level::Warning)) else { return self };
        let level = if alarm.state == CheckState::Critical { Level::Critical } else { Level::Warning };
        if level >= self.level {
            return self;
        }
        Self { level, strain: None, alarm: Some(alarm.clone()), ..self }
    }
}

impl Vitals {
    /// The latest numbers of a server, if they are of now.
    pub fn of(server: &Server, live: &Live, now: DateTime<Utc>) -> Option<Self> {
        let fresh = FRESH.max(TimeDelta::seconds(i64::from(server.sampling_seconds)) * 3);
        let latest = live.latest(server.id).filter(|latest| now - latest.at < fresh)?;
        let known = |metric| latest.value(metric).map(f64::from);
        let disk = latest
            .devices(Metric::FilesystemPercent)
            .max_by(|(_, one), (_, other)| one.total_cmp(other))
            .map(|(mount, percent)| (mount.to_owned(), f64::from(percent)));
        let busy = latest.busy.map(f64::from);
        Some(Self { cpu: known(Metric::CpuTotal), busy, memory: known(Metric::MemoryPercent), disk })
    }

    /// The worst of the numbers, and what it is about.
    pub fn judge(&self) -> (Level, Option<Strain>) {
        let strain = |of: Resource| move |percent: f64| Strain { of, percent };
        let cpu = self.busy.map(strain(Resource::Cpu));
        let memory = self.memory.map(strain(Resource::Memory));
        let disk = self.disk.as_ref().map(|(mount, percent)| strain(Resource::Disk(mount.clone()))(*percent));
        let worst =
            [disk, memory, cpu].into_iter().flatten().max_by(|one, other| one.percent.total_cmp(&other.percent));
        match worst {
            Some(strain) if strain.percent >= CRITICAL => (Level::Critical, Some(strain)),
            Some(strain) if strain.percent >= WARN => (Level::Warning, Some(strain)),
            _ => (Level::Up, None),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_worst_number_decides_and_says_why() {
        let vitals =
            Vitals { busy: Some(20.0), memory: Some(86.0), disk: Some(("/var".into(), 96.3)), ..Vitals::default() };
        let strain = Strain { of: Resource::Disk("/var".into()), percent: 96.3 };
        assert_eq!(vitals.judge(), (Level::Critical, Some(strain)));
    }

    #[test]
    fn a_number_that_is_not_known_is_no_reason_to_worry() {
        assert_eq!(Vitals::default().judge(), (Level::Up, None));
    }

    #[test]
    fn a_burst_of_a_second_is_no_reason_to_worry() {
        let vitals = Vitals { cpu: Some(100.0), busy: Some(12.0), ..Vitals::default() };
        assert_eq!(vitals.judge().0, Level::Up);
    }

    #[test]
    fn what_a_check_found_counts_where_it_is_worse_and_the_server_answers() {
        let alarm = |state| Alarm {
            server_id: crate::models::ids::ServerId(1),
            check: "queue".into(),
            state,
            ran_at: None,
            value: Some(12.0),
            unit: "count".into(),
            unit_word: "jobs".into(),
            interval_seconds: 60,
        };
        let strain = Some(Strain { of: Resource::Memory, percent: 86.0 });
        let with = |level, state| {
            let strain = strain.clone().filter(|_| level == Level::Warning);
            let health = Health { level, strain, alarm: None, problem: None, vitals: None }.with(Some(&alarm(state)));
            (health.level, health.alarm.is_some(), health.strain.is_some())
        };
        assert_eq!(with(Level::Up, CheckState::Failed), (Level::Warning, true, false));
        assert_eq!(with(Level::Warning, CheckState::Warning), (Level::Warning, false, true));
        assert_eq!(with(Level::Warning, CheckState::Critical), (Level::Critical, true, false));
        assert_eq!(with(Level::Unreachable, CheckState::Critical), (Level::Unreachable, false, false));
        assert_eq!(with(Level::Paused, CheckState::Critical), (Level::Paused, false, false));
    }

    #[test]
    fn worst_comes_first() {
        assert!(Level::Critical < Level::Unreachable && Level::Warning < Level::Up && Level::Up < Level::Paused);
    }
}
