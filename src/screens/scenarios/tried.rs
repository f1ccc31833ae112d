//! What *Try* and *Last 14 days* found, as the builder shows it. Pure. What was read is the servers' own text.

use chrono_tz::Tz;
use serde_json::Value;

use super::super::runs::rows::shown;
use super::preview::{Part, parts};
use super::times::{Slot, slot};
use crate::language::{Language, Message};
use crate::scenarios::back_test::{BackTest, DAYS, Firing, Told};
use crate::scenarios::reading::Reading;
use crate::scenarios::trial::{Trial, Would};
use crate::web::format;

/// Values of one server that are shown.
const MOST_VALUES: usize = 6;
/// Characters of one of them.
const LONGEST: usize = 60;
/// Names of servers in one sentence.
const MOST_NAMES: usize = 5;

/// The first values of a server with their names, or why there are none.
pub(super) type Values = Result<Vec<(String, String)>, Message>;

/// What was found.
pub(super) enum TriedPart {
    /// Why nothing was tried.
    Cannot(Message),
    /// What was read now.
    Trial(TrialPart),
    /// What would have been.
    BackTest(BackTestPart),
}

/// What was read now, and who would be told.
pub(super) struct TrialPart {
    pub(super) says: Vec<Message>,
    /// Each server with its values, or why there are none.
    pub(super) readings: Vec<(String, Values)>,
    pub(super) would: Vec<WouldPart>,
}

/// What one destination would be told.
pub(super) struct WouldPart {
    pub(super) place: usize,
    pub(super) label: &'static str,
    /// Of which servers, or that it would not be told.
    pub(super) says: Message,
    pub(super) is_told: bool,
    pub(super) parts: Vec<Part>,
    pub(super) problem: Option<Message>,
}

/// What would have been.
pub(super) struct BackTestPart {
    pub(super) says: Message,
    /// What was not looked at, and how exact it is.
    pub(super) notes: Vec<Message>,
    pub(super) firings: Vec<FiringPart>,
}

/// A time at which somebody would have been told.
pub(super) struct FiringPart {
    pub(super) at: Slot,
    pub(super) value: Option<(String, String)>,
    pub(super) would: Vec<WouldPart>,
}

impl TriedPart {
    pub(super) fn trial(trial: Trial) -> Self {
        let mut says = vec![read(&trial)];
        if trial.left_out > 0 {
            let words = Message::new("A run reads {n} servers more: trying reads {most} at most");
            says.push(words.with("n", trial.left_out).with("most", trial.readings.len()));
        }
        let would = trial.destinations.into_iter().enumerate().map(would).collect();
        Self::Trial(TrialPart { says, readings: trial.readings.iter().map(values).collect(), would })
    }

    pub(super) fn back_test(found: BackTest, zone: Tz, language: Language) -> Self {
        let says = match found.fired {
            1 => Message::new("Over the last {days} days this would have fired once"),
            n => Message::new("Over the last {days} days this would have fired {n} times").with("n", n),
        };
        let notes = notes(&found);
        let firing = |Firing { at, told }: Firing| FiringPart {
            at: slot(at, zone, language),
            value: told.iter().find_map(|one| one.value.clone()).map(|(name, text)| (name, cut(&text))),
            would: told.into_iter().map(told_part).collect(),
        };
        let firings = found.firings.into_iter().map(firing).collect();
        Self::BackTest(BackTestPart { says: says.with("days", DAYS), notes, firings })
    }
}

fn read(trial: &Trial) -> Message {
    let unread = trial.readings.iter().filter(|reading| reading.failed.is_some()).count();
    let words = match (trial.readings.len(), unread) {
        (1, 0) => Message::new("Read now, and sent to nobody"),
        (_, 0) => Message::new("{all} servers were read now, and nothing was sent"),
        (_, _) => Message::new("{n} of {all} servers could not be read").with("n", unread),
    };
    words.with("all", trial.readings.len())
}

fn values(reading: &Reading) -> (String, Values) {
    let shown = |(name, value): (String, &Value)| (format::visible(&name), cut(&shown(value)));
    let values = match &reading.failed {
        Some(why) => Err(why.clone()),
        None => Ok(reading.leaves().into_iter().take(MOST_VALUES).map(shown).collect()),
    };
    (reading.server.clone(), values)
}

fn would((place, would): (usize, Would)) -> WouldPart {
    let says = match would.servers.len() {
        0 => Message::new("Nothing would be sent: its condition does not hold"),
        _ => about(&would.servers, would.message.as_ref().is_some_and(Result::is_ok)),
    };
    let (is_told, kind) = (!would.servers.is_empty(), would.kind);
    let (parts, problem) = match would.message {
        None => (Vec::new(), None),
        Some(Ok(message)) => (parts(kind, &message), None),
        Some(Err(why)) => (Vec::new(), Some(why)),
    };
    WouldPart { place, label: kind.label, says, is_told, parts, problem }
}

fn told_part(told: Told) -> WouldPart {
    let (says, kind) = (about(&told.servers, told.message.is_ok()), told.kind);
    let (parts, problem) = match told.message {
        Ok(message) => (parts(kind, &message), None),
        Err(why) => (Vec::new(), Some(why)),
    };
    WouldPart { place: told.place, label: kind.label, says, is_told: true, parts, problem }
}

fn about(servers: &[String], is_made: bool) -> Message {
    let first = servers.iter().take(MOST_NAMES).map(String::as_str).collect::<Vec<_>>().join(", ");
    let words = match (is_made, servers.len() > MOST_NAMES) {
        (false, _) => Message::new("Nothing could be sent about {names}"),
        (true, false) => Message::new("This would be sent, about {names}"),
        (true, true) => Message::new("This would be sent, about {names} and others"),
    };
    words.with("names", first)
}

fn notes(found: &BackTest) -> Vec<Message> {
    let mut notes = vec![match found.times {
        0 => Message::new("There was no time at which it would have run"),
        n => Message::new("{n} times were looked at, from the numbers that are kept").with("n", n),
    }];
    if found.is_cut {
        notes.push(Message::new("There were more times than are looked at: these are the newest ones that could be"));
    }
    if found.left_out > 0 {
        let words = Message::new("A run reads {n} servers more: looking back is about {most} at most");
        notes.push(words.with("n", found.left_out).with("most", found.servers.len()));
    }
    if found.unread > 0 {
        notes.push(Message::new("At {n} times nothing had been measured").with("n", found.unread));
    }
    if found.resolution_seconds > 0 {
        let words = Message::new("Kept numbers are averages of {seconds} s: what was shorter is not seen");
        notes.push(words.with("seconds", found.resolution_seconds));
    }
    if found.fired > found.firings.len() {
        notes.push(Message::new("The newest {n} are listed").with("n", found.firings.len()));
    }
    notes
}

fn cut(text: &str) -> String {
    format::visible(text).chars().take(LONGEST).collect()
}

#[cfg(test)]
mod tests {
    use chrono::{DateTime, TimeDelta};
    use serde_json::json;

    use super::*;
    use crate::scenarios::destinations;

    #[test]
    fn a_trial_says_what_was_read_and_what_would_be_sent() {
        let kind = destinations::of("http_get").unwrap();
        let Value::Object(values) = json!({ "cpu": { "total": 31.5 }, "said": "\u{1b}[31mred" }) else { panic!() };
        let read = |server: &str, failed| Reading {
            server: server.to_owned(),
            at: DateTime::default(),
            values: values.clone(),
            failed,
        };
        let readings = vec![read("web-1", None), read("web-2", Some(Message::new("web-2 is down")))];
        let told = |servers: &[&str], message| Would {
            kind,
            servers: servers.iter().map(|name| (*name).to_owned()).collect(),
            message,
        };
        let destinations = vec![
            told(&["web-1"], Some(Ok(json!({ "url": "https://example.org/31.5" })))),
            told(&[], None),
            told(&["web-1"], Some(Err(Message::new("Line 1 uses a value that there is not")))),
        ];
        let took = std::time::Duration::from_secs(1);
        let trial = Trial { at: DateTime::default(), readings, left_out: 3, took, destinations };
        let TriedPart::Trial(part) = TriedPart::trial(trial) else { panic!() };
        let says: Vec<String> = part.says.iter().map(ToString::to_string).collect();
        assert_eq!(says, ["1 of 2 servers could not be read", "A run reads 3 servers more: trying reads 2 at most"]);
        let first = part.readings[0].1.as_ref().unwrap();
        assert_eq!(first[0], ("cpu.total".to_owned(), "31.5".to_owned()));
        assert!(!first[1].1.contains('\u{1b}'), "sec_x04: what a server says is made visible");
        assert!(part.readings[1].1.is_err());
        let would: Vec<(String, bool, usize)> =
            part.would.iter().map(|one| (one.says.to_string(), one.is_told, one.parts.len())).collect();
        assert_eq!(would[0], ("This would be sent, about web-1".to_owned(), true, 1));
        assert_eq!(would[1], ("Nothing would be sent: its condition does not hold".to_owned(), false, 0));
        assert_eq!(would[2], ("Nothing could be sent about web-1".to_owned(), true, 0));
        assert!(part.would[2].problem.is_some());
    }

    #[test]
    fn what_was_not_looked_at_is_said() {
        let found = |fired, times, is_cut| BackTest {
            from: None,
            to: None,
            times,
            is_cut,
            servers: vec!["web-1".to_owned()],
            left_out: usize::from(is_cut),
            unread: usize::from(is_cut),
            resolution_seconds: 60,
            fired,
            destinations: Vec::new(),
            firings: Vec::new(),
        };
        let told = |found| {
            let TriedPart::BackTest(part) = TriedPart::back_test(found, Tz::UTC, Language::En) else { panic!() };
            (part.says.to_string(), part.notes.len())
        };
        assert_eq!(told(found(0, 9, false)), ("Over the last 14 days this would have fired 0 times".to_owned(), 2));
        assert_eq!(told(found(1, 9, true)), ("Over the last 14 days this would have fired once".to_owned(), 6));
        let at = DateTime::UNIX_EPOCH + TimeDelta::hours(9);
        let firings = vec![Firing { at, told: Vec::new() }];
        let with_one = TriedPart::back_test(BackTest { firings, ..found(1, 1, false) }, Tz::Asia__Seoul, Language::En);
        let TriedPart::BackTest(part) = with_one else { panic!() };
        assert_eq!((part.firings[0].at.clock.as_str(), part.firings[0].would.len()), ("18:00", 0));
    }
}
