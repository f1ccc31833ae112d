//! A change that waits to be kept: its banner, keeping it over a new connection, undoing it.

use actix_web::HttpResponse;
use actix_web::web::{Data, Path};
use serde::Deserialize;

use super::super::part::Part;
use super::words;
use crate::app::App;
use crate::error::{Error, FieldErrors, Result};
use crate::firewalls::changes::Changes;
use crate::language::Message;
use crate::models::firewall_changes::{FirewallChange, FirewallChangeState};
use crate::models::ids::FirewallChangeId;
use crate::remote::host::Host;
use crate::web::extract::{Form, Operator, ValidForm};
use crate::web::render::Render;

/// How long what ended is still told, seconds.
const TOLD: i64 = 600;

/// The last change, as long as it is news.
pub(super) struct Banner {
    pub(super) id: String,
    pub(super) level: &'static str,
    pub(super) sentence: Message,
    pub(super) line: String,
    pub(super) why: String,
    /// What a restart of the server does to it, once it is kept.
    pub(super) restart: Option<Message>,
    /// Seconds until it undoes itself.
    pub(super) left: Option<i64>,
    /// Why no rule is added or removed as long as it waits.
    pub(super) why_no_other: Option<Message>,
}

/// What makes changes of `app`.
pub(super) fn changes(app: &App) -> Changes<'_> {
    Changes { db: &app.db, clock: &app.clock }
}

/// The banner of a server, if its last change is news. A change whose time is over is asked about.
pub(super) async fn banner(app: &App, host: &Host, part: Part) -> Result<Option<Banner>> {
    let changes = changes(app);
    let Some(mut row) = changes.last(host).await? else { return Ok(None) };
    if part.includes("firewall-change")
        && let Ok(settled) = tokio::time::timeout(part.patience().limit, changes.settle(host, row.clone())).await
    {
        row = match settled {
            Ok(settled) => settled,
            // It is asked again with the next look.
            Err(Error::Remote(_)) => row,
            Err(error) => return Err(error),
        };
    }
    let is_news = row.state.is_open() || (app.clock.now() - row.asked_at).num_seconds() < TOLD;
    Ok(is_news.then(|| Banner::new(&changes, row)))
}

impl Banner {
    fn new(changes: &Changes<'_>, row: FirewallChange) -> Self {
        let left = changes.left(&row).map(|left| left.num_seconds());
        let (level, sentence) = match (row.state, left) {
            (FirewallChangeState::Asked, _) => ("warn", Message::new("This change is on its way")),
            (FirewallChangeState::Armed, Some(0)) => (
                "warn",
                Message::new(
                    "The time of this change is over. The server has undone it by itself; it was not reached yet to say so",
                ),
            ),
            (FirewallChangeState::Armed, _) => (
                "warn",
                Message::new("This change undoes itself in {n} s unless it is kept")
                    .with("n", left.unwrap_or_default()),
            ),
            (FirewallChangeState::Kept, _) => ("ok", Message::new("This change is kept: a new connection got through")),
            (FirewallChangeState::Undone, _) => {
                ("warn", Message::new("This change was undone: everything is as it was before"))
            }
            (FirewallChangeState::UndoFailed, _) => {
                ("crit", Message::new("This change was to be undone, and that failed. Look at the rules"))
            }
            (FirewallChangeState::Failed, _) => ("crit", Message::new("This change was not made")),
            (FirewallChangeState::Unknown, _) => {
                ("crit", Message::new("What became of this change is not known. Look at the rules"))
            }
        };
        let left = left.filter(|_| row.state.is_open());
        let restart = words::over_a_restart(&row.owner).filter(|_| row.state == FirewallChangeState::Kept);
        let why_no_other = changes.why_no_other(&row);
        Self { id: row.id.to_string(), level, sentence, line: row.line, why: row.why, restart, left, why_no_other }
    }
}

/// Which change.
#[derive(Debug, Deserialize)]
pub struct ChangeForm {
    change: String,
}

impl Form for ChangeForm {
    type Valid = FirewallChangeId;

    fn check(&self) -> Result<FirewallChangeId, FieldErrors> {
        let id = self.change.parse().map(FirewallChangeId);
        id.map_err(|_no_number| FieldErrors::default().and("change", "This choice is not known"))
    }
}

/// Keeps a change, if a new connection gets through.
///
/// `POST /servers/{server}/firewall/confirmations`
pub async fn keep(
    person: Operator,
    name: Path<String>,
    form: ValidForm<ChangeForm>,
    app: Data<App>,
    render: Render,
) -> Result<HttpResponse> {
    let host = app.hosts.open(person.actor.clone(), name.into_inner()).await?.operable().await?;
    let row = row(&app, &host, form.0).await?;
    // What went wrong stands beside the change.
    match changes(&app).keep(&host, &row).await {
        Ok(_) | Err(Error::Remote(_)) => render.go(&format!("/servers/{}/firewall", host.name())),
        Err(error) => Err(error),
    }
}

/// Undoes a change now.
///
/// `POST /servers/{server}/firewall/undoings`
pub async fn undo(
    person: Operator,
    name: Path<String>,
    form: ValidForm<ChangeForm>,
    app: Data<App>,
    render: Render,
) -> Result<HttpResponse> {
    let host = app.hosts.open(person.actor.clone(), name.into_inner()).await?.operable().await?;
    let row = row(&app, &host, form.0).await?;
    changes(&app).undo(&host, &row).await?;
    render.go(&format!("/servers/{}/firewall", host.name()))
}

async fn row(app: &App, host: &Host, id: FirewallChangeId) -> Result<FirewallChange> {
    let server = host.server().id;
    let row = app.db.run(move |connection| Ok::<_, Error>(FirewallChange::of(connection, server, id)?)).await?;
    row.ok_or(Error::NotFound("This change"))
}
