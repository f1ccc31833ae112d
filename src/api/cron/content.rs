//! `/servers/{server}/cron/content`: the text of one table.

use actix_web::http::header::ETAG;
use actix_web::web::{Bytes, Data, Path};
use actix_web::{HttpMessage, HttpRequest, HttpResponse};

use super::{TableQuery, etag, place};
use crate::api::input::Parameters;
use crate::api::preconditions::Precondition;
use crate::app::App;
use crate::commands::Command;
use crate::commands::cron::{Edit, ListCron, ReplaceCrontab};
use crate::crontabs;
use crate::error::{Error, Result};
use crate::language::Message;
use crate::web::extract::{Asking, Reauthenticated};

/// The text of one table, byte by byte; `ETag` says by what it is known again.
#[utoipa::path(
    operation_id = "get_crontab",
    get, path = "/api/v1/servers/{server}/cron/content", tag = "servers",
    params(("server" = String, Path, description = "Its name"), TableQuery),
    responses((status = 200, description = "The bytes", content_type = "application/octet-stream", body = [u8])),
)]
pub async fn show(
    request: HttpRequest,
    app: Data<App>,
    asking: Asking,
    name: Path<String>,
    query: Parameters<TableQuery>,
) -> Result<HttpResponse> {
    let place = place(&query.0.table)?;
    let host = app.hosts.open(asking.0, name.into_inner()).await?;
    request.extensions_mut().insert(ListCron::TYPE);
    let found = crontabs::read(&host).await?.value;
    let tab = found.tab(&place).filter(|tab| tab.exists).ok_or(Error::NotFound("This crontab"))?;
    if tab.is_cut {
        return Err(Error::Conflict(Message::new("This table is too long to be changed here")));
    }
    let mut answer = HttpResponse::Ok();
    answer.content_type("application/octet-stream").insert_header((ETAG, etag(tab)));
    Ok(answer.body(tab.table.bytes()))
}

/// Another text: `If-Match` with the table's etag replaces it, `If-None-Match: *` makes a new one. What stood there is kept.
#[utoipa::path(
    operation_id = "put_crontab",
    put, path = "/api/v1/servers/{server}/cron/content", tag = "servers",
    params(
        ("server" = String, Path, description = "Its name"),
        TableQuery,
        ("If-Match" = Option<String>, Header, description = "The etag of the table that is replaced"),
        ("If-None-Match" = Option<String>, Header, description = "`*`: nothing is there yet"),
    ),
    request_body(content = [u8], content_type = "application/octet-stream"),
    responses((status = 204, description = "It is in its place")),
)]
pub async fn replace(
    request: HttpRequest,
    app: Data<App>,
    asking: Asking,
    _: Reauthenticated,
    name: Path<String>,
    query: Parameters<TableQuery>,
    body: Bytes,
) -> Result<HttpResponse> {
    let host = app.hosts.open(asking.0, name.into_inner()).await?;
    let place = place(&query.0.table)?;
    let missing = "Send If-Match with the table's etag to replace it, or If-None-Match: * to make a new one";
    let condition = Precondition::of(&request, missing)?;
    request.extensions_mut().insert(ReplaceCrontab::TYPE);
    let found = crontabs::read(&host).await?.value;
    let tab = crontabs::tab_of(&found, &place)?;
    let seen = match condition {
        Precondition::Replaces(etag) => etag.to_owned(),
        Precondition::IsNew if tab.exists => {
            return Err(Error::Conflict(Message::new("There is such a table already")));
        }
        Precondition::IsNew => crontabs::digest_of(&tab),
    };
    let plan = crontabs::plan(&found, &place, &seen, &Edit::Whole(body.to_vec()))?;
    let host = host.operable().await?;
    app.crontabs().save(&host, plan, found.by_root).await?;
    Ok(HttpResponse::NoContent().finish())
}
