//! `/servers/{server}/cron/runs`: a line of a crontab, run now.

use actix_web::HttpResponse;
use actix_web::web::{Data, Path};
use serde::Deserialize;
use utoipa::ToSchema;

use super::place;
use crate::api::executions::ExecutionView;
use crate::api::input::Body;
use crate::api::preconditions::bare;
use crate::app::App;
use crate::crontabs::{self, run};
use crate::error::Result;
use crate::web::extract::{Asking, Reauthenticated};

/// Which line of which table.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewCronRun)]
pub struct RunWish {
    /// `user:NAME`, `/etc/crontab` or `/etc/cron.d/NAME`.
    #[schema(example = "user:deploy")]
    table: String,
    /// The etag of the table that was seen.
    etag: String,
    /// The number of the line, counted from 1.
    #[schema(minimum = 1)]
    line: usize,
}

/// Runs a line now as cron would: as its user, with the variables above it. It runs by itself; the execution tells how it goes.
#[utoipa::path(
    operation_id = "run_cron_line",
    post, path = "/api/v1/servers/{server}/cron/runs", tag = "servers",
    params(("server" = String, Path, description = "Its name")),
    request_body = RunWish,
    responses((status = 202, body = ExecutionView)),
)]
pub async fn create(
    app: Data<App>,
    asking: Asking,
    _: Reauthenticated,
    name: Path<String>,
    body: Body<RunWish>,
) -> Result<HttpResponse> {
    let wish = body.0;
    let host = app.hosts.open(asking.0, name.into_inner()).await?;
    let place = place(&wish.table)?;
    let tables = crontabs::read(&host).await?.value;
    let line = run::line(&tables, &place, bare(&wish.etag), wish.line)?;
    let host = host.operable().await?;
    let run = app.crontabs().run(&host, line).await?;
    Ok(HttpResponse::Accepted().json(ExecutionView::new(&run, host.name(), true)))
}
