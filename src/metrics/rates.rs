//! Two readings of a server's counters → values. Pure.
//!
//! A counter that went down, a reboot, a suspended machine or a hole in our readings gives a gap: no value at all,
//! never a spike and never a 0 that nobody measured (R03, X03).

mod waits;

use std::sync::LazyLock;
use std::time::Duration;

use super::catalogue::{DeviceKind, Metric};
use crate::commands::filesystems::Filesystem;
use crate::commands::metrics::{Cpu, CpuTicks, DiskCounters, InterfaceCounters, Memory, Sample};

pub use waits::Waits;

/// One reading, and when we had it.
#[derive(Debug, Clone)]
pub struct Reading {
    /// What the server said.
    pub sample: Sample,
    /// When it arrived, on our monotonic clock, counted from any fixed moment.
    pub at: Duration,
    /// From asking to having it.
    pub round_trip: Duration,
}

/// When a reading was, by two clocks.
#[derive(Debug, Clone, Copy)]
struct Moment {
    uptime_seconds: f64,
    at: Duration,
}

impl Reading {
    fn moment(&self) -> Moment {
        Moment { uptime_seconds: self.sample.uptime_seconds, at: self.at }
    }
}

/// One value of one metric; `device` is empty where the metric is about the whole server.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Value<'a> {
    /// What was measured.
    pub metric: Metric,
    /// On which device.
    pub device: &'a str,
    /// How much, in the metric's unit. Finite.
    pub value: f32,
}

/// How far our clock and the server's may drift apart between two readings: an answer may be late, a machine that
/// slept was away for longer.
const DRIFT: f64 = 5.0;

/// The values that `now` gives, with rates where `before` is usable: not older than `longest` and of the same boot.
pub fn values<'a>(before: Option<&Reading>, now: &'a Reading, longest: Duration) -> Vec<Value<'a>> {
    let sample = &now.sample;
    let mut values = Values(Vec::with_capacity(24 + sample.cores.len()));
    values.gauges(sample);
    if let Some((before, seconds)) =
        before.and_then(|before| Some((before, seconds_between(before.moment(), now.moment(), longest)?)))
    {
        values.processors(&before.sample, sample);
        values.disks(&before.sample.disks, &sample.disks, seconds);
        values.interfaces(&before.sample.interfaces, &sample.interfaces, seconds);
    } else if let Some(Cpu::Shares { .. }) = sample.cpu {
        values.processors(sample, sample);
    }
    values.add(Metric::SshRoundTrip, "", Some(now.round_trip.as_secs_f64() * 1e3));
    values.0
}

/// Seconds between two readings by the server's own clock; none where nothing can be subtracted.
fn seconds_between(before: Moment, now: Moment, longest: Duration) -> Option<f64> {
    let ours = now.at.checked_sub(before.at)?;
    let theirs = now.uptime_seconds - before.uptime_seconds;
    let drift = (theirs - ours.as_secs_f64()).abs();
    if ours.is_zero() || ours > longest || !drift.is_finite() || drift > DRIFT {
        return None;
    }
    // Some systems tell their uptime in whole seconds: as a divisor of one second that is too coarse.
    let whole = |seconds: f64| seconds.fract().abs() < f64::EPSILON;
    if whole(now.uptime_seconds) && whole(before.uptime_seconds) && theirs >= 0.0 {
        return Some(ours.as_secs_f64());
    }
    // Not positive: it rebooted, within seconds or long ago.
    (theirs > 0.0).then_some(theirs)
}

/// The values of what is mounted, of the filesystems that answered.
pub fn filesystem_values(filesystems: &[Filesystem]) -> Vec<Value<'_>> {
    let mut values = Values(Vec::with_capacity(4 * filesystems.len()));
    for filesystem in filesystems.iter().filter(|one| is_usable_name(&one.mount)).take(DeviceKind::Mount.limit()) {
        let mount = filesystem.mount.as_str();
        values.add(Metric::FilesystemPercent, mount, filesystem.used_percent());
        values.add(Metric::FilesystemUsed, mount, filesystem.used_bytes.map(float));
        values.add(Metric::FilesystemSize, mount, filesystem.size_bytes.map(float));
        let inodes = filesystem.inodes_used.zip(filesystem.inodes);
        values.add(Metric::FilesystemInodes, mount, inodes.and_then(|(used, all)| percent(used, all)));
    }
    values.0
}

struct Values<'a>(Vec<Value<'a>>);

impl<'a> Values<'a> {
    fn add(&mut self, metric: Metric, device: &'a str, value: Option<f64>) {
        if let Some(value) = value.and_then(finite) {
            self.0.push(Value { metric, device, value });
        }
    }

    fn gauges(&mut self, sample: &Sample) {
        if let Some([one, five, fifteen]) = sample.load {
            self.add(Metric::Load1, "", not_negative(one));
            self.add(Metric::Load5, "", not_negative(five));
            self.add(Metric::Load15, "", not_negative(fifteen));
        }
        if let Some(memory) = &sample.memory {
            self.memory(memory);
        }
    }

    fn memory(&mut self, memory: &Memory) {
        let used = memory.total.checked_sub(memory.available);
        self.add(Metric::MemoryUsed, "", used.map(float));
        self.add(Metric::MemoryAvailable, "", Some(float(memory.available)));
        self.add(Metric::MemoryCached, "", Some(float(memory.cached)));
        self.add(Metric::MemoryPercent, "", used.and_then(|used| percent(used, memory.total)));
        self.add(Metric::SwapUsed, "", Some(float(memory.swap_used)));
    }

    fn processors(&mut self, before: &Sample, now: &Sample) {
        match (before.cpu, now.cpu) {
            (_, Some(Cpu::Shares { user, system })) => {
                let share = |value: f64| not_negative(value).filter(|value| *value <= 100.0);
                self.add(Metric::CpuUser, "", share(user));
                self.add(Metric::CpuSystem, "", share(system));
                self.add(Metric::CpuTotal, "", share(user + system));
            }
            (Some(Cpu::Ticks(before)), Some(Cpu::Ticks(now))) => {
                if let Some((spent, total)) = ticks_between(before, now) {
                    self.add(Metric::CpuTotal, "", percent(busy(spent), total));
                    self.add(Metric::CpuUser, "", percent(spent.user, total));
                    self.add(Metric::CpuSystem, "", percent(spent.system, total));
                    self.add(Metric::CpuIowait, "", percent(spent.iowait, total));
                    self.add(Metric::CpuSteal, "", percent(spent.steal, total));
                }
            }
            _ => {}
        }
        for ((before, now), name) in before.cores.iter().zip(&now.cores).zip(CORES.iter()) {
            if let Some((spent, total)) = ticks_between(*before, *now) {
                self.add(Metric::CpuCore, name, percent(busy(spent), total));
            }
        }
    }

    fn disks(&mut self, before: &[DiskCounters], now: &'a [DiskCounters], seconds: f64) {
        for (place, disk) in now.iter().enumerate().take(DeviceKind::Disk.limit()) {
            let Some(before) = same(before, place, |other| other.device == disk.device) else { continue };
            if !is_usable_name(&disk.device) {
                continue;
            }
            let device = disk.device.as_str();
            let operations = disk.operations.checked_sub(before.operations);
            let busy = disk.busy_ms.checked_sub(before.busy_ms);
            let waited = disk.waited_ms.checked_sub(before.waited_ms);
            self.add(Metric::DiskRead, device, rate(before.read_bytes, disk.read_bytes, seconds));
            self.add(Metric::DiskWritten, device, rate(before.written_bytes, disk.written_bytes, seconds));
            self.add(Metric::DiskOperations, device, rate(before.operations, disk.operations, seconds));
            // Rounding of the two clocks may give a little more than all of the time.
            self.add(Metric::DiskBusy, device, busy.map(|busy| (float(busy) / (seconds * 10.0)).min(100.0)));
            let wait = operations.filter(|count| *count > 0).zip(waited);
            self.add(Metric::DiskWait, device, wait.map(|(count, waited)| float(waited) / float(count)));
        }
    }

    fn interfaces(&mut self, before: &[InterfaceCounters], now: &'a [InterfaceCounters], seconds: f64) {
        let kept = now.iter().enumerate().filter(|(_, interface)| is_lasting_interface(&interface.name));
        for (place, interface) in kept.take(DeviceKind::Interface.limit()) {
            let Some(before) = same(before, place, |other| other.name == interface.name) else { continue };
            let name = interface.name.as_str();
            self.add(Metric::NetworkReceived, name, rate(before.received_bytes, interface.received_bytes, seconds));
            self.add(Metric::NetworkSent, name, rate(before.sent_bytes, interface.sent_bytes, seconds));
            self.add(Metric::NetworkErrors, name, rate(before.errors, interface.errors, seconds));
        }
    }
}

/// The device's earlier counters: mostly in the same place of the list.
fn same<T>(before: &[T], place: usize, is_it: impl Fn(&T) -> bool) -> Option<&T> {
    before.get(place).filter(|other| is_it(other)).or_else(|| before.iter().find(|other| is_it(other)))
}

/// Ticks spent between two readings, and their sum. None where a counter that only grows went down.
fn ticks_between(before: CpuTicks, now: CpuTicks) -> Option<(CpuTicks, u64)> {
    // proc(5): iowait may go down; idle and steal were seen to step back a little on virtual machines.
    let lenient = |before: u64, now: u64| match now.checked_sub(before) {
        None if before - now <= 100 => Some(0),
        spent => spent,
    };
    let spent = CpuTicks {
        user: now.user.checked_sub(before.user)?,
        system: now.system.checked_sub(before.system)?,
        idle: lenient(before.idle, now.idle)?,
        iowait: lenient(before.iowait, now.iowait)?,
        steal: lenient(before.steal, now.steal)?,
    };
    let total =
        [spent.system, spent.idle, spent.iowait, spent.steal].into_iter().try_fold(spent.user, u64::checked_add);
    Some((spent, total.filter(|total| *total > 0)?))
}

fn busy(spent: CpuTicks) -> u64 {
    spent.user.saturating_add(spent.system).saturating_add(spent.steal)
}

/// Growth a second; none where the counter went down (a reset, or a wrap of a narrow counter).
fn rate(before: u64, now: u64, seconds: f64) -> Option<f64> {
    now.checked_sub(before).map(|grown| float(grown) / seconds)
}

/// `part` of `whole`, 0–100; none of nothing.
fn percent(part: u64, whole: u64) -> Option<f64> {
    (whole > 0 && part <= whole).then(|| float(part) / float(whole) * 100.0)
}

fn not_negative(value: f64) -> Option<f64> {
    (value >= 0.0).then_some(value)
}

#[expect(clippy::cast_precision_loss, reason = "counters are shown, and 52 bits are enough for a difference")]
fn float(value: u64) -> f64 {
    value as f64
}

#[expect(clippy::cast_possible_truncation, reason = "values are kept as f32; what does not fit is left out")]
fn finite(value: f64) -> Option<f32> {
    Some(value as f32).filter(|value| value.is_finite())
}

/// The names of cores, so that a value can borrow them.
static CORES: LazyLock<Vec<String>> =
    LazyLock::new(|| (0..DeviceKind::Core.limit()).map(|number| number.to_string()).collect());

/// Whether a device name from a server may be kept: it goes into our tables and onto pages.
pub fn is_usable_name(name: &str) -> bool {
    !name.is_empty() && name.len() <= 255 && !name.chars().any(char::is_control)
}

/// Whether an interface is more than one container's end of a pair: those get new names at every start, without end.
fn is_lasting_interface(name: &str) -> bool {
    is_usable_name(name) && !["veth", "cali", "lxc"].iter().any(|prefix| name.starts_with(prefix))
}

#[cfg(test)]
mod tests;
