//! What can be changed so that it undoes itself: the commands that make a change, end it, and ask what became of it.

use bytes::Bytes;

use crate::commands::accounts::change::{ChangeKeys, EndKeyChange, KeyPlace, ReadKeyChange};
use crate::commands::guarded_change::{ChangeReport, Ending};
use crate::commands::{Acting, Change, ChangeFirewall, Command, EndFirewallChange, Permission, ReadFirewallChange};
use crate::error::Result;
use crate::language::Message;
use crate::models::guarded_changes::{Guarded, GuardedChange};
use crate::remote::host::{Host, OperableHost};
use crate::remote::new_token;

/// One change that is to be made. Its number and its time are given to it where it begins.
#[derive(Debug, Clone)]
pub enum Deed {
    /// A rule of the firewall more or less.
    Firewall(Box<ChangeFirewall>),
    /// Another text for a file of keys.
    Keys(ChangeKeys, Vec<u8>),
}

impl From<ChangeFirewall> for Deed {
    fn from(change: ChangeFirewall) -> Self {
        Self::Firewall(Box::new(change))
    }
}

impl Deed {
    /// What is changed.
    pub fn kind(&self) -> Guarded {
        match self {
            Self::Firewall(_) => Guarded::Firewall,
            Self::Keys(..) => Guarded::Keys,
        }
    }

    /// Whose command makes it, or whose keys they are.
    pub(super) fn owner(&self) -> &str {
        match self {
            Self::Firewall(change) => change.owner.name(),
            Self::Keys(change, _) => &change.place.user,
        }
    }

    /// The file; empty for a firewall.
    pub(super) fn place(&self) -> &str {
        match self {
            Self::Firewall(_) => "",
            Self::Keys(change, _) => &change.place.path,
        }
    }

    pub(super) fn by_root(&self) -> bool {
        match self {
            Self::Firewall(_) => true,
            Self::Keys(change, _) => change.place.acting == Acting::Root,
        }
    }

    /// What is done, in one line.
    pub(super) fn line(&self) -> String {
        match self {
            Self::Firewall(change) => change.line(),
            Self::Keys(change, _) => change.line.clone(),
        }
    }

    /// Asks whether somebody may do it, before anything is written down.
    pub(super) async fn permitted(&self, host: &OperableHost) -> Result<()> {
        match self {
            Self::Firewall(change) => {
                host.permits(Permission::Root, ChangeFirewall::TYPE.name(), &change.target()).await
            }
            Self::Keys(change, _) => {
                host.permits(ChangeKeys::PERMISSION, ChangeKeys::TYPE.name(), &change.target()).await
            }
        }
    }

    /// Makes it: what undoes it is armed before.
    pub(super) async fn make(self, host: &OperableHost, id: String, seconds: u16) -> Result<()> {
        match self {
            Self::Firewall(change) => host.change(ChangeFirewall { id, seconds, ..*change }).await.map(drop),
            Self::Keys(change, text) => {
                let mark = new_token()?;
                let mut flow = host.feed(ChangeKeys { id, seconds, mark: mark.clone(), ..change }).await?;
                flow.give(Bytes::from(text)).await?;
                flow.give(Bytes::from(mark)).await?;
                flow.finish().await.map(drop)
            }
        }
    }
}

/// Keeps a change over a connection that is made for it.
pub(super) async fn keep(host: &OperableHost, row: &GuardedChange) -> Result<ChangeReport> {
    Ok(match row.kind {
        Guarded::Firewall => host.change_anew(end_of_firewall(row, Ending::Keep)).await?.value,
        Guarded::Keys => host.change_anew(end_of_keys(row, Ending::Keep)).await?.value,
    })
}

/// Undoes it now.
pub(super) async fn undo(host: &OperableHost, row: &GuardedChange) -> Result<ChangeReport> {
    Ok(match row.kind {
        Guarded::Firewall => host.change(end_of_firewall(row, Ending::Undo)).await?.value,
        Guarded::Keys => host.change(end_of_keys(row, Ending::Undo)).await?.value,
    })
}

/// What the server tells of it.
pub(super) async fn ask(host: &Host, row: &GuardedChange) -> Result<ChangeReport> {
    Ok(match row.kind {
        Guarded::Firewall => host.read(ReadFirewallChange).await?.value,
        Guarded::Keys => host.read(ReadKeyChange { place: place_of(row) }).await?.value,
    })
}

/// Why a second one is refused while one waits.
pub(super) fn one_at_a_time(kind: Guarded) -> Message {
    Message::new(match kind {
        Guarded::Firewall => "Another change of this firewall waits to be kept or undone. One at a time is made",
        Guarded::Keys => "Another change of these keys waits to be kept or undone. One at a time is made",
    })
}

fn end_of_firewall(row: &GuardedChange, ending: Ending) -> EndFirewallChange {
    EndFirewallChange { id: row.token.clone(), ending, line: row.line.clone() }
}

fn end_of_keys(row: &GuardedChange, ending: Ending) -> EndKeyChange {
    EndKeyChange { id: row.token.clone(), ending, place: place_of(row), line: row.line.clone() }
}

fn place_of(row: &GuardedChange) -> KeyPlace {
    let acting = if row.by_root { Acting::Root } else { Acting::User };
    KeyPlace { user: row.owner.clone(), path: row.place.clone(), acting }
}
