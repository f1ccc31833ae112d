//! What the server selector offers while somebody types.

use std::collections::BTreeMap;

use actix_web::web::{Data, Query};
use actix_web::{HttpRequest, HttpResponse};
use askama::Template;
use serde::Deserialize;

use crate::app::App;
use crate::error::{Error, Result};
use crate::metrics::health::Health;
use crate::models::actor::Scope;
use crate::models::server_states::ServerState;
use crate::models::servers::Server;
use crate::web::condition;
use crate::web::extract::SignedIn;
use crate::web::filters;
use crate::web::picker::{self, Candidate, Section, Wanted};
use crate::web::render::Render;
use crate::web::return_to;
use crate::web::shell::{Screens, recent_servers};

#[derive(Template)]
#[template(path = "components/server_options.html")]
struct Options {
    sections: Vec<Section>,
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
    let candidates = candidates(&app, person.actor.scope.clone()).await?;
    let recent = recent_servers(&request, &app);
    let slug = if screens.has_server_screen(&query.screen) { query.screen.as_str() } else { "" };
    let place = render.origin();
    let selected = return_to::server_of(&place);
    let wanted = Wanted { query: &query.q, recent: &recent, slug, selected };
    render.page(&Options { sections: picker::sections(&candidates, &wanted) })
}

/// Every server that `scope` may know of.
async fn candidates(app: &App, scope: Scope) -> Result<Vec<Candidate>> {
    let (live, now) = (app.live.clone(), app.clock.now());
    app.db
        .run(move |connection| {
            let servers = Server::all(connection, &scope)?;
            let ids: Vec<_> = servers.iter().map(|server| server.id).collect();
            let groups = Server::groups_of(connection, &ids)?;
            let states: BTreeMap<_, _> =
                ServerState::all(connection, &scope)?.into_iter().map(|state| (state.server_id, state)).collect();
            let names = |server: &Server| {
                let groups = groups.get(&server.id).map(Vec::as_slice).unwrap_or_default();
                groups.iter().map(|group| group.name.as_str()).collect::<Vec<_>>().join(", ")
            };
            Ok::<_, Error>(
                servers
                    .iter()
                    .map(|server| (server, Health::of(server, states.get(&server.id), &live, now)))
                    .map(|(server, health)| Candidate {
                        name: server.name.clone(),
                        address: server.address.clone(),
                        groups: names(server),
                        labels: server
                            .labels
                            .0
                            .iter()
                            .map(|(key, value)| format!("{key}={value}"))
                            .collect::<Vec<_>>()
                            .join(" "),
                        level: health.level,
                        brief: condition::brief(&health),
                    })
                    .collect(),
            )
        })
        .await
}
