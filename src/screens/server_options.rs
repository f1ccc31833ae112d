//! What the server selector offers while somebody types.

use actix_web::web::{Data, Query};
use actix_web::{HttpRequest, HttpResponse};
use askama::Template;
use serde::Deserialize;

use super::gather;
use crate::app::App;
use crate::error::Result;
use crate::web::extract::SignedIn;
use crate::web::filters;
use crate::web::picker::{self, Section, Sign, Wanted};
use crate::web::render::Render;
use crate::web::return_to;
use crate::web::shell::{Screens, recent_servers};

/// The lines of a list of options.
#[derive(Template)]
#[template(path = "components/options.html")]
pub(super) struct Options {
    /// The lines under their headings.
    pub(super) sections: Vec<Section>,
    /// What their identifiers begin with: two lists may be on one page.
    pub(super) prefix: &'static str,
}

/// What was typed, and on which screen.
#[derive(Debug, Deserialize)]
pub struct OptionsQuery {
    #[serde(default)]
    q: String,
    #[serde(default)]
    screen: String,
}

/// The options for a few letters.
///
/// `GET /servers/options?q=icn1&screen=processes`
pub async fn index(
    person: SignedIn,
    query: Query<OptionsQuery>,
    app: Data<App>,
    screens: Data<Screens>,
    request: HttpRequest,
    render: Render,
) -> Result<HttpResponse> {
    let candidates = gather::candidates(&app, person.actor.scope().clone(), person.user.id).await?;
    let recent = recent_servers(&request, &app);
    let slug = if screens.has_server_screen(&query.screen) { query.screen.as_str() } else { "" };
    let place = render.origin();
    let selected = return_to::server_of(&place);
    let wanted = Wanted { query: &query.q, recent: &recent, slug, selected };
    render.page(&Options { sections: picker::sections(&candidates, &wanted), prefix: "server" })
}
