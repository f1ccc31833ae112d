//! Shells on one server in the browser, and the box for single commands beside them.

pub mod commands;
mod history;
pub mod pulse;
pub mod recordings;
pub mod saved;
pub mod shells;
pub mod socket;

use actix_web::{HttpResponse, web};
use askama::Template;

use super::about::About;
use super::gather::Stored;
use crate::app::App;
use crate::error::{Error, Result};
use crate::language::Message;
use crate::models::actor::Role;
use crate::models::allowance::Allowance;
use crate::models::ids::TerminalId;
use crate::models::permission::Permission;
use crate::models::terminals::Terminal;
use crate::remote::{allowance, permits};
use crate::web::extract::SignedIn;
use crate::web::filters;
use crate::web::menu::{Group, Screen};
use crate::web::render::Render;
use crate::web::visitor::Person;

/// A terminal of one server.
pub static SCREEN: Screen = Screen {
    slug: "terminal",
    label: "Terminal",
    icon: "terminal",
    group: Group::Server,
    needs: &[],
    role: Role::Viewer,
    key: Some('t'),
};

/// The page.
#[derive(Template)]
#[template(path = "screens/terminal.html")]
struct TerminalPage {
    about: About,
    /// Why the person may have none here.
    refused: Option<Message>,
    views: Vec<View>,
}

/// One terminal on a page.
#[derive(Debug, Clone, PartialEq, Eq)]
struct View {
    id: String,
    /// Where it is asked for.
    url: String,
    /// `deploy@web-1`
    label: String,
    /// What the first connection to it is made with; where there is none the page asks for one.
    ticket: Option<String>,
}

impl View {
    fn of(id: TerminalId, (server, run_as): (&str, &str), ticket: Option<String>) -> Self {
        Self {
            id: id.to_string(),
            url: format!("/servers/{server}/terminals/{id}"),
            label: format!("{run_as}@{server}"),
            ticket,
        }
    }
}

impl TerminalPage {
    #[expect(clippy::unused_self, reason = "templates call methods of their page")]
    fn script(&self, name: &str) -> String {
        crate::web::assets::url(&format!("js/terminal_{name}.js"))
    }
}

/// Why somebody may not do this here, as far as can be told without asking the server: a page says it, and offers nothing.
async fn why_not(
    app: &App,
    stored: &Stored,
    person: &Person,
    (permission, needed): (Permission, Allowance),
) -> Result<Option<Message>> {
    if !stored.allows(&person.actor, permission) {
        return Ok(Some(permits::refusal(&stored.server.name, permission)));
    }
    let server = stored.server.clone();
    let narrowest = app.db.run(move |connection| server.narrowest_allowance(connection)).await?;
    let is_too_narrow = narrowest.allow < needed;
    Ok(is_too_narrow.then(|| allowance::refusal(&stored.server.name, &narrowest, needed)))
}

/// The person's terminals on a server.
///
/// `GET /servers/{server}/terminal`
pub async fn index(
    person: SignedIn,
    path: web::Path<String>,
    app: web::Data<App>,
    render: Render,
) -> Result<HttpResponse> {
    let stored = Stored::load(&app, person.actor.scope(), &path).await?;
    let about = stored.about(&render.shell.here, stored.health(&app.live, app.clock.now()).level);
    let refused = why_not(&app, &stored, &person, (Permission::Terminal, Allowance::Terminal)).await?;
    let (server, user) = (stored.server.id, person.user.id);
    let open = app.db.run(move |connection| Ok::<_, Error>(Terminal::open_of(connection, server, user)?)).await?;
    // Those that another process holds as well: the page finds out when it asks for them.
    let views = open.iter().map(|row| View::of(row.id, (&stored.server.name, &row.run_as), None)).collect();
    render.page(&TerminalPage { about, refused, views })
}
