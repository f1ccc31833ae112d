//! The last two lists of processes of one server: what each process uses now is the difference of two. Knows no viewer:
//! whoever looks at the same server shares them.

use std::collections::HashMap;

use crate::commands::processes::{Process, ProcessList};

/// Closer than this, in seconds, two readings tell more of the clock's ticks than of the processes.
const CLOSE: f64 = 0.5;
/// Further apart than this, they tell of a while ago.
const FAR: f64 = 60.0;

/// Percent of one core, by pid.
pub type Usage = HashMap<u32, f64>;

/// What was read lately.
#[derive(Debug, Default)]
pub(super) struct Readings {
    newer: Option<Reading>,
    older: Option<Reading>,
}

#[derive(Debug)]
struct Reading {
    boot: String,
    uptime: f64,
    /// When each process was started, and what it had used, in ticks.
    used: HashMap<u32, (u64, u64)>,
}

impl Readings {
    /// What each process of `list` has used since a reading of a moment ago; none where there is none, or where the server
    /// does not count. Keeps `list` for the next question.
    pub(super) fn usage(&mut self, list: &ProcessList) -> Option<Usage> {
        let now = Reading::of(list)?;
        let since = |before: &Reading| now.uptime - before.uptime;
        let fits = |before: &&Reading| before.boot == now.boot && (CLOSE..=FAR).contains(&since(before));
        let usage = [&self.newer, &self.older].into_iter().flatten().find(fits).map(|before| {
            let seconds = since(before);
            let used = |process: &Process| before.used_since(process, list.ticks_per_second?, seconds);
            list.processes.iter().filter_map(|process| Some((process.pid, used(process)?))).collect()
        });
        if self.newer.as_ref().is_none_or(|newer| newer.boot != now.boot || since(newer) >= CLOSE) {
            self.older = self.newer.replace(now);
        }
        usage
    }
}

impl Reading {
    fn of(list: &ProcessList) -> Option<Self> {
        let used = |process: &Process| Some((process.pid, (started(process)?, process.cpu_ticks?)));
        list.ticks_per_second.filter(|ticks| *ticks > 0)?;
        let used = list.processes.iter().filter_map(used).collect();
        Some(Self { boot: list.boot.clone(), uptime: list.uptime_seconds?, used })
    }

    /// What `process` has used in the `seconds` since: all of it where it was started since. A pid that another process had
    /// then tells nothing.
    fn used_since(&self, process: &Process, ticks_per_second: u32, seconds: f64) -> Option<f64> {
        let (started, ticks) = (started(process)?, process.cpu_ticks?);
        let rate = f64::from(ticks_per_second);
        let used = match self.used.get(&process.pid) {
            Some((earlier, before)) if *earlier == started => ticks.checked_sub(*before)?,
            _ if float(started) >= self.uptime * rate => ticks,
            _ => return None,
        };
        Some(float(used) / rate / seconds * 100.0)
    }
}

fn started(process: &Process) -> Option<u64> {
    process.started_at.as_deref()?.parse().ok()
}

#[expect(clippy::cast_precision_loss, reason = "ticks, for a percentage")]
fn float(ticks: u64) -> f64 {
    ticks as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn process(pid: u32, started_at: u64, ticks: u64) -> Process {
        Process { pid, started_at: Some(started_at.to_string()), cpu_ticks: Some(ticks), ..Process::default() }
    }

    fn list(uptime: f64, boot: &str, processes: Vec<Process>) -> ProcessList {
        let (ticks_per_second, uptime_seconds) = (Some(100), Some(uptime));
        ProcessList { processes, ticks_per_second, uptime_seconds, boot: boot.into() }
    }

    #[test]
    fn what_a_process_did_long_ago_does_not_make_it_busy_now() {
        let mut readings = Readings::default();
        assert_eq!(readings.usage(&list(10.0, "a", vec![process(1, 0, 90_000), process(2, 0, 0)])), None);
        let usage = readings.usage(&list(12.0, "a", vec![process(1, 0, 90_000), process(2, 0, 100)])).unwrap();
        assert_eq!((usage[&1], usage[&2]), (0.0, 50.0));
    }

    #[test]
    fn sec_p06_a_pid_that_was_taken_over_has_no_number_instead_of_a_wrong_one() {
        let mut readings = Readings::default();
        readings.usage(&list(10.0, "a", vec![process(7, 100, 90_000)]));
        let usage = readings.usage(&list(11.0, "a", vec![process(7, 200, 90_050), process(8, 1050, 20)])).unwrap();
        assert_eq!(usage.get(&7), None, "it was there before, as another process");
        assert!((usage[&8] - 20.0).abs() < 0.01, "it began since, so that all of its time is of now");
        assert_eq!(readings.usage(&list(12.0, "b", vec![process(7, 200, 90_060)])), None, "another boot");
    }

    #[test]
    fn readings_that_are_too_close_or_too_far_apart_tell_nothing() {
        let mut readings = Readings::default();
        let at = |uptime, ticks| list(uptime, "a", vec![process(1, 0, ticks)]);
        assert_eq!(readings.usage(&at(10.0, 0)), None);
        assert_eq!(readings.usage(&at(10.1, 10)), None);
        assert!(readings.usage(&at(11.0, 50)).is_some(), "against the first one");
        assert!(readings.usage(&at(11.2, 50)).is_some(), "against the first one again: the last is too close");
        assert_eq!(readings.usage(&at(500.0, 60)), None);
        assert!(readings.usage(&at(505.0, 60)).is_some());
    }
}
