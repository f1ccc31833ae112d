//! `/terminals`: shells that people have or had open in their browsers. Programs open none.

use std::collections::HashMap;

use actix_web::HttpResponse;
use actix_web::web::{Data, Json, Path};
use chrono::{DateTime, Utc};
use serde::Serialize;
use utoipa::ToSchema;

use super::input::Parameters;
use super::paging::{Key, ListQuery, Page, Shape};
use crate::app::App;
use crate::db::Connection;
use crate::error::{Error, Result};
use crate::language::Message;
use crate::models::actor::{Actor, Role};
use crate::models::audit::{AuditEntry, Outcome};
use crate::models::ids::{ServerId, TerminalId};
use crate::models::servers::Server;
use crate::models::terminals::{Recording, Terminal};
use crate::terminals::{End, Ending};
use crate::web::extract::{Asking, Reauthenticated};

/// Terminals that are listed.
const MOST: i64 = 5_000;

/// A shell in somebody's browser.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Terminal)]
pub struct TerminalView {
    /// Its number.
    #[schema(value_type = i64)]
    pub id: TerminalId,
    /// The server's name.
    pub server: String,
    /// Whose it is.
    pub user: String,
    /// From where it was opened.
    pub address: Option<String>,
    /// The user on the server.
    pub run_as: String,
    /// When it was opened.
    pub begun_at: DateTime<Utc>,
    /// When it ended; null while it is open.
    pub ended_at: Option<DateTime<Utc>>,
    /// Why it ended.
    pub why: Option<String>,
    /// How much it has shown.
    pub output_bytes: i64,
    /// `whole`, or `cut` where there was more than is recorded.
    #[schema(value_type = String)]
    pub recording: Recording,
    /// How much of it is recorded.
    pub recorded_bytes: i64,
}

impl TerminalView {
    fn new(terminal: &Terminal, server: &str) -> Self {
        Self {
            id: terminal.id,
            server: server.to_owned(),
            user: terminal.actor.clone(),
            address: terminal.address.map(|address| address.0.to_string()),
            run_as: terminal.run_as.clone(),
            begun_at: terminal.begun_at,
            ended_at: terminal.ended_at,
            why: terminal.why().map(|why| why.to_string()),
            output_bytes: terminal.output_bytes,
            recording: terminal.recording,
            recorded_bytes: terminal.recorded_bytes,
        }
    }
}

const LIST: Shape<TerminalView> = Shape {
    sorts: &[
        ("begun_at", |one| Key::time(Some(one.begun_at))),
        ("ended_at", |one| Key::time(one.ended_at)),
        ("server", |one| Key::text(&one.server)),
    ],
    default_sort: "-begun_at",
    identity: |one| one.id.to_string(),
    texts: |one| vec![&one.server, &one.user, &one.run_as],
};

/// Terminals of the last 90 days, the newest first, at most 5,000. Role: administrator.
#[utoipa::path(
    operation_id = "list_terminals",
    get, path = "/api/v1/terminals", tag = "terminals",
    params(ListQuery),
    responses((status = 200, body = Page<TerminalView>)),
)]
pub async fn index(app: Data<App>, asking: Asking, query: Parameters<ListQuery>) -> Result<Json<Page<TerminalView>>> {
    let actor = asking.0;
    let found = app.db.run(move |connection| {
        let servers = Server::all(connection, actor.scope())?;
        let ids: Vec<ServerId> = servers.iter().map(|server| server.id).collect();
        let groups = Server::groups_of(connection, &ids)?;
        let administers = |server: &Server| {
            let groups: Vec<_> = groups.get(&server.id).into_iter().flatten().map(|group| group.id).collect();
            actor.rights.role_in(&groups) >= Role::Administrator
        };
        let servers: HashMap<ServerId, String> =
            servers.iter().filter(|server| administers(server)).map(|one| (one.id, one.name.clone())).collect();
        let ids: Vec<ServerId> = servers.keys().copied().collect();
        let terminals = Terminal::latest(connection, &ids, None, MOST)?;
        let name = |one: &Terminal| servers.get(&one.server_id).map(String::as_str).unwrap_or_default();
        Ok::<_, Error>(terminals.iter().map(|one| TerminalView::new(one, name(one))).collect())
    });
    LIST.page(found.await?, &query.0).map(Json)
}

/// The terminal of an id, on a server that `actor` administers; others are not found (Z05).
fn find(connection: &mut Connection, actor: &Actor, id: TerminalId) -> Result<(Terminal, Server)> {
    let missing = || Error::NotFound("This terminal");
    let terminal = Terminal::by_id(connection, id)?;
    let server = Server::by_id(connection, actor.scope(), terminal.server_id).map_err(|error| match error {
        Error::NotFound(_) => missing(),
        other => other,
    })?;
    let groups: Vec<_> = server.groups(connection)?.into_iter().map(|group| group.id).collect();
    if actor.rights.role_in(&groups) >= Role::Administrator { Ok((terminal, server)) } else { Err(missing()) }
}

/// One terminal. Role: administrator.
#[utoipa::path(
    operation_id = "get_terminal",
    get, path = "/api/v1/terminals/{terminal}", tag = "terminals",
    params(("terminal" = i64, Path, description = "Its number")),
    responses((status = 200, body = TerminalView)),
)]
pub async fn show(app: Data<App>, asking: Asking, id: Path<i64>) -> Result<Json<TerminalView>> {
    let (actor, id) = (asking.0, TerminalId(*id));
    let (terminal, server) = app.db.run(move |connection| find(connection, &actor, id)).await?;
    Ok(Json(TerminalView::new(&terminal, &server.name)))
}

/// Ends a terminal; it is closed within two seconds. Role: administrator.
#[utoipa::path(
    operation_id = "end_terminal",
    delete, path = "/api/v1/terminals/{terminal}", tag = "terminals",
    params(("terminal" = i64, Path, description = "Its number")),
    responses((status = 202, body = TerminalView)),
)]
pub async fn destroy(app: Data<App>, asking: Asking, _: Reauthenticated, id: Path<i64>) -> Result<HttpResponse> {
    let (actor, id, now) = (asking.0, TerminalId(*id), app.clock.now());
    let person = actor.name.clone();
    let found = app.db.transaction(move |connection| {
        let (terminal, server) = find(connection, &actor, id)?;
        if !Terminal::ask_to_end(connection, id, &actor.name)? {
            return Err(Error::Conflict(Message::new("It has ended already")));
        }
        AuditEntry::by(&actor, "end_terminal")
            .server(&server.name)
            .target(&format!("{} ({})", terminal.actor, terminal.id))
            .record(connection, Outcome::Succeeded, now)?;
        Ok((terminal, server))
    });
    let (terminal, server) = found.await?;
    if let Some(live) = app.terminals.find(id) {
        live.end(End::new(Ending::Other, Message::new("It was ended by {person}").with("person", person)));
    }
    Ok(HttpResponse::Accepted().json(TerminalView::new(&terminal, &server.name)))
}
