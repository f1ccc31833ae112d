//! "Try again now": one connection, step by step, on the page of a server that does not answer.

use actix_web::{HttpResponse, web};

use super::away;
use super::ladder;
use crate::app::App;
use crate::error::Result;
use crate::metrics::health::{Health, Level};
use crate::models::permission::Permission;
use crate::models::sampling_leases::Lease;
use crate::screens::gather::Stored;
use crate::web::extract::Operator;
use crate::web::render::Render;

/// Connects once, and shows how far it got. Where the way is free the sampler tries at once, in whichever process it runs.
///
/// `POST /servers/{server}/connections`
pub async fn create(
    person: Operator,
    path: web::Path<String>,
    app: web::Data<App>,
    render: Render,
) -> Result<HttpResponse> {
    let stored = Stored::load(&app, person.actor.scope(), &path).await?;
    let id = stored.server.id;
    app.hosts.of(person.actor.clone(), stored.server.clone()).permits(Permission::Connect, "connect", "").await?;
    if !render.wants_fragment() {
        app.hosts.pool().reset_breaker(id);
        app.db.run(move |connection| Lease::try_now(connection, id)).await?;
        return render.go(&format!("/servers/{}", stored.server.name));
    }
    let endpoint = app.hosts.endpoint(id).await?;
    app.hosts.pool().reset_breaker(id);
    let report = app.hosts.pool().test(&endpoint).await;
    // A second try right after one that failed would only bring a lockout nearer.
    if report.passed() {
        app.db.run(move |connection| Lease::try_now(connection, id)).await?;
    }
    let health = Health { level: Level::Unreachable, ..stored.health(&app.live, app.clock.now()) };
    let mut page = away::page(&stored, health, &person, &app, &render).await?;
    page.steps = ladder::of_test(&report.stages);
    page.tried_at = Some(app.clock.now());
    render.page(&page.as_ladder())
}
