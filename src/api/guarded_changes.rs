//! Changes that undo themselves unless they are kept, as programs see them: of firewalls and of keys.

use actix_web::HttpResponse;
use actix_web::web::Json;
use chrono::{DateTime, Utc};
use serde::Serialize;
use utoipa::ToSchema;

use crate::app::App;
use crate::error::{Error, Result};
use crate::guarded_changes::Deed;
use crate::models::guarded_changes::{Guarded, GuardedChange, GuardedState};
use crate::models::ids::GuardedChangeId;
use crate::remote::host::OperableHost;
use crate::web::extract::Asking;

/// A change that undoes itself unless it is kept, and what became of it.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = GuardedChange)]
pub struct ChangeView {
    /// Its number.
    id: i64,
    /// `asked`, `armed` (it undoes itself unless it is kept), `kept`, `undone`, `undo_failed`, `failed` or `unknown`.
    #[schema(value_type = String, example = "kept")]
    state: GuardedState,
    /// What is done, in one line: the command that the owner of the firewall was given, or which key comes or goes.
    command: String,
    /// The last that went wrong.
    why: String,
    /// When it was asked for.
    asked_at: DateTime<Utc>,
    /// When it undoes itself.
    undoes_at: DateTime<Utc>,
    /// When its end was known.
    ended_at: Option<DateTime<Utc>>,
}

impl From<GuardedChange> for ChangeView {
    fn from(row: GuardedChange) -> Self {
        Self {
            id: row.id.0,
            state: row.state,
            command: row.line,
            why: row.why,
            asked_at: row.asked_at,
            undoes_at: row.undoes_at,
            ended_at: row.ended_at,
        }
    }
}

/// Makes a change, and keeps it at once where that is wished and a new connection gets through.
pub(super) async fn make(
    app: &App,
    host: &OperableHost,
    deed: Deed,
    (seconds, keep): (u16, bool),
) -> Result<HttpResponse> {
    let row = app.changes().make(host, deed, seconds, keep).await?;
    Ok(HttpResponse::Created().json(ChangeView::from(row)))
}

/// What became of the last change of this kind. The server is asked where its time is over.
pub(super) async fn latest(app: &App, asking: Asking, name: String, kind: Guarded) -> Result<Json<ChangeView>> {
    let host = app.hosts.open(asking.0, name).await?;
    let row = app.changes().last(&host, kind).await?.ok_or(Error::NotFound("This change"))?;
    Ok(Json(app.changes().settle(&host, row).await?.into()))
}

/// Keeps the change of a path, if a new connection gets through.
pub(super) async fn keep(app: &App, asking: Asking, path: (String, String), kind: Guarded) -> Result<Json<ChangeView>> {
    let (host, row) = waiting(app, asking, path, kind).await?;
    Ok(Json(app.changes().keep(&host, &row).await?.into()))
}

/// Undoes the change of a path now.
pub(super) async fn undo(app: &App, asking: Asking, path: (String, String), kind: Guarded) -> Result<Json<ChangeView>> {
    let (host, row) = waiting(app, asking, path, kind).await?;
    Ok(Json(app.changes().undo(&host, &row).await?.into()))
}

/// What is wished unless somebody says otherwise.
pub(super) fn yes() -> bool {
    true
}

async fn waiting(
    app: &App,
    asking: Asking,
    (name, id): (String, String),
    kind: Guarded,
) -> Result<(OperableHost, GuardedChange)> {
    let host = app.hosts.open(asking.0, name).await?.operable().await?;
    let id = GuardedChangeId(id.parse().map_err(|_no_number| Error::NotFound("This change"))?);
    let row = app.changes().of(&host, kind, id).await?;
    Ok((host, row))
}
