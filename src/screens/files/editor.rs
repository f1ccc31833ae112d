//! A text file in an editor: what was read is what is replaced, or nothing is (X06), and what changes is shown before.

use actix_web::{HttpRequest, HttpResponse, web};
use askama::Template;
use bytes::Bytes;
use serde::Deserialize;
use sha2::{Digest, Sha256};

use super::place::{Place, acting, field_path, file_of};
use crate::app::App;
use crate::commands::Acting;
use crate::commands::files::{FilePath, NewContent, Part, ReadFile, Text};
use crate::error::{Error, Result};
use crate::language::Message;
use crate::remote::host::Host;
use crate::screens::about::About;
use crate::screens::diff::{DiffLine, diff};
use crate::screens::gather::Stored;
use crate::screens::line_ends::Ends;
use crate::transfers;
use crate::web::extract::{Operator, Submitted};
use crate::web::filters;
use crate::web::render::Render;

/// The editor, and what would change.
#[derive(Template)]
#[template(path = "screens/files/editor.html")]
struct EditorPage {
    about: About,
    path: String,
    field: String,
    acts_as: &'static str,
    seen: String,
    digest: String,
    text: String,
    back: String,
    /// None before anything was entered.
    changes: Option<Vec<DiffLine>>,
}

/// What was entered.
#[derive(Debug, Deserialize)]
pub struct Edit {
    path: String,
    #[serde(rename = "as")]
    acts_as: String,
    seen: String,
    digest: String,
    text: String,
    #[serde(default)]
    confirmed: bool,
}

/// Whether a browser gives back a text as it was given, but for what was typed: whole, UTF-8, with one kind of line end.
pub(super) fn is_editable(text: &Text) -> bool {
    text.is_whole() && text.as_text().is_some_and(|text| Ends::of(text).is_some())
}

/// The editor with the text as it is now.
///
/// `GET /servers/{server}/files/editor?path=/etc/motd`
pub async fn show(
    person: Operator,
    path: web::Path<String>,
    app: web::Data<App>,
    request: HttpRequest,
    render: Render,
) -> Result<HttpResponse> {
    let stored = Stored::load(&app, person.actor.scope(), &path).await?;
    let (file, acting) = file_of(request.query_string())?;
    let host = app.hosts.of(person.actor.clone(), stored.server.clone());
    let text = read(&host, &file, acting).await?;
    let about = stored.about(&render.shell.here, stored.health(&app.live, app.clock.now()).level);
    render.page(&EditorPage {
        back: back(&host, &file, acting),
        about,
        path: file.shown(),
        field: file.to_url(),
        acts_as: acting.word(),
        seen: text.seen.to_string(),
        digest: digest(&text.bytes),
        text: text.as_text().unwrap_or_default().to_owned(),
        changes: None,
    })
}

/// What an edit would change; confirmed, it is saved.
///
/// `POST /servers/{server}/files/edits`
pub async fn create(
    person: Operator,
    path: web::Path<String>,
    app: web::Data<App>,
    form: Submitted<Edit>,
    render: Render,
) -> Result<HttpResponse> {
    let stored = Stored::load(&app, person.actor.scope(), &path).await?;
    let edit = form.0;
    let (file, acts_as) = (field_path(&edit.path)?, acting(&edit.acts_as)?);
    let host = app.hosts.of(person.actor.clone(), stored.server.clone());
    let before = read(&host, &file, acts_as).await?;
    if before.seen.to_string() != edit.seen || digest(&before.bytes) != edit.digest {
        return Err(Error::Conflict(Message::new(
            "It was changed since you looked at it. Nothing was done. Look again, then repeat",
        )));
    }
    let old = before.as_text().unwrap_or_default();
    let new = Ends::of(old).unwrap_or(Ends::Unix).restore(&edit.text);
    let back = back(&host, &file, acts_as);
    if edit.confirmed {
        let host = host.operable().await?;
        let content = NewContent::InsteadOf(before.seen, Some(edit.digest));
        let mut piece = Some(Bytes::from(new));
        transfers::write(&host, (file.clone(), acts_as), content, async || Ok(piece.take())).await?;
        let said = Message::new("Saved {path} on {server}").with("path", file.shown()).with("server", host.name());
        return render.done(said).go(&back);
    }
    let about = stored.about(&render.shell.here, stored.health(&app.live, app.clock.now()).level);
    render.page(&EditorPage {
        about,
        path: file.shown(),
        field: file.to_url(),
        acts_as: acts_as.word(),
        seen: edit.seen,
        digest: edit.digest,
        changes: Some(diff(old, &new)),
        text: new,
        back,
    })
}

async fn read(host: &Host, path: &FilePath, acting: Acting) -> Result<Text> {
    let text = host.read(ReadFile { path: path.clone(), part: Part::Head, acting }).await?.value;
    if is_editable(&text) {
        return Ok(text);
    }
    Err(Error::NoFile(Message::new(
        "Only texts in UTF-8 of less than 256 KiB, with one kind of line end, are edited here. Download it instead",
    )))
}

fn back(host: &Host, path: &FilePath, acting: Acting) -> String {
    let directory = path.parent().unwrap_or_else(FilePath::root);
    Place::new(directory, acting).opened(path.name()).address(host.name())
}

fn digest(bytes: &[u8]) -> String {
    hex::encode(Sha256::digest(bytes))
}
