//! The regions of pages that ask the server itself: processes and filesystems, each with its evidence.

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
use crate::commands::processes::Process;
use crate::error::Result;
use crate::language::Message;
use crate::metrics::catalogue::Metric;
use crate::metrics::live::LiveServer;
use crate::metrics::running::Running;
use crate::metrics::series::Question;
use crate::models::actor::Role;
use crate::remote::host::{Answer, Host};
use crate::web::format;

/// Processes in the table.
const TOP: usize = 6;
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
    /// That changes with the next reading.
    pub is_first: bool,
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
pub async fn ask<C: Read>(host: &Host, command: C, limit: Duration) -> Option<Result<Answer<C::Output>>> {
    tokio::time::timeout(limit, host.read(command)).await.ok()
}

/// What runs, in time: with what it uses now, where somebody has asked a moment ago, or where there is time to ask twice.
pub async fn running(host: &Host, live: &LiveServer, patience: Patience) -> Option<Result<Answer<Running>>> {
    tokio::time::timeout(patience.limit, Running::read(host, live, patience.twice)).await.ok()
}

/// The busiest processes: of now where that is known, else over their lives.
pub async fn processes(
    host: &Host,
    live: &LiveServer,
    patience: Option<Patience>,
    role: Role,
) -> Result<Region<Busiest>> {
    let Some(patience) = patience else { return Ok(Region::Waiting) };
    Region::of(running(host, live, patience).await, role, |running| busiest(&running))
}

fn busiest(Running { list, usage, is_first }: &Running) -> Busiest {
    let cpu = |process: &Process| match usage {
        Some(usage) => usage.get(&process.pid).copied(),
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
    let rows = rows.iter().take(TOP).map(row).collect();
    Busiest { rows, count, is_average: usage.is_none(), is_first: *is_first }
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
    use crate::commands::processes::ProcessList;

    #[test]
    fn the_busiest_of_now_come_first_and_an_average_is_said_to_be_one() {
        let process = |pid, average| Process { pid, average_cpu_percent: Some(average), ..Process::default() };
        let list = ProcessList { processes: vec![process(1, 3.0), process(2, 40.0)], ..ProcessList::default() };
        let mut running = Running { list, usage: Some([(1, 50.0), (2, 0.0)].into()), is_first: false };
        let told = |busiest: Busiest| (busiest.rows[0].pid.clone(), busiest.rows[0].cpu.clone(), busiest.is_average);
        assert_eq!(told(busiest(&running)), ("1".to_owned(), "50.0".to_owned(), false));
        running.usage = None;
        assert_eq!(told(busiest(&running)), ("2".to_owned(), "40.0".to_owned(), true));
        assert_eq!(busiest(&running).count.to_string(), "2 processes");
    }

    #[test]
    fn a_filesystem_that_did_not_answer_has_no_numbers() {
        let dead = Filesystem { mount: "/mnt".into(), device: "nas:/x".into(), ..Filesystem::default() };
        let row = row(dead, &Numbers::default());
        assert_eq!((row.share, row.size.as_str(), row.inodes.as_str()), (None, "", ""));
    }
}
