//! How long a server is up, restarting it and shutting it down, and what came of that.

pub mod requests;
mod rows;

use std::time::Duration;

use actix_web::{HttpRequest, HttpResponse, web};
use askama::Template;
use chrono::{DateTime, Utc};

use super::about::About;
use super::gather::Stored;
use super::part::Part;
use super::region::Region;
use crate::app::App;
use crate::commands::{Boot, CommandType, ReadBoot};
use crate::error::{Error, Result};
use crate::language::Message;
use crate::models::actor::Role;
use crate::models::allowance::Allowance;
use crate::models::permission::Permission;
use crate::models::power_requests::{PowerRequest, PowerState};
use crate::web::extract::SignedIn;
use crate::web::filters;
use crate::web::menu::{Group, Screen};
use crate::web::render::Render;
use rows::RequestRow;

pub use rows::Standing;

/// Restarting and shutting down one server.
pub static SCREEN: Screen = Screen {
    slug: "power",
    label: "Power",
    icon: "power",
    group: Group::Server,
    needs: &[CommandType::ReadBoot],
    role: Role::Viewer,
    key: None,
};

/// Requests in the list.
const LAST: i64 = 20;

/// The page.
#[derive(Template)]
#[template(path = "screens/power.html", blocks = ["request", "boot", "requests"])]
struct PowerPage {
    about: About,
    /// The last request, while it goes on and as long as it is news.
    standing: Option<Standing>,
    /// None while a request goes on: the server is watched then, and not asked.
    boot: Option<Region<Up>>,
    rows: Vec<RequestRow>,
    why_not: Option<&'static str>,
}

/// How long it is up.
struct Up {
    since: DateTime<Utc>,
    lasts: Duration,
    id: String,
}

/// How long the server is up, where the last request stands, and the requests before.
///
/// `GET /servers/{server}/power`
pub async fn index(
    person: SignedIn,
    path: web::Path<String>,
    app: web::Data<App>,
    request: HttpRequest,
    render: Render,
) -> Result<HttpResponse> {
    let stored = Stored::load(&app, person.actor.scope(), &path).await?;
    let (part, role, id) = (Part::of(&request), stored.role_of(&person.actor), stored.server.id);
    let rows = app.db.run(move |connection| Ok::<_, Error>(PowerRequest::of_server(connection, id, LAST)?)).await?;
    let is_open = rows.first().is_some_and(PowerRequest::is_open);
    let boot = if is_open {
        None
    } else if part.includes("boot") {
        let host = app.hosts.of(person.actor.clone(), stored.server.clone());
        let answer = tokio::time::timeout(part.patience().limit, host.read(ReadBoot)).await.ok();
        let at = app.clock.now();
        Some(Region::of(answer, role, |boot: Boot| Up { since: at - boot.uptime, lasts: boot.uptime, id: boot.id })?)
    } else {
        Some(Region::Waiting)
    };
    // What a server said is for those who may change it.
    let (now, may_read) = (app.clock.now(), role >= Role::Operator);
    let page = PowerPage {
        about: stored.about(&render.shell.here, stored.health(&app.live, now).level),
        standing: rows.first().and_then(|row| Standing::of(row, now, may_read)),
        boot,
        // The one that goes on is told above.
        rows: rows.iter().filter(|row| !row.is_open()).map(|row| RequestRow::new(row, may_read)).collect(),
        why_not: why_not(&stored, &person),
    };
    match part {
        Part::Block("boot") => render.page(&page.as_boot()),
        Part::Block("power-requests") => render.page(&page.as_requests()),
        // It asks as long as a request goes on: what is under it is not true any more once that is over.
        Part::Block("power-request") if !is_open => render.page_and(&page.as_request(), "power"),
        Part::Block("power-request") => render.page(&page.as_request()),
        _ => render.page(&page),
    }
}

/// Why somebody cannot ask for either here; what is asked for is weighed again where it is done.
fn why_not(stored: &Stored, person: &SignedIn) -> Option<&'static str> {
    if !stored.server.enabled {
        return Some("This server is paused: hannun does not connect to it");
    }
    if stored.allow() < Allowance::Change {
        return Some("This server may only be watched");
    }
    (!stored.allows(&person.actor, Permission::Root)).then_some("Your rights do not let you act as root here")
}

/// That somebody asked a server to go down, where that is why it does not answer: nobody looks for a fault then.
pub async fn why_away(app: &App, stored: &Stored, seen_at: Option<DateTime<Utc>>) -> Result<Option<Standing>> {
    let id = stored.server.id;
    let rows = app.db.run(move |connection| Ok::<_, Error>(PowerRequest::of_server(connection, id, 1)?)).await?;
    let explains = |row: &&PowerRequest| match row.ended_at {
        None => true,
        // Somebody switched it on since, and what is the matter now is another thing.
        Some(ended) => row.state == PowerState::Off && seen_at.is_none_or(|seen| seen < ended),
    };
    Ok(rows.first().filter(explains).map(|row| Standing::new(row, app.clock.now(), false)))
}

/// What a deed is called where it is asked for, and where that is done.
fn titled(template: &'static str, server: &str) -> Message {
    Message::new(template).with("server", server)
}
