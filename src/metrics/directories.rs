//! Measurements of directories that people or programs asked for: each runs beside the request that began it, can be
//! stopped, and is remembered for a while. They are of this process alone.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use tokio::runtime::Handle;
use tokio_util::sync::CancellationToken;

use crate::clock::Clock;
use crate::commands::Command;
use crate::commands::directories::{MeasureDirectories, Measured};
use crate::error::{Error, RemoteError, Result};
use crate::language::Message;
use crate::models::actor::ActorKind;
use crate::models::ids::ServerId;
use crate::remote::host::Host;

/// No measurement takes longer.
const LONGEST: Duration = Duration::from_mins(10);
/// No answer is longer, bytes.
const MOST: usize = 2 << 20;
/// What is done is remembered for so long.
const REMEMBERED: TimeDelta = TimeDelta::minutes(30);
/// Measurements that are remembered or run; of those that have ended, the oldest ones go first.
const LIMIT: usize = 64;

/// Whose measurement it is, of which server.
pub type Owner = (ServerId, ActorKind);

/// What becomes of another measurement of the same owner that still runs: one at a time is enough for a disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Other {
    /// It is stopped.
    Stops,
    /// It goes on, and the new one is refused.
    GoesOn,
}

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
    /// The server ended it without the sum of all: it broke off.
    BrokenOff,
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

    /// The last measurement that the owner began.
    pub fn latest(&self, owner: Owner) -> Option<Arc<Measurement>> {
        self.all().iter().rev().find(|known| known.owner == owner).cloned()
    }

    /// Begins one for whoever asks. What others have running is left alone: where that is too much already, this one is
    /// refused.
    pub async fn begin(
        &self,
        host: Host,
        command: MeasureDirectories,
        other: Other,
        (runtime, clock): (&Handle, Clock),
    ) -> Result<Arc<Measurement>> {
        // It runs beside the request, so what is refused must be said before it begins.
        host.may_read(&command, false).await?;
        let now = clock.now();
        let one = Arc::new(Measurement {
            owner: (host.server().id, host.actor().kind),
            command,
            began: now,
            stop: CancellationToken::new(),
            state: Mutex::default(),
        });
        self.take_in(&one, other, now)?;
        let running = Arc::clone(&one);
        runtime.spawn(async move { running.run(host, clock).await });
        Ok(one)
    }

    fn take_in(&self, one: &Arc<Measurement>, other: Other, now: DateTime<Utc>) -> Result<()> {
        let mut all = self.all();
        all.retain(|known| now - known.began < REMEMBERED || !known.has_ended());
        let is_own = |known: &Measurement| known.owner == one.owner;
        let goes_on = |known: &Measurement| !known.has_ended() && !known.stop.is_cancelled();
        if other == Other::GoesOn && all.iter().any(|known| is_own(known) && goes_on(known)) {
            let why = "A measurement of yours already runs on this server. Stop it, or wait for its end";
            return Err(Error::Conflict(Message::new(why)));
        }
        if all.iter().filter(|known| !is_own(known) && !known.has_ended()).count() >= LIMIT {
            return Err(Error::Unavailable(Message::new("Too many directories are being measured already")));
        }
        all.iter().filter(|known| is_own(known)).for_each(|known| known.stop.cancel());
        all.retain(|known| known.command != one.command || !is_own(known));
        while all.len() >= LIMIT {
            let Some(oldest) = all.iter().position(|known| is_own(known) || known.has_ended()) else { break };
            all.remove(oldest);
        }
        all.push(Arc::clone(one));
        Ok(())
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

    /// What measures, and below which path.
    pub fn command(&self) -> &MeasureDirectories {
        &self.command
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
        let measured = read.map_err(problem)?;
        Ok(if measured.total_bytes.is_some() { End::Done } else { End::BrokenOff })
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::commands::Acting;
    use crate::models::ids::UserId;

    fn owner(user: i64) -> Owner {
        (ServerId(1), ActorKind::User(UserId(user)))
    }

    fn measurement(user: i64, path: &str) -> Arc<Measurement> {
        Arc::new(Measurement {
            owner: owner(user),
            command: MeasureDirectories::below(path.as_bytes(), Acting::User).unwrap(),
            began: DateTime::UNIX_EPOCH,
            stop: CancellationToken::new(),
            state: Mutex::default(),
        })
    }

    fn limit() -> i64 {
        i64::try_from(LIMIT).unwrap()
    }

    #[test]
    fn what_somebody_has_running_is_stopped_by_nobody_else() {
        let all = Measurements::default();
        let others: Vec<_> = (0..limit()).map(|user| measurement(user, "/")).collect();
        for one in &others {
            all.take_in(one, Other::Stops, one.began).unwrap();
        }
        let late = measurement(99, "/");
        assert!(matches!(all.take_in(&late, Other::Stops, late.began), Err(Error::Unavailable(_))));
        let own = measurement(7, "/srv");
        all.take_in(&own, Other::Stops, own.began).unwrap();
        let stopped = others.iter().filter(|one| one.stop.is_cancelled()).map(|one| one.owner.1).collect::<Vec<_>>();
        assert_eq!(stopped, [owner(7).1], "whoever begins another one stops their own");
        assert_eq!(all.all().len(), LIMIT);
    }

    #[test]
    fn what_goes_on_is_in_the_way_of_the_owner_s_next_one_and_of_nobody_else_s() {
        let all = Measurements::default();
        let first = measurement(1, "/");
        all.take_in(&first, Other::GoesOn, first.began).unwrap();
        let next = measurement(1, "/srv");
        assert!(matches!(all.take_in(&next, Other::GoesOn, next.began), Err(Error::Conflict(_))));
        let others = measurement(2, "/");
        all.take_in(&others, Other::GoesOn, others.began).unwrap();
        all.stop(owner(1));
        all.take_in(&next, Other::GoesOn, next.began).unwrap();
        assert_eq!(all.latest(owner(1)).unwrap().command.path(), b"/srv");
        assert!(!others.stop.is_cancelled());
    }

    #[test]
    fn of_those_that_have_ended_the_oldest_make_room() {
        let all = Measurements::default();
        for user in 0..limit() {
            let one = measurement(user, "/");
            all.take_in(&one, Other::Stops, one.began).unwrap();
            if user > 0 {
                one.state().end = Some((DateTime::UNIX_EPOCH, End::Done));
            }
        }
        let late = measurement(99, "/");
        all.take_in(&late, Other::Stops, late.began).unwrap();
        let known = |user| all.of(owner(user), &late.command).is_some();
        assert!(known(0) && !known(1) && known(2) && known(99), "the first one still runs");
    }
}
