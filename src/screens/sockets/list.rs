//! Sockets as their table shows them. Shapes; asks nobody.

use std::cmp::Ordering;
use std::collections::BTreeSet;

use super::query::{Column, MOST_ROWS, SocketQuery};
use super::reach::Reach;
use crate::commands::sockets::{Socket, SocketList};
use crate::language::Message;
use crate::screens::processes::list::Head;

/// Names of owners in one row.
const MOST_OWNERS: usize = 8;

/// One socket in the table. Every text is the server's own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SocketRow {
    /// What was told.
    pub socket: Socket,
    /// From where it can be reached.
    pub reach: Reach,
    /// How many processes hold it besides those that are named.
    pub owners_left: usize,
}

impl SocketRow {
    /// Who opened it, by name or by number.
    pub fn user(&self) -> String {
        self.socket.user.clone().or_else(|| self.socket.uid.map(|uid| uid.to_string())).unwrap_or_default()
    }
}

/// The table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SocketTable {
    /// The column heads.
    pub heads: Vec<Head>,
    /// The rows.
    pub rows: Vec<SocketRow>,
    /// `34 listening` or `212 connections`
    pub count: Message,
    /// `200 of 212 shown`
    pub shown: Message,
    /// The query that shows more.
    pub more: Option<String>,
    /// States to choose from.
    pub states: Vec<String>,
    /// The server did not tell whose some sockets are.
    pub hidden_owners: bool,
    /// There are more than were asked for.
    pub is_cut: bool,
    /// Nothing is there, or nothing fits the filter.
    pub nothing: Option<Message>,
}

impl SocketTable {
    /// What `query` asks of `list`.
    pub fn new(list: SocketList, query: &SocketQuery) -> Self {
        let all = list.sockets.len();
        let states: BTreeSet<String> = list.sockets.iter().map(|socket| socket.state.clone()).collect();
        let mut found: Vec<Socket> = list.sockets.into_iter().filter(|socket| query.fits(socket)).collect();
        let (column, turned) = query.order();
        found.sort_by(|one, other| {
            let order = compare(column, one, other);
            if turned { order.reverse() } else { order }
        });
        let total = found.len();
        found.truncate(query.wanted());
        let end = found.len();
        let more = (end < total && end < MOST_ROWS).then(|| query.link(&[("rows", &(end + 400).to_string())]));
        let count = match (query.is_about_connections(), all) {
            (true, 1) => Message::new("{n} connection"),
            (true, _) => Message::new("{n} connections"),
            (false, _) => Message::new("{n} listening"),
        };
        Self {
            heads: heads(query),
            rows: found.into_iter().map(row).collect(),
            count: count.with("n", all),
            shown: Message::new("{shown} of {total} shown").with("shown", end).with("total", total),
            more,
            states: states.into_iter().collect(),
            hidden_owners: list.hidden_owners,
            is_cut: list.is_cut,
            nothing: (total == 0).then(|| nothing(query, all)),
        }
    }
}

fn nothing(query: &SocketQuery, all: usize) -> Message {
    match (all, query.is_about_connections()) {
        (0, true) => Message::new("Nobody is connected"),
        (0, false) => Message::new("Nothing listens"),
        _ => {
            let parts = [query.q.trim(), &query.reach, &query.state].map(str::to_owned);
            let filter = parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(", ");
            Message::new("No socket matches “{filter}”").with("filter", filter)
        }
    }
}

fn row(mut socket: Socket) -> SocketRow {
    let owners_left = socket.owners.len().saturating_sub(MOST_OWNERS);
    socket.owners.truncate(MOST_OWNERS);
    SocketRow { reach: Reach::of(&socket.address), owners_left, socket }
}

fn compare(column: Column, one: &Socket, other: &Socket) -> Ordering {
    let owner = |socket: &Socket| socket.owners.first().map(|owner| (owner.name.clone(), owner.pid));
    // What is not known comes last.
    let known = |one: Option<_>, other: Option<_>| (one.is_none(), one).cmp(&(other.is_none(), other));
    let peer = |socket: &Socket| socket.peer.as_ref().map(|peer| (peer.address.clone(), peer.port));
    let order = match column {
        Column::Port => Ordering::Equal,
        Column::Protocol => one.protocol.cmp(&other.protocol),
        Column::Address => (Reach::of(&one.address), &one.address).cmp(&(Reach::of(&other.address), &other.address)),
        Column::Peer => peer(one).cmp(&peer(other)),
        Column::State => one.state.cmp(&other.state),
        Column::Process => known(owner(one), owner(other)),
        Column::User => one.user.cmp(&other.user),
    };
    let usual = |socket: &Socket| (socket.port, socket.protocol, socket.address.clone());
    order.then_with(|| usual(one).cmp(&usual(other))).then_with(|| peer(one).cmp(&peer(other)))
}

fn heads(query: &SocketQuery) -> Vec<Head> {
    let (current, turned) = query.order();
    let head = |column: &Column| {
        let (key, label) = column.words();
        let is_current = *column == current;
        let sort = if is_current && !turned { format!("-{key}") } else { key.to_owned() };
        Head {
            label,
            link: query.link(&[("sort", &sort)]),
            order: is_current.then_some(if turned { "descending" } else { "ascending" }),
            is_number: false,
        }
    };
    query.columns().iter().map(head).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::commands::sockets::{Protocol, SocketOwner};

    fn listening(port: u16, address: &str, owner: &str) -> Socket {
        Socket {
            protocol: Protocol::Tcp,
            address: address.into(),
            port,
            peer: None,
            state: "LISTEN".into(),
            owners: (!owner.is_empty()).then(|| SocketOwner { pid: 7, name: owner.into() }).into_iter().collect(),
            uid: None,
            user: None,
        }
    }

    fn ports(query: &SocketQuery) -> Vec<u16> {
        let sockets = vec![
            listening(443, "*", "nginx"),
            listening(22, "0.0.0.0", "sshd"),
            listening(5432, "127.0.0.1", ""),
            listening(80, "*", "nginx"),
        ];
        let table = SocketTable::new(SocketList { sockets, ..SocketList::default() }, query);
        table.rows.iter().map(|row| row.socket.port).collect()
    }

    #[test]
    fn what_listens_is_ordered_by_port_or_by_process() {
        let sorted = |sort: &str| ports(&SocketQuery { sort: sort.into(), ..SocketQuery::default() });
        assert_eq!(sorted(""), [22, 80, 443, 5432]);
        assert_eq!(sorted("-port"), [5432, 443, 80, 22]);
        assert_eq!(sorted("process"), [80, 443, 22, 5432], "nobody knows whose the last one is");
        assert_eq!(sorted("address"), [80, 443, 22, 5432], "what others reach comes first");
    }

    #[test]
    fn nothing_is_said_in_three_ways() {
        let said = |sockets: Vec<Socket>, show: &str, q: &str| {
            let query = SocketQuery { show: show.into(), q: q.into(), ..SocketQuery::default() };
            let table = SocketTable::new(SocketList { sockets, ..SocketList::default() }, &query);
            table.nothing.map(|nothing| nothing.to_string()).unwrap_or_default()
        };
        assert_eq!(said(Vec::new(), "", ""), "Nothing listens");
        assert_eq!(said(Vec::new(), "connections", ""), "Nobody is connected");
        assert_eq!(said(vec![listening(1, "*", "")], "", "x"), "No socket matches “x”");
        assert_eq!(said(vec![listening(1, "*", "")], "", ""), "");
    }
}
