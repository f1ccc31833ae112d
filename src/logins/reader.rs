//! Reads on in the logs of one server, and keeps what they tell.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};

use super::merge::{self, Merged, merge};
use crate::clock::Clock;
use crate::commands::ReadLogins;
use crate::commands::logins::place::Place;
use crate::commands::logins::{Ending, Login, LoginReading as Reading};
use crate::db::{Connection, Db};
use crate::error::{Error, Result};
use crate::models::credentials::Credential;
use crate::models::ids::{CredentialId, ServerId};
use crate::models::login_events::LoginEvent;
use crate::models::login_readings::{LoginReading, Turn};
use crate::remote::host::{Answer, Host};

/// Between two readings that nobody asks for.
pub const EVERY: TimeDelta = TimeDelta::minutes(5);
/// Between two signs that a turn is held, while a server takes its time: a turn is lost after a minute without one.
const SIGN: Duration = Duration::from_secs(20);
/// After one that failed.
const AFTER_FAILURE: TimeDelta = TimeDelta::minutes(15);
/// Readings of one turn: what is left is due at once.
const ROUNDS: usize = 24;
/// Ends of sessions that are remembered until their beginnings are read.
const MOST_ENDINGS: usize = 2_000;

/// How far one turn reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Depth {
    /// What is new, and at the first time the latest part of what is old: somebody waits.
    New,
    /// Also what is older, part by part.
    Whole,
}

/// Reads and keeps; cheap to clone.
#[derive(Clone)]
pub struct Reader {
    /// The database.
    pub db: Db,
    /// The time.
    pub clock: Clock,
    /// How long logins are kept: what is older is not read.
    pub kept: Duration,
}

/// Who hannun is on a server: by that its own logins are known.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Own {
    user: String,
    fingerprint: String,
}

impl Own {
    fn load(connection: &mut Connection, credential: Option<CredentialId>) -> Result<Self> {
        let Some(id) = credential else { return Ok(Self::default()) };
        let credential = Credential::by_id(connection, id)?;
        Ok(Self { user: credential.user_name, fingerprint: credential.fingerprint.unwrap_or_default() })
    }

    /// By the same user, from the address that the server sees hannun at, with the same key where both are known. A person who
    /// works on hannun's machine with hannun's key looks the same.
    fn is(&self, login: &Login, reading: &Reading) -> bool {
        let same_key = login.key.is_empty() || self.fingerprint.is_empty() || login.key == self.fingerprint;
        !self.user.is_empty()
            && login.user == self.user
            && login.address.is_some()
            && login.address == reading.own_address
            && same_key
    }
}

impl Reader {
    /// Reads what is new on `host`. None where somebody else is reading there: what they find is stored.
    pub async fn read(&self, host: &Host, depth: Depth) -> Result<Option<Answer<()>>> {
        let (server, now) = (host.server().id, self.clock.now());
        let turn = self.db.transaction(move |connection| Ok(Turn::take(connection, server, now)?)).await?;
        match turn {
            Some(turn) => self.turn(host, turn, depth).await.map(Some),
            None => Ok(None),
        }
    }

    /// The same in a turn that was taken; it is given back, however it ends.
    pub async fn turn(&self, host: &Host, turn: Turn, depth: Depth) -> Result<Answer<()>> {
        let read = self.rounds(host, turn, depth).await;
        let now = self.clock.now();
        let (due_at, error) = match &read {
            Ok((_, is_done)) => (if *is_done { now + EVERY } else { now }, None),
            Err(error) => (now + AFTER_FAILURE, Some(error.to_string())),
        };
        self.db.run(move |connection| turn.give_back(connection, due_at, error.as_deref())).await?;
        read.map(|(answer, _)| answer)
    }

    /// One part after the other; whether everything was read.
    async fn rounds(&self, host: &Host, turn: Turn, depth: Depth) -> Result<(Answer<()>, bool)> {
        let (server, credential) = (host.server().id, host.server().credential_id);
        let (mut place, own) = self
            .db
            .run(move |connection| {
                let known = LoginReading::of(connection, server)?.map(|known| known.place.0).unwrap_or_default();
                Ok::<_, Error>((known, Own::load(connection, credential)?))
            })
            .await?;
        let oldest = self.oldest();
        let mut round = 0;
        loop {
            let is_first = place == Place::default();
            let backwards = depth == Depth::Whole && !is_first;
            let reading = host.read(ReadLogins { place: place.clone(), backwards, oldest });
            let answer = self.holding(turn, reading).await?;
            let Answer { value: reading, evidence } = answer;
            let is_more = reading.is_more;
            place = reading.place.clone();
            let (line, took) = (evidence.line.clone(), i64::try_from(evidence.took.as_millis()).unwrap_or(i64::MAX));
            let (own, at, asked_at) = (own.clone(), self.clock.now(), evidence.at);
            let kept = self.db.transaction(move |connection| {
                if !turn.read(connection, (&reading.place, &line, took), at)? {
                    return Ok(None);
                }
                let mut place = reading.place.clone();
                place.endings = keep(connection, server, reading, (&own, oldest, asked_at))?;
                if place.is_whole {
                    place.endings.clear();
                }
                turn.read(connection, (&place, &line, took), at)?;
                Ok::<_, Error>(Some(place))
            });
            round += 1;
            let is_ours = match kept.await? {
                Some(kept) => {
                    place = kept;
                    true
                }
                None => false,
            };
            let goes_on = is_more || depth == Depth::Whole && !place.is_whole;
            if !is_ours || !goes_on || round >= ROUNDS {
                return Ok((Answer { value: (), evidence }, place.is_whole && !is_more));
            }
        }
    }

    /// Holds the turn until `reading` is done. Where it is lost meanwhile, what was read is not written.
    async fn holding<T>(&self, turn: Turn, reading: impl Future<Output = Result<T>>) -> Result<T> {
        let mut reading = std::pin::pin!(reading);
        loop {
            if let Ok(read) = tokio::time::timeout(SIGN, &mut reading).await {
                return read;
            }
            let now = self.clock.now();
            self.db.run(move |connection| turn.hold(connection, now)).await?;
        }
    }

    /// What is older than this is neither read nor kept.
    pub fn oldest(&self) -> DateTime<Utc> {
        let kept = TimeDelta::from_std(self.kept).unwrap_or(TimeDelta::days(3_650));
        self.clock.now() - kept
    }
}

fn keep(
    connection: &mut Connection,
    server: ServerId,
    mut reading: Reading,
    (own, oldest, asked_at): (&Own, DateTime<Utc>, DateTime<Utc>),
) -> Result<Vec<Ending>> {
    let logins: Vec<Login> =
        std::mem::take(&mut reading.logins).into_iter().filter(|login| login.at >= oldest).collect();
    let times = logins.iter().map(|login| login.at);
    let mut known = Vec::new();
    if let (Some(first), Some(last)) = (times.clone().min(), times.max()) {
        known = LoginEvent::between(connection, server, (first - merge::reach(), last + merge::reach()))?;
    }
    known.extend(LoginEvent::without_end(connection, server)?);
    let told_since = LoginEvent::first_told(connection, server)?;
    // Read backwards, an end comes before its beginning.
    let mut endings = std::mem::take(&mut reading.place.endings);
    endings.append(&mut reading.endings);
    let Merged { new, better, terminals, ended, mut unmatched } = merge(known, logins, &endings, told_since);
    unmatched.truncate(MOST_ENDINGS);
    let marked = |login: Login| {
        let is_ours = own.is(&login, &reading);
        (login, is_ours)
    };
    let new: Vec<_> = new.into_iter().map(marked).collect();
    LoginEvent::insert(connection, server, &new)?;
    for (id, login) in better {
        LoginEvent::replace(connection, id, &marked(login))?;
    }
    for (id, terminal) in terminals {
        LoginEvent::sits_at(connection, id, &terminal)?;
    }
    for (id, at) in ended {
        LoginEvent::end(connection, id, at)?;
    }
    if let Some(alive) = &reading.alive {
        let alive: Vec<i32> = alive.iter().filter_map(|pid| i32::try_from(*pid).ok()).collect();
        LoginEvent::over_but_for(connection, server, &alive, asked_at)?;
    }
    Ok(unmatched)
}
