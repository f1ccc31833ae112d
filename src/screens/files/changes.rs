//! Changes of files that people ask for in dialogs: each names what was seen, and is refused if that is something else now.

use std::future::Future;
use std::pin::Pin;

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest, HttpResponse, web};
use serde::Deserialize;

use super::place::{Place, acting, field_path, file_query};
use crate::app::App;
use crate::commands::Change;
use crate::commands::files::changes::Account;
use crate::commands::files::entry::{NO_MODE, entered_mode};
use crate::commands::files::path::IS_ROOT;
use crate::commands::files::{
    DeleteFile, FilePath, MakeDirectory, MoveFile, NewContent, Seen, SetFileMode, SetFileOwner,
};
use crate::error::{Error, FieldErrors, Result};
use crate::language::Message;
use crate::remote::host::OperableHost;
use crate::transfers;
use crate::web::extract::{Operator, Submitted};
use crate::web::render::Render;

/// A new directory or file in a directory.
#[derive(Debug, Deserialize)]
pub struct NewEntry {
    path: String,
    #[serde(rename = "as")]
    acts_as: String,
    name: String,
}

/// Another name.
#[derive(Debug, Deserialize)]
pub struct Rename {
    path: String,
    #[serde(rename = "as")]
    acts_as: String,
    seen: String,
    name: String,
}

/// The end of a file.
#[derive(Debug, Deserialize)]
pub struct Deletion {
    path: String,
    #[serde(rename = "as")]
    acts_as: String,
    seen: String,
    #[serde(default)]
    with_content: bool,
}

/// Other permission bits.
#[derive(Debug, Deserialize)]
pub struct NewMode {
    path: String,
    #[serde(rename = "as")]
    acts_as: String,
    seen: String,
    mode: String,
}

/// Another owner and group.
#[derive(Debug, Deserialize)]
pub struct NewOwner {
    path: String,
    #[serde(rename = "as")]
    acts_as: String,
    seen: String,
    owner: String,
    group: String,
}

/// Somebody who changes files of a server, and the way to it.
pub struct Desk {
    person: Operator,
    server: String,
    app: web::Data<App>,
    render: Render,
}

type Parts = (Operator, web::Path<String>, web::Data<App>, Render);

impl FromRequest for Desk {
    type Error = actix_web::Error;
    type Future = Pin<Box<dyn Future<Output = std::result::Result<Self, Self::Error>>>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let request = request.clone();
        Box::pin(async move {
            let (person, server, app, render) = Parts::extract(&request).await?;
            Ok(Self { person, server: server.into_inner(), app, render })
        })
    }
}

impl Desk {
    async fn host(&self) -> Result<OperableHost> {
        self.app.hosts.open(self.person.actor.clone(), self.server.clone()).await?.operable().await
    }

    /// Makes the change, says so, and shows `directory` with `open` beside it.
    async fn make<C: Change>(
        self,
        change: C,
        done: Message,
        (directory, open): (FilePath, Option<Vec<u8>>),
    ) -> Result<HttpResponse> {
        let host = self.host().await?;
        let acting = change.acting().unwrap_or_default();
        host.change(change).await?;
        let back = Place { open, ..Place::new(directory, acting) }.address(host.name());
        self.render.done(done.with("server", host.name())).go(&back)
    }
}

/// `POST /servers/{server}/files/directories`
pub async fn make_directory(desk: Desk, form: Submitted<NewEntry>) -> Result<HttpResponse> {
    let within = field_path(&form.0.path)?;
    let path_of_new = named(&within, &form.0.name)?;
    let done = Message::new("Made {path} on {server}").with("path", path_of_new.shown());
    let change = MakeDirectory { path: path_of_new, acting: acting(&form.0.acts_as)? };
    desk.make(change, done, (within, None)).await
}

/// A new, empty file; then the editor.
///
/// `POST /servers/{server}/files/texts`
pub async fn make_text(desk: Desk, form: Submitted<NewEntry>) -> Result<HttpResponse> {
    let file = named(&field_path(&form.0.path)?, &form.0.name)?;
    let acting = acting(&form.0.acts_as)?;
    let host = desk.host().await?;
    transfers::write(&host, (file.clone(), acting), NewContent::OfNewFile, async || Ok(None)).await?;
    let done = Message::new("Made {path} on {server}").with("path", file.shown()).with("server", host.name());
    desk.render.done(done).go(&format!("/servers/{}/files/editor{}", host.name(), file_query(&file, acting)))
}

/// `POST /servers/{server}/files/moves`
pub async fn rename(desk: Desk, form: Submitted<Rename>) -> Result<HttpResponse> {
    let (file, within) = file_in(&form.0.path)?;
    // A whole path moves it elsewhere.
    let to = match FilePath::new(form.0.name.as_bytes()) {
        Some(to) if !to.is_root() => to,
        _ => named(&within, &form.0.name)?,
    };
    let done = Message::new("Renamed {path} to {to} on {server}").with("path", file.shown()).with("to", to.shown());
    let back = (to.parent().unwrap_or(within), Some(to.name().to_vec()));
    let change = MoveFile { path: file, seen: seen(&form.0.seen)?, to, acting: acting(&form.0.acts_as)? };
    desk.make(change, done, back).await
}

/// `POST /servers/{server}/files/deletions`
pub async fn delete(desk: Desk, form: Submitted<Deletion>) -> Result<HttpResponse> {
    let (file, within) = file_in(&form.0.path)?;
    let done = Message::new("Deleted {path} on {server}").with("path", file.shown());
    let (seen, with_content) = (seen(&form.0.seen)?, form.0.with_content);
    let change = DeleteFile { path: file, seen, with_content, acting: acting(&form.0.acts_as)? };
    desk.make(change, done, (within, None)).await
}

/// `POST /servers/{server}/files/modes`
pub async fn set_mode(desk: Desk, form: Submitted<NewMode>) -> Result<HttpResponse> {
    let (file, within) = file_in(&form.0.path)?;
    let mode = entered_mode(&form.0.mode).ok_or_else(|| field("mode", NO_MODE))?;
    let done = Message::new("Changed the mode of {path} on {server}").with("path", file.shown());
    let back = (within, Some(file.name().to_vec()));
    let change = SetFileMode { path: file, seen: seen(&form.0.seen)?, mode, acting: acting(&form.0.acts_as)? };
    desk.make(change, done, back).await
}

/// `POST /servers/{server}/files/owners`
pub async fn set_owner(desk: Desk, form: Submitted<NewOwner>) -> Result<HttpResponse> {
    let (file, within) = file_in(&form.0.path)?;
    let account = |name, value: &str| {
        Account::new(value.trim()).ok_or_else(|| field(name, "The name or the number of a user or group"))
    };
    let (owner, group) = (account("owner", &form.0.owner)?, account("group", &form.0.group)?);
    let done = Message::new("Changed the owner of {path} on {server}").with("path", file.shown());
    let back = (within, Some(file.name().to_vec()));
    let (seen, acting) = (seen(&form.0.seen)?, acting(&form.0.acts_as)?);
    let change = SetFileOwner { path: file, seen, owner, group, acting };
    desk.make(change, done, back).await
}

/// A file that is not the root, and the directory that it is in.
fn file_in(path: &str) -> Result<(FilePath, FilePath)> {
    let file = field_path(path)?;
    let within = file.parent().ok_or_else(|| Error::BadRequest(Message::new(IS_ROOT)))?;
    Ok((file, within))
}

fn named(within: &FilePath, name: &str) -> Result<FilePath> {
    let path = within.join(name.as_bytes());
    path.ok_or_else(|| field("name", "A name holds no slash, is not empty and is neither . nor .."))
}

fn seen(text: &str) -> Result<Seen> {
    text.parse().map_err(|()| Error::BadRequest(Message::new("The request could not be read")))
}

fn field(name: &'static str, problem: &'static str) -> Error {
    Error::from(FieldErrors::default().and(name, problem))
}
