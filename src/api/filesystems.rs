//! `/servers/{server}/filesystems`: what is mounted, and how full it is.

use actix_web::HttpRequest;
use actix_web::web::{Data, Json, Path};
use serde::Serialize;
use utoipa::ToSchema;

use super::evidence::{LivePage, ask};
use super::input::Parameters;
use super::paging::{Key, ListQuery, Shape};
use crate::app::App;
use crate::commands::filesystems::{Filesystem, ListFilesystems};
use crate::error::Result;
use crate::web::extract::Asking;

/// A mounted filesystem. Every text is the server's own: treat it as hostile. Sizes of one that did not answer are null.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Filesystem)]
pub struct FilesystemView {
    /// Where it is mounted.
    #[schema(example = "/var")]
    pub mount: String,
    /// `/dev/sda1`, `server:/export`
    pub device: String,
    /// `ext4`, `nfs4`; empty where the server does not tell.
    pub kind: String,
    /// Its size, bytes.
    pub size_bytes: Option<u64>,
    /// In use, bytes.
    pub used_bytes: Option<u64>,
    /// Free for ordinary users, bytes.
    pub available_bytes: Option<u64>,
    /// In use of what ordinary users may use, 0–100.
    pub used_percent: Option<f64>,
    /// How many files it can hold; null where it does not count them.
    pub inodes: Option<u64>,
    /// How many it holds.
    pub inodes_used: Option<u64>,
}

impl From<Filesystem> for FilesystemView {
    fn from(filesystem: Filesystem) -> Self {
        Self {
            used_percent: filesystem.used_percent(),
            mount: filesystem.mount,
            device: filesystem.device,
            kind: filesystem.kind,
            size_bytes: filesystem.size_bytes,
            used_bytes: filesystem.used_bytes,
            available_bytes: filesystem.available_bytes,
            inodes: filesystem.inodes,
            inodes_used: filesystem.inodes_used,
        }
    }
}

const LIST: Shape<FilesystemView> = Shape {
    sorts: &[
        ("mount", |filesystem| Key::text(&filesystem.mount)),
        ("device", |filesystem| Key::text(&filesystem.device)),
        ("size_bytes", |filesystem| Key::whole(filesystem.size_bytes)),
        ("available_bytes", |filesystem| Key::whole(filesystem.available_bytes)),
        ("used_percent", |filesystem| Key::number(filesystem.used_percent)),
    ],
    default_sort: "mount",
    identity: |filesystem| format!("{} {}", filesystem.mount, filesystem.device),
    texts: |filesystem| vec![&filesystem.mount, &filesystem.device, &filesystem.kind],
};

/// What is mounted on the server now: no pseudo filesystem, and each device once.
#[utoipa::path(
    operation_id = "list_filesystems",
    get, path = "/api/v1/servers/{server}/filesystems", tag = "servers",
    params(("server" = String, Path, description = "Its name"), ListQuery),
    responses((status = 200, body = LivePage<FilesystemView>)),
)]
pub async fn index(
    request: HttpRequest,
    app: Data<App>,
    asking: Asking,
    name: Path<String>,
    query: Parameters<ListQuery>,
) -> Result<Json<LivePage<FilesystemView>>> {
    let host = app.hosts.open(asking.0, name.into_inner()).await?;
    let answer = ask(&request, &host, ListFilesystems).await?;
    let filesystems = answer.value.into_iter().map(FilesystemView::from).collect();
    Ok(Json(LivePage::new(LIST.page(filesystems, &query.0)?, answer.evidence)))
}
