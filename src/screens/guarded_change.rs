//! A change that waits to be kept, of a firewall or of keys: its banner, keeping it over a new connection, undoing it.

use serde::Deserialize;

use super::part::Part;
use crate::app::App;
use crate::error::{Error, FieldErrors, Result};
use crate::guarded_changes::Changes;
use crate::language::Message;
use crate::models::guarded_changes::{Guarded, GuardedChange, GuardedState as State};
use crate::models::ids::GuardedChangeId;
use crate::remote::host::{Host, OperableHost};
use crate::web::extract::{Form, Operator};

/// How long what ended is still told, seconds.
const TOLD: i64 = 600;

/// The last change of a kind, as long as it is news.
pub struct Banner {
    /// Its number.
    pub id: String,
    /// How grave it is.
    pub level: &'static str,
    /// What became of it, or what will.
    pub sentence: Message,
    /// What is done.
    pub line: String,
    /// The last that went wrong.
    pub why: String,
    /// Whose command made it, or whose keys they are.
    pub owner: String,
    /// It is kept.
    pub is_kept: bool,
    /// What a restart of the server does to it, once it is kept.
    pub restart: Option<Message>,
    /// Seconds until it undoes itself.
    pub left: Option<i64>,
    /// Why no other is made as long as it waits.
    pub why_no_other: Option<Message>,
}

/// The banner of a server, if its last change of this kind is news. A change whose time is over is asked about, as long as the
/// banner's `region` is asked for.
pub async fn banner(app: &App, host: &Host, kind: Guarded, (part, region): (Part, &str)) -> Result<Option<Banner>> {
    let changes = app.changes();
    let Some(mut row) = changes.last(host, kind).await? else { return Ok(None) };
    if part.includes(region)
        && let Ok(settled) = tokio::time::timeout(part.patience().limit, changes.settle(host, row.clone())).await
    {
        row = match settled {
            Ok(settled) => settled,
            // It is asked again with the next look.
            Err(Error::Remote(_) | Error::Forbidden(_)) => row,
            Err(error) => return Err(error),
        };
    }
    let is_news = row.state.is_open() || (app.clock.now() - row.asked_at).num_seconds() < TOLD;
    Ok(is_news.then(|| Banner::new(&changes, row)))
}

impl Banner {
    fn new(changes: &Changes<'_>, row: GuardedChange) -> Self {
        let left = changes.left(&row).map(|left| left.num_seconds());
        let (level, sentence) = match (row.state, left) {
            (State::Asked, _) => ("warn", Message::new("This change is on its way")),
            (State::Armed, Some(0)) => (
                "warn",
                Message::new(
                    "The time of this change is over. The server undoes it by itself; it was not reached yet to say so",
                ),
            ),
            (State::Armed, _) => (
                "warn",
                Message::new("This change undoes itself in {n} s unless it is kept")
                    .with("n", left.unwrap_or_default()),
            ),
            (State::Kept, _) => ("ok", Message::new("This change is kept: a new connection got through")),
            (State::Undone, _) => ("warn", Message::new("This change was undone: everything is as it was before")),
            (State::UndoFailed, _) => ("crit", undo_failed(row.kind)),
            (State::Failed, _) => ("crit", Message::new("This change was not made")),
            (State::Unknown, _) => ("crit", nobody_knows(row.kind)),
        };
        let why_no_other = changes.why_no_other(&row);
        Self {
            id: row.id.to_string(),
            level,
            sentence,
            line: row.line,
            why: row.why,
            owner: row.owner,
            is_kept: row.state == State::Kept,
            restart: None,
            left,
            why_no_other,
        }
    }
}

fn undo_failed(kind: Guarded) -> Message {
    Message::new(match kind {
        Guarded::Firewall => "This change was to be undone, and that failed. Look at the rules",
        Guarded::Keys => "This change was to be undone, and that failed. Look at the keys",
    })
}

fn nobody_knows(kind: Guarded) -> Message {
    Message::new(match kind {
        Guarded::Firewall => "What became of this change is not known. Look at the rules",
        Guarded::Keys => "What became of this change is not known. Look at the keys",
    })
}

/// Which change.
#[derive(Debug, Deserialize)]
pub struct ChangeForm {
    change: String,
}

impl Form for ChangeForm {
    type Valid = GuardedChangeId;

    fn check(&self) -> Result<GuardedChangeId, FieldErrors> {
        let id = self.change.parse().map(GuardedChangeId);
        id.map_err(|_no_number| FieldErrors::default().and("change", "This choice is not known"))
    }
}

/// Which kind of change, and its number.
pub type Which = (Guarded, GuardedChangeId);

/// Keeps a change, if a new connection gets through. What went wrong stands beside the change.
pub async fn keep(app: &App, person: Operator, name: String, which: Which) -> Result<(OperableHost, GuardedChange)> {
    let (host, row) = waiting(app, person, name, which).await?;
    match app.changes().keep(&host, &row).await {
        Ok(_) | Err(Error::Remote(_)) => Ok((host, row)),
        Err(error) => Err(error),
    }
}

/// Undoes a change now.
pub async fn undo(app: &App, person: Operator, name: String, which: Which) -> Result<(OperableHost, GuardedChange)> {
    let (host, row) = waiting(app, person, name, which).await?;
    app.changes().undo(&host, &row).await?;
    Ok((host, row))
}

async fn waiting(
    app: &App,
    person: Operator,
    name: String,
    (kind, id): Which,
) -> Result<(OperableHost, GuardedChange)> {
    let host = app.hosts.open(person.actor.clone(), name).await?.operable().await?;
    let row = app.changes().of(&host, kind, id).await?;
    Ok((host, row))
}
