//! The list of processes as its table shows it: filtered, ordered, cut, as a list or a tree. Shapes; asks nobody.

use std::cmp::{Ordering, Reverse};
use std::collections::BTreeMap;
use std::time::Duration;

use super::missing_ports::MissingPorts;
use super::query::{Column, MOST_ROWS, ProcessQuery, ROWS, State};
use super::tree::tree;
use crate::commands::processes::Process;
use crate::language::Message;
use crate::metrics::ports::Ports;
use crate::metrics::running::Running;
use crate::web::format;

/// Ports in one row.
const MOST_PORTS: usize = 3;
/// Users to choose from, at most.
const MOST_USERS: usize = 100;
/// Deeper than this in a tree, rows no longer move to the side.
const DEEPEST: usize = 24;

/// One process in the table. User and command are the server's own text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProcessRow {
    /// Its number.
    pub pid: u32,
    /// The query that opens it.
    pub link: String,
    /// Who it runs as.
    pub user: String,
    /// Processor time, percent of one core.
    pub cpu: String,
    /// Memory in use.
    pub memory: String,
    /// The same as percent of what is installed.
    pub memory_percent: String,
    /// How many threads it has.
    pub threads: String,
    /// What it does, in English.
    pub state: &'static str,
    /// Whether somebody should look at that.
    pub is_odd: bool,
    /// How long it has run.
    pub age: String,
    /// The ports at which it listens, the first of many: `80, 443 + 2`.
    pub ports: String,
    /// All of them.
    pub all_ports: String,
    /// Its command line.
    pub command: String,
    /// The lines that lead to it in a tree.
    pub lines: String,
    /// It is there only because something below it fits the filter.
    pub is_way: bool,
    /// It is the one that is open.
    pub is_open: bool,
}

/// One column head.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Head {
    /// In English.
    pub label: &'static str,
    /// The query that sorts by it, or turns its order round.
    pub link: String,
    /// `aria-sort`
    pub order: Option<&'static str>,
    /// Its cells are numbers.
    pub is_number: bool,
}

/// The table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProcessTable {
    /// `/servers/web-1/processes`
    pub path: String,
    /// The column heads.
    pub heads: Vec<Head>,
    /// The rows of this answer.
    pub rows: Vec<ProcessRow>,
    /// `312 processes`
    pub count: Message,
    /// `100 of 312 shown`
    pub shown: Message,
    /// How many rows are shown with this answer.
    pub end: usize,
    /// What brings the next rows in place: the query for htmx, and the one for a page of its own.
    pub more: Option<(String, String)>,
    /// More are shown than one answer holds: the list no longer renews itself.
    pub is_too_long: bool,
    /// Every user with how many processes run as them, the busiest first.
    pub users: Vec<(String, usize)>,
    /// Processor time is that of whole lives, not of now.
    pub is_average: bool,
    /// That changes with the next reading.
    pub is_first: bool,
    /// Why ports are missing.
    pub missing_ports: Option<MissingPorts>,
    /// Nothing fits the filter.
    pub nothing: Option<Message>,
}

impl ProcessTable {
    /// What `query` asks of what runs on `server`, and of where that listens, as far as it is known.
    pub fn new(running: &Running, ports: Option<&Ports>, query: &ProcessQuery, server: &str) -> Self {
        let processes = &running.list.processes;
        let words = query.words();
        let mut order: Vec<usize> = (0..processes.len()).collect();
        let sorting = Sorting::new(running, ports, query);
        order.sort_by(|one, other| sorting.compare(processes.get(*one), processes.get(*other)));
        let fits = |index: usize| processes.get(index).is_some_and(|process| query.fits(process, &words));
        let places: Vec<(usize, usize, bool)> = if query.is_tree() {
            let parents: Vec<(u32, u32)> = processes.iter().map(|process| (process.pid, process.parent)).collect();
            tree(&parents, &order, fits).into_iter().map(|place| (place.index, place.depth, place.is_way)).collect()
        } else {
            order.into_iter().filter(|index| fits(*index)).map(|index| (index, 0, false)).collect()
        };
        let total = places.len();
        // What is never listed is not counted either.
        let counted = processes.iter().filter(|process| query.lists(process)).count();
        let end = if query.after > 0 { query.after.saturating_add(2 * ROWS) } else { query.wanted() }.min(total);
        let cells = places.get(query.after.min(end)..end).unwrap_or_default();
        let rows = cells
            .iter()
            .filter_map(|(index, depth, is_way)| {
                let process = processes.get(*index)?;
                let seen = running.list.started(process).map(|started| started.to_string()).unwrap_or_default();
                let row = row(process, &seen, (sorting.cpu(process), sorting.ports(process)), query);
                Some(ProcessRow { lines: lines(*depth), is_way: *is_way, ..row })
            })
            .collect();
        let more = (end < total).then(|| {
            let after = query.link(&[("after", &end.to_string())]);
            (after, query.link(&[("rows", &(end + 2 * ROWS).to_string())]))
        });
        let nothing =
            (total == 0).then(|| Message::new("No process matches “{filter}”").with("filter", describe(query)));
        Self {
            path: format!("/servers/{server}/processes"),
            heads: heads(query, running.usage.is_none()),
            rows,
            count: Message::new("{n} processes").with("n", counted),
            shown: Message::new("{shown} of {total} shown").with("shown", end).with("total", total),
            end,
            more,
            is_too_long: end > MOST_ROWS,
            users: users(processes),
            is_average: running.usage.is_none(),
            is_first: running.is_first,
            missing_ports: ports.and_then(MissingPorts::of),
            nothing,
        }
    }
}

/// How two processes stand to each other.
struct Sorting<'r> {
    running: &'r Running,
    ports: Option<&'r Ports>,
    column: Column,
    turned: bool,
}

impl<'r> Sorting<'r> {
    fn new(running: &'r Running, ports: Option<&'r Ports>, query: &ProcessQuery) -> Self {
        let (column, turned) = query.order();
        Self { running, ports, column, turned }
    }

    fn ports(&self, process: &Process) -> &'r [u16] {
        self.ports.map(|ports| ports.of(process)).unwrap_or_default()
    }

    fn cpu(&self, process: &Process) -> Option<f64> {
        match &self.running.usage {
            Some(usage) => usage.get(&process.pid).copied(),
            None => process.average_cpu_percent,
        }
    }

    fn compare(&self, one: Option<&Process>, other: Option<&Process>) -> Ordering {
        let (Some(one), Some(other)) = (one, other) else { return Ordering::Equal };
        // What is not known counts as nothing.
        let falling = |one: Option<f64>, other: Option<f64>| other.unwrap_or(-1.0).total_cmp(&one.unwrap_or(-1.0));
        let order = match self.column {
            Column::Pid => one.pid.cmp(&other.pid),
            Column::User => one.user.cmp(&other.user),
            Column::Cpu => {
                falling(self.cpu(one), self.cpu(other)).then_with(|| other.resident_bytes.cmp(&one.resident_bytes))
            }
            Column::Memory => other.resident_bytes.cmp(&one.resident_bytes),
            Column::Threads => other.threads.cmp(&one.threads),
            Column::State => State::of(&one.state).cmp(&State::of(&other.state)),
            Column::Age => one.running_seconds.cmp(&other.running_seconds),
            Column::Ports => {
                let ports = |process| (self.ports(process).is_empty(), self.ports(process));
                ports(one).cmp(&ports(other))
            }
            Column::Command => one.command.cmp(&other.command),
        };
        let order = if self.turned { order.reverse() } else { order };
        order.then_with(|| one.pid.cmp(&other.pid))
    }
}

fn row(process: &Process, seen: &str, (cpu, ports): (Option<f64>, &[u16]), query: &ProcessQuery) -> ProcessRow {
    let joined = |ports: &[u16]| ports.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
    let (shown, left) = ports.split_at(ports.len().min(MOST_PORTS));
    let more = if left.is_empty() { String::new() } else { format!(" + {}", left.len()) };
    let state = State::of(&process.state);
    let percent = |value: Option<f64>| value.map(|value| format!("{value:.1}")).unwrap_or_default();
    ProcessRow {
        pid: process.pid,
        link: query.link(&[("pid", &process.pid.to_string()), ("seen", seen)]),
        user: process.user.clone(),
        cpu: percent(cpu),
        memory: process.resident_bytes.map(format::bytes).unwrap_or_default(),
        memory_percent: percent(process.memory_percent),
        threads: process.threads.map(|threads| threads.to_string()).unwrap_or_default(),
        state: state.words().1,
        is_odd: matches!(state, State::Zombie | State::Stopped | State::Blocked),
        age: process.running_seconds.map(age).unwrap_or_default(),
        ports: joined(shown) + &more,
        all_ports: joined(ports),
        command: if process.is_kernel { format!("[{}]", process.name) } else { process.command.clone() },
        lines: String::new(),
        is_way: false,
        is_open: query.pid() == Some(process.pid),
    }
}

/// The way to a place in the tree: only its last sign is one that fonts do not agree about the width of.
fn lines(depth: usize) -> String {
    if depth == 0 { String::new() } else { format!("{}└ ", "   ".repeat(depth.min(DEEPEST) - 1)) }
}

fn age(seconds: u64) -> String {
    if seconds == 0 { "0 s".to_owned() } else { format::duration(Duration::from_secs(seconds)) }
}

fn heads(query: &ProcessQuery, is_average: bool) -> Vec<Head> {
    let (current, turned) = query.order();
    let head = |column: Column| {
        let (key, label) = column.words();
        let is_current = column == current;
        let falling = column.is_falling() != turned;
        let sort = if is_current && !turned { format!("-{key}") } else { key.to_owned() };
        Head {
            label: if column == Column::Cpu && is_average { "CPU, average" } else { label },
            link: query.link(&[("sort", &sort)]),
            order: is_current.then_some(if falling { "descending" } else { "ascending" }),
            is_number: column.is_number(),
        }
    };
    Column::ALL.into_iter().map(head).collect()
}

fn users(processes: &[Process]) -> Vec<(String, usize)> {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for process in processes {
        *counts.entry(&process.user).or_default() += 1;
    }
    let mut users: Vec<(String, usize)> = counts.into_iter().map(|(user, count)| (user.to_owned(), count)).collect();
    users.sort_by_key(|(_, count)| Reverse(*count));
    users.truncate(MOST_USERS);
    users
}

/// The filter as the person gave it.
fn describe(query: &ProcessQuery) -> String {
    let parts = [query.q.trim(), &query.user, &query.state];
    parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::commands::processes::ProcessList;

    fn running(count: u32) -> Running {
        let process = |pid: u32| Process {
            pid,
            parent: u32::from(pid > 1),
            user: if pid.is_multiple_of(3) { "www".into() } else { "root".into() },
            command: format!("program {pid}"),
            started_at: Some(pid.to_string()),
            state: "S".into(),
            ..Process::default()
        };
        let usage = (1..=count).map(|pid| (pid, f64::from(pid % 7))).collect();
        let processes = (1..=count).map(process).collect();
        let list = ProcessList { processes, boot: "b-1".into(), ..ProcessList::default() };
        Running { list, usage: Some(usage), is_first: false }
    }

    fn pids(table: &ProcessTable) -> Vec<u32> {
        table.rows.iter().map(|row| row.pid).collect()
    }

    #[test]
    fn the_busiest_come_first_unless_a_column_was_chosen() {
        let table = |sort: &str| {
            let query = ProcessQuery { sort: sort.into(), ..ProcessQuery::default() };
            pids(&ProcessTable::new(&running(8), None, &query, "web-1"))
        };
        assert_eq!(table("")[..3], [6, 5, 4]);
        assert_eq!(table("-pid")[..3], [8, 7, 6]);
        assert_eq!(table("user")[..3], [1, 2, 4]);
        assert_eq!(table("nonsense")[..3], [6, 5, 4]);
    }

    #[test]
    fn five_thousand_processes_come_in_bounded_answers_each_once() {
        let running = running(5000);
        let mut query = ProcessQuery { sort: "pid".into(), ..ProcessQuery::default() };
        let mut seen = Vec::new();
        loop {
            let table = ProcessTable::new(&running, None, &query, "web-1");
            assert!(table.rows.len() <= 2 * ROWS);
            seen.extend(pids(&table));
            if table.more.is_none() {
                break;
            }
            query.after = table.end;
        }
        assert_eq!(seen, (1..=5000).collect::<Vec<_>>());
        let all = ProcessQuery { rows: 5000, ..ProcessQuery::default() };
        assert_eq!(ProcessTable::new(&running, None, &all, "web-1").rows.len(), MOST_ROWS);
    }

    #[test]
    fn a_row_opens_the_process_that_was_seen_in_the_boot_it_was_seen_in() {
        let query = ProcessQuery { q: "program".into(), ..ProcessQuery::default() };
        let table = ProcessTable::new(&running(3), None, &query, "web-1");
        assert_eq!(table.rows[0].link, "q=program&pid=3&seen=3%40b-1");
        let query = ProcessQuery { q: "nothing".into(), ..ProcessQuery::default() };
        let table = ProcessTable::new(&running(3), None, &query, "web-1");
        assert_eq!(table.nothing.unwrap().to_string(), "No process matches “nothing”");
        assert_eq!(table.users, [("root".to_owned(), 2), ("www".to_owned(), 1)]);
    }

    #[test]
    fn in_a_tree_what_leads_to_a_match_stands_there_too() {
        let query = ProcessQuery { q: "7".into(), view: "tree".into(), ..ProcessQuery::default() };
        let table = ProcessTable::new(&running(8), None, &query, "web-1");
        let told: Vec<_> = table.rows.iter().map(|row| (row.lines.as_str(), row.pid, row.is_way)).collect();
        assert_eq!(told, [("", 1, true), ("└ ", 7, false)]);
    }
}
