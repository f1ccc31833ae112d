//! Changing a firewall through its owner: one rule more or less, armed to undo itself until it is kept over a new connection.

mod told;

use super::firewall::Owner;
use super::guarded_change::{ChangeReport, Ending, rows};
use super::{Acting, Change, Command, CommandType, Parameters, ParseError, Permission, Read, Refusal, Value};
use crate::language::Message;

/// What is done with a rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Deed {
    /// One more.
    Add,
    /// One less.
    Remove,
}

/// What a rule does with what fits it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Wish {
    /// Lets it in.
    Allow,
    /// Drops it without a word.
    Deny,
    /// Refuses it and says so.
    Reject,
    /// Lets it in, as long as it does not come too often.
    Limit,
}

impl Wish {
    /// The word of ufw, of forms and of the API.
    pub fn name(self) -> &'static str {
        match self {
            Self::Allow => "allow",
            Self::Deny => "deny",
            Self::Reject => "reject",
            Self::Limit => "limit",
        }
    }

    /// What a word of a form or of the API means.
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::Allow, Self::Deny, Self::Reject, Self::Limit].into_iter().find(|wish| wish.name() == name)
    }
}

/// One change, as the owner is told. Texts were made from typed values, or are a rule's own that was found on the server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChangeFirewall {
    /// By which it is kept or undone: letters and digits.
    pub id: String,
    /// After how many seconds it undoes itself.
    pub seconds: u16,
    /// Whose command makes it.
    pub owner: Owner,
    /// What is done.
    pub deed: Deed,
    /// What the rule does.
    pub wish: Wish,
    /// `tcp`, `udp`; empty for any.
    pub protocol: String,
    /// `22`, `8000:8010`; empty for any.
    pub ports: String,
    /// An address or a network; empty for any.
    pub source: String,
    /// What people wrote about it.
    pub comment: String,
    /// By which it comes in; empty for any. ufw's alone.
    pub interface: String,
    /// Where it stands or is put.
    pub place: Spot,
    /// Before all other rules, instead of after them.
    pub first: bool,
}

/// Where a rule stands or is put, as its owner calls it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Spot {
    /// firewalld's zone.
    pub zone: String,
    /// firewalld's word for it: `port`, `service`, `rich-rule`.
    pub kind: &'static str,
    /// firewalld's item: `8080/tcp`, `ssh`, a rich rule; nft's rule that is added.
    pub item: String,
    /// nft's family; `ip4`, `ip6` or `both` of iptables.
    pub family: String,
    /// nft's or iptables' table.
    pub table: String,
    /// Its chain.
    pub chain: String,
    /// nft's handle, or the number in iptables' chain.
    pub handle: Option<u64>,
    /// The rule as it was seen.
    pub text: String,
}

impl Command for ChangeFirewall {
    const TYPE: CommandType = CommandType::ChangeFirewall;
    type Output = ChangeReport;

    fn parameters(&self) -> Parameters {
        let text = |text: &str| Value::Text(text.as_bytes().to_vec());
        let deed = match self.deed {
            Deed::Add => "add",
            Deed::Remove => "remove",
        };
        let handle = self.place.handle.map(|handle| handle.to_string()).unwrap_or_default();
        Parameters::default()
            .with("id", text(&self.id))
            .with("seconds", Value::Integer(i64::from(self.seconds)))
            .with("owner", Value::OneOf(self.owner.name()))
            .with("deed", Value::OneOf(deed))
            .with("action", Value::OneOf(self.wish.name()))
            .with("protocol", text(&self.protocol))
            .with("ports", text(&self.ports))
            .with("source", text(&self.source))
            .with("comment", text(&self.comment))
            .with("interface", text(&self.interface))
            .with("zone", text(&self.place.zone))
            .with("kind", Value::OneOf(self.place.kind))
            .with("item", text(&self.place.item))
            .with("family", text(&self.place.family))
            .with("table", text(&self.place.table))
            .with("chain", text(&self.place.chain))
            .with("handle", text(&handle))
            .with("text", text(&self.place.text))
            .with("way", Value::OneOf(if self.first { "insert" } else { "add" }))
    }

    fn parse(&self, format: &str, output: &[u8]) -> Result<ChangeReport, ParseError> {
        rows::parse(format, output)
    }

    fn acting(&self) -> Option<Acting> {
        Some(Acting::Root)
    }

    fn refusal(&self, status: u32) -> Option<Refusal> {
        Some(Refusal::Conflict(Message::new(match status {
            4 => "This rule is not there any more. Look at the rules as they are now",
            5 => "This rule is there already",
            75 => "Another change of this firewall waits to be kept or undone. One at a time is made",
            _ => return None,
        })))
    }
}

impl Change for ChangeFirewall {
    const PERMISSION: Permission = Permission::WriteFiles;

    fn target(&self) -> String {
        self.line()
    }
}

/// Keeps a change that waits, or undoes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EndFirewallChange {
    /// Which one.
    pub id: String,
    /// How.
    pub ending: Ending,
    /// The change in one line, for the audit log.
    pub line: String,
}

impl Command for EndFirewallChange {
    const TYPE: CommandType = CommandType::EndFirewallChange;
    type Output = ChangeReport;

    fn parameters(&self) -> Parameters {
        Parameters::default().with("id", Value::Text(self.id.as_bytes().to_vec())).with("how", self.ending.value())
    }

    fn parse(&self, format: &str, output: &[u8]) -> Result<ChangeReport, ParseError> {
        rows::parse(format, output)
    }

    fn acting(&self) -> Option<Acting> {
        Some(Acting::Root)
    }
}

impl Change for EndFirewallChange {
    const PERMISSION: Permission = Permission::WriteFiles;

    fn target(&self) -> String {
        format!("{}: {}", self.ending, self.line)
    }
}

/// Asks what became of the last change.
#[derive(Debug, Clone, Copy)]
pub struct ReadFirewallChange;

impl Command for ReadFirewallChange {
    const TYPE: CommandType = CommandType::ReadFirewallChange;
    type Output = ChangeReport;

    fn parse(&self, format: &str, output: &[u8]) -> Result<ChangeReport, ParseError> {
        rows::parse(format, output)
    }
}

impl Read for ReadFirewallChange {}
