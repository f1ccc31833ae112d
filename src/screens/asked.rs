//! The regions of pages that ask the server itself: processes and filesystems, each with its evidence.

use std::collections::HashMap;
use std::time::Duration;

use chrono::TimeDelta;

use super::directories::address;
use super::filesystems::{FilesystemRow, Share, full_in, size};
use super::numbers::{Numbers, plotted};
use super::region::Region;
use super::trend::{Trend, trend};
use crate::app::App;
use crate::commands::Read;
use crate::commands::filesystems::{Filesystem, ListFilesystems};
use crate::commands::processes::{ListProcesses, Process, ProcessList};
use crate::error::Result;
use crate::language::Message;
use crate::metrics::catalogue::Metric;
use crate::metrics::series::Question;
use crate::models::actor::Role;
use crate::remote::host::{Answer, Host};
use crate::web::format;

/// Processes in the table.
const TOP: usize = 6;
/// Between two readings, when a region is asked for what processes do now.
const APART: Duration = Duration::from_millis(700);
/// How far back a filesystem's growth is looked at.
const GROWTH: TimeDelta = TimeDelta::hours(24);

/// The processes that use most processor time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Busiest {
    /// Busiest first.
    pub rows: Vec<ProcessRow>,
    /// `312 processes`
    pub count: Message,
    /// Processor time is that of their whole lives, not of now.
    pub is_average: bool,
}

/// One process in the table. The command is the server's own text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProcessRow {
    /// Its command line.
    pub command: String,
    /// Its number.
    pub pid: String,
    /// Processor time, percent of one core.
    pub cpu: String,
    /// Memory, percent.
    pub memory: String,
}

/// How a region is asked for.
#[derive(Debug, Clone, Copy)]
pub struct Patience {
    /// How long the answer may take.
    pub limit: Duration,
    /// Two readings are worth their time: the region is asked for alone.
    pub twice: bool,
}

/// The answer to `command` in time; none where it takes longer.
async fn ask<C: Read>(host: &Host, command: C, limit: Duration) -> Option<Result<Answer<C::Output>>> {
    tokio::time::timeout(limit, host.read(command)).await.ok()
}

/// The busiest processes: of now where there is time for two readings, else over their lives.
pub async fn processes(host: &Host, patience: Option<Patience>, role: Role) -> Result<Region<Busiest>> {
    let Some(patience) = patience else { return Ok(Region::Waiting) };
    let first = ask(host, ListProcesses, patience.limit).await;
    let before = match &first {
        Some(Ok(answer)) if patience.twice && answer.value.ticks_per_second.is_some() => answer.value.clone(),
        _ => return Region::of(first, role, |list| busiest(&list, None)),
    };
    tokio::time::sleep(APART).await;
    Region::of(ask(host, ListProcesses, patience.limit).await, role, |list| busiest(&list, Some(&before)))
}

fn busiest(list: &ProcessList, before: Option<&ProcessList>) -> Busiest {
    let now = before.map(|before| usage(before, list));
    let cpu = |process: &Process| match &now {
        Some(now) => now.get(&process.pid).copied(),
        None => process.average_cpu_percent,
    };
    let mut rows: Vec<(Option<f64>, &Process)> = list.processes.iter().map(|process| (cpu(process), process)).collect();
    let falling = |value: Option<f64>| value.unwrap_or(-1.0);
    rows.sort_by(|(one, first), (other, second)| {
        falling(*other).total_cmp(&falling(*one)).then(first.pid.cmp(&second.pid))
    });
    let say = |percent: Option<f64>| percent.map(|percent| format!("{percent:.1}")).unwrap_or_default();
    let row = |(cpu, process): &(Option<f64>, &Process)| ProcessRow {
        command: process.command.clone(),
        pid: process.pid.to_string(),
        cpu: say(*cpu),
        memory: say(process.memory_percent),
    };
    let count = Message::new("{n} processes").with("n", list.processes.len());
    Busiest { rows: rows.iter().take(TOP).map(row).collect(), count, is_average: now.is_none() }
}

/// Percent of one core between two readings, by pid. A pid that another process has taken over is left out.
fn usage(before: &ProcessList, now: &ProcessList) -> HashMap<u32, f64> {
    let (Some(ticks), Some(begin), Some(end)) = (now.ticks_per_second, before.uptime_seconds, now.uptime_seconds)
    else {
        return HashMap::new();
    };
    let seconds = end - begin;
    if seconds <= 0.0 {
        return HashMap::new();
    }
    let known: HashMap<u32, &Process> = before.processes.iter().map(|process| (process.pid, process)).collect();
    let used = |process: &Process| {
        let earlier = known.get(&process.pid).filter(|earlier| earlier.started_at == process.started_at)?;
        let ticks_used = process.cpu_ticks?.checked_sub(earlier.cpu_ticks?)?;
        #[expect(clippy::cast_precision_loss, reason = "a percentage")]
        let percent = ticks_used as f64 / f64::from(ticks) / seconds * 100.0;
        Some((process.pid, percent))
    };
    now.processes.iter().filter_map(used).collect()
}

/// What is mounted, how full it is, and when it will be full.
pub async fn filesystems(
    app: &App,
    host: &Host,
    patience: Option<Patience>,
    role: Role,
) -> Result<Region<Vec<FilesystemRow>>> {
    let Some(patience) = patience else { return Ok(Region::Waiting) };
    let now = app.clock.now();
    let question = Question {
        server: host.server().id,
        metrics: vec![Metric::FilesystemUsed],
        from: now - GROWTH,
        to: now,
        points: 144,
    };
    let (answer, grown) =
        tokio::join!(ask(host, ListFilesystems, patience.limit), question.answer(&app.db, now, &app.config.retention));
    let numbers = Numbers::joined(grown?, Vec::new(), 0);
    Region::of(answer, role, |found| found.into_iter().map(|one| row(one, &numbers)).collect())
}

fn row(found: Filesystem, numbers: &Numbers) -> FilesystemRow {
    #[expect(clippy::cast_precision_loss, reason = "sizes of filesystems")]
    let usable = found.used_bytes.zip(found.available_bytes).map(|(used, free)| (used.saturating_add(free)) as f64);
    let line = numbers.line(Metric::FilesystemUsed, &found.mount);
    let trend = line.zip(usable).map_or(Trend::Unknown, |(line, usable)| trend(&plotted(line), usable));
    let (full_in, full_in_class) = full_in(trend);
    let inodes = found.inodes.filter(|all| *all > 0).zip(found.inodes_used);
    #[expect(clippy::cast_precision_loss, reason = "a percentage")]
    let inodes = inodes.map(|(all, used)| format::percent(used as f64 / all as f64 * 100.0)).unwrap_or_default();
    FilesystemRow {
        share: found.used_percent().map(Share::of),
        size: size(found.size_bytes),
        free: size(found.available_bytes),
        inodes,
        full_in,
        full_in_class,
        address: address(found.mount.as_bytes()),
        mount: found.mount,
        device: found.device,
        kind: found.kind,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn process(pid: u32, started_at: &str, ticks: u64, average: f64) -> Process {
        Process {
            pid,
            started_at: Some(started_at.to_owned()),
            cpu_ticks: Some(ticks),
            average_cpu_percent: Some(average),
            command: format!("program {pid}"),
            ..Process::default()
        }
    }

    fn list(uptime: f64, processes: Vec<Process>) -> ProcessList {
        ProcessList { processes, ticks_per_second: Some(100), uptime_seconds: Some(uptime) }
    }

    #[test]
    fn what_a_process_did_long_ago_does_not_make_it_busy_now() {
        let before = list(10.0, vec![process(1, "a", 90_000, 80.0), process(2, "b", 0, 0.0)]);
        let now = list(11.0, vec![process(1, "a", 90_000, 80.0), process(2, "b", 50, 0.1)]);
        let busiest = busiest(&now, Some(&before));
        let shown: Vec<_> = busiest.rows.iter().map(|row| (row.pid.as_str(), row.cpu.as_str())).collect();
        assert_eq!((shown, busiest.is_average), (vec![("2", "50.0"), ("1", "0.0")], false));
    }

    #[test]
    fn a_pid_that_was_taken_over_has_no_number_instead_of_a_wrong_one() {
        let before = list(10.0, vec![process(7, "old", 90_000, 1.0)]);
        let now = list(11.0, vec![process(7, "new", 90_050, 1.0)]);
        assert_eq!(busiest(&now, Some(&before)).rows[0].cpu, "");
    }

    #[test]
    fn with_one_reading_the_average_is_shown_and_said() {
        let busiest = busiest(&list(10.0, vec![process(1, "a", 1, 3.0), process(2, "b", 1, 40.0)]), None);
        assert_eq!(
            (busiest.rows[0].pid.as_str(), busiest.is_average, busiest.count.to_string()),
            ("2", true, "2 processes".to_owned())
        );
    }

    #[test]
    fn a_filesystem_that_did_not_answer_has_no_numbers() {
        let dead = Filesystem { mount: "/mnt".into(), device: "nas:/x".into(), ..Filesystem::default() };
        let row = row(dead, &Numbers::default());
        assert_eq!((row.share, row.size.as_str(), row.inodes.as_str()), (None, "", ""));
    }
}
