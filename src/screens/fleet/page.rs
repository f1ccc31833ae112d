//! The fleet as its page shows it: tally, strip, table or map. Shapes machines; asks nobody.

use askama::Template;

use super::filter::{Column, FleetQuery};
use super::machine::{Machine, Tile};
use crate::language::{Language, Message};
use crate::metrics::health::Level;
use crate::models::actor::Role;
use crate::web::chart::spectrum::{self, Group};
use crate::web::filters;
use crate::web::format;

/// Rows on a page before the next ones are asked for.
const ROWS: usize = 60;

/// What the map can be coloured by.
const COLOURS: [(&str, &str); 4] = [("cpu", "CPU"), ("memory", "Memory"), ("disk", "Disk"), ("load", "Load")];

/// How many servers are how.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tally {
    /// All that the reader may know of.
    pub total: usize,
    /// Those that a person should look at.
    pub attention: usize,
    /// Each level that the page counts.
    pub levels: Vec<(Level, usize)>,
    /// The strip in words.
    pub spoken: Message,
}

impl Tally {
    /// Counts `machines`.
    pub fn of(machines: &[Machine]) -> Self {
        let count = |level: Level| machines.iter().filter(|machine| machine.level == level).count();
        let shown = [Level::Up, Level::Critical, Level::Unreachable, Level::Warning, Level::Paused, Level::Unknown];
        // Servers that were not asked yet are a short phase, so they are counted only while there are some.
        let levels: Vec<(Level, usize)> = (shown.into_iter().map(|level| (level, count(level))))
            .filter(|(level, count)| *level != Level::Unknown || *count > 0)
            .collect();
        let spoken = Message::new("CPU now on {n} servers, one bar each, grouped: {critical} critical, {warning} warning, {unreachable} unreachable, {paused} paused")
            .with("n", machines.len())
            .with("critical", count(Level::Critical))
            .with("warning", count(Level::Warning))
            .with("unreachable", count(Level::Unreachable))
            .with("paused", count(Level::Paused));
        let attention = machines.iter().filter(|machine| machine.level.needs_attention()).count();
        Self { total: machines.len(), attention, levels, spoken }
    }
}

/// The strip over the table.
pub fn strip(machines: &[Machine], language: Language) -> Vec<Group> {
    let level = |machine: &Machine| spectrum::Level {
        title: match machine.vitals.cpu.filter(|_| machine.answers()) {
            Some(cpu) => format!("{}: {}", machine.name, format::percent(cpu)),
            None => format!("{}: {}", machine.name, language.translate(machine.level.label())),
        },
        percent: machine.vitals.cpu.filter(|_| machine.answers()),
        state: match machine.level.dot() {
            "none" => "paused",
            // Well, but its first number is still to come: grey, or it would look busy.
            "up" if machine.vitals.cpu.is_none() => "paused",
            dot => dot,
        },
    };
    let grouped = by_group(machines).into_iter();
    spectrum::spectrum(
        grouped.map(|(name, machines)| (name.to_owned(), machines.into_iter().map(level).collect())).collect(),
    )
}

/// Machines under their first group, groups and servers by name, so that every one keeps its place; no group comes last.
fn by_group(machines: &[Machine]) -> Vec<(&str, Vec<&Machine>)> {
    let mut sorted: Vec<&Machine> = machines.iter().collect();
    sorted.sort_by_key(|machine| (machine.groups.is_empty(), machine.first_group(), &machine.name));
    let mut groups: Vec<(&str, Vec<&Machine>)> = Vec::new();
    for machine in sorted {
        match groups.last_mut() {
            Some((name, members)) if *name == machine.first_group() => members.push(machine),
            _ => groups.push((machine.first_group(), vec![machine])),
        }
    }
    groups
}

/// One group on the map.
#[derive(Debug, Clone, PartialEq)]
pub struct MapGroup {
    /// Its name; empty for servers without one.
    pub name: String,
    /// `24 servers`
    pub count: Message,
    /// Its servers.
    pub tiles: Vec<(Machine, Tile)>,
}

/// The map of `machines`, coloured `by` one of their numbers.
pub fn map(machines: &[Machine], by: &str) -> Vec<MapGroup> {
    let group = |(name, machines): (&str, Vec<&Machine>)| MapGroup {
        name: name.to_owned(),
        count: Message::new(if machines.len() == 1 { "{n} server" } else { "{n} servers" }).with("n", machines.len()),
        tiles: machines.into_iter().map(|machine| (machine.clone(), machine.tile(by))).collect(),
    };
    by_group(machines).into_iter().map(group).collect()
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

fn heads(query: &FleetQuery) -> Vec<Head> {
    let (current, turned) = query.order();
    let head = |column: Column| {
        let (key, label) = column.words();
        let is_current = column == current;
        let falling = column.is_falling() != turned;
        let sort = if is_current && !turned { format!("-{key}") } else { key.to_owned() };
        Head {
            label,
            link: query.link(&sort, 0),
            order: is_current.then_some(if falling { "descending" } else { "ascending" }),
            is_number: matches!(column, Column::Load | Column::Seen),
        }
    };
    Column::ALL.into_iter().map(head).collect()
}

/// The list of the fleet as its query asks for it: rows or a map.
#[derive(Debug)]
pub struct FleetList {
    /// What was asked.
    pub query: FleetQuery,
    /// How many servers fit the query.
    pub found: usize,
    /// What is said where none does.
    pub nothing: Message,
    /// The rows of this page.
    pub rows: Vec<Machine>,
    /// The query of the next rows, and how far we are.
    pub more: Option<(String, Message)>,
    /// The map, where that is shown.
    pub map: Vec<MapGroup>,
    /// The column heads.
    pub heads: Vec<Head>,
    /// Whether rows can be chosen, for a command that is run on them.
    pub can_choose: bool,
}

impl FleetList {
    /// Those of `machines` that `query` asks for.
    pub fn new(machines: Vec<Machine>, query: FleetQuery, can_choose: bool) -> Self {
        let nothing = Message::new("No server matches “{filter}”").with("filter", describe(&query));
        let mut found = query.answer(machines);
        let total = found.len();
        let map = if query.is_map() { map(&found, &query.by) } else { Vec::new() };
        let end = query.after.saturating_add(ROWS);
        let more = (!query.is_map() && end < total).then(|| {
            let shown = Message::new("{shown} of {total} shown").with("shown", end).with("total", total);
            (query.link(&query.sort, end), shown)
        });
        let rows =
            if query.is_map() { Vec::new() } else { found.drain(query.after.min(total)..end.min(total)).collect() };
        Self { heads: heads(&query), query, found: total, nothing, rows, more, map, can_choose }
    }
}

/// The list alone: what a filter or a sort swaps.
#[derive(Template)]
#[template(path = "screens/fleet/list.html")]
pub struct ListAnswer {
    /// It.
    pub list: FleetList,
}

/// The next rows alone: what the last row of a list is exchanged for.
#[derive(Template)]
#[template(path = "screens/fleet/rows.html")]
pub struct RowsAnswer {
    /// The list that they belong to.
    pub list: FleetList,
}

/// The page.
#[derive(Template)]
#[template(path = "screens/fleet.html")]
pub struct FleetPage {
    /// How many are how.
    pub tally: Tally,
    /// The strip; empty for a small fleet.
    pub spectrum: Vec<Group>,
    /// Each group with its size.
    pub groups: Vec<(String, usize)>,
    /// The colours of the map.
    pub colours: [(&'static str, &'static str); 4],
    /// The list.
    pub list: FleetList,
    /// Whether the reader may add servers.
    pub may_add: bool,
}

impl FleetPage {
    /// The page over `machines`, with the list that `query` asks for.
    pub fn new(machines: Vec<Machine>, query: FleetQuery, language: Language, role: Role) -> Self {
        let mut groups: Vec<(String, usize)> = Vec::new();
        for group in machines.iter().flat_map(|machine| &machine.groups) {
            match groups.iter_mut().find(|(name, _)| name == group) {
                Some((_, count)) => *count += 1,
                None => groups.push((group.clone(), 1)),
            }
        }
        groups.sort();
        Self {
            tally: Tally::of(&machines),
            spectrum: strip(&machines, language),
            groups,
            colours: COLOURS,
            list: FleetList::new(machines, query, role >= Role::Operator),
            may_add: role >= Role::Administrator,
        }
    }

    fn is_by(&self, key: &str) -> bool {
        self.list.query.by == key || (self.list.query.by.is_empty() && key == "cpu")
    }
}

/// The filter as the person gave it.
fn describe(query: &FleetQuery) -> String {
    let parts = [query.q.trim(), &query.group, &query.status];
    parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(", ")
}

/// What the stream sends: parts of the page that changed.
#[derive(Template)]
#[template(path = "screens/fleet/event.html")]
pub struct FleetEvent {
    /// The numbers on top, where they changed.
    pub summary: Option<(Tally, Vec<Group>)>,
    /// Rows that changed.
    pub rows: Vec<Machine>,
    /// The map, where it is shown and changed.
    pub map: Option<Vec<MapGroup>>,
    /// Whether rows can be chosen.
    pub can_choose: bool,
}

impl FleetEvent {
    /// Rows by themselves: a browser drops rows that follow anything else.
    pub fn apart(self) -> [Self; 2] {
        let rows = Self { summary: None, map: None, ..self };
        [Self { rows: Vec::new(), summary: self.summary, map: self.map, ..rows }, rows]
    }

    /// Whether nothing is in it.
    pub fn is_empty(&self) -> bool {
        self.summary.is_none() && self.rows.is_empty() && self.map.is_none()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::screens::fleet::machine::tests::machine;

    fn fleet(count: usize) -> Vec<Machine> {
        (0..count).map(|n| machine(&format!("web-{n:03}"), if n % 2 == 0 { "web" } else { "db" }, 10.0)).collect()
    }

    fn list(count: usize, query: FleetQuery) -> FleetList {
        FleetList::new(fleet(count), query, true)
    }

    #[test]
    fn a_long_list_comes_in_pages_and_the_last_one_has_no_next() {
        let first = list(130, FleetQuery::default());
        assert_eq!((first.rows.len(), first.more.as_ref().unwrap().0.as_str()), (60, "after=60"));
        let last = list(130, FleetQuery { after: 120, ..FleetQuery::default() });
        assert_eq!((last.rows.len(), last.more.is_none()), (10, true));
        let beyond = list(130, FleetQuery { after: usize::MAX, ..FleetQuery::default() });
        assert!(beyond.rows.is_empty() && beyond.more.is_none());
    }

    #[test]
    fn the_tally_counts_everything_also_when_the_list_is_narrowed() {
        let query = FleetQuery { group: "db".into(), ..FleetQuery::default() };
        let narrowed = FleetPage::new(fleet(10), query, Language::En, Role::Operator);
        assert_eq!((narrowed.tally.total, narrowed.list.found), (10, 5));
        assert_eq!(narrowed.groups, [("db".to_owned(), 5), ("web".to_owned(), 5)]);
    }

    #[test]
    fn a_head_turns_the_order_that_it_already_has() {
        let heads = list(1, FleetQuery { sort: "cpu".into(), ..FleetQuery::default() }).heads;
        let cpu = heads.iter().find(|head| head.label == "CPU, last hour").unwrap();
        assert_eq!((cpu.link.as_str(), cpu.order), ("sort=-cpu", Some("descending")));
        let name = heads.iter().find(|head| head.label == "Name").unwrap();
        assert_eq!((name.link.as_str(), name.order), ("sort=name", None));
    }

    #[test]
    fn groups_keep_their_place_and_servers_without_one_come_last() {
        let mut machines = fleet(3);
        machines[0].groups.clear();
        let map = map(&machines, "cpu");
        assert_eq!(map.iter().map(|group| group.name.as_str()).collect::<Vec<_>>(), ["db", "web", ""]);
    }
}
