//! The `linux-frame` format: the needed columns of `/proc`, one letter before each line.
//!
//! `u` uptime · `l` load · `c` ticks of the machine, then of each core · `m` memory in KiB · `d` one disk · `n` one interface ·
//! `p` microseconds of pressure · `s` pages read from and written to swap space, and the size of a page.

use super::{Cpu, CpuTicks, DiskCounters, FRAME_END, InterfaceCounters, Memory, Pressure, Sample, Swapped};
use crate::commands::ParseError;
use crate::commands::text::{self, SHORT, decimal, integer};

/// `/proc/diskstats` counts in sectors of 512 bytes, whatever the disk's own are (facts 5.6).
const SECTOR: u64 = 512;

pub(super) fn parse(frame: &[u8]) -> Result<Sample, ParseError> {
    let mut sample = Sample::default();
    let mut uptime = None;
    for (number, line) in text::lines(frame) {
        if line == FRAME_END {
            break;
        }
        let mut words = text::words(line);
        let known = match words.next() {
            Some(b"u") => words.next().and_then(decimal).map(|seconds| uptime = Some(seconds)),
            Some(b"l") => load(words).map(|load| sample.load = Some(load)),
            Some(b"c") => ticks(words).map(|ticks| match sample.cpu {
                None => sample.cpu = Some(Cpu::Ticks(ticks)),
                Some(_) => sample.cores.push(ticks),
            }),
            Some(b"m") => memory(words).map(|memory| sample.memory = memory),
            Some(b"d") => disk(words).map(|disk| sample.disks.push(disk)),
            Some(b"n") => interface(words).map(|interface| sample.interfaces.push(interface)),
            Some(b"p") => pressure(words).map(|pressure| sample.pressure = Some(pressure)),
            Some(b"s") => swapped(words).map(|swapped| sample.swapped = Some(swapped)),
            _ => None,
        };
        if known.is_none() {
            return Err(ParseError::at(number, "this is no line of a frame", line));
        }
    }
    sample.uptime_seconds = uptime.ok_or_else(|| ParseError::new("the frame has no uptime", frame))?;
    Ok(sample)
}

fn load<'a>(mut words: impl Iterator<Item = &'a [u8]>) -> Option<[f64; 3]> {
    Some([decimal(words.next()?)?, decimal(words.next()?)?, decimal(words.next()?)?])
}

/// user nice system idle iowait irq softirq steal; kernels before 2.6.11 print fewer.
fn ticks<'a>(mut words: impl Iterator<Item = &'a [u8]>) -> Option<CpuTicks> {
    let mut needed = || words.next().and_then(integer);
    let (user, nice, system, idle) = (needed()?, needed()?, needed()?, needed()?);
    let mut later = [0; 4];
    for (place, word) in later.iter_mut().zip(words) {
        *place = integer(word)?;
    }
    let [iowait, irq, softirq, steal] = later;
    Some(CpuTicks {
        user: user.saturating_add(nice),
        system: system.saturating_add(irq).saturating_add(softirq),
        idle,
        iowait,
        steal,
    })
}

/// `MemTotal MemFree MemAvailable Buffers Cached SwapTotal SwapFree Shmem SReclaimable`, `-` where the kernel has none.
///
/// The outer `None` is a line of another shape, the inner one a server that does not tell its memory.
#[expect(clippy::option_option, reason = "a line of another shape, and memory that is not told, are two things")]
fn memory<'a>(mut words: impl Iterator<Item = &'a [u8]>) -> Option<Option<Memory>> {
    let mut columns = [None; 9];
    for place in &mut columns {
        let word = words.next()?;
        *place = if word == b"-" { None } else { Some(integer(word)?.checked_mul(1024)?) };
    }
    let [total, free, available, buffers, page_cache, swap_total, swap_free, shared, reclaimable] = columns;
    let (Some(total), Some(free), Some(page_cache)) = (total, free, page_cache) else { return Some(None) };
    let cached = page_cache.saturating_add(buffers.unwrap_or(0)).saturating_add(reclaimable.unwrap_or(0));
    // Kernels before 3.14 do not estimate it themselves (facts 5.6).
    let estimate = || free.saturating_add(cached).saturating_sub(shared.unwrap_or(0));
    let swap_total = swap_total.unwrap_or(0);
    Some(Some(Memory {
        total,
        available: available.unwrap_or_else(estimate).min(total),
        cached,
        swap_total,
        swap_used: swap_total.saturating_sub(swap_free.unwrap_or(swap_total)),
    }))
}

/// name reads sectors ms writes sectors ms busy
fn disk<'a>(mut words: impl Iterator<Item = &'a [u8]>) -> Option<DiskCounters> {
    let device = text::shown(words.next()?, SHORT);
    let mut next = || words.next().and_then(integer);
    let (reads, read, read_ms) = (next()?, next()?, next()?);
    let (writes, written, written_ms, busy_ms) = (next()?, next()?, next()?, next()?);
    Some(DiskCounters {
        device,
        read_bytes: read.saturating_mul(SECTOR),
        written_bytes: written.saturating_mul(SECTOR),
        operations: reads.saturating_add(writes),
        busy_ms,
        waited_ms: read_ms.saturating_add(written_ms),
    })
}

/// name bytes errors dropped bytes errors dropped: received, then sent
fn interface<'a>(mut words: impl Iterator<Item = &'a [u8]>) -> Option<InterfaceCounters> {
    let name = text::shown(words.next()?, SHORT);
    let mut next = || words.next().and_then(integer);
    let (received_bytes, received_errors, received_drops) = (next()?, next()?, next()?);
    let (sent_bytes, sent_errors, sent_drops) = (next()?, next()?, next()?);
    let errors = [received_drops, sent_errors, sent_drops].into_iter().fold(received_errors, u64::saturating_add);
    Some(InterfaceCounters { name, received_bytes, sent_bytes, errors })
}

/// cpu, memory, all of memory, io, all of io; `-` where the kernel has no such line.
fn pressure<'a>(mut words: impl Iterator<Item = &'a [u8]>) -> Option<Pressure> {
    let mut columns = [None; 5];
    for place in &mut columns {
        let word = words.next()?;
        *place = if word == b"-" { None } else { Some(integer(word)?) };
    }
    let [cpu, memory, memory_full, io, io_full] = columns;
    Some(Pressure { cpu, memory, memory_full, io, io_full })
}

/// pages read, pages written, bytes of a page
fn swapped<'a>(mut words: impl Iterator<Item = &'a [u8]>) -> Option<Swapped> {
    let mut next = || words.next().and_then(integer);
    let (read, written, page) = (next()?, next()?, next()?);
    Some(Swapped { read_bytes: read.checked_mul(page)?, written_bytes: written.checked_mul(page)? })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample(line: &str) -> Result<Sample, ParseError> {
        parse(format!("u 1.5\n{line}\nFRAME_END\n").as_bytes())
    }

    #[test]
    fn what_the_server_does_not_tell_is_missing_not_zero() {
        let sample = parse(b"u 1.5\n").unwrap();
        assert_eq!(sample, Sample { uptime_seconds: 1.5, ..Sample::default() });
        assert_eq!(super::super::parse_frame("linux-frame", b"u 1.5\nm - - - - - - - - -\n").unwrap().memory, None);
    }

    #[test]
    fn guest_time_is_not_counted_twice_and_interrupts_are_the_kernels() {
        let Some(Cpu::Ticks(ticks)) = sample("c 10 1 20 100 5 2 3 4").unwrap().cpu else { panic!("no ticks") };
        assert_eq!(ticks, CpuTicks { user: 11, system: 25, idle: 100, iowait: 5, steal: 4 });
    }

    #[test]
    fn an_old_kernel_s_available_memory_is_estimated() {
        let memory = sample("m 1000 100 - 50 300 200 150 20 30").unwrap().memory.unwrap();
        assert_eq!(memory.available, (100 + 50 + 300 + 30 - 20) * 1024);
        assert_eq!(memory.swap_used, 50 * 1024);
    }

    #[test]
    fn a_kernel_that_counts_only_a_part_of_the_pressure_is_read_as_far_as_it_does() {
        let pressure = sample("p 14424805805 - - 418451898 -").unwrap().pressure.unwrap();
        assert_eq!(pressure, Pressure { cpu: Some(14_424_805_805), io: Some(418_451_898), ..Pressure::default() });
        assert_eq!(sample("l 1 2 3").unwrap().pressure, None);
    }

    #[test]
    fn swapped_pages_are_bytes_whatever_their_size() {
        let swapped = sample("s 3 5 16384").unwrap().swapped.unwrap();
        assert_eq!(swapped, Swapped { read_bytes: 49_152, written_bytes: 81_920 });
    }

    #[test]
    fn sec_x03_a_line_of_another_shape_makes_the_frame_unreadable() {
        for line in [
            "c 1 2 3",
            "c 1 2 3 -4",
            "c 1 2 3 1e309",
            "c 1 2 3 NaN",
            "m 1 2 3",
            "d sda 1 2",
            "d",
            "n eth0 1 2 3 4 5",
            "n eth0 1 2 3 4 5 18446744073709551616",
            "l 0.1 0.2",
            "l 0,1 0,2 0,3",
            "p 1 2 3 4",
            "p 1 2 3 4 avg10=0.00",
            "s 1 2",
            "s 18446744073709551615 2 4096",
            "s 1 - 4096",
            "x 1",
            "sh: 1: not found",
            "\u{0}",
        ] {
            let error = sample(line).expect_err(line);
            assert_eq!(error.line, Some(2), "{line}");
            assert_eq!(error.sample, line);
        }
        assert!(parse(b"c 1 2 3 4\n").is_err(), "a frame without a time is no reading");
    }
}
