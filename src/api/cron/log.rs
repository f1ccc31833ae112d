//! `/servers/{server}/cron/log`: what cron ran lately, as far as a log of the server tells.

use actix_web::HttpRequest;
use actix_web::web::{Data, Json, Path};
use chrono::{DateTime, Utc};
use serde::Serialize;
use utoipa::ToSchema;

use crate::api::evidence::{EvidenceView, naming};
use crate::app::App;
use crate::commands::Command;
use crate::commands::cron::runs::ListCronRuns;
use crate::crontabs;
use crate::error::Result;
use crate::web::extract::Asking;

/// What cron ran lately.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = CronLog)]
pub struct LogView {
    /// Which log tells: `journal`, or the path of a file; null where none does, or none may be read.
    #[schema(example = "journal")]
    source: Option<String>,
    /// What ran, the newest first; the last two thousand at most.
    items: Vec<RunView>,
    /// How we know.
    evidence: EvidenceView,
}

/// One command that cron ran. The server's own text: whoever may write into its log may have written it.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = CronRun)]
pub struct RunView {
    /// When.
    at: DateTime<Utc>,
    /// As whom.
    user: String,
    /// The command, as the log has it.
    command: String,
}

/// What cron ran lately, by the journal or the files of the log. A line of a table ran when its user and its command stand there.
#[utoipa::path(
    operation_id = "read_cron_log",
    get, path = "/api/v1/servers/{server}/cron/log", tag = "servers",
    params(("server" = String, Path, description = "Its name")),
    responses((status = 200, body = LogView)),
)]
pub async fn show(request: HttpRequest, app: Data<App>, asking: Asking, name: Path<String>) -> Result<Json<LogView>> {
    let host = app.hosts.open(asking.0, name.into_inner()).await?;
    let answer = naming(&request, ListCronRuns::TYPE, crontabs::runs(&host).await)?;
    let log = answer.value;
    Ok(Json(LogView {
        source: Some(log.source).filter(|source| !source.is_empty()),
        items: log
            .runs
            .into_iter()
            .rev()
            .map(|run| RunView { at: run.at, user: run.user, command: run.command })
            .collect(),
        evidence: answer.evidence.into(),
    }))
}
