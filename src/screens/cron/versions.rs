//! What stood in a crontab before hannun replaced it.

use actix_web::HttpResponse;
use actix_web::web::{Data, Path, Query};
use askama::Template;
use serde::Deserialize;

use super::super::about::About;
use super::super::gather::Stored;
use crate::app::App;
use crate::commands::cron::Place;
use crate::commands::files::path::encoded;
use crate::error::{Error, Result};
use crate::language::Message;
use crate::models::crontab_versions::CrontabVersion;
use crate::web::extract::Operator;
use crate::web::filters;
use crate::web::render::Render;

/// Of which table.
#[derive(Debug, Deserialize)]
pub struct VersionsQuery {
    tab: String,
}

/// The page.
#[derive(Template)]
#[template(path = "screens/cron/versions.html")]
struct VersionsPage {
    about: About,
    label: Message,
    tab: String,
    versions: Vec<CrontabVersion>,
    why_not: Option<Message>,
}

/// Its versions, the newest first; each can be put back.
///
/// `GET /servers/{server}/cron/versions?tab=user:root`
pub async fn index(
    person: Operator,
    path: Path<String>,
    query: Query<VersionsQuery>,
    app: Data<App>,
    render: Render,
) -> Result<HttpResponse> {
    let place = Place::from_key(&query.tab).ok_or(Error::NotFound("This crontab"))?;
    let stored = Stored::load(&app, person.actor.scope(), &path).await?;
    let host = app.hosts.of(person.actor.clone(), stored.server.clone());
    let versions = app.crontabs().versions(&host, &place).await?;
    let page = VersionsPage {
        about: stored.about(&render.shell.here, stored.health(&app.live, app.clock.now()).level),
        label: place.label(),
        tab: encoded(place.key()),
        versions,
        why_not: stored.why_no_changes(&person.actor),
    };
    render.page(&page)
}
