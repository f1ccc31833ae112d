//! The environment of one process, for administrators: what looks like a secret stays covered until it is asked for (S05).

use actix_web::{HttpResponse, web};
use askama::Template;
use serde::Deserialize;

use super::query::ProcessQuery;
use crate::app::App;
use crate::commands::ReadEnvironment;
use crate::commands::processes::environment::Variable;
use crate::error::{Error, Result};
use crate::language::Message;
use crate::metrics::health::Level;
use crate::models::actor::Role;
use crate::screens::about::About;
use crate::screens::gather::Stored;
use crate::screens::region::Region;
use crate::web::extract::{SignedIn, Submitted};
use crate::web::filters;
use crate::web::middleware::guard::too_weak;
use crate::web::render::Render;

/// What is asked of an environment.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct EnvironmentForm {
    /// When the process was started and in which boot, as the drawer showed it.
    seen: String,
    /// `shown` where what looks like a secret is to be seen too.
    values: String,
}

/// The page, and the part of the drawer.
#[derive(Template)]
#[template(path = "screens/processes/environment.html", blocks = ["environment"])]
struct EnvironmentPage {
    about: About,
    pid: u32,
    seen: String,
    region: Region<Found>,
}

/// What was found.
struct Found {
    rows: Vec<Row>,
    /// The process has ended, or another one has its number.
    gone: Option<Message>,
    covered: usize,
}

/// One variable; without a value where that is covered.
struct Row {
    name: String,
    value: Option<String>,
}

/// A look at the environment of a process: it stands in the audit log, so it is something done, and nothing that a link does.
/// Administrators of the server only.
///
/// `POST /servers/{server}/processes/{pid}/environment-looks`
pub async fn create(
    person: SignedIn,
    path: web::Path<(String, u32)>,
    form: Submitted<EnvironmentForm>,
    app: web::Data<App>,
    render: Render,
) -> Result<HttpResponse> {
    let form = form.0;
    let (name, pid) = path.into_inner();
    let stored = Stored::load(&app, person.actor.scope(), &name).await?;
    let role = stored.role_of(&person.actor);
    if role < Role::Administrator {
        return Err(Error::Forbidden(too_weak(Role::Administrator)));
    }
    let host = app.hosts.of(person.actor.clone(), stored.server.clone());
    let shows_all = form.values == "shown";
    let target = format!("{pid}{}", if shows_all { ", with what looks like secrets" } else { "" });
    let answer = host.read_on_record(ReadEnvironment { pid }, &target).await;
    let region = Region::of(Some(answer), role, |found| {
        let found = found.filter(|found| form.seen.is_empty() || form.seen == found.started.to_string());
        let gone = found.is_none().then(|| Message::new("Process {pid} is gone").with("pid", pid));
        let variables = found.map(|found| found.variables).unwrap_or_default();
        let covered = variables.iter().filter(|variable| !shows_all && variable.looks_secret()).count();
        Found { rows: variables.into_iter().map(|variable| row(variable, shows_all)).collect(), gone, covered }
    })?;
    let about = stored.about(&render.shell.here, Level::Up);
    let page = EnvironmentPage { about, pid, seen: form.seen, region };
    render.page_or(&page, EnvironmentPage::as_environment)
}

fn row(variable: Variable, shows_all: bool) -> Row {
    let is_covered = !shows_all && variable.looks_secret();
    Row { name: variable.name, value: (!is_covered).then_some(variable.value) }
}

impl EnvironmentPage {
    /// The address of the process.
    fn process(&self) -> String {
        let pid = self.pid.to_string();
        let query = ProcessQuery::default().link(&[("pid", &pid), ("seen", &self.seen)]);
        format!("{}/processes?{query}", self.about.path)
    }
}
