//! `/inventory/files`: the files that servers came from, and what differs from them now.

use actix_web::HttpRequest;
use actix_web::HttpResponse;
use actix_web::web::{Data, Json, Path};
use chrono::{DateTime, Utc};
use serde::Serialize;
use utoipa::ToSchema;

use crate::app::App;
use crate::error::Result;
use crate::inventory::report::ItemReport;
use crate::inventory::{self, Drift, Means};
use crate::language::Language;
use crate::models::audit::{AuditEntry, Outcome};
use crate::models::inventory_files::InventoryFile;
use crate::web::extract::{Asking, Reauthenticated};
use crate::web::visitor::Visitor;

/// Every file; there are few, so they come at once.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = InventoryFiles)]
pub struct FilesView {
    /// By name.
    items: Vec<FileView>,
    /// Always null.
    next: Option<String>,
}

/// A file that servers came from.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = InventoryFile)]
pub(super) struct FileView {
    /// Its name.
    #[schema(example = "servers.yml")]
    name: String,
    /// When it was applied last.
    applied_at: DateTime<Utc>,
    /// By whom.
    applied_by: String,
    /// What applying it again would change: what is another now than in the file.
    drift: Vec<ItemReport>,
    /// Why it cannot be applied again as it is.
    problems: Vec<String>,
}

impl FileView {
    fn of(drift: Drift, language: Language) -> Self {
        Self {
            name: drift.file.name,
            applied_at: drift.file.applied_at,
            applied_by: drift.file.applied_by,
            drift: drift.items.iter().map(|item| ItemReport::of(item, language)).collect(),
            problems: drift.problems.iter().map(|problem| problem.placed().in_language(language)).collect(),
        }
    }
}

/// The files that servers came from, with what differs from them now. Role: administrator of all servers.
#[utoipa::path(
    operation_id = "list_inventory_files",
    get, path = "/api/v1/inventory/files", tag = "inventory",
    responses((status = 200, body = FilesView)),
)]
pub async fn index(app: Data<App>, asking: Asking, request: HttpRequest) -> Result<Json<FilesView>> {
    let (sealer, now) = (app.sealer.clone(), app.clock.now());
    let files = app
        .db
        .run(move |connection| inventory::drift(connection, Means { actor: &asking, sealer: &sealer, now }))
        .await?;
    let language = Visitor::language_of(&request);
    Ok(Json(FilesView { items: files.into_iter().map(|file| FileView::of(file, language)).collect(), next: None }))
}

/// Forgets a file: what came from it stays, and is changed by hand from then on. Role: administrator of all servers.
#[utoipa::path(
    operation_id = "release_inventory_file",
    delete, path = "/api/v1/inventory/files/{file}", tag = "inventory",
    params(("file" = String, Path, description = "Its name")),
    responses((status = 204, description = "It is forgotten")),
)]
pub async fn release(app: Data<App>, asking: Asking, _: Reauthenticated, name: Path<String>) -> Result<HttpResponse> {
    let now = app.clock.now();
    let entry = AuditEntry::by(&asking, "release_inventory").target(&name);
    app.db
        .transaction(move |connection| {
            let released = InventoryFile::release(connection, &name)?;
            entry.detail("released", released).record(connection, Outcome::Succeeded, now).map(drop)
        })
        .await?;
    Ok(HttpResponse::NoContent().finish())
}
