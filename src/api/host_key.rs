//! `/servers/{server}/host-key`: the server's identity, and approving it (H01, H02). There is no "accept all".

use actix_web::web::{Data, Json, Path};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::input::Body;
use super::recorded::recorded;
use super::servers;
use crate::app::App;
use crate::db::Connection;
use crate::error::{Error, Result};
use crate::language::Message;
use crate::models::audit::AuditEntry;
use crate::models::host_keys::{HostKey, KeyState};
use crate::models::sampling_leases::Lease;
use crate::models::server_states::ServerState;
use crate::models::servers::Server;
use crate::web::extract::{Asking, Reauthenticated};

/// The keys of a server.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = HostKeys)]
pub struct HostKeysView {
    /// `unknown` (nobody approved a key), `trusted`, or `changed` (it presents another key than the approved one).
    pub state: &'static str,
    /// Keys that somebody approved.
    pub trusted: Vec<KeyView>,
    /// The key that it presented last and that waits for approval.
    pub presented: Option<KeyView>,
}

/// One key.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = HostKey)]
pub struct KeyView {
    /// `ssh-ed25519`
    pub algorithm: String,
    /// As `ssh-keygen -lf` prints it.
    #[schema(example = "SHA256:uNiVztksCsDhcc0u9e8BrJXVaDIPiZ6c7yBGkXqTJ2g")]
    pub fingerprint: String,
    /// As in `known_hosts`.
    pub public_key: String,
    /// When the server last presented it.
    pub seen_at: DateTime<Utc>,
    /// When somebody approved it.
    pub approved_at: Option<DateTime<Utc>>,
    /// Who approved it.
    pub approved_by: Option<String>,
}

/// The fingerprint that was compared on the server itself.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = Approval)]
pub struct Approval {
    /// Of the presented key, as `ssh-keygen -lf` prints it.
    #[schema(example = "SHA256:uNiVztksCsDhcc0u9e8BrJXVaDIPiZ6c7yBGkXqTJ2g")]
    pub fingerprint: String,
}

impl From<HostKey> for KeyView {
    fn from(row: HostKey) -> Self {
        Self {
            algorithm: row.algorithm,
            fingerprint: row.fingerprint,
            public_key: row.public_key,
            seen_at: row.seen_at,
            approved_at: row.approved_at,
            approved_by: row.approved_by,
        }
    }
}

impl HostKeysView {
    /// What is known of a server's keys.
    pub(super) fn load(connection: &mut Connection, server: &Server) -> Result<Self> {
        let keys = HostKey::of(connection, server.id)?;
        let (trusted, presented): (Vec<_>, Vec<_>) = keys.into_iter().partition(|key| key.state == KeyState::Trusted);
        let state = match (trusted.is_empty(), presented.is_empty()) {
            (true, _) => "unknown",
            (false, true) => "trusted",
            (false, false) => "changed",
        };
        Ok(Self {
            state,
            trusted: trusted.into_iter().map(KeyView::from).collect(),
            presented: presented.into_iter().next().map(KeyView::from),
        })
    }
}

/// The trusted keys, and the one that was presented last. `POST …/connection` has it presented again.
#[utoipa::path(
    operation_id = "get_host_key",
    get, path = "/api/v1/servers/{server}/host-key", tag = "servers",
    params(("server" = String, Path, description = "Its name")),
    responses((status = 200, body = HostKeysView)),
)]
pub async fn show(app: Data<App>, asking: Asking, name: Path<String>) -> Result<Json<HostKeysView>> {
    let keys = app
        .db
        .run(move |connection| {
            let server = Server::by_name(connection, asking.scope(), &name)?;
            HostKeysView::load(connection, &server)
        })
        .await?;
    Ok(Json(keys))
}

/// Approves the presented key, by the fingerprint that somebody compared on the server. Role: administrator.
#[utoipa::path(
    operation_id = "approve_host_key",
    post, path = "/api/v1/servers/{server}/host-key", tag = "servers",
    params(("server" = String, Path, description = "Its name")),
    request_body = Approval,
    responses((status = 200, body = HostKeysView)),
)]
pub async fn approve(
    app: Data<App>,
    asking: Asking,
    _: Reauthenticated,
    name: Path<String>,
    body: Body<Approval>,
) -> Result<Json<HostKeysView>> {
    let now = app.clock.now();
    let fingerprint = body.0.fingerprint;
    let entry = AuditEntry::by(&asking, "approve_host_key").server(&name).target(&fingerprint);
    let (id, keys) = recorded(&app, entry, servers::TABLE, move |connection| {
        let server = Server::by_name(connection, asking.scope(), &name)?;
        approve_in(connection, &server, &fingerprint, &asking.name, now)?;
        Ok((server.id.0, (server.id, HostKeysView::load(connection, &server)?)))
    })
    .await?;
    app.hosts.pool().forget(id);
    Ok(Json(keys))
}

fn approve_in(
    connection: &mut Connection,
    server: &Server,
    fingerprint: &str,
    by: &str,
    now: DateTime<Utc>,
) -> Result<()> {
    match HostKey::approve(connection, server.id, fingerprint, by, now) {
        Ok(_) => {}
        Err(Error::NotFound(_)) => {
            let problem = "{server} did not present a key with this fingerprint, or it is approved already";
            return Err(Error::field("fingerprint", Message::new(problem).with("server", &server.name)));
        }
        Err(other) => return Err(other),
    }
    if server.enabled {
        ServerState::forgotten(connection, server.id, now)?;
        Lease::try_now(connection, server.id)?;
    }
    Ok(())
}
