//! `/files/directories`, `/files/moves`, `/files/attributes`, `/files/deletions`: changes without content.

use actix_web::web::{Data, Path};
use actix_web::{HttpMessage, HttpRequest, HttpResponse};
use serde::Deserialize;
use utoipa::ToSchema;

use super::{acting, body_path, done, seen};
use crate::api::evidence::ask;
use crate::api::input::Body;
use crate::app::App;
use crate::commands::files::changes::Account;
use crate::commands::files::entry::{NO_MODE, entered_mode};
use crate::commands::files::{
    DeleteFile, DescribeFile, FilePath, Kind, MakeDirectory, MoveFile, Seen, SetFileMode, SetFileOwner, refusals,
};
use crate::commands::{Acting, Change};
use crate::error::{Error, Result};
use crate::language::Message;
use crate::remote::host::OperableHost;
use crate::web::extract::{Asking, Reauthenticated};

/// A directory to be made.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewDirectory {
    /// Its path, percent-encoded.
    path: String,
    /// `user` unless it is `root`.
    #[serde(default, rename = "as")]
    acts_as: Option<String>,
}

/// A file that is to have another path.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct FileMove {
    /// Its path, percent-encoded.
    path: String,
    /// Its etag.
    seen: String,
    /// Its new path, percent-encoded, where nothing is yet.
    to: String,
    /// `user` unless it is `root`.
    #[serde(default, rename = "as")]
    acts_as: Option<String>,
}

/// A file or directory to be deleted.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct FileDeletion {
    /// Its path, percent-encoded.
    path: String,
    /// Its etag.
    seen: String,
    /// A directory with everything in it, but for other filesystems.
    #[serde(default)]
    with_content: bool,
    /// `user` unless it is `root`.
    #[serde(default, rename = "as")]
    acts_as: Option<String>,
}

/// Mode, owner or both.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct FileAttributes {
    /// Its path, percent-encoded.
    path: String,
    /// Its etag.
    seen: String,
    /// The new permission bits in three or four octal digits.
    #[serde(default)]
    #[schema(example = "0640")]
    mode: Option<String>,
    /// The new owner and group, `root:adm`; of a link itself.
    #[serde(default)]
    owner: Option<String>,
    /// `user` unless it is `root`.
    #[serde(default, rename = "as")]
    acts_as: Option<String>,
}

async fn open(app: &App, asking: Asking, name: String) -> Result<OperableHost> {
    app.hosts.open(asking.0, name).await?.operable().await
}

async fn change<C: Change>(request: &HttpRequest, host: &OperableHost, command: C) -> Result<()> {
    request.extensions_mut().insert(C::TYPE);
    host.change(command).await.map(|_| ())
}

/// Makes an empty directory.
#[utoipa::path(
    operation_id = "make_directory",
    post, path = "/api/v1/servers/{server}/files/directories", tag = "files",
    params(("server" = String, Path, description = "Its name")),
    request_body = NewDirectory,
    responses((status = 201, description = "It is there; `ETag` says by what it is known")),
)]
pub async fn make_directory(
    request: HttpRequest,
    app: Data<App>,
    asking: Asking,
    _: Reauthenticated,
    name: Path<String>,
    body: Body<NewDirectory>,
) -> Result<HttpResponse> {
    let host = open(&app, asking, name.into_inner()).await?;
    let (path, acting) = (body_path("path", &body.0.path)?, acting(body.0.acts_as.as_deref())?);
    change(&request, &host, MakeDirectory { path: path.clone(), acting }).await?;
    Ok(done(&host, (path, acting), HttpResponse::Created()).await)
}

/// Gives a file another path.
#[utoipa::path(
    operation_id = "move_file",
    post, path = "/api/v1/servers/{server}/files/moves", tag = "files",
    params(("server" = String, Path, description = "Its name")),
    request_body = FileMove,
    responses((status = 204, description = "It is there; `ETag` says by what it is known")),
)]
pub async fn rename(
    request: HttpRequest,
    app: Data<App>,
    asking: Asking,
    _: Reauthenticated,
    name: Path<String>,
    body: Body<FileMove>,
) -> Result<HttpResponse> {
    let host = open(&app, asking, name.into_inner()).await?;
    let (path, to) = (body_path("path", &body.0.path)?, body_path("to", &body.0.to)?);
    let (seen, acting) = (seen(&body.0.seen)?, acting(body.0.acts_as.as_deref())?);
    change(&request, &host, MoveFile { path, seen, to: to.clone(), acting }).await?;
    Ok(done(&host, (to, acting), HttpResponse::NoContent()).await)
}

/// Deletes a file or a directory.
#[utoipa::path(
    operation_id = "delete_files",
    post, path = "/api/v1/servers/{server}/files/deletions", tag = "files",
    params(("server" = String, Path, description = "Its name")),
    request_body = FileDeletion,
    responses((status = 204, description = "It is gone")),
)]
pub async fn delete(
    request: HttpRequest,
    app: Data<App>,
    asking: Asking,
    _: Reauthenticated,
    name: Path<String>,
    body: Body<FileDeletion>,
) -> Result<HttpResponse> {
    let host = open(&app, asking, name.into_inner()).await?;
    let (path, acting) = (body_path("path", &body.0.path)?, acting(body.0.acts_as.as_deref())?);
    let delete = DeleteFile { path, seen: seen(&body.0.seen)?, with_content: body.0.with_content, acting };
    change(&request, &host, delete).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// Changes mode and owner, the owner first: it takes bits of the mode away.
#[utoipa::path(
    operation_id = "set_file_attributes",
    post, path = "/api/v1/servers/{server}/files/attributes", tag = "files",
    params(("server" = String, Path, description = "Its name")),
    request_body = FileAttributes,
    responses((status = 204, description = "They are changed; `ETag` says by what it is known")),
)]
pub async fn set_attributes(
    request: HttpRequest,
    app: Data<App>,
    asking: Asking,
    _: Reauthenticated,
    name: Path<String>,
    body: Body<FileAttributes>,
) -> Result<HttpResponse> {
    let host = open(&app, asking, name.into_inner()).await?;
    let (path, acting) = (body_path("path", &body.0.path)?, acting(body.0.acts_as.as_deref())?);
    let seen = seen(&body.0.seen)?;
    let mode = body.0.mode.as_deref().map(mode).transpose()?;
    let owner = body.0.owner.as_deref().map(owner).transpose()?;
    if mode.is_none() && owner.is_none() {
        return Err(Error::field("mode", "Give a mode, an owner or both"));
    }
    let now = match owner {
        Some(owner) => set_owner(&request, &host, (&path, seen, acting), owner, mode.is_some()).await?,
        None => seen,
    };
    if let Some(mode) = mode {
        change(&request, &host, SetFileMode { path: path.clone(), seen: now, mode, acting }).await?;
    }
    Ok(done(&host, (path, acting), HttpResponse::NoContent()).await)
}

/// Sets the owner: by what the file is known afterwards, where its mode is to be set too. Then it is no link, whose mode
/// would be that of another file, and nobody may have put another file in its place meanwhile.
async fn set_owner(
    request: &HttpRequest,
    host: &OperableHost,
    (path, seen, acting): (&FilePath, Seen, Acting),
    (owner, group): (Account, Account),
    with_mode: bool,
) -> Result<Seen> {
    let describe = || DescribeFile { path: path.clone(), acting };
    if with_mode && ask(request, host, describe()).await?.value.kind == Kind::Link {
        return Err(refusals::refusal(refusals::LINK).map_or(Error::NotFound("The file"), Error::from));
    }
    change(request, host, SetFileOwner { path: path.clone(), seen, owner, group, acting }).await?;
    if !with_mode {
        return Ok(seen);
    }
    let now = ask(request, host, describe()).await?.value.seen;
    if seen.is_still(&now) { Ok(now) } else { Err(Error::Conflict(Message::new(HALF))) }
}

/// What is said where the owner is another one now and the mode is not.
const HALF: &str =
    "The owner was changed. It is another file since then: its mode was not changed. Look again, then repeat";

fn mode(digits: &str) -> Result<u32> {
    entered_mode(digits).ok_or_else(|| Error::field("mode", NO_MODE))
}

fn owner(text: &str) -> Result<(Account, Account)> {
    let accounts = text.split_once(':').and_then(|(owner, group)| Some((Account::new(owner)?, Account::new(group)?)));
    accounts.ok_or_else(|| Error::field("owner", "Owner and group, such as root:adm"))
}
