//! What used processor and memory most between two listings of a server's processes. Pure; keeps no command lines.

use chrono::{DateTime, Utc};

use super::listing::Listing;
use crate::commands::processes::{Process, ProcessList};
use crate::models::consumer_readings::{Consumer, ConsumerReading, Consumers};
use crate::models::ids::ServerId;

/// Processes of each kind in one reading.
const MOST: usize = 8;
/// Of a name and of a user, this many bytes are kept.
const NAME: usize = 64;

/// What the processes of `list` used since the listing that was so many seconds ago; without one, the server's own
/// percentages are taken and no span is claimed.
pub(super) fn reading(
    server: ServerId,
    list: &ProcessList,
    at: DateTime<Utc>,
    since: Option<(&Listing, f64)>,
) -> ConsumerReading {
    let cpu = |process: &Process| match since {
        Some((before, seconds)) => before.used_since(process, seconds),
        None => process.average_cpu_percent,
    };
    ConsumerReading {
        server_id: server,
        at,
        span_seconds: since.and_then(|(_, seconds)| narrow(seconds)).unwrap_or_default(),
        by_cpu: most(list, &cpu, |one| one.cpu.filter(|percent| *percent > 0.0).map(f64::from)),
        by_memory: most(list, &cpu, |one| one.bytes.filter(|bytes| *bytes > 0).map(float)),
    }
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
