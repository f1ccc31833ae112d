//! Uploaded package files: taking them, showing what they are, deleting them, installing them.

use actix_web::{HttpResponse, web};
use chrono::{DateTime, Utc};
use serde::Deserialize;

use crate::app::App;
use crate::commands::catalog::Catalog;
use crate::commands::packages::PackageScript;
use crate::commands::platform::Platform;
use crate::error::{Error, FieldErrors, Result};
use crate::installations::ask;
use crate::installations::inspect::{self, Signature, header_of, misfit};
use crate::installations::upload;
use crate::language::Message;
use crate::models::artifacts::Artifact;
use crate::models::ids::ArtifactId;
use crate::web::extract::{Form, Operator, Reauthenticated, ValidForm};
use crate::web::format;
use crate::web::incoming::{Part, Parts};
use crate::web::render::Render;

/// A file in the list beside the packages.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ArtifactRow {
    pub id: i64,
    pub file_name: String,
    pub size: String,
    /// The page that shows what it is; none where it does not fit.
    pub review: Option<String>,
    pub misfit: Option<Message>,
}

impl ArtifactRow {
    pub(super) fn new(artifact: &Artifact, platform: Option<&Platform>, catalog: &Catalog, path: &str) -> Self {
        let misfit = platform.and_then(|platform| misfit(artifact, catalog, platform));
        Self {
            id: artifact.id.0,
            file_name: artifact.file_name.clone(),
            size: format::bytes(u64::try_from(artifact.size_bytes).unwrap_or_default()),
            review: misfit.is_none().then(|| format!("{path}/packages/artifacts/{}", artifact.id)),
            misfit,
        }
    }
}

/// Everything that is known of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ArtifactView {
    pub id: i64,
    pub file_name: String,
    pub facts: Vec<(&'static str, String)>,
    pub sha256: String,
    pub signature: Signature,
    pub signature_said: Option<String>,
    pub scripts: Option<Vec<PackageScript>>,
    pub files: Vec<String>,
    pub file_count: usize,
    pub seen_by: Option<Message>,
    pub uploaded_by: String,
    pub uploaded_at: DateTime<Utc>,
}

impl ArtifactView {
    pub(super) fn new(artifact: &Artifact) -> Self {
        let header = header_of(artifact);
        let size = format::bytes(u64::try_from(artifact.size_bytes).unwrap_or_default());
        let facts = [
            ("Name", artifact.name.clone()),
            ("Version", artifact.version.clone()),
            ("Architecture", artifact.architecture.clone()),
            ("Summary", header.summary),
            ("From", header.vendor),
            ("Size", size),
            ("Once installed", header.installed_bytes.map(format::bytes).unwrap_or_default()),
        ];
        Self {
            id: artifact.id.0,
            file_name: artifact.file_name.clone(),
            facts: facts.into_iter().filter(|(_, value)| !value.is_empty()).collect(),
            sha256: artifact.sha256.clone(),
            signature: header.signature,
            signature_said: header.signature_said,
            scripts: header.scripts,
            files: header.files,
            file_count: header.file_count,
            seen_by: header.seen_by.map(|server| Message::new("As the tool of {server} tells").with("server", server)),
            uploaded_by: artifact.uploaded_by.clone(),
            uploaded_at: artifact.uploaded_at,
        }
    }

    /// Whether somebody must say yes to a package that nobody vouches for (F08).
    pub(super) fn needs_yes(&self) -> bool {
        self.signature != Signature::Present
    }
}

/// Takes files, as they come. The token of the form is its first part, and is checked before a byte is stored.
///
/// `POST /artifacts`
pub async fn create(person: Operator, mut parts: Parts, app: web::Data<App>, render: Render) -> Result<HttpResponse> {
    let mut names = Vec::new();
    while let Some(part) = parts.next().await? {
        let Part::File(name, mut file) = part else { continue };
        let mut incoming = upload::begin(&app.db, &app.artifacts, &person.actor, &name).await?;
        while let Some(bytes) = file.next().await? {
            incoming.write(&bytes).await?;
        }
        let artifact = upload::finish(&app.db, &app.artifacts, &person.actor, incoming, &name, app.clock.now()).await?;
        names.push(artifact.file_name);
    }
    if names.is_empty() {
        return Err(Error::field("file", "Choose a file first"));
    }
    render.done(Message::new("Uploaded {names}").with("names", names.join(", "))).refresh("artifacts")
}

/// A button without anything to fill in.
#[derive(Debug, Deserialize)]
pub struct Nothing {}

impl Form for Nothing {
    type Valid = ();

    fn check(&self) -> Result<(), FieldErrors> {
        Ok(())
    }
}

/// Deletes a file.
///
/// `POST /artifacts/{artifact}/deletions`
pub async fn destroy(
    person: Operator,
    path: web::Path<i64>,
    _: ValidForm<Nothing>,
    app: web::Data<App>,
    render: Render,
) -> Result<HttpResponse> {
    let name = upload::delete(&app.db, &app.artifacts, &person.actor, ArtifactId(*path), app.clock.now()).await?;
    render.done(Message::new("Deleted {name}").with("name", name)).refresh("artifacts")
}

/// Yes to one file.
#[derive(Debug, Deserialize)]
pub struct FileForm {
    sha256: String,
    #[serde(default)]
    unsigned: bool,
}

impl Form for FileForm {
    type Valid = (String, bool);

    fn check(&self) -> Result<Self::Valid, FieldErrors> {
        Ok((self.sha256.clone(), self.unsigned))
    }
}

/// Installs a file that was shown, with its scripts and its signature (F08).
///
/// `POST /servers/{server}/packages/artifacts/{artifact}/installations`
pub async fn install(
    person: Operator,
    path: web::Path<(String, i64)>,
    _: Reauthenticated,
    form: ValidForm<FileForm>,
    app: web::Data<App>,
    render: Render,
) -> Result<HttpResponse> {
    let (server, id) = path.into_inner();
    let artifact = app.db.run(move |connection| Artifact::by_id(connection, ArtifactId(id))).await?;
    let host = app.hosts.open(person.actor.clone(), server).await?.operable().await?;
    let (sha256, unsigned) = form.0;
    if sha256 != artifact.sha256 {
        return Err(Error::Conflict(Message::new("This is not the file that was shown. Look again, then repeat")));
    }
    inspect::may_install(&artifact, &app.hosts.catalog(), &host.platform().await?, unsigned)?;
    let run = ask::install_file(&host, &artifact, unsigned).await?;
    super::runs::go_to(render, &app, &run).await
}

/// Has the server's own tool look into a file.
///
/// `POST /servers/{server}/packages/artifacts/{artifact}/inspections`
pub async fn look_inside(
    person: Operator,
    path: web::Path<(String, i64)>,
    _: ValidForm<Nothing>,
    app: web::Data<App>,
    render: Render,
) -> Result<HttpResponse> {
    let (server, id) = path.into_inner();
    let artifact = app.db.run(move |connection| Artifact::by_id(connection, ArtifactId(id))).await?;
    let host = app.hosts.open(person.actor.clone(), server).await?.operable().await?;
    let run = ask::inspect_file(&host, &artifact).await?;
    super::runs::go_to(render, &app, &run).await
}
