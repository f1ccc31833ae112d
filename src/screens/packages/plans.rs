//! Before a package comes or goes: what else would come or go, asked of the server's own tool, and the button that does it.

use std::sync::Arc;

use actix_web::{HttpRequest, HttpResponse, web};
use askama::Template;
use serde::Deserialize;

use crate::app::App;
use crate::commands::packages::{PackageName, PackagePlan, Sizes};
use crate::commands::root_lines::root_lines;
use crate::commands::told::told;
use crate::error::{Error, FieldErrors, Result};
use crate::installations::ask;
use crate::installations::wanted::Wanted;
use crate::language::Message;
use crate::screens::about::About;
use crate::screens::gather::Stored;
use crate::screens::part::Part;
use crate::screens::region::Region;
use crate::web::extract::{Form, Operator, Reauthenticated, ValidForm};
use crate::web::filters;
use crate::web::format;
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
    wanted: Wanted,
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
    sizes: Option<Message>,
    button: Message,
    can_go: bool,
}

impl PlanPage {
    /// What the script gets, as a shell would be given it.
    fn assignments(&self) -> String {
        self.package().map(|name| format!("package={name}; ")).unwrap_or_default()
    }

    fn package(&self) -> Option<&PackageName> {
        match &self.wanted {
            Wanted::Package(name) | Wanted::Removal(name) => Some(name),
            Wanted::Updates | Wanted::SecurityUpdates => None,
        }
    }

    fn title(&self) -> Message {
        let title = match &self.wanted {
            Wanted::Package(name) => Message::new("Install {package} on {server}").with("package", name),
            Wanted::Removal(name) => Message::new("Remove {package} from {server}").with("package", name),
            Wanted::Updates => Message::new("Update everything on {server}"),
            Wanted::SecurityUpdates => Message::new("Install the security updates of {server}"),
        };
        title.with("server", &self.about.name)
    }

    /// Where the form is sent.
    fn resource(&self) -> &'static str {
        match self.wanted {
            Wanted::Package(_) => "installations",
            Wanted::Removal(_) => "removals",
            Wanted::Updates | Wanted::SecurityUpdates => "updates",
        }
    }

    /// What is said where nothing would happen.
    fn nothing(&self) -> &'static str {
        match self.wanted {
            Wanted::Package(_) => "It is installed in its newest version: nothing would come",
            Wanted::Removal(_) => "It is not installed: nothing would go",
            Wanted::Updates => "Everything is up to date, by the lists that the server has",
            Wanted::SecurityUpdates => "No update is for security, by the lists that the server has",
        }
    }

    fn removes(&self) -> bool {
        matches!(self.wanted, Wanted::Removal(_))
    }

    fn is_for_security(&self) -> bool {
        self.wanted == Wanted::SecurityUpdates
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
    new(name_of(&query.package).map(Wanted::Package), (&person, &path), &app, &request, render).await
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
    new(name_of(&query.package).map(Wanted::Removal), (&person, &path), &app, &request, render).await
}

/// Who may not see the server is not told what is wrong with a name.
pub(super) async fn new(
    wanted: Result<Wanted>,
    (person, server): (&Operator, &str),
    app: &App,
    request: &HttpRequest,
    render: Render,
) -> Result<HttpResponse> {
    let stored = Stored::load(app, person.actor.scope(), server).await?;
    let wanted = wanted?;
    let host = app.hosts.of(person.actor.clone(), stored.server.clone());
    let part = Part::of(request);
    let chosen = wanted.choose(&host).await?;
    let answer = tokio::time::timeout(part.patience().limit, wanted.plan(&host)).await.ok();
    let page = PlanPage {
        plan: Region::of(answer, stored.role_of(&person.actor), |plan| Shown::new(plan, &wanted))?,
        about: stored.about(&render.shell.here, stored.health(&app.live, app.clock.now()).level),
        wanted,
        line: told(&chosen.script),
        run_as: run_as(&chosen.script),
        script: chosen.script,
    };
    match part {
        Part::Block("plan") => render.page(&page.as_plan()),
        _ => render.page(&page),
    }
}

impl Shown {
    fn new(plan: PackagePlan, wanted: &Wanted) -> Self {
        let count = plan.added.len() + plan.renewed.len() + plan.removed.len();
        let button = match (wanted, count) {
            (Wanted::Removal(_), 1) => "Remove 1 package",
            (Wanted::Removal(_), _) => "Remove {n} packages",
            (Wanted::Package(_), 1) => "Install 1 package",
            (Wanted::Package(_), _) => "Install {n} packages",
            (Wanted::Updates | Wanted::SecurityUpdates, 1) => "Update 1 package",
            (Wanted::Updates | Wanted::SecurityUpdates, _) => "Update {n} packages",
        };
        let can_go = !plan.is_empty() && plan.obstacles.is_empty();
        let button = Message::new(button).with("n", count);
        Self { seen: plan.fingerprint(), sizes: sizes(plan.sizes).filter(|_| can_go), button, can_go, plan }
    }
}

/// How much a plan moves, as far as the tool tells.
fn sizes(Sizes { download_bytes, disk_bytes }: Sizes) -> Option<Message> {
    let download = download_bytes.map(|bytes| Message::new("{size} to download").with("size", format::bytes(bytes)));
    let disk = disk_bytes.map(|bytes| {
        let words = if bytes < 0 { "{size} less on the disk" } else { "{size} more on the disk" };
        Message::new(words).with("size", format::bytes(bytes.unsigned_abs()))
    });
    match (download, disk) {
        (Some(download), Some(disk)) => {
            Some(Message::new("{download}, {disk}").with_words("download", download).with_words("disk", disk))
        }
        (download, disk) => download.or(disk),
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
    let (name, seen) = form.0;
    create(Wanted::Package(name), (&person, path.into_inner(), &seen), &app, render).await
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
    let (name, seen) = form.0;
    create(Wanted::Removal(name), (&person, path.into_inner(), &seen), &app, render).await
}

pub(super) async fn create(
    wanted: Wanted,
    (person, server, seen): (&Operator, String, &str),
    app: &App,
    render: Render,
) -> Result<HttpResponse> {
    let host = app.hosts.open(person.actor.clone(), server).await?.operable().await?;
    let run = ask::come_or_go(&host, wanted, Some(seen)).await?;
    super::runs::go_to(render, host.name(), &run)
}

/// `root` where a script becomes root.
pub(super) fn run_as(script: &str) -> &'static str {
    if root_lines(script).is_empty() { "" } else { "root" }
}

fn name_of(text: &str) -> Result<PackageName> {
    PackageName::read(text).ok_or_else(|| Error::field("package", not_a_name()))
}

fn not_a_name() -> Message {
    Message::new("A package's name is made of letters, digits and . + _ : ~ -, and begins with a letter or a digit")
}
