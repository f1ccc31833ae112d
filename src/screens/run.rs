//! One command on many servers: what is to run and where, and those that ran.

mod form;
mod groups;
mod page;
pub mod saved;
pub mod show;

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::web::{Data, Path, Query};
use serde::Deserialize;

use self::form::RunForm;
use self::page::{Known, RunPage};
use crate::app::App;
use crate::error::{Error, FieldErrors, Result};
use crate::executions::fan_out::{self, Asking};
use crate::executions::{FanOutWish, fan_out::Meant};
use crate::language::Message;
use crate::models::actor::Role;
use crate::models::ids::{FanOutId, SavedCommandId, SavedFanOutId};
use crate::models::saved_commands::SavedCommand;
use crate::models::saved_fan_outs::SavedFanOut;
use crate::models::servers::Server;
use crate::web::extract::{Operator, Submitted, ValidForm};
use crate::web::menu::{Group, Screen};
use crate::web::render::Render;

use super::packages::artifacts::Nothing;

/// The form, and those that ran.
pub static SCREEN: Screen = Screen {
    slug: "run",
    label: "Run a command",
    icon: "play",
    group: Group::Automation,
    needs: &[],
    role: Role::Operator,
    key: None,
};

/// What the form is filled in with.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct RunQuery {
    /// A saved one.
    saved: Option<i64>,
    /// A saved command of the command box.
    command: Option<i64>,
    /// One that ran: the same again.
    again: Option<i64>,
    /// One that ran: on the servers on which it failed.
    failed_of: Option<i64>,
    /// Servers, as a link names them.
    servers: String,
}

/// The form, and those that ran.
///
/// `GET /run?failed_of=7`
pub async fn index(person: Operator, query: Query<RunQuery>, app: Data<App>, render: Render) -> Result<HttpResponse> {
    let (actor, user, query) = (person.actor.clone(), person.user.id, query.into_inner());
    let form = app.db.run(move |connection| {
        if let Some(id) = query.saved {
            let saved = SavedFanOut::own(connection, user, SavedFanOutId(id))?;
            let wish: FanOutWish = serde_json::from_value(saved.wish).map_err(Error::internal)?;
            return Ok(RunForm::of(&wish, &saved.name));
        }
        if let Some(id) = query.command {
            let own = SavedCommand::of(connection, user)?.into_iter().find(|one| one.id == SavedCommandId(id));
            let own = own.ok_or(Error::NotFound("This command"))?;
            return Ok(RunForm { command: own.words, as_root: own.as_root, ..RunForm::default() });
        }
        if let Some(id) = query.again {
            let seen = fan_out::see(connection, &actor, FanOutId(id))?;
            return Ok(RunForm::of(&FanOutWish::of(&seen.fan_out)?, &seen.fan_out.name));
        }
        if let Some(id) = query.failed_of {
            let seen = fan_out::see(connection, &actor, FanOutId(id))?;
            let form = RunForm::of(&fan_out::again_on_failed(&seen)?, &seen.fan_out.name);
            return Ok(RunForm { retry_of: id.to_string(), ..form });
        }
        Ok::<_, Error>(RunForm { servers: query.servers, ..RunForm::default() })
    });
    show_form(&person, form.await?, (StatusCode::OK, FieldErrors::default(), false), &app, render).await
}

/// The form once a choice was made, or a line for a parameter wanted. Runs nothing.
///
/// `POST /run/drafts`
pub async fn redraw(
    person: Operator,
    form: Submitted<RunForm>,
    app: Data<App>,
    render: Render,
) -> Result<HttpResponse> {
    let mut form = form.0;
    form.apply();
    show_form(&person, form, (StatusCode::OK, FieldErrors::default(), false), &app, render).await
}

/// Runs it. Where it means several servers, their number is asked for first; where that is another by then, it is asked for again.
///
/// `POST /run`
pub async fn create(
    person: Operator,
    form: Submitted<RunForm>,
    app: Data<App>,
    render: Render,
) -> Result<HttpResponse> {
    let form = form.0;
    let wish = match form.wish().and_then(|wish| wish.checked()) {
        Ok(wish) => wish,
        Err(problems) => return again(&person, form, problems, &app, render).await,
    };
    let (actor, asked, now) = (person.actor.clone(), form.clone(), app.clock.now());
    let begun = app.db.transaction(move |connection| {
        let meant = fan_out::meant(connection, &actor, &wish)?;
        let servers: Vec<Server> = able(meant);
        if servers.len() > 1 && asked.count.trim() != servers.len().to_string() {
            return Ok(None);
        }
        let retry_of = match asked.retry_of.parse().ok().map(FanOutId) {
            Some(id) => Some(fan_out::see(connection, &actor, id)?.fan_out.id),
            None => None,
        };
        let name = asked.name.trim().chars().filter(|c| !c.is_control()).take(saved::LONGEST_NAME).collect();
        let asking = Asking { name, retry_of, is_attended: false };
        Ok(Some(fan_out::ask(connection, &actor, (&wish, &servers), asking, now)?))
    });
    match begun.await {
        Ok(Some(fan_out)) => render.go(&format!("/run/{}", fan_out.id)),
        Ok(None) => {
            let typed = !form.count.trim().is_empty();
            let wrong =
                || FieldErrors::default().and("count", Message::new("It is another number of servers: look again"));
            let (status, problems) = if typed {
                (StatusCode::UNPROCESSABLE_ENTITY, wrong())
            } else {
                (StatusCode::OK, FieldErrors::default())
            };
            show_form(&person, form, (status, problems, true), &app, render).await
        }
        Err(Error::Invalid(problems)) => again(&person, form, problems, &app, render).await,
        Err(error) => Err(error),
    }
}

/// Stops one: what runs is ended, what waits never begins.
///
/// `POST /run/{fan_out}/endings`
pub async fn stop(
    person: Operator,
    path: Path<i64>,
    _: ValidForm<Nothing>,
    app: Data<App>,
    render: Render,
) -> Result<HttpResponse> {
    let (actor, now, id) = (person.actor.clone(), app.clock.now(), FanOutId(*path));
    app.db.transaction(move |connection| fan_out::stop(connection, &actor, id, now)).await?;
    render.done(Message::new("It was asked to end")).go(&format!("/run/{id}"))
}

fn able(meant: Vec<Meant>) -> Vec<Server> {
    meant.into_iter().filter(|one| one.why_not.is_none()).map(|one| one.server).collect()
}

async fn again(
    person: &Operator,
    form: RunForm,
    problems: FieldErrors,
    app: &App,
    render: Render,
) -> Result<HttpResponse> {
    show_form(person, form, (StatusCode::UNPROCESSABLE_ENTITY, problems, false), app, render).await
}

async fn show_form(
    person: &Operator,
    form: RunForm,
    (status, problems, asks_count): (StatusCode, FieldErrors, bool),
    app: &App,
    render: Render,
) -> Result<HttpResponse> {
    let (actor, user, wanted) = (person.actor.clone(), person.user.id, form.clone());
    let known = app.db.run(move |connection| Known::load(connection, (&actor, user), &wanted)).await?;
    render.html(status, &RunPage::new(form, known, problems, asks_count))
}
