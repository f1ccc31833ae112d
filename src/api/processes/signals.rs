//! Signals to one process.

use actix_web::HttpRequest;
use actix_web::web::{Data, Json, Path};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::api::evidence::{EvidenceView, change};
use crate::api::input::Body;
use crate::app::App;
use crate::commands::processes::signalled::sentence;
use crate::commands::processes::signals::Signalled;
use crate::commands::{Signal, SignalProcess, Started};
use crate::error::{Error, FieldErrors, Result};
use crate::remote::host::OperableHost;
use crate::web::extract::{Asking, Reauthenticated};

/// What is sent to whom.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
#[schema(as = NewSignal)]
pub struct SignalToSend {
    /// `TERM`, `HUP`, `INT`, `KILL`, `STOP`, `CONT`, `USR1` or `USR2`.
    #[schema(required, example = "TERM")]
    signal: String,
    /// The process's `started_at`: another one of the same number is left alone.
    #[schema(required, example = "8060512@0b8f0d3c-1111-4222-8333-444455556666")]
    started_at: String,
}

/// How it went.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = SentSignal)]
pub struct SignalView {
    /// `ended`, `zombie` (ended, but its parent has not fetched it) or `there`.
    pub outcome: &'static str,
    /// How long it was watched, in milliseconds.
    pub waited_ms: u64,
    /// Its state then, where it is still there.
    pub state: Option<String>,
    /// The same as a sentence.
    pub detail: String,
    /// How we know.
    pub evidence: EvidenceView,
}

/// Sends a signal to a process, if it is still the one that was seen, and looks how that ends. Role: operator.
///
/// 409 where it has ended, or where its number is another process's now; 403 where hannun sends no signals: to the first
/// process, to threads of the kernel, and to what hannun is signed in through.
#[utoipa::path(
    operation_id = "send_signal",
    post, path = "/api/v1/servers/{server}/processes/{pid}/signals", tag = "servers",
    params(("server" = String, Path, description = "Its name"), ("pid" = u32, Path, description = "The process's number")),
    request_body = SignalToSend,
    responses((status = 200, body = SignalView)),
)]
pub async fn create(
    request: HttpRequest,
    app: Data<App>,
    asking: Asking,
    _: Reauthenticated,
    path: Path<(String, String)>,
    body: Body<SignalToSend>,
) -> Result<Json<SignalView>> {
    let (host, pid) = process_of(&app, asking, path.into_inner(), "The process").await?;
    let (signal, started) = (Signal::from_name(&body.0.signal), Started::read(&body.0.started_at));
    let mut errors = FieldErrors::default();
    if signal.is_none() {
        errors.add("signal", "There is no such signal, or it cannot be sent");
    }
    if started.is_none() {
        errors.add("started_at", "This does not say which process is meant");
    }
    let (signal, started) = signal.zip(started).ok_or(errors)?;
    let answer = change(&request, &host, SignalProcess { pid, started, signal }).await?;
    let detail = sentence(&answer.value, signal, pid)?.to_string();
    let (outcome, waited, state) = match answer.value {
        Signalled::There(after, state) => ("there", after, Some(state)),
        Signalled::Zombie(after) => ("zombie", after, None),
        Signalled::Ended(after) => ("ended", after, None),
        other => return Err(Error::internal(anyhow::anyhow!("{other:?} is told by its sentence"))),
    };
    let waited_ms = u64::try_from(waited.as_millis()).unwrap_or(u64::MAX);
    Ok(Json(SignalView { outcome, waited_ms, state, detail, evidence: answer.evidence.into() }))
}

/// The server of a path and the number of a process there; `what` is missing where that is no number.
pub(in crate::api) async fn process_of(
    app: &App,
    asking: Asking,
    (name, pid): (String, String),
    what: &'static str,
) -> Result<(OperableHost, u32)> {
    let host = app.hosts.open(asking.0, name).await?.operable().await?;
    let pid = pid.parse().map_err(|_not_a_number| Error::NotFound(what))?;
    Ok((host, pid))
}
