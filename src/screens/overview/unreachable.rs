//! The page of a server that does not answer, or that is paused: the verdict, how far we got, what to do, what was known.

use std::net::Ipv4Addr;

use askama::Template;
use chrono::{DateTime, Utc};

use super::facts::{Fact, lasting};
use super::ladder::{self, Step};
use crate::language::{Language, Message};
use crate::models::server_states::State;
use crate::screens::about::About;
use crate::screens::charts::Chart;
use crate::screens::gather::Stored;
use crate::web::filters;

/// What else is known that helps to find out why.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Neighbours {
    /// Other servers of the same network that answer.
    pub answer: usize,
    /// Other servers of the same network that do not.
    pub silent: usize,
}

/// The page, or its ladder alone.
#[derive(Template)]
#[template(path = "screens/unreachable.html", blocks = ["ladder"])]
pub struct UnreachablePage {
    /// The server.
    pub about: About,
    /// It is switched off in hannun.
    pub paused: bool,
    /// `Unreachable for 14 min.`
    pub verdict: Message,
    /// Why, with the server's own words.
    pub reason: String,
    /// What hannun will do by itself.
    pub outlook: Message,
    /// How far we got.
    pub steps: Vec<Step>,
    /// When that was.
    pub tried_at: Option<DateTime<Utc>>,
    /// Where we knocked: `hannun@192.0.2.7:22`
    pub endpoint: String,
    /// What to do, and what else is known.
    pub hints: Vec<String>,
    /// The reader may try at once.
    pub may_try: bool,
    /// What that request must bring along.
    pub csrf_token: String,
    /// The server's number in the admin area, for those who may change it.
    pub admin_id: Option<i64>,
    /// When it answered last.
    pub seen_at: Option<DateTime<Utc>>,
    /// What it was then.
    pub facts: Vec<Fact>,
    /// Its last numbers.
    pub charts: Vec<Chart>,
}

/// The verdict on a server and what hannun does about it.
pub fn verdict(stored: &Stored, now: DateTime<Utc>) -> (Message, Message) {
    let state = stored.state.as_ref();
    if !stored.server.enabled || state.is_some_and(|state| state.state == State::Paused) {
        let outlook = Message::new("hannun does not connect to it until an administrator resumes it.");
        return (Message::new("Paused."), outlook);
    }
    let since = state.map(|state| lasting(state.since, now)).unwrap_or_default();
    let again = state.is_some_and(|state| ladder::tries_again(&state.reason_code));
    let outlook = if again {
        Message::new("hannun tries again by itself, less often the longer it is away.")
    } else {
        Message::new("hannun does not try again by itself until a person has changed something.")
    };
    let refused = state.is_some_and(|state| state.state == State::Refused);
    let words = if refused { "No access for {time}." } else { "Unreachable for {time}." };
    (Message::new(words).with("time", since), outlook)
}

/// What to do, and what else is known, in the reader's language.
pub fn hints(next_step: &str, neighbours: Neighbours, language: Language) -> Vec<String> {
    // The next step was stored in English; it has no values in it, so it is its own key.
    let mut hints: Vec<String> =
        (!next_step.is_empty()).then(|| language.translate(next_step).to_owned()).into_iter().collect();
    hints.extend(neighbours.say().map(|message| message.in_language(language)));
    hints
}

impl Neighbours {
    fn say(self) -> Option<Message> {
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

    #[test]
    fn the_stored_next_step_is_said_in_the_reader_s_language_where_it_is_known() {
        let step = "Read what the command said";
        assert_eq!(hints(step, Neighbours::default(), Language::En), [step]);
        assert!(hints("", Neighbours::default(), Language::Ko).is_empty());
    }
}
