//! A person's answer to the key that a server presented: it is this server, or it is not (H01, H02).

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::web::Path;

use super::connection;
use super::desk::Desk;
use super::edit;
use super::entered::Entered;
use super::form::PASSWORD_AGAIN;
use super::index::only;
use super::record::{OBJECT, object};
use super::resource::By;
use crate::db::Connection;
use crate::error::{Error, Result};
use crate::language::Message;
use crate::models::audit::{AuditEntry, Outcome};
use crate::models::host_keys::HostKey;
use crate::models::ids::ServerId;
use crate::models::sampling_leases::Lease;
use crate::models::server_states::ServerState;
use crate::models::servers::Server;
use crate::web::render::Render;

/// Trusts the key that was seen, or turns it down. Needs a password that was entered lately (A11).
///
/// `POST /admin/servers/{id}/host-key`
#[tracing::instrument(skip_all, fields(server = %path))]
pub async fn update(path: Path<i64>, mut desk: Desk, entered: Entered, render: Render) -> Result<HttpResponse> {
    let id = path.into_inner();
    only(&entered, &["csrf_token", "fingerprint", "answer", PASSWORD_AGAIN])?;
    let trust = match entered.one("answer") {
        "trust" => true,
        "refuse" => false,
        _ => return Err(Error::field("answer", "Choose one of the two answers")),
    };
    if trust && !desk.prove(entered.one(PASSWORD_AGAIN)).await? {
        return ask_password(id, &desk, &entered, render).await;
    }
    let (by, fingerprint) = (desk.by(), entered.one("fingerprint").to_owned());
    let deed = move |connection: &mut Connection| {
        let server = Server::by_id(connection, by.actor.scope(), ServerId(id))?;
        if trust { approve(connection, &by, &server, &fingerprint) } else { refuse(connection, &by, &server) }?;
        Ok(server.name)
    };
    let name = desk.app.db.transaction(deed).await?;
    // Whatever is open was opened for the old key; and a breaker that waits for a person has waited.
    desk.app.hosts.pool().forget(ServerId(id));
    desk.app.hosts.pool().reset_breaker(ServerId(id));
    let message =
        if trust { "Trusted the host key of {name}" } else { "hannun does not sign in to {name} with this key" };
    render.done(Message::new(message).with("name", name)).go(&format!("/admin/servers/{id}"))
}

fn approve(connection: &mut Connection, by: &By, server: &Server, fingerprint: &str) -> Result<()> {
    let before: Vec<String> = HostKey::trusted(connection, server.id)?.into_iter().map(|key| key.fingerprint).collect();
    let approved = HostKey::approve(connection, server.id, fingerprint, &by.actor.name, by.at)?;
    ServerState::forgotten(connection, server.id, by.at)?;
    Lease::try_now(connection, server.id)?;
    let mut entry = event(by, server, "approve_host_key")
        .detail("fingerprint", &approved.fingerprint)
        .detail("algorithm", &approved.algorithm);
    if !before.is_empty() {
        entry = entry.detail("trusted before", before.join(", "));
    }
    entry.record(connection, Outcome::Succeeded, by.at)?;
    Ok(())
}

fn refuse(connection: &mut Connection, by: &By, server: &Server) -> Result<()> {
    let waiting = HostKey::presented(connection, server.id)?.ok_or(Error::NotFound("A waiting key"))?;
    HostKey::forget_presented(connection, server.id)?;
    let entry = event(by, server, "refuse_host_key").detail("fingerprint", waiting.fingerprint);
    entry.record(connection, Outcome::Succeeded, by.at)?;
    Ok(())
}

fn event(by: &By, server: &Server, action: &'static str) -> AuditEntry {
    let about = object("servers", server.id.0);
    AuditEntry::by(&by.actor, action).server(&server.name).target(&server.name).detail(OBJECT, about)
}

/// The page again, asking for the password: 403.
async fn ask_password(id: i64, desk: &Desk, entered: &Entered, render: Render) -> Result<HttpResponse> {
    let resource = super::resource("servers")?;
    let scope = desk.person().actor.scope().clone();
    let form = desk.app.db.run(move |connection| resource.form(connection, &scope, Some(id))).await?;
    let mut page = edit::page(resource, form, desk).await?;
    let mut panel = connection::panel(id, desk).await?;
    panel.password_problem = Some(edit::wrong_password(entered));
    page.panel = Some(panel);
    render.html(StatusCode::FORBIDDEN, &page)
}
