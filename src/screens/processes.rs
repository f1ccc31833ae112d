//! What runs on one server: a list that renews itself, one process beside it, and signals.

pub mod detail;
pub mod environment;
pub mod list;
pub mod missing_ports;
pub mod page;
pub mod query;
pub mod signals;
pub mod tree;

use actix_web::{HttpRequest, HttpResponse, web};
use futures_util::future::OptionFuture;

use self::detail::Detail;
use self::list::ProcessTable;
use self::page::{Drawer, ProcessesPage};
use self::query::ProcessQuery;
use super::asked;
use super::gather::Stored;
use super::part::Part;
use super::region::Region;
use crate::app::App;
use crate::commands::{CommandType, ReadProcess};
use crate::error::Result;
use crate::metrics::health::Level;
use crate::metrics::ports::Ports;
use crate::models::actor::Role;
use crate::web::extract::SignedIn;
use crate::web::menu::{Group, Screen};
use crate::web::render::Render;

/// What runs on one server.
pub static SCREEN: Screen = Screen {
    slug: "processes",
    label: "Processes",
    icon: "list-tree",
    group: Group::Server,
    needs: &[CommandType::ListProcesses],
    role: Role::Viewer,
    key: Some('p'),
};

/// What runs on a server, and one process of it.
///
/// `GET /servers/{server}/processes?q=nginx&sort=-cpu&pid=4121`
pub async fn index(
    person: SignedIn,
    path: web::Path<String>,
    query: web::Query<ProcessQuery>,
    app: web::Data<App>,
    request: HttpRequest,
    render: Render,
) -> Result<HttpResponse> {
    let stored = Stored::load(&app, person.actor.scope(), &path).await?;
    let level = stored.health(&app.live, app.clock.now()).level;
    let (part, query) = (Part::of(&request), query.into_inner());
    if part == Part::Block("processes") && query.shows_too_many() {
        return render.nothing();
    }
    let (live, role) = (app.live.server(stored.server.id), stored.role_of(&person.actor));
    live.look();
    let host = app.hosts.of(person.actor.clone(), stored.server.clone());
    let answers = level.answers() || level == Level::Unknown;
    let wants = |region| answers && part.includes(region);
    let list = wants("processes").then(|| asked::running(&host, &live, part.patience()));
    let pid = query.pid().filter(|_| wants("drawer"));
    let one = pid.map(|pid| asked::ask(&host, ReadProcess { pid }, part.patience().limit));
    let ports = wants("processes").then(|| Ports::read(&host, &live, app.hosts.pool().runtime()));
    let (list, ports, one) = tokio::join!(OptionFuture::from(list), OptionFuture::from(ports), OptionFuture::from(one));
    let (ports, name) = (ports.flatten(), &stored.server.name);
    let table =
        Region::of(list.flatten(), role, |running| ProcessTable::new(&running, ports.as_deref(), &query, name))?;
    let mut page = ProcessesPage::new(stored.about(&render.shell.here, level), query, table, answers);
    if let Some(pid) = pid {
        let may = detail::May::find(&app, &stored, &person.actor).await?;
        let seen = page.query.seen.clone();
        let now = app.clock.now();
        let found = Region::of(one.flatten(), role, |found| found.map(|found| Detail::new(found, &seen, now)))?;
        page.drawer = Some(Drawer { pid, found, may });
    }
    match part {
        Part::Block("processes") if page.table.is_waiting() && answers => render.nothing(),
        Part::Block("processes") => render.page(&page.as_processes()),
        Part::Block("drawer") => render.page(&page.as_drawer()),
        Part::Block(_) | Part::Page if render.wants_fragment() && page.query.after > 0 => render.page(&page.as_more()),
        Part::Block(_) | Part::Page => render.page(&page),
    }
}

/// One process: the list with it beside.
///
/// `GET /servers/{server}/processes/{pid}`
pub async fn show(
    person: SignedIn,
    path: web::Path<(String, u32)>,
    app: web::Data<App>,
    render: Render,
) -> Result<HttpResponse> {
    let (server, pid) = path.into_inner();
    let host = app.hosts.open(person.actor.clone(), server).await?;
    let server = host.name();
    render.go(&format!("/servers/{server}/{}?pid={pid}", SCREEN.slug))
}
