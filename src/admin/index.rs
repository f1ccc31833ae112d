//! The list of a resource, and what can be done to the rows that were chosen in it.

use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse};
use askama::Template;

use super::any::Abilities;
use super::asked::Asked;
use super::audit_log::Chain;
use super::cell::Cell;
use super::delete;
use super::desk::Desk;
use super::entered::Entered;
use super::list_view::ListView;
use super::resource::Beside;
use crate::app::App;
use crate::error::{Error, Result};
use crate::language::Message;
use crate::web::extract::Admin;
use crate::web::filters;
use crate::web::menu::Screen;
use crate::web::render::Render;
use crate::web::return_to;

/// The deed of a list that asks before it is done.
pub const DELETE: &str = "delete";

#[derive(Template)]
#[template(path = "admin/list.html")]
struct ListPage {
    screen: &'static Screen,
    abilities: Abilities,
    list: ListView,
    chain: Option<Chain>,
}

/// The administration begins with its first resource.
///
/// `GET /admin`
pub async fn home(_: Admin, render: Render) -> Result<HttpResponse> {
    let first = super::RESOURCES.first().map_or("", |resource| resource.screen().slug);
    render.go(&format!("/admin/{first}"))
}

/// The rows of a resource.
///
/// `GET /admin/{resource}?q=web&group=edge&sort=-changed&page=2`
#[tracing::instrument(skip_all, fields(resource = %path))]
pub async fn index(
    admin: Admin,
    path: Path<String>,
    app: Data<App>,
    request: HttpRequest,
    render: Render,
) -> Result<HttpResponse> {
    let resource = super::resource(&path)?;
    let asked = Asked::of(request.query_string()).in_zone(admin.time_zone());
    let (scope, now) = (admin.actor.scope().clone(), app.clock.now());
    let abilities = resource.abilities();
    let (list, chain) = app
        .db
        .run(move |connection| {
            let list = resource.list(connection, &scope, &asked, now)?;
            let chain = (abilities.beside == Beside::Chain).then(|| Chain::load(connection)).transpose()?;
            Ok::<_, Error>((list, chain))
        })
        .await?;
    render.page(&ListPage { screen: resource.screen(), abilities, list, chain })
}

/// Does something to the chosen rows; deleting asks first.
///
/// `POST /admin/{resource}/actions`
#[tracing::instrument(skip_all, fields(resource = %path))]
pub async fn create_action(path: Path<String>, desk: Desk, body: Entered, render: Render) -> Result<HttpResponse> {
    let resource = super::resource(&path)?;
    only(&body, &["csrf_token", "action", "row"])?;
    let ids = chosen(&body)?;
    let action = body.one("action").to_owned();
    if action == DELETE {
        return delete::ask(resource, ids, desk, render).await;
    }
    desk.proof_for(resource)?;
    let names =
        desk.change(resource, ids, move |connection, by, ids| resource.act(connection, by, &action, ids)).await?;
    // Whoever pauses a server on its own page goes on there.
    let origin = render.origin();
    let back =
        if return_to::server_of(&origin).is_some() { origin } else { format!("/admin/{}", resource.screen().slug) };
    render.done(Message::new("Changed {names}").with("names", names.join(", "))).go(&back)
}

/// The rows that were ticked.
pub fn chosen(entered: &Entered) -> Result<Vec<i64>> {
    let ids: Result<Vec<i64>, _> = entered.all("row").into_iter().map(str::parse).collect();
    let mut ids = ids.map_err(|_not_a_number| Error::field("row", "This is no number of a row"))?;
    ids.sort_unstable();
    ids.dedup();
    if ids.is_empty() { Err(Error::BadRequest(Message::new("Choose at least one row first"))) } else { Ok(ids) }
}

/// Refuses fields that were not offered (Z06).
pub fn only(entered: &Entered, known: &[&str]) -> Result<()> {
    match entered.names().find(|name| !known.contains(name)) {
        None => Ok(()),
        Some(strange) => Err(Error::field(
            "",
            Message::new("This form has no field {name}").with("name", strange.chars().take(64).collect::<String>()),
        )),
    }
}
