//! What is installed on one server, what could be renewed, what ran lately, and what was uploaded to be installed.

pub mod artifacts;
mod listing;
pub mod plans;
mod rows;
pub mod runs;
pub mod updates;

use actix_web::{HttpRequest, HttpResponse, web};
use askama::Template;

use super::about::About;
use super::gather::Stored;
use super::part::Part;
use super::region::Region;
use crate::app::App;
use crate::commands::packages::{ListPackages, ListRestarts, ListUpdates, Restarts};
use crate::commands::platform::Platform;
use crate::commands::{CommandType, Read};
use crate::error::{Error, Result};
use crate::language::Message;
use crate::models::actor::Role;
use crate::models::artifacts::ArtifactSummary;
use crate::models::executions::ExecutionSummary;
use crate::models::permission::Permission;
use crate::remote::host::{Answer, Host};
use crate::web::extract::SignedIn;
use crate::web::filters;
use crate::web::menu::{Group, Screen};
use crate::web::render::Render;

use artifacts::ArtifactRow;
use listing::{Listing, PackageQuery, View};
use runs::RunRow;
use updates::Offers;

/// Packages of one server.
pub static SCREEN: Screen = Screen {
    slug: "packages",
    label: "Packages",
    icon: "package",
    group: Group::Server,
    needs: &[CommandType::ListPackages],
    role: Role::Viewer,
    key: Some('k'),
};

/// Runs in the history.
const HISTORY: i64 = 50;

/// The page.
#[derive(Template)]
#[template(path = "screens/packages.html", blocks = ["packages", "restarts", "files"])]
struct PackagesPage {
    about: About,
    query: PackageQuery,
    tabs: Vec<(&'static str, String, bool)>,
    listing: Region<Listing>,
    history: Vec<RunRow>,
    going_on: Option<RunRow>,
    restarts: Region<Restarts>,
    files: Vec<ArtifactRow>,
    may_install: bool,
    offers: Offers,
}

/// Packages of a server.
///
/// `GET /servers/{server}/packages?view=updates&q=ng&sort=-size`
pub async fn index(
    person: SignedIn,
    path: web::Path<String>,
    query: web::Query<PackageQuery>,
    app: web::Data<App>,
    request: HttpRequest,
    render: Render,
) -> Result<HttpResponse> {
    let stored = Stored::load(&app, person.actor.scope(), &path).await?;
    let (part, role, query) = (Part::of(&request), stored.role_of(&person.actor), query.into_inner());
    let host = app.hosts.of(person.actor.clone(), stored.server.clone());
    let about = stored.about(&render.shell.here, stored.health(&app.live, app.clock.now()).level);
    let may_install = stored.allows(&person.actor, Permission::Install);
    let limit = part.patience().limit;
    let listing = match query.view() {
        _ if !part.includes("packages") => Region::Waiting,
        View::Installed => {
            let answer = in_time(&host, ListPackages, limit).await;
            Region::of(answer, role, |found| Listing::installed(found, &query, &about.path, may_install))?
        }
        View::Updates => {
            let answer = in_time(&host, ListUpdates, limit).await;
            Region::of(answer, role, |found| Listing::updates(&found, &query, &about.path, may_install))?
        }
        View::History => Region::Waiting,
    };
    // It looks at every process: never before the page itself is there.
    let restarts = match part {
        Part::Block("restarts") => Region::of(in_time(&host, ListRestarts, limit).await, role, |found| found)?,
        _ => Region::Waiting,
    };
    let (id, catalog) = (stored.server.id, app.hosts.catalog());
    let platform = stored.platform.clone().map(Platform::from);
    let offers = platform.as_ref().filter(|_| may_install).map(|platform| Offers::new(&catalog, platform));
    // Each letter in the filter asks for the list of packages alone.
    let (wants_files, most) = (may_install && part.includes("files"), if part == Part::Page { HISTORY } else { 0 });
    let (runs, files) = app
        .db
        .run(move |connection| {
            let files = if wants_files { ArtifactSummary::latest(connection)? } else { Vec::new() };
            Ok::<_, Error>((ExecutionSummary::of_server(connection, id, most)?, files))
        })
        .await?;
    let may_read = role >= Role::Operator;
    let runs: Vec<RunRow> = runs.iter().map(|run| RunRow::new(run, &about.path, may_read)).collect();
    let page = PackagesPage {
        tabs: query.tabs(),
        listing,
        going_on: runs.iter().find(|run| !run.has_ended).cloned(),
        history: runs,
        restarts,
        files: files.iter().map(|one| ArtifactRow::new(one, platform.as_ref(), &catalog, &about.path)).collect(),
        may_install,
        offers: offers.unwrap_or_default(),
        about,
        query,
    };
    match part {
        Part::Block("packages") => render.page(&page.as_packages()),
        Part::Block("restarts") => render.page(&page.as_restarts()),
        Part::Block("files") => render.page(&page.as_files()),
        _ => render.page(&page),
    }
}

/// The answer to `command` in time; none where it takes longer.
pub(super) async fn in_time<C: Read>(
    host: &Host,
    command: C,
    limit: std::time::Duration,
) -> Option<Result<Answer<C::Output>>> {
    tokio::time::timeout(limit, host.read(command)).await.ok()
}

impl PackagesPage {
    fn is_updates(&self) -> bool {
        self.query.view() == View::Updates
    }

    fn is_history(&self) -> bool {
        self.query.view() == View::History
    }

    /// What is said where nothing matches.
    fn nothing(&self) -> Message {
        match self.query.view() {
            View::Updates if self.query.q.is_empty() => {
                Message::new("Everything is up to date, by the lists that the server has")
            }
            _ => Message::new("No package matches “{q}”").with("q", &self.query.q),
        }
    }
}
