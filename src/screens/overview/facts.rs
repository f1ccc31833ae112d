//! What a server is, in a strip of short facts. What is not known is left out, never "N/A". Pure.

use std::time::Duration;

use chrono::{DateTime, Utc};

use crate::screens::health::Level;
use crate::web::format;

/// One fact.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fact {
    /// In English.
    pub label: &'static str,
    /// The server's or our word for it.
    pub value: String,
    /// What stands small beside it.
    pub more: String,
    /// A level instead of a word.
    pub level: Option<Level>,
}

/// Everything that facts are made of.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Known {
    /// How it is, and for how long, in the reader's words.
    pub level: Option<(Level, String)>,
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
        let mut facts = Strip(Vec::new());
        if let Some((level, since)) = &self.level {
            facts.0.push(Fact { label: "Status", value: String::new(), more: since.clone(), level: Some(*level) });
        }
        if let Some((address, port)) = &self.address {
            facts.add("Address", address, &format!(":{port}"));
        }
        facts.add("OS", &self.system, &self.virtualisation);
        facts.add("Up", &self.up.map(format::duration).unwrap_or_default(), "");
        facts.add("Kernel", &self.kernel, &self.arch);
        facts.add("CPU cores", &self.cores.map(|cores| cores.to_string()).unwrap_or_default(), &self.cpu_model);
        let [one, five, fifteen] = self.load.map(|load| load.map(|load| format!("{load:.2}")));
        let more: Vec<String> = [five, fifteen].into_iter().flatten().collect();
        facts.add("Load, 1 5 15 min", &one.unwrap_or_default(), &more.join(" "));
        let swap = self.swap.filter(|swap| *swap > 0).map(|swap| format!("+ {} swap", format::bytes(swap)));
        facts.add("Memory", &self.memory.map(format::bytes).unwrap_or_default(), &swap.unwrap_or_default());
        facts.add("Time zone", &self.time_zone, "");
        facts.add(
            "SSH round trip",
            &self.round_trip.map(|ms| format!("{} ms", format::short(ms))).unwrap_or_default(),
            "",
        );
        facts.0
    }
}

struct Strip(Vec<Fact>);

impl Strip {
    fn add(&mut self, label: &'static str, value: &str, more: &str) {
        if !value.is_empty() {
            self.0.push(Fact { label, value: value.to_owned(), more: more.to_owned(), level: None });
        }
    }
}

/// How long since `since`, as one unit: `21 min`.
pub fn lasting(since: DateTime<Utc>, now: DateTime<Utc>) -> String {
    let seconds = u64::try_from((now - since).num_seconds()).unwrap_or_default();
    let rounded = match seconds {
        0..60 => seconds,
        60..3_600 => seconds / 60 * 60,
        3_600..86_400 => seconds / 3_600 * 3_600,
        _ => seconds / 86_400 * 86_400,
    };
    format::duration(Duration::from_secs(rounded.max(1)))
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;

    use super::*;

    #[test]
    fn what_is_not_known_is_left_out() {
        assert_eq!(Known::default().facts(), []);
        let known =
            Known { system: "Rocky Linux 9.4".into(), load: [Some(3.384), None, Some(2.64)], ..Known::default() };
        let facts: Vec<_> = known.facts().into_iter().map(|fact| (fact.label, fact.value, fact.more)).collect();
        assert_eq!(
            facts,
            [
                ("OS", "Rocky Linux 9.4".to_owned(), String::new()),
                ("Load, 1 5 15 min", "3.38".to_owned(), "2.64".to_owned())
            ]
        );
    }

    #[test]
    fn how_long_is_one_unit() {
        let now = DateTime::<Utc>::UNIX_EPOCH + TimeDelta::days(40);
        assert_eq!(lasting(now - TimeDelta::seconds(21 * 60 + 40), now), "21 min");
        assert_eq!(lasting(now - TimeDelta::hours(49), now), "2 d");
        assert_eq!(lasting(now + TimeDelta::hours(1), now), "1 s");
    }
}
