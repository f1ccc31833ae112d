//! The overview of one server as its page shows it. Shapes what was gathered; asks nobody.

use askama::Template;
use chrono::{DateTime, Utc};

use super::checks::Checks;
use super::facts::{Fact, Known, lasting};
use crate::language::Message;
use crate::metrics::catalogue::Metric;
use crate::metrics::health::Level;
use crate::metrics::live::Latest;
use crate::models::platforms::DetectedPlatform;
use crate::screens::about::About;
use crate::screens::asked::Busiest;
use crate::screens::charts::{Chart, Declared, Reading};
use crate::screens::declared::{self, MOST_DEVICES};
use crate::screens::filesystems::{FilesystemRow, Share};
use crate::screens::gather::Stored;
use crate::screens::numbers::{LARGE, Numbers};
use crate::screens::range::Choice;
use crate::screens::region::{EvidenceLine, Region};
use crate::web::filters;

/// Metrics that the overview draws.
pub const METRICS: &[Metric] = &[
    Metric::CpuTotal,
    Metric::CpuUser,
    Metric::CpuSystem,
    Metric::CpuIowait,
    Metric::MemoryUsed,
    Metric::MemoryCached,
    Metric::SwapUsed,
    Metric::Load1,
    Metric::Load5,
    Metric::Load15,
    Metric::DiskRead,
    Metric::DiskWritten,
    Metric::NetworkReceived,
    Metric::NetworkSent,
];

/// Disks, interfaces and checks with a chart on the overview; the others are on their own screens.
pub const MOST_CHARTS: usize = 4;

/// One processor core.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Core {
    /// Its number, as the server says it.
    pub name: String,
    /// How busy it is.
    pub share: Share,
}

/// The page of a server that answers.
#[derive(Template)]
#[template(path = "screens/overview.html", blocks = ["facts", "charts", "processes", "filesystems", "cores", "checks", "check_charts"])]
pub struct OverviewPage {
    /// The server.
    pub about: About,
    /// The spans to choose from.
    pub choices: Vec<Choice>,
    /// What it is.
    pub facts: Vec<Fact>,
    /// Why it needs attention.
    pub why: Option<Message>,
    /// It is a check that says so.
    pub is_found_by_check: bool,
    /// The charts.
    pub charts: Vec<Chart>,
    /// They have no numbers yet, and ask again with the first sample.
    pub is_young: bool,
    /// Where their numbers come from.
    pub sampling: Option<EvidenceLine>,
    /// The busiest processes.
    pub processes: Region<Busiest>,
    /// What is mounted.
    pub filesystems: Region<Vec<FilesystemRow>>,
    /// Its processor cores.
    pub cores: Vec<Core>,
    /// Its checks.
    pub checks: Checks,
}

impl OverviewPage {
    /// What goes on while nothing is known yet.
    fn connecting(&self) -> Message {
        Message::new("Connecting to {server}; the numbers follow by themselves").with("server", &self.about.name)
    }

    /// The processes are those of an average, or none yet: the region asks for those of now.
    fn processes_are_old(&self) -> bool {
        match &self.processes {
            Region::Ready(busiest, _) => busiest.is_first,
            Region::Failed(_) => false,
            Region::Waiting => true,
        }
    }

    /// The page before its regions are filled.
    pub fn new(about: About, choices: Vec<Choice>, why: Option<Message>) -> Self {
        Self {
            about,
            choices,
            facts: Vec::new(),
            why,
            is_found_by_check: false,
            charts: Vec::new(),
            is_young: false,
            sampling: None,
            processes: Region::Waiting,
            filesystems: Region::Waiting,
            cores: Vec::new(),
            checks: Checks::default(),
        }
    }
}

/// The facts of a server, from what is stored and what is live.
pub fn facts(stored: &Stored, latest: Option<&Latest>, level: Level, now: DateTime<Utc>) -> Vec<Fact> {
    let platform = stored.platform.as_ref();
    let text = |of: fn(&DetectedPlatform) -> &String| platform.map(of).cloned().unwrap_or_default();
    let value = |metric| latest.and_then(|latest| latest.value(metric)).map(f64::from);
    let memory = latest.and_then(|latest| latest.memory);
    let up = latest.map(|latest| std::time::Duration::try_from_secs_f64(latest.uptime_seconds).unwrap_or_default());
    let booted = platform.and_then(|platform| platform.booted_at).and_then(|at| (now - at).to_std().ok());
    let since = stored.state.as_ref().map(|state| lasting(state.since, now));
    Known {
        level: Some((level, since)),
        address: Some((stored.server.address.clone(), u16::try_from(stored.server.port).unwrap_or_default())),
        system: platform.map(DetectedPlatform::system).unwrap_or_default(),
        kernel: text(|platform| &platform.kernel),
        arch: text(|platform| &platform.arch),
        cores: stored.cores(),
        cpu_model: text(|platform| &platform.cpu_model),
        up: up.or(booted),
        load: [Metric::Load1, Metric::Load5, Metric::Load15].map(value),
        memory: memory.map(|memory| memory.total).or_else(|| {
            platform.and_then(|platform| platform.memory_bytes).and_then(|bytes| u64::try_from(bytes).ok())
        }),
        swap: memory.map(|memory| memory.swap_total),
        time_zone: text(|platform| &platform.time_zone),
        virtualisation: text(|platform| &platform.virtualisation),
        round_trip: value(Metric::SshRoundTrip),
    }
    .facts()
}

/// Whether nothing was measured yet. Rates need two samples: once processors have one, disks and interfaces have theirs.
pub fn is_young(numbers: &Numbers) -> bool {
    let rates = [Metric::CpuTotal, Metric::CpuUser, Metric::DiskWritten, Metric::NetworkSent];
    rates.into_iter().all(|metric| numbers.devices(metric).is_empty())
}

/// The charts of the overview: processors and memory first, then the busiest disks and interfaces, then the load.
pub fn charts(numbers: &Numbers, stored: &Stored, latest: Option<&Latest>, reading: &Reading) -> Vec<Chart> {
    let installed = latest.and_then(|latest| latest.memory).map(|memory| float(memory.total));
    let mut wanted = vec![declared::cpu(), declared::memory(installed)];
    wanted.extend(each(numbers, Metric::DiskWritten, declared::disk_traffic));
    wanted.extend(each(numbers, Metric::NetworkSent, declared::network));
    wanted.push(declared::load(stored.cores()));
    wanted.into_iter().map(|chart| numbers.chart(chart, reading, LARGE)).collect()
}

/// One chart for each of the busiest devices, in the order of their names.
fn each(numbers: &Numbers, metric: Metric, declare: fn(usize, &str) -> Declared) -> Vec<Declared> {
    let mut devices = numbers.devices(metric);
    if devices.len() > MOST_CHARTS {
        let busy = |device: &String| {
            numbers.line(metric, device).map_or(0.0, |line| line.points.iter().map(|point| point.mean).sum())
        };
        let mut levels: Vec<f32> = devices.iter().map(busy).collect();
        levels.sort_by(|one, other| other.total_cmp(one));
        let least = levels.get(MOST_CHARTS - 1).copied().unwrap_or(0.0);
        devices.retain(|device| busy(device) >= least);
        devices.truncate(MOST_CHARTS.min(MOST_DEVICES));
    }
    devices.iter().enumerate().map(|(index, device)| declare(index, device)).collect()
}

/// The cores as bars.
pub fn cores(latest: Option<&Latest>) -> Vec<Core> {
    let Some(latest) = latest else { return Vec::new() };
    let core = |(name, percent): (&str, f32)| Core { name: name.to_owned(), share: Share::of(f64::from(percent)) };
    latest.devices(Metric::CpuCore).map(core).collect()
}

#[expect(clippy::cast_precision_loss, reason = "the height of a chart")]
fn float(bytes: u64) -> f64 {
    bytes as f64
}
