//! `/servers/{server}/files/content`: a whole file, streamed in both directions; `/files/archive`: a directory as tar.

use actix_web::web::{Data, Path};
use actix_web::{HttpMessage, HttpRequest, HttpResponse};

use super::{FileQuery, done, place, place_to_change, seen};
use crate::api::input::Parameters;
use crate::api::preconditions::{self, Precondition};
use crate::app::App;
use crate::commands::Command;
use crate::commands::files::{ArchiveDirectory, DeleteFile, DownloadFile, NewContent, WriteFile};
use crate::error::Result;
use crate::transfers;
use crate::web::extract::{Asking, Reauthenticated};
use crate::web::incoming::RawBody;
use crate::web::outgoing::streamed;
use crate::web::parts;
use crate::web::still_signed_in::StillSignedIn;

/// The content of a file, as it comes from the server; `ETag` says by what it is known again.
///
/// With `Range` a part of it, and with `If-Range` only where the file still is the one of that `ETag`: so a download that broke
/// off goes on, and is never put together from two files.
#[utoipa::path(
    operation_id = "get_file_content",
    get, path = "/api/v1/servers/{server}/files/content", tag = "files",
    params(
        ("server" = String, Path, description = "Its name"),
        FileQuery,
        ("Range" = Option<String>, Header, description = "`bytes=0-499`, `bytes=500-` or `bytes=-500`; several parts are answered by the whole"),
        ("If-Range" = Option<String>, Header, description = "The etag of the file that a part is wanted of; the whole comes of another"),
    ),
    responses(
        (status = 200, description = "The bytes; a link is followed", content_type = "application/octet-stream", body = [u8]),
        (status = 206, description = "The part that `Content-Range` names", content_type = "application/octet-stream", body = [u8]),
    ),
)]
pub async fn show(
    request: HttpRequest,
    app: Data<App>,
    asking: Asking,
    name: Path<String>,
    query: Parameters<FileQuery>,
) -> Result<HttpResponse> {
    let host = app.hosts.open(asking.0, name.into_inner()).await?;
    let place = place(&request, query.0.acts_as.as_deref())?;
    request.extensions_mut().insert(DownloadFile::TYPE);
    let terms = StillSignedIn::of(&request, &app)?.terms(&app, host.name());
    let file = transfers::file(&host, place, parts::wanted(&request), terms).await?;
    let mut answer = HttpResponse::Ok();
    answer.content_type("application/octet-stream");
    Ok(parts::answer(answer, file))
}

/// New content: `If-Match` with the file's etag replaces it, `If-None-Match: *` makes a new file. Half a body changes nothing.
#[utoipa::path(
    operation_id = "put_file_content",
    put, path = "/api/v1/servers/{server}/files/content", tag = "files",
    params(
        ("server" = String, Path, description = "Its name"),
        FileQuery,
        ("If-Match" = Option<String>, Header, description = "The etag of the file that is replaced"),
        ("If-None-Match" = Option<String>, Header, description = "`*`: nothing is there yet"),
    ),
    request_body(content = [u8], content_type = "application/octet-stream"),
    responses((status = 204, description = "It is in its place; `ETag` says by what it is known")),
)]
pub async fn replace(
    request: HttpRequest,
    app: Data<App>,
    asking: Asking,
    _: Reauthenticated,
    name: Path<String>,
    query: Parameters<FileQuery>,
    mut body: RawBody,
) -> Result<HttpResponse> {
    let host = app.hosts.open(asking.0, name.into_inner()).await?;
    let place = place_to_change(&request, query.0.acts_as.as_deref())?;
    let missing = "Send If-Match with the file's etag to replace it, or If-None-Match: * to make a new one";
    let content = match Precondition::of(&request, missing)? {
        Precondition::Replaces(etag) => NewContent::InsteadOf(seen(etag)?, None),
        Precondition::IsNew => NewContent::OfNewFile,
    };
    let host = host.operable().await?;
    request.extensions_mut().insert(WriteFile::TYPE);
    transfers::write(&host, place.clone(), content, async || body.next().await).await?;
    Ok(done(&host, place, HttpResponse::NoContent()).await)
}

/// Deletes a file, a link itself, or an empty directory; `If-Match` says which. A directory with content is deleted with
/// everything in it only where `/files/deletions` is told so.
#[utoipa::path(
    operation_id = "delete_file",
    delete, path = "/api/v1/servers/{server}/files/content", tag = "files",
    params(
        ("server" = String, Path, description = "Its name"),
        FileQuery,
        ("If-Match" = String, Header, description = "The etag of the file"),
    ),
    responses((status = 204, description = "It is gone")),
)]
pub async fn destroy(
    request: HttpRequest,
    app: Data<App>,
    asking: Asking,
    _: Reauthenticated,
    name: Path<String>,
    query: Parameters<FileQuery>,
) -> Result<HttpResponse> {
    let host = app.hosts.open(asking.0, name.into_inner()).await?;
    let (path, acting) = place_to_change(&request, query.0.acts_as.as_deref())?;
    let etag = preconditions::etag(&request, "Send If-Match with the file's etag")?;
    let delete = DeleteFile { path, seen: seen(etag)?, with_content: false, acting };
    let host = host.operable().await?;
    request.extensions_mut().insert(DeleteFile::TYPE);
    host.change(delete).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// A directory as a tar archive, as it comes. Links stay links.
#[utoipa::path(
    operation_id = "get_file_archive",
    get, path = "/api/v1/servers/{server}/files/archive", tag = "files",
    params(("server" = String, Path, description = "Its name"), FileQuery),
    responses((status = 200, description = "The archive", content_type = "application/x-tar", body = [u8])),
)]
pub async fn archive(
    request: HttpRequest,
    app: Data<App>,
    asking: Asking,
    name: Path<String>,
    query: Parameters<FileQuery>,
) -> Result<HttpResponse> {
    let host = app.hosts.open(asking.0, name.into_inner()).await?;
    let place = place(&request, query.0.acts_as.as_deref())?;
    request.extensions_mut().insert(ArchiveDirectory::TYPE);
    let terms = StillSignedIn::of(&request, &app)?.terms(&app, host.name());
    let archive = transfers::archive(&host, place, terms).await?;
    let mut answer = HttpResponse::Ok();
    answer.content_type("application/x-tar");
    Ok(streamed(answer, None, archive.content))
}
