//! The administration: what every resource promises, and what each adds.

mod audit_events;
mod channels;
mod checks;
mod commands;
mod connection;
mod credentials;
mod deletion;
mod imports;
mod inventory;
mod resources;
mod servers;
mod tokens;
mod trials;
mod users;

use hannun::models::audit::AuditEvent;
use hannun::models::ids::ServerId;
use hannun::models::servers::{NewServer, Server};

use crate::harness::app::TestApp;
use crate::harness::page::Page;

/// The form of a page as it stands, with these fields set instead; a field of an empty name is left out.
pub(crate) fn filled<'f>(page: &Page, fields: &[(&'f str, &'f str)]) -> Vec<(String, String)> {
    let mut form = page.form("#record");
    form.retain(|(name, _)| fields.iter().all(|(field, _)| field != name));
    form.extend(fields.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
    form
}

/// Borrowed pairs, as the client sends them.
pub(crate) fn pairs(form: &[(String, String)]) -> Vec<(&str, &str)> {
    form.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect()
}

/// A stored server.
async fn server(app: &TestApp, name: &'static str, address: &'static str, port: u16) -> Server {
    let insert = move |connection: &mut hannun::db::Connection| {
        NewServer { port: i32::from(port), ..NewServer::new(name, address) }.insert(connection)
    };
    app.app.db.run(insert).await.unwrap()
}

/// The server as it is now.
async fn stored(app: &TestApp, id: ServerId) -> Server {
    let scope = hannun::models::actor::Scope::All;
    app.app.db.run(move |connection| Server::by_id(connection, &scope, id)).await.unwrap()
}

/// The newest events, newest first.
async fn events(app: &TestApp) -> Vec<AuditEvent> {
    app.audit().await
}

/// The newest events in short: `administrator create_server web-1 succeeded`.
async fn audit(app: &TestApp) -> Vec<String> {
    let line = |event: AuditEvent| {
        let parts = [event.actor, event.action, event.target, event.outcome.name().to_owned()];
        parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" ")
    };
    events(app).await.into_iter().map(line).collect()
}
