//! What the toolbar and the column heads of the services say. Pure.

use serde::Deserialize;

use crate::commands::services::{Kind, Service, ServiceName, State};

/// Rows that one answer holds at most.
pub const MOST_ROWS: usize = 1000;

/// The query string.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct ServiceQuery {
    /// `timers`, or services.
    pub show: String,
    /// Words that must be in the name or the description.
    pub q: String,
    /// A state, `all`, or what is in use.
    pub state: String,
    /// A column; `-` before it turns the order round.
    pub sort: String,
    /// The one that is open.
    pub unit: String,
}

/// What rows can be ordered by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Column {
    /// By name.
    Name,
    /// By state, what failed first.
    State,
    /// By how long it is so, the latest first.
    Since,
    /// By memory.
    Memory,
    /// By whether it starts with the server.
    AtBoot,
    /// By what a timer starts.
    Starts,
    /// By when a timer starts it next.
    Next,
    /// By when it did last.
    Last,
}

impl Column {
    /// Those of services.
    pub const SERVICES: [Self; 5] = [Self::Name, Self::State, Self::Since, Self::Memory, Self::AtBoot];
    /// Those of timers.
    pub const TIMERS: [Self; 6] = [Self::Name, Self::State, Self::Next, Self::Last, Self::Starts, Self::AtBoot];

    /// Its key in the query and its head in English.
    pub fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::Name => ("name", "Name"),
            Self::State => ("state", "State"),
            Self::Since => ("since", "Since"),
            Self::Memory => ("memory", "Memory"),
            Self::AtBoot => ("boot", "At boot"),
            Self::Starts => ("starts", "Starts"),
            Self::Next => ("next", "Next run"),
            Self::Last => ("last", "Last run"),
        }
    }
}

impl ServiceQuery {
    /// Whether timers are shown.
    pub fn is_about_timers(&self) -> bool {
        self.show == "timers"
    }

    /// The columns that are shown.
    pub fn columns(&self) -> &'static [Column] {
        if self.is_about_timers() { &Column::TIMERS } else { &Column::SERVICES }
    }

    /// The column and whether its order is turned round.
    pub fn order(&self) -> (Column, bool) {
        let (key, turned) = self.sort.strip_prefix('-').map_or((self.sort.as_str(), false), |key| (key, true));
        let column = self.columns().iter().copied().find(|column| column.words().0 == key);
        (column.unwrap_or(Column::State), turned)
    }

    /// The service that is open, if that can be one.
    pub fn unit(&self) -> Option<ServiceName> {
        ServiceName::read(&self.unit)
    }

    /// Whether anything narrows the list.
    pub fn narrows(&self) -> bool {
        !(self.q.trim().is_empty() && self.state.is_empty())
    }

    /// Whether it is of the kind that is shown.
    pub fn is_of_its_kind(&self, service: &Service) -> bool {
        (service.kind == Kind::Timer) == self.is_about_timers()
    }

    /// Whether it is asked for `service`, which is of its kind.
    pub fn fits(&self, service: &Service) -> bool {
        let words = || self.q.split_whitespace().map(str::to_lowercase);
        let texts = [service.name.to_lowercase(), service.description.to_lowercase()];
        let state = match self.state.as_str() {
            // What neither runs nor could be made to run with the server is there for others only.
            "" => words().next().is_some() || service.state != State::Inactive || service.is_enabled().is_some(),
            "all" => true,
            state => service.state.name() == state,
        };
        state && words().all(|word| texts.iter().any(|text| text.contains(&word)))
    }

    /// The query string as it is, without the open service.
    pub fn here(&self) -> String {
        self.link(&[])
    }

    /// The query string with other values, without the open service.
    pub fn link(&self, other: &[(&str, &str)]) -> String {
        let own = [("show", &*self.show), ("q", self.q.trim()), ("state", &*self.state), ("sort", &*self.sort)];
        let own = own.into_iter().filter(|(name, _)| !other.iter().any(|(replaced, _)| replaced == name));
        let pairs = own.chain(other.iter().copied()).filter(|(_, value)| !value.is_empty());
        serde_urlencoded::to_string(pairs.collect::<Vec<_>>()).unwrap_or_default()
    }
}

/// The query string of the page with a service open: `unit=ssh.service`.
pub fn open(unit: &str) -> String {
    ServiceQuery::default().link(&[("unit", unit)])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_there_for_others_only_is_left_out_until_it_is_asked_for() {
        let service = |state, at_boot: &str| Service { state, at_boot: at_boot.into(), ..Service::default() };
        let query = |state: &str| ServiceQuery { state: state.into(), ..ServiceQuery::default() };
        let idle = service(State::Inactive, "static");
        assert!(!query("").fits(&idle) && query("all").fits(&idle) && query("inactive").fits(&idle));
        assert!(query("").fits(&service(State::Inactive, "disabled")));
        assert!(query("").fits(&service(State::Failed, "static")) && !query("active").fits(&idle));
    }

    #[test]
    fn a_link_to_a_name_with_backslashes_is_read_back_as_it_is() {
        let link = ServiceQuery::default().link(&[("unit", "odd@a\\x20b.service")]);
        let query: ServiceQuery = serde_urlencoded::from_str(&link).unwrap();
        assert_eq!(query.unit().unwrap().as_str(), "odd@a\\x20b.service", "{link}");
    }
}
