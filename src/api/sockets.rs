//! `/servers/{server}/sockets`: what listens, or who is connected.

use actix_web::HttpRequest;
use actix_web::web::{Data, Json, Path};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::evidence::{EvidenceView, LivePage, ask};
use super::input::Parameters;
use super::paging::{Key, ListQuery, Shape};
use crate::app::App;
use crate::commands::ListConnections;
use crate::commands::sockets::{ListSockets, Socket};
use crate::error::{Error, Result};
use crate::web::extract::Asking;

/// A socket. Every text is the server's own: treat it as hostile.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = Socket)]
pub struct SocketView {
    /// `tcp` or `udp`.
    pub protocol: &'static str,
    /// Where it listens; `*` for every address of either family.
    #[schema(example = "127.0.0.1")]
    pub address: String,
    /// At which port.
    pub port: u16,
    /// The other end of a connection; null while it listens.
    pub peer: Option<PeerView>,
    /// `LISTEN`; `UNCONN` for UDP; of a connection `ESTABLISHED`, `CLOSE_WAIT` and so on.
    pub state: String,
    /// The processes that hold it; empty where the server does not tell.
    pub processes: Vec<OwnerView>,
    /// The user who opened it.
    pub user: Option<String>,
}

/// The other end of a connection.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = SocketPeer)]
pub struct PeerView {
    /// Its address.
    pub address: String,
    /// Its port.
    pub port: u16,
}

/// A process that holds a socket.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = SocketOwner)]
pub struct OwnerView {
    /// Its number.
    pub pid: u32,
    /// Its short name.
    pub name: String,
}

/// One page of what listens, or of who is connected.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = SocketPage)]
pub struct SocketPage {
    /// The items, in the order that was asked for.
    pub items: Vec<SocketView>,
    /// Give this as `cursor` to get what follows; null at the end. The server is asked anew each time.
    pub next: Option<String>,
    /// The server has more connections than were looked at: the others are on no page.
    pub is_cut: bool,
    /// The server did not tell whose some sockets are, because that takes root.
    pub owners_are_hidden: bool,
    /// How we know.
    pub evidence: EvidenceView,
}

impl From<Socket> for SocketView {
    fn from(socket: Socket) -> Self {
        Self {
            protocol: socket.protocol.name(),
            address: socket.address,
            port: socket.port,
            peer: socket.peer.map(|peer| PeerView { address: peer.address, port: peer.port }),
            state: socket.state,
            processes: socket.owners.into_iter().map(|owner| OwnerView { pid: owner.pid, name: owner.name }).collect(),
            user: socket.user.or_else(|| socket.uid.map(|uid| uid.to_string())),
        }
    }
}

const LIST: Shape<SocketView> = Shape {
    sorts: &[
        ("port", |socket| Key::whole(Some(socket.port.into()))),
        ("protocol", |socket| Key::text(socket.protocol)),
        ("address", |socket| Key::text(&socket.address)),
        ("user", |socket| socket.user.as_deref().map_or(Key::Missing, Key::text)),
    ],
    default_sort: "port",
    identity: |socket| {
        let peer = socket.peer.as_ref().map(|peer| format!(" {} {}", peer.address, peer.port)).unwrap_or_default();
        format!("{} {} {}{peer}", socket.protocol, socket.address, socket.port)
    },
    texts: |socket| {
        let mut texts = vec![socket.protocol, socket.address.as_str(), socket.user.as_deref().unwrap_or_default()];
        texts.extend(socket.peer.as_ref().map(|peer| peer.address.as_str()));
        texts.extend(socket.processes.iter().map(|process| process.name.as_str()));
        texts
    },
};

/// Which sockets, and how the list is searched, ordered and cut.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(default, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct SocketQuery {
    /// `listening`, which is what is told unless this is given, or `connected`.
    pub show: Option<String>,
    /// Keeps items that contain this text, whatever its case.
    pub q: Option<String>,
    /// The field to order by; `-` before it reverses the order.
    pub sort: Option<String>,
    /// How many items at most: 1 to 500, 100 unless given.
    #[serde(deserialize_with = "super::input::number")]
    #[param(minimum = 1, maximum = 500)]
    pub limit: Option<u16>,
    /// `next` of the page before.
    pub cursor: Option<String>,
}

/// What listens on the server now, or who is connected with it: at most 20,000 connections are looked at, and `is_cut` says
/// where there are more. `q` looks at protocol, addresses, user and processes.
#[utoipa::path(
    operation_id = "list_sockets",
    get, path = "/api/v1/servers/{server}/sockets", tag = "servers",
    params(("server" = String, Path, description = "Its name"), SocketQuery),
    responses((status = 200, body = SocketPage)),
)]
pub async fn index(
    request: HttpRequest,
    app: Data<App>,
    asking: Asking,
    name: Path<String>,
    query: Parameters<SocketQuery>,
) -> Result<Json<SocketPage>> {
    let SocketQuery { show, q, sort, limit, cursor } = query.0;
    let host = app.hosts.open(asking.0, name.into_inner()).await?;
    let answer = match show.as_deref() {
        None | Some("listening") => ask(&request, &host, ListSockets).await?,
        Some("connected") => ask(&request, &host, ListConnections).await?,
        Some(_) => return Err(Error::field("show", "Give listening or connected")),
    };
    let (is_cut, owners_are_hidden) = (answer.value.is_cut, answer.value.hidden_owners);
    let sockets = answer.value.sockets.into_iter().map(SocketView::from).collect();
    let page = LIST.page(sockets, &ListQuery { q, sort, limit, cursor })?;
    let LivePage { items, next, evidence } = LivePage::new(page, answer.evidence);
    Ok(Json(SocketPage { items, next, is_cut, owners_are_hidden, evidence }))
}
