//! What the toolbar and the column heads of the sockets say. Pure.

use serde::Deserialize;

use super::reach::Reach;
use crate::commands::sockets::Socket;

/// Rows on a page before more are asked for.
pub const ROWS: usize = 200;
/// Rows that one answer holds at most.
pub const MOST_ROWS: usize = 1000;

/// The query string.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct SocketQuery {
    /// `connections`, or what listens.
    pub show: String,
    /// Words that must be in port, process, address, peer or user.
    pub q: String,
    /// `open` for what others can reach, `loopback` for what only the server itself can.
    pub reach: String,
    /// A state of connections.
    pub state: String,
    /// A column; `-` before it turns the order round.
    pub sort: String,
    /// How many rows are asked for.
    pub rows: usize,
}

/// What rows can be ordered by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Column {
    /// By local port.
    Port,
    /// By protocol.
    Protocol,
    /// By local address.
    Address,
    /// By the other end.
    Peer,
    /// By state.
    State,
    /// By process.
    Process,
    /// By user.
    User,
}

impl Column {
    /// Those of what listens.
    pub const LISTENING: [Self; 5] = [Self::Port, Self::Protocol, Self::Address, Self::Process, Self::User];
    /// Those of connections.
    pub const CONNECTED: [Self; 6] = [Self::Port, Self::Address, Self::Peer, Self::State, Self::Process, Self::User];

    /// Its key in the query and its head in English.
    pub fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::Port => ("port", "Port"),
            Self::Protocol => ("protocol", "Protocol"),
            Self::Address => ("address", "Address"),
            Self::Peer => ("peer", "Peer"),
            Self::State => ("state", "State"),
            Self::Process => ("process", "Process"),
            Self::User => ("user", "User"),
        }
    }
}

impl SocketQuery {
    /// Whether connections are shown.
    pub fn is_about_connections(&self) -> bool {
        self.show == "connections"
    }

    /// The columns that are shown.
    pub fn columns(&self) -> &'static [Column] {
        if self.is_about_connections() { &Column::CONNECTED } else { &Column::LISTENING }
    }

    /// The column and whether its order is turned round.
    pub fn order(&self) -> (Column, bool) {
        let (key, turned) = self.sort.strip_prefix('-').map_or((self.sort.as_str(), false), |key| (key, true));
        let column = self.columns().iter().copied().find(|column| column.words().0 == key);
        (column.unwrap_or(Column::Port), turned)
    }

    /// How many rows are asked for.
    pub fn wanted(&self) -> usize {
        self.rows.clamp(ROWS, MOST_ROWS)
    }

    /// Whether it is asked for `socket`.
    pub fn fits(&self, socket: &Socket) -> bool {
        let reach = match self.reach.as_str() {
            "open" => Reach::of(&socket.address).is_open(),
            "loopback" => !Reach::of(&socket.address).is_open(),
            _ => true,
        };
        let is_listening = !self.is_about_connections();
        (!is_listening || reach)
            && (is_listening || self.state.is_empty() || self.state == socket.state)
            && self.q.split_whitespace().all(|word| has(socket, &word.to_lowercase()))
    }

    /// The query string as it is, for as many rows as are shown.
    pub fn renewal(&self) -> String {
        self.link(&[("rows", &self.wanted().to_string())])
    }

    /// The query string with other values: `[("sort", "-port")]`.
    pub fn link(&self, other: &[(&str, &str)]) -> String {
        let own = [
            ("show", &*self.show),
            ("q", self.q.trim()),
            ("reach", &*self.reach),
            ("state", &*self.state),
            ("sort", &*self.sort),
        ];
        let own = own.into_iter().filter(|(name, _)| !other.iter().any(|(replaced, _)| replaced == name));
        let pairs = own.chain(other.iter().copied()).filter(|(_, value)| !value.is_empty());
        serde_urlencoded::to_string(pairs.collect::<Vec<_>>()).unwrap_or_default()
    }
}

/// A number is a port or a process; anything else is part of a text.
fn has(socket: &Socket, word: &str) -> bool {
    if !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_digit()) {
        let peer = socket.peer.as_ref().is_some_and(|peer| peer.port.to_string() == word);
        return peer
            || socket.port.to_string() == word
            || socket.owners.iter().any(|owner| owner.pid.to_string() == word);
    }
    let peer = socket.peer.as_ref().map(|peer| peer.address.as_str());
    let texts = [Some(socket.address.as_str()), peer, socket.user.as_deref(), Some(socket.protocol.name())];
    texts.into_iter().flatten().any(|text| text.to_lowercase().contains(word))
        || socket.owners.iter().any(|owner| owner.name.to_lowercase().contains(word))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::commands::sockets::{Peer, Protocol, SocketOwner};

    fn socket() -> Socket {
        Socket {
            protocol: Protocol::Tcp,
            address: "127.0.0.1".into(),
            port: 443,
            peer: Some(Peer { address: "203.0.113.9".into(), port: 51544 }),
            state: "ESTABLISHED".into(),
            owners: vec![SocketOwner { pid: 4121, name: "nginx".into() }],
            uid: None,
            user: Some("www-data".into()),
        }
    }

    #[test]
    fn a_number_is_a_whole_port_or_process_and_a_word_is_part_of_a_text() {
        let fits = |q: &str| SocketQuery { q: q.into(), ..SocketQuery::default() }.fits(&socket());
        assert!(["", "443", "51544", "4121", "NGINX 443", "203.0", "www"].into_iter().all(fits));
        assert!(!["44", "412", "apache", "nginx 80"].into_iter().any(fits));
    }

    #[test]
    fn reach_narrows_what_listens_and_state_what_is_connected() {
        let query = |show: &str, reach: &str, state: &str| SocketQuery {
            show: show.into(),
            reach: reach.into(),
            state: state.into(),
            ..SocketQuery::default()
        };
        assert!(query("", "loopback", "x").fits(&socket()) && !query("", "open", "").fits(&socket()));
        assert!(query("connections", "open", "ESTABLISHED").fits(&socket()));
        assert!(!query("connections", "", "TIME_WAIT").fits(&socket()));
    }
}
