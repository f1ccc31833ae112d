//! The `table` format of a reading: the first column says what the row is about.
//!
//! `uptime` seconds · `cpu` and `core` user, system, idle, iowait, steal in ticks · `cpu_percent` user, system ·
//! `load` 1, 5, 15 minutes · `memory` total, available, cached, swap total, swap used in bytes ·
//! `disk` name, bytes read, bytes written, operations, ms busy, ms waited · `interface` name, bytes received, bytes sent, errors ·
//! `pressure` cpu, memory, all of memory, io, all of io in microseconds · `swapped` bytes read, bytes written

use super::{Cpu, CpuTicks, DiskCounters, FRAME_END, InterfaceCounters, Memory, Pressure, Sample, Swapped};
use crate::commands::ParseError;
use crate::commands::shape::{Column, Shape, needed, optional};
use crate::commands::table::{self, Row};
use crate::commands::text::{self, SHORT};

pub(in crate::commands) const SHAPES: &[Shape] = &[
    Shape::word("uptime", &[needed("seconds", "Seconds since boot, by the server's own clock", "812345.67")]),
    Shape::word("cpu", TICKS),
    Shape::word("core", TICKS),
    Shape::word(
        "cpu_percent",
        &[
            optional("user", "Percent now, where there are no counters", "12.5"),
            optional("system", "Percent of the kernel now", "3.1"),
        ],
    ),
    Shape::word(
        "load",
        &[
            optional("1 min", "Load average of 1 minute", "0.42"),
            optional("5 min", "Load average of 5 minutes", "0.38"),
            optional("15 min", "Load average of 15 minutes", "0.30"),
        ],
    ),
    Shape::word(
        "memory",
        &[
            needed("total", "Installed memory in bytes", "8589934592"),
            needed("available", "Bytes available without swapping", "5368709120"),
            optional("cached", "Bytes of buffers and page cache", "2147483648"),
            optional("swap total", "Swap space in bytes", "4294967296"),
            optional("swap used", "Swap space in use, in bytes", "0"),
        ],
    ),
    Shape::word(
        "disk",
        &[
            needed("name", "The disk", "sda"),
            needed("bytes read", "Bytes read since boot", "123456789"),
            needed("bytes written", "Bytes written since boot", "987654321"),
            optional("operations", "Finished reads and writes since boot", "54321"),
            optional("ms busy", "Milliseconds during which it was busy", "65432"),
            optional("ms waited", "Milliseconds that operations waited, added up", "76543"),
        ],
    ),
    Shape::word(
        "interface",
        &[
            needed("name", "The interface", "eth0"),
            needed("bytes received", "Bytes received since boot", "123456789"),
            needed("bytes sent", "Bytes sent since boot", "987654321"),
            optional("errors", "Packets dropped or broken since boot", "0"),
        ],
    ),
    Shape::word(
        "pressure",
        &[
            optional("cpu", "Microseconds since boot in which a task waited for a processor", "14424805805"),
            optional("memory", "Microseconds in which a task waited for memory", "1028864551"),
            optional("memory full", "Microseconds in which all tasks waited for memory", "442882748"),
            optional("io", "Microseconds in which a task waited for a disk", "418451898"),
            optional("io full", "Microseconds in which all tasks waited for a disk", "110111358"),
        ],
    ),
    Shape::word(
        "swapped",
        &[
            needed("bytes read", "Bytes read back from swap space since boot", "49152"),
            needed("bytes written", "Bytes written to swap space since boot", "1048576"),
        ],
    ),
];

const TICKS: &[Column] = &[
    needed("user", "Clock ticks of programs since boot", "123456"),
    needed("system", "Clock ticks of the kernel", "23456"),
    needed("idle", "Clock ticks spent idle", "987654"),
    optional("iowait", "Clock ticks spent waiting for disks", "1234"),
    optional("steal", "Clock ticks taken by the hypervisor", "0"),
];

pub(super) fn parse(frame: &[u8]) -> Result<Sample, ParseError> {
    let mut sample = Sample::default();
    let mut uptime = None;
    for row in table::rows(frame, 7) {
        let row = row?;
        match row.column(0) {
            Some(word) if word == FRAME_END => break,
            Some(b"uptime") => uptime = decimal(&row, 1)?,
            Some(b"load") => sample.load = load(&row)?,
            Some(b"cpu") => sample.cpu = Some(Cpu::Ticks(ticks(&row)?)),
            Some(b"core") => sample.cores.push(ticks(&row)?),
            Some(b"cpu_percent") => {
                let (user, system) = (decimal(&row, 1)?, decimal(&row, 2)?);
                sample.cpu = user.zip(system).map(|(user, system)| Cpu::Shares { user, system });
            }
            Some(b"memory") => sample.memory = Some(memory(&row)?),
            Some(b"disk") => sample.disks.push(disk(&row)?),
            Some(b"interface") => sample.interfaces.push(interface(&row)?),
            Some(b"pressure") => sample.pressure = Some(pressure(&row)?),
            Some(b"swapped") => sample.swapped = Some(swapped(&row)?),
            _ => return Err(row.error("the first column is none of the known words")),
        }
    }
    sample.uptime_seconds = uptime.ok_or_else(|| ParseError::new("the row uptime is missing", frame))?;
    Ok(sample)
}

fn decimal(row: &Row<'_>, at: usize) -> Result<Option<f64>, ParseError> {
    row.read(at, "number", text::decimal)
}

fn load(row: &Row<'_>) -> Result<Option<[f64; 3]>, ParseError> {
    Ok(match (decimal(row, 1)?, decimal(row, 2)?, decimal(row, 3)?) {
        (Some(one), Some(five), Some(fifteen)) => Some([one, five, fifteen]),
        _ => None,
    })
}

fn ticks(row: &Row<'_>) -> Result<CpuTicks, ParseError> {
    Ok(CpuTicks {
        user: row.needed(1, "user")?,
        system: row.needed(2, "system")?,
        idle: row.needed(3, "idle")?,
        iowait: row.number(4, "iowait")?.unwrap_or(0),
        steal: row.number(5, "steal")?.unwrap_or(0),
    })
}

fn memory(row: &Row<'_>) -> Result<Memory, ParseError> {
    let total = row.needed(1, "total")?;
    Ok(Memory {
        total,
        available: row.needed(2, "available")?.min(total),
        cached: row.number(3, "cached")?.unwrap_or(0),
        swap_total: row.number(4, "swap total")?.unwrap_or(0),
        swap_used: row.number(5, "swap used")?.unwrap_or(0),
    })
}

fn disk(row: &Row<'_>) -> Result<DiskCounters, ParseError> {
    Ok(DiskCounters {
        device: row.text(1, "name", SHORT)?,
        read_bytes: row.needed(2, "bytes read")?,
        written_bytes: row.needed(3, "bytes written")?,
        operations: row.number(4, "operations")?.unwrap_or(0),
        busy_ms: row.number(5, "ms busy")?.unwrap_or(0),
        waited_ms: row.number(6, "ms waited")?.unwrap_or(0),
    })
}

fn interface(row: &Row<'_>) -> Result<InterfaceCounters, ParseError> {
    Ok(InterfaceCounters {
        name: row.text(1, "name", SHORT)?,
        received_bytes: row.needed(2, "bytes received")?,
        sent_bytes: row.needed(3, "bytes sent")?,
        errors: row.number(4, "errors")?.unwrap_or(0),
    })
}

fn pressure(row: &Row<'_>) -> Result<Pressure, ParseError> {
    Ok(Pressure {
        cpu: row.number(1, "cpu")?,
        memory: row.number(2, "memory")?,
        memory_full: row.number(3, "memory full")?,
        io: row.number(4, "io")?,
        io_full: row.number(5, "io full")?,
    })
}

fn swapped(row: &Row<'_>) -> Result<Swapped, ParseError> {
    Ok(Swapped { read_bytes: row.needed(1, "bytes read")?, written_bytes: row.needed(2, "bytes written")? })
}
