//! One server of the fleet as its row, its bar and its tile need it. Plain values; asks nobody.

use chrono::{DateTime, Utc};

use crate::language::Message;
use crate::metrics::health::{Level, Vitals, mark};
use crate::models::ids::ServerId;
use crate::web::chart;
use crate::web::format;

/// The last hour of the three percentages, evenly spaced; a missing minute is a break.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct LastHour {
    /// Processors.
    pub cpu: Vec<Option<f64>>,
    /// Memory.
    pub memory: Vec<Option<f64>>,
    /// The fullest filesystem.
    pub disk: Vec<Option<f64>>,
}

/// One server.
#[derive(Debug, Clone, PartialEq)]
pub struct Machine {
    /// Its row.
    pub id: ServerId,
    /// Its name, which is safe in addresses and identifiers (`[a-z0-9.-]`).
    pub name: String,
    /// Where it is.
    pub address: String,
    /// Its groups, in the order of their names.
    pub groups: Vec<String>,
    /// Its labels: `env=prod`.
    pub labels: Vec<String>,
    /// `Rocky 9.4`; empty while not known.
    pub system: String,
    /// Processors; none while not known.
    pub cores: Option<u32>,
    /// How it is.
    pub level: Level,
    /// Why it needs attention.
    pub why: Option<Message>,
    /// Why it does not answer, in hannun's words, with the server's own inside.
    pub reason: Option<Message>,
    /// Its latest numbers.
    pub vitals: Vitals,
    /// Load average of a minute.
    pub load: Option<f64>,
    /// When it answered last.
    pub seen_at: Option<DateTime<Utc>>,
    /// Its last hour.
    pub hour: LastHour,
}

/// A percentage with its last hour and its bar.
#[derive(Debug, Clone, PartialEq)]
pub struct Gauge {
    /// `42`
    pub number: String,
    /// Its status mark.
    pub state: Option<&'static str>,
    /// The path of the last hour.
    pub spark: String,
    /// The width of the bar.
    pub width: String,
}

impl Gauge {
    /// A gauge of `percent`.
    pub fn new(percent: f64, hour: &[Option<f64>]) -> Self {
        Self {
            number: format!("{percent:.0}"),
            state: mark(percent),
            spark: chart::spark(hour),
            width: chart::bar(percent),
        }
    }
}

impl Machine {
    /// Whether its numbers are shown; otherwise its row says why there are none.
    pub fn answers(&self) -> bool {
        !matches!(self.level, Level::Unreachable | Level::Paused | Level::Unknown)
    }

    /// It answers, and its first numbers are still to come.
    pub fn is_young(&self) -> bool {
        self.answers() && self.vitals.cpu.is_none()
    }

    /// How full its fullest filesystem is.
    pub fn disk(&self) -> Option<f64> {
        self.vitals.disk.as_ref().map(|(_, percent)| *percent)
    }

    /// The highest of its percentages.
    pub fn worst(&self) -> Option<f64> {
        [self.vitals.cpu, self.vitals.memory, self.disk()].into_iter().flatten().max_by(f64::total_cmp)
    }

    /// How much of its processors the load would fill: comparable between servers.
    pub fn load_per_core(&self) -> Option<f64> {
        self.load.map(|load| load / f64::from(self.cores.unwrap_or(1).max(1)))
    }

    /// `3.38`
    pub fn load_text(&self) -> String {
        self.load.map(|load| format!("{load:.2}")).unwrap_or_default()
    }

    /// Its processors as a gauge.
    pub fn cpu_gauge(&self) -> Option<Gauge> {
        let gauge = |percent| Gauge { state: self.cpu_mark(percent), ..Gauge::new(percent, &self.hour.cpu) };
        self.vitals.cpu.map(gauge)
    }

    /// The mark of its processors: a burst alone is no reason to worry.
    fn cpu_mark(&self, percent: f64) -> Option<&'static str> {
        self.vitals.busy.and_then(|busy| mark(busy.min(percent)))
    }

    /// Its memory as a gauge.
    pub fn memory_gauge(&self) -> Option<Gauge> {
        self.vitals.memory.map(|percent| Gauge::new(percent, &self.hour.memory))
    }

    /// Its fullest filesystem as a gauge.
    pub fn disk_gauge(&self) -> Option<Gauge> {
        self.disk().map(|percent| Gauge::new(percent, &self.hour.disk))
    }

    /// The group it is shown under.
    pub fn first_group(&self) -> &str {
        self.groups.first().map_or("", String::as_str)
    }

    /// What its tile shows: the number asked for, as a percentage where there is one.
    pub fn tile(&self, by: &str) -> Tile {
        let percent = match by {
            "memory" => self.vitals.memory,
            "disk" => self.disk(),
            "load" => self.load_per_core().map(|share| share * 100.0),
            _ => self.vitals.cpu,
        };
        let percent = percent.filter(|_| self.answers());
        let over = percent.and_then(|percent| match by {
            "memory" | "disk" | "load" => mark(percent),
            _ => self.cpu_mark(percent),
        });
        let number = match by {
            "load" => percent.and(self.load).map(format::short),
            _ => percent.map(|percent| format!("{percent:.0}")),
        };
        let prefix = format!("{}-", self.first_group());
        Tile {
            label: self.name.strip_prefix(&prefix).unwrap_or(&self.name).to_owned(),
            number: number.unwrap_or_else(|| "–".to_owned()),
            heat: percent.filter(|_| over.is_none()).map_or(0, heat),
            state: if self.answers() { over } else { Some(self.level.dot()).filter(|dot| *dot != "none") },
        }
    }
}

/// One server on the map.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tile {
    /// Its name without what its group says already.
    pub label: String,
    /// Its number, or a dash.
    pub number: String,
    /// 0–4, the accent's heat up to the threshold.
    pub heat: u8,
    /// Its status colour, where that takes over.
    pub state: Option<&'static str>,
}

/// Five equal steps up to the threshold.
fn heat(percent: f64) -> u8 {
    let steps = [16.0, 32.0, 48.0, 64.0];
    steps.into_iter().map(|edge| u8::from(percent >= edge)).sum()
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    pub(in crate::screens::fleet) fn machine(name: &str, group: &str, cpu: f64) -> Machine {
        Machine {
            id: ServerId(1),
            name: name.to_owned(),
            address: "192.0.2.7".to_owned(),
            groups: vec![group.to_owned()],
            labels: Vec::new(),
            system: "Debian 12".to_owned(),
            cores: Some(4),
            level: Level::Up,
            why: None,
            reason: None,
            vitals: Vitals { cpu: Some(cpu), busy: Some(cpu), memory: Some(40.0), disk: Some(("/".to_owned(), 20.0)) },
            load: Some(1.0),
            seen_at: None,
            hour: LastHour::default(),
        }
    }

    #[test]
    fn a_tile_is_heat_below_the_threshold_and_status_above() {
        let tile = |cpu| machine("a", "g", cpu).tile("cpu");
        assert_eq!((tile(10.0).heat, tile(79.0).heat, tile(40.0).state), (0, 4, None));
        assert_eq!((tile(99.0).heat, tile(99.0).state), (0, Some("crit")));
        let mut burst = machine("a", "g", 99.0);
        burst.vitals.busy = Some(12.0);
        assert_eq!((burst.tile("cpu").heat, burst.tile("cpu").state), (4, None));
    }

    #[test]
    fn a_server_that_does_not_answer_shows_a_dash_not_its_last_number() {
        let mut gone = machine("a", "g", 40.0);
        gone.level = Level::Unreachable;
        assert_eq!(gone.tile("cpu"), Tile { label: "a".into(), number: "–".into(), heat: 0, state: Some("down") });
    }

    #[test]
    fn load_is_compared_by_core() {
        let mut large = machine("a", "g", 1.0);
        large.cores = Some(16);
        assert!(large.load_per_core() < machine("b", "g", 1.0).load_per_core());
    }
}
