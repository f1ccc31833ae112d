//! Which charts the screens of a server show. Declarations only: what is drawn, not from where.

pub use super::charts::Declared;
use crate::language::Message;
use crate::metrics::catalogue::Metric;
use crate::metrics::health::WARN;
use crate::models::checks::Check;
use crate::web::chart::axis::Unit;
use crate::web::condition;

/// Interfaces and disks of one server that get a chart of their own; the table has them all.
pub const MOST_DEVICES: usize = 12;
/// Cores that get a small chart of their own.
pub const MOST_CORES: usize = 32;

/// Processors as a stack.
pub fn cpu() -> Declared {
    Declared {
        stacked: true,
        headline: Some(Metric::CpuTotal),
        limit: Some(WARN),
        ..Declared::new(
            "cpu",
            "CPU",
            &[(Metric::CpuUser, "user"), (Metric::CpuSystem, "system"), (Metric::CpuIowait, "iowait")],
        )
    }
}

/// Processor time in use as one line.
pub fn cpu_total() -> Declared {
    Declared { limit: Some(WARN), ..Declared::new("cpu", "CPU", &[(Metric::CpuTotal, "in use")]) }
}

/// Memory, on a scale of what is installed.
pub fn memory(installed: Option<f64>) -> Declared {
    Declared {
        at_least: installed.unwrap_or(0.0),
        limit: installed.map(|installed| installed * WARN / 100.0),
        noun: installed.map(|installed| Message::new("of {size}").with("size", Unit::Bytes.say(installed))),
        ..Declared::new(
            "memory",
            "Memory",
            &[(Metric::MemoryUsed, "used"), (Metric::MemoryCached, "cache"), (Metric::SwapUsed, "swap")],
        )
    }
}

/// Memory in use as one line.
pub fn memory_percent() -> Declared {
    Declared {
        limit: Some(WARN),
        ..Declared::new("memory-percent", "Memory in use", &[(Metric::MemoryPercent, "used")])
    }
}

/// Swap, on a scale of what there is.
pub fn swap(space: Option<f64>) -> Declared {
    Declared { at_least: space.unwrap_or(0.0), ..Declared::new("swap", "Swap", &[(Metric::SwapUsed, "used")]) }
}

/// Bytes to and from swap space.
pub fn swapping() -> Declared {
    Declared::new("swapping", "Swap activity", &[(Metric::SwapOut, "out"), (Metric::SwapIn, "in")])
}

/// How long tasks waited for a processor.
pub fn cpu_pressure() -> Declared {
    Declared::new("pressure", "CPU pressure", &[(Metric::PressureCpu, "some wait")])
}

/// How long tasks waited for memory.
pub fn memory_pressure() -> Declared {
    let lines = [(Metric::PressureMemory, "some wait"), (Metric::PressureMemoryFull, "all wait")];
    Declared::new("pressure", "Memory pressure", &lines)
}

/// How long tasks waited for disks.
pub fn disk_pressure() -> Declared {
    let lines = [(Metric::PressureIo, "some wait"), (Metric::PressureIoFull, "all wait")];
    Declared::new("pressure", "Disk pressure", &lines)
}

/// Load averages.
pub fn load(cores: Option<u32>) -> Declared {
    Declared {
        limit: cores.map(f64::from),
        ..Declared::new(
            "load",
            "Load",
            &[(Metric::Load1, "1 min"), (Metric::Load5, "5 min"), (Metric::Load15, "15 min")],
        )
    }
}

/// Time taken by the hypervisor.
pub fn steal() -> Declared {
    Declared::new("steal", "Steal", &[(Metric::CpuSteal, "steal")])
}

/// One core.
pub fn core(index: usize, name: &str) -> Declared {
    Declared::new(format!("core-{index}"), "Core", &[(Metric::CpuCore, "in use")]).of_device(name)
}

/// Bytes to and from one disk.
pub fn disk_traffic(index: usize, name: &str) -> Declared {
    let lines = [(Metric::DiskWritten, "write"), (Metric::DiskRead, "read")];
    Declared { noun: Some(Message::new("written")), ..Declared::new(format!("disk-{index}"), "Disk I/O", &lines) }
        .of_device(name)
}

/// How busy one disk is.
pub fn disk_busy(index: usize, name: &str) -> Declared {
    Declared::new(format!("busy-{index}"), "Busy", &[(Metric::DiskBusy, "busy")]).of_device(name)
}

/// How long one disk lets wait.
pub fn disk_wait(index: usize, name: &str) -> Declared {
    Declared::new(format!("wait-{index}"), "Wait", &[(Metric::DiskWait, "wait")]).of_device(name)
}

/// Reads and writes that one disk finishes.
pub fn disk_operations(index: usize, name: &str) -> Declared {
    Declared::new(format!("operations-{index}"), "Operations", &[(Metric::DiskOperations, "finished")]).of_device(name)
}

/// Traffic of one interface.
pub fn network(index: usize, name: &str) -> Declared {
    let lines = [(Metric::NetworkSent, "out"), (Metric::NetworkReceived, "in")];
    Declared { noun: Some(Message::new("out")), ..Declared::new(format!("network-{index}"), "Network", &lines) }
        .of_device(name)
}

/// The numbers of one check, with the first of its limits.
pub fn check(index: usize, check: &Check) -> Declared {
    let limits = check.limits();
    let word = Some(&check.unit_word).filter(|word| !word.is_empty());
    Declared {
        unit: Some(condition::unit_of(&check.unit)),
        limit: limits.warning.or(limits.critical),
        noun: word.map(|word| Message::new("{word}").with("word", word)),
        ..Declared::new(format!("check-{index}"), "Check", &[(Metric::Check, "value")])
    }
    .of_device(&check.name)
}

/// How full one filesystem is.
pub fn filesystem(index: usize, mount: &str) -> Declared {
    let lines = [(Metric::FilesystemPercent, "used"), (Metric::FilesystemInodes, "inodes")];
    Declared { limit: Some(WARN), ..Declared::new(format!("filesystem-{index}"), "Filesystem", &lines) }
        .of_device(mount)
}
