//! The firewall of a server: who owns it, and its rules as one table whoever wrote them. What is not understood is kept as
//! its text, so that no verdict is ever guessed.

mod condition;
mod firewalld;
mod iptables;
mod linux;
mod nft;
mod nft_value;
mod pf;
mod ports;
mod programs;
mod rich;
pub(super) mod rows;
mod ufw;
mod verdict;
mod zones;

use std::net::IpAddr;

use serde::Serialize;

use super::{Command, CommandType, ParseError, Read};

pub use condition::Condition;
pub use ports::{Ports, Source};
pub use verdict::{Asked, Verdict};

pub(super) const FORMATS: &[&str] = &["linux", "pf", "table"];

/// Who decides what comes in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Owner {
    /// firewalld, by `firewall-cmd`.
    Firewalld,
    /// ufw.
    Ufw,
    /// Rules that were given to `nft`.
    Nft,
    /// Rules that were given to `iptables`.
    Iptables,
    /// `pf` of the BSDs and macOS.
    Pf,
    /// `ipfw` of FreeBSD.
    Ipfw,
    /// `IPFilter` of FreeBSD, by `ipf`.
    Ipfilter,
    /// Nobody: no rule stands in the way.
    None,
    /// It did not say.
    #[default]
    CannotTell,
}

impl Owner {
    /// The word in the API and in the `table` format.
    pub fn name(self) -> &'static str {
        match self {
            Self::Firewalld => "firewalld",
            Self::Ufw => "ufw",
            Self::Nft => "nft",
            Self::Iptables => "iptables",
            Self::Pf => "pf",
            Self::Ipfw => "ipfw",
            Self::Ipfilter => "ipfilter",
            Self::None => "none",
            Self::CannotTell => "cannot_tell",
        }
    }

    fn from_name(name: &[u8]) -> Option<Self> {
        let all = [
            Self::Firewalld,
            Self::Ufw,
            Self::Nft,
            Self::Iptables,
            Self::Pf,
            Self::Ipfw,
            Self::Ipfilter,
            Self::None,
            Self::CannotTell,
        ];
        all.into_iter().find(|owner| owner.name().as_bytes() == name)
    }
}

/// Why a server did not say who owns its firewall.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Silence {
    /// It takes root to see rules, and we were not.
    NeedsRoot,
    /// No program is there that shows rules; the kernel may have some.
    NoTool,
    /// A program that shows them failed.
    Failed,
}

/// Internet protocol version 4, 6, or both.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Family {
    /// IPv4
    V4,
    /// IPv6
    V6,
    /// Both.
    #[default]
    Both,
}

impl Family {
    /// That of an address.
    pub fn of(address: IpAddr) -> Self {
        if address.to_canonical().is_ipv4() { Self::V4 } else { Self::V6 }
    }

    /// Whether something for this family concerns the other one.
    pub fn includes(self, other: Self) -> bool {
        self == Self::Both || other == Self::Both || self == other
    }
}

/// Which way packets go.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Direction {
    /// To the server.
    #[default]
    In,
    /// From the server.
    Out,
    /// Through the server.
    Through,
}

/// What a rule does with what fits it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    /// Lets it in.
    Accept,
    /// Lets it in, as long as it does not come too often.
    Limit,
    /// Drops it without a word.
    Drop,
    /// Refuses it and says so.
    Reject,
    /// Sends it to another port or machine.
    Redirect,
    /// Notes or marks it; the next rule decides.
    Continue,
    /// Back to where the chain was called from.
    Return,
    /// The rules of another place, and back.
    Jump(String),
    /// The rules of another place, and not back.
    Goto(String),
    /// Something that is not understood.
    Unknown,
}

impl Action {
    /// The word for people, in English.
    pub fn label(&self) -> &'static str {
        match self {
            Self::Accept => "allow",
            Self::Limit => "limit",
            Self::Drop => "deny",
            Self::Reject => "reject",
            Self::Redirect => "redirect",
            Self::Continue => "note",
            Self::Return => "return",
            Self::Jump(_) | Self::Goto(_) => "go to",
            Self::Unknown => "not understood",
        }
    }
}

/// How long a rule stays.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Kept {
    /// As its owner keeps its rules; nothing is known against it.
    #[default]
    Always,
    /// Until its owner reads its files again.
    UntilReload,
    /// Not in force yet: from when its owner reads its files again.
    AfterReload,
}

/// One rule. Every text is the server's own, and hostile.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rule {
    /// IPv4, IPv6 or both.
    pub family: Family,
    /// Everything that must be true of a packet.
    pub conditions: Vec<Condition>,
    /// What happens to it.
    pub action: Action,
    /// What people wrote about it.
    pub comment: String,
    /// What its owner calls it: `service`, `port`, `rich rule`; empty for a plain rule.
    pub kind: &'static str,
    /// As its owner shows it.
    pub text: String,
    /// How long it stays.
    pub kept: Kept,
    /// By which its owner can be told to remove it: a handle or a number.
    pub handle: Option<u64>,
}

/// Where a chain begins to be asked by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Entry {
    /// Before it is known whether a packet is for the server.
    Early,
    /// For what is for the server.
    Input,
    /// For what comes in by a port of a bridge: which packets those are is not known.
    Bridge,
    /// Somewhere else: it does not matter to what comes in.
    Elsewhere,
}

/// What holds rules: a zone, a policy, a chain, a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// `public`, `inet filter input`, `incoming`; the server's own text.
    pub name: String,
    /// Who keeps it.
    pub held_by: Owner,
    /// What it is called: `zone`, `policy`, `chain`, `list`.
    pub kind: &'static str,
    /// IPv4, IPv6 or both.
    pub family: Family,
    /// Which way packets go.
    pub direction: Direction,
    /// Where it begins; none where another place must lead to it.
    pub entry: Option<Entry>,
    /// What happens to what fits no rule; none where it goes on after the place that led here.
    pub otherwise: Option<Action>,
    /// The interfaces of a zone, or those that alone ask a chain; none where all do.
    pub interfaces: Vec<String>,
    /// The addresses of a zone.
    pub sources: Vec<String>,
    /// Its rules, in order.
    pub rules: Vec<Rule>,
    /// It stands behind what its owner shows: asked for a verdict, not shown.
    pub behind: bool,
}

/// An address of the server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InterfaceAddress {
    /// `eth0`
    pub interface: String,
    /// The address.
    pub address: IpAddr,
}

/// What a server says about its firewall.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Firewall {
    /// Who decides.
    pub owner: Owner,
    /// Why nobody knows, where that is so.
    pub silence: Option<Silence>,
    /// Zones, policies, chains and lists.
    pub places: Vec<Place>,
    /// firewalld's zone for interfaces that have none.
    pub default_zone: String,
    /// The server's addresses.
    pub addresses: Vec<InterfaceAddress>,
    /// From where and where to our own connection goes, as the server sees it.
    pub seen: Option<(IpAddr, IpAddr)>,
    /// Its owner's own program is not there: its rules are seen, and nobody can be told to change them.
    pub without_program: bool,
}

impl Firewall {
    /// The places that people are shown.
    pub fn shown(&self) -> impl Iterator<Item = &Place> {
        self.places.iter().filter(|place| !place.behind)
    }

    /// The interface of an address of the server.
    pub fn interface_of(&self, address: IpAddr) -> Option<&str> {
        let found = self.addresses.iter().find(|known| known.address == address.to_canonical());
        found.map(|known| known.interface.as_str())
    }
}

/// Asks who owns the firewall, and for its rules.
#[derive(Debug, Clone, Copy)]
pub struct ReadFirewall;

impl Command for ReadFirewall {
    const TYPE: CommandType = CommandType::ReadFirewall;
    type Output = Firewall;

    fn parse(&self, format: &str, output: &[u8]) -> Result<Firewall, ParseError> {
        match format {
            "linux" => linux::parse(output),
            "pf" => pf::parse(output),
            "table" => rows::parse(output),
            other => Err(ParseError::unknown_format(other)),
        }
    }
}

impl Read for ReadFirewall {}

impl Rule {
    /// A rule that is not understood: its text is all that is known.
    fn unread(text: String) -> Self {
        Self::new(vec![Condition::Other(text.clone())], Action::Unknown, text)
    }

    fn new(conditions: Vec<Condition>, action: Action, text: String) -> Self {
        Self {
            family: Family::Both,
            conditions,
            action,
            comment: String::new(),
            kind: "",
            text,
            kept: Kept::Always,
            handle: None,
        }
    }
}

impl Place {
    fn new(name: impl Into<String>, held_by: Owner, kind: &'static str) -> Self {
        Self {
            name: name.into(),
            held_by,
            kind,
            family: Family::Both,
            direction: Direction::In,
            entry: None,
            otherwise: None,
            interfaces: Vec::new(),
            sources: Vec::new(),
            rules: Vec::new(),
            behind: false,
        }
    }
}
