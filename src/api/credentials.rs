//! `/credentials`: how hannun signs in to servers. Secrets are write-only: no answer ever holds one (S05).

mod wishes;

use actix_web::HttpResponse;
use actix_web::http::header;
use actix_web::web::{Data, Json, Path};
use chrono::{DateTime, Utc};
use serde::Serialize;
use utoipa::ToSchema;

use super::input::{Body, Parameters};
use super::paging::{Key, ListQuery, Page, Shape};
use super::recorded::recorded;
use crate::app::App;
use crate::error::Result;
use crate::models::audit::AuditEntry;
use crate::models::credentials::Credential;
use crate::models::servers::Server;
use crate::web::extract::{Asking, Reauthenticated};

use wishes::{CredentialToAdd, CredentialToChange};

/// How hannun signs in to servers.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Credential)]
#[expect(clippy::struct_excessive_bools, reason = "one for each secret that may be stored")]
pub struct CredentialView {
    /// Its name, by which it is addressed.
    #[schema(example = "deploy-key")]
    pub name: String,
    /// The user on the server.
    #[schema(example = "deploy")]
    pub user_name: String,
    /// `password` or `private_key`.
    pub kind: &'static str,
    /// How this user becomes root: `none`, `sudo`, `sudo_password`.
    pub privilege: &'static str,
    /// Whether a password is stored.
    pub has_password: bool,
    /// Whether a private key is stored.
    pub has_private_key: bool,
    /// Whether a passphrase is stored.
    pub has_passphrase: bool,
    /// Whether a password for sudo is stored.
    pub has_sudo_password: bool,
    /// Of the private key's public half.
    pub fingerprint: Option<String>,
    /// `ssh-ed25519`
    pub key_algorithm: Option<String>,
    /// What people wrote about it.
    pub note: String,
    /// The file that it came from; all but its secrets is changed there.
    pub managed_by: Option<String>,
    /// When a secret was last changed.
    pub secret_changed_at: Option<DateTime<Utc>>,
    /// When it was added.
    pub created_at: DateTime<Utc>,
    /// When it was last changed.
    pub updated_at: DateTime<Utc>,
}

impl From<Credential> for CredentialView {
    fn from(row: Credential) -> Self {
        Self {
            name: row.name,
            user_name: row.user_name,
            kind: row.kind.name(),
            privilege: row.privilege.name(),
            has_password: row.has_password,
            has_private_key: row.has_private_key,
            has_passphrase: row.has_passphrase,
            has_sudo_password: row.has_sudo_password,
            fingerprint: row.fingerprint,
            key_algorithm: row.key_algorithm,
            note: row.note,
            managed_by: row.managed_by,
            secret_changed_at: row.secret_changed_at,
            created_at: row.created_at,
            updated_at: row.updated_at,
        }
    }
}

/// What audit events call rows of this kind.
const TABLE: &str = "credentials";

const LIST: Shape<CredentialView> = Shape {
    sorts: &[
        ("name", |credential| Key::text(&credential.name)),
        ("user_name", |credential| Key::text(&credential.user_name)),
        ("created_at", |credential| Key::time(Some(credential.created_at))),
    ],
    default_sort: "name",
    identity: |credential| credential.name.clone(),
    texts: |credential| vec![&credential.name, &credential.user_name, &credential.note],
};

/// Every credential, without its secrets. Role: administrator of all servers.
#[utoipa::path(
    operation_id = "list_credentials",
    get, path = "/api/v1/credentials", tag = "credentials",
    params(ListQuery),
    responses((status = 200, body = Page<CredentialView>)),
)]
pub async fn index(app: Data<App>, query: Parameters<ListQuery>) -> Result<Json<Page<CredentialView>>> {
    let credentials = app.db.run(Credential::all).await?;
    LIST.page(credentials.into_iter().map(CredentialView::from).collect(), &query.0).map(Json)
}

/// Adds a credential. Role: administrator of all servers.
#[utoipa::path(
    operation_id = "add_credential",
    post, path = "/api/v1/credentials", tag = "credentials",
    request_body = CredentialToAdd,
    responses((status = 201, body = CredentialView)),
)]
pub async fn create(
    app: Data<App>,
    asking: Asking,
    _: Reauthenticated,
    body: Body<CredentialToAdd>,
) -> Result<HttpResponse> {
    let (sealer, now) = (app.sealer.clone(), app.clock.now());
    let checked = body.0.check().await?;
    let entry = AuditEntry::by(&asking, "create_credential").target(checked.name());
    let credential = recorded(&app, entry, TABLE, move |connection| {
        let credential = checked.add(connection, &sealer, now)?;
        Ok((credential.id.0, credential))
    })
    .await?;
    let place = (header::LOCATION, format!("/api/v1/credentials/{}", credential.name));
    Ok(HttpResponse::Created().insert_header(place).json(CredentialView::from(credential)))
}

/// One credential, without its secrets. Role: administrator of all servers.
#[utoipa::path(
    operation_id = "get_credential",
    get, path = "/api/v1/credentials/{credential}", tag = "credentials",
    params(("credential" = String, Path, description = "Its name")),
    responses((status = 200, body = CredentialView)),
)]
pub async fn show(app: Data<App>, name: Path<String>) -> Result<Json<CredentialView>> {
    let credential = app.db.run(move |connection| Credential::by_name(connection, &name)).await?;
    Ok(Json(credential.into()))
}

/// Changes a credential; a secret that is not given stays. Its servers are connected to anew. Role: administrator of all servers.
#[utoipa::path(
    operation_id = "change_credential",
    patch, path = "/api/v1/credentials/{credential}", tag = "credentials",
    params(("credential" = String, Path, description = "Its name")),
    request_body = CredentialToChange,
    responses((status = 200, body = CredentialView)),
)]
pub async fn update(
    app: Data<App>,
    asking: Asking,
    _: Reauthenticated,
    name: Path<String>,
    body: Body<CredentialToChange>,
) -> Result<Json<CredentialView>> {
    let (sealer, now) = (app.sealer.clone(), app.clock.now());
    let entry = AuditEntry::by(&asking, "change_credential").target(&name).detail("fields", body.0.fields().join(", "));
    let changes = body.0.check().await?;
    let (credential, servers) = recorded(&app, entry, TABLE, move |connection| {
        let before = Credential::by_name(connection, &name)?;
        let after = Credential::change(connection, &sealer, before.id, &changes, now)?;
        let servers =
            if before.version == after.version { Vec::new() } else { Server::using_credential(connection, after.id)? };
        Ok((after.id.0, (after, servers)))
    })
    .await?;
    for server in servers {
        app.hosts.pool().forget(server.id);
    }
    Ok(Json(credential.into()))
}

/// Deletes a credential that no server uses. Role: administrator of all servers.
#[utoipa::path(
    operation_id = "delete_credential",
    delete, path = "/api/v1/credentials/{credential}", tag = "credentials",
    params(("credential" = String, Path, description = "Its name")),
    responses((status = 204, description = "It is gone")),
)]
pub async fn destroy(app: Data<App>, asking: Asking, _: Reauthenticated, name: Path<String>) -> Result<HttpResponse> {
    let entry = AuditEntry::by(&asking, "delete_credential").target(&name);
    recorded(&app, entry, TABLE, move |connection| {
        let credential = Credential::by_name(connection, &name)?;
        Ok((credential.id.0, credential.delete(connection)?))
    })
    .await?;
    Ok(HttpResponse::NoContent().finish())
}
