//! `/executions`: commands that run by themselves on servers, their output, and their end.

use std::collections::HashMap;
use std::time::Duration;

use actix_web::web::{Data, Json, Path};
use actix_web::{HttpRequest, HttpResponse};
use bytes::Bytes;
use chrono::{DateTime, Utc};
use futures_util::stream;
use serde::Serialize;
use serde_json::json;
use utoipa::ToSchema;

pub mod asked;

use super::input::Parameters;
use super::paging::{Key, ListQuery, Page, Shape};
use crate::app::App;
use crate::commands::run_command::RunCommand;
use crate::db::Connection;
use crate::error::{Error, Result};
use crate::installations::ask;
use crate::language::Message;
use crate::models::actor::{Actor, Role};
use crate::models::command_runs::CommandRun;
use crate::models::executions::{Execution, ExecutionState, ExecutionSummary};
use crate::models::ids::ExecutionId;
use crate::models::servers::Server;
use crate::web::events;
use crate::web::extract::{Asking, Reauthenticated};
use crate::web::pass::Pass;

/// Between two looks at a run.
const LOOK: Duration = Duration::from_millis(500);
/// Runs that are listed.
const MOST: i64 = 5_000;
/// A stream is ended after so many looks; the client opens it again, and is asked anew who it is.
const MOST_LOOKS: u32 = 600;

/// A run on a server.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Execution)]
pub struct ExecutionView {
    /// Its number.
    #[schema(value_type = i64)]
    pub id: ExecutionId,
    /// The server's name.
    pub server: String,
    /// `install_package`, `remove_package`, `install_updates`, `install_security_updates`, `refresh_lists`, `install_file`,
    /// `inspect_file` or `run_command`.
    pub command_type: String,
    /// The command that was chosen for the platform.
    pub command: String,
    /// A package's or a file's name, or which of all packages; of a command of one's own its beginning.
    pub target: String,
    /// What was written, of a command of one's own. Only with the execution itself.
    pub text: Option<String>,
    /// Whether it runs as root.
    pub r#become: bool,
    /// `queued`, `copying`, `starting`, `running`, `succeeded`, `partly`, `failed`, `stopped` or `unknown`.
    #[schema(value_type = String)]
    pub state: ExecutionState,
    /// Who asked for it.
    pub asked_by: String,
    /// When.
    pub asked_at: DateTime<Utc>,
    /// When its start was sent to the server.
    pub started_at: Option<DateTime<Utc>>,
    /// When it ended.
    pub ended_at: Option<DateTime<Utc>>,
    /// What it exited with.
    pub exit_status: Option<i32>,
    /// Why it ended as it did; may hold the server's own words. Only with the execution itself.
    pub why: Option<String>,
    /// How many bytes it has printed.
    pub output_bytes: i64,
    /// The end of what it printed, up to 1 MiB; the server's own text. Only with the execution itself.
    pub output: Option<String>,
}

impl ExecutionView {
    pub(super) fn new(run: &ExecutionSummary, server: &str, may_read: bool) -> Self {
        Self {
            id: run.id,
            server: server.to_owned(),
            command_type: run.command_type.clone(),
            command: run.command.clone(),
            // What somebody wrote is for those who could have written it.
            target: if run.words.is_some() && !may_read { String::new() } else { run.target.clone() },
            text: None,
            r#become: run.as_root,
            state: run.state,
            asked_by: run.actor.clone(),
            asked_at: run.queued_at,
            started_at: run.started_at,
            ended_at: run.ended_at,
            exit_status: run.exit_status,
            why: run.why().filter(|_| may_read).map(|why| why.to_string()),
            output_bytes: run.log_bytes,
            output: None,
        }
    }
}

/// A run, its server, and whether what it printed may be read: by those who may change that server.
struct Found {
    run: ExecutionSummary,
    server: Server,
    may_read: bool,
}

impl Found {
    /// The run of an id, on a server that `actor` may know of.
    fn load(connection: &mut Connection, actor: &Actor, id: ExecutionId) -> Result<Self> {
        let run = ExecutionSummary::by_id(connection, id)?;
        let server = Server::by_id(connection, actor.scope(), run.server_id).map_err(|error| match error {
            // As one that there is not (Z05).
            Error::NotFound(_) => Error::NotFound("This run"),
            other => other,
        })?;
        let groups: Vec<_> = server.groups(connection)?.into_iter().map(|group| group.id).collect();
        let may_read = actor.rights.role_in(&groups) >= Role::Operator;
        Ok(Self { run, server, may_read })
    }
}

async fn find(app: &App, actor: &Actor, id: i64) -> Result<Found> {
    let actor = actor.clone();
    app.db.run(move |connection| Found::load(connection, &actor, ExecutionId(id))).await
}

const LIST: Shape<ExecutionView> = Shape {
    sorts: &[("asked_at", |run| Key::time(Some(run.asked_at))), ("server", |run| Key::text(&run.server))],
    default_sort: "-asked_at",
    identity: |run| run.id.to_string(),
    texts: |run| vec![&run.server, &run.command_type, &run.target, &run.asked_by],
};

/// Runs of the last 90 days, the newest first, at most 5,000. Role: operator.
#[utoipa::path(
    operation_id = "list_executions",
    get, path = "/api/v1/executions", tag = "executions",
    params(ListQuery),
    responses((status = 200, body = Page<ExecutionView>)),
)]
pub async fn index(app: Data<App>, asking: Asking, query: Parameters<ListQuery>) -> Result<Json<Page<ExecutionView>>> {
    let scope = asking.scope().clone();
    let found = app.db.run(move |connection| {
        let servers: HashMap<_, _> =
            Server::all(connection, &scope)?.into_iter().map(|server| (server.id, server.name)).collect();
        let ids: Vec<_> = servers.keys().copied().collect();
        let groups = Server::groups_of(connection, &ids)?;
        Ok::<_, Error>((ExecutionSummary::of_servers(connection, &ids, MOST)?, servers, groups))
    });
    let (runs, servers, groups) = found.await?;
    let may_read = |run: &ExecutionSummary| {
        let groups: Vec<_> = groups.get(&run.server_id).into_iter().flatten().map(|group| group.id).collect();
        asking.rights.role_in(&groups) >= Role::Operator
    };
    let name = |run: &ExecutionSummary| servers.get(&run.server_id).map(String::as_str).unwrap_or_default();
    let view = |run: &ExecutionSummary| {
        let mut view = ExecutionView::new(run, name(run), may_read(run));
        view.why = None;
        view
    };
    let runs = runs.iter().map(view).collect();
    LIST.page(runs, &query.0).map(Json)
}

/// One run, with what it printed. Role: operator; where one is only a viewer, without what the server said.
#[utoipa::path(
    operation_id = "get_execution",
    get, path = "/api/v1/executions/{execution}", tag = "executions",
    params(("execution" = i64, Path, description = "Its number")),
    responses((status = 200, body = ExecutionView)),
)]
pub async fn show(app: Data<App>, asking: Asking, id: Path<i64>) -> Result<Json<ExecutionView>> {
    let Found { run, server, may_read } = find(&app, &asking, *id).await?;
    let mut view = ExecutionView::new(&run, &server.name, may_read);
    if may_read {
        view.text.clone_from(&run.words);
        let parts = app.db.run(move |connection| Execution::output(connection, run.id, 0)).await?;
        let bytes: Vec<u8> = parts.into_iter().flat_map(|part| part.bytes).collect();
        view.output = Some(String::from_utf8_lossy(&bytes).into_owned());
    }
    Ok(Json(view))
}

/// Asks for the end of a run; look at its state for what became of it. Role: operator, with the right to install, or to run commands.
#[utoipa::path(
    operation_id = "stop_execution",
    delete, path = "/api/v1/executions/{execution}", tag = "executions",
    params(("execution" = i64, Path, description = "Its number")),
    responses((status = 202, body = ExecutionView)),
)]
pub async fn stop(app: Data<App>, asking: Asking, _: Reauthenticated, id: Path<i64>) -> Result<HttpResponse> {
    let Found { run, server, may_read } = find(&app, &asking, *id).await?;
    let host = app.hosts.of(asking.0, server);
    if RunCommand::is(&run.command_type) {
        let id = run.id;
        let command = app.db.run(move |connection| CommandRun::by_id(connection, id)).await?;
        crate::executions::stop(&host, &command).await?;
    } else {
        ask::stop(&host, run.id, (&run.command_type, &run.target)).await?;
    }
    Ok(HttpResponse::Accepted().json(ExecutionView::new(&run, host.name(), may_read)))
}

/// What a run prints, as it comes: `event: output` with `{"offset", "text"}`, and `event: end` with the execution. Role: operator
/// on that server. It ends when the token does.
#[utoipa::path(
    operation_id = "stream_execution",
    get, path = "/api/v1/executions/{execution}/stream", tag = "executions",
    params(("execution" = i64, Path, description = "Its number")),
    responses((status = 200, description = "Server-sent events", content_type = "text/event-stream", body = ExecutionView)),
)]
pub async fn stream(app: Data<App>, asking: Asking, request: HttpRequest, id: Path<i64>) -> Result<HttpResponse> {
    let pass = Pass::of(&request, &app).ok_or(Error::SignInNeeded)?;
    let found = find(&app, &asking, *id).await?;
    if !found.may_read {
        return Err(Error::Forbidden(Message::new("What a server printed is for those who may change it")));
    }
    let listener = Listener { app, pass, id: found.run.id, from: 0, looks: 0, has_ended: false };
    Ok(events::answer(stream::unfold(listener, Listener::next)))
}

/// Somebody who listens to a run.
struct Listener {
    app: Data<App>,
    pass: Pass,
    id: ExecutionId,
    from: i64,
    looks: u32,
    has_ended: bool,
}

impl Listener {
    async fn next(mut self) -> Option<(Bytes, Self)> {
        while !self.has_ended && self.looks < MOST_LOOKS {
            // Who listens is asked again at each look, before anything is told (A08).
            let (app, pass, id, from) = (self.app.clone(), self.pass.clone(), self.id, self.from);
            let found = self.app.db.run(move |connection| {
                let Some(actor) = pass.actor(connection, &app)? else { return Err(Error::SignInNeeded) };
                let found = Found::load(connection, &actor, id)?;
                let parts = Execution::output(connection, id, from)?;
                Ok::<_, Error>((found, parts))
            });
            let (found, parts) = found.await.ok().filter(|(found, _)| found.may_read)?;
            if let Some(first) = parts.first() {
                let offset = first.at_byte;
                let bytes: Vec<u8> = parts.iter().flat_map(|part| part.bytes.iter().copied()).collect();
                self.from = offset + i64::try_from(bytes.len()).unwrap_or_default();
                let data = json!({ "offset": offset, "text": String::from_utf8_lossy(&bytes) });
                return Some((events::event("output", &data.to_string()), self));
            }
            if found.run.state.has_ended() {
                self.has_ended = true;
                let view = ExecutionView::new(&found.run, &found.server.name, found.may_read);
                return Some((events::event("end", &serde_json::to_string(&view).unwrap_or_default()), self));
            }
            self.looks += 1;
            tokio::time::sleep(LOOK).await;
            if self.looks.is_multiple_of(30) {
                return Some((events::ALIVE, self));
            }
        }
        None
    }
}
