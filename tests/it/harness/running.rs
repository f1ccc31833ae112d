//! The program itself, as `script/server` starts it: a private PostgreSQL, a private `sshd`, one setup link.

use std::io::{BufRead, BufReader};
use std::net::TcpListener;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use tempfile::TempDir;

use super::program::Program;

/// A running `hannun serve --demo` with an empty data directory, stopped at the end of the test.
pub(crate) struct Running {
    /// Where it listens: `http://127.0.0.1:12345`.
    pub(crate) origin: String,
    /// The link that it printed.
    pub(crate) setup_link: String,
    program: Program,
    data: TempDir,
}

impl Running {
    /// Starts it and waits for the setup link; `None` where the test is skipped because something is not installed.
    pub(crate) fn demo(test: &str) -> Option<Self> {
        if !["/usr/sbin/sshd", "/usr/bin/sshd"].iter().any(|path| Path::new(path).exists()) {
            super::skip::skip(test, "no sshd is installed");
            return None;
        }
        let data = tempfile::tempdir().unwrap();
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let mut process = Command::new(env!("CARGO_BIN_EXE_hannun"))
            .args(["serve", "--demo", "--bind", &format!("127.0.0.1:{port}")])
            .env("HANNUN_DATA_DIR", data.path())
            .env_remove("DATABASE_URL")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .process_group(0)
            .spawn()
            .unwrap();
        let origin = format!("http://127.0.0.1:{port}");
        let lines = BufReader::new(process.stdout.take().unwrap()).lines();
        // From here on it is ended whatever happens.
        let mut running = Self { origin, setup_link: String::new(), program: Program::new(process), data };
        let (give, take) = mpsc::channel();
        thread::spawn(move || {
            for line in lines.map_while(Result::ok) {
                drop(give.send(line));
            }
        });
        let deadline = Instant::now() + Duration::from_mins(1);
        loop {
            let line = take
                .recv_timeout(deadline.saturating_duration_since(Instant::now()))
                .expect("no setup link was printed");
            if let Some(at) = line.find("http").filter(|_| line.contains("/setup?token=")) {
                line[at..].clone_into(&mut running.setup_link);
                return Some(running);
            }
        }
    }

    /// Where it keeps everything.
    pub(crate) fn data_dir(&self) -> &Path {
        self.data.path()
    }

    /// Asks it to stop, as a person or a service manager does, and gives its exit status.
    pub(crate) fn stop(self) -> Option<i32> {
        self.program.stop()
    }
}
