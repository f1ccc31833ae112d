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
use crate::web::extract::SignedIn;
use crate::web::filters;
use crate::web::middleware::guard::too_weak;
use crate::web::render::Render;

/// What is asked of an environment.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct EnvironmentQuery {
    /// When the process was started, as the drawer showed it.
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

/// The environment of a process. Administrators of the server only; each look is in the audit log.
///
/// `GET /servers/{server}/processes/{pid}/environment?seen=812345&values=shown`
pub async fn show(
    person: SignedIn,
    path: web::Path<(String, u32)>,
    query: web::Query<EnvironmentQuery>,
    app: web::Data<App>,
    render: Render,
) -> Result<HttpResponse> {
    let (name, pid) = path.into_inner();
    let stored = Stored::load(&app, person.actor.scope(), &name).await?;
    let role = stored.role_of(&person.actor);
    if role < Role::Administrator {
        return Err(Error::Forbidden(too_weak(Role::Administrator)));
    }
    let host = app.hosts.of(person.actor.clone(), stored.server.clone());
    let shows_all = query.values == "shown";
    let target = format!("{pid}{}", if shows_all { ", with what looks like secrets" } else { "" });
    let answer = host.read_on_record(ReadEnvironment { pid }, &target).await;
    let region = Region::of(Some(answer), role, |found| {
        let found = found.filter(|found| query.seen.is_empty() || query.seen == found.started.at);
        let gone = found.is_none().then(|| Message::new("Process {pid} is gone").with("pid", pid));
        let variables = found.map(|found| found.variables).unwrap_or_default();
        let covered = variables.iter().filter(|variable| !shows_all && variable.looks_secret()).count();
        Found { rows: variables.into_iter().map(|variable| row(variable, shows_all)).collect(), gone, covered }
    })?;
    let about = stored.about(&render.shell.here, Level::Up);
    let page = EnvironmentPage { about, pid, seen: query.into_inner().seen, region };
    render.page_or(&page, |page| page.as_environment())
}

fn row(variable: Variable, shows_all: bool) -> Row {
    let is_covered = !shows_all && variable.looks_secret();
    Row { name: variable.name, value: (!is_covered).then_some(variable.value) }
}

impl EnvironmentPage {
    /// The address of the same with everything to be seen.
    fn uncovered(&self) -> String {
        let query = serde_urlencoded::to_string([("seen", self.seen.as_str()), ("values", "shown")]);
        format!("{}/processes/{}/environment?{}", self.about.path, self.pid, query.unwrap_or_default())
    }

    /// The address of the process.
    fn process(&self) -> String {
        let pid = self.pid.to_string();
        let query = ProcessQuery::default().link(&[("pid", &pid), ("seen", &self.seen)]);
        format!("{}/processes?{query}", self.about.path)
    }
}
