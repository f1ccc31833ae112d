//! Who there is on one server: users, groups, who may become root, and by which keys somebody signs in.

pub mod keys;
mod rows;

use actix_web::{HttpRequest, HttpResponse, web};
use askama::Template;
use serde::Deserialize;

use super::about::About;
use super::gather::Stored;
use super::guarded_change::{Banner, banner};
use super::part::Part;
use super::region::Region;
use crate::accounts;
use crate::app::App;
use crate::commands::CommandType;
use crate::error::{Error, Result};
use crate::language::Message;
use crate::models::actor::Role;
use crate::models::guarded_changes::Guarded;
use crate::web::extract::SignedIn;
use crate::web::filters;
use crate::web::menu::{Group, Screen};
use crate::web::render::Render;
use rows::View;

/// Who there is on one server.
pub static SCREEN: Screen = Screen {
    slug: "accounts",
    label: "Accounts",
    icon: "users",
    group: Group::Server,
    needs: &[CommandType::ListAccounts],
    role: Role::Viewer,
    key: Some('u'),
};

/// Who is looked for, and whose details are open.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct AccountsQuery {
    user: String,
    /// `yes` shows those of the system as well.
    all: String,
}

/// The page.
#[derive(Template)]
#[template(path = "screens/accounts.html", blocks = ["accounts", "change"])]
struct AccountsPage {
    about: About,
    query: AccountsQuery,
    found: Region<View>,
    /// Why accounts are not shown to this person.
    refused: Option<Message>,
    why_not: Option<Message>,
    change: Option<Banner>,
}

/// Users with their groups, rights and keys.
///
/// `GET /servers/{server}/accounts?user=deploy`
pub async fn index(
    person: SignedIn,
    path: web::Path<String>,
    query: web::Query<AccountsQuery>,
    app: web::Data<App>,
    request: HttpRequest,
    render: Render,
) -> Result<HttpResponse> {
    let stored = Stored::load(&app, person.actor.scope(), &path).await?;
    let (part, role, query) = (Part::of(&request), stored.role_of(&person.actor), query.into_inner());
    let host = app.hosts.of(person.actor.clone(), stored.server.clone());
    let change = banner(&app, &host, Guarded::Keys, (part, "key-change")).await?;
    let asked = match part {
        Part::Block("key-change") => None,
        _ => tokio::time::timeout(part.patience().limit, Box::pin(accounts::read(&host))).await.ok(),
    };
    let mut refused = None;
    let found = match asked {
        Some(Err(Error::Forbidden(why))) => {
            refused = Some(why);
            Region::Waiting
        }
        other => Region::of(other, role, |found| View::new(&found, &query))?,
    };
    let page = AccountsPage {
        about: stored.about(&render.shell.here, stored.health(&app.live, app.clock.now()).level),
        query,
        found,
        refused,
        why_not: stored.why_no_changes(&person.actor),
        change,
    };
    match part {
        Part::Block("accounts") => render.page(&page.as_accounts()),
        // It asks as long as a change waits: the keys are others once that is over.
        Part::Block("key-change") if page.change.as_ref().is_none_or(|one| one.left.is_none()) => {
            render.page_and(&page.as_change(), "accounts")
        }
        Part::Block("key-change") => render.page(&page.as_change()),
        _ => render.page(&page),
    }
}
