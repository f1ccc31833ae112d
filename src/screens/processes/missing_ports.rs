//! Why a list of processes does not show all ports. Pure.

use crate::language::Message;
use crate::metrics::ports::Ports;

/// Why a list of processes does not show all ports.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MissingPorts {
    /// The server did not tell whose some are.
    Hidden,
    /// They could not be read.
    Unread,
}

impl MissingPorts {
    /// Of what was read beside the list.
    pub fn of(ports: &Ports) -> Option<Self> {
        if ports.are_unknown {
            return Some(Self::Unread);
        }
        ports.are_hidden.then_some(Self::Hidden)
    }

    /// The sentence.
    pub fn why(self) -> Message {
        match self {
            Self::Hidden => Message::new("Some ports are hidden: only root sees whose they are."),
            Self::Unread => Message::new("The ports could not be read."),
        }
    }

    /// The page of the server that says more, and its name.
    pub fn page(self) -> (&'static str, &'static str) {
        match self {
            Self::Hidden => ("capabilities", "Capabilities"),
            Self::Unread => ("sockets", "Sockets"),
        }
    }
}
