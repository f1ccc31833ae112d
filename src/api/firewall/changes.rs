//! Adding and removing a rule, and keeping the change.

use actix_web::HttpResponse;
use actix_web::web::{Data, Json, Path};
use serde::Deserialize;
use utoipa::ToSchema;

use super::super::guarded_changes::{self, ChangeView, make, yes};
use super::super::input::Body;
use crate::app::App;
use crate::commands::firewall::ReadFirewall;
use crate::error::Result;
use crate::firewalls::{self, Entered, NewRule};
use crate::guarded_changes::{SECONDS, seconds_of};
use crate::models::guarded_changes::Guarded;
use crate::web::extract::{Asking, Reauthenticated};

/// A rule to be added through the owner of the firewall.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewFirewallRule)]
pub struct RuleToAdd {
    /// `allow`, `deny`, `reject`; `limit` where ufw owns the firewall.
    #[schema(example = "allow")]
    pub action: String,
    /// `tcp` or `udp`.
    #[schema(example = "tcp")]
    pub protocol: String,
    /// One port, or two with a colon between.
    #[schema(example = "8443")]
    pub port: String,
    /// An address or a network; any where it is left out.
    #[serde(default)]
    pub source: String,
    /// What people write about it; firewalld keeps none, and refuses one.
    #[serde(default)]
    pub comment: String,
    /// The zone or the chain; firewalld's default zone, or the first chain, where it is left out.
    #[serde(default)]
    pub place: String,
    /// Seconds after which it undoes itself unless it is kept.
    #[serde(default = "seconds")]
    #[schema(default = 60, minimum = 20, maximum = 600)]
    pub seconds: u16,
    /// Keep it as soon as a new connection gets through; else it waits for its confirmation.
    #[serde(default = "yes")]
    #[schema(default = true)]
    pub keep: bool,
}

/// A rule to be removed through the owner of the firewall.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = FirewallRuleToRemove)]
pub struct RuleToRemove {
    /// The rule, as the list names it; one that changed since then is refused.
    #[schema(example = "4f1c2a9d0b7e6c58")]
    pub rule: String,
    /// Seconds after which it comes back unless its removal is kept.
    #[serde(default = "seconds")]
    #[schema(default = 60, minimum = 20, maximum = 600)]
    pub seconds: u16,
    /// Keep the removal as soon as a new connection gets through.
    #[serde(default = "yes")]
    #[schema(default = true)]
    pub keep: bool,
}

fn seconds() -> u16 {
    SECONDS
}

/// Adds a rule. Role: operator, with the permissions to change files and to act as root.
///
/// Its undoing is armed on the server before it is made. Look at `state`: what is `armed` still undoes itself.
#[utoipa::path(
    operation_id = "add_firewall_rule",
    post, path = "/api/v1/servers/{server}/firewall/rules", tag = "servers",
    params(("server" = String, Path, description = "Its name")),
    request_body = RuleToAdd,
    responses((status = 201, body = ChangeView)),
)]
pub async fn create_rule(
    app: Data<App>,
    asking: Asking,
    _: Reauthenticated,
    name: Path<String>,
    body: Body<RuleToAdd>,
) -> Result<HttpResponse> {
    let RuleToAdd { action, protocol, port, source, comment, place, seconds, keep } = body.0;
    let rule = NewRule::read(&Entered { action, protocol, port, source, comment, place })?;
    let seconds = seconds_of(Some(seconds))?;
    let host = app.hosts.open(asking.0, name.into_inner()).await?.operable().await?;
    let firewall = host.read(ReadFirewall).await?.value;
    make(&app, &host, firewalls::add(&firewall, &rule)?.into(), (seconds, keep)).await
}

/// Removes a rule. Role: operator, with the permissions to change files and to act as root.
#[utoipa::path(
    operation_id = "remove_firewall_rule",
    delete, path = "/api/v1/servers/{server}/firewall/rules", tag = "servers",
    params(("server" = String, Path, description = "Its name")),
    request_body = RuleToRemove,
    responses((status = 201, body = ChangeView)),
)]
pub async fn destroy_rule(
    app: Data<App>,
    asking: Asking,
    _: Reauthenticated,
    name: Path<String>,
    body: Body<RuleToRemove>,
) -> Result<HttpResponse> {
    let seconds = seconds_of(Some(body.0.seconds))?;
    let host = app.hosts.open(asking.0, name.into_inner()).await?.operable().await?;
    let firewall = host.read(ReadFirewall).await?.value;
    make(&app, &host, firewalls::remove(&firewall, &body.0.rule)?.into(), (seconds, body.0.keep)).await
}

/// What became of the last change of the server's firewall. The server is asked where its time is over.
#[utoipa::path(
    operation_id = "read_firewall_change",
    get, path = "/api/v1/servers/{server}/firewall/changes/latest", tag = "servers",
    params(("server" = String, Path, description = "Its name")),
    responses((status = 200, body = ChangeView)),
)]
pub async fn show_change(app: Data<App>, asking: Asking, name: Path<String>) -> Result<Json<ChangeView>> {
    guarded_changes::latest(&app, asking, name.into_inner(), Guarded::Firewall).await
}

/// Keeps a change, if a new connection gets through. Role: operator, with the permissions to change files and to act as root.
#[utoipa::path(
    operation_id = "keep_firewall_change",
    post, path = "/api/v1/servers/{server}/firewall/changes/{change}/confirmations", tag = "servers",
    params(("server" = String, Path, description = "Its name"), ("change" = i64, Path, description = "The number of the change")),
    responses((status = 200, body = ChangeView)),
)]
pub async fn keep_change(
    app: Data<App>,
    asking: Asking,
    _: Reauthenticated,
    path: Path<(String, String)>,
) -> Result<Json<ChangeView>> {
    guarded_changes::keep(&app, asking, path.into_inner(), Guarded::Firewall).await
}

/// Undoes a change now. Role: operator, with the permissions to change files and to act as root.
#[utoipa::path(
    operation_id = "undo_firewall_change",
    post, path = "/api/v1/servers/{server}/firewall/changes/{change}/undoings", tag = "servers",
    params(("server" = String, Path, description = "Its name"), ("change" = i64, Path, description = "The number of the change")),
    responses((status = 200, body = ChangeView)),
)]
pub async fn undo_change(
    app: Data<App>,
    asking: Asking,
    _: Reauthenticated,
    path: Path<(String, String)>,
) -> Result<Json<ChangeView>> {
    guarded_changes::undo(&app, asking, path.into_inner(), Guarded::Firewall).await
}
