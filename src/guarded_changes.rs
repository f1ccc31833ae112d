//! Changes that undo themselves on their server unless they are kept: making one, keeping it over a new connection, undoing it,
//! and finding out what became of it.
//!
//! The undoing lives on the server: whatever happens to this process or to the connection, what nobody keeps is undone there.
//! What was to undo it is gone when the server restarts meanwhile; then [`Keeper`] undoes it as soon as it gets in again.

mod deed;
mod keeper;

use chrono::TimeDelta;

use crate::clock::Clock;
use crate::commands::guarded_change::{ChangeReport, ChangeState};
use crate::db::Db;
use crate::error::{Error, Result};
use crate::language::Message;
use crate::models::guarded_changes::{Guarded, GuardedChange, GuardedState, NewGuardedChange};
use crate::models::ids::GuardedChangeId;
use crate::remote::host::{Host, OperableHost};
use crate::remote::new_token;

pub use deed::Deed;
pub use keeper::Keeper;

/// Seconds after which a change undoes itself, unless somebody says otherwise.
pub const SECONDS: u16 = 60;
/// The fewest and the most that somebody may say.
const BOUNDS: (u16, u16) = (20, 600);
/// How long after its time the undoing may still be at work.
const AFTER: TimeDelta = TimeDelta::seconds(3);
/// How long after its time a server may wait for whoever keeps it or undoes it.
const OVERDUE: TimeDelta = TimeDelta::seconds(60);

/// The seconds that somebody asked for, if they are among those that may be; none are what is no number.
pub fn seconds_of(asked: Option<u16>) -> Result<u16> {
    let (least, most) = BOUNDS;
    asked.filter(|seconds| (least..=most).contains(seconds)).ok_or_else(|| {
        let sentence =
            Message::new("This must be a whole number from {least} to {most}").with("least", least).with("most", most);
        Error::field("seconds", sentence)
    })
}

/// What changes are made with.
#[derive(Clone, Copy)]
pub struct Changes<'a> {
    /// The database.
    pub db: &'a Db,
    /// The time.
    pub clock: &'a Clock,
}

impl Changes<'_> {
    /// The last change of this kind on a server.
    pub async fn last(&self, host: &Host, kind: Guarded) -> Result<Option<GuardedChange>> {
        let server = host.server().id;
        self.db.run(move |connection| Ok::<_, Error>(GuardedChange::last_of(connection, server, kind)?)).await
    }

    /// The change of this number.
    pub async fn of(&self, host: &Host, kind: Guarded, id: GuardedChangeId) -> Result<GuardedChange> {
        let server = host.server().id;
        let row = self.db.run(move |connection| Ok::<_, Error>(GuardedChange::of(connection, server, (kind, id))?));
        row.await?.ok_or(Error::NotFound("This change"))
    }

    /// Arms the undoing of `deed` on the server, and makes it. It waits then to be kept.
    ///
    /// Where nobody knows whether it was made, it counts as made: what was armed undoes itself all the same.
    pub async fn begin(&self, host: &OperableHost, deed: Deed, seconds: u16) -> Result<GuardedChange> {
        deed.permitted(host).await?;
        self.clear(host, &deed).await?;
        let now = self.clock.now();
        let new = NewGuardedChange {
            server_id: host.server().id,
            kind: deed.kind(),
            token: new_token()?,
            owner: deed.owner().to_owned(),
            place: deed.place().to_owned(),
            by_root: deed.by_root(),
            line: deed.line(),
            asked_by: host.actor().name.clone(),
            asked_at: now,
            undoes_at: now + TimeDelta::seconds(i64::from(seconds)),
        };
        let (kind, token) = (new.kind, new.token.clone());
        let row = self.db.run(move |connection| Ok::<_, Error>(new.insert(connection)?)).await?;
        let Some(row) = row else { return Err(Error::Conflict(deed::one_at_a_time(kind))) };
        match deed.make(host, token, seconds).await {
            Ok(()) => self.becomes(&row, GuardedState::Armed, "").await,
            Err(Error::Remote(error)) if error.may_have_run() => {
                self.becomes(&row, GuardedState::Armed, &error.to_string()).await
            }
            Err(error) => {
                self.becomes(&row, GuardedState::Failed, &error.to_string()).await?;
                Err(error)
            }
        }
    }

    /// [`Self::begin`], and where that is wished [`Self::keep`] at once: what does not get through is told in `why`, and undoes
    /// itself.
    pub async fn make(&self, host: &OperableHost, deed: Deed, seconds: u16, keep: bool) -> Result<GuardedChange> {
        let row = self.begin(host, deed, seconds).await?;
        if !keep {
            return Ok(row);
        }
        match self.keep(host, &row).await {
            Err(Error::Remote(_)) => self.of(host, row.kind, row.id).await,
            outcome => outcome,
        }
    }

    /// One whose time is over does not wait any more, although nobody has looked since.
    async fn clear(&self, host: &OperableHost, deed: &Deed) -> Result<()> {
        let (server, kind, place) = (host.server().id, deed.kind(), deed.place().to_owned());
        let before = self
            .db
            .run(move |connection| Ok::<_, Error>(GuardedChange::waiting_in(connection, server, (kind, &place))?));
        let Some(before) = before.await? else { return Ok(()) };
        let before = self.settle(host, before).await?;
        if self.is_left(&before) {
            self.undo(host, &before).await?;
        }
        Ok(())
    }

    /// Whether it still waits long after its time: what was to undo it there is gone, too.
    fn is_left(&self, row: &GuardedChange) -> bool {
        row.state.is_open() && self.clock.now() > row.undoes_at + OVERDUE
    }

    /// Keeps a change, over a connection that is made for it: who gets through proves that signing in still works.
    pub async fn keep(&self, host: &OperableHost, row: &GuardedChange) -> Result<GuardedChange> {
        still_open(row)?;
        match deed::keep(host, row).await {
            Ok(report) => self.settled(row, &report).await,
            Err(error) => {
                // A refusal of ours says nothing about the server.
                if matches!(error, Error::Remote(_)) {
                    self.becomes(row, GuardedState::Armed, &error.to_string()).await?;
                }
                Err(error)
            }
        }
    }

    /// Undoes a change now.
    pub async fn undo(&self, host: &OperableHost, row: &GuardedChange) -> Result<GuardedChange> {
        still_open(row)?;
        let report = deed::undo(host, row).await?;
        self.settled(row, &report).await
    }

    /// What became of a change by now; the server is asked only where its time is over.
    pub async fn settle(&self, host: &Host, row: GuardedChange) -> Result<GuardedChange> {
        if !row.state.is_open() || self.clock.now() < row.undoes_at + AFTER {
            return Ok(row);
        }
        let report = deed::ask(host, &row).await?;
        self.settled(&row, &report).await
    }

    /// Why nothing else can be begun beside this change, as far as is known here: it waits, and its time is not long over.
    pub fn why_no_other(&self, row: &GuardedChange) -> Option<Message> {
        let waits = row.state.is_open() && self.clock.now() <= row.undoes_at + OVERDUE;
        waits.then(|| deed::one_at_a_time(row.kind))
    }

    /// When a change that waits undoes itself, if it still waits.
    pub fn left(&self, row: &GuardedChange) -> Option<TimeDelta> {
        row.state.is_open().then(|| (row.undoes_at - self.clock.now()).max(TimeDelta::zero()))
    }

    async fn settled(&self, row: &GuardedChange, report: &ChangeReport) -> Result<GuardedChange> {
        let is_over = self.clock.now() >= row.undoes_at + AFTER;
        let state = match report.state {
            _ if report.id != row.token => GuardedState::Unknown,
            ChangeState::Armed if is_over => return Ok(row.clone()),
            ChangeState::Armed => GuardedState::Armed,
            ChangeState::Kept => GuardedState::Kept,
            ChangeState::Undone => GuardedState::Undone,
            ChangeState::UndoFailed => GuardedState::UndoFailed,
            ChangeState::Unknown => GuardedState::Unknown,
        };
        self.becomes(row, state, &row.why).await
    }

    async fn becomes(&self, row: &GuardedChange, state: GuardedState, why: &str) -> Result<GuardedChange> {
        let (row, why, now) = (row.clone(), why.to_owned(), self.clock.now());
        self.db
            .run(move |connection| {
                let changed = row.becomes(connection, state, &why, now)?;
                // Somebody else found out before: what they found counts.
                let known = GuardedChange::of(connection, row.server_id, (row.kind, row.id))?;
                Ok::<_, Error>(changed.or(known).unwrap_or(row))
            })
            .await
    }
}

fn still_open(row: &GuardedChange) -> Result<()> {
    if row.state.is_open() {
        return Ok(());
    }
    Err(Error::Conflict(Message::new("This change does not wait any more")))
}
