//! Servers as code, in the browser: a text, what applying it would change, and the files that servers came from.

mod plan_view;

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use actix_web::web::Query;
use askama::Template;
use serde::Deserialize;
use std::collections::BTreeSet;

use super::desk::Desk;
use super::edit::wrong_password;
use super::entered::Entered;
use super::form::PASSWORD_AGAIN;
use super::index::only;
use crate::error::{Error, Result};
use crate::inventory::{self, Applied, Drift, Extras, Kind, Means, Planned, Problem, Prune, Request, Source};
use crate::language::Message;
use crate::models::actor::{Actor, Scope};
use crate::models::audit::{AuditEntry, Outcome};
use crate::models::inventory_files::InventoryFile;
use crate::web::filters;
use crate::web::menu::Screen;
use crate::web::render::Render;

use plan_view::{PlanView, RowView};

/// Its place in the menu.
pub static SCREEN: Screen = super::resources::screen("inventory", "Import YAML", "upload");

/// What the text of a form's fields is called.
const FIELDS: [&str; 6] = ["csrf_token", "text", "file", "remove", "plan", PASSWORD_AGAIN];

/// The page.
#[derive(Template)]
#[template(path = "admin/inventory.html")]
struct InventoryPage {
    form: TextForm,
    plan: Option<PlanView>,
    problems: Vec<Problem>,
    files: Vec<FileView>,
    asks_password: bool,
    password_problem: Option<Message>,
}

/// What was entered.
#[derive(Debug, Clone, Default)]
struct TextForm {
    text: String,
    file: String,
    remove: BTreeSet<(Kind, String)>,
}

/// A file that servers came from.
struct FileView {
    name: String,
    href: String,
    applied: chrono::DateTime<chrono::Utc>,
    by: String,
    drift: Vec<RowView>,
    problems: Vec<Problem>,
}

/// Which file to open.
#[derive(Debug, Default, Deserialize)]
pub struct Opened {
    /// The name of a file that was applied before.
    file: Option<String>,
}

/// The page: empty, or with a file as it was applied last.
///
/// `GET /admin/inventory?file=servers.yml`
#[tracing::instrument(skip_all)]
pub async fn show(desk: Desk, opened: Query<Opened>, render: Render) -> Result<HttpResponse> {
    let mut form = TextForm { file: "servers.yml".to_owned(), ..TextForm::default() };
    if let Some(name) = opened.into_inner().file {
        desk.person().actor.scope().needs_all()?;
        let file = desk.app.db.run(move |connection| InventoryFile::by_name(connection, &name)).await?;
        form = TextForm { text: file.text, file: file.name, ..TextForm::default() };
    }
    let page = page(&desk, form, None, Vec::new()).await?;
    render.page(&page)
}

/// Says what applying a text would change.
///
/// `POST /admin/inventory/plans`
#[tracing::instrument(skip_all)]
pub async fn create_plan(desk: Desk, entered: Entered, render: Render) -> Result<HttpResponse> {
    only(&entered, &FIELDS)?;
    let form = TextForm::of(&entered);
    match plan(&desk, &form).await? {
        Planned::Ready(plan) => {
            let view = PlanView::of(&plan, &form.remove);
            let page = page_or_plan(&desk, &render, form, Some(view), Vec::new()).await?;
            render.page(&page)
        }
        Planned::Rejected(problems) => {
            let page = page_or_plan(&desk, &render, form, None, problems).await?;
            // While somebody types, a text that is not in order yet is no failure of the request.
            if render.wants_fragment() { render.page(&page) } else { render.refused(&page) }
        }
    }
}

/// Applies the text whose plan was seen, with a password that was entered lately (A11).
///
/// `POST /admin/inventory/applications`
#[tracing::instrument(skip_all)]
pub async fn create_application(mut desk: Desk, entered: Entered, render: Render) -> Result<HttpResponse> {
    only(&entered, &FIELDS)?;
    let form = TextForm::of(&entered);
    if !desk.prove(entered.one(PASSWORD_AGAIN)).await? {
        let (view, problems) = match plan(&desk, &form).await? {
            Planned::Ready(plan) => (Some(PlanView::of(&plan, &form.remove)), Vec::new()),
            Planned::Rejected(problems) => (None, problems),
        };
        let mut page = page(&desk, form, view, problems).await?;
        page.password_problem = Some(wrong_password(&entered));
        return render.html(StatusCode::FORBIDDEN, &page);
    }
    let (by, request, seen) = (desk.by(), form.request()?, entered.one("plan").to_owned());
    let sealer = desk.app.sealer.clone();
    let applied = desk.app.db.transaction(move |connection| {
        let means = Means { actor: &by.actor, sealer: &sealer, now: by.at };
        inventory::apply(connection, means, &request, Some(&seen))
    });
    match applied.await? {
        Applied::Done(done) => {
            desk.app.take_into_use(&done).await;
            render.done(plan_view::said(&done.plan)).go("/admin/inventory")
        }
        Applied::Otherwise(plan) => {
            let view = PlanView { is_another: true, ..PlanView::of(&plan, &form.remove) };
            let page = page(&desk, form, Some(view), Vec::new()).await?;
            render.html(StatusCode::CONFLICT, &page)
        }
        Applied::Rejected(problems) => {
            let page = page(&desk, form, None, problems).await?;
            render.refused(&page)
        }
    }
}

/// Everything that is known, as a file to keep.
///
/// `GET /admin/inventory/export`
#[tracing::instrument(skip_all)]
pub async fn export(desk: Desk) -> Result<HttpResponse> {
    let (actor, extras) = (desk.person().actor.clone(), Extras { commands: true });
    let text = desk.app.db.run(move |connection| inventory::export(connection, &actor, extras)).await?;
    Ok(HttpResponse::Ok()
        .insert_header((CONTENT_TYPE, "application/yaml; charset=utf-8"))
        .insert_header((CONTENT_DISPOSITION, "attachment; filename=\"servers.yml\""))
        .body(text))
}

/// Forgets a file: what came from it is changed by hand from now on.
///
/// `POST /admin/inventory/releases`
#[tracing::instrument(skip_all)]
pub async fn create_release(desk: Desk, entered: Entered, render: Render) -> Result<HttpResponse> {
    only(&entered, &["csrf_token", "file"])?;
    let (by, name) = (desk.by(), entered.one("file").to_owned());
    let message = Message::new("What came from {file} is changed by hand from now on").with("file", &name);
    desk.app
        .db
        .transaction(move |connection| {
            let released = InventoryFile::release(connection, &name)?;
            let entry = AuditEntry::by(&by.actor, "release_inventory").target(&name).detail("released", released);
            entry.record(connection, Outcome::Succeeded, by.at).map(drop)
        })
        .await?;
    render.done(message).go("/admin/inventory")
}

impl TextForm {
    fn of(entered: &Entered) -> Self {
        let removal = |value: &str| {
            let (kind, name) = value.split_once('/')?;
            Some((Kind::from_name(kind)?, name.to_owned()))
        };
        Self {
            // Browsers send forms with the line ends of the mail of old.
            text: entered.one("text").replace("\r\n", "\n"),
            file: entered.one("file").trim().to_owned(),
            remove: entered.all("remove").into_iter().filter_map(removal).collect(),
        }
    }

    fn request(&self) -> Result<Request> {
        let file = Some(self.file.clone()).filter(|name| !name.is_empty());
        if let Some(problem) = file.as_deref().and_then(InventoryFile::name_problem) {
            return Err(Error::field("file", problem));
        }
        let source = Source { file, called: "YAML".to_owned(), text: self.text.clone() };
        Ok(Request { sources: vec![source], prune: Prune::These(self.remove.clone()), ..Request::default() })
    }
}

async fn plan(desk: &Desk, form: &TextForm) -> Result<Planned> {
    let (by, request, sealer) = (desk.by(), form.request()?, desk.app.sealer.clone());
    desk.app
        .db
        .run(move |connection| {
            let means = Means { actor: &by.actor, sealer: &sealer, now: by.at };
            inventory::plan(connection, means, &request)
        })
        .await
}

async fn page(desk: &Desk, form: TextForm, plan: Option<PlanView>, problems: Vec<Problem>) -> Result<InventoryPage> {
    let by = desk.by();
    let mut files = Vec::new();
    if sees_all(&by.actor) {
        let sealer = desk.app.sealer.clone();
        let drift = desk.app.db.run(move |connection| {
            inventory::drift(connection, Means { actor: &by.actor, sealer: &sealer, now: by.at })
        });
        files = drift.await?.into_iter().map(FileView::of).collect();
    }
    Ok(InventoryPage { files, ..InventoryPage::without_files(desk, form, plan, problems) })
}

/// While somebody types, the plan alone is shown: every file would be planned anew with each pause of the keys.
async fn page_or_plan(
    desk: &Desk,
    render: &Render,
    form: TextForm,
    plan: Option<PlanView>,
    problems: Vec<Problem>,
) -> Result<InventoryPage> {
    if render.wants_fragment() {
        return Ok(InventoryPage::without_files(desk, form, plan, problems));
    }
    page(desk, form, plan, problems).await
}

impl InventoryPage {
    fn without_files(desk: &Desk, form: TextForm, plan: Option<PlanView>, problems: Vec<Problem>) -> Self {
        let asks_password = !desk.is_proved();
        Self { form, plan, problems, files: Vec::new(), asks_password, password_problem: None }
    }
}

impl FileView {
    fn of(drift: Drift) -> Self {
        let query: String = form_urlencoded::byte_serialize(drift.file.name.as_bytes()).collect();
        Self {
            href: format!("/admin/inventory?file={query}"),
            name: drift.file.name,
            applied: drift.file.applied_at,
            by: drift.file.applied_by,
            drift: drift.items.iter().map(|item| RowView::of(item, false)).collect(),
            problems: drift.problems,
        }
    }
}

fn sees_all(actor: &Actor) -> bool {
    *actor.scope() == Scope::All
}
