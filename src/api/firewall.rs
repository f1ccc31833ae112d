//! `/servers/{server}/firewall`: who owns it, its rules, whether a port is open, and rules that are added or removed.

pub mod changes;
mod views;

use actix_web::HttpRequest;
use actix_web::web::{Data, Json, Path};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::evidence::{EvidenceView, ask};
use super::input::Body;
use crate::app::App;
use crate::commands::firewall::ReadFirewall;
use crate::commands::sockets::{ListSockets, Protocol};
use crate::error::{Error, Result};
use crate::firewalls::question::{self, Listening, Origin};
use crate::firewalls::verdicts;
use crate::web::extract::Asking;

use views::{FirewallView, VerdictView, reachable};

/// Who owns the firewall of a server, its zones and chains, and their rules.
#[utoipa::path(
    operation_id = "read_firewall",
    get, path = "/api/v1/servers/{server}/firewall", tag = "servers",
    params(("server" = String, Path, description = "Its name")),
    responses((status = 200, body = FirewallView)),
)]
pub async fn show(
    request: HttpRequest,
    app: Data<App>,
    asking: Asking,
    name: Path<String>,
) -> Result<Json<FirewallView>> {
    let host = app.hosts.open(asking.0, name.into_inner()).await?;
    let answer = ask(&request, &host, ReadFirewall).await?;
    Ok(Json(FirewallView::new(&answer.value, answer.evidence)))
}

/// Whether a port is open.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewFirewallCheck)]
pub struct CheckToMake {
    /// The port.
    #[schema(minimum = 1, maximum = 65535, example = 8443)]
    pub port: u32,
    /// `tcp` or `udp`.
    #[serde(default = "tcp")]
    #[schema(default = "tcp")]
    pub protocol: String,
    /// Another server's name, or `any`; this console where it is left out.
    pub from: Option<String>,
}

fn tcp() -> String {
    "tcp".to_owned()
}

/// The answer and its three parts.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = FirewallCheck)]
pub struct CheckView {
    /// Null where what is known does not say.
    pub open: Option<bool>,
    /// `yes`, `loopback_only` or `no`.
    #[schema(example = "yes")]
    pub listening: &'static str,
    /// The processes that listen. The server's own text.
    pub processes: Vec<String>,
    /// What the rules say, for each family by which the server can be reached.
    pub rules: Vec<VerdictView>,
    /// `open`, `refused`, `timed_out`, `unreachable`, `ssh_port`, `through_jump`, `not_tried`.
    #[schema(example = "timed_out")]
    pub reachable: &'static str,
    /// How the rules are known.
    pub evidence: EvidenceView,
}

/// Whether a port of the server is open: does something listen, do the rules let it in, can it be reached.
///
/// Nothing is changed. A TCP port is tried with one connection that says nothing; the port by which hannun signs in is not.
#[utoipa::path(
    operation_id = "check_port",
    post, path = "/api/v1/servers/{server}/firewall/checks", tag = "servers",
    params(("server" = String, Path, description = "Its name")),
    request_body = CheckToMake,
    responses((status = 200, body = CheckView)),
)]
pub async fn check(
    request: HttpRequest,
    app: Data<App>,
    asking: Asking,
    name: Path<String>,
    body: Body<CheckToMake>,
) -> Result<Json<CheckView>> {
    let wish = body.0;
    let port = u16::try_from(wish.port).ok().filter(|port| *port > 0);
    let port = port.ok_or_else(|| Error::field("port", "A port is a number from 1 to 65535"))?;
    let protocol = match wish.protocol.as_str() {
        "tcp" => Protocol::Tcp,
        "udp" => Protocol::Udp,
        _ => return Err(Error::field("protocol", "This choice is not known")),
    };
    let from = match wish.from {
        None => Origin::Console,
        Some(name) if name == "any" => Origin::Anywhere,
        Some(name) => Origin::Server(Box::new(app.hosts.open(asking.0.clone(), name).await?)),
    };
    let host = app.hosts.open(asking.0, name.into_inner()).await?;
    let firewall = ask(&request, &host, ReadFirewall).await?;
    let sockets = ask(&request, &host, ListSockets).await?;
    let listening = question::listening(&sockets.value, protocol, port);
    let source = question::address_of(&from, &firewall.value);
    let verdicts = verdicts(&firewall.value, (protocol, port), source, None);
    let reached = question::reach(&host, (protocol, port), &from).await?;
    let (word, holders) = match &listening {
        Listening::Yes(sockets) => ("yes", sockets.as_slice()),
        Listening::LoopbackOnly(sockets) => ("loopback_only", sockets.as_slice()),
        Listening::No => ("no", &[][..]),
    };
    let processes = holders.iter().flat_map(|socket| socket.owners.iter().map(|owner| owner.name.clone())).collect();
    Ok(Json(CheckView {
        open: question::sum(Some(&listening), Some(&verdicts), &reached),
        listening: word,
        processes,
        rules: verdicts.iter().map(VerdictView::from).collect(),
        reachable: reachable(&reached),
        evidence: firewall.evidence.into(),
    }))
}
