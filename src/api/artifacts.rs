//! `/artifacts`: uploaded package files.

use actix_web::HttpResponse;
use actix_web::web::{Data, Json, Path};
use chrono::{DateTime, Utc};
use serde::Serialize;
use utoipa::ToSchema;

use super::input::Parameters;
use super::paging::{Key, ListQuery, Page, Shape};
use crate::app::App;
use crate::error::{Error, Result};
use crate::installations::upload;
use crate::models::artifacts::{ArtifactKind, ArtifactSummary};
use crate::models::ids::ArtifactId;
use crate::web::extract::{Asking, Reauthenticated};
use crate::web::incoming::{Part, Parts};

/// An uploaded package file. Its texts are its own: treat them as hostile.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Artifact)]
pub struct ArtifactView {
    /// Its number.
    #[schema(value_type = i64)]
    pub id: ArtifactId,
    /// As it was uploaded.
    pub file_name: String,
    /// `rpm`, `deb` or `apk`.
    #[schema(value_type = String)]
    pub kind: ArtifactKind,
    /// Its size, bytes.
    pub size_bytes: i64,
    /// Its digest.
    pub sha256: String,
    /// The package's name; empty where only a server's tool can look inside.
    pub name: String,
    /// Its version.
    pub version: String,
    /// What it was built for.
    pub architecture: String,
    /// Whether it carries a signature, as far as the console sees: `present`, `absent` or `unknown`. Nobody checked it: an
    /// inspection by a server does.
    pub signature: String,
    /// The names of the scripts that run as root; null where only a server's tool can look inside.
    pub scripts: Option<Vec<String>>,
    /// Who uploaded it.
    pub uploaded_by: String,
    /// When; it is kept for seven days after it was uploaded or last installed.
    pub uploaded_at: DateTime<Utc>,
}

impl From<ArtifactSummary> for ArtifactView {
    fn from(artifact: ArtifactSummary) -> Self {
        let ArtifactSummary { id, file_name, kind, size_bytes, sha256, name, version, architecture, .. } = artifact;
        let (uploaded_by, uploaded_at) = (artifact.uploaded_by, artifact.uploaded_at);
        Self {
            id,
            file_name,
            kind,
            size_bytes,
            sha256,
            name,
            version,
            architecture,
            signature: artifact.signature.unwrap_or_else(|| "unknown".to_owned()),
            scripts: artifact.scripts.and_then(|names| serde_json::from_value(names).ok()),
            uploaded_by,
            uploaded_at,
        }
    }
}

const LIST: Shape<ArtifactView> = Shape {
    sorts: &[
        ("file_name", |artifact| Key::text(&artifact.file_name)),
        ("size_bytes", |artifact| Key::whole(u64::try_from(artifact.size_bytes).ok())),
    ],
    default_sort: "file_name",
    identity: |artifact| artifact.id.to_string(),
    texts: |artifact| vec![&artifact.file_name, &artifact.name, &artifact.sha256],
};

/// Uploaded files.
#[utoipa::path(
    operation_id = "list_artifacts",
    get, path = "/api/v1/artifacts", tag = "packages",
    params(ListQuery),
    responses((status = 200, body = Page<ArtifactView>)),
)]
pub async fn index(app: Data<App>, _: Asking, query: Parameters<ListQuery>) -> Result<Json<Page<ArtifactView>>> {
    let found = app.db.run(ArtifactSummary::latest).await?;
    LIST.page(found.into_iter().map(ArtifactView::from).collect(), &query.0).map(Json)
}

/// One uploaded file.
#[utoipa::path(
    operation_id = "get_artifact",
    get, path = "/api/v1/artifacts/{artifact}", tag = "packages",
    params(("artifact" = i64, Path, description = "Its number")),
    responses((status = 200, body = ArtifactView)),
)]
pub async fn show(app: Data<App>, _: Asking, id: Path<i64>) -> Result<Json<ArtifactView>> {
    let id = ArtifactId(*id);
    Ok(Json(app.db.run(move |connection| ArtifactSummary::by_id(connection, id)).await?.into()))
}

/// What a form has around its file at most, bytes.
const FORM: u64 = 64 << 10;

/// A file of a form.
#[derive(ToSchema)]
#[schema(as = NewArtifact)]
#[expect(dead_code, reason = "it describes a form")]
pub struct ArtifactToMake {
    /// The package file: `.rpm`, `.deb` or `.apk`, at most 1 GiB.
    #[schema(format = Binary, content_media_type = "application/octet-stream")]
    file: String,
}

/// Uploads a package file, as `multipart/form-data`. Role: operator.
#[utoipa::path(
    operation_id = "create_artifact",
    post, path = "/api/v1/artifacts", tag = "packages",
    request_body(content = ArtifactToMake, content_type = "multipart/form-data"),
    responses((status = 201, body = ArtifactView)),
)]
pub async fn create(app: Data<App>, asking: Asking, _: Reauthenticated, mut parts: Parts) -> Result<HttpResponse> {
    // One file is taken: what cannot be one need not come first.
    if parts.told().is_some_and(|told| told > app.config.uploads.largest.saturating_add(FORM)) {
        return Err(Error::TooLarge);
    }
    while let Some(part) = parts.next().await? {
        let Part::File(name, mut file) = part else { continue };
        let mut incoming = upload::begin(&app.artifacts, &asking, &name, parts.told()).await?;
        while let Some(bytes) = file.next().await? {
            incoming.write(&bytes).await?;
        }
        let id = upload::finish(&app.db, &asking, incoming, &name, app.clock.now()).await?.id;
        let kept = app.db.run(move |connection| ArtifactSummary::by_id(connection, id)).await?;
        return Ok(HttpResponse::Created().json(ArtifactView::from(kept)));
    }
    Err(Error::field("file", "Choose a file first"))
}

/// Deletes an uploaded file that is not on its way. Role: operator.
#[utoipa::path(
    operation_id = "delete_artifact",
    delete, path = "/api/v1/artifacts/{artifact}", tag = "packages",
    params(("artifact" = i64, Path, description = "Its number")),
    responses((status = 204, description = "It is gone")),
)]
pub async fn destroy(app: Data<App>, asking: Asking, _: Reauthenticated, id: Path<i64>) -> Result<HttpResponse> {
    upload::delete(&app.db, &app.artifacts, &asking, ArtifactId(*id), app.clock.now()).await?;
    Ok(HttpResponse::NoContent().finish())
}
