//! `/executions/{id}`: a command that runs by itself on a server, its output, and its end.

use std::time::Duration;

use actix_web::HttpResponse;
use actix_web::web::{Data, Json, Path};
use bytes::Bytes;
use chrono::{DateTime, Utc};
use futures_util::stream;
use serde::Serialize;
use serde_json::json;
use utoipa::ToSchema;

use crate::app::App;
use crate::error::Result;
use crate::installations::ask;
use crate::models::actor::Actor;
use crate::models::executions::{Execution, ExecutionState};
use crate::models::ids::ExecutionId;
use crate::models::servers::Server;
use crate::web::events;
use crate::web::extract::{Asking, Reauthenticated};

/// Between two looks at a run.
const LOOK: Duration = Duration::from_millis(500);
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
    /// `install_package`, `remove_package`, `install_file` or `inspect_file`.
    pub command_type: String,
    /// The command that was chosen for the platform.
    pub command: String,
    /// A package's or a file's name.
    pub target: String,
    /// `queued`, `copying`, `starting`, `running`, `succeeded`, `partly`, `failed`, `stopped` or `unknown`.
    #[schema(value_type = String)]
    pub state: ExecutionState,
    /// Who asked for it.
    pub asked_by: String,
    /// When.
    pub asked_at: DateTime<Utc>,
    /// When it ended.
    pub ended_at: Option<DateTime<Utc>>,
    /// What it exited with.
    pub exit_status: Option<i32>,
    /// Why it ended as it did.
    pub why: Option<String>,
    /// How many bytes it has printed.
    pub output_bytes: i64,
    /// The end of what it printed, up to 1 MiB; the server's own text. Only with the execution itself.
    pub output: Option<String>,
}

impl ExecutionView {
    pub(super) fn new(run: &Execution, server: &str) -> Self {
        Self {
            id: run.id,
            server: server.to_owned(),
            command_type: run.command_type.clone(),
            command: run.command.clone(),
            target: run.target.clone(),
            state: run.state,
            asked_by: run.actor.clone(),
            asked_at: run.queued_at,
            ended_at: run.ended_at,
            exit_status: run.exit_status,
            why: run.why().map(|why| why.to_string()),
            output_bytes: run.log_bytes,
            output: None,
        }
    }
}

/// The run of an id, on a server that `actor` may know of.
async fn find(app: &App, actor: &Actor, id: i64) -> Result<(Execution, Server)> {
    let scope = actor.scope().clone();
    app.db
        .run(move |connection| {
            let run = Execution::by_id(connection, ExecutionId(id))?;
            let server = Server::by_id(connection, &scope, run.server_id)?;
            Ok::<_, crate::error::Error>((run, server))
        })
        .await
}

/// One run, with what it printed. Role: operator.
#[utoipa::path(
    operation_id = "get_execution",
    get, path = "/api/v1/executions/{execution}", tag = "executions",
    params(("execution" = i64, Path, description = "Its number")),
    responses((status = 200, body = ExecutionView)),
)]
pub async fn show(app: Data<App>, asking: Asking, id: Path<i64>) -> Result<Json<ExecutionView>> {
    let (run, server) = find(&app, &asking, *id).await?;
    let number = run.id;
    let parts = app.db.run(move |connection| Execution::output(connection, number, 0)).await?;
    let bytes: Vec<u8> = parts.into_iter().flat_map(|part| part.bytes).collect();
    let output = Some(String::from_utf8_lossy(&bytes).into_owned());
    Ok(Json(ExecutionView { output, ..ExecutionView::new(&run, &server.name) }))
}

/// Asks for the end of a run; look at its state for what became of it. Role: operator, with the right to install.
#[utoipa::path(
    operation_id = "stop_execution",
    delete, path = "/api/v1/executions/{execution}", tag = "executions",
    params(("execution" = i64, Path, description = "Its number")),
    responses((status = 202, body = ExecutionView)),
)]
pub async fn stop(app: Data<App>, asking: Asking, _: Reauthenticated, id: Path<i64>) -> Result<HttpResponse> {
    let (run, server) = find(&app, &asking, *id).await?;
    let host = app.hosts.of(asking.0, server);
    ask::stop(&host, &run).await?;
    Ok(HttpResponse::Accepted().json(ExecutionView::new(&run, host.name())))
}

/// What a run prints, as it comes: `event: output` with `{"offset", "text"}`, and `event: end` with the execution. Role: operator.
#[utoipa::path(
    operation_id = "stream_execution",
    get, path = "/api/v1/executions/{execution}/stream", tag = "executions",
    params(("execution" = i64, Path, description = "Its number")),
    responses((status = 200, description = "Server-sent events", content_type = "text/event-stream", body = ExecutionView)),
)]
pub async fn stream(app: Data<App>, asking: Asking, id: Path<i64>) -> Result<HttpResponse> {
    let (run, server) = find(&app, &asking, *id).await?;
    let listener = Listener { app, id: run.id, server: server.name, from: 0, looks: 0, has_ended: false };
    Ok(events::answer(stream::unfold(listener, Listener::next)))
}

/// Somebody who listens to a run.
struct Listener {
    app: Data<App>,
    id: ExecutionId,
    server: String,
    from: i64,
    looks: u32,
    has_ended: bool,
}

impl Listener {
    async fn next(mut self) -> Option<(Bytes, Self)> {
        while !self.has_ended && self.looks < MOST_LOOKS {
            let (id, from) = (self.id, self.from);
            let found = self.app.db.run(move |connection| {
                let run = Execution::by_id(connection, id)?;
                Ok::<_, crate::error::Error>((run, Execution::output(connection, id, from)?))
            });
            let (run, parts) = found.await.ok()?;
            if let Some(first) = parts.first() {
                let offset = first.at_byte;
                let bytes: Vec<u8> = parts.iter().flat_map(|part| part.bytes.iter().copied()).collect();
                self.from = offset + i64::try_from(bytes.len()).unwrap_or_default();
                let data = json!({ "offset": offset, "text": String::from_utf8_lossy(&bytes) });
                return Some((events::event("output", &data.to_string()), self));
            }
            if run.state.has_ended() {
                self.has_ended = true;
                let data = serde_json::to_string(&ExecutionView::new(&run, &self.server)).unwrap_or_default();
                return Some((events::event("end", &data), self));
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
