//! What one server keeps running: services and timers, one of them beside the list, and what may be done to it.

mod actions;
pub mod detail;
pub mod list;
mod page;
pub mod query;

use actix_web::{HttpRequest, HttpResponse, web};
use futures_util::future::OptionFuture;
use tokio::time::timeout;

pub use self::actions::create;

use self::detail::{Detail, files};
use self::list::ServiceTable;
use self::page::{Drawer, ServicesPage};
use self::query::ServiceQuery;
use super::asked;
use super::gather::Stored;
use super::part::Part;
use super::region::Region;
use crate::app::App;
use crate::commands::CommandType;
use crate::commands::services::{ControlService, ReadService};
use crate::commands::told::told;
use crate::error::Result;
use crate::language::Message;
use crate::metrics::health::Level;
use crate::models::actor::{Actor, Role};
use crate::models::allowance::Allowance;
use crate::models::permission::Permission;
use crate::services;
use crate::web::extract::SignedIn;
use crate::web::menu::{Group, Screen};
use crate::web::render::Render;

/// What one server keeps running.
pub static SCREEN: Screen = Screen {
    slug: "services",
    label: "Services",
    icon: "layers",
    group: Group::Server,
    needs: &[CommandType::ListServices],
    role: Role::Viewer,
    key: Some('s'),
};

/// Services and timers of a server, and one of them.
///
/// `GET /servers/{server}/services?show=timers&q=nginx&state=failed&unit=nginx.service`
pub async fn index(
    person: SignedIn,
    path: web::Path<String>,
    query: web::Query<ServiceQuery>,
    app: web::Data<App>,
    request: HttpRequest,
    render: Render,
) -> Result<HttpResponse> {
    let stored = Stored::load(&app, person.actor.scope(), &path).await?;
    let level = stored.health(&app.live, app.clock.now()).level;
    let (part, query) = (Part::of(&request), query.into_inner());
    let role = stored.role_of(&person.actor);
    let host = app.hosts.of(person.actor.clone(), stored.server.clone());
    let answers = level.answers() || level == Level::Unknown;
    let wants = |region| answers && part.includes(region);
    let limit = part.patience().limit;
    let list = wants("services").then(|| timeout(limit, services::list(&host)));
    let unit = query.unit().filter(|_| wants("drawer"));
    let one = unit.clone().map(|name| asked::ask(&host, ReadService { name }, limit));
    let (list, one) = tokio::join!(OptionFuture::from(list), OptionFuture::from(one));
    let list = list.and_then(std::result::Result::ok);
    let table = Region::of(list, role, |list| ServiceTable::new(list, &query))?;
    let mut page = ServicesPage {
        about: stored.about(&render.shell.here, level),
        why_no_action: why_not(&stored, &person.actor),
        query,
        table,
        drawer: None,
        answers,
    };
    if let Some(unit) = unit {
        let found = Region::of(one.flatten(), role, |found| found.map(Detail::new))?;
        let may_read = stored.allows(&person.actor, Permission::ReadFiles) && stored.allow() >= Allowance::ReadFiles;
        // What does not come in time is left out: the paths of the files are shown then.
        let (texts, log) = match &found {
            Region::Ready(Some(detail), _) if may_read => tokio::join!(
                timeout(limit, files(&host, detail)),
                timeout(limit, detail::log(&host, &unit, render.shell.time_zone))
            ),
            _ => (Ok(Vec::new()), Ok(None)),
        };
        // Seen before it runs; where the server has no such command, nothing is offered.
        let command = host.choose::<ControlService>().await.ok().map(|chosen| told(&chosen.script));
        let (texts, log) = (texts.unwrap_or_default(), log.ok().flatten());
        page.drawer = Some(Drawer { name: unit.to_string(), found, texts, log, command });
    }
    match part {
        Part::Block("services") if page.table.is_waiting() && answers => render.nothing(),
        Part::Block("services") => render.page(&page.as_services()),
        Part::Block("drawer") => render.page(&page.as_drawer()),
        Part::Block(_) | Part::Page => render.page(&page),
    }
}

/// Why the reader may do nothing to services here; whatever is done is asked again where it is done.
fn why_not(stored: &Stored, actor: &Actor) -> Option<Message> {
    if stored.allow() < Allowance::Change {
        return Some(Message::new(
            "hannun may only look at this server, whoever asks. An administrator can change that",
        ));
    }
    let may = stored.allows(actor, Permission::WriteFiles);
    (!may).then(|| Message::new("You may not change services on this server. An administrator can change your rights"))
}
