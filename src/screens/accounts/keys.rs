//! Adding and removing a key: what changes is shown first, and it undoes itself unless a new connection gets through.

use actix_web::HttpResponse;
use actix_web::web::{Data, Path, Query};
use askama::Template;
use serde::Deserialize;

use super::super::about::About;
use super::super::diff::{DiffLine, diff};
use super::super::gather::Stored;
use super::super::guarded_change::{self, ChangeForm};
use crate::accounts::{self, Plan};
use crate::app::App;
use crate::commands::accounts::Accounts;
use crate::commands::files::path::encoded;
use crate::error::{Error, FieldErrors, Result};
use crate::guarded_changes::SECONDS;
use crate::language::Message;
use crate::models::guarded_changes::Guarded;
use crate::web::errors::Fail;
use crate::web::extract::{Operator, Submitted, ValidForm};
use crate::web::filters;
use crate::web::render::Render;

/// A key as it was entered, or the fingerprint of one that is to go.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct KeyForm {
    user: String,
    path: String,
    seen: String,
    key: String,
    fingerprint: String,
    confirmed: bool,
    /// `ask` waits for somebody to keep it.
    keep: String,
}

/// The page that shows what changes before it is made.
#[derive(Template)]
#[template(path = "screens/accounts/key.html")]
struct KeyPage {
    about: About,
    form: KeyForm,
    problems: FieldErrors,
    fail: Option<Fail>,
    changes: Option<Vec<DiffLine>>,
    why_not: Option<Message>,
}

/// The form of a new key; with a fingerprint in the query, what would go.
///
/// `GET /servers/{server}/accounts/keys/editor?user=deploy&path=/home/deploy/.ssh/authorized_keys&seen=4f1c…`
pub async fn show(
    person: Operator,
    path: Path<String>,
    query: Query<KeyForm>,
    app: Data<App>,
    render: Render,
) -> Result<HttpResponse> {
    let stored = Stored::load(&app, person.actor.scope(), &path).await?;
    let host = app.hosts.of(person.actor.clone(), stored.server.clone());
    let form = KeyForm { confirmed: false, ..query.into_inner() };
    let found = accounts::read(&host).await?.value;
    let planned = if form.fingerprint.is_empty() && form.key.is_empty() {
        accounts::seen_file(&found, &form.user, &form.path, &form.seen)?;
        None
    } else {
        Some(plan(&found, &form))
    };
    respond(&person, &stored, &app, render, (form, planned, None))
}

/// What a change would do; confirmed, it is made, and kept if a new connection gets through.
///
/// `POST /servers/{server}/accounts/keys`
pub async fn create(
    person: Operator,
    path: Path<String>,
    form: Submitted<KeyForm>,
    app: Data<App>,
    render: Render,
) -> Result<HttpResponse> {
    let form = form.0;
    let stored = Stored::load(&app, person.actor.scope(), &path).await?;
    let host = app.hosts.of(person.actor.clone(), stored.server.clone());
    let found = accounts::read(&host).await?.value;
    let planned = match plan(&found, &form) {
        Ok(plan) if form.confirmed => plan,
        Err(error @ Error::Conflict(_)) => return Err(error),
        planned => return respond(&person, &stored, &app, render, (form, Some(planned), None)),
    };
    let host = host.operable().await?;
    // What does not get through undoes itself; the page tells of it.
    match app.changes().make(&host, planned.clone().into(), SECONDS, form.keep != "ask").await {
        Ok(_) => render.go(&back(host.name(), &form.user)),
        Err(Error::Remote(error)) => {
            let fail = Fail::new(&error, stored.role_of(&person.actor));
            respond(&person, &stored, &app, render, (form, Some(Ok(planned)), Some(fail)))
        }
        Err(error) => Err(error),
    }
}

fn plan(found: &Accounts, form: &KeyForm) -> Result<Plan> {
    let place = (form.user.as_str(), form.path.as_str(), form.seen.as_str());
    if form.fingerprint.is_empty() {
        accounts::add(found, place, &form.key)
    } else {
        accounts::remove(found, place, &form.fingerprint)
    }
}

fn respond(
    person: &Operator,
    stored: &Stored,
    app: &App,
    render: Render,
    (form, planned, fail): (KeyForm, Option<Result<Plan>>, Option<Fail>),
) -> Result<HttpResponse> {
    let lossy = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let (changes, problems) = match planned {
        None => (None, FieldErrors::default()),
        Some(Ok(plan)) => (Some(diff(&lossy(&plan.before), &lossy(&plan.after))), FieldErrors::default()),
        Some(Err(Error::Invalid(problems))) => (None, problems),
        Some(Err(error)) => return Err(error),
    };
    let about = stored.about(&render.shell.here, stored.health(&app.live, app.clock.now()).level);
    let page = KeyPage { about, form, problems, fail, changes, why_not: stored.why_no_changes(&person.actor) };
    if page.problems.is_empty() { render.page(&page) } else { render.refused(&page) }
}

fn back(server: &str, user: &str) -> String {
    format!("/servers/{server}/accounts?user={}", encoded(user))
}

/// Keeps a change, if a new connection gets through.
///
/// `POST /servers/{server}/accounts/confirmations`
pub async fn keep(
    person: Operator,
    name: Path<String>,
    form: ValidForm<ChangeForm>,
    app: Data<App>,
    render: Render,
) -> Result<HttpResponse> {
    let (host, row) = guarded_change::keep(&app, person, name.into_inner(), (Guarded::Keys, form.0)).await?;
    render.go(&back(host.name(), &row.owner))
}

/// Undoes a change now.
///
/// `POST /servers/{server}/accounts/undoings`
pub async fn undo(
    person: Operator,
    name: Path<String>,
    form: ValidForm<ChangeForm>,
    app: Data<App>,
    render: Render,
) -> Result<HttpResponse> {
    let (host, row) = guarded_change::undo(&app, person, name.into_inner(), (Guarded::Keys, form.0)).await?;
    render.go(&back(host.name(), &row.owner))
}
