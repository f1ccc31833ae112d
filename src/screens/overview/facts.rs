//! What a server is, in a strip of short facts. What is not known is left out, never "N/A". Pure.

use std::time::Duration;

use chrono::{DateTime, Utc};

use crate::language::Message;
use crate::metrics::health::Level;
use crate::web::format;

/// One fact.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fact {
    /// In English.
    pub label: &'static str,
    /// The server's or our words for it; none where a level says it, and where it is still to come.
    pub value: Option<Message>,
    /// What stands small beside it.
    pub more: Option<Message>,
    /// A level instead of a word.
    pub level: Option<Level>,
}

/// Everything that facts are made of.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Known {
    /// How it is, and for how long.
    pub level: Option<(Level, Option<Message>)>,
    /// Address and port.
    pub address: Option<(String, u16)>,
    /// Distribution or system, as it names itself.
    pub system: String,
    /// Kernel release.
    pub kernel: String,
    /// Processor architecture.
    pub arch: String,
    /// Processors.
    pub cores: Option<u32>,
    /// Their model.
    pub cpu_model: String,
    /// How long it has been up.
    pub up: Option<Duration>,
    /// Load averages of 1, 5 and 15 minutes.
    pub load: [Option<f64>; 3],
    /// Installed memory and swap, bytes.
    pub memory: Option<u64>,
    /// Swap space, bytes.
    pub swap: Option<u64>,
    /// Its time zone.
    pub time_zone: String,
    /// What it runs in: `kvm`, `lxc`.
    pub virtualisation: String,
    /// Milliseconds of one question over the open connection.
    pub round_trip: Option<f64>,
}

impl Known {
    /// The strip.
    pub fn facts(&self) -> Vec<Fact> {
        let is_young = self.level.as_ref().is_some_and(|(level, _)| *level == Level::Unknown);
        let mut facts = Strip { facts: Vec::new(), is_young };
        if let Some((level, since)) = &self.level {
            facts.facts.push(Fact { label: "Status", value: None, more: since.clone(), level: Some(*level) });
        }
        let address = self.address.as_ref();
        facts.add("Address", address.and_then(|(host, _)| heard(host)), address.map(|(_, port)| port_of(*port)));
        facts.add("OS", heard(without_codename(&self.system)), heard(&self.virtualisation));
        facts.add("Uptime", self.up.map(uptime), None);
        facts.add("Kernel", heard(&self.kernel), heard(&self.arch));
        let cores = |n| Message::new(if n == 1 { "{n} core" } else { "{n} cores" }).with("n", n);
        facts.add("CPU", self.cores.map(cores), heard(&short_model(&self.cpu_model)));
        let [one, five, fifteen] = self.load.map(|load| load.map(|load| format!("{load:.2}")));
        let more: Vec<String> = [five, fifteen].into_iter().flatten().collect();
        facts.add("Load, 1 5 15 min", one.map(Message::heard), heard(&more.join(" ")));
        let swap = |swap| Message::new("+ {size} swap").with("size", format::bytes(swap));
        let memory = self.memory.map(|memory| Message::heard(format::bytes(memory)));
        facts.add("Memory", memory, self.swap.filter(|swap| *swap > 0).map(swap));
        facts.add("Time zone", heard(&self.time_zone), None);
        let trip = self.round_trip.map(|ms| Message::heard(format!("{} ms", format::short(ms))));
        facts.add("SSH round trip", trip, None);
        facts.facts
    }
}

struct Strip {
    facts: Vec<Fact>,
    /// Nobody has got in yet: what is not known is still to come.
    is_young: bool,
}

impl Strip {
    fn add(&mut self, label: &'static str, value: Option<Message>, more: Option<Message>) {
        if value.is_some() || self.is_young {
            self.facts.push(Fact { label, value, more, level: None });
        }
    }
}

fn heard(text: &str) -> Option<Message> {
    (!text.is_empty()).then(|| Message::heard(text))
}

fn port_of(port: u16) -> Message {
    Message::heard(format!(":{port}"))
}

/// `Debian GNU/Linux 12` of `Debian GNU/Linux 12 (bookworm)`.
fn without_codename(system: &str) -> &str {
    system.split(" (").next().unwrap_or_default()
}

/// `Intel Xeon Gold 6338N` of `Intel(R) Xeon(R) Gold 6338N CPU @ 2.20GHz`.
fn short_model(model: &str) -> String {
    let name = model.split(" @ ").next().unwrap_or_default();
    let words = name.split_whitespace().filter(|word| !matches!(*word, "CPU" | "Processor"));
    words.collect::<Vec<_>>().join(" ").replace("(R)", "").replace("(TM)", "").replace("(tm)", "")
}

/// Its two largest units, none smaller than a minute: the strip is not written anew each second.
fn uptime(up: Duration) -> Message {
    let minutes = up.as_secs() / 60;
    let (hours, days) = (minutes / 60, minutes / 1_440);
    match (days, hours) {
        (0, 0) => Message::new("{n} min").with("n", minutes),
        (0, hours) => Message::new("{hours} h {minutes} min").with("hours", hours).with("minutes", minutes % 60),
        (days, hours) => Message::new("{days} d {hours} h").with("days", days).with("hours", hours % 24),
    }
}

/// How long since `since`, as one unit: `21 min`.
pub fn lasting(since: DateTime<Utc>, now: DateTime<Utc>) -> Message {
    let seconds = (now - since).num_seconds();
    match seconds {
        ..60 => Message::new("less than a minute"),
        60..3_600 => Message::new("{n} min").with("n", seconds / 60),
        3_600..86_400 => Message::new("{n} h").with("n", seconds / 3_600),
        _ => Message::new("{n} d").with("n", seconds / 86_400),
    }
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;

    use super::*;

    #[test]
    fn what_is_not_known_is_left_out() {
        assert_eq!(Known::default().facts(), []);
        let known = Known {
            system: "Debian GNU/Linux 12 (bookworm)".into(),
            load: [Some(3.384), None, Some(2.64)],
            cpu_model: "Intel(R) Xeon(R) Gold 6338N CPU @ 2.20GHz".into(),
            cores: Some(8),
            ..Known::default()
        };
        let say = |message: Option<Message>| message.map(|message| message.to_string()).unwrap_or_default();
        let facts = known.facts().into_iter().map(|fact| (fact.label, say(fact.value), say(fact.more)));
        let expected = [
            ("OS", "Debian GNU/Linux 12", ""),
            ("CPU", "8 cores", "Intel Xeon Gold 6338N"),
            ("Load, 1 5 15 min", "3.38", "2.64"),
        ];
        let expected = expected.map(|(label, value, more)| (label, value.to_owned(), more.to_owned()));
        assert_eq!(facts.collect::<Vec<_>>(), expected);
    }

    #[test]
    fn uptime_has_its_two_largest_units() {
        let said = |minutes: u64| uptime(Duration::from_secs(minutes * 60)).to_string();
        assert_eq!([said(18), said(125), said(41 * 1_440 + 360)], ["18 min", "2 h 5 min", "41 d 6 h"]);
    }

    #[test]
    fn how_long_is_one_unit() {
        let now = DateTime::<Utc>::UNIX_EPOCH + TimeDelta::days(40);
        let said = |since| lasting(since, now).to_string();
        assert_eq!(said(now - TimeDelta::seconds(21 * 60 + 40)), "21 min");
        assert_eq!(said(now - TimeDelta::hours(49)), "2 d");
        assert_eq!(said(now + TimeDelta::hours(1)), "less than a minute");
    }
}
