//! What the palette offers while somebody types: a server, a page of one, any other page.

use actix_web::web::{Data, Query};
use actix_web::{HttpRequest, HttpResponse};
use serde::Deserialize;

use super::gather;
use super::server_options::Options;
use crate::app::App;
use crate::error::Result;
use crate::web::extract::SignedIn;
use crate::web::jump::{self, Asked};
use crate::web::menu::{MenuFor, Screen, menu};
use crate::web::render::Render;
use crate::web::shell::{Screens, recent_servers};

/// What was typed, and on the page of which server.
#[derive(Debug, Deserialize)]
pub struct JumpQuery {
    #[serde(default)]
    q: String,
    #[serde(default)]
    server: String,
}

/// The options for a few letters.
///
/// `GET /jump?q=mem&server=web-1`
pub async fn index(
    person: SignedIn,
    query: Query<JumpQuery>,
    app: Data<App>,
    screens: Data<Screens>,
    request: HttpRequest,
    render: Render,
) -> Result<HttpResponse> {
    let candidates = gather::candidates(&app, person.actor.scope().clone(), person.user.id).await?;
    // Only a server that the reader may know of has pages to offer; all servers have the same ones.
    let mut names = candidates.iter().map(|one| one.name.as_str());
    let any = names.clone().next();
    let server = names.find(|name| *name == query.server);
    let why_not = |_: &Screen| None;
    let server_count = i64::try_from(candidates.len()).unwrap_or(i64::MAX);
    let about = MenuFor {
        role: person.actor.rights.strongest(),
        path: "",
        server: server.or(any),
        server_count,
        why_not: &why_not,
        troubles: &|_: &Screen| None,
    };
    let recent = recent_servers(&request, &app);
    let asked = Asked { query: &query.q, recent: &recent, server, language: render.language() };
    let sections = jump::sections(&candidates, &menu(screens.0, &about), &asked);
    render.page(&Options { sections, prefix: "jump" })
}
