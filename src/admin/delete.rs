//! Deleting rows: first a page that shows what goes with them, then the deed.

use actix_web::HttpResponse;
use actix_web::web::Path;
use askama::Template;

use super::any::{AnyResource, Deletion};
use super::desk::Desk;
use super::entered::Entered;
use super::index::{chosen, only};
use super::resource::Deleting;
use crate::error::{Error, Result};
use crate::language::Message;
use crate::web::filters;
use crate::web::menu::Screen;
use crate::web::render::Render;

#[derive(Template)]
#[template(path = "admin/delete.html")]
struct DeletePage {
    screen: &'static Screen,
    deletions: Vec<Deletion>,
    title: Message,
    button: Message,
}

impl DeletePage {
    fn is_blocked(&self) -> bool {
        self.deletions.iter().any(|deletion| !deletion.consequences.blocked.is_empty())
    }
}

/// What deleting one row would take with it.
///
/// `GET /admin/{resource}/{id}/delete`
#[tracing::instrument(skip_all, fields(resource = %path.0))]
pub async fn new(path: Path<(String, i64)>, desk: Desk, render: Render) -> Result<HttpResponse> {
    let (name, id) = path.into_inner();
    ask(super::resource(&name)?, vec![id], desk, render).await
}

/// What deleting is called, where it may be done.
fn words_of(resource: &dyn AnyResource) -> Result<&'static Deleting> {
    resource.abilities().delete.ok_or(Error::Forbidden(Message::new("Nobody can delete this")))
}

/// What deleting these rows would take with it.
pub async fn ask(
    resource: &'static dyn AnyResource,
    ids: Vec<i64>,
    desk: Desk,
    render: Render,
) -> Result<HttpResponse> {
    let words = words_of(resource)?;
    desk.proof_for(resource)?;
    let by = desk.by();
    let deletions = desk.app.db.run(move |connection| resource.deletions(connection, &by, &ids)).await?;
    let names = deletions.iter().map(|deletion| deletion.name.as_str()).collect::<Vec<_>>().join(", ");
    let button = match deletions.len() {
        1 => Message::new(words.one).with("name", &names),
        many => Message::new(words.many).with("count", many),
    };
    render.page(&DeletePage {
        screen: resource.screen(),
        deletions,
        title: Message::new(words.one).with("name", names),
        button,
    })
}

/// Deletes the rows that the page showed.
///
/// `POST /admin/{resource}/deletions`
#[tracing::instrument(skip_all, fields(resource = %path))]
pub async fn create(path: Path<String>, desk: Desk, body: Entered, render: Render) -> Result<HttpResponse> {
    let resource = super::resource(&path)?;
    only(&body, &["csrf_token", "row"])?;
    let words = words_of(resource)?;
    desk.proof_for(resource)?;
    let names =
        desk.change(resource, chosen(&body)?, move |connection, by, ids| resource.delete(connection, by, ids)).await?;
    let list = format!("/admin/{}", resource.screen().slug);
    render.done(Message::new(words.done).with("names", names.join(", "))).go(&list)
}
