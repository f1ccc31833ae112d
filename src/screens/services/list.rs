//! Services and timers as their table shows them. Shapes; asks nobody.

use std::cmp::{Ordering, Reverse};

use chrono::{DateTime, Utc};
use chrono_tz::Tz;

use super::query::{Column, MOST_ROWS, ServiceQuery};
use crate::commands::services::{Service, ServiceList, State};
use crate::language::Message;
use crate::screens::processes::list::Head;
use crate::web::format;

/// One row. Name and description are the server's own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServiceRow {
    /// What was told.
    pub service: Service,
    /// The query that opens it.
    pub link: String,
    /// Its memory as people read it.
    pub memory: String,
    /// It is the one that is open.
    pub is_open: bool,
}

/// The table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServiceTable {
    /// The column heads.
    pub heads: Vec<Head>,
    /// The rows.
    pub rows: Vec<ServiceRow>,
    /// `48 services`
    pub count: Message,
    /// `2 failed`
    pub failed: Option<Message>,
    /// `12 of 48 shown`
    pub shown: Message,
    /// Nothing is there, or nothing fits the filter.
    pub nothing: Option<Message>,
}

/// The dot of a state.
pub fn dot(state: &State) -> &'static str {
    match state {
        State::Failed => "crit",
        State::Starting | State::Stopping => "run",
        State::Active => "up",
        State::Inactive => "paused",
        State::Unknown => "none",
    }
}

/// Whether something starts with the server, in English words of ours where the tool's word is known.
pub fn at_boot(service: &Service) -> Message {
    match service.at_boot.as_str() {
        "enabled" => Message::new("yes"),
        "enabled-runtime" => Message::new("until the next boot"),
        "disabled" => Message::new("no"),
        "static" | "indirect" => Message::new("when it is needed"),
        "masked" | "masked-runtime" => Message::new("never, it is masked"),
        "generated" => Message::new("generated"),
        "transient" => Message::new("made while running"),
        other => Message::heard(other),
    }
}

/// A time of the calendar, in the reader's zone.
pub fn moment(at: &DateTime<Utc>, zone: &Tz) -> String {
    at.with_timezone(zone).format("%Y-%m-%d %H:%M:%S").to_string()
}

impl ServiceTable {
    /// What `query` asks of `list`.
    pub fn new(list: ServiceList, query: &ServiceQuery) -> Self {
        let of_its_kind: Vec<Service> =
            list.services.into_iter().filter(|service| query.is_of_its_kind(service)).collect();
        let all = of_its_kind.len();
        let failed = of_its_kind.iter().filter(|service| service.state == State::Failed).count();
        let mut found: Vec<Service> = of_its_kind.into_iter().filter(|service| query.fits(service)).collect();
        let (column, turned) = query.order();
        found.sort_by(|one, other| {
            let order = compare(column, one, other);
            let order = if turned { order.reverse() } else { order };
            order.then_with(|| one.name.cmp(&other.name))
        });
        found.truncate(MOST_ROWS);
        let end = found.len();
        let count = if query.is_about_timers() { "{n} timers" } else { "{n} services" };
        let rows = found.into_iter().map(|service| ServiceRow {
            link: query.link(&[("unit", &service.name)]),
            memory: service.memory_bytes.map(format::bytes).unwrap_or_default(),
            is_open: service.name == query.unit,
            service,
        });
        Self {
            heads: heads(query),
            rows: rows.collect(),
            count: Message::new(count).with("n", all),
            failed: (failed > 0).then(|| Message::new("{n} failed").with("n", failed)),
            shown: Message::new("{shown} of {total} shown").with("shown", end).with("total", all),
            nothing: (end == 0).then(|| nothing(query, all)),
        }
    }
}

fn nothing(query: &ServiceQuery, all: usize) -> Message {
    match (all, query.is_about_timers()) {
        (0, true) => Message::new("The server has no timers"),
        (0, false) => Message::new("The server has no services"),
        _ => {
            let parts = [query.q.trim(), &query.state].into_iter().filter(|part| !part.is_empty());
            Message::new("No service matches “{filter}”").with("filter", parts.collect::<Vec<_>>().join(", "))
        }
    }
}

fn compare(column: Column, one: &Service, other: &Service) -> Ordering {
    match column {
        Column::Name => Ordering::Equal,
        Column::State => one.state.cmp(&other.state),
        Column::Since => Reverse(one.since).cmp(&Reverse(other.since)),
        Column::Memory => Reverse(one.memory_bytes).cmp(&Reverse(other.memory_bytes)),
        Column::AtBoot => one.at_boot.cmp(&other.at_boot),
        Column::Starts => one.starts.cmp(&other.starts),
        // What is not known comes last.
        Column::Next => (one.next.is_none(), one.next).cmp(&(other.next.is_none(), other.next)),
        Column::Last => Reverse(one.last).cmp(&Reverse(other.last)),
    }
}

fn heads(query: &ServiceQuery) -> Vec<Head> {
    let (current, turned) = query.order();
    let head = |column: &Column| {
        let (key, label) = column.words();
        let is_current = *column == current;
        let sort = if is_current && !turned { format!("-{key}") } else { key.to_owned() };
        Head {
            label,
            link: query.link(&[("sort", &sort)]),
            order: is_current.then_some(if turned { "descending" } else { "ascending" }),
            is_number: *column == Column::Memory,
        }
    };
    query.columns().iter().map(head).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(query: &ServiceQuery) -> ServiceTable {
        let service = |name: &str, state, memory| Service {
            name: name.into(),
            state,
            memory_bytes: Some(memory),
            at_boot: "enabled".into(),
            ..Service::default()
        };
        let services = vec![
            service("b.service", State::Active, 10),
            service("a.service", State::Active, 30),
            service("z.service", State::Failed, 1),
            Service { at_boot: "static".into(), ..service("idle.service", State::Inactive, 0) },
        ];
        ServiceTable::new(ServiceList { services }, query)
    }

    fn names(table: &ServiceTable) -> Vec<&str> {
        table.rows.iter().map(|row| row.service.name.as_str()).collect()
    }

    #[test]
    fn what_failed_comes_first_and_is_counted() {
        let found = table(&ServiceQuery::default());
        assert_eq!(names(&found), ["z.service", "a.service", "b.service"]);
        assert_eq!(found.failed.unwrap().to_string(), "1 failed");
        assert_eq!(found.count.to_string(), "4 services");
    }

    #[test]
    fn a_column_orders_and_turns_round() {
        let sorted = |sort: &str| {
            let query = ServiceQuery { sort: sort.into(), state: "active".into(), ..ServiceQuery::default() };
            names(&table(&query)).join(" ")
        };
        assert_eq!(sorted("memory"), "a.service b.service");
        assert_eq!(sorted("-memory"), "b.service a.service");
    }

    #[test]
    fn nothing_is_said_to_be_nothing() {
        let query = ServiceQuery { q: "nginx".into(), ..ServiceQuery::default() };
        assert_eq!(table(&query).nothing.unwrap().to_string(), "No service matches “nginx”");
        let query = ServiceQuery { show: "timers".into(), ..ServiceQuery::default() };
        assert_eq!(table(&query).nothing.unwrap().to_string(), "The server has no timers");
    }
}
