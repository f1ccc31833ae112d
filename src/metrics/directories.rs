//! Measurements of directories that people asked for: each runs beside the page that began it, can be stopped, and is
//! remembered for a while. They are of this process alone.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use tokio::runtime::Handle;
use tokio_util::sync::CancellationToken;

use crate::clock::Clock;
use crate::commands::Command;
use crate::commands::directories::{MeasureDirectories, Measured};
use crate::error::{Error, RemoteError, Result};
use crate::models::ids::{ServerId, UserId};
use crate::remote::host::Host;

/// No measurement takes longer.
const LONGEST: Duration = Duration::from_mins(10);
/// No answer is longer, bytes.
const MOST: usize = 2 << 20;
/// What is done is remembered for so long.
const REMEMBERED: TimeDelta = TimeDelta::minutes(30);
/// Measurements that are remembered; the oldest ones go first.
const LIMIT: usize = 64;

/// Whose measurement it is, of which server.
pub type Owner = (ServerId, UserId);

/// Every measurement of this process; clones share them.
#[derive(Debug, Clone, Default)]
pub struct Measurements(Arc<Mutex<Vec<Arc<Measurement>>>>);

/// One measurement.
#[derive(Debug)]
pub struct Measurement {
    owner: Owner,
    command: MeasureDirectories,
    began: DateTime<Utc>,
    stop: CancellationToken,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    format: String,
    line: String,
    output: Vec<u8>,
    end: Option<(DateTime<Utc>, End)>,
}

/// How a measurement ended.
#[derive(Debug, Clone)]
pub enum End {
    /// All of it was measured.
    Done,
    /// A person stopped it.
    Stopped,
    /// It took too long.
    TooLong,
    /// There are too many directories.
    TooMuch,
    /// The server did not do it.
    Failed(Box<RemoteError>),
    /// We did not do it: who asks may not, or the fault is ours.
    Refused,
}

/// What is known of a measurement now.
#[derive(Debug, Clone)]
pub struct Known {
    /// What was measured so far.
    pub measured: Measured,
    /// What was run, in one line for people; empty before it began.
    pub line: String,
    /// When it began.
    pub began: DateTime<Utc>,
    /// When and how it ended; none while it runs.
    pub end: Option<(DateTime<Utc>, End)>,
}

impl Measurements {
    /// The last measurement of the same directories.
    pub fn of(&self, owner: Owner, command: &MeasureDirectories) -> Option<Arc<Measurement>> {
        self.all().iter().rev().find(|known| known.owner == owner && known.command == *command).cloned()
    }

    /// Begins one. Another one of the same person on the same server is stopped: one at a time is enough for a disk.
    pub fn begin(&self, host: Host, owner: Owner, command: MeasureDirectories, (runtime, clock): (&Handle, Clock)) {
        let now = clock.now();
        let one = Arc::new(Measurement {
            owner,
            command,
            began: now,
            stop: CancellationToken::new(),
            state: Mutex::default(),
        });
        let mut all = self.all();
        all.iter().filter(|known| known.owner == owner).for_each(|known| known.stop.cancel());
        all.retain(|known| known.command != one.command || known.owner != owner);
        all.retain(|known| now - known.began < REMEMBERED || !known.has_ended());
        while all.len() >= LIMIT {
            all.remove(0).stop.cancel();
        }
        all.push(Arc::clone(&one));
        drop(all);
        runtime.spawn(async move { one.run(host, clock).await });
    }

    /// Stops what the owner has running on the server.
    pub fn stop(&self, owner: Owner) {
        self.all().iter().filter(|known| known.owner == owner).for_each(|known| known.stop.cancel());
    }

    fn all(&self) -> MutexGuard<'_, Vec<Arc<Measurement>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Measurement {
    /// What is known of it now.
    pub fn known(&self) -> Known {
        let state = self.state();
        let measured = self.command.parse(&state.format, &state.output).unwrap_or_default();
        Known { measured, line: state.line.clone(), began: self.began, end: state.end.clone() }
    }

    /// Whether it runs no more.
    pub fn has_ended(&self) -> bool {
        self.state().end.is_some()
    }

    async fn run(&self, host: Host, clock: Clock) {
        // What is dropped here ends on the server too (P07).
        let end = tokio::select! {
            biased;
            () = self.stop.cancelled() => End::Stopped,
            () = tokio::time::sleep(LONGEST) => End::TooLong,
            ended = self.follow(&host) => match ended {
                Ok(end) => end,
                Err(Error::Remote(error)) => End::Failed(error),
                Err(error) => {
                    tracing::debug!(%error, "directories are not measured");
                    End::Refused
                }
            },
        };
        self.state().end = Some((clock.now(), end));
    }

    async fn follow(&self, host: &Host) -> Result<End> {
        let mut flow = host.follow(self.command.clone()).await?;
        {
            let mut state = self.state();
            (state.format, state.line) = (flow.format().to_owned(), flow.line());
        }
        while let Some(bytes) = flow.next().await? {
            let mut state = self.state();
            state.output.extend_from_slice(&bytes);
            if state.output.len() > MOST {
                return Ok(End::TooMuch);
            }
        }
        let state = self.state();
        let read = self.command.parse(&state.format, &state.output);
        drop(state);
        let problem = |problem| RemoteError::unparsable(host.name(), MeasureDirectories::TYPE.name(), problem);
        read.map_err(problem).map(|_| End::Done).map_err(Into::into)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
