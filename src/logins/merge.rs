//! One event for each thing that happened, however many sources tell of it, and however often they are read. Pure.

mod same;

use std::collections::HashSet;

use chrono::{DateTime, TimeDelta, Utc};

use self::same::{is_end_of_record, is_same, is_same_connection, is_worse, login_of};
use crate::commands::logins::{Connection, Ending, Login, ONE_CONNECTION, ToldBy};
use crate::models::login_events::LoginEvent;

/// A record is written a little later than what a log says.
const RECORD: TimeDelta = TimeDelta::seconds(5);

/// What is to be written.
#[derive(Debug, Default, PartialEq)]
pub struct Merged {
    /// What was not known.
    pub new: Vec<Login>,
    /// What is known better now.
    pub better: Vec<(i64, Login)>,
    /// Where a session has its terminal.
    pub terminals: Vec<(i64, String)>,
    /// When sessions ended.
    pub ended: Vec<(i64, DateTime<Utc>)>,
    /// Ends of which nobody knows the beginning.
    pub unmatched: Vec<Ending>,
}

/// Something that is known, or has just become so.
struct Known {
    id: Option<i64>,
    login: Login,
    /// What has just been read tells of it.
    is_told: bool,
}

/// How far before and after a time something may be known that is the same.
pub fn reach() -> TimeDelta {
    ONE_CONNECTION
}

/// What `logins` and `endings` add to what is known around their times, and to sessions that are open. `told_since`: from when on
/// logs tell of everybody, so that a record alone is no login of its own.
pub fn merge(
    known: Vec<LoginEvent>,
    logins: Vec<Login>,
    endings: &[Ending],
    told_since: Option<DateTime<Utc>>,
) -> Merged {
    let mut merging = Merging::new(known);
    let first = logins.iter().filter(|login| login.told_by != ToldBy::Record).map(|login| login.at).min();
    let told_since = first.into_iter().chain(told_since).min();
    // The surest first: what is told better leaves no place for what is told worse.
    let mut logins = logins;
    logins.sort_by_key(|login| (login.told_by, login.at));
    for login in logins {
        merging.add(login, told_since);
    }
    for ending in endings {
        merging.end(ending);
    }
    merging.merged
}

/// Of two records: one file tells fractions of seconds and processes, the database that took its place does not.
fn is_one_record(one: &Login, other: &Login) -> bool {
    match (one.pid, other.pid) {
        (Some(pid), Some(process)) => pid == process && one.at == other.at,
        _ => (one.at - other.at).abs() < TimeDelta::seconds(1),
    }
}

struct Merging {
    /// By time.
    known: Vec<Known>,
    /// The connections of all that is known.
    connections: HashSet<Connection>,
    /// Something is stored that may be told better.
    has_worse: bool,
    merged: Merged,
}

impl Merging {
    fn new(known: Vec<LoginEvent>) -> Self {
        let mut known: Vec<Known> = known
            .into_iter()
            .map(|event| Known { id: Some(event.id), login: login_of(event), is_told: false })
            .collect();
        known.sort_by_key(|known| (known.login.at, known.id));
        known.dedup_by_key(|known| known.id);
        let connections = known.iter().map(|known| known.login.connection()).collect();
        let has_worse = known.iter().any(|known| known.login.told_by != ToldBy::Attempt);
        Self { known, connections, has_worse, merged: Merged::default() }
    }

    /// The places of what is known within `reach` of `at`.
    fn around(&self, at: DateTime<Utc>, reach: TimeDelta) -> std::ops::Range<usize> {
        let begin = self.known.partition_point(|known| known.login.at < at - reach);
        let end = self.known.partition_point(|known| known.login.at <= at + reach);
        begin..end
    }

    fn nearest(&self, login: &Login, reach: TimeDelta, fits: impl Fn(&Known) -> bool) -> Option<usize> {
        let range = self.around(login.at, reach);
        let fitting = range.filter(|at| self.known.get(*at).is_some_and(&fits));
        fitting.min_by_key(|at| self.known.get(*at).map(|known| (known.login.at - login.at).abs()))
    }

    fn add(&mut self, login: Login, told_since: Option<DateTime<Utc>>) {
        match login.told_by {
            ToldBy::Attempt => self.attempt(login),
            // Whoever knocks a thousand times a minute has a thousand ports.
            ToldBy::Connection if login.port.is_some() && self.is_new_connection(&login) => self.put(login),
            ToldBy::Connection => {
                let is_known = self.nearest(&login, ONE_CONNECTION, |known| {
                    known.login.told_by != ToldBy::Record && is_same_connection(&known.login, &login)
                });
                if is_known.is_none() {
                    self.put(login);
                }
            }
            ToldBy::Record => self.record(login, told_since),
        }
    }

    fn attempt(&mut self, login: Login) {
        let same = self.nearest(&login, TimeDelta::seconds(1), |known| {
            !known.is_told && known.login.told_by == ToldBy::Attempt && is_same(&known.login, &login)
        });
        if let Some(known) = same.and_then(|at| self.known.get_mut(at)) {
            known.is_told = true;
            if let (Some(id), None, Some(ended)) = (known.id, known.login.ended_at, login.ended_at) {
                known.login.ended_at = Some(ended);
                self.merged.ended.push((id, ended));
            }
            return;
        }
        let is_better = |known: &Known| known.id.is_some() && is_worse(&known.login, &login);
        let worse = self.has_worse.then(|| self.nearest(&login, ONE_CONNECTION, is_better)).flatten();
        if let Some(known) = worse.and_then(|at| self.known.get_mut(at)) {
            let ended = login.ended_at.filter(|_| known.login.ended_at.is_none());
            known.is_told = true;
            known.login = Login {
                terminal: known.login.terminal.clone(),
                ended_at: known.login.ended_at.or(login.ended_at),
                ..login.clone()
            };
            if let Some(id) = known.id {
                self.merged.better.push((id, login));
                self.merged.ended.extend(ended.map(|at| (id, at)));
            }
            // Its time is another one now.
            self.known.sort_by_key(|known| (known.login.at, known.id));
            return;
        }
        self.put(login);
    }

    fn record(&mut self, login: Login, told_since: Option<DateTime<Utc>>) {
        let same = self.nearest(&login, RECORD, |known| {
            let other = &known.login;
            let is_there = other.terminal.is_empty() || other.terminal == login.terminal;
            other.outcome == login.outcome
                && other.user == login.user
                && (login.address.is_none() || other.address == login.address)
                && is_there
                && (other.told_by != ToldBy::Record || is_one_record(other, &login))
        });
        if let Some(known) = same.and_then(|at| self.known.get_mut(at)) {
            let terminal = login.terminal.as_str();
            if known.login.terminal.is_empty() && !terminal.is_empty() {
                terminal.clone_into(&mut known.login.terminal);
                self.merged.terminals.extend(known.id.map(|id| (id, terminal.to_owned())));
            }
            if known.login.ended_at.is_none() {
                known.login.ended_at = login.ended_at;
                self.merged.ended.extend(known.id.zip(login.ended_at));
            }
            self.update_new(same);
            return;
        }
        let is_told = login.address.is_some() && told_since.is_some_and(|since| login.at >= since);
        if !is_told {
            self.put(login);
        }
    }

    /// What is new may become better before it is written.
    fn update_new(&mut self, at: Option<usize>) {
        let Some(known) = at.and_then(|at| self.known.get(at)).filter(|known| known.id.is_none()) else { return };
        let login = &known.login;
        let is_it = |new: &&mut Login| new.at == login.at && is_same(new, login) && new.told_by == login.told_by;
        if let Some(new) = self.merged.new.iter_mut().find(is_it) {
            *new = login.clone();
        }
    }

    fn is_new_connection(&self, login: &Login) -> bool {
        let without_port = (login.address, login.host.clone(), None);
        !self.connections.contains(&login.connection()) && !self.connections.contains(&without_port)
    }

    fn put(&mut self, login: Login) {
        self.connections.insert(login.connection());
        let at = self.known.partition_point(|known| known.login.at <= login.at);
        self.merged.new.push(login.clone());
        self.known.insert(at, Known { id: None, login, is_told: true });
    }

    /// The last session that it can be the end of.
    fn end(&mut self, ending: &Ending) {
        let found =
            self.known.iter().rposition(|known| ending.ends(&known.login) || is_end_of_record(ending, &known.login));
        let Some(known) = found.and_then(|at| self.known.get_mut(at)) else {
            self.merged.unmatched.push(ending.clone());
            return;
        };
        known.login.ended_at = Some(ending.at);
        self.merged.ended.extend(known.id.map(|id| (id, ending.at)));
        self.update_new(found);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::commands::logins::LoginOutcome;
    use crate::models::ids::ServerId;
    use crate::models::login_events::LoginOutcome as Outcome;

    fn at(seconds: i64, micros: u32) -> DateTime<Utc> {
        DateTime::from_timestamp(1_795_345_700 + seconds, micros * 1000).unwrap()
    }

    fn login(seconds: i64, outcome: LoginOutcome, told_by: ToldBy) -> Login {
        Login {
            at: at(seconds, 0),
            outcome,
            user: "root".into(),
            is_unknown_user: false,
            address: Some([203, 0, 113, 5].into()),
            host: String::new(),
            port: Some(9).filter(|_| told_by != ToldBy::Record),
            method: if told_by == ToldBy::Attempt { "password".into() } else { String::new() },
            key: String::new(),
            pid: Some(7),
            terminal: if told_by == ToldBy::Record { "pts/0".into() } else { String::new() },
            ended_at: None,
            times: 1,
            told_by,
        }
    }

    /// As it stands in the table after it was written.
    fn known(id: i64, login: &Login) -> LoginEvent {
        LoginEvent {
            id,
            server_id: ServerId(1),
            at: login.at,
            outcome: Outcome::from(login.outcome),
            user_name: login.user.clone(),
            is_unknown_user: login.is_unknown_user,
            address: login.address.map(crate::db::types::Address),
            host: login.host.clone(),
            port: login.port.map(i32::from),
            method: login.method.clone(),
            fingerprint: login.key.clone(),
            pid: Some(7),
            terminal: login.terminal.clone(),
            ended_at: login.ended_at,
            is_over: login.ended_at.is_some(),
            times: 1,
            told_by: login.told_by.into(),
            is_ours: false,
        }
    }

    const FAILED: LoginOutcome = LoginOutcome::Failed;
    const ACCEPTED: LoginOutcome = LoginOutcome::Accepted;

    #[test]
    fn what_is_read_twice_is_one_event() {
        let first = login(0, FAILED, ToldBy::Attempt);
        let merged = merge(vec![known(1, &first)], vec![first.clone()], &[], None);
        assert_eq!(merged, Merged::default());
        // The journal tells fractions, the file does not.
        let exact = Login { at: at(0, 400_000), ..first.clone() };
        assert_eq!(merge(vec![known(1, &exact)], vec![first], &[], None), Merged::default());
    }

    #[test]
    fn attempts_that_follow_each_other_in_one_second_are_not_one() {
        let first = login(0, FAILED, ToldBy::Attempt);
        let merged = merge(vec![known(1, &first)], vec![first.clone(), first.clone(), first], &[], None);
        assert_eq!(merged.new.len(), 2);
    }

    #[test]
    fn what_is_told_better_takes_the_place_of_what_was_told_worse() {
        let turned = login(0, FAILED, ToldBy::Connection);
        let attempt = login(2, FAILED, ToldBy::Attempt);
        let merged = merge(vec![known(1, &turned)], vec![attempt.clone()], &[], None);
        assert_eq!((merged.new.len(), merged.better.as_slice()), (0, &[(1, attempt.clone())][..]));
        let merged = merge(vec![known(1, &attempt)], vec![turned], &[], None);
        assert_eq!(merged, Merged::default(), "and the other way round");
    }

    #[test]
    fn a_record_adds_a_terminal_and_an_end_to_what_a_log_tells_and_is_no_second_login() {
        let told = login(0, ACCEPTED, ToldBy::Attempt);
        let record = Login { ended_at: Some(at(60, 0)), ..login(1, ACCEPTED, ToldBy::Record) };
        let merged = merge(vec![known(1, &told)], vec![record.clone()], &[], None);
        assert_eq!(
            (merged.new.len(), merged.terminals, merged.ended),
            (0, vec![(1, "pts/0".into())], vec![(1, at(60, 0))])
        );
        let merged = merge(Vec::new(), vec![record.clone(), told.clone()], &[], None);
        assert_eq!(merged.new.len(), 1);
        assert_eq!((merged.new[0].terminal.as_str(), merged.new[0].ended_at), ("pts/0", Some(at(60, 0))));
        let merged = merge(vec![known(1, &record)], vec![told], &[], None);
        assert_eq!((merged.new.len(), merged.better.len()), (0, 1), "the record was read first");
    }

    #[test]
    fn a_record_alone_is_a_login_where_no_log_tells_of_that_time() {
        let record = login(0, ACCEPTED, ToldBy::Record);
        assert_eq!(merge(Vec::new(), vec![record.clone()], &[], None).new.len(), 1);
        assert_eq!(
            merge(Vec::new(), vec![record.clone()], &[], Some(at(-100, 0))).new.len(),
            0,
            "another terminal of one"
        );
        let console = Login { address: None, terminal: "tty1".into(), ..record };
        assert_eq!(merge(Vec::new(), vec![console], &[], Some(at(-100, 0))).new.len(), 1, "no log of sshd tells of it");
    }

    #[test]
    fn an_end_belongs_to_the_last_session_of_its_process() {
        let first = login(0, ACCEPTED, ToldBy::Attempt);
        let second = login(100, ACCEPTED, ToldBy::Attempt);
        let end = |seconds| Ending { at: at(seconds, 0), pid: Some(7), user: "root".into(), address: None, port: None };
        let merged = merge(vec![known(1, &first), known(2, &second)], Vec::new(), &[end(130)], None);
        assert_eq!(merged.ended, [(2, at(130, 0))]);
        let merged = merge(vec![known(1, &first)], vec![second], &[end(50), end(130)], None);
        assert_eq!((merged.ended, merged.new[0].ended_at), (vec![(1, at(50, 0))], Some(at(130, 0))));
    }
}
