//! Processor time and memory of other processes, read from `/proc`. Knows nothing of what they do.

use std::collections::{HashMap, HashSet};
use std::fs;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

/// Between two looks at a process's threads: what a thread did in its last moments before it ended is lost.
const LOOK_EVERY: Duration = Duration::from_millis(100);

/// The processor time of one process, ended threads included. `/proc/<pid>/stat` counts in steps of 10 ms, too coarse for
/// what is measured here; a thread's own `schedstat` is exact, but goes with the thread, so it is read again and again.
pub(crate) struct Meter {
    process: u32,
    threads: Arc<Mutex<HashMap<String, Duration>>>,
    stop: Arc<AtomicBool>,
}

impl Meter {
    pub(crate) fn of(process: u32) -> Self {
        let (threads, stop) = (Arc::<Mutex<HashMap<_, _>>>::default(), Arc::new(AtomicBool::new(false)));
        let (looking, stopped) = (Arc::clone(&threads), Arc::clone(&stop));
        thread::spawn(move || {
            while !stopped.load(Ordering::Relaxed) {
                look(process, &looking);
                thread::sleep(LOOK_EVERY);
            }
        });
        Self { process, threads, stop }
    }

    /// What all its threads took so far.
    pub(crate) fn processor_time(&self) -> Duration {
        look(self.process, &self.threads);
        self.threads.lock().unwrap().values().sum()
    }

    /// Resident memory, bytes.
    pub(crate) fn resident(&self) -> u64 {
        let text = fs::read_to_string(format!("/proc/{}/smaps_rollup", self.process)).unwrap();
        let line = text.lines().find_map(|line| line.strip_prefix("Rss:")).unwrap();
        line.trim().trim_end_matches(" kB").parse::<u64>().unwrap() * 1_024
    }
}

impl Drop for Meter {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
    }
}

fn look(process: u32, threads: &Mutex<HashMap<String, Duration>>) {
    let Ok(entries) = fs::read_dir(format!("/proc/{process}/task")) else { return };
    let mut threads = threads.lock().unwrap();
    for entry in entries.flatten() {
        if let Some(took) = scheduled(&entry.path()) {
            threads.insert(entry.file_name().to_string_lossy().into_owned(), took);
        }
    }
}

/// How long a thread, or a process's first thread, ran.
fn scheduled(folder: &Path) -> Option<Duration> {
    let text = fs::read_to_string(folder.join("schedstat")).ok()?;
    text.split(' ').next()?.parse().ok().map(Duration::from_nanos)
}

/// What processes took up to one moment; they have one thread each.
pub(crate) struct Moment(Vec<Process>);

impl Moment {
    /// Of every process whose ancestor is one of `roots`.
    pub(crate) fn of_children(roots: &[u32]) -> Self {
        let processes: Vec<Process> =
            fs::read_dir("/proc").unwrap().flatten().filter_map(|e| Process::read(&e.path())).collect();
        let mut family: HashSet<u32> = roots.iter().copied().collect();
        loop {
            let before = family.len();
            family.extend(
                processes.iter().filter(|one| family.contains(&one.parent)).map(|one| one.id).collect::<Vec<_>>(),
            );
            if family.len() == before {
                break;
            }
        }
        Self(processes.into_iter().filter(|one| family.contains(&one.id)).collect())
    }

    /// Only those of one program.
    pub(crate) fn of_program(self, name: &str) -> Self {
        Self(self.0.into_iter().filter(|one| one.name == name).collect())
    }

    /// What processes of both moments took in between, with their children that ended meanwhile.
    pub(crate) fn since(&self, before: &Self) -> Duration {
        let then: HashMap<u32, &Process> = before.0.iter().map(|one| (one.id, one)).collect();
        let grown = |now: &Process| {
            let then = then.get(&now.id)?;
            Some(now.own.saturating_sub(then.own) + now.children.saturating_sub(then.children))
        };
        self.0.iter().filter_map(grown).sum()
    }
}

struct Process {
    id: u32,
    name: String,
    parent: u32,
    own: Duration,
    /// Of children that ended, in steps of 10 ms; over all of them the error is one step.
    children: Duration,
}

impl Process {
    fn read(folder: &Path) -> Option<Self> {
        let id = folder.file_name()?.to_str()?.parse().ok()?;
        let text = fs::read_to_string(folder.join("stat")).ok()?;
        // The name may hold anything, also blanks and parentheses.
        let (name, words) = text.split_once(" (")?.1.rsplit_once(") ")?;
        let words: Vec<&str> = words.split(' ').collect();
        let ticks = |place: usize| words.get(place)?.parse::<u64>().ok();
        let children = Duration::from_millis(10 * (ticks(13)? + ticks(14)?));
        Some(Self { id, name: name.to_owned(), parent: words.get(1)?.parse().ok()?, own: scheduled(folder)?, children })
    }
}

/// A figure of this process from `/proc/self/status`, bytes: `VmRSS:`, `VmHWM:`.
pub(crate) fn own_status(name: &str) -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with(name)).unwrap();
    line.split_whitespace().nth(1).unwrap().parse::<u64>().unwrap() << 10
}
