//! The running server: started by one thread that never ends before it does, and started again when it is killed.
//!
//! The kernel's "parent died" signal looks at the thread that started a process, so that thread has to stay.

use std::fs;
use std::path::Path;
use std::process::{Child, Stdio};
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, mpsc};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

use super::Durability;
use super::binaries::Binaries;
use super::folders::{Folders, unusable};
use crate::db::roles::OWNER_ROLE;
use crate::error::{Error, Result};
use crate::language::Message;
use crate::secret::SecretText;

/// How long a start may take; after a crash PostgreSQL reads its log again first.
const START_LIMIT: Duration = Duration::from_mins(1);
/// How long the lock file of a server that is just ending may stand in the way.
const STALE_LIMIT: Duration = Duration::from_secs(10);
const LOOK_EVERY: Duration = Duration::from_millis(20);
/// How long a server that ended by itself may go unnoticed.
const WATCH_EVERY: Duration = Duration::from_millis(200);

/// The thread that keeps the server running.
#[derive(Debug)]
pub(super) struct Supervisor {
    stop: Arc<AtomicBool>,
    process: Arc<AtomicU32>,
    thread: Option<JoinHandle<()>>,
}

impl Supervisor {
    /// Starts the server and waits until it answers.
    pub(super) fn start(binaries: Binaries, folders: Arc<Folders>, durability: Durability) -> Result<Self> {
        let (stop, process) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU32::new(0)));
        let (tell, hear) = mpsc::sync_channel(1);
        let keeper = Keeper { binaries, folders, durability, stop: Arc::clone(&stop), process: Arc::clone(&process) };
        let thread = thread::Builder::new()
            .name("private postgres".into())
            .spawn(move || keeper.keep(&tell))
            .map_err(Error::internal)?;
        let supervisor = Self { stop, process, thread: Some(thread) };
        hear.recv().map_err(Error::internal)??;
        Ok(supervisor)
    }

    pub(super) fn process_id(&self) -> Option<u32> {
        Some(self.process.load(Ordering::SeqCst)).filter(|id| *id != 0)
    }

    /// Asks for a fast stop and waits for it.
    pub(super) fn stop(&mut self) {
        self.stop.store(true, Ordering::SeqCst);
        if let Some(thread) = self.thread.take() {
            thread.thread().unpark();
            drop(thread.join());
        }
    }
}

impl Drop for Supervisor {
    fn drop(&mut self) {
        self.stop();
    }
}

struct Keeper {
    binaries: Binaries,
    folders: Arc<Folders>,
    durability: Durability,
    stop: Arc<AtomicBool>,
    process: Arc<AtomicU32>,
}

impl Keeper {
    /// Runs until told to stop; `tell` hears how the first start ended.
    fn keep(&self, tell: &mpsc::SyncSender<Result<()>>) {
        let mut child = match self.start() {
            Ok(child) => child,
            Err(problem) => return drop(tell.send(Err(problem))),
        };
        drop(tell.send(Ok(())));
        let mut pause = Duration::from_millis(100);
        while !self.stop.load(Ordering::SeqCst) {
            if let Ok(Some(status)) = child.try_wait() {
                tracing::error!(%status, "the private PostgreSQL ended by itself; starting it again");
                thread::sleep(pause);
                match self.start() {
                    Ok(next) => (child, pause) = (next, Duration::from_millis(100)),
                    Err(problem) => {
                        tracing::error!(%problem, "the private PostgreSQL did not start; trying again");
                        pause = (pause * 2).min(Duration::from_secs(10));
                    }
                }
            }
            thread::park_timeout(WATCH_EVERY);
        }
        end(&mut child);
        self.process.store(0, Ordering::SeqCst);
    }

    fn start(&self) -> Result<Child> {
        let began = Instant::now();
        loop {
            self.stop_leftover();
            let mut child = self.spawn()?;
            match self.wait_until_it_answers(&mut child) {
                Ok(()) => {
                    self.process.store(child.id(), Ordering::SeqCst);
                    return Ok(child);
                }
                // The lock file of a server that is still ending: it goes away with it.
                Err(_) if began.elapsed() < STALE_LIMIT && self.last_words().contains("postmaster.pid") => {
                    thread::sleep(LOOK_EVERY * 10);
                }
                Err(problem) => {
                    end(&mut child);
                    return Err(problem);
                }
            }
        }
    }

    fn spawn(&self) -> Result<Child> {
        let log_path = self.folders.log();
        let log = fs::File::create(&log_path).map_err(|cause| unusable(&log_path, &cause))?;
        let mut command = self.folders.command(&self.binaries.postgres, "INT");
        command.arg("-D").arg(self.folders.seen(&self.folders.cluster()));
        let socket = format!("unix_socket_directories={}", self.folders.seen(self.folders.socket()).display());
        for setting in [
            "listen_addresses=",
            "unix_socket_permissions=0700",
            "max_connections=120",
            // A compiler inside needs memory that is writable and executable, which a hardened service may not have.
            "jit=off",
            // Errors of statements are the program's to tell; with their rows and keys they would be secrets in a log.
            "log_min_messages=fatal",
            "log_min_error_statement=panic",
            "log_error_verbosity=terse",
            &socket,
        ] {
            command.args(["-c", setting]);
        }
        if self.durability == Durability::None {
            for setting in ["fsync=off", "synchronous_commit=off", "full_page_writes=off", "autovacuum=off"] {
                command.args(["-c", setting]);
            }
        }
        command.stdout(Stdio::null()).stderr(log).spawn().map_err(|cause| unusable(&self.binaries.postgres, &cause))
    }

    fn wait_until_it_answers(&self, child: &mut Child) -> Result<()> {
        let url = SecretText::new(self.folders.url(OWNER_ROLE, "postgres"));
        let socket = self.folders.socket().join(".s.PGSQL.5432");
        let deadline = Instant::now() + START_LIMIT;
        loop {
            let ended = child.try_wait().map_err(Error::internal)?.is_some();
            if ended || Instant::now() > deadline || self.stop.load(Ordering::SeqCst) {
                let why = self.last_words();
                return Err(Error::Unavailable(
                    Message::new("The private PostgreSQL did not start: {why}").with("why", why),
                ));
            }
            if socket.exists() && crate::db::establish(&url).is_ok() {
                return Ok(());
            }
            thread::sleep(LOOK_EVERY);
        }
    }

    /// A server that outlived a killed hannun (no `setpriv` on this system) is stopped; the lock says it is nobody else's.
    fn stop_leftover(&self) {
        let Ok(text) = fs::read_to_string(self.folders.cluster().join("postmaster.pid")) else { return };
        let Some(leftover) = text.lines().next().and_then(|line| line.trim().parse().ok()).and_then(Pid::from_raw)
        else {
            return;
        };
        let is_postgres = fs::read_link(format!("/proc/{}/exe", leftover.as_raw_nonzero()))
            .is_ok_and(|program| program.file_name() == Path::new("postgres").file_name());
        if is_postgres && kill_process(leftover, Signal::INT).is_ok() {
            let deadline = Instant::now() + STALE_LIMIT;
            while rustix::process::test_kill_process(leftover).is_ok() && Instant::now() < deadline {
                thread::sleep(LOOK_EVERY);
            }
        }
    }

    /// The last line of the server's log that says why.
    fn last_words(&self) -> String {
        let log = fs::read_to_string(self.folders.log()).unwrap_or_default();
        let line = log
            .lines()
            .rev()
            .find(|line| line.contains("FATAL") || line.contains("PANIC"))
            .or_else(|| log.lines().last());
        line.unwrap_or("it said nothing").to_owned()
    }
}

/// Fast stop; a server that does not follow within 20 s is stopped at once and repairs itself at the next start.
fn end(child: &mut Child) {
    let Some(pid) = i32::try_from(child.id()).ok().and_then(Pid::from_raw) else { return };
    for (signal, patience) in [(Signal::INT, 20), (Signal::QUIT, 5), (Signal::KILL, 5)] {
        if child.try_wait().is_ok_and(|ended| ended.is_some()) {
            return;
        }
        let _ = kill_process(pid, signal);
        let deadline = Instant::now() + Duration::from_secs(patience);
        while Instant::now() < deadline {
            if child.try_wait().is_ok_and(|ended| ended.is_some()) {
                return;
            }
            thread::sleep(LOOK_EVERY);
        }
    }
}
