//! The page of a server that does not answer, or that is paused: the verdict, how far we got, what to do, what was known.

use std::net::Ipv4Addr;

use askama::Template;
use chrono::{DateTime, Utc};

use super::facts::{Fact, lasting};
use super::ladder::Step;
use crate::error::RemoteError;
use crate::language::Message;
use crate::metrics::catalogue::Metric;
use crate::metrics::health::{CRITICAL, WARN};
use crate::metrics::live::Latest;
use crate::models::server_states::State;
use crate::screens::about::About;
use crate::screens::charts::Chart;
use crate::screens::gather::Stored;
use crate::screens::power::Standing;
use crate::web::{filters, format};

/// What else is known that helps to find out why.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Neighbours {
    /// Other servers of the same network that answer.
    pub answer: usize,
    /// Other servers of the same network that do not.
    pub silent: usize,
}

/// What is the matter with a server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verdict {
    /// `Unreachable for 14 min.`
    pub found: Message,
    /// What hannun will do by itself.
    pub outlook: Message,
}

/// The page, or its ladder alone.
#[derive(Template)]
#[template(path = "screens/unreachable.html", blocks = ["ladder"])]
pub struct UnreachablePage {
    /// The server.
    pub about: About,
    /// It is switched off in hannun.
    pub paused: bool,
    /// What is the matter.
    pub verdict: Verdict,
    /// Why, with the server's own words in it.
    pub reason: Option<Message>,
    /// That somebody asked it to go down, where that is why.
    pub power: Option<Standing>,
    /// How far we got.
    pub steps: Vec<Step>,
    /// When that was.
    pub tried_at: Option<DateTime<Utc>>,
    /// Where we knocked: `hannun@192.0.2.7:22`
    pub endpoint: String,
    /// What to do, and what else is known.
    pub hints: Vec<Message>,
    /// The reader may try at once.
    pub may_try: bool,
    /// A person must do something first: trying again alone changes nothing.
    pub waits: bool,
    /// What that request must bring along.
    pub csrf_token: String,
    /// The server's number in the admin area, for those who may change it.
    pub admin_id: Option<i64>,
    /// What they find there, in English.
    pub remedy: &'static str,
    /// When it answered last.
    pub seen_at: Option<DateTime<Utc>>,
    /// What it was then.
    pub facts: Vec<Fact>,
    /// Its last numbers.
    pub charts: Vec<Chart>,
}

/// The verdict on a server and what hannun does about it.
pub fn verdict(
    stored: &Stored,
    problem: Option<&RemoteError>,
    next_try: Option<String>,
    now: DateTime<Utc>,
) -> Verdict {
    let state = stored.state.as_ref();
    let level = if stored.server.enabled { state.map_or(State::Unknown, |state| state.state) } else { State::Paused };
    let lasting = || lasting(state.map_or(now, |state| state.since), now);
    let found = match level {
        State::Paused => Message::new("Paused."),
        State::Unreachable => Message::new("Unreachable for {time}.").with_words("time", lasting()),
        _ if state.is_none_or(|state| state.seen_at.is_none()) => Message::new("Not connected yet."),
        _ => Message::new("No connection for {time}.").with_words("time", lasting()),
    };
    let outlook = match (problem, next_try) {
        _ if level == State::Paused => "hannun does not connect to it until an administrator resumes it.",
        (Some(RemoteError::NoCredential { .. }), _) => "hannun connects once it has a credential.",
        (Some(RemoteError::HostKeyUnknown { .. } | RemoteError::HostKeyChanged { .. }), _) => {
            "hannun sends it nothing secret before somebody has compared the key and approved it."
        }
        (Some(problem), _) if !problem.advice().retry => {
            "hannun does not try again by itself until a person has changed something."
        }
        (_, Some(at)) => {
            let slow =
                Message::new("Next automatic try at {time}. Tries slow down from 5 s to 10 min while it is away.");
            return Verdict { found, outlook: slow.with("time", at) };
        }
        (_, None) => "hannun tries again every few seconds, and less often the longer it is away.",
    };
    Verdict { found, outlook: Message::new(outlook) }
}

/// What can be done about `problem` in the administration.
pub fn remedy(problem: Option<&RemoteError>) -> &'static str {
    match problem {
        Some(RemoteError::HostKeyUnknown { .. } | RemoteError::HostKeyChanged { .. }) => "Compare and approve the key",
        Some(RemoteError::NoCredential { .. }) => "Choose a credential",
        Some(RemoteError::SignInRefused { .. } | RemoteError::CredentialUnusable { .. }) => "Change the credential",
        _ => "Change address or credential",
    }
}

/// What its last numbers tell, where they may be the reason.
pub fn last_strain(latest: Option<&Latest>) -> Option<Message> {
    let latest = latest?;
    let memory = latest.value(Metric::MemoryPercent).map(f64::from).filter(|percent| *percent >= WARN);
    let disk = latest.devices(Metric::FilesystemPercent).max_by(|(_, one), (_, other)| one.total_cmp(other));
    let full = disk.map(|(mount, percent)| (mount, f64::from(percent))).filter(|(_, percent)| *percent >= CRITICAL);
    match (memory, full) {
        (Some(percent), _) => Some(
            Message::new("When it last answered, {n} of its memory was in use.").with("n", format::percent(percent)),
        ),
        (None, Some((mount, percent))) => Some(
            Message::new("When it last answered, {mount} was {n} full.")
                .with("mount", mount)
                .with("n", format::percent(percent)),
        ),
        (None, None) => None,
    }
}

impl Neighbours {
    /// What they tell about this server.
    pub fn say(self) -> Option<Message> {
        Some(match self {
            Self { answer: 0, silent: 0 } => return None,
            Self { answer: 0, silent } => {
                Message::new("The other {n} servers in this network do not answer either: the network may be down.")
                    .with("n", silent)
            }
            Self { answer, silent: 0 } => {
                Message::new("The other {n} servers in this network answer, so the network is up.").with("n", answer)
            }
            Self { answer, silent } => {
                Message::new("Of the other servers in this network {answer} answer and {silent} do not.")
                    .with("answer", answer)
                    .with("silent", silent)
            }
        })
    }

    /// Counts the others `(address, answers)` in the network of `address`: the same 24 bits, where it is an IPv4 address.
    pub fn of<'a>(address: &str, others: impl Iterator<Item = (&'a str, bool)>) -> Self {
        let network = |text: &str| text.parse::<Ipv4Addr>().ok().map(|address| address.to_bits() >> 8);
        let Some(ours) = network(address) else { return Self::default() };
        let mut found = Self::default();
        for (_, answers) in others.filter(|(other, _)| *other != address && network(other) == Some(ours)) {
            if answers {
                found.answer += 1;
            } else {
                found.silent += 1;
            }
        }
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn neighbours_are_the_others_of_the_same_24_bits() {
        let others =
            [("10.21.8.16", false), ("10.21.8.17", true), ("10.21.8.18", true), ("10.21.9.1", true), ("db.lan", true)];
        assert_eq!(Neighbours::of("10.21.8.16", others.into_iter()), Neighbours { answer: 2, silent: 0 });
        assert_eq!(Neighbours::of("db.lan", others.into_iter()), Neighbours::default());
    }
}
