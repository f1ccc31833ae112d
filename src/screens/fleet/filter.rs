//! What the fleet's filter box, selects and column heads say: a question about machines. Pure.
//!
//! Words match name, address, system and groups; `group:db`, `status:up`, `label:env=prod`, `os:debian`, `disk>80` narrow.

use std::cmp::Ordering;

use serde::Deserialize;

use super::machine::Machine;
use crate::metrics::health::Level;

/// The query string of the fleet.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct FleetQuery {
    /// The filter box.
    pub q: String,
    /// A group's name; empty for all.
    pub group: String,
    /// `attention`, or a level's mark.
    pub status: String,
    /// A column; `-` before it turns the order round.
    pub sort: String,
    /// `table` or `map`.
    pub view: String,
    /// What the map is coloured by: `cpu`, `memory`, `disk` or `load`.
    pub by: String,
    /// How many rows are on the page already.
    pub after: usize,
}

/// What rows can be ordered by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Column {
    /// Worst first.
    Status,
    /// By name.
    Name,
    /// By first group.
    Group,
    /// By operating system.
    System,
    /// By load per core.
    Load,
    /// By processor time.
    Cpu,
    /// By memory.
    Memory,
    /// By the fullest filesystem.
    Disk,
    /// By the last answer.
    Seen,
}

impl Column {
    /// All of them, as the table has them.
    pub const ALL: [Self; 9] = [
        Self::Status,
        Self::Name,
        Self::Group,
        Self::System,
        Self::Load,
        Self::Cpu,
        Self::Memory,
        Self::Disk,
        Self::Seen,
    ];

    /// Its key in the query and its head in English.
    pub fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::Status => ("status", "Status"),
            Self::Name => ("name", "Name"),
            Self::Group => ("group", "Group"),
            Self::System => ("os", "OS"),
            Self::Load => ("load", "Load"),
            Self::Cpu => ("cpu", "CPU, last hour"),
            Self::Memory => ("memory", "Memory"),
            Self::Disk => ("disk", "Fullest disk"),
            Self::Seen => ("seen", "Last seen"),
        }
    }

    /// Whether its natural order begins with the largest.
    pub fn is_falling(self) -> bool {
        !matches!(self, Self::Name | Self::Group | Self::System)
    }

    fn compare(self, one: &Machine, other: &Machine) -> Ordering {
        // What is not known comes last.
        let falling = |one: Option<f64>, other: Option<f64>| match (one, other) {
            (Some(one), Some(other)) => other.total_cmp(&one),
            (one, other) => other.is_some().cmp(&one.is_some()),
        };
        match self {
            Self::Status => one.level.cmp(&other.level).then_with(|| falling(one.worst(), other.worst())),
            Self::Name => Ordering::Equal,
            Self::Group => one.groups.first().cmp(&other.groups.first()),
            Self::System => one.system.cmp(&other.system),
            Self::Load => falling(one.load_per_core(), other.load_per_core()),
            Self::Cpu => falling(one.vitals.cpu, other.vitals.cpu),
            Self::Memory => falling(one.vitals.memory, other.vitals.memory),
            Self::Disk => falling(one.disk(), other.disk()),
            Self::Seen => other.seen_at.cmp(&one.seen_at),
        }
        .then_with(|| one.name.cmp(&other.name))
    }
}

impl FleetQuery {
    /// The column and whether its natural order is turned round.
    pub fn order(&self) -> (Column, bool) {
        let (key, turned) = self.sort.strip_prefix('-').map_or((self.sort.as_str(), false), |key| (key, true));
        let column = Column::ALL.into_iter().find(|column| column.words().0 == key);
        (column.unwrap_or(Column::Status), turned)
    }

    /// Whether anything narrows the list.
    pub fn narrows(&self) -> bool {
        !(self.q.trim().is_empty() && self.group.is_empty() && self.status.is_empty())
    }

    /// Whether the map is shown instead of the table.
    pub fn is_map(&self) -> bool {
        self.view == "map"
    }

    /// The machines that are asked for, in the order that is asked for.
    pub fn answer(&self, machines: Vec<Machine>) -> Vec<Machine> {
        let words: Vec<Word> = self.q.split_whitespace().map(Word::read).collect();
        let mut found: Vec<Machine> = machines
            .into_iter()
            .filter(|machine| self.fits(machine) && words.iter().all(|word| word.fits(machine)))
            .collect();
        let (column, turned) = self.order();
        found.sort_by(|one, other| {
            let order = column.compare(one, other);
            if turned { order.reverse() } else { order }
        });
        found
    }

    fn fits(&self, machine: &Machine) -> bool {
        let group = self.group.is_empty() || machine.groups.contains(&self.group);
        group && (self.status.is_empty() || has_status(machine, &self.status))
    }

    /// The query string, with `sort` and `after` replaced.
    pub fn link(&self, sort: &str, after: usize) -> String {
        let mut pairs = vec![("q", self.q.trim()), ("group", &self.group), ("status", &self.status), ("sort", sort)];
        // What is so anyway is left out: an address is read and passed on.
        if self.is_map() {
            pairs.extend([("view", "map"), ("by", if self.by == "cpu" { "" } else { &self.by })]);
        }
        let after = after.to_string();
        if after != "0" {
            pairs.push(("after", &after));
        }
        pairs.retain(|(_, value)| !value.is_empty());
        serde_urlencoded::to_string(pairs).unwrap_or_default()
    }
}

fn has_status(machine: &Machine, status: &str) -> bool {
    match status {
        "attention" => machine.level.needs_attention(),
        mark => Level::ALL.iter().any(|level| level.dot() == mark && machine.level == *level),
    }
}

/// One word of the filter box, in small letters.
#[derive(Debug, PartialEq)]
enum Word {
    Text(String),
    Field(String, String),
    Above(String, f64),
    Below(String, f64),
}

impl Word {
    fn read(word: &str) -> Self {
        let word = word.to_lowercase();
        for (sign, make) in [('>', Self::Above as fn(String, f64) -> Self), ('<', Self::Below)] {
            if let Some((name, limit)) = word.split_once(sign)
                && let Ok(limit) = limit.trim_end_matches('%').parse()
            {
                return make(name.to_owned(), limit);
            }
        }
        match word.split_once(':') {
            Some((name @ ("group" | "status" | "label" | "os"), value)) => {
                Self::Field(name.to_owned(), value.to_owned())
            }
            _ => Self::Text(word),
        }
    }

    fn fits(&self, machine: &Machine) -> bool {
        let has = |text: &str, part: &str| text.to_lowercase().contains(part);
        match self {
            Self::Text(text) => {
                [&machine.name, &machine.address, &machine.system].into_iter().any(|field| has(field, text))
                    || machine.groups.iter().any(|group| has(group, text))
                    || machine.labels.iter().any(|label| has(label, text))
            }
            Self::Field(name, value) => match name.as_str() {
                "group" => machine.groups.iter().any(|group| group == value),
                "label" => machine.labels.iter().any(|label| has(label, value)),
                "os" => has(&machine.system, value),
                _ => has_status(machine, value) || has(machine.level.label(), value),
            },
            Self::Above(name, limit) => number(machine, name).is_some_and(|value| value > *limit),
            Self::Below(name, limit) => number(machine, name).is_some_and(|value| value < *limit),
        }
    }
}

fn number(machine: &Machine, name: &str) -> Option<f64> {
    match name {
        "cpu" => machine.vitals.cpu,
        "memory" | "mem" => machine.vitals.memory,
        "disk" => machine.disk(),
        "load" => machine.load,
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::screens::fleet::machine::tests::machine;

    fn names(query: &FleetQuery, machines: &[Machine]) -> Vec<String> {
        query.answer(machines.to_vec()).into_iter().map(|machine| machine.name).collect()
    }

    fn fleet() -> Vec<Machine> {
        let mut api = machine("api-1", "api", 99.0);
        api.level = Level::Critical;
        let mut gone = machine("web-2", "web", 0.0);
        gone.level = Level::Unreachable;
        gone.vitals.cpu = None;
        vec![machine("web-1", "web", 30.0), machine("db-1", "db", 50.0), gone, api]
    }

    fn asking(q: &str) -> FleetQuery {
        FleetQuery { q: q.to_owned(), ..FleetQuery::default() }
    }

    #[test]
    fn worst_comes_first_unless_asked_otherwise() {
        assert_eq!(names(&FleetQuery::default(), &fleet()), ["api-1", "web-2", "db-1", "web-1"]);
        let by_name = FleetQuery { sort: "-name".into(), ..FleetQuery::default() };
        assert_eq!(names(&by_name, &fleet()), ["web-2", "web-1", "db-1", "api-1"]);
        let by_cpu = FleetQuery { sort: "cpu".into(), ..FleetQuery::default() };
        assert_eq!(names(&by_cpu, &fleet()), ["api-1", "db-1", "web-1", "web-2"]);
    }

    #[test]
    fn words_signs_and_numbers_narrow_the_list_together() {
        assert_eq!(names(&asking("WEB"), &fleet()), ["web-2", "web-1"]);
        assert_eq!(names(&asking("group:web cpu<40"), &fleet()), ["web-1"]);
        assert_eq!(names(&asking("cpu>95%"), &fleet()), ["api-1"]);
        assert_eq!(names(&asking("status:crit"), &fleet()), ["api-1"]);
    }

    #[test]
    fn a_number_that_is_not_known_is_neither_high_nor_low() {
        assert!(names(&asking("web-2 cpu<50"), &fleet()).is_empty());
    }

    #[test]
    fn what_needs_attention_is_one_choice() {
        let query = FleetQuery { status: "attention".into(), ..FleetQuery::default() };
        assert_eq!(names(&query, &fleet()), ["api-1", "web-2"]);
    }

    #[test]
    fn a_link_keeps_what_was_asked_and_escapes_it() {
        let query = FleetQuery { q: "disk>80 &x".into(), group: "db".into(), ..FleetQuery::default() };
        assert_eq!(query.link("-cpu", 60), "q=disk%3E80+%26x&group=db&sort=-cpu&after=60");
    }
}
