//! How a server is, in one word and a sentence: from its state and its latest numbers. Pure; asks nobody.

use crate::language::Message;
use crate::web::format;

/// From here on a number deserves attention, percent.
pub const WARN: f64 = 80.0;
/// From here on it cannot wait.
pub const CRITICAL: f64 = 95.0;

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

    /// Its word.
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

/// The numbers that say how a server is; what is not known is `None`.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Vitals {
    /// Processors in use now, percent.
    pub cpu: Option<f64>,
    /// Processors in use over the last minutes: a short burst is no reason to worry.
    pub busy: Option<f64>,
    /// Memory in use, percent.
    pub memory: Option<f64>,
    /// The fullest filesystem: its mount point and percent.
    pub disk: Option<(String, f64)>,
}

impl Vitals {
    /// The worst of the numbers, with the sentence that says why.
    pub fn judge(&self) -> (Level, Option<Message>) {
        let cpu =
            self.busy.map(|value| (value, Message::new("CPU {n} for some minutes").with("n", format::percent(value))));
        let memory = self.memory.map(|value| (value, Message::new("Memory {n}").with("n", format::percent(value))));
        let disk = self.disk.as_ref().map(|(mount, value)| {
            let mount = format::visible(mount);
            (*value, Message::new("Disk {mount} {n}").with("mount", mount).with("n", format::percent(*value)))
        });
        let worst = [disk, memory, cpu].into_iter().flatten().max_by(|one, other| one.0.total_cmp(&other.0));
        match worst {
            Some((value, why)) if value >= CRITICAL => (Level::Critical, Some(why)),
            Some((value, why)) if value >= WARN => (Level::Warning, Some(why)),
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
        let (level, why) = vitals.judge();
        assert_eq!(level, Level::Critical);
        assert_eq!(why.unwrap().to_string(), "Disk /var 96.3 %");
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
    fn worst_comes_first() {
        assert!(Level::Critical < Level::Unreachable && Level::Warning < Level::Up && Level::Up < Level::Paused);
    }

    #[test]
    fn sec_x04_a_hostile_mount_point_is_seen_not_obeyed() {
        let vitals = Vitals { disk: Some(("/\u{1b}[2J".into(), 99.0)), ..Vitals::default() };
        assert!(vitals.judge().1.unwrap().to_string().contains("␛[2J"));
    }
}
