//! From messages to logins: one for each time that somebody was let in, one for each attempt that failed.
//!
//! An attempt is told in several lines ("Invalid user", "Failed password", "Connection closed by"). What says how it was tried
//! counts; what was only said about a connection counts once, where nothing else was said of it.

use std::collections::HashMap;

use chrono::{DateTime, Utc};

use super::line::Line;
use super::message::{Origin, Told, told};
use super::records::{Record, RecordKind};
use super::{Connection, Ending, Login, LoginOutcome, ONE_CONNECTION, ToldBy};

/// What a batch of lines tells.
#[derive(Debug, Default)]
pub struct Gathering {
    logins: Vec<Login>,
    endings: Vec<Ending>,
    /// The last login of a process that is not over.
    open: HashMap<u32, usize>,
    /// The last thing that was told of a connection.
    connections: HashMap<Connection, usize>,
}

impl Gathering {
    /// Adds the next line.
    pub fn add(&mut self, line: &Line) {
        if let Some(what) = told(&line.message) {
            self.told(line, what, 1);
        }
    }

    fn told(&mut self, line: &Line, what: Told, times: u32) {
        match what {
            Told::Repeated(more, inner) => self.told(line, *inner, more),
            Told::Accepted { user, origin, method, key } => {
                let login = Login { method, key, ..login(line, LoginOutcome::Accepted, user, origin, ToldBy::Attempt) };
                if let Some(pid) = line.pid {
                    self.open.insert(pid, self.logins.len());
                }
                self.put(login);
            }
            Told::Failed { method, .. } if method == "none" => {}
            Told::Failed { user, is_unknown, origin, method } => {
                let attempt = login(line, LoginOutcome::Failed, user, origin, ToldBy::Attempt);
                let attempt = Login { method, is_unknown_user: is_unknown, times, ..attempt };
                match self.of_connection(&attempt) {
                    // It was announced.
                    Some(before) if before.told_by == ToldBy::Connection => *before = attempt,
                    _ => self.put(attempt),
                }
            }
            Told::Turned { user, is_unknown, origin } => {
                let turned = login(line, LoginOutcome::Failed, user, origin, ToldBy::Connection);
                let turned = Login { is_unknown_user: is_unknown, ..turned };
                if self.of_connection(&turned).is_none() {
                    self.put(turned);
                }
            }
            Told::Closed { user } => self.end(Ending { at: line.at, pid: line.pid, user, address: None, port: None }),
            Told::Left { user, origin: Origin { address, port, .. } } => {
                // It may be another process that says so than the one that let them in.
                self.end(Ending { at: line.at, pid: None, user, address, port });
            }
        }
    }

    fn put(&mut self, login: Login) {
        self.connections.insert(login.connection(), self.logins.len());
        self.logins.push(login);
    }

    fn of_connection(&mut self, login: &Login) -> Option<&mut Login> {
        let at = *self.connections.get(&login.connection())?;
        let before = self.logins.get_mut(at)?;
        ((login.at - before.at).abs() <= ONE_CONNECTION).then_some(before)
    }

    fn end(&mut self, ending: Ending) {
        let by_pid = ending.pid.and_then(|pid| self.open.get(&pid)).copied();
        let by_port = || {
            let key = (ending.address, String::new(), ending.port);
            ending.port.and_then(|_| self.connections.get(&key)).copied()
        };
        let found = by_pid.or_else(by_port).and_then(|at| self.logins.get_mut(at)).filter(|login| ending.ends(login));
        match found {
            Some(login) => login.ended_at = Some(ending.at),
            None => self.endings.push(ending),
        }
    }

    /// Adds what records of wtmp say, oldest first.
    pub fn add_wtmp(&mut self, records: &[Record]) {
        let mut on_line: HashMap<&str, usize> = HashMap::new();
        for record in records {
            match record.kind {
                RecordKind::Boot => on_line.clear(),
                RecordKind::Dead => {
                    if let Some(login) = on_line.remove(record.terminal.as_str()).and_then(|at| self.logins.get_mut(at))
                    {
                        login.ended_at = Some(record.at);
                    } else {
                        let (user, pid) = (record.user.clone(), record.pid);
                        self.endings.push(Ending { at: record.at, pid, user, address: None, port: None });
                    }
                }
                RecordKind::User if record.user.is_empty() => {}
                RecordKind::User => {
                    on_line.insert(&record.terminal, self.logins.len());
                    self.logins.push(of_record(record, LoginOutcome::Accepted));
                }
            }
        }
    }

    /// Adds what a database of logins says: each with its end.
    pub fn add_ended(&mut self, record: &Record, ended_at: Option<DateTime<Utc>>) {
        if record.kind == RecordKind::User && !record.user.is_empty() {
            self.logins.push(Login { ended_at, ..of_record(record, LoginOutcome::Accepted) });
        }
    }

    /// Adds what records of btmp say.
    pub fn add_btmp(&mut self, records: &[Record]) {
        let attempts = records.iter().filter(|record| record.kind == RecordKind::User);
        self.logins.extend(attempts.map(|record| of_record(record, LoginOutcome::Failed)));
    }

    /// Logins, and ends of sessions that began before.
    pub fn finish(self) -> (Vec<Login>, Vec<Ending>) {
        (self.logins, self.endings)
    }
}

fn login(line: &Line, outcome: LoginOutcome, user: String, origin: Origin, told_by: ToldBy) -> Login {
    Login {
        at: line.at,
        outcome,
        user,
        is_unknown_user: false,
        address: origin.address,
        host: origin.host,
        port: origin.port,
        method: String::new(),
        key: String::new(),
        pid: line.pid,
        terminal: String::new(),
        ended_at: None,
        times: 1,
        told_by,
    }
}

fn of_record(record: &Record, outcome: LoginOutcome) -> Login {
    let line = Line { at: record.at, pid: record.pid, message: Vec::new() };
    let origin = Origin { address: record.address, host: record.host.clone(), port: None };
    let login = login(&line, outcome, record.user.clone(), origin, ToldBy::Record);
    // btmp names the service where a terminal would stand.
    let terminal = if outcome == LoginOutcome::Accepted { record.terminal.clone() } else { String::new() };
    Login { terminal, ..login }
}

impl Ending {
    /// Whether it is the end of this session.
    pub fn ends(&self, login: &Login) -> bool {
        let is_same = match (self.pid, self.port) {
            (Some(pid), _) => login.pid == Some(pid),
            (None, Some(port)) => login.port == Some(port) && login.address == self.address,
            (None, None) => false,
        };
        is_same
            && login.outcome == LoginOutcome::Accepted
            && login.ended_at.is_none()
            && (self.user.is_empty() || login.user == self.user)
            && login.at <= self.at
    }
}

#[cfg(test)]
mod tests {
    use super::super::records::records;
    use super::super::records::tests::record;
    use super::*;

    fn gather(lines: &[(i64, u32, &str)]) -> (Vec<Login>, Vec<Ending>) {
        let mut gathering = Gathering::default();
        for (second, pid, message) in lines {
            let at = DateTime::from_timestamp(1_795_345_700 + second, 0).unwrap();
            gathering.add(&Line { at, pid: Some(*pid), message: message.as_bytes().to_vec() });
        }
        gathering.finish()
    }

    #[test]
    fn one_attempt_is_counted_once_however_many_lines_tell_it() {
        let (logins, endings) = gather(&[
            (0, 7, "Invalid user admin from 203.0.113.5 port 9"),
            (
                1,
                7,
                "pam_unix(sshd:auth): authentication failure; logname= uid=0 euid=0 tty=ssh ruser= rhost=203.0.113.5",
            ),
            (2, 7, "Failed password for invalid user admin from 203.0.113.5 port 9 ssh2"),
            (4, 7, "Failed password for invalid user admin from 203.0.113.5 port 9 ssh2"),
            (5, 7, "Connection closed by invalid user admin 203.0.113.5 port 9 [preauth]"),
        ]);
        assert_eq!((logins.len(), endings.len()), (2, 0));
        assert!(logins.iter().all(|login| login.is_unknown_user && login.method == "password"));
    }

    #[test]
    fn a_refused_key_is_told_by_its_connection_alone() {
        let (logins, _) = gather(&[
            (0, 7, "Connection closed by authenticating user root 203.0.113.5 port 9 [preauth]"),
            (30, 8, "Invalid user git from 203.0.113.5 port 10"),
            (31, 8, "Connection closed by invalid user git 203.0.113.5 port 10 [preauth]"),
        ]);
        let told: Vec<_> =
            logins.iter().map(|login| (login.user.as_str(), login.method.as_str(), login.told_by)).collect();
        assert_eq!(told, [("root", "", ToldBy::Connection), ("git", "", ToldBy::Connection)]);
    }

    #[test]
    fn a_session_ends_with_its_process_or_with_its_connection() {
        let (logins, endings) = gather(&[
            (0, 7, "Accepted publickey for root from 10.0.0.1 port 9 ssh2: ED25519 SHA256:abc"),
            (1, 8, "Accepted password for ops from 10.0.0.1 port 10 ssh2"),
            (50, 99, "Disconnected from user ops 10.0.0.1 port 10"),
            (60, 7, "pam_unix(sshd:session): session closed for user root"),
            (61, 7, "pam_unix(sshd:session): session closed for user root"),
        ]);
        let lasted: Vec<i64> = logins.iter().map(|login| (login.ended_at.unwrap() - login.at).num_seconds()).collect();
        assert_eq!(lasted, [60, 49]);
        assert_eq!(endings.len(), 1, "an end of which nobody knows the beginning");
    }

    #[test]
    fn what_was_shortened_counts_so_many_times_and_the_question_how_one_may_sign_in_is_no_attempt() {
        let (logins, _) = gather(&[
            (0, 7, "message repeated 3 times: [ Failed password for root from 203.0.113.5 port 9 ssh2]"),
            (1, 8, "Failed none for invalid user x from 203.0.113.5 port 10 ssh2"),
        ]);
        assert_eq!(logins.iter().map(|login| login.times).collect::<Vec<_>>(), [3]);
    }

    #[test]
    fn records_tell_where_somebody_sat_and_when_they_left() {
        let bytes = [
            record(7, 4121, ("pts/0", "alice", "203.0.113.9"), 1_795_345_700),
            record(7, 4200, ("tty1", "root", ""), 1_795_345_710),
            record(8, 4121, ("pts/0", "", ""), 1_795_345_760),
        ]
        .concat();
        let mut gathering = Gathering::default();
        gathering.add_wtmp(&records(&bytes).unwrap());
        let (logins, _) = gathering.finish();
        assert_eq!((logins[0].terminal.as_str(), logins[0].ended_at.unwrap().timestamp()), ("pts/0", 1_795_345_760));
        assert_eq!((logins[1].terminal.as_str(), logins[1].ended_at, logins[1].address), ("tty1", None, None));
    }
}
