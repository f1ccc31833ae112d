//! The last lists of processes of one server: what each process used is the difference of two. Knows no viewer: whoever
//! looks at the same server shares them, and a list that serves several ends is kept once.

use std::collections::HashMap;
use std::sync::Arc;

use chrono::{DateTime, Utc};

use super::consumers;
use super::listing::Listing;
use crate::commands::processes::ProcessList;
use crate::models::consumer_readings::ConsumerReading;
use crate::models::ids::ServerId;

/// Closer than this, in seconds, two lists tell more of the clock's ticks than of the processes.
const CLOSE: f64 = 0.5;
/// Further apart than this, they tell of a while ago.
const FAR: f64 = 60.0;

/// Percent of one core, by pid.
pub type Usage = HashMap<u32, f64>;

/// What was read lately.
#[derive(Debug, Default)]
pub(super) struct Readings {
    newer: Option<Arc<Listing>>,
    /// The one before, while a list that follows may still be compared with it.
    older: Option<Arc<Listing>>,
    /// The one since which it is counted what uses most: that may be a while ago.
    counted: Option<Arc<Listing>>,
}

impl Readings {
    /// What each process of `list` has used since a list of a moment ago; none where there is none, or where the server does
    /// not count. Keeps `list` for the next question.
    pub(super) fn usage(&mut self, list: &ProcessList) -> Option<Usage> {
        let now = Arc::new(Listing::of(list)?);
        let usage = [&self.newer, &self.older].into_iter().flatten().find_map(|before| {
            let seconds = before.seconds_until(&now).filter(|seconds| (CLOSE..=FAR).contains(seconds))?;
            let used = list.processes.iter().filter_map(|one| Some((one.pid, before.used_since(one, seconds)?)));
            Some(used.collect())
        });
        self.keep(now);
        usage
    }

    /// What the processes of `list` used since this was last asked.
    ///
    /// None where nothing can be said yet: nobody has asked before, or in another boot, or a moment ago.
    pub(super) fn consumed(
        &mut self,
        server: ServerId,
        list: &ProcessList,
        at: DateTime<Utc>,
    ) -> Option<ConsumerReading> {
        if !list.counts() {
            // FreeBSD and macOS count no ticks for us; their percentages are of the last minute.
            return Some(consumers::reading(server, list, at, None));
        }
        let now = Arc::new(Listing::of(list)?);
        let seconds = self.counted.as_ref().and_then(|before| before.seconds_until(&now));
        if seconds.is_some_and(|seconds| (0.0..CLOSE).contains(&seconds)) {
            return None;
        }
        self.keep(Arc::clone(&now));
        let before = self.counted.replace(now)?;
        let seconds = seconds.filter(|seconds| *seconds > 0.0)?;
        Some(consumers::reading(server, list, at, Some((&before, seconds))))
    }

    fn keep(&mut self, now: Arc<Listing>) {
        let since = |before: &Arc<Listing>| before.seconds_until(&now);
        if self.newer.as_ref().and_then(since).is_some_and(|seconds| (0.0..CLOSE).contains(&seconds)) {
            return;
        }
        // One that no later list can be compared with is given back.
        self.older =
            self.newer.take().filter(|newer| since(newer).is_some_and(|seconds| (0.0..FAR).contains(&seconds)));
        self.newer = Some(now);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::commands::processes::Process;

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

    #[test]
    fn a_list_is_kept_once_and_one_that_is_of_no_use_any_more_is_given_back() {
        let mut readings = Readings::default();
        let at = |uptime, ticks| list(uptime, "a", vec![process(1, 0, ticks)]);
        let kept = |readings: &Readings| {
            let all = [&readings.newer, &readings.older, &readings.counted];
            let mut all: Vec<_> = all.into_iter().flatten().map(Arc::as_ptr).collect();
            all.sort_unstable();
            all.dedup();
            all.len()
        };
        for minute in 0..5_u32 {
            let uptime = f64::from(minute) * 300.0;
            readings.consumed(ServerId(1), &at(uptime, 0), DateTime::UNIX_EPOCH);
            assert_eq!(kept(&readings), 1, "nobody looks");
        }
        readings.usage(&at(1_205.0, 0));
        readings.usage(&at(1_210.0, 0));
        assert_eq!(kept(&readings), 3, "somebody looks");
        let reading = readings.consumed(ServerId(1), &at(1_500.0, 30_000), DateTime::UNIX_EPOCH).unwrap();
        assert_eq!((kept(&readings), reading.span_seconds), (1, 300.0));
    }
}
