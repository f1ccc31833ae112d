//! Making a change, keeping it over a new connection, undoing it, and finding out what became of it.
//!
//! The undoing lives on the server: whatever happens to this process or to the connection, what nobody keeps is undone there.

use chrono::{DateTime, TimeDelta, Utc};

use crate::clock::Clock;
use crate::commands::firewall_change::{
    ChangeFirewall, ChangeReport, ChangeState, EndFirewallChange, Ending, ReadFirewallChange,
};
use crate::commands::{Change, Command};
use crate::db::Db;
use crate::error::{Error, Result};
use crate::language::Message;
use crate::models::firewall_changes::{FirewallChange, FirewallChangeState, NewFirewallChange};
use crate::models::permission::Permission;
use crate::remote::host::{Host, OperableHost};
use crate::remote::new_token;

/// Seconds after which a change undoes itself, unless somebody says otherwise.
pub const SECONDS: u16 = 60;
/// The fewest and the most that somebody may say.
pub const BOUNDS: (u16, u16) = (20, 600);
/// How long after its time the undoing may still be at work.
const AFTER: TimeDelta = TimeDelta::seconds(3);
/// How long after its time a server may wait for whoever keeps it or undoes it.
const OVERDUE: TimeDelta = TimeDelta::seconds(60);

/// What changes are made with.
#[derive(Clone, Copy)]
pub struct Changes<'a> {
    /// The database.
    pub db: &'a Db,
    /// The time.
    pub clock: &'a Clock,
}

impl Changes<'_> {
    /// The last change of a server's firewall.
    pub async fn last(&self, host: &Host) -> Result<Option<FirewallChange>> {
        let server = host.server().id;
        self.db.run(move |connection| Ok::<_, Error>(FirewallChange::last_of(connection, server)?)).await
    }

    /// Arms the undoing of `change` on the server, and makes it. It waits then to be kept.
    ///
    /// Where nobody knows whether it was made, it counts as made: what was armed undoes itself all the same.
    pub async fn begin(&self, host: &OperableHost, change: ChangeFirewall, seconds: u16) -> Result<FirewallChange> {
        host.permits(Permission::Root, ChangeFirewall::TYPE.name(), &change.target()).await?;
        // One whose time is over does not wait any more, although nobody has looked since.
        if let Some(before) = self.last(host).await? {
            let before = self.settle(host, before).await?;
            // What was to undo it there is gone, too.
            if before.state.is_open() && self.clock.now() > before.undoes_at + OVERDUE {
                self.undo(host, &before).await?;
            }
        }
        let now = self.clock.now();
        let new = NewFirewallChange {
            server_id: host.server().id,
            token: new_token()?,
            owner: change.owner.name().to_owned(),
            line: change.line(),
            asked_by: host.actor().name.clone(),
            asked_at: now,
            undoes_at: now + TimeDelta::seconds(i64::from(seconds)),
        };
        let change = ChangeFirewall { id: new.token.clone(), seconds, ..change };
        let row = self.db.run(move |connection| Ok::<_, Error>(new.insert(connection)?)).await?;
        let Some(row) = row else { return Err(Error::Conflict(one_at_a_time())) };
        match host.change(change).await {
            Ok(_) => self.becomes(&row, FirewallChangeState::Armed, "").await,
            Err(Error::Remote(error)) if error.may_have_run() => {
                self.becomes(&row, FirewallChangeState::Armed, &error.to_string()).await
            }
            Err(error) => {
                self.becomes(&row, FirewallChangeState::Failed, &error.to_string()).await?;
                Err(error)
            }
        }
    }

    /// Keeps a change, over a connection that is made for it: who gets through proves that signing in still works.
    pub async fn keep(&self, host: &OperableHost, row: &FirewallChange) -> Result<FirewallChange> {
        still_open(row)?;
        let command = EndFirewallChange { id: row.token.clone(), ending: Ending::Keep, line: row.line.clone() };
        match host.change_anew(command).await {
            Ok(answer) => self.settled(row, &answer.value).await,
            Err(error) => {
                // A refusal of ours says nothing about the server.
                if matches!(error, Error::Remote(_)) {
                    self.becomes(row, FirewallChangeState::Armed, &error.to_string()).await?;
                }
                Err(error)
            }
        }
    }

    /// Undoes a change now.
    pub async fn undo(&self, host: &OperableHost, row: &FirewallChange) -> Result<FirewallChange> {
        still_open(row)?;
        let command = EndFirewallChange { id: row.token.clone(), ending: Ending::Undo, line: row.line.clone() };
        let answer = host.change(command).await?;
        self.settled(row, &answer.value).await
    }

    /// What became of a change by now; the server is asked only where its time is over.
    pub async fn settle(&self, host: &Host, row: FirewallChange) -> Result<FirewallChange> {
        if !row.state.is_open() || self.clock.now() < row.undoes_at + AFTER {
            return Ok(row);
        }
        let answer = host.read(ReadFirewallChange).await?;
        self.settled(&row, &answer.value).await
    }

    /// Why nothing else can be begun beside this change, as far as is known here: it waits, and its time is not long over.
    pub fn why_no_other(&self, row: &FirewallChange) -> Option<Message> {
        (row.state.is_open() && self.clock.now() <= row.undoes_at + OVERDUE).then(one_at_a_time)
    }

    /// When a change that waits undoes itself, if it still waits.
    pub fn left(&self, row: &FirewallChange) -> Option<TimeDelta> {
        row.state.is_open().then(|| (row.undoes_at - self.clock.now()).max(TimeDelta::zero()))
    }

    async fn settled(&self, row: &FirewallChange, report: &ChangeReport) -> Result<FirewallChange> {
        let is_over = self.clock.now() >= row.undoes_at + AFTER;
        let state = match report.state {
            _ if report.id != row.token => FirewallChangeState::Unknown,
            ChangeState::Armed if is_over => return Ok(row.clone()),
            ChangeState::Armed => FirewallChangeState::Armed,
            ChangeState::Kept => FirewallChangeState::Kept,
            ChangeState::Undone => FirewallChangeState::Undone,
            ChangeState::UndoFailed => FirewallChangeState::UndoFailed,
            ChangeState::Unknown => FirewallChangeState::Unknown,
        };
        self.becomes(row, state, &row.why).await
    }

    async fn becomes(&self, row: &FirewallChange, state: FirewallChangeState, why: &str) -> Result<FirewallChange> {
        let (row, why, now): (FirewallChange, String, DateTime<Utc>) = (row.clone(), why.to_owned(), self.clock.now());
        self.db
            .run(move |connection| {
                let changed = row.becomes(connection, state, &why, now)?;
                // Somebody else found out before: what they found counts.
                let known = FirewallChange::of(connection, row.server_id, row.id)?;
                Ok::<_, Error>(changed.or(known).unwrap_or(row))
            })
            .await
    }
}

fn still_open(row: &FirewallChange) -> Result<()> {
    if row.state.is_open() {
        return Ok(());
    }
    Err(Error::Conflict(Message::new("This change does not wait any more")))
}

fn one_at_a_time() -> Message {
    Message::new("Another change of this firewall waits to be kept or undone. One at a time is made")
}
