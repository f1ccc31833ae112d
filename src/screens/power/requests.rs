//! Before a server goes down: the exact command, what that means, and its name to be typed.

use std::sync::Arc;

use actix_web::HttpResponse;
use actix_web::web::{Data, Path, Query};
use askama::Template;
use serde::Deserialize;

use super::super::about::About;
use super::super::gather::Stored;
use super::titled;
use crate::app::App;
use crate::commands::told::told;
use crate::commands::{Command, ListInhibitors, ReadBoot, RestartServer, ShutDownServer};
use crate::error::{Error, FieldErrors, RemoteError, Result};
use crate::language::Message;
use crate::models::actor::Actor;
use crate::models::executions::ExecutionSummary;
use crate::models::power_requests::{PowerDeed, PowerRequest};
use crate::models::servers::Server;
use crate::power::ask::{Wish, ask};
use crate::remote::host::Host;
use crate::web::extract::{Operator, SignedIn, Submitted};
use crate::web::filters;
use crate::web::render::Render;

/// What was chosen, and the name as it was typed.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RequestForm {
    deed: String,
    name: String,
    booted: String,
}

/// The page that shows the command before it runs.
#[derive(Template)]
#[template(path = "screens/power/new.html")]
struct NewPage {
    about: About,
    title: Message,
    meaning: Message,
    deed: PowerDeed,
    typed: String,
    booted: String,
    problems: FieldErrors,
    /// What the script gets, as a shell would be given it.
    assignments: String,
    line: String,
    script: Arc<str>,
    run_as: &'static str,
    /// What is in the way, in the server's own words.
    inhibitors: Vec<String>,
    /// What goes on there that would be broken off.
    going_on: bool,
    /// Servers that are reached through this one.
    behind: Vec<String>,
    why_not: Option<Message>,
}

/// What would be done, and the form that does it.
///
/// `GET /servers/{server}/power/requests/new?deed=restart`
pub async fn new(
    person: Operator,
    path: Path<String>,
    query: Query<RequestForm>,
    app: Data<App>,
    render: Render,
) -> Result<HttpResponse> {
    let form = RequestForm { deed: query.into_inner().deed, ..RequestForm::default() };
    show(person, &path, form, FieldErrors::default(), &app, render).await
}

/// Asks the server. Where the name is another one, the page is shown again with what was typed.
///
/// `POST /servers/{server}/power/requests`
pub async fn create(
    person: Operator,
    path: Path<String>,
    form: Submitted<RequestForm>,
    app: Data<App>,
    render: Render,
) -> Result<HttpResponse> {
    let RequestForm { deed, name, booted } = form.0.clone();
    let host = app.hosts.open(person.actor.clone(), path.clone()).await?.operable().await?;
    let deed = deed_of(&deed)?;
    match ask(&host, Wish { deed, name, booted }).await {
        Ok(_) => render.go(&format!("/servers/{}/power", host.name())),
        Err(Error::Invalid(refused)) => show(person, &path, form.0, refused, &app, render).await,
        Err(error) => Err(error),
    }
}

fn deed_of(word: &str) -> Result<PowerDeed> {
    PowerDeed::from_name(word).ok_or_else(|| Error::field("deed", "This choice is not known"))
}

async fn show(
    person: Operator,
    name: &str,
    form: RequestForm,
    problems: FieldErrors,
    app: &App,
    render: Render,
) -> Result<HttpResponse> {
    let stored = Stored::load(app, person.actor.scope(), name).await?;
    let deed = deed_of(&form.deed)?;
    let host = app.hosts.of(person.actor.clone(), stored.server.clone());
    // What was seen counts, also where the name is typed once more.
    let booted = if form.booted.is_empty() { host.read(ReadBoot).await?.value.id } else { form.booted };
    let (chosen, parameters) = match deed {
        PowerDeed::Restart => {
            (host.choose::<RestartServer>().await?, RestartServer { booted: booted.clone() }.parameters())
        }
        PowerDeed::ShutDown => {
            (host.choose::<ShutDownServer>().await?, ShutDownServer { booted: booted.clone() }.parameters())
        }
    };
    let found = Beside::load(app, &person.actor, &stored.server).await?;
    let server = &stored.server.name;
    let (title, meaning) = match deed {
        PowerDeed::Restart => (
            "Restart {server}",
            "Everything that runs on {server} is ended, and it starts again. Until it is back nobody reaches it; hannun tries every two seconds, and says how long it was away",
        ),
        PowerDeed::ShutDown => (
            "Shut down {server}",
            "Everything that runs on {server} is ended, and it is switched off. hannun cannot switch it on again: somebody does that where it stands, or at its provider",
        ),
    };
    let why_not = match super::why_not(&stored, &SignedIn(person.0.clone())) {
        Some(why) => Some(Message::new(why)),
        None if found.is_open => {
            Some(titled("{server} was asked to go down already, and that is not over yet", server))
        }
        None => None,
    };
    let is_refused = !problems.is_empty();
    let page = NewPage {
        title: titled(title, server),
        meaning: titled(meaning, server),
        about: stored.about(&render.shell.here, stored.health(&app.live, app.clock.now()).level),
        deed,
        typed: form.name,
        booted,
        problems,
        assignments: parameters.shown(),
        line: told(&chosen.script),
        script: chosen.script,
        run_as: "root",
        inhibitors: inhibitors(&host).await?,
        going_on: found.going_on,
        behind: found.behind,
        why_not,
    };
    if is_refused { render.refused(&page) } else { render.page(&page) }
}

/// What is in the way; nothing where the server knows no such thing.
async fn inhibitors(host: &Host) -> Result<Vec<String>> {
    match host.read(ListInhibitors).await {
        Ok(answer) => Ok(answer.value),
        Err(Error::Remote(error)) if matches!(*error, RemoteError::Unsupported { .. }) => Ok(Vec::new()),
        Err(error) => Err(error),
    }
}

/// What hannun knows itself of what would be broken off.
struct Beside {
    is_open: bool,
    going_on: bool,
    behind: Vec<String>,
}

impl Beside {
    async fn load(app: &App, actor: &Actor, server: &Server) -> Result<Self> {
        let (scope, server) = (actor.scope().clone(), server.clone());
        app.db
            .run(move |connection| {
                let last = PowerRequest::of_server(connection, server.id, 1)?;
                Ok::<_, Error>(Self {
                    is_open: last.first().is_some_and(PowerRequest::is_open),
                    behind: server.cut_off_with(connection, &scope)?,
                    going_on: ExecutionSummary::going_on(connection, server.id)?.is_some(),
                })
            })
            .await
    }
}
