//! Before a package comes or goes: what else would come or go, asked of the server's own tool, and the button that does it.

use std::sync::Arc;

use actix_web::{HttpRequest, HttpResponse, web};
use askama::Template;
use serde::Deserialize;

use super::in_time;
use crate::app::App;
use crate::commands::packages::{
    InstallPackage, PackageName, PackagePlan, PreviewInstall, PreviewRemoval, RemovePackage,
};
use crate::commands::root_lines::root_lines;
use crate::commands::told::told;
use crate::error::{Error, FieldErrors, Result};
use crate::installations::ask;
use crate::installations::known::{Known, misfit};
use crate::language::Message;
use crate::models::ids::ArtifactId;
use crate::screens::about::About;
use crate::screens::gather::Stored;
use crate::screens::part::Part;
use crate::screens::region::Region;
use crate::web::extract::{Form, Operator, Reauthenticated, ValidForm};
use crate::web::filters;
use crate::web::render::Render;

/// What the query names.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct PlanQuery {
    #[serde(default)]
    package: String,
}

/// What pressing the button sends.
#[derive(Debug, Deserialize)]
pub struct PlanForm {
    package: String,
    /// The plan that was shown, in short.
    seen: String,
}

impl Form for PlanForm {
    type Valid = (PackageName, String);

    fn check(&self) -> Result<Self::Valid, FieldErrors> {
        let name = PackageName::read(&self.package);
        name.map(|name| (name, self.seen.clone())).ok_or_else(|| FieldErrors::default().and("package", not_a_name()))
    }
}

/// A plan, and the form beneath it.
#[derive(Template)]
#[template(path = "screens/packages/plan.html", blocks = ["plan"])]
struct PlanPage {
    about: About,
    package: PackageName,
    removes: bool,
    /// `installations` or `removals`
    resource: &'static str,
    /// The command that would run.
    line: String,
    run_as: &'static str,
    /// All of it.
    script: Arc<str>,
    plan: Region<Shown>,
}

/// A plan as it is shown.
struct Shown {
    plan: PackagePlan,
    seen: String,
    button: Message,
    can_go: bool,
}

impl PlanPage {
    /// What the script gets, as a shell would be given it.
    fn assignments(&self) -> String {
        format!("package={}; ", self.package)
    }

    fn title(&self) -> Message {
        let title = if self.removes { "Remove {package} from {server}" } else { "Install {package} on {server}" };
        Message::new(title).with("package", &self.package).with("server", &self.about.name)
    }
}

/// What installing a package would bring along.
///
/// `GET /servers/{server}/packages/installations/new?package=nginx`
pub async fn new_installation(
    person: Operator,
    path: web::Path<String>,
    query: web::Query<PlanQuery>,
    app: web::Data<App>,
    request: HttpRequest,
    render: Render,
) -> Result<HttpResponse> {
    new(false, (&person, &path, &query.package), &app, &request, render).await
}

/// What removing a package would take along.
///
/// `GET /servers/{server}/packages/removals/new?package=nginx`
pub async fn new_removal(
    person: Operator,
    path: web::Path<String>,
    query: web::Query<PlanQuery>,
    app: web::Data<App>,
    request: HttpRequest,
    render: Render,
) -> Result<HttpResponse> {
    new(true, (&person, &path, &query.package), &app, &request, render).await
}

async fn new(
    removes: bool,
    (person, server, package): (&Operator, &str, &str),
    app: &App,
    request: &HttpRequest,
    render: Render,
) -> Result<HttpResponse> {
    let stored = Stored::load(app, person.actor.scope(), server).await?;
    let package = PackageName::read(package).ok_or_else(|| Error::field("package", not_a_name()))?;
    let host = app.hosts.of(person.actor.clone(), stored.server.clone());
    let part = Part::of(request);
    let chosen = if removes { host.choose::<RemovePackage>().await? } else { host.choose::<InstallPackage>().await? };
    let limit = part.patience().limit;
    let answer = if removes {
        in_time(&host, PreviewRemoval(package.clone()), limit).await
    } else {
        in_time(&host, PreviewInstall(package.clone()), limit).await
    };
    let plan = Region::of(answer, stored.role_of(&person.actor), |plan| Shown::new(plan, removes))?;
    let page = PlanPage {
        about: stored.about(&render.shell.here, stored.health(&app.live, app.clock.now()).level),
        package,
        removes,
        resource: if removes { "removals" } else { "installations" },
        line: told(&chosen.script),
        run_as: run_as(&chosen.script),
        script: chosen.script.clone(),
        plan,
    };
    match part {
        Part::Block("plan") => render.page(&page.as_plan()),
        _ => render.page(&page),
    }
}

impl Shown {
    fn new(plan: PackagePlan, removes: bool) -> Self {
        let count = plan.added.len() + plan.renewed.len() + plan.removed.len();
        let button = match (removes, count) {
            (true, 1) => Message::new("Remove 1 package"),
            (true, _) => Message::new("Remove {n} packages"),
            (false, 1) => Message::new("Install 1 package"),
            (false, _) => Message::new("Install {n} packages"),
        };
        let can_go = !plan.is_empty() && plan.obstacles.is_empty();
        Self { seen: plan.fingerprint(), button: button.with("n", count), can_go, plan }
    }
}

/// Installs a package, if what would happen is still what was shown (X06).
///
/// `POST /servers/{server}/packages/installations`
pub async fn create_installation(
    person: Operator,
    path: web::Path<String>,
    _: Reauthenticated,
    form: ValidForm<PlanForm>,
    app: web::Data<App>,
    render: Render,
) -> Result<HttpResponse> {
    create(false, (&person, path.into_inner()), form.0, &app, render).await
}

/// Removes a package, if what would happen is still what was shown (X06).
///
/// `POST /servers/{server}/packages/removals`
pub async fn create_removal(
    person: Operator,
    path: web::Path<String>,
    form: ValidForm<PlanForm>,
    app: web::Data<App>,
    render: Render,
) -> Result<HttpResponse> {
    create(true, (&person, path.into_inner()), form.0, &app, render).await
}

async fn create(
    removes: bool,
    (person, server): (&Operator, String),
    (package, seen): (PackageName, String),
    app: &App,
    render: Render,
) -> Result<HttpResponse> {
    let host = app.hosts.open(person.actor.clone(), server).await?.operable().await?;
    let run = ask::come_or_go(&host, package, removes, Some(&seen)).await?;
    super::runs::go_to(render, host.name(), &run)
}

/// `root` where a script becomes root.
fn run_as(script: &str) -> &'static str {
    if root_lines(script).is_empty() { "" } else { "root" }
}

fn not_a_name() -> Message {
    Message::new("A package's name is made of letters, digits and . + _ : ~ -, and begins with a letter or a digit")
}

/// What installing an uploaded file means: everything that is known of it, and the form.
#[derive(Template)]
#[template(path = "screens/packages/review.html")]
struct ReviewPage {
    about: About,
    file: super::artifacts::ArtifactView,
    misfit: Option<Message>,
    line: String,
    run_as: &'static str,
    /// All of what would run.
    script: Arc<str>,
}

/// What is known of an uploaded file, and whether it can be installed here.
///
/// `GET /servers/{server}/packages/artifacts/{artifact}`
pub async fn review(
    person: Operator,
    path: web::Path<(String, i64)>,
    app: web::Data<App>,
    render: Render,
) -> Result<HttpResponse> {
    let (server, id) = path.into_inner();
    let stored = Stored::load(&app, person.actor.scope(), &server).await?;
    let server = stored.server.id;
    let found = app.db.run(move |connection| Known::load(connection, ArtifactId(id), server));
    let (artifact, known) = found.await?;
    let host = app.hosts.of(person.actor.clone(), stored.server.clone());
    let platform = host.platform().await?;
    let misfit = misfit(artifact.kind, &known.architecture, &app.hosts.catalog(), &platform);
    let script = app.hosts.catalog().choose(crate::commands::CommandType::InstallFile, &platform).ok();
    let script = script.map(|chosen| chosen.script).unwrap_or_default();
    let about = stored.about(&render.shell.here, stored.health(&app.live, app.clock.now()).level);
    let page = ReviewPage {
        file: super::artifacts::ArtifactView::new(artifact, known, &about.name),
        about,
        misfit,
        line: told(&script),
        run_as: run_as(&script),
        script,
    };
    render.page(&page)
}

impl ReviewPage {
    fn title(&self) -> Message {
        Message::new("Install {file} on {server}").with("file", &self.file.file_name).with("server", &self.about.name)
    }
}
