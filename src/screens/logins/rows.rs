//! Logins as the table shows them. Every text is the server's own, and may be anything.

use std::time::Duration;

use chrono::{DateTime, Utc};

use crate::ip_lookup::{Databases, Kind, Network};
use crate::language::Message;
use crate::logins::keys::Owners;
use crate::models::login_events::addresses::FromAddress;
use crate::models::login_events::{LoginEvent, LoginOutcome};
use crate::web::format;

/// One login.
#[derive(Debug, Clone)]
#[expect(clippy::struct_excessive_bools, reason = "each is a fact of its own")]
pub struct EventRow {
    /// When.
    pub at: DateTime<Utc>,
    /// They were let in.
    pub is_accepted: bool,
    /// Which name; none where the reader may not see it.
    pub user: Option<String>,
    /// The server has no such user.
    pub is_unknown_user: bool,
    /// From where.
    pub address: Option<String>,
    /// What the server wrote where it wrote no address.
    pub host: String,
    /// What kind of address that is, where it is no public one.
    pub kind: Option<&'static str>,
    /// From which port.
    pub port: String,
    /// How.
    pub method: String,
    /// With which key.
    pub fingerprint: String,
    /// Whose key that is, as a file of keys says; hostile.
    pub owner: String,
    /// The credential of hannun that has this key.
    pub credential: Option<Message>,
    /// Where they sat.
    pub terminal: String,
    /// How long the session was.
    pub lasted: String,
    /// The session goes on, as far as anybody knows.
    pub is_here: bool,
    /// How often, where that is not once.
    pub times: Option<i32>,
    /// It was hannun itself.
    pub is_ours: bool,
    /// `TIME_NUMBER`: where the list goes on behind it.
    pub place: String,
}

impl EventRow {
    /// `event` for a reader who may see names of unknown users, or not.
    pub fn new(event: LoginEvent, sees_unknown_names: bool, (owners, sees_credentials): (&Owners, bool)) -> Self {
        let lasted = event.lasted().and_then(|lasted| lasted.to_std().ok());
        let is_accepted = event.outcome == LoginOutcome::Accepted;
        let address = event.address.map(|address| address.0);
        Self {
            lasted: lasted.map(|lasted| format::duration(Duration::from_secs(lasted.as_secs()))).unwrap_or_default(),
            is_here: is_accepted && !event.is_over,
            user: (sees_unknown_names || !event.is_unknown_user).then_some(event.user_name),
            is_unknown_user: event.is_unknown_user,
            kind: address.map(Kind::of).filter(|kind| !kind.is_public()).map(Kind::label),
            address: address.map(|address| address.to_string()),
            host: event.host,
            port: event.port.map(|port| port.to_string()).unwrap_or_default(),
            method: event.method,
            owner: owners.told(&event.fingerprint),
            credential: owners.credential(&event.fingerprint).map(|name| {
                if sees_credentials {
                    Message::new("hannun's credential {name}").with("name", name)
                } else {
                    Message::new("a credential of hannun")
                }
            }),
            fingerprint: event.fingerprint,
            terminal: event.terminal,
            times: Some(event.times).filter(|times| *times > 1),
            is_ours: event.is_ours,
            place: format!("{}_{}", event.at.timestamp_micros(), event.id),
            at: event.at,
            is_accepted,
        }
    }
}

/// What came from one address.
#[derive(Debug, Clone)]
pub struct AddressRow {
    /// The address.
    pub address: Option<String>,
    /// What the server wrote where it wrote no address.
    pub host: String,
    /// What kind of address that is, where it is no public one.
    pub kind: Option<&'static str>,
    /// What files know of its network.
    pub network: Option<Network>,
    /// The names that were tried most.
    pub names: Vec<String>,
    /// How many names there are besides.
    pub more_names: i64,
    /// How often.
    pub tried: String,
    /// When last.
    pub last_at: DateTime<Utc>,
    /// When first, anywhere.
    pub first_at: Option<DateTime<Utc>>,
    /// On how many servers.
    pub servers: String,
    /// hannun itself is among them.
    pub is_ours: bool,
}

impl AddressRow {
    /// What was `found`, with what `databases` know of it.
    pub fn new(found: FromAddress, databases: &Databases) -> Self {
        let shown = i64::try_from(found.top.len()).unwrap_or_default();
        let address = found.address.map(|address| address.0);
        Self {
            kind: address.map(Kind::of).filter(|kind| !kind.is_public()).map(Kind::label),
            address: address.map(|address| address.to_string()),
            network: address.and_then(|address| databases.of(address)),
            host: found.host,
            more_names: (found.names - shown).max(0),
            names: found.top,
            tried: format::number(found.tried),
            last_at: found.last_at,
            first_at: found.first_at,
            servers: format::number(found.servers),
            is_ours: found.is_ours,
        }
    }
}
