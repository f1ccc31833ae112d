//! Who listens where on one server, and who is connected with it.

pub mod list;
pub mod page;
pub mod query;
pub mod reach;

use actix_web::{HttpRequest, HttpResponse, web};

use self::list::SocketTable;
use self::page::SocketsPage;
use self::query::SocketQuery;
use super::asked;
use super::gather::Stored;
use super::part::Part;
use super::region::Region;
use crate::app::App;
use crate::commands::{CommandType, ListConnections, ListSockets};
use crate::error::Result;
use crate::metrics::health::Level;
use crate::models::actor::Role;
use crate::web::extract::SignedIn;
use crate::web::menu::{Group, Screen};
use crate::web::render::Render;

/// Who listens where, and who is connected.
pub static SCREEN: Screen = Screen {
    slug: "sockets",
    label: "Sockets",
    icon: "network",
    group: Group::Server,
    needs: &[CommandType::ListSockets],
    role: Role::Viewer,
    key: None,
};

/// What listens on a server, or who is connected with it.
///
/// `GET /servers/{server}/sockets?show=connections&q=443`
pub async fn index(
    person: SignedIn,
    path: web::Path<String>,
    query: web::Query<SocketQuery>,
    app: web::Data<App>,
    request: HttpRequest,
    render: Render,
) -> Result<HttpResponse> {
    let stored = Stored::load(&app, person.actor.scope(), &path).await?;
    let level = stored.health(&app.live, app.clock.now()).level;
    let (part, query) = (Part::of(&request), query.into_inner());
    app.live.server(stored.server.id).look();
    let host = app.hosts.of(person.actor.clone(), stored.server.clone());
    let role = stored.role_of(&person.actor);
    let answers = level.answers() || level == Level::Unknown;
    let limit = part.patience().limit;
    let answer = match (answers, query.is_about_connections()) {
        (false, _) => None,
        (true, true) => asked::ask(&host, ListConnections, limit).await,
        (true, false) => asked::ask(&host, ListSockets, limit).await,
    };
    let table = Region::of(answer, role, |list| SocketTable::new(list, &query))?;
    let page = SocketsPage { about: stored.about(&render.shell.here, level), query, table, answers };
    match part {
        Part::Block("sockets") if page.table.is_waiting() && answers => render.nothing(),
        Part::Block("sockets") => render.page(&page.as_sockets()),
        Part::Block(_) | Part::Page => render.page(&page),
    }
}
