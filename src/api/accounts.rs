//! `/servers/{server}/accounts`: users, groups, who may become root, and the keys by which they sign in.

use actix_web::web::{Data, Json, Path};
use actix_web::{HttpRequest, HttpResponse};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::evidence::{EvidenceView, naming};
use super::guarded_changes::{self, ChangeView, make, yes};
use super::input::Body;
use crate::accounts;
use crate::app::App;
use crate::commands::Command;
use crate::commands::accounts::{Account, Accounts, Key, ListAccounts, Password};
use crate::error::Result;
use crate::guarded_changes::SECONDS;
use crate::models::guarded_changes::Guarded;
use crate::web::extract::{Asking, Reauthenticated};

/// Who there is on a server.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Accounts)]
pub struct AccountsView {
    /// Whether root looked: others see their own keys alone, and no rules of `sudo`.
    as_root: bool,
    /// Whether every rule of `sudo` was read.
    sudo_is_told: bool,
    /// The users.
    users: Vec<AccountView>,
    /// The groups.
    groups: Vec<GroupView>,
    /// Files of keys that could not be read.
    left_out: usize,
    /// How we know.
    evidence: EvidenceView,
}

/// One user. The server's own text.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Account)]
pub struct AccountView {
    /// The name.
    name: String,
    /// The number.
    uid: u32,
    /// What is written about it.
    comment: String,
    /// The home directory.
    home: String,
    /// The login shell.
    shell: String,
    /// `set`, `locked`, `empty` or `unknown`.
    #[schema(value_type = String, example = "locked")]
    password: Password,
    /// Its groups, the first one first.
    groups: Vec<String>,
    /// The rules by which `sudo` lets it become somebody else.
    sudo: Vec<String>,
    /// Its files of keys.
    files: Vec<KeyFileView>,
}

/// One group. The server's own text.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = AccountGroup)]
pub struct GroupView {
    /// The name.
    name: String,
    /// The number.
    gid: u32,
    /// Members that it names.
    members: Vec<String>,
}

/// One file of keys.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = KeyFile)]
pub struct KeyFileView {
    /// Where.
    path: String,
    /// Give this as `seen` to change it.
    seen: String,
    /// Its keys.
    keys: Vec<KeyView>,
}

/// One key. Comment and options are the server's own text.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = AuthorisedKey)]
pub struct KeyView {
    /// Its kind.
    #[schema(example = "ssh-ed25519")]
    kind: String,
    /// Its length, where that says something.
    bits: Option<u32>,
    /// As `ssh-keygen -l` tells it.
    fingerprint: String,
    /// What is written about it.
    comment: String,
    /// What limits it.
    options: String,
}

/// A key that comes or goes.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = KeyToChange)]
pub struct KeyWish {
    /// The file, as the list names it.
    path: String,
    /// What was seen there, as the list says.
    seen: String,
    /// The line of the new key.
    #[serde(default)]
    key: String,
    /// The fingerprint of the key that goes.
    #[serde(default)]
    fingerprint: String,
    /// Keep it as soon as a new connection gets through; else it waits for its confirmation.
    #[serde(default = "yes")]
    #[schema(default = true)]
    keep: bool,
}

/// Users with their groups, what `sudo` lets them do, and their keys.
#[utoipa::path(
    operation_id = "list_accounts",
    get, path = "/api/v1/servers/{server}/accounts", tag = "servers",
    params(("server" = String, Path, description = "Its name")),
    responses((status = 200, body = AccountsView)),
)]
pub async fn index(
    request: HttpRequest,
    app: Data<App>,
    asking: Asking,
    name: Path<String>,
) -> Result<Json<AccountsView>> {
    let host = app.hosts.open(asking.0, name.into_inner()).await?;
    let answer = naming(&request, ListAccounts::TYPE, accounts::read(&host).await)?;
    let found = answer.value;
    Ok(Json(AccountsView {
        as_root: found.by_root,
        sudo_is_told: found.sudo_is_told,
        users: found.users.iter().map(|account| AccountView::new(&found, account)).collect(),
        groups: found
            .groups
            .iter()
            .map(|group| GroupView { name: group.name.clone(), gid: group.gid, members: group.members.clone() })
            .collect(),
        left_out: found.left_out,
        evidence: answer.evidence.into(),
    }))
}

/// Adds a key for a user. It undoes itself unless it is kept over a new connection: look at `state`.
#[utoipa::path(
    operation_id = "add_authorised_key",
    post, path = "/api/v1/servers/{server}/accounts/{user}/keys", tag = "servers",
    params(("server" = String, Path, description = "Its name"), ("user" = String, Path, description = "Whose key")),
    request_body = KeyWish,
    responses((status = 201, body = ChangeView)),
)]
pub async fn add_key(
    app: Data<App>,
    asking: Asking,
    _: Reauthenticated,
    path: Path<(String, String)>,
    body: Body<KeyWish>,
) -> Result<HttpResponse> {
    let (name, user) = path.into_inner();
    let host = app.hosts.open(asking.0, name).await?;
    let found = accounts::read(&host).await?.value;
    let plan = accounts::add(&found, (&user, &body.0.path, &body.0.seen), &body.0.key)?;
    make(&app, &host.operable().await?, plan.into(), (SECONDS, body.0.keep)).await
}

/// Removes a key of a user by its fingerprint. It comes back unless its removal is kept over a new connection.
#[utoipa::path(
    operation_id = "remove_authorised_key",
    delete, path = "/api/v1/servers/{server}/accounts/{user}/keys", tag = "servers",
    params(("server" = String, Path, description = "Its name"), ("user" = String, Path, description = "Whose key")),
    request_body = KeyWish,
    responses((status = 201, body = ChangeView)),
)]
pub async fn remove_key(
    app: Data<App>,
    asking: Asking,
    _: Reauthenticated,
    path: Path<(String, String)>,
    body: Body<KeyWish>,
) -> Result<HttpResponse> {
    let (name, user) = path.into_inner();
    let host = app.hosts.open(asking.0, name).await?;
    let found = accounts::read(&host).await?.value;
    let plan = accounts::remove(&found, (&user, &body.0.path, &body.0.seen), &body.0.fingerprint)?;
    make(&app, &host.operable().await?, plan.into(), (SECONDS, body.0.keep)).await
}

/// What became of the last change of keys on a server. The server is asked where its time is over.
#[utoipa::path(
    operation_id = "read_key_change",
    get, path = "/api/v1/servers/{server}/accounts/changes/latest", tag = "servers",
    params(("server" = String, Path, description = "Its name")),
    responses((status = 200, body = ChangeView)),
)]
pub async fn show_change(app: Data<App>, asking: Asking, name: Path<String>) -> Result<Json<ChangeView>> {
    guarded_changes::latest(&app, asking, name.into_inner(), Guarded::Keys).await
}

/// Keeps a change, if a new connection gets through.
#[utoipa::path(
    operation_id = "keep_key_change",
    post, path = "/api/v1/servers/{server}/accounts/changes/{change}/confirmations", tag = "servers",
    params(("server" = String, Path, description = "Its name"), ("change" = i64, Path, description = "The number of the change")),
    responses((status = 200, body = ChangeView)),
)]
pub async fn keep_change(
    app: Data<App>,
    asking: Asking,
    _: Reauthenticated,
    path: Path<(String, String)>,
) -> Result<Json<ChangeView>> {
    guarded_changes::keep(&app, asking, path.into_inner(), Guarded::Keys).await
}

/// Undoes a change now.
#[utoipa::path(
    operation_id = "undo_key_change",
    post, path = "/api/v1/servers/{server}/accounts/changes/{change}/undoings", tag = "servers",
    params(("server" = String, Path, description = "Its name"), ("change" = i64, Path, description = "The number of the change")),
    responses((status = 200, body = ChangeView)),
)]
pub async fn undo_change(
    app: Data<App>,
    asking: Asking,
    _: Reauthenticated,
    path: Path<(String, String)>,
) -> Result<Json<ChangeView>> {
    guarded_changes::undo(&app, asking, path.into_inner(), Guarded::Keys).await
}

impl AccountView {
    fn new(found: &Accounts, account: &Account) -> Self {
        let files = found.keys_of(account).map(|file| KeyFileView {
            path: file.path.clone(),
            seen: accounts::digest_of(file),
            keys: file.table.keys().map(|(_, key)| KeyView::from(key)).collect(),
        });
        Self {
            name: account.name.clone(),
            uid: account.uid,
            comment: account.comment.clone(),
            home: account.home.clone(),
            shell: account.shell.clone(),
            password: account.password,
            groups: found.groups_of(account).map(|group| group.name.clone()).collect(),
            sudo: found.sudo_of(account).map(|rule| rule.text.clone()).collect(),
            files: files.collect(),
        }
    }
}

impl From<&Key> for KeyView {
    fn from(key: &Key) -> Self {
        Self {
            kind: key.kind.clone(),
            bits: key.bits,
            fingerprint: key.fingerprint.clone(),
            comment: key.comment.clone(),
            options: key.options.clone(),
        }
    }
}
