//! The `table` format of a reading: the first column says what the row is about.
//!
//! `uptime` seconds · `cpu` and `core` user, system, idle, iowait, steal in ticks · `cpu_percent` user, system ·
//! `load` 1, 5, 15 minutes · `memory` total, available, cached, swap total, swap used in bytes ·
//! `disk` name, bytes read, bytes written, operations, ms busy, ms waited · `interface` name, bytes received, bytes sent, errors

use super::{Cpu, CpuTicks, DiskCounters, FRAME_END, InterfaceCounters, Memory, Sample};
use crate::commands::ParseError;
use crate::commands::table::{self, Row};
use crate::commands::text::{self, SHORT};

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
