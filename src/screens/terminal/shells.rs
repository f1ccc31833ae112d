//! Opening a terminal, being let in to one again, ending it.

use std::sync::Arc;

use actix_web::{HttpRequest, HttpResponse, web};
use askama::Template;
use serde_json::json;

use super::View;
use crate::app::App;
use crate::error::{Error, Result};
use crate::language::Message;
use crate::models::actor::Role;
use crate::models::ids::TerminalId;
use crate::models::terminals::{Terminal, tickets};
use crate::remote::terminal::Size;
use crate::screens::gather::Stored;
use crate::screens::packages::artifacts::Nothing;
use crate::terminals::{End, Ending, Keeper, Live};
use crate::web::errors::Fail;
use crate::web::extract::{Operator, ValidForm};
use crate::web::filters;
use crate::web::render::Render;
use crate::web::still_signed_in::StillSignedIn;
use crate::web::visitor::{Person, Visitor};

/// A new terminal, or why there is none.
#[derive(Template)]
#[template(path = "screens/terminal/opened.html")]
struct Opened {
    view: Option<View>,
    fail: Option<Fail>,
}

/// The person behind a request, for as long as a terminal is open.
fn keeper(app: &App, request: &HttpRequest, server: &str) -> Result<Keeper> {
    let still = StillSignedIn::of(request, app)?;
    let (host, app) = (still.clone().terms(app, server).host, app.clone());
    let typed = move || {
        let (still, app) = (still.clone(), app.clone());
        Box::pin(async move { still.touch(&app).await }) as _
    };
    Ok(Keeper { host, typed: Arc::new(typed) })
}

/// Opens a terminal.
///
/// `POST /servers/{server}/terminals`
pub async fn create(
    person: Operator,
    path: web::Path<String>,
    _: ValidForm<Nothing>,
    app: web::Data<App>,
    request: HttpRequest,
    render: Render,
) -> Result<HttpResponse> {
    let stored = Stored::load(&app, person.actor.scope(), &path).await?;
    let host = app.hosts.of(person.actor.clone(), stored.server.clone()).operable().await?;
    let keeper = keeper(&app, &request, host.name())?;
    match app.terminals.open(&host, keeper, Size::default()).await {
        Ok(live) => {
            let ticket = ticket_for(&app, &person, live.id).await?;
            render
                .page(&Opened { view: Some(View::of(live.id, (&live.server, &live.run_as), Some(ticket))), fail: None })
        }
        Err(Error::Remote(error)) => {
            let fail = Fail::new(&error, stored.role_of(&person.actor).max(Role::Operator));
            render.page(&Opened { view: None, fail: Some(fail) })
        }
        Err(error) => Err(error),
    }
}

async fn ticket_for(app: &App, person: &Person, id: TerminalId) -> Result<String> {
    let (session, now) = (person.session.id_hash.clone(), app.clock.now());
    let given = app.db.run(move |connection| tickets::give(connection, id, &session, now)).await?;
    Ok(given.expose().clone())
}

/// The person's own terminal of an address, if there ever was one.
async fn own(app: &App, person: &Person, server: &str, id: TerminalId) -> Result<Terminal> {
    let stored = Stored::load(app, person.actor.scope(), server).await?;
    let row = app.db.run(move |connection| Terminal::by_id(connection, id)).await?;
    let is_own = row.server_id == stored.server.id && row.user_id == Some(person.user.id);
    if is_own { Ok(row) } else { Err(Error::NotFound("This terminal")) }
}

/// What is said where a request for a terminal came to another process than the one that holds it.
fn held_elsewhere() -> Message {
    Message::new(
        "Another process of hannun holds this terminal, or held it and is gone. This page tries again until it gets there; the proxy in front of hannun should bring each person to the same process",
    )
}

/// The person's own open terminal of an address, held by this process.
pub(super) async fn own_live(app: &App, person: &Person, server: &str, id: TerminalId) -> Result<Arc<Live>> {
    let row = own(app, person, server, id).await?;
    app.terminals.find(row.id).ok_or_else(|| {
        let is_over = row.ended_at.is_some() || app.terminals.holds(&row.holder);
        if is_over { Error::NotFound("This terminal") } else { Error::Conflict(held_elsewhere()) }
    })
}

/// A new ticket for one's own terminal, or how it ended. Any process gives it; where it is not the one that holds the terminal,
/// it says so, and the page goes on trying: the next request may come to that one.
///
/// `POST /servers/{server}/terminals/{terminal}/tickets`
pub async fn ticket(
    person: Operator,
    path: web::Path<(String, i64)>,
    app: web::Data<App>,
    visitor: Visitor,
) -> Result<HttpResponse> {
    let (server, id) = path.into_inner();
    let row = own(&app, &person, &server, TerminalId(id)).await?;
    let is_here = app.terminals.find(row.id).is_some();
    if row.ended_at.is_some() || (!is_here && app.terminals.holds(&row.holder)) {
        let why = row.why().unwrap_or_else(|| Message::new("The terminal was closed"));
        return Ok(HttpResponse::Ok().json(json!({ "ended": why.in_language(visitor.language) })));
    }
    let ticket = ticket_for(&app, &person, row.id).await?;
    let elsewhere = (!is_here).then(|| held_elsewhere().in_language(visitor.language));
    Ok(HttpResponse::Ok().json(json!({ "ticket": ticket, "elsewhere": elsewhere })))
}

/// Ends one's own terminal.
///
/// `POST /servers/{server}/terminals/{terminal}/endings`
pub async fn end(person: Operator, path: web::Path<(String, i64)>, app: web::Data<App>) -> Result<HttpResponse> {
    let (server, id) = path.into_inner();
    let row = own(&app, &person, &server, TerminalId(id)).await?;
    if let Some(live) = app.terminals.find(row.id) {
        let why = Message::new("It was ended by {person}").with("person", &person.actor.name);
        live.end(End::new(Ending::Other, why));
    } else {
        let (id, name) = (row.id, person.actor.name.clone());
        app.db.run(move |connection| Ok::<_, Error>(Terminal::ask_to_end(connection, id, &name)?)).await?;
    }
    Ok(HttpResponse::NoContent().finish())
}
