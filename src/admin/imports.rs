//! Servers out of a `~/.ssh/config` or an Ansible inventory: put in, looked at, chosen, added. Nothing is remembered
//! between the steps, and what was put in is never sent back: it may hold passwords (S05).

mod view;

use std::collections::BTreeSet;
use std::sync::Arc;

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use askama::Template;

use super::desk::Desk;
use super::edit::wrong_password;
use super::entered::Entered;
use super::form::PASSWORD_AGAIN;
use super::index::only;
use crate::db::Connection;
use crate::error::{Error, Result};
use crate::inventory::import::known_hosts::KnownHosts;
use crate::inventory::import::{self, Format, NoFiles, Offered, Owner, Source};
use crate::inventory::{self, Applied, Done, Means};
use crate::language::Message;
use crate::models::actor::Actor;
use crate::secret::SecretText;
use crate::web::filters;
use crate::web::render::Render;

use view::Preview;

/// What the form may send.
const FIELDS: [&str; 7] = ["csrf_token", "format", "text", "known_hosts", "user", "row", PASSWORD_AGAIN];

#[derive(Template)]
#[template(path = "admin/imports.html", blocks = ["preview"])]
struct ImportPage {
    format: Format,
    preview: Option<Preview>,
    /// Importing needs the password again (A11).
    asks_password: bool,
    password_problem: Option<Message>,
}

/// An empty form.
///
/// `GET /admin/imports/new`
pub async fn new(desk: Desk, render: Render) -> Result<HttpResponse> {
    render.page(&ImportPage {
        format: Format::SshConfig,
        preview: None,
        asks_password: !desk.is_proved(),
        password_problem: None,
    })
}

/// What a text holds, and what importing all of it would add. Changes nothing.
///
/// `POST /admin/imports/previews`
#[tracing::instrument(skip_all)]
pub async fn create_preview(desk: Desk, entered: Entered, render: Render) -> Result<HttpResponse> {
    only(&entered, &FIELDS)?;
    let asked = Asked::of(&entered)?;
    let format = asked.format;
    let preview = if asked.is_empty() { None } else { Some(preview(&desk, asked, None).await?) };
    let page = ImportPage { format, preview, asks_password: !desk.is_proved(), password_problem: None };
    render.page_or(&page, ImportPage::as_preview)
}

/// Adds the chosen servers, with the credentials and groups that they need: all of it or nothing.
///
/// `POST /admin/imports`
#[tracing::instrument(skip_all)]
pub async fn create(mut desk: Desk, entered: Entered, render: Render) -> Result<HttpResponse> {
    only(&entered, &FIELDS)?;
    let asked = Asked::of(&entered)?;
    if asked.is_empty() {
        return Err(Error::BadRequest(Message::new("Put the text of the file in first")));
    }
    let chosen: BTreeSet<String> = entered.all("row").into_iter().map(str::to_owned).collect();
    if chosen.is_empty() {
        return Err(Error::BadRequest(Message::new("Choose at least one row first")));
    }
    if !desk.prove(entered.one(PASSWORD_AGAIN)).await? {
        let page = ImportPage {
            format: asked.format,
            preview: Some(preview(&desk, asked, Some(chosen)).await?),
            asks_password: true,
            password_problem: Some(wrong_password(&entered)),
        };
        return answer(render, StatusCode::FORBIDDEN, &page);
    }
    let (added, wanted) = (asked.clone(), chosen.clone());
    let (actor, app) = (desk.person().actor.clone(), desk.app.clone());
    let now = app.clock.now();
    let sealer = Arc::clone(&app.sealer);
    let applied = app.db.transaction(move |connection| {
        let means = Means { actor: &actor, sealer: &sealer, now };
        let offered = added.offered(connection, &actor)?;
        let request = offered.request(connection, means, &wanted, added.format.usual_file())?;
        inventory::apply(connection, means, &request, None)
    });
    match applied.await? {
        Applied::Done(done) => {
            app.take_into_use(&done).await;
            render.done(said(&done)).go("/admin/servers")
        }
        Applied::Rejected(_) | Applied::Otherwise(_) => {
            let page = ImportPage {
                format: asked.format,
                preview: Some(preview(&desk, asked, Some(chosen)).await?),
                asks_password: false,
                password_problem: None,
            };
            answer(render, StatusCode::UNPROCESSABLE_ENTITY, &page)
        }
    }
}

fn answer(render: Render, status: StatusCode, page: &ImportPage) -> Result<HttpResponse> {
    if render.wants_fragment() { render.html(status, &page.as_preview()) } else { render.html(status, page) }
}

fn said(done: &Done) -> Message {
    let servers = done.plan.items.iter().filter(|item| item.kind == inventory::Kind::Server).count();
    Message::new("Added {count} servers").with("count", servers)
}

/// What was put in.
#[derive(Clone)]
struct Asked {
    format: Format,
    entered: Arc<Texts>,
}

/// Texts that may hold secrets: not printed.
struct Texts {
    text: SecretText,
    known_hosts: String,
    user: Option<String>,
}

impl Asked {
    fn of(entered: &Entered) -> Result<Self> {
        let format = Format::from_name(entered.one("format"));
        let format = format.ok_or_else(|| Error::field("format", "Choose one of these"))?;
        Ok(Self {
            format,
            entered: Arc::new(Texts {
                text: SecretText::new(entered.one("text").to_owned()),
                known_hosts: entered.one("known_hosts").to_owned(),
                user: Some(entered.one("user").trim().to_owned()).filter(|user| !user.is_empty()),
            }),
        })
    }

    fn is_empty(&self) -> bool {
        self.entered.text.expose().trim().is_empty()
    }

    /// What the text holds, beside what is registered.
    fn offered(&self, connection: &mut Connection, actor: &Actor) -> Result<Offered> {
        let Texts { text, known_hosts, user } = self.entered.as_ref();
        let known = KnownHosts::read(Source { name: "known_hosts", text: known_hosts });
        let source = Source { name: self.format.usual_file(), text: text.expose() };
        let owner = Owner { user: user.clone(), home: None };
        let found = import::read(self.format, source, &NoFiles, &owner, Some(&known));
        import::offer(connection, actor.scope(), found)
    }
}

/// What a text holds; `chosen`: what was ticked, everything new where nobody chose yet.
async fn preview(desk: &Desk, asked: Asked, chosen: Option<BTreeSet<String>>) -> Result<Preview> {
    let (actor, now, sealer) = (desk.person().actor.clone(), desk.app.clock.now(), Arc::clone(&desk.app.sealer));
    desk.app
        .db
        .run(move |connection| {
            let means = Means { actor: &actor, sealer: &sealer, now };
            let offered = asked.offered(connection, &actor)?;
            let chosen = chosen.unwrap_or_else(|| offered.new_names());
            let request = offered.request(connection, means, &chosen, asked.format.usual_file())?;
            let planned = inventory::plan(connection, means, &request)?;
            Ok::<_, Error>(Preview::of(&offered, &chosen, planned))
        })
        .await
}
