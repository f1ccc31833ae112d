//! What one server runs by a timetable: every line with a sentence and its next times, scripts that run by the day, timers.

mod detail;
pub mod editor;
mod page;
pub(super) mod rows;
pub mod runs;
pub mod versions;

use actix_web::{HttpRequest, HttpResponse, web};
use serde::Deserialize;

use super::gather::Stored;
use super::part::Part;
use super::region::Region;
use crate::app::App;
use crate::commands::CommandType;
use crate::crontabs;
use crate::error::{Error, Result};
use crate::language::Message;
use crate::models::actor::{Actor, Role};
use crate::models::allowance::Allowance;
use crate::models::permission::Permission;
use crate::web::extract::SignedIn;
use crate::web::menu::{Group, Screen};
use crate::web::render::Render;
use page::CronPage;
use rows::View;

/// What one server runs by a timetable.
pub static SCREEN: Screen = Screen {
    slug: "cron",
    label: "Cron",
    icon: "clock",
    group: Group::Server,
    needs: &[CommandType::ListCron],
    role: Role::Viewer,
    key: Some('c'),
};

/// What is looked for, and which line is open.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct CronQuery {
    q: String,
    tab: String,
    line: String,
}

/// Everything that runs by a timetable.
///
/// `GET /servers/{server}/cron?q=backup&tab=user:root&line=3`
pub async fn index(
    person: SignedIn,
    path: web::Path<String>,
    query: web::Query<CronQuery>,
    app: web::Data<App>,
    request: HttpRequest,
    render: Render,
) -> Result<HttpResponse> {
    let stored = Stored::load(&app, person.actor.scope(), &path).await?;
    let (part, role, query) = (Part::of(&request), stored.role_of(&person.actor), query.into_inner());
    let host = app.hosts.of(person.actor.clone(), stored.server.clone());
    let asked = tokio::time::timeout(part.patience().limit, Box::pin(crontabs::read(&host))).await.ok();
    // Of a line that is open, when it came last.
    let log = match &asked {
        Some(Ok(_)) if !query.line.is_empty() => {
            tokio::time::timeout(part.patience().limit, Box::pin(crontabs::runs(&host))).await.ok().and_then(Result::ok)
        }
        _ => None,
    };
    let mut refused = None;
    let tables = match asked {
        Some(Err(Error::Forbidden(why))) => {
            refused = Some(why);
            Region::Waiting
        }
        other => Region::of(other, role, |tables| View::new(&tables, &query, log.as_ref().map(|log| &log.value)))?,
    };
    let page = CronPage {
        about: stored.about(&render.shell.here, stored.health(&app.live, app.clock.now()).level),
        query,
        tables,
        refused,
        why_not: stored.why_no_changes(&person.actor),
        why_not_run: why_not_run(&stored, &person.actor),
    };
    match part {
        Part::Block("cron") => render.page(&page.as_cron()),
        _ => render.page(&page),
    }
}

/// Why somebody cannot run a line now; what is run is asked again where it is done.
fn why_not_run(stored: &Stored, actor: &Actor) -> Option<Message> {
    if stored.allow() < Allowance::Change {
        return Some(Message::new("This server may only be watched"));
    }
    let may = |permission| stored.allows(actor, permission);
    (!may(Permission::RunCommand) || !may(Permission::Root))
        .then(|| Message::new("Your rights do not let you run a line of a crontab here"))
}
