//! The form of a row: new, stored, and again after a mistake.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::web::{Path, Query};
use askama::Template;
use serde::Deserialize;

use super::any::{Abilities, AnyResource, FormView, RelatedView, Saved};
use super::cell::Cell;
use super::channel_test;
use super::connection::{self, Panel};
use super::control::Control;
use super::desk::Desk;
use super::entered::Entered;
use super::form::PASSWORD_AGAIN;
use super::resource::Beside;
use super::trial;
use crate::error::{Error, FieldErrors, Result};
use crate::language::Message;
use crate::secret::SecretText;
use crate::secret::password::PasswordHash;
use crate::web::filters;
use crate::web::menu::Screen;
use crate::web::render::Render;

/// The page with a form.
#[derive(Template)]
#[template(path = "admin/form.html")]
pub struct FormPage {
    /// The resource.
    pub screen: &'static Screen,
    /// What can be done with its rows.
    pub abilities: Abilities,
    /// The form.
    pub form: FormView,
    /// The connection test that stands beside it.
    pub panel: Option<Panel>,
    /// *Try on a server* that stands beside it.
    pub trial: Option<trial::Panel>,
    /// *Send a test* that stands beside it.
    pub message: Option<channel_test::Panel>,
    /// The password must be entered with the form (A11).
    pub asks_password: bool,
    /// Rows of other kinds that belong to it.
    pub related: Vec<RelatedView>,
}

impl FormPage {
    /// Whether there is something to save.
    fn saves(&self) -> bool {
        self.form.id.is_none() || self.abilities.change_stored
    }
}

/// The secret that a new row gives, shown this once.
#[derive(Template)]
#[template(path = "admin/given.html")]
struct GivenPage {
    screen: &'static Screen,
    name: String,
    secret: SecretText,
}

impl FormPage {
    /// Where the form of a new row is drawn again while it is filled in; empty where nothing follows from anything.
    fn drafts(&self) -> String {
        if self.abilities.redraws && self.form.id.is_none() {
            format!("/admin/{}/drafts", self.screen.slug)
        } else {
            String::new()
        }
    }
}

/// An empty form, or one that begins as a copy of another row.
///
/// `GET /admin/{resource}/new?copy=12`
#[tracing::instrument(skip_all, fields(resource = %path))]
pub async fn new(path: Path<String>, query: Query<NewQuery>, desk: Desk, render: Render) -> Result<HttpResponse> {
    let resource = super::resource(&path)?;
    let Some(id) = query.copy.filter(|_| resource.abilities().copy) else {
        return show(resource, None, desk, render).await;
    };
    let scope = desk.person().actor.scope().clone();
    let form = desk.app.db.run(move |connection| resource.form_of_copy(connection, &scope, id)).await?;
    render.page(&page(resource, form, &desk).await?)
}

/// What a new row begins as.
#[derive(Debug, Deserialize)]
pub struct NewQuery {
    copy: Option<i64>,
}

/// The form of a new row as it was typed so far, drawn again because fields follow from others. Saves nothing.
///
/// `POST /admin/{resource}/drafts`
#[tracing::instrument(skip_all, fields(resource = %path))]
pub async fn redraw(path: Path<String>, desk: Desk, body: Entered, render: Render) -> Result<HttpResponse> {
    let resource = super::resource(&path)?;
    if !resource.abilities().redraws {
        return Err(Error::NotFound("This page"));
    }
    let body = std::sync::Arc::new(without_panel(resource, body));
    again(resource, None, &desk, body, FieldErrors::default(), StatusCode::OK, render).await
}

/// The form of a stored row.
///
/// `GET /admin/{resource}/{id}`
#[tracing::instrument(skip_all, fields(resource = %path.0))]
pub async fn edit(path: Path<(String, i64)>, desk: Desk, render: Render) -> Result<HttpResponse> {
    let (name, id) = path.into_inner();
    show(super::resource(&name)?, Some(id), desk, render).await
}

async fn show(resource: &'static dyn AnyResource, id: Option<i64>, desk: Desk, render: Render) -> Result<HttpResponse> {
    let abilities = resource.abilities();
    if !abilities.change || (id.is_none() && abilities.add.is_none()) {
        return Err(Error::NotFound("This page"));
    }
    let scope = desk.person().actor.scope().clone();
    let form = desk.app.db.run(move |connection| resource.form(connection, &scope, id)).await?;
    let page = page(resource, form, &desk).await?;
    render.page(&page)
}

/// The page around a form.
pub async fn page(resource: &'static dyn AnyResource, form: FormView, desk: &Desk) -> Result<FormPage> {
    let abilities = resource.abilities();
    let panel = match (abilities.beside, form.id) {
        (Beside::Connection, Some(id)) => Some(connection::panel(id, desk).await?),
        _ => None,
    };
    let trial = match &form.subject {
        Some(subject) if abilities.beside == Beside::Trial => {
            Some(trial::Panel::load(resource, form.id, subject.clone(), "", desk).await?)
        }
        _ => None,
    };
    let message = form.id.filter(|_| abilities.beside == Beside::Message).map(channel_test::Panel::of);
    let asks_password = abilities.needs_proof && !desk.is_proved() && (form.id.is_none() || abilities.change_stored);
    let related = match form.id {
        Some(id) => {
            let by = desk.by();
            desk.app.db.run(move |connection| resource.related(connection, &by, id)).await?
        }
        None => Vec::new(),
    };
    Ok(FormPage { screen: resource.screen(), abilities, form, panel, trial, message, asks_password, related })
}

/// Adds a row.
///
/// `POST /admin/{resource}`
#[tracing::instrument(skip_all, fields(resource = %path))]
pub async fn create(path: Path<String>, desk: Desk, body: Entered, render: Render) -> Result<HttpResponse> {
    let resource = super::resource(&path)?;
    if resource.abilities().add.is_none() {
        return Err(Error::Forbidden(Message::new("Nobody can add this")));
    }
    save(resource, None, desk, body, render).await
}

/// Changes a row.
///
/// `POST /admin/{resource}/{id}`
#[tracing::instrument(skip_all, fields(resource = %path.0))]
pub async fn update(path: Path<(String, i64)>, desk: Desk, body: Entered, render: Render) -> Result<HttpResponse> {
    let (name, id) = path.into_inner();
    let resource = super::resource(&name)?;
    if !resource.abilities().change_stored {
        return Err(Error::Forbidden(Message::new("Nobody can change this")));
    }
    save(resource, Some(id), desk, body, render).await
}

/// What was entered into the form itself: for browsers the panel beside it is a part of it.
fn without_panel(resource: &dyn AnyResource, entered: Entered) -> Entered {
    if resource.abilities().beside == Beside::Trial { entered.taken(trial::SERVER).1 } else { entered }
}

async fn save(
    resource: &'static dyn AnyResource,
    id: Option<i64>,
    mut desk: Desk,
    entered: Entered,
    render: Render,
) -> Result<HttpResponse> {
    let entered = std::sync::Arc::new(without_panel(resource, entered));
    if resource.abilities().needs_proof && !desk.prove(entered.one(PASSWORD_AGAIN)).await? {
        let problems = FieldErrors::default().and(PASSWORD_AGAIN, wrong_password(&entered));
        return again(resource, id, &desk, entered, problems, StatusCode::FORBIDDEN, render).await;
    }
    let (typed, ids) = (entered.clone(), id.into_iter().collect());
    let mut by = desk.by();
    by.password_hash = hash(resource, &desk, &entered).await?;
    by.given = resource.abilities().gives.filter(|_| id.is_none()).map(|give| give()).transpose()?;
    let given = by.given.clone();
    let saving = desk.change_as(by, resource, ids, move |connection, by, _| resource.save(connection, by, id, &typed));
    match saving.await {
        Ok(Saved { name, .. }) if let Some(secret) = given => {
            render.page(&GivenPage { screen: resource.screen(), name, secret })
        }
        Ok(saved) => {
            let list = format!("/admin/{}", resource.screen().slug);
            let message = if saved.changed { "Saved {name}" } else { "Nothing was changed in {name}" };
            let then = match entered.one("then") {
                "another" => format!("{list}/new"),
                _ if id.is_none() && matches!(resource.abilities().beside, Beside::Connection | Beside::Message) => {
                    format!("{list}/{}", saved.id)
                }
                _ => list,
            };
            render.done(Message::new(message).with("name", saved.name)).go(&then)
        }
        Err(Error::Invalid(problems)) => {
            again(resource, id, &desk, entered, problems, StatusCode::UNPROCESSABLE_ENTITY, render).await
        }
        Err(Error::Conflict(problem)) => {
            let problems = FieldErrors::default().and("", problem);
            again(resource, id, &desk, entered, problems, StatusCode::CONFLICT, render).await
        }
        Err(error) => Err(error),
    }
}

/// What is wrong with the administrator's own password.
pub fn wrong_password(entered: &Entered) -> Message {
    if entered.one(PASSWORD_AGAIN).is_empty() {
        Message::new("Enter your password again to go on")
    } else {
        Message::new("This is not your password")
    }
}

/// The hash of a new password, made before the transaction: it takes long, and few at a time are made (A02).
async fn hash(resource: &dyn AnyResource, desk: &Desk, entered: &Entered) -> Result<Option<PasswordHash>> {
    let entered = resource.abilities().hashed.map_or("", |field| entered.one(field));
    if entered.is_empty() {
        return Ok(None);
    }
    desk.app.passwords.hash(SecretText::new(entered.to_owned())).await.map(Some)
}

/// The form as it was typed, with what is wrong with it.
pub async fn again(
    resource: &'static dyn AnyResource,
    id: Option<i64>,
    desk: &Desk,
    entered: std::sync::Arc<Entered>,
    problems: FieldErrors,
    status: StatusCode,
    render: Render,
) -> Result<HttpResponse> {
    let scope = desk.person().actor.scope().clone();
    let form =
        desk.app.db.run(move |connection| resource.form_again(connection, &scope, id, &entered, &problems)).await?;
    let page = page(resource, form, desk).await?;
    render.html(status, &page)
}
