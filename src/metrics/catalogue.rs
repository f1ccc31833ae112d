//! The numbers we keep: what each is called, what it means, in which unit. Pure.
//!
//! The names are public: the API, charts, scenarios and the `series` table use them.

use std::borrow::Cow;
use std::fmt;

/// What the public names of checks begin with.
const CHECKS: &str = "check.";

/// What a value counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Unit {
    /// 0–100.
    Percent,
    /// Bytes.
    Bytes,
    /// Bytes a second.
    BytesPerSecond,
    /// Events a second.
    PerSecond,
    /// Milliseconds.
    Milliseconds,
    /// A number without a unit (load averages).
    Count,
}

impl Unit {
    /// All of them.
    pub const ALL: [Self; 6] =
        [Self::Percent, Self::Bytes, Self::BytesPerSecond, Self::PerSecond, Self::Milliseconds, Self::Count];

    /// The unit of a word of the API.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|unit| unit.name() == name)
    }

    /// The word in the API: `bytes_per_second`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Percent => "percent",
            Self::Bytes => "bytes",
            Self::BytesPerSecond => "bytes_per_second",
            Self::PerSecond => "per_second",
            Self::Milliseconds => "milliseconds",
            Self::Count => "count",
        }
    }
}

/// What part of a server a metric is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum DeviceKind {
    /// The whole server; its device name is empty.
    Server,
    /// A processor core: `0`, `1`, …
    Core,
    /// A whole disk: `sda`.
    Disk,
    /// A network interface: `eth0`.
    Interface,
    /// A mounted filesystem: `/var`.
    Mount,
    /// A check of an administrator's own: `queue-length`.
    Check,
}

impl DeviceKind {
    /// How many devices of this kind one server may have in our memory and tables; further ones are left out.
    ///
    /// A server decides how its devices are called, so without a bound it could fill our memory with names.
    pub fn limit(self) -> usize {
        match self {
            Self::Server => 1,
            Self::Core => 128,
            Self::Disk | Self::Interface | Self::Mount | Self::Check => 32,
        }
    }
}

macro_rules! metrics {
    ($($(#[doc = $meaning:literal])+ $variant:ident = $name:literal, $unit:ident, $device:ident;)+) => {
        /// A number that we keep over time.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Metric {
            $($(#[doc = $meaning])+ $variant,)+
        }

        impl Metric {
            /// All of them, in the order in which people read them.
            pub const ALL: &[Self] = &[$(Self::$variant,)+];

            /// The public name: `cpu.user`.
            pub fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)+ }
            }

            /// What its values count.
            pub fn unit(self) -> Unit {
                match self { $(Self::$variant => Unit::$unit,)+ }
            }

            /// What part of a server it is about.
            pub fn device_kind(self) -> DeviceKind {
                match self { $(Self::$variant => DeviceKind::$device,)+ }
            }

            /// What it means, as the API document says it.
            pub fn meaning(self) -> &'static str {
                match self { $(Self::$variant => concat!($($meaning),+).trim_ascii(),)+ }
            }
        }
    };
}

metrics! {
    /// Processor time in use: everything but idle and waiting for disks.
    CpuTotal = "cpu.total", Percent, Server;
    /// Processor time of programs, with nice.
    CpuUser = "cpu.user", Percent, Server;
    /// Processor time of the kernel, with interrupts.
    CpuSystem = "cpu.system", Percent, Server;
    /// Processor time spent idle while a disk was waited for.
    CpuIowait = "cpu.iowait", Percent, Server;
    /// Processor time that the hypervisor gave to others.
    CpuSteal = "cpu.steal", Percent, Server;
    /// Processor time in use, of one core.
    CpuCore = "cpu.core", Percent, Core;
    /// Load average of 1 minute.
    Load1 = "load.1", Count, Server;
    /// Load average of 5 minutes.
    Load5 = "load.5", Count, Server;
    /// Load average of 15 minutes.
    Load15 = "load.15", Count, Server;
    /// Memory in use: installed minus available.
    MemoryUsed = "memory.used", Bytes, Server;
    /// Memory available without swapping.
    MemoryAvailable = "memory.available", Bytes, Server;
    /// Buffers, page cache and reclaimable slabs.
    MemoryCached = "memory.cached", Bytes, Server;
    /// Memory in use, of what is installed.
    MemoryPercent = "memory.used_percent", Percent, Server;
    /// Swap space in use.
    SwapUsed = "swap.used", Bytes, Server;
    /// Bytes read from a disk.
    DiskRead = "disk.read", BytesPerSecond, Disk;
    /// Bytes written to a disk.
    DiskWritten = "disk.written", BytesPerSecond, Disk;
    /// Reads and writes that a disk finished.
    DiskOperations = "disk.operations", PerSecond, Disk;
    /// Time during which a disk was busy.
    DiskBusy = "disk.busy", Percent, Disk;
    /// How long a finished operation waited on average; no value while there are none.
    DiskWait = "disk.wait", Milliseconds, Disk;
    /// Bytes received by an interface.
    NetworkReceived = "network.received", BytesPerSecond, Interface;
    /// Bytes sent by an interface.
    NetworkSent = "network.sent", BytesPerSecond, Interface;
    /// Packets dropped or broken, both ways.
    NetworkErrors = "network.errors", PerSecond, Interface;
    /// Space in use of a filesystem, of what is not reserved.
    FilesystemPercent = "filesystem.used_percent", Percent, Mount;
    /// Space in use of a filesystem.
    FilesystemUsed = "filesystem.used", Bytes, Mount;
    /// Size of a filesystem.
    FilesystemSize = "filesystem.size", Bytes, Mount;
    /// Inodes in use of a filesystem.
    FilesystemInodes = "filesystem.inodes_percent", Percent, Mount;
    /// From asking for a sample to having it, over the open connection.
    SshRoundTrip = "ssh.round_trip", Milliseconds, Server;
    /// What a check of an administrator's own found; its name and unit are the check's.
    Check = "check", Count, Check;
}

impl Metric {
    /// The metric of a public name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|metric| metric.name() == name)
    }

    /// The public name of one series and its device: checks are known by names of their own, `check.queue-length`.
    pub fn public_name(self, device: &str) -> (Cow<'static, str>, &str) {
        match self {
            Self::Check => (Cow::Owned(format!("{CHECKS}{device}")), ""),
            other => (Cow::Borrowed(other.name()), device),
        }
    }

    /// The metric of a public name, and the device that is part of it: a check's.
    pub fn from_public_name(name: &str) -> Option<(Self, Option<&str>)> {
        match name.strip_prefix(CHECKS) {
            Some(check) if !check.is_empty() => Some((Self::Check, Some(check))),
            _ => Self::from_name(name).filter(|metric| *metric != Self::Check).map(|metric| (metric, None)),
        }
    }

    /// Whether it changes slowly, is asked for once a minute or less, and is therefore not in the live ring.
    pub fn is_slow(self) -> bool {
        matches!(self.device_kind(), DeviceKind::Mount | DeviceKind::Check)
    }
}

impl fmt::Display for Metric {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_leads_back_to_its_metric_and_no_name_is_used_twice() {
        for metric in Metric::ALL {
            assert_eq!(Metric::from_name(metric.name()), Some(*metric), "{metric}");
        }
        assert_eq!(Metric::from_name("cpu.frobs"), None);
    }

    #[test]
    fn every_unit_is_one_of_a_check_s() {
        let mut units = Unit::ALL.map(Unit::name);
        let mut of_checks = crate::models::checks::UNITS;
        units.sort_unstable();
        of_checks.sort_unstable();
        assert_eq!(units, of_checks);
    }

    #[test]
    fn a_check_is_a_series_of_its_own_name() {
        assert_eq!(Metric::Check.public_name("queue"), (Cow::Borrowed("check.queue"), ""));
        assert_eq!(Metric::DiskRead.public_name("sda"), (Cow::Borrowed("disk.read"), "sda"));
        assert_eq!(Metric::from_public_name("check.queue"), Some((Metric::Check, Some("queue"))));
        assert_eq!(Metric::from_public_name("disk.read"), Some((Metric::DiskRead, None)));
        assert_eq!((Metric::from_public_name("check"), Metric::from_public_name("check.")), (None, None));
    }

    #[test]
    fn every_metric_says_what_it_means() {
        assert_eq!(Metric::Load1.meaning(), "Load average of 1 minute.");
        assert!(Metric::ALL.iter().all(|metric| metric.meaning().ends_with('.')));
    }
}
