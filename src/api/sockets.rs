//! `/servers/{server}/sockets`: what listens.

use actix_web::HttpRequest;
use actix_web::web::{Data, Json, Path};
use serde::Serialize;
use utoipa::ToSchema;

use super::evidence::{LivePage, ask};
use super::input::Parameters;
use super::paging::{Key, ListQuery, Shape};
use crate::app::App;
use crate::commands::sockets::{ListSockets, Socket};
use crate::error::Result;
use crate::web::extract::Asking;

/// A listening socket. Every text is the server's own: treat it as hostile.
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
    /// `LISTEN`; `UNCONN` for UDP.
    pub state: String,
    /// The processes that hold it; empty where the server does not tell.
    pub processes: Vec<OwnerView>,
    /// The user who opened it.
    pub user: Option<String>,
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

impl From<Socket> for SocketView {
    fn from(socket: Socket) -> Self {
        Self {
            protocol: socket.protocol.name(),
            address: socket.address,
            port: socket.port,
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
    identity: |socket| format!("{} {} {}", socket.protocol, socket.address, socket.port),
    texts: |socket| {
        let mut texts = vec![socket.protocol, socket.address.as_str(), socket.user.as_deref().unwrap_or_default()];
        texts.extend(socket.processes.iter().map(|process| process.name.as_str()));
        texts
    },
};

/// What listens on the server now. `q` looks at protocol, address, user and processes.
#[utoipa::path(
    operation_id = "list_sockets",
    get, path = "/api/v1/servers/{server}/sockets", tag = "servers",
    params(("server" = String, Path, description = "Its name"), ListQuery),
    responses((status = 200, body = LivePage<SocketView>)),
)]
pub async fn index(
    request: HttpRequest,
    app: Data<App>,
    asking: Asking,
    name: Path<String>,
    query: Parameters<ListQuery>,
) -> Result<Json<LivePage<SocketView>>> {
    let host = app.hosts.open(asking.0, name.into_inner()).await?;
    let answer = ask(&request, &host, ListSockets).await?;
    let sockets = answer.value.sockets.into_iter().map(SocketView::from).collect();
    Ok(Json(LivePage::new(LIST.page(sockets, &query.0)?, answer.evidence)))
}
