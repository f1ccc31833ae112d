//! `/fan-outs`: one command on many servers, in batches or all at once, and what became of it on each.

use actix_web::HttpResponse;
use actix_web::http::header;
use actix_web::web::{Data, Json, Path};
use chrono::{DateTime, Utc};
use serde::Serialize;
use utoipa::ToSchema;

use super::input::{Body, Parameters};
use super::paging::{Key, ListQuery, Page, Shape};
use crate::app::App;
use crate::db::Connection;
use crate::error::{Error, Result};
use crate::executions::FanOutWish;
use crate::executions::fan_out::{self, Asking as Asked, Seen};
use crate::executions::given::Given;
use crate::models::actor::Actor;
use crate::models::executions::ExecutionState;
use crate::models::fan_outs::{Counts, FanOutState, Member};
use crate::models::ids::{ExecutionId, FanOutId};
use crate::models::servers::Server;
use crate::web::extract::{Asking, Reauthenticated};

/// Those that are listed.
const MOST: i64 = 500;

/// One command on many servers.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = FanOut)]
pub struct FanOutView {
    /// Its number.
    #[schema(value_type = i64)]
    id: FanOutId,
    /// What was written.
    command: String,
    /// Values of its environment.
    parameters: Vec<Given>,
    /// Whether it runs as root.
    r#become: bool,
    /// Where, as it was said.
    servers: Vec<String>,
    /// `queued`, `running`, `succeeded`, `partly`, `failed` or `stopped`.
    #[schema(value_type = String)]
    state: FanOutState,
    /// Who asked for it.
    asked_by: String,
    /// When.
    asked_at: DateTime<Utc>,
    /// When it began.
    started_at: Option<DateTime<Utc>>,
    /// When it ended.
    ended_at: Option<DateTime<Utc>>,
    /// Until when it pauses before the next batch.
    pause_until: Option<DateTime<Utc>>,
    /// Why no more began.
    why: Option<String>,
    /// The one whose failures it repeats.
    #[schema(value_type = Option<i64>)]
    retry_of: Option<FanOutId>,
    /// How many servers are how far.
    counts: CountsView,
    /// How many servers more there are, of which the token may not know what they print.
    hidden: usize,
    /// What became of it on each server. Only with the fan-out itself.
    items: Option<Vec<MemberView>>,
}

/// How many servers are how far.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = FanOutCounts)]
pub struct CountsView {
    /// Its turn has not come.
    waiting: usize,
    /// It runs.
    running: usize,
    /// It succeeded.
    succeeded: usize,
    /// It failed, was refused, or nobody knows.
    failed: usize,
    /// It was stopped, or not begun any more.
    stopped: usize,
}

/// What became of it on one server.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = FanOutItem)]
pub struct MemberView {
    /// The server's name.
    server: String,
    /// Which batch, from 0.
    batch: i32,
    /// Like that of an execution.
    #[schema(value_type = String)]
    state: ExecutionState,
    /// The execution, for its output.
    #[schema(value_type = Option<i64>)]
    execution: Option<ExecutionId>,
    /// What it exited with.
    exit_status: Option<i32>,
    /// Why it ended as it did, or did not begin.
    why: Option<String>,
    /// When its start was sent.
    started_at: Option<DateTime<Utc>>,
    /// When it ended.
    ended_at: Option<DateTime<Utc>>,
    /// How many bytes it has printed.
    output_bytes: i64,
    /// SHA-256 of what it printed, once it has ended: servers with the same one printed the same.
    output_sha256: Option<String>,
}

impl FanOutView {
    fn new(seen: Seen, is_whole: bool) -> Self {
        let Seen { fan_out, members, hidden, .. } = seen;
        let counts = Counts::of(&members);
        Self {
            id: fan_out.id,
            why: fan_out.why().map(|why| why.to_string()),
            parameters: serde_json::from_value(fan_out.parameters).unwrap_or_default(),
            command: fan_out.words,
            r#become: fan_out.as_root,
            servers: fan_out.servers,
            state: fan_out.state,
            asked_by: fan_out.actor,
            asked_at: fan_out.queued_at,
            started_at: fan_out.started_at,
            ended_at: fan_out.ended_at,
            pause_until: fan_out.pause_until,
            retry_of: fan_out.retry_of,
            counts: CountsView {
                waiting: counts.waiting,
                running: counts.running,
                succeeded: counts.succeeded,
                failed: counts.failed,
                stopped: counts.stopped + counts.left,
            },
            hidden,
            items: is_whole.then(|| members.iter().map(MemberView::of).collect()),
        }
    }
}

impl MemberView {
    fn of(member: &Member) -> Self {
        let ran = member.execution.as_ref();
        Self {
            server: member.server.clone(),
            batch: member.wave,
            state: member.standing(),
            execution: ran.map(|ran| ran.id),
            exit_status: ran.and_then(|ran| ran.exit_status),
            why: member.why().map(|why| why.to_string()),
            started_at: ran.and_then(|ran| ran.started_at),
            ended_at: ran.and_then(|ran| ran.ended_at),
            output_bytes: ran.map(|ran| ran.log_bytes).unwrap_or_default(),
            output_sha256: member.digest.as_deref().map(hex::encode),
        }
    }
}

const LIST: Shape<FanOutView> = Shape {
    sorts: &[("asked_at", |fan_out| Key::time(Some(fan_out.asked_at)))],
    default_sort: "-asked_at",
    identity: |fan_out| fan_out.id.to_string(),
    texts: |fan_out| vec![&fan_out.command, &fan_out.asked_by],
};

/// Commands on many servers of the last 90 days, the newest first, at most 500. Role: operator.
#[utoipa::path(
    operation_id = "list_fan_outs",
    get, path = "/api/v1/fan-outs", tag = "executions",
    params(ListQuery),
    responses((status = 200, body = Page<FanOutView>)),
)]
pub async fn index(app: Data<App>, asking: Asking, query: Parameters<ListQuery>) -> Result<Json<Page<FanOutView>>> {
    let actor = asking.0.clone();
    let found = app.db.run(move |connection| fan_out::visible(connection, &actor, MOST)).await?;
    LIST.page(found.into_iter().map(|seen| FanOutView::new(seen, false)).collect(), &query.0).map(Json)
}

/// Runs one command on many servers; look at it for what became of it. Refused where it may not be run on one of them: then it runs on
/// none. No servers are refused too. Role: operator, with the right to run commands, and for `become` to act as root.
#[utoipa::path(
    operation_id = "create_fan_out",
    post, path = "/api/v1/fan-outs", tag = "executions",
    request_body = FanOutWish,
    responses((status = 202, body = FanOutView)),
)]
pub async fn create(
    app: Data<App>,
    asking: Asking,
    _: Reauthenticated,
    body: Body<FanOutWish>,
) -> Result<HttpResponse> {
    let (actor, wish) = (asking.0.clone(), body.0);
    add(&app, actor, move |connection, actor| {
        let meant = fan_out::meant(connection, actor, &wish)?;
        if let Some(why) = meant.iter().find_map(|one| one.why_not.clone()) {
            return Err(Error::Forbidden(why));
        }
        Ok((wish, meant.into_iter().map(|one| one.server).collect(), Asked::default()))
    })
    .await
}

/// Runs it once more on the servers on which it failed. Role: operator, with the right to run commands.
#[utoipa::path(
    operation_id = "retry_fan_out",
    post, path = "/api/v1/fan-outs/{fan_out}/retries", tag = "executions",
    params(("fan_out" = i64, Path, description = "Its number")),
    responses((status = 202, body = FanOutView)),
)]
pub async fn retry(app: Data<App>, asking: Asking, _: Reauthenticated, id: Path<i64>) -> Result<HttpResponse> {
    let (actor, id) = (asking.0.clone(), FanOutId(*id));
    add(&app, actor, move |connection, actor| {
        let seen = fan_out::see(connection, actor, id)?;
        let wish = fan_out::again_on_failed(&seen)?;
        let meant = fan_out::meant(connection, actor, &wish)?;
        if let Some(why) = meant.iter().find_map(|one| one.why_not.clone()) {
            return Err(Error::Forbidden(why));
        }
        let asked = Asked { name: seen.fan_out.name, retry_of: Some(id), is_attended: false };
        Ok((wish, meant.into_iter().map(|one| one.server).collect(), asked))
    })
    .await
}

async fn add(
    app: &App,
    actor: Actor,
    what: impl FnOnce(&mut Connection, &Actor) -> Result<(FanOutWish, Vec<Server>, Asked)> + Send + 'static,
) -> Result<HttpResponse> {
    let now = app.clock.now();
    let added = app.db.transaction(move |connection| {
        let (wish, servers, asked) = what(connection, &actor)?;
        let fan_out = fan_out::ask(connection, &actor, (&wish, &servers), asked, now)?;
        fan_out::see(connection, &actor, fan_out.id)
    });
    let view = FanOutView::new(added.await?, true);
    let place = (header::LOCATION, format!("/api/v1/fan-outs/{}", view.id));
    Ok(HttpResponse::Accepted().insert_header(place).json(view))
}

/// One command on many servers, with what became of it on each. Role: operator.
#[utoipa::path(
    operation_id = "get_fan_out",
    get, path = "/api/v1/fan-outs/{fan_out}", tag = "executions",
    params(("fan_out" = i64, Path, description = "Its number")),
    responses((status = 200, body = FanOutView)),
)]
pub async fn show(app: Data<App>, asking: Asking, id: Path<i64>) -> Result<Json<FanOutView>> {
    let (actor, id) = (asking.0.clone(), FanOutId(*id));
    let seen = app.db.run(move |connection| fan_out::see(connection, &actor, id)).await?;
    Ok(Json(FanOutView::new(seen, true)))
}

/// Asks for its end: what runs is ended on its server, what waits never begins. Role: operator, whoever asked for it, or whoever may run
/// commands on all of its servers.
#[utoipa::path(
    operation_id = "stop_fan_out",
    delete, path = "/api/v1/fan-outs/{fan_out}", tag = "executions",
    params(("fan_out" = i64, Path, description = "Its number")),
    responses((status = 202, body = FanOutView)),
)]
pub async fn stop(app: Data<App>, asking: Asking, _: Reauthenticated, id: Path<i64>) -> Result<HttpResponse> {
    let (actor, id, now) = (asking.0.clone(), FanOutId(*id), app.clock.now());
    let seen = app.db.transaction(move |connection| {
        fan_out::stop(connection, &actor, id, now)?;
        fan_out::see(connection, &actor, id)
    });
    Ok(HttpResponse::Accepted().json(FanOutView::new(seen.await?, true)))
}
