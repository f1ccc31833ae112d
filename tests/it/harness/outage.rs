//! A database of the test's own that is restarted, taken away, or stopped in the middle of what it does.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use super::database::TestDatabase;

/// As `pg_ctl restart -m immediate` does: no checkpoint, no goodbye. It is started again by itself.
pub(crate) fn restart(database: &TestDatabase) {
    let process = database.postgres();
    signal("-QUIT", &[process]);
    let deadline = Instant::now() + Duration::from_secs(20);
    // Ended, or only waiting to be seen by its parent.
    while fs::read_to_string(format!("/proc/{process}/statm")).is_ok_and(|text| !text.starts_with("0 ")) {
        assert!(Instant::now() < deadline, "PostgreSQL does not end");
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// A database that is away until this is dropped: its files are elsewhere, so that it cannot be started again.
pub(crate) struct Away {
    here: PathBuf,
    elsewhere: PathBuf,
}

impl Away {
    /// Takes away the database whose data directory this is.
    pub(crate) fn take(database: &TestDatabase, data_dir: &Path) -> Self {
        let here = data_dir.join("postgres-private/cluster");
        let elsewhere = data_dir.join("postgres-private/cluster-elsewhere");
        fs::rename(&here, &elsewhere).unwrap();
        restart(database);
        Self { here, elsewhere }
    }
}

impl Drop for Away {
    fn drop(&mut self) {
        fs::rename(&self.elsewhere, &self.here).unwrap();
    }
}

/// A database that is there and does not move until this is dropped.
pub(crate) struct Frozen(Vec<u32>);

impl Frozen {
    /// Stops every process of the database.
    pub(crate) fn take(database: &TestDatabase) -> Self {
        let postmaster = database.postgres();
        let mut processes = vec![postmaster];
        let children = fs::read_to_string(format!("/proc/{postmaster}/task/{postmaster}/children")).unwrap();
        processes.extend(children.split_whitespace().map(|id| id.parse::<u32>().unwrap()));
        signal("-STOP", &processes);
        Self(processes)
    }
}

impl Frozen {
    /// Stops what answers those connections of the database that name themselves so, between two of their questions.
    pub(crate) fn connections(database: &TestDatabase, application: &str) -> Self {
        let deadline = Instant::now() + Duration::from_secs(20);
        loop {
            let frozen = Self(database.answering(application, false));
            signal("-STOP", &frozen.0);
            if database.answering(application, true).is_empty() {
                return frozen;
            }
            drop(frozen);
            assert!(Instant::now() < deadline, "{application} never rests");
        }
    }
}

impl Drop for Frozen {
    fn drop(&mut self) {
        signal("-CONT", &self.0);
    }
}

fn signal(name: &str, processes: &[u32]) {
    let processes = processes.iter().map(u32::to_string);
    assert!(Command::new("kill").arg(name).args(processes).status().unwrap().success());
}
