//! The connection test of a server, with what its form says now: saved or not. Nothing secret is sent before a person
//! approved the host key (H01).

mod endpoint;
mod report;

use std::time::Instant;

use actix_web::HttpResponse;
use actix_web::web::Path;
use askama::Template;

use super::any::entered_draft;
use super::desk::Desk;
use super::edit::{self, FormPage};
use super::entered::Entered;
use super::resource::By;
use super::resources::servers::{Draft, Row, Servers};
use crate::db::Connection;
use crate::error::{Error, FieldErrors, Result};
use crate::language::Message;
use crate::models::actor::Scope;
use crate::models::audit::{AuditEntry, Outcome};
use crate::models::host_keys::{GivenKey, HostKey, KeyState};
use crate::models::ids::ServerId;
use crate::models::sampling_leases::Lease;
use crate::models::server_states::ServerState;
use crate::models::servers::Server;
use crate::remote::{Endpoint, PresentedKey, TestReport};
use crate::web::filters;
use crate::web::render::Render;

pub use report::{ReportView, StageView};

/// What stands beside a server's form.
#[derive(Debug, Clone)]
pub struct Panel {
    /// The server's address in the administration.
    pub path: String,
    /// The server's name.
    pub name: String,
    /// The keys that somebody approved.
    pub trusted: Vec<HostKey>,
    /// The key that waits for a person.
    pub waiting: Option<WaitingKey>,
    /// How the test went.
    pub report: Option<ReportView>,
    /// Approving needs the password again (A11).
    pub asks_password: bool,
    /// What is wrong with it.
    pub password_problem: Option<Message>,
}

/// A key that waits for a person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WaitingKey {
    /// `ssh-ed25519`
    pub algorithm: String,
    /// `SHA256:…`
    pub fingerprint: String,
    /// It is stored, so that it can be approved; a key seen at an address that is not saved is not.
    pub is_stored: bool,
}

impl WaitingKey {
    /// What a person types on the server itself to see its fingerprint.
    pub fn compare(&self) -> String {
        let kind = match self.algorithm.as_str() {
            "ssh-rsa" => "rsa",
            name if name.starts_with("ecdsa-") => "ecdsa",
            _ => "ed25519",
        };
        format!("ssh-keygen -lf /etc/ssh/ssh_host_{kind}_key.pub")
    }
}

impl Panel {
    /// Whether another key is trusted than the one that waits.
    pub fn is_changed(&self) -> bool {
        self.waiting.is_some() && !self.trusted.is_empty()
    }

    /// The question above a key that nobody approved yet.
    pub fn question(&self) -> Message {
        Message::new("Is this really {name}?").with("name", &self.name)
    }

    /// The sentence above a changed key.
    pub fn warning(&self) -> Message {
        Message::new("{name} presents another key than before").with("name", &self.name)
    }
}

/// The panel of a stored server.
pub async fn panel(id: i64, desk: &Desk) -> Result<Panel> {
    let (scope, asks_password) = (desk.person().actor.scope().clone(), !desk.is_proved());
    desk.app.db.run(move |connection| read_panel(connection, &scope, id, asks_password)).await
}

fn read_panel(connection: &mut Connection, scope: &Scope, id: i64, asks_password: bool) -> Result<Panel> {
    let server = Server::by_id(connection, scope, ServerId(id))?;
    let (trusted, waiting): (Vec<_>, Vec<_>) =
        HostKey::of(connection, server.id)?.into_iter().partition(|key| key.state == KeyState::Trusted);
    let waiting = waiting.into_iter().next().map(|key| WaitingKey {
        algorithm: key.algorithm,
        fingerprint: key.fingerprint,
        is_stored: true,
    });
    Ok(Panel {
        path: format!("/admin/servers/{id}"),
        name: server.name,
        trusted,
        waiting,
        report: None,
        asks_password,
        password_problem: None,
    })
}

/// One block of the page: what the test found.
#[derive(Template)]
#[template(path = "admin/connection_result.html")]
struct Found {
    panel: Panel,
}

/// Tests the connection with what the form says.
///
/// `POST /admin/servers/{id}/connection-tests`
#[tracing::instrument(skip_all, fields(server = %path))]
pub async fn create(path: Path<i64>, desk: Desk, entered: Entered, render: Render) -> Result<HttpResponse> {
    let (id, by, entered) = (path.into_inner(), desk.by(), std::sync::Arc::new(entered));
    let (typed, asker) = (entered.clone(), by.clone());
    let way = desk.app.db.run(move |connection| Typed::read(connection, &asker, id, &typed)).await?;
    let jump = match way.jump {
        Some(server) => Some(desk.app.hosts.endpoint(server).await?),
        None => None,
    };
    let asker = by.clone();
    let tested = desk.app.db.run(move |connection| way.tested(connection, &asker, jump)).await?;
    let report = desk.app.hosts.pool().test(&tested.endpoint).await;
    let (kept, is_stored, signs_in_as_stored) = (report.clone(), tested.is_stored, tested.signs_in_as_stored);
    desk.app.db.transaction(move |connection| keep(connection, &by, &tested, &kept)).await?;
    let mut panel = panel(id, &desk).await?;
    if !is_stored && let Some(key) = report.presented.as_ref().filter(|_| !report.passed()) {
        panel.waiting = Some(unsaved(key));
    }
    let mut view = ReportView::of(&report);
    if report.passed() && signs_in_as_stored {
        let began = Instant::now();
        let platform = desk.app.hosts.detect_platform(ServerId(id)).await;
        view.add_platform(began.elapsed(), platform)?;
    }
    panel.report = Some(view);
    if render.wants_fragment() {
        return render.page(&Found { panel });
    }
    let mut page = with_form(id, &desk, entered).await?;
    page.panel = Some(panel);
    render.page(&page)
}

fn unsaved(key: &PresentedKey) -> WaitingKey {
    WaitingKey { algorithm: key.algorithm.clone(), fingerprint: key.fingerprint.clone(), is_stored: false }
}

/// The page with the form as it was typed, for browsers without htmx.
async fn with_form(id: i64, desk: &Desk, entered: std::sync::Arc<Entered>) -> Result<FormPage> {
    let resource = super::resource("servers")?;
    let scope = desk.person().actor.scope().clone();
    let form = desk
        .app
        .db
        .run(move |connection| resource.form_again(connection, &scope, Some(id), &entered, &FieldErrors::default()))
        .await?;
    edit::page(resource, form, desk).await
}

/// The form as it was typed.
struct Typed {
    row: Row,
    draft: Draft,
    jump: Option<ServerId>,
    is_stored: bool,
    signs_in_as_stored: bool,
}

/// What is tested.
struct Tested {
    row: Row,
    endpoint: Endpoint,
    /// Address, port and way are those that are stored: what is learnt is about the stored server.
    is_stored: bool,
    /// So is the credential: the server can be asked what it runs.
    signs_in_as_stored: bool,
}

impl Typed {
    fn read(connection: &mut Connection, by: &By, id: i64, entered: &Entered) -> Result<Self> {
        let (row, before, draft) = entered_draft::<Servers>(connection, by, Some(id), entered)?;
        let row = row.ok_or(Error::NotFound("The server"))?;
        let way = |draft: &Draft| (draft.address.clone(), draft.port, draft.jump_server.clone());
        let is_stored = way(&before) == way(&draft);
        let signs_in = |draft: &Draft| (draft.credential.clone(), draft.legacy_algorithms, draft.enabled);
        let signs_in_as_stored = is_stored && signs_in(&before) == signs_in(&draft);
        let jump = draft.jump_server(connection, by, Some(&row))?;
        Ok(Self { row, draft, jump, is_stored, signs_in_as_stored })
    }

    fn tested(self, connection: &mut Connection, by: &By, jump: Option<Endpoint>) -> Result<Tested> {
        let endpoint = endpoint::of_draft(connection, by, &self.row, &self.draft, jump)?;
        let Self { row, is_stored, signs_in_as_stored, .. } = self;
        Ok(Tested { row, endpoint, is_stored, signs_in_as_stored })
    }
}

/// Keeps what was learnt, and that it was tested.
fn keep(connection: &mut Connection, by: &By, tested: &Tested, report: &TestReport) -> Result<()> {
    let server = &tested.row.server;
    if tested.is_stored {
        if let Some(key) = &report.presented {
            let given =
                GivenKey { algorithm: &key.algorithm, public_key: &key.public_key, fingerprint: &key.fingerprint };
            HostKey::present(connection, server.id, &given, by.at)?;
        }
        if let Some(error) = report.error() {
            ServerState::failed(connection, server.id, error, by.at)?;
        } else {
            ServerState::up(connection, server.id, by.at)?;
            // With another credential than the stored one it says nothing about the sampler's own way in.
            if tested.signs_in_as_stored {
                Lease::try_now(connection, server.id)?;
            }
        }
    }
    let mut entry = AuditEntry::by(&by.actor, "test_connection")
        .server(&server.name)
        .target(&format!("{}:{}", tested.endpoint.address, tested.endpoint.port))
        .run_as(&tested.endpoint.user);
    if let Some(error) = report.error() {
        entry = entry.detail("why", error.code());
    }
    let outcome = if report.passed() { Outcome::Succeeded } else { Outcome::Failed };
    entry.record(connection, outcome, by.at)?;
    Ok(())
}
