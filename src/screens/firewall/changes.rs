//! The last change of the firewall: its banner, keeping it, undoing it.

use actix_web::HttpResponse;
use actix_web::web::{Data, Path};

use super::super::guarded_change::{self, Banner, ChangeForm};
use super::super::part::Part;
use super::words;
use crate::app::App;
use crate::error::Result;
use crate::models::guarded_changes::Guarded;
use crate::remote::host::Host;
use crate::web::extract::{Operator, ValidForm};
use crate::web::render::Render;

/// The banner of the last change, and what a restart of the server does to it.
pub(super) async fn banner(app: &App, host: &Host, part: Part) -> Result<Option<Banner>> {
    let banner = guarded_change::banner(app, host, Guarded::Firewall, (part, "firewall-change")).await?;
    Ok(banner.map(|one| Banner { restart: words::over_a_restart(&one.owner).filter(|_| one.is_kept), ..one }))
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
    let (host, _) = guarded_change::keep(&app, person, name.into_inner(), (Guarded::Firewall, form.0)).await?;
    render.go(&format!("/servers/{}/firewall", host.name()))
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
    let (host, _) = guarded_change::undo(&app, person, name.into_inner(), (Guarded::Firewall, form.0)).await?;
    render.go(&format!("/servers/{}/firewall", host.name()))
}
