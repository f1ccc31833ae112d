//! A process of hannun: signals, its end, and what it is connected to.

use std::collections::BTreeSet;
use std::fs;
use std::process::{Child, Command};
use std::thread;
use std::time::{Duration, Instant};

/// A process that is ended with the value: by TERM, so that what it started ends too.
pub(crate) struct Program(Child);

impl Program {
    pub(super) fn new(child: Child) -> Self {
        Self(child)
    }

    /// Asks it to stop, as a person or a service manager does, and gives its exit status.
    pub(crate) fn stop(mut self) -> Option<i32> {
        self.signal("-TERM");
        let deadline = Instant::now() + Duration::from_secs(40);
        while Instant::now() < deadline {
            if let Some(status) = self.0.try_wait().unwrap() {
                return status.code();
            }
            thread::sleep(Duration::from_millis(20));
        }
        None
    }

    /// Ends it without a goodbye.
    pub(crate) fn kill(mut self) {
        self.0.kill().unwrap();
        self.0.wait().unwrap();
    }

    /// Sends it a signal: `-STOP`.
    pub(crate) fn signal(&self, signal: &str) {
        let id = self.0.id().to_string();
        drop(Command::new("kill").args([signal, &id]).stderr(std::process::Stdio::null()).status());
    }

    /// How many connections it has to this port of 127.0.0.1.
    pub(crate) fn connections_to(&self, port: u16) -> usize {
        let folder = format!("/proc/{}/fd", self.0.id());
        let links = fs::read_dir(folder).unwrap().filter_map(|entry| fs::read_link(entry.ok()?.path()).ok());
        let sockets: BTreeSet<String> = links.filter_map(|link| inode(&link.to_string_lossy())).collect();
        let table = fs::read_to_string(format!("/proc/{}/net/tcp", self.0.id())).unwrap();
        let remote = format!("0100007F:{port:04X}");
        let ours = table.lines().skip(1).filter(|line| {
            let columns: Vec<&str> = line.split_whitespace().collect();
            // proc(5): 2 is the peer, 3 the state (01: established), 9 the inode.
            columns[2] == remote && columns[3] == "01" && sockets.contains(columns[9])
        });
        ours.count()
    }
}

/// The number in `socket:[4711]`.
fn inode(link: &str) -> Option<String> {
    Some(link.strip_prefix("socket:[")?.strip_suffix(']')?.to_owned())
}

impl Drop for Program {
    fn drop(&mut self) {
        if self.0.try_wait().is_ok_and(|ended| ended.is_none()) {
            // One that was stopped hears nothing. Then TERM first: PostgreSQL and sshd end with it.
            self.signal("-CONT");
            self.signal("-TERM");
            let deadline = Instant::now() + Duration::from_secs(20);
            while Instant::now() < deadline && self.0.try_wait().is_ok_and(|ended| ended.is_none()) {
                thread::sleep(Duration::from_millis(20));
            }
            drop(self.0.kill());
            drop(self.0.wait());
        }
    }
}
