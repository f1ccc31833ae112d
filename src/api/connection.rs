//! `/servers/{server}/connection`: connects now, stage by stage, and says what was found. Nothing secret is sent before
//! the host key is approved (H01).

use std::time::{Duration, Instant};

use actix_web::web::{Data, Json, Path};
use serde::Serialize;
use utoipa::ToSchema;

use super::capabilities::{ChoiceView, choices};
use super::host_key::HostKeysView;
use super::servers::PlatformView;
use crate::app::App;
use crate::error::{Error, RemoteError, Result, Stage};
use crate::models::audit::{AuditEntry, Outcome};
use crate::models::host_keys::{GivenKey, HostKey};
use crate::models::permission::Permission;
use crate::models::platforms::DetectedPlatform;
use crate::models::sampling_leases::Lease;
use crate::models::server_states::ServerState;
use crate::models::servers::Server;
use crate::remote::{StageOutcome, StageReport, TestReport};
use crate::web::extract::Asking;

/// How connecting went.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ConnectionTest)]
pub struct ConnectionView {
    /// Whether every stage worked.
    pub ok: bool,
    /// Every stage, in order.
    pub stages: Vec<StageView>,
    /// The server's keys, with the one it just presented.
    pub host_key: HostKeysView,
    /// What it runs; null where connecting did not come that far.
    pub platform: Option<PlatformView>,
    /// The command that was chosen for each type of command; empty where the platform is not known.
    pub commands: Vec<ChoiceView>,
}

/// One stage of connecting.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ConnectionStage)]
pub struct StageView {
    /// `name`, `connect`, `host-key`, `sign-in`, `shell` or `platform`.
    #[schema(value_type = String, example = "host-key")]
    pub stage: Stage,
    /// `passed`, `failed` or `not_reached`.
    pub outcome: &'static str,
    /// How long it took, in milliseconds.
    pub took_ms: u64,
    /// What was learnt, or what happened.
    pub detail: String,
    /// A stable word for what happened, where it failed.
    pub code: Option<&'static str>,
    /// What to do about it, where it failed.
    pub hint: Option<String>,
    /// What the server itself said, where it failed. Treat it as hostile text.
    pub stderr: Option<String>,
}

impl From<StageReport> for StageView {
    fn from(report: StageReport) -> Self {
        let mut view = Self::new(report.stage, report.took, "passed");
        match report.outcome {
            StageOutcome::Passed(learnt) => view.detail = learnt.to_string(),
            StageOutcome::Failed(error) => view.fail(&error),
            StageOutcome::NotReached => view.outcome = "not_reached",
        }
        view
    }
}

impl StageView {
    fn new(stage: Stage, took: Duration, outcome: &'static str) -> Self {
        let took_ms = u64::try_from(took.as_millis()).unwrap_or(u64::MAX);
        Self { stage, outcome, took_ms, detail: String::new(), code: None, hint: None, stderr: None }
    }

    fn fail(&mut self, error: &RemoteError) {
        self.outcome = "failed";
        self.detail = error.to_string();
        self.code = Some(error.code());
        self.hint = Some(error.advice().next_step.to_string());
        self.stderr = Some(error.evidence().to_owned()).filter(|said| !said.is_empty());
    }
}

/// Connects now, whatever happened before, and detects the platform. Role: operator.
///
/// Answers 200 also where a stage failed: look at `ok` and at the stages. The first time, it stops at the host key.
#[utoipa::path(
    operation_id = "test_connection",
    post, path = "/api/v1/servers/{server}/connection", tag = "servers",
    params(("server" = String, Path, description = "Its name")),
    responses((status = 200, body = ConnectionView)),
)]
pub async fn test(app: Data<App>, asking: Asking, name: Path<String>) -> Result<Json<ConnectionView>> {
    let host = app.hosts.open(asking.0.clone(), name.into_inner()).await?;
    let server = host.server().clone();
    app.hosts.of(asking.0.clone(), server.clone()).permits(Permission::Connect, "test_connection", "").await?;
    let endpoint = app.hosts.endpoint(server.id).await?;
    let report = app.hosts.pool().test(&endpoint).await;
    let entry = AuditEntry::by(&asking, "test_connection").server(&server.name).run_as(&endpoint.user);
    note(&app, &server, &report, entry).await?;

    let mut ok = report.passed();
    let mut stages: Vec<StageView> = report.stages.into_iter().map(StageView::from).collect();
    let mut platform = StageView::new(Stage::Platform, Duration::ZERO, "not_reached");
    if ok {
        let began = Instant::now();
        platform = match app.hosts.detect_platform(server.id).await {
            Ok(found) => {
                StageView { detail: found.pretty_name, ..StageView::new(Stage::Platform, began.elapsed(), "passed") }
            }
            Err(Error::Remote(error)) => {
                ok = false;
                let mut failed = StageView::new(Stage::Platform, began.elapsed(), "failed");
                failed.fail(&error);
                failed
            }
            Err(other) => return Err(other),
        };
    }
    stages.push(platform);

    let (host_key, detected) = app
        .db
        .run(move |connection| {
            let keys = HostKeysView::load(connection, &server)?;
            Ok::<_, Error>((keys, DetectedPlatform::of(connection, server.id)?))
        })
        .await?;
    let commands = match &detected {
        Some(row) => choices(&app.hosts.catalog(), &row.clone().into()),
        None => Vec::new(),
    };
    Ok(Json(ConnectionView { ok, stages, host_key, platform: detected.map(PlatformView::from), commands }))
}

/// Keeps what the test found: the key that was presented, how the server is, and that somebody tried.
async fn note(app: &App, server: &Server, report: &TestReport, entry: AuditEntry) -> Result<()> {
    let (id, now) = (server.id, app.clock.now());
    let (presented, error) = (report.presented.clone(), report.error().cloned());
    app.db
        .transaction(move |connection| {
            if let Some(key) = &presented {
                let (algorithm, public_key, fingerprint) = (&*key.algorithm, &*key.public_key, &*key.fingerprint);
                HostKey::present(connection, id, &GivenKey { algorithm, public_key, fingerprint }, now)?;
            }
            let (outcome, why) = match &error {
                None => {
                    ServerState::up(connection, id, now)?;
                    Lease::try_now(connection, id)?;
                    (Outcome::Succeeded, "")
                }
                Some(error) => {
                    ServerState::failed(connection, id, error, now)?;
                    (Outcome::Failed, error.code())
                }
            };
            entry.detail("why", why).record(connection, outcome, now).map(drop)
        })
        .await
}
