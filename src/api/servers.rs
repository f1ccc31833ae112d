//! `/servers`: the machines that are watched and managed. What is outside the token's groups answers as if it did not exist.

mod change;
mod view;

use actix_web::HttpResponse;
use actix_web::http::header;
use actix_web::web::{Data, Json, Path};

use super::input::{Body, Parameters};
use super::paging::{Key, ListQuery, Page, Shape};
use super::recorded::recorded;
use crate::app::App;
use crate::error::Result;
use crate::models::audit::AuditEntry;
use crate::models::servers::Server;
use crate::web::extract::{Asking, Reauthenticated};

use change::{ServerToAdd, ServerToChange};
pub(super) use view::PlatformView;
use view::{ServerView, views};

/// What audit events call rows of this kind.
pub(super) const TABLE: &str = "servers";

const LIST: Shape<ServerView> = Shape {
    sorts: &[
        ("name", |server| Key::text(&server.name)),
        ("address", |server| Key::text(&server.address)),
        ("state", |server| Key::text(server.state.state)),
        ("created_at", |server| Key::time(Some(server.created_at))),
        ("cpu.total", |server| server.metric("cpu.total")),
        ("memory.used_percent", |server| server.metric("memory.used_percent")),
        ("load.1", |server| server.metric("load.1")),
    ],
    default_sort: "name",
    identity: |server| server.name.clone(),
    texts: ServerView::texts,
};

/// Servers that the token may know of, each with its state, platform and latest figures.
///
/// `q` looks at name, address, note, groups, labels and platform.
#[utoipa::path(
    operation_id = "list_servers",
    get, path = "/api/v1/servers", tag = "servers",
    params(ListQuery),
    responses((status = 200, body = Page<ServerView>)),
)]
pub async fn index(app: Data<App>, asking: Asking, query: Parameters<ListQuery>) -> Result<Json<Page<ServerView>>> {
    app.live.refresh().await;
    let live = app.live.clone();
    let servers = app
        .db
        .run(move |connection| {
            let servers = Server::all(connection, asking.scope())?;
            views(connection, asking.scope(), &live, servers)
        })
        .await?;
    LIST.page(servers, &query.0).map(Json)
}

/// Adds a server. Nothing is sent to it before somebody approves its host key. Role: administrator.
///
/// Next: `POST …/connection` shows its host key, `POST …/host-key` approves it.
#[utoipa::path(
    operation_id = "add_server",
    post, path = "/api/v1/servers", tag = "servers",
    request_body = ServerToAdd,
    responses((status = 201, body = ServerView)),
)]
pub async fn create(
    app: Data<App>,
    asking: Asking,
    _: Reauthenticated,
    body: Body<ServerToAdd>,
) -> Result<HttpResponse> {
    let live = app.live.clone();
    let entry = AuditEntry::by(&asking, "create_server").server(&body.0.name).target(&body.0.address);
    let server = recorded(&app, entry, TABLE, move |connection| {
        let server = body.0.add(connection, asking.scope())?;
        Ok((server.id.0, view::one(connection, asking.scope(), &live, server)?))
    })
    .await?;
    let place = (header::LOCATION, format!("/api/v1/servers/{}", server.name));
    Ok(HttpResponse::Created().insert_header(place).json(server))
}

/// One server.
#[utoipa::path(
    operation_id = "get_server",
    get, path = "/api/v1/servers/{server}", tag = "servers",
    params(("server" = String, Path, description = "Its name")),
    responses((status = 200, body = ServerView)),
)]
pub async fn show(app: Data<App>, asking: Asking, name: Path<String>) -> Result<Json<ServerView>> {
    app.live.refresh().await;
    let live = app.live.clone();
    let server = app
        .db
        .run(move |connection| {
            let server = Server::by_name(connection, asking.scope(), &name)?;
            view::one(connection, asking.scope(), &live, server)
        })
        .await?;
    Ok(Json(server))
}

/// Changes a server; open connections that no longer fit are closed. Role: administrator.
#[utoipa::path(
    operation_id = "change_server",
    patch, path = "/api/v1/servers/{server}", tag = "servers",
    params(("server" = String, Path, description = "Its name")),
    request_body = ServerToChange,
    responses((status = 200, body = ServerView)),
)]
pub async fn update(
    app: Data<App>,
    asking: Asking,
    _: Reauthenticated,
    name: Path<String>,
    body: Body<ServerToChange>,
) -> Result<Json<ServerView>> {
    let (live, now) = (app.live.clone(), app.clock.now());
    let entry = AuditEntry::by(&asking, "change_server").server(&name).detail("fields", body.0.fields().join(", "));
    let (id, reconnect, server) = recorded(&app, entry, TABLE, move |connection| {
        let before = Server::by_name(connection, asking.scope(), &name)?;
        let after = body.0.apply(connection, asking.scope(), &before, now)?;
        let reconnect = before.version != after.version;
        let id = after.id;
        Ok((id.0, (id, reconnect, view::one(connection, asking.scope(), &live, after)?)))
    })
    .await?;
    if reconnect {
        app.hosts.pool().forget(id);
    }
    Ok(Json(server))
}

/// Deletes a server with everything that is known of it. Role: administrator.
#[utoipa::path(
    operation_id = "delete_server",
    delete, path = "/api/v1/servers/{server}", tag = "servers",
    params(("server" = String, Path, description = "Its name")),
    responses((status = 204, description = "It is gone")),
)]
pub async fn destroy(app: Data<App>, asking: Asking, _: Reauthenticated, name: Path<String>) -> Result<HttpResponse> {
    let entry = AuditEntry::by(&asking, "delete_server").server(&name);
    let id = recorded(&app, entry, TABLE, move |connection| {
        let server = Server::by_name(connection, asking.scope(), &name)?;
        server.delete(connection)?;
        Ok((server.id.0, server.id))
    })
    .await?;
    app.hosts.pool().forget(id);
    app.live.forget(id);
    Ok(HttpResponse::NoContent().finish())
}
