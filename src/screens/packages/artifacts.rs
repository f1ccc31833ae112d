//! Uploaded package files: taking them, showing what they are, deleting them, installing them.

use std::sync::Arc;

use actix_web::{HttpResponse, web};
use askama::Template;
use chrono::{DateTime, Utc};
use serde::Deserialize;

use super::plans;
use crate::app::App;
use crate::commands::CommandType;
use crate::commands::catalog::Catalog;
use crate::commands::packages::PackageScript;
use crate::commands::platform::Platform;
use crate::commands::told::told;
use crate::error::{Error, FieldErrors, Result};
use crate::installations::ask;
use crate::installations::known::{Known, may_install, misfit};
use crate::installations::upload;
use crate::language::Message;
use crate::models::artifacts::{Artifact, ArtifactKind, ArtifactSummary};
use crate::models::ids::ArtifactId;
use crate::models::permission::Permission;
use crate::screens::about::About;
use crate::screens::gather::Stored;
use crate::web::extract::{Form, Operator, Reauthenticated, ValidForm};
use crate::web::filters;
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
    pub(super) fn new(artifact: &ArtifactSummary, platform: Option<&Platform>, catalog: &Catalog, path: &str) -> Self {
        let misfit = platform.and_then(|platform| misfit(artifact.kind, &artifact.architecture, catalog, platform));
        Self {
            id: artifact.id.0,
            file_name: artifact.file_name.clone(),
            size: format::bytes(u64::try_from(artifact.size_bytes).unwrap_or_default()),
            review: misfit.is_none().then(|| format!("{path}/packages/artifacts/{}", artifact.id)),
            misfit,
        }
    }
}

/// Everything that is known of a file on one server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ArtifactView {
    pub id: i64,
    pub file_name: String,
    pub facts: Vec<(&'static str, String)>,
    pub sha256: String,
    /// What was found of its signature, and by whom.
    pub signature: Message,
    /// The words of the tool that checked it.
    pub signature_said: Option<String>,
    pub is_verified: bool,
    pub scripts: Option<Vec<PackageScript>>,
    pub files: Vec<String>,
    pub file_count: usize,
    /// Who looked inside.
    pub seen_by: Message,
    /// What its own tool can still do.
    pub look: &'static str,
    pub uploaded_by: String,
    pub uploaded_at: DateTime<Utc>,
}

impl ArtifactView {
    pub(super) fn new(artifact: Artifact, known: Known, server: &str) -> Self {
        let size = format::bytes(u64::try_from(artifact.size_bytes).unwrap_or_default());
        let is_verified = known.is_verified();
        let is_rpm = artifact.kind == ArtifactKind::Rpm;
        let by = if is_rpm { "As its header says, which the console read" } else { "As the tool of {server} tells" };
        let facts = [
            ("Name", known.name),
            ("Version", known.version),
            ("Architecture", known.architecture),
            ("Summary", known.summary),
            ("From", known.vendor),
            ("Size", size),
            ("Once installed", known.installed_bytes.map(format::bytes).unwrap_or_default()),
        ];
        let signature = match &known.check {
            Some(check) if check.verified => "{server} checked its signature: a key that it trusts made it",
            Some(_) => "{server} checked its signature, and does not trust it",
            None if artifact.kind == ArtifactKind::Deb => {
                "Tools of Debian check no signature of a single file: nobody vouches for it"
            }
            None => known.signature.label(),
        };
        Self {
            id: artifact.id.0,
            file_name: artifact.file_name,
            facts: facts.into_iter().filter(|(_, value)| !value.is_empty()).collect(),
            sha256: artifact.sha256,
            signature: Message::new(signature).with("server", server),
            signature_said: known.check.map(|check| check.said).filter(|said| !said.is_empty()),
            is_verified,
            scripts: known.scripts,
            files: known.files,
            file_count: known.file_count,
            seen_by: Message::new(by).with("server", server),
            look: if is_rpm { "Have the server check its signature" } else { "Have the server's tool look inside" },
            uploaded_by: artifact.uploaded_by,
            uploaded_at: artifact.uploaded_at,
        }
    }
}

/// What installing an uploaded file means: everything that is known of it, and the form.
#[derive(Template)]
#[template(path = "screens/packages/review.html")]
struct ReviewPage {
    about: About,
    file: ArtifactView,
    misfit: Option<Message>,
    line: String,
    run_as: &'static str,
    /// All of what would run.
    script: Arc<str>,
}

/// What is known of an uploaded file, and whether it can be installed here.
///
/// `GET /servers/{server}/packages/artifacts/{artifact}`
pub async fn review(
    person: Operator,
    path: web::Path<(String, i64)>,
    app: web::Data<App>,
    render: Render,
) -> Result<HttpResponse> {
    let (server, id) = path.into_inner();
    let stored = Stored::load(&app, person.actor.scope(), &server).await?;
    let server = stored.server.id;
    let found = app.db.run(move |connection| Known::load(connection, ArtifactId(id), server));
    let (artifact, known) = found.await?;
    let host = app.hosts.of(person.actor.clone(), stored.server.clone());
    let platform = host.platform().await?;
    let misfit = misfit(artifact.kind, &known.architecture, &app.hosts.catalog(), &platform);
    let script = app.hosts.catalog().choose(CommandType::InstallFile, &platform).ok();
    let script = script.map(|chosen| chosen.script).unwrap_or_default();
    let about = stored.about(&render.shell.here, stored.health(&app.live, app.clock.now()).level);
    let page = ReviewPage {
        file: ArtifactView::new(artifact, known, &about.name),
        about,
        misfit,
        line: told(&script),
        run_as: plans::run_as(&script),
        script,
    };
    render.page(&page)
}

impl ReviewPage {
    fn title(&self) -> Message {
        Message::new("Install {file} on {server}").with("file", &self.file.file_name).with("server", &self.about.name)
    }
}

/// Takes files, as they come. The token of the form is its first part, and is checked before a byte is stored.
///
/// `POST /artifacts`
pub async fn create(person: Operator, mut parts: Parts, app: web::Data<App>, render: Render) -> Result<HttpResponse> {
    let mut names = Vec::new();
    while let Some(part) = parts.next().await? {
        let Part::File(name, mut file) = part else { continue };
        // What follows the first file is part of what was told, and was weighed with it.
        let told = parts.told().filter(|_| names.is_empty());
        let mut incoming = upload::begin(&app.artifacts, &person.actor, &name, told).await?;
        while let Some(bytes) = file.next().await? {
            incoming.write(&bytes).await?;
        }
        let artifact = upload::finish(&app.db, &person.actor, incoming, &name, app.clock.now()).await?;
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
    let host = app.hosts.open(person.actor.clone(), server).await?.operable().await?;
    host.permits(Permission::Install, CommandType::InstallFile.name(), "").await?;
    let server = host.server().id;
    let found = app.db.run(move |connection| Known::load(connection, ArtifactId(id), server));
    let (artifact, known) = found.await?;
    let (sha256, unsigned) = form.0;
    if sha256 != artifact.sha256 {
        return Err(Error::Conflict(Message::new("This is not the file that was shown. Look again, then repeat")));
    }
    may_install((&artifact, &known), &app.hosts.catalog(), &host.platform().await?, unsigned)?;
    let run = ask::install_file(&host, &artifact, unsigned).await?;
    super::runs::go_to(render, host.name(), &run)
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
    let host = app.hosts.open(person.actor.clone(), server).await?.operable().await?;
    host.permits(Permission::Install, CommandType::InspectFile.name(), "").await?;
    let artifact = app.db.run(move |connection| Artifact::by_id(connection, ArtifactId(id))).await?;
    let run = ask::inspect_file(&host, &artifact).await?;
    super::runs::go_to(render, host.name(), &run)
}
