//! What used processor and memory most between two listings of a server's processes. Pure; keeps no command lines.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};

use chrono::{DateTime, Utc};

use crate::commands::processes::{Process, ProcessList};
use crate::models::consumer_readings::{Consumer, ConsumerReading, Consumers};
use crate::models::ids::ServerId;

/// Processes of each kind in one reading.
const MOST: usize = 8;
/// Of a name and of a user, this many bytes are kept.
const NAME: usize = 64;
/// Two listings closer than this say nothing: one tick of a process would be a large share.
const SHORTEST: f64 = 0.5;

/// What is kept of a listing until the next one.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Listing {
    boot: Box<str>,
    uptime_seconds: f64,
    used: Box<[Used]>,
}

/// The processor time that one process had used. Those that had used none are left out: there are many.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Used {
    pid: u32,
    started: u32,
    ticks: u64,
}

impl Listing {
    fn of(list: &ProcessList, uptime_seconds: f64) -> Self {
        let used = |process: &Process| {
            let ticks = process.cpu_ticks.filter(|ticks| *ticks > 0)?;
            Some(Used { pid: process.pid, started: started(process), ticks })
        };
        Self { boot: list.boot.as_str().into(), uptime_seconds, used: list.processes.iter().filter_map(used).collect() }
    }
}

/// The start in a few bytes: with the pid, it names a process and no later one (P06).
fn started(process: &Process) -> u32 {
    let mut hasher = DefaultHasher::new();
    process.started_at.hash(&mut hasher);
    // The lower half is as good as the whole.
    (hasher.finish() & u64::from(u32::MAX)).try_into().unwrap_or_default()
}

/// What the processes of `list` used since the listing `before`, which it takes the place of.
///
/// None where nothing can be said yet: there was no listing before, or it is of another boot or of a moment ago.
pub(super) fn taken(
    before: &mut Option<Listing>,
    server: ServerId,
    list: &ProcessList,
    at: DateTime<Utc>,
) -> Option<ConsumerReading> {
    let reading = |span, cpu: &dyn Fn(&Process) -> Option<f64>| ConsumerReading {
        server_id: server,
        at,
        span_seconds: narrow(span).unwrap_or_default(),
        by_cpu: most(list, cpu, |one| one.cpu.filter(|percent| *percent > 0.0).map(f64::from)),
        by_memory: most(list, cpu, |one| one.bytes.filter(|bytes| *bytes > 0).map(float)),
    };
    let (Some(rate), Some(now)) = (list.ticks_per_second.filter(|rate| *rate > 0), list.uptime_seconds) else {
        // FreeBSD and macOS count no ticks for us; their percentages are of the last minute.
        return Some(reading(0.0, &|process| process.average_cpu_percent));
    };
    let seconds = before.as_ref().map(|before| now - before.uptime_seconds);
    if seconds.is_some_and(|seconds| (0.0..SHORTEST).contains(&seconds)) {
        return None;
    }
    let before = before.replace(Listing::of(list, now)).filter(|before| *before.boot == *list.boot)?;
    let seconds = seconds.filter(|seconds| *seconds > 0.0)?;
    let known: HashMap<(u32, u32), u64> =
        before.used.iter().map(|used| ((used.pid, used.started), used.ticks)).collect();
    let share = |process: &Process| {
        // One that is not known had used nothing, or was not there: all that it used, it used since.
        let earlier = known.get(&(process.pid, started(process))).copied().unwrap_or_default();
        let used = process.cpu_ticks?.checked_sub(earlier)?;
        Some(float(used) / f64::from(rate) / seconds * 100.0)
    };
    Some(reading(seconds, &share))
}

fn most(
    list: &ProcessList,
    cpu: &dyn Fn(&Process) -> Option<f64>,
    weight: impl Fn(&Consumer) -> Option<f64>,
) -> Consumers {
    let consumer = |process: &Process| {
        let one = Consumer {
            pid: process.pid,
            name: shortened(&process.name),
            user: shortened(&process.user),
            cpu: cpu(process).and_then(narrow),
            bytes: process.resident_bytes,
        };
        Some((weight(&one)?, one))
    };
    let mut all: Vec<(f64, Consumer)> = list.processes.iter().filter_map(consumer).collect();
    all.sort_by(|(one, first), (other, second)| other.total_cmp(one).then(first.pid.cmp(&second.pid)));
    Consumers(all.into_iter().take(MOST).map(|(_, consumer)| consumer).collect())
}

/// The beginning of a server's text, without what a table cannot hold.
fn shortened(text: &str) -> String {
    let text: String = text.chars().filter(|char| *char != '\0').collect();
    let end = (0..=NAME.min(text.len())).rev().find(|end| text.is_char_boundary(*end)).unwrap_or_default();
    text.get(..end).unwrap_or_default().to_owned()
}

#[expect(clippy::cast_possible_truncation, reason = "a percentage or a span, to a few digits")]
fn narrow(value: f64) -> Option<f32> {
    Some(value as f32).filter(|value| value.is_finite() && *value >= 0.0)
}

#[expect(clippy::cast_precision_loss, reason = "a percentage, or an order")]
fn float(value: u64) -> f64 {
    value as f64
}

#[cfg(test)]
mod tests;
