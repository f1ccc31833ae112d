//! The program, with a database of the test's own.

use std::io::Write;
use std::process::{Command, Output, Stdio};

use serde_json::Value;

use crate::harness::database::TestDatabase;

/// A place to run `hannun` in.
pub(super) struct Place {
    pub(super) database: TestDatabase,
    pub(super) folder: tempfile::TempDir,
}

/// How it ended, and what it said.
#[derive(Debug)]
pub(super) struct Said {
    pub(super) status: i32,
    pub(super) out: String,
    pub(super) err: String,
}

impl Place {
    pub(super) fn new() -> Self {
        Self { database: TestDatabase::new(), folder: tempfile::tempdir().unwrap() }
    }

    /// Runs `hannun` with these arguments.
    pub(super) fn run(&self, arguments: &[&str]) -> Said {
        self.run_with(arguments, "")
    }

    /// The same with this standard input.
    pub(super) fn run_with(&self, arguments: &[&str], input: &str) -> Said {
        finish(self.command(arguments), input)
    }

    /// `hannun` with these arguments, to be started.
    pub(super) fn command(&self, arguments: &[&str]) -> Command {
        let url = self.folder.path().join("database-url");
        std::fs::write(&url, self.database.application_url().expose()).unwrap();
        let mut command = hannun(arguments);
        command.env("DATABASE_URL_FILE", &url).env("HANNUN_DATA_DIR", self.folder.path());
        command
    }
}

/// The program with these arguments, in an empty environment.
pub(super) fn hannun(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_hannun"));
    command.args(arguments).env_clear().env("HOME", "/nonexistent").env("PATH", std::env::var_os("PATH").unwrap());
    command
}

pub(super) fn finish(mut command: Command, input: &str) -> Said {
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    // A program that refuses its arguments reads nothing.
    let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
    Said::of(&child.wait_with_output().unwrap())
}

impl Said {
    fn of(output: &Output) -> Self {
        let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
        Self { status: output.status.code().unwrap(), out: text(&output.stdout), err: text(&output.stderr) }
    }

    /// What it printed, if it did what it was asked for and said nothing beside it.
    #[track_caller]
    pub(super) fn done(self) -> String {
        assert_eq!((self.status, self.err.as_str()), (0, ""), "{}", self.out);
        self.out
    }

    /// The same as JSON.
    #[track_caller]
    pub(super) fn json(self) -> Value {
        serde_json::from_str(&self.done()).unwrap()
    }

    /// What it complained about, if it ended with this status and printed no result.
    #[track_caller]
    pub(super) fn failed(self, status: i32) -> String {
        assert_eq!((self.status, self.out.as_str()), (status, ""), "{}", self.err);
        self.err
    }
}
