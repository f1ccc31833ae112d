//! One of those that are measured beside each other, as a process of its own: it says how far it is, and is told to go on.

use std::process::Stdio;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader, Lines};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};
use tokio::time::timeout;

use crate::meter::Meter;

/// How long anything that is waited for may take.
const PATIENCE: Duration = Duration::from_mins(5);

/// What a contestant is told about the servers; the first line of its standard input.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Settings {
    pub(crate) servers: Vec<(String, u16)>,
    pub(crate) user: String,
    pub(crate) private_key: String,
    pub(crate) host_key: String,
    /// What is sent to `/bin/sh` to start the sampler's loop, and the line that says that it runs.
    pub(crate) script: String,
    pub(crate) ready: String,
    pub(crate) database: String,
    pub(crate) data_dir: String,
    /// Where the pages are, for the contestant that has some.
    pub(crate) web_port: u16,
    /// Where somebody listens who is told of scenarios.
    pub(crate) receiver_port: u16,
}

/// What a contestant counted between two moments.
#[derive(Debug, Clone, Copy, Default, Serialize, Deserialize)]
pub(crate) struct Count {
    /// Ticks that were answered with a sample.
    pub(crate) samples: u64,
    /// Ticks of the same time that were not.
    pub(crate) missed: u64,
    /// What is kept of the last minutes of one server, bytes.
    pub(crate) ring: u64,
    /// The same after ten minutes.
    pub(crate) full_ring: u64,
}

/// The measuring side of a contestant.
pub(crate) struct Contestant {
    child: Child,
    input: ChildStdin,
    output: Lines<BufReader<ChildStdout>>,
    pub(crate) meter: Meter,
}

impl Contestant {
    /// Starts this program again in a part of its own.
    pub(crate) async fn start(part: &str, settings: &Settings) -> Self {
        let mut command = Command::new(std::env::current_exe().unwrap());
        command.arg(part);
        Self::of(command, settings).await
    }

    /// Starts `command`, which speaks the same protocol, and waits until it has made itself ready.
    pub(crate) async fn of(mut command: Command, settings: &Settings) -> Self {
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).kill_on_drop(true);
        let mut child = command.spawn().unwrap();
        let (input, output) = (child.stdin.take().unwrap(), child.stdout.take().unwrap());
        let meter = Meter::of(child.id().unwrap());
        let mut one = Self { child, input, output: BufReader::new(output).lines(), meter };
        one.tell(&serde_json::to_string(settings).unwrap()).await;
        one.hear("idle").await;
        one
    }

    /// Tells it to go on.
    pub(crate) async fn tell(&mut self, line: &str) {
        self.input.write_all(format!("{line}\n").as_bytes()).await.unwrap();
    }

    /// Waits until it says `word`; gives what follows.
    pub(crate) async fn hear(&mut self, word: &str) -> String {
        let line = timeout(PATIENCE, self.output.next_line()).await;
        let line = line.unwrap_or_else(|_| panic!("it did not say {word:?} in time")).unwrap();
        let line = line.unwrap_or_else(|| panic!("it ended before it said {word:?}"));
        line.strip_prefix(word).unwrap_or_else(|| panic!("{word:?} was expected, not {line:?}")).trim().to_owned()
    }

    /// Tells it `word`, and waits until it has done that.
    pub(crate) async fn ask(&mut self, word: &str, done: &str) -> String {
        self.tell(word).await;
        self.hear(done).await
    }

    /// Lets it end, and waits for that: what it holds on the servers goes with it.
    pub(crate) async fn end(mut self) {
        self.tell("end").await;
        drop(timeout(PATIENCE, self.child.wait()).await.expect("it did not end"));
    }
}

/// The contestant's own side: hears one line, says one line.
pub(crate) struct Link;

impl Link {
    pub(crate) fn open() -> (Self, Settings) {
        let mut line = String::new();
        std::io::stdin().read_line(&mut line).unwrap();
        (Self, serde_json::from_str(&line).unwrap())
    }

    pub(crate) fn say(&self, line: &str) {
        println!("{line}");
    }

    /// The next line, without its first word. When nobody is left to speak, the process ends.
    pub(crate) async fn wait(&self) -> String {
        let line = tokio::task::spawn_blocking(|| {
            let mut line = String::new();
            std::io::stdin().read_line(&mut line).map(|length| (length > 0).then_some(line))
        });
        match line.await.unwrap() {
            Ok(Some(line)) => line.trim().to_owned(),
            _ => std::process::exit(1),
        }
    }
}
