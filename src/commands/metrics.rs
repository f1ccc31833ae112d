//! One reading of a server's counters, as a frame of the ticked loop or a one-shot command gives it.
//!
//! The counters only grow (until a reboot); `crate::metrics::rates` subtracts two readings.

mod linux;
pub(super) mod rows;

use super::{Command, CommandType, ParseError, Read};

/// The line that ends a frame of the ticked loop.
///
/// The loop prints one frame for each line that it reads from descriptor 3, and ends at the end of its input.
pub const FRAME_END: &[u8] = b"FRAME_END";

pub(super) const FORMATS: &[&str] = &["linux-frame", "table"];

/// One reading: the ticked loop, ticked once.
#[derive(Debug, Clone, Copy)]
pub struct SampleMetrics;

impl Command for SampleMetrics {
    const TYPE: CommandType = CommandType::SampleMetrics;
    type Output = Sample;

    fn parse(&self, format: &str, output: &[u8]) -> Result<Sample, ParseError> {
        parse_frame(format, output)
    }
}

impl Read for SampleMetrics {}

/// Reads one frame, with or without its last line; what follows that line is not looked at.
pub fn parse_frame(format: &str, frame: &[u8]) -> Result<Sample, ParseError> {
    match format {
        "linux-frame" => linux::parse(frame),
        "table" => rows::parse(frame),
        other => Err(ParseError::unknown_format(other)),
    }
}

/// One reading. What a platform does not tell is `None` or empty, never 0 (X03).
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Sample {
    /// Seconds since boot by the server's own clock; two readings are as far apart as their uptimes.
    pub uptime_seconds: f64,
    /// The whole machine.
    pub cpu: Option<Cpu>,
    /// Each core, in the order of its number; empty where the platform does not tell.
    pub cores: Vec<CpuTicks>,
    /// Load averages of 1, 5 and 15 minutes.
    pub load: Option<[f64; 3]>,
    /// Memory and swap, bytes.
    pub memory: Option<Memory>,
    /// Whole disks, not partitions; no loop, ram or zram devices.
    pub disks: Vec<DiskCounters>,
    /// Network interfaces without the loopback.
    pub interfaces: Vec<InterfaceCounters>,
    /// How long tasks had to wait, where the kernel counts it; not in every reading, since reading it may cost much.
    pub pressure: Option<Pressure>,
    /// What went to and came from swap space, where there is some; not in every reading either.
    pub swapped: Option<Swapped>,
}

/// How a platform tells what its processors do.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Cpu {
    /// Growing counters.
    Ticks(CpuTicks),
    /// Shares of the moment, percent (macOS).
    Shares {
        /// User time.
        user: f64,
        /// Kernel time.
        system: f64,
    },
}

/// Growing counters of processor time, in clock ticks (`/proc/stat`, facts 5.6). `guest` is inside `user` already.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct CpuTicks {
    /// User, with nice.
    pub user: u64,
    /// Kernel, with interrupts.
    pub system: u64,
    /// Idle.
    pub idle: u64,
    /// Idle while a disk was waited for.
    pub iowait: u64,
    /// Taken by the hypervisor.
    pub steal: u64,
}

/// Memory, bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Serialize, serde::Deserialize)]
pub struct Memory {
    /// Installed.
    pub total: u64,
    /// Available without swapping (`MemAvailable`, or its estimate on old kernels); used = total − available.
    pub available: u64,
    /// Buffers, page cache and reclaimable slabs.
    pub cached: u64,
    /// Swap space.
    pub swap_total: u64,
    /// Swap space in use.
    pub swap_used: u64,
}

/// Growing counters of one disk.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct DiskCounters {
    /// `sda`, `nvme0n1`
    pub device: String,
    /// Bytes read.
    pub read_bytes: u64,
    /// Bytes written.
    pub written_bytes: u64,
    /// Finished reads and writes.
    pub operations: u64,
    /// Milliseconds during which the disk was busy.
    pub busy_ms: u64,
    /// Milliseconds that finished operations waited, added up.
    pub waited_ms: u64,
}

/// Growing counters of one network interface.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct InterfaceCounters {
    /// `eth0`
    pub name: String,
    /// Bytes received.
    pub received_bytes: u64,
    /// Bytes sent.
    pub sent_bytes: u64,
    /// Packets dropped or broken, both ways.
    pub errors: u64,
}

/// Growing counters of pressure (PSI): microseconds during which some task waited, or in which none of them got on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Pressure {
    /// A task waited for a processor.
    pub cpu: Option<u64>,
    /// A task waited for memory.
    pub memory: Option<u64>,
    /// All of them waited for memory.
    pub memory_full: Option<u64>,
    /// A task waited for a disk.
    pub io: Option<u64>,
    /// All of them waited for a disk.
    pub io_full: Option<u64>,
}

/// Growing counters of swapping, bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Swapped {
    /// Read back from swap space.
    pub read_bytes: u64,
    /// Written to it.
    pub written_bytes: u64,
}
