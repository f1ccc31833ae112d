//! `/servers/{server}/sessions`: who is signed in now, and ending their session.

use actix_web::HttpRequest;
use actix_web::web::{Data, Json, Path};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::api::evidence::{EvidenceView, ask, change};
use crate::api::input::Body;
use crate::api::processes::signals::process_of;
use crate::app::App;
use crate::commands::sessions::{EndSession, EndedSession, Session};
use crate::commands::{ListSessions, Started};
use crate::error::{Error, Result};
use crate::web::extract::{Asking, Reauthenticated};

/// A session. Every text is the server's own: treat it as hostile.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Session)]
pub struct SessionView {
    /// The process of the server that holds it.
    pub pid: u32,
    /// When that was started and in which boot; with the pid, it names this session and no later one. Give it back to end it.
    #[schema(example = "8060512@0b8f0d3c-1111-4222-8333-444455556666")]
    pub started_at: String,
    /// Who is signed in.
    pub user: String,
    /// `pts/0`; empty where there is no terminal.
    pub terminal: String,
    /// Since when.
    pub since: Option<DateTime<Utc>>,
    /// What let them in: `sshd`.
    pub program: String,
    /// It is the one that this question came by.
    pub is_own: bool,
}

impl From<Session> for SessionView {
    fn from(session: Session) -> Self {
        Self {
            pid: session.pid,
            started_at: session.started.to_string(),
            user: session.user,
            terminal: session.terminal,
            since: session.since,
            program: session.program,
            is_own: session.is_own,
        }
    }
}

/// Who is there.
#[derive(Debug, Serialize, ToSchema)]
pub struct SessionList {
    /// The sessions.
    pub items: Vec<SessionView>,
    /// How we know.
    pub evidence: EvidenceView,
}

/// Who is signed in to a server now.
#[utoipa::path(
    operation_id = "list_sessions",
    get, path = "/api/v1/servers/{server}/sessions", tag = "logins",
    params(("server" = String, Path, description = "Its name")),
    responses((status = 200, body = SessionList)),
)]
pub async fn index(
    request: HttpRequest,
    app: Data<App>,
    asking: Asking,
    name: Path<String>,
) -> Result<Json<SessionList>> {
    let host = app.hosts.open(asking.0, name.into_inner()).await?;
    let answer = ask(&request, &host, ListSessions).await?;
    let items = answer.value.into_iter().map(SessionView::from).collect();
    Ok(Json(SessionList { items, evidence: answer.evidence.into() }))
}

/// Which session.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
#[schema(as = SessionToEnd)]
pub struct SessionToEnd {
    /// The session's `started_at`: another process of the same number is left alone.
    #[schema(required, example = "8060512@0b8f0d3c-1111-4222-8333-444455556666")]
    started_at: String,
    /// Whose it is, for the audit log.
    user: String,
}

/// How it went.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = EndedSession)]
pub struct EndedView {
    /// `ended`, or `there`: it was told to end, and was still there after three seconds.
    pub outcome: &'static str,
    /// How we know.
    pub evidence: EvidenceView,
}

/// Ends a session, if it is still the one that was seen. Role: operator.
///
/// 409 where it was over, where its number is another process's now, where the process holds no session, and where it is the one
/// that hannun itself came by.
#[utoipa::path(
    operation_id = "end_session",
    post, path = "/api/v1/servers/{server}/sessions/{pid}/endings", tag = "logins",
    params(("server" = String, Path, description = "Its name"), ("pid" = u32, Path, description = "The process's number")),
    request_body = SessionToEnd,
    responses((status = 200, body = EndedView)),
)]
pub async fn end(
    request: HttpRequest,
    app: Data<App>,
    asking: Asking,
    _: Reauthenticated,
    path: Path<(String, String)>,
    body: Body<SessionToEnd>,
) -> Result<Json<EndedView>> {
    let (host, pid) = process_of(&app, asking, path.into_inner(), "The session").await?;
    let started = Started::read(&body.0.started_at)
        .ok_or_else(|| Error::field("started_at", "This does not say which session is meant"))?;
    let user: String = body.0.user.chars().take(256).collect();
    let answer = change(&request, &host, EndSession { pid, started, user: user.clone() }).await?;
    let outcome = if answer.value == EndedSession::There { "there" } else { "ended" };
    answer.value.sentence(&user)?;
    Ok(Json(EndedView { outcome, evidence: answer.evidence.into() }))
}
