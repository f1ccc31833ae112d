//! What is kept of a list of processes until the next one: which process had used how much. Pure; keeps no command lines.

use std::hash::{DefaultHasher, Hash, Hasher};

use crate::commands::processes::{Process, ProcessList};

/// The processor time that the processes of one moment had used.
#[derive(Debug, PartialEq)]
pub(super) struct Listing {
    boot: Box<str>,
    uptime_seconds: f64,
    ticks_per_second: f64,
    /// In the order of their numbers. Those that had used none are left out: there are many.
    used: Box<[Used]>,
}

/// The processor time that one process had used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Used {
    pid: u32,
    started: u32,
    ticks: u64,
}

impl Listing {
    /// None where the server does not count.
    pub(super) fn of(list: &ProcessList) -> Option<Self> {
        let used = |process: &Process| {
            let ticks = process.cpu_ticks.filter(|ticks| *ticks > 0)?;
            Some(Used { pid: process.pid, started: started(process), ticks })
        };
        let mut used: Vec<Used> = list.processes.iter().filter_map(used).collect();
        used.sort_unstable_by_key(|one| one.pid);
        let ticks_per_second = list.ticks_per_second.filter(|ticks| *ticks > 0)?;
        Some(Self {
            boot: list.boot.as_str().into(),
            uptime_seconds: list.uptime_seconds?,
            ticks_per_second: ticks_per_second.into(),
            used: used.into(),
        })
    }

    /// By the server's own clock; none where that was set anew by a boot.
    pub(super) fn seconds_until(&self, later: &Self) -> Option<f64> {
        (self.boot == later.boot).then_some(later.uptime_seconds - self.uptime_seconds)
    }

    /// What `process` has used in the `seconds` since, percent of one core: all of it where it had used nothing by then, or
    /// was not there. None where another process had its number then, although this one is older.
    pub(super) fn used_since(&self, process: &Process, seconds: f64) -> Option<f64> {
        let ticks = process.cpu_ticks?;
        let before = self.used.binary_search_by_key(&process.pid, |one| one.pid).ok().and_then(|at| self.used.get(at));
        let used = match before {
            Some(before) if before.started == started(process) => ticks.checked_sub(before.ticks)?,
            Some(_) if self.is_older(process) => return None,
            _ => ticks,
        };
        Some(float(used) / self.ticks_per_second / seconds * 100.0)
    }

    fn is_older(&self, process: &Process) -> bool {
        let started: Option<u64> = process.started_at.as_deref().and_then(|started| started.parse().ok());
        started.is_some_and(|started| float(started) < self.uptime_seconds * self.ticks_per_second)
    }
}

/// The start in a few bytes: with the pid, it names a process and no later one (P06).
fn started(process: &Process) -> u32 {
    let mut hasher = DefaultHasher::new();
    process.started_at.hash(&mut hasher);
    // The lower half is as good as the whole.
    (hasher.finish() & u64::from(u32::MAX)).try_into().unwrap_or_default()
}

#[expect(clippy::cast_precision_loss, reason = "ticks, for a percentage")]
fn float(ticks: u64) -> f64 {
    ticks as f64
}
