//! PostgreSQL's own programs, run against a database: `pg_dump` and `pg_restore`.
//!
//! How to reach the database stands in a file that has no name and lies in memory (a libpq service): no password is in an argument
//! list, in an environment or on a disk (S07), and nothing stays when a process is killed.

mod service;

use std::fs::File;
use std::io::{self, Read, Write};
use std::os::fd::AsRawFd;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::thread::JoinHandle;

use rustix::fs::{MemfdFlags, memfd_create};

use super::private_server::binaries;
use crate::secret::SecretText;

/// What the file in memory is called in lists of open files.
const NAMELESS: &str = "hannun-service";
/// What is kept of what a program complains about, bytes.
const COMPLAINT: usize = 16 << 10;

/// Why one of them did not do its work.
#[derive(Debug, thiserror::Error)]
pub enum ProgramError {
    /// It is not there, or too old.
    #[error("{}", missing(.name, *.wanted, .found.as_deref(), .folder.as_deref()))]
    Missing {
        /// `pg_dump`
        name: &'static str,
        /// The major version that it needs to have, or a newer one.
        wanted: u32,
        /// Versions that are there.
        found: Option<String>,
        /// The only place that was looked at.
        folder: Option<PathBuf>,
    },
    /// The address of the database cannot be told to it.
    #[error("DATABASE_URL cannot be told to {name}: {why}")]
    Address {
        /// `pg_dump`
        name: &'static str,
        /// What is wrong with it.
        why: &'static str,
    },
    /// It could not be started.
    #[error("{} could not be started: {cause}", path.display())]
    NotStarted {
        /// Where it is.
        path: PathBuf,
        /// Why not.
        cause: io::Error,
    },
    /// It failed.
    #[error("{name} failed: {said}")]
    Failed {
        /// `pg_dump`
        name: &'static str,
        /// What it said.
        said: String,
    },
}

/// The sentence for a program that is not there.
fn missing(name: &str, wanted: u32, found: Option<&str>, folder: Option<&Path>) -> String {
    let there = match (found, folder) {
        (Some(found), _) => format!(", and what is here is of {found}"),
        (None, Some(folder)) => format!(" in {}", folder.display()),
        (None, None) => " on this machine".to_owned(),
    };
    let command = binaries::client_command(&std::fs::read_to_string("/etc/os-release").unwrap_or_default(), wanted);
    format!(
        "This needs {name} of PostgreSQL {wanted} or newer{}{there}. Install it with {command}, or say where it is with --programs FOLDER",
        if found.is_some() { "" } else { ", which is not" }
    )
}

/// One of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Program {
    name: &'static str,
    path: PathBuf,
    /// Its major version.
    pub major: u32,
}

impl Program {
    /// The program `name` for a server of the major version `wanted`: of that version, or of the next newer one that is there. Where
    /// `folder` is given, nowhere else is looked.
    pub fn find(name: &'static str, wanted: u32, folder: Option<&Path>) -> Result<Self, ProgramError> {
        let folders = folder.map_or_else(binaries::folders, |folder| vec![folder.to_owned()]);
        let there = folders.into_iter().map(|folder| folder.join(name)).filter(|path| path.is_file());
        let there: Vec<Self> = there
            .filter_map(|path| {
                let major = binaries::major_of(&path)?.parse().ok()?;
                Some(Self { name, path, major })
            })
            .collect();
        // Of several of one version the first one stays: the path comes last.
        let fitting = there.iter().filter(|program| program.major >= wanted).min_by_key(|program| program.major);
        fitting.cloned().ok_or_else(|| {
            let newest = there.iter().map(|program| program.major).max();
            let (found, folder) = (newest.map(|major| major.to_string()), folder.map(Path::to_owned));
            ProgramError::Missing { name, wanted, found, folder }
        })
    }

    /// Starts it with these arguments on the database at `url`.
    pub fn start(&self, arguments: &[&str], url: &SecretText, work: Work) -> Result<Running, ProgramError> {
        let own = std::env::var("PGPASSWORD").ok().map(SecretText::new);
        let service = service::of(url, own.as_ref());
        let service = service.map_err(|why| ProgramError::Address { name: self.name, why })?;
        let not_started = |cause| ProgramError::NotStarted { path: self.path.clone(), cause };
        let file = nameless(service.as_bytes()).map_err(not_started)?;
        let (input, output) = match work {
            Work::Gives => (Stdio::null(), Stdio::piped()),
            Work::Takes => (Stdio::piped(), Stdio::null()),
        };
        let mut command = Command::new(&self.path);
        command
            .args(arguments)
            .args(["--no-password", "--dbname"])
            .arg(format!("service={}", service::NAME))
            .env_clear()
            .envs(std::env::vars_os().filter(|(name, _)| is_for_libpq(&name.to_string_lossy())))
            .env("LC_ALL", "C.UTF-8")
            // It has the same open file under the same number.
            .env("PGSERVICEFILE", format!("/proc/self/fd/{}", file.as_raw_fd()))
            .stdin(input)
            .stdout(output)
            .stderr(Stdio::piped());
        let mut child = command.spawn().map_err(not_started)?;
        let complaint = child.stderr.take().map(|stderr| std::thread::spawn(move || end_of(stderr)));
        Ok(Running { name: self.name, child, complaint })
    }
}

/// Which way the data goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Work {
    /// It writes to its standard output.
    Gives,
    /// It reads from its standard input.
    Takes,
}

/// One that runs. Dropped before its end, it is ended.
#[derive(Debug)]
pub struct Running {
    name: &'static str,
    child: Child,
    complaint: Option<JoinHandle<String>>,
}

impl Running {
    /// What it writes.
    pub fn output(&mut self) -> Option<ChildStdout> {
        self.child.stdout.take()
    }

    /// What it reads; it hears the end when this is dropped.
    pub fn input(&mut self) -> Option<ChildStdin> {
        self.child.stdin.take()
    }

    /// Waits for its end.
    pub fn finish(mut self) -> Result<(), ProgramError> {
        drop(self.child.stdin.take());
        let ended = self.child.wait();
        let said = self.complaint.take().and_then(|complaint| complaint.join().ok()).unwrap_or_default();
        let failed = |said| Err(ProgramError::Failed { name: self.name, said });
        match ended {
            Ok(status) if status.success() => Ok(()),
            Ok(status) if said.is_empty() => failed(status.to_string()),
            Ok(_) => failed(said),
            Err(cause) => failed(cause.to_string()),
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if self.child.try_wait().is_ok_and(|ended| ended.is_none()) {
            drop(self.child.kill());
            drop(self.child.wait());
        }
    }
}

/// What libpq takes from the environment, as it does in this process, and no secret.
fn is_for_libpq(name: &str) -> bool {
    let told_otherwise = ["PGPASSWORD", "PGSERVICE", "PGSERVICEFILE", "PGDATABASE"].contains(&name);
    name == "HOME" || name == "PATH" || (name.starts_with("PG") && !told_otherwise)
}

/// An open file in memory, which what is started next has open, too.
fn nameless(content: &[u8]) -> io::Result<File> {
    // Systems may insist that nobody runs it; older ones do not know that wish.
    let made = memfd_create(NAMELESS, MemfdFlags::NOEXEC_SEAL).or_else(|_| memfd_create(NAMELESS, MemfdFlags::empty()));
    let mut file = File::from(made?);
    file.write_all(content)?;
    Ok(file)
}

/// The last lines of what a program complains about, which is read to its end.
fn end_of(mut stderr: impl Read) -> String {
    let (mut kept, mut piece) = (Vec::new(), [0_u8; 4096]);
    while let Ok(read @ 1..) = stderr.read(&mut piece) {
        kept.extend(piece.iter().take(read));
        let over = kept.len().saturating_sub(COMPLAINT);
        kept.drain(..over);
    }
    String::from_utf8_lossy(&kept).trim().replace('\n', "; ")
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    fn of_version(folder: &Path, version: &str) {
        let text = folder.join("text");
        std::fs::write(&text, format!("#!/bin/sh\necho 'pg_dump (PostgreSQL) {version}'\n")).unwrap();
        std::fs::set_permissions(&text, std::fs::Permissions::from_mode(0o755)).unwrap();
        // Written by another process: what a test beside this one starts meanwhile cannot hold it open.
        let copied = Command::new("cp").arg("-p").args([text, folder.join("pg_dump")]).status();
        assert!(copied.unwrap().success());
    }

    #[test]
    fn rel_r09_a_program_that_is_missing_or_too_old_is_named_with_what_to_install() {
        let folder = tempfile::tempdir().unwrap();
        let said = Program::find("pg_dump", 17, Some(folder.path())).unwrap_err().to_string();
        assert!(said.contains("needs pg_dump of PostgreSQL 17 or newer, which is not in"), "{said}");
        assert!(said.contains(&format!("{}. Install it with ", folder.path().display())), "{said}");
        of_version(folder.path(), "15.18 (Debian 15.18-0+deb12u1)");
        let said = Program::find("pg_dump", 17, Some(folder.path())).unwrap_err().to_string();
        assert!(said.contains("PostgreSQL 17 or newer, and what is here is of 15. Install"), "{said}");
        of_version(folder.path(), "18beta1");
        assert_eq!(Program::find("pg_dump", 17, Some(folder.path())).unwrap().major, 18);
    }

    #[test]
    fn sec_s07_what_is_handed_on_holds_no_password() {
        assert!(is_for_libpq("PGSSLROOTCERT") && is_for_libpq("HOME") && is_for_libpq("PGPASSFILE"));
        for name in ["PGPASSWORD", "DATABASE_URL", "HANNUN_IP_SERVICE", "PGSERVICEFILE"] {
            assert!(!is_for_libpq(name), "{name}");
        }
    }

    #[test]
    fn only_the_end_of_a_long_complaint_is_kept() {
        let long = format!("{}\nthe last line\n", "x".repeat(COMPLAINT));
        let said = end_of(long.as_bytes());
        assert!(said.ends_with("x; the last line") && said.len() <= COMPLAINT + 1, "{}", said.len());
    }
}
