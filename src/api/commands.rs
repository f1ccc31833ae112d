//! `/commands`: how each question is asked on each platform. Those that came with hannun can be read; those that were added
//! can be changed. A change is in use at once here, and in every other process within seconds.

mod wishes;

use actix_web::HttpResponse;
use actix_web::http::header;
use actix_web::web::{Data, Json, Path};
use chrono::{DateTime, Utc};
use serde::Serialize;
use utoipa::ToSchema;

use super::input::{Body, Parameters};
use super::paging::{Key, ListQuery, Page, Shape};
use super::recorded::recorded;
use crate::app::App;
use crate::commands::catalog::Variant;
use crate::commands::{Catalog, CommandType, Conditions};
use crate::db::Connection;
use crate::error::{Error, Result};
use crate::language::Message;
use crate::models::audit::AuditEntry;
use crate::models::commands::StoredCommand;
use crate::models::trials::{Trial, fingerprint};
use crate::web::extract::{Asking, Reauthenticated};

use wishes::{CommandToAdd, CommandToChange};

/// A command: one way to ask a question.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Command)]
pub struct CommandView {
    /// What it answers.
    #[schema(example = "list_processes")]
    pub command_type: String,
    /// Its name among the commands of its type.
    #[schema(example = "ps-procps")]
    pub name: String,
    /// The platforms that it is for; what is empty is not asked.
    #[schema(value_type = serde_json::Value, example = json!({"os": ["linux"], "has": ["procps-ps"]}))]
    pub on: Conditions,
    /// The script.
    pub script: String,
    /// Which reader reads its answer.
    pub format: String,
    /// Whether it came with hannun.
    pub built_in: bool,
    /// Written from documents: no real system of this kind has been seen yet.
    pub unverified: bool,
    /// How this very script went when it was last tried; null: not tried on any server.
    pub trial: Option<TrialView>,
    /// Why it is not used; null where it can be.
    pub problem: Option<String>,
    /// When it was added; null where it came with hannun.
    pub created_at: Option<DateTime<Utc>>,
    /// When it was last changed.
    pub updated_at: Option<DateTime<Utc>>,
}

/// How trying a script went.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = LastTrial)]
pub struct TrialView {
    /// The server's name.
    pub server: String,
    /// `worked` or `failed`.
    pub outcome: &'static str,
    /// Why it failed.
    pub why: String,
    /// When.
    pub tried_at: DateTime<Utc>,
}

impl From<Trial> for TrialView {
    fn from(trial: Trial) -> Self {
        let (server, outcome, why) = (trial.server, trial.outcome.name(), trial.why);
        Self { server, outcome, why, tried_at: trial.tried_at }
    }
}

/// What audit events call rows of this kind.
const TABLE: &str = "commands";

const LIST: Shape<CommandView> = Shape {
    sorts: &[
        ("command_type", |command| Key::text(&command.command_type)),
        ("name", |command| Key::text(&command.name)),
        ("updated_at", |command| Key::time(command.updated_at)),
    ],
    default_sort: "command_type",
    identity: |command| format!("{}/{}", command.command_type, command.name),
    texts: |command| vec![&command.command_type, &command.name, &command.script],
};

/// Every command, of hannun and of administrators. Role: administrator.
#[utoipa::path(
    operation_id = "list_commands",
    get, path = "/api/v1/commands", tag = "commands",
    params(ListQuery),
    responses((status = 200, body = Page<CommandView>)),
)]
pub async fn index(app: Data<App>, _: Asking, query: Parameters<ListQuery>) -> Result<Json<Page<CommandView>>> {
    LIST.page(app.db.run(all).await?, &query.0).map(Json)
}

/// One command. Role: administrator.
#[utoipa::path(
    operation_id = "get_command",
    get, path = "/api/v1/commands/{command_type}/{command}", tag = "commands",
    params(
        ("command_type" = String, Path, description = "What it answers"),
        ("command" = String, Path, description = "Its name"),
    ),
    responses((status = 200, body = CommandView)),
)]
pub async fn show(app: Data<App>, _: Asking, path: Path<(String, String)>) -> Result<Json<CommandView>> {
    let found = app.db.run(all).await?.into_iter();
    named(found, &path).map(Json)
}

/// Adds a command. Role: administrator of all servers.
#[utoipa::path(
    operation_id = "add_command",
    post, path = "/api/v1/commands", tag = "commands",
    request_body = CommandToAdd,
    responses((status = 201, body = CommandView)),
)]
pub async fn create(
    app: Data<App>,
    asking: Asking,
    _: Reauthenticated,
    body: Body<CommandToAdd>,
) -> Result<HttpResponse> {
    let (command_type, name) = (body.0.command_type.clone(), body.0.name.clone());
    let entry = AuditEntry::by(&asking, "create_command")
        .target(&name)
        .detail("command_type", &command_type)
        .detail("script", &body.0.script);
    let view = recorded(&app, entry, TABLE, move |connection| {
        let command = body.0.add(connection)?;
        Ok((command.id.0, stored(connection, command)?))
    })
    .await?;
    app.hosts.load_commands().await?;
    let place = (header::LOCATION, format!("/api/v1/commands/{command_type}/{name}"));
    Ok(HttpResponse::Created().insert_header(place).json(view))
}

/// Changes a command that was added. Role: administrator of all servers.
#[utoipa::path(
    operation_id = "change_command",
    patch, path = "/api/v1/commands/{command_type}/{command}", tag = "commands",
    params(
        ("command_type" = String, Path, description = "What it answers"),
        ("command" = String, Path, description = "Its name"),
    ),
    request_body = CommandToChange,
    responses((status = 200, body = CommandView)),
)]
pub async fn update(
    app: Data<App>,
    asking: Asking,
    _: Reauthenticated,
    path: Path<(String, String)>,
    body: Body<CommandToChange>,
) -> Result<Json<CommandView>> {
    let now = app.clock.now();
    let (command_type, name) = path.into_inner();
    let entry = AuditEntry::by(&asking, "change_command").target(&name).detail("command_type", &command_type);
    let entry = match &body.0.script {
        Some(script) => entry.detail("script", script),
        None => entry,
    };
    let view = recorded(&app, entry, TABLE, move |connection| {
        let before = own(connection, &command_type, &name)?;
        let command = body.0.apply(connection, &before, now)?;
        Ok((command.id.0, stored(connection, command)?))
    })
    .await?;
    app.hosts.load_commands().await?;
    Ok(Json(view))
}

/// Deletes a command that was added; servers that used it get the next one that fits. Role: administrator of all servers.
#[utoipa::path(
    operation_id = "delete_command",
    delete, path = "/api/v1/commands/{command_type}/{command}", tag = "commands",
    params(
        ("command_type" = String, Path, description = "What it answers"),
        ("command" = String, Path, description = "Its name"),
    ),
    responses((status = 204, description = "It is gone")),
)]
pub async fn destroy(
    app: Data<App>,
    asking: Asking,
    _: Reauthenticated,
    path: Path<(String, String)>,
) -> Result<HttpResponse> {
    let (command_type, name) = path.into_inner();
    let entry = AuditEntry::by(&asking, "delete_command").target(&name).detail("command_type", &command_type);
    recorded(&app, entry, TABLE, move |connection| {
        let command = own(connection, &command_type, &name)?;
        Ok((command.id.0, StoredCommand::delete(connection, command.id)?))
    })
    .await?;
    app.hosts.load_commands().await?;
    Ok(HttpResponse::NoContent().finish())
}

/// Every command with how it went when it was tried.
fn all(connection: &mut Connection) -> Result<Vec<CommandView>> {
    let known = CommandType::ALL.iter().flat_map(|command_type| Catalog::built_in().variants(*command_type));
    let mut views: Vec<CommandView> = known.map(built_in).collect();
    views.extend(StoredCommand::all(connection)?.into_iter().map(added));
    with_trials(connection, &mut views)?;
    Ok(views)
}

fn with_trials(connection: &mut Connection, views: &mut [CommandView]) -> Result<()> {
    let name = |view: &CommandView| fingerprint(&view.command_type, &view.format, &view.script);
    let names: Vec<String> = views.iter().map(name).collect();
    let mut trials = Trial::of(connection, &names)?;
    for (view, name) in views.iter_mut().zip(&names) {
        view.trial = trials.remove(name).map(TrialView::from);
    }
    Ok(())
}

fn stored(connection: &mut Connection, command: StoredCommand) -> Result<CommandView> {
    let mut views = [added(command)];
    with_trials(connection, &mut views)?;
    let [view] = views;
    Ok(view)
}

fn built_in(variant: &Variant) -> CommandView {
    CommandView {
        command_type: variant.command_type.name().to_owned(),
        name: variant.name.clone(),
        on: variant.on.clone(),
        script: variant.script.to_string(),
        format: variant.format.to_string(),
        built_in: true,
        unverified: variant.unverified,
        trial: None,
        problem: None,
        created_at: None,
        updated_at: None,
    }
}

fn added(command: StoredCommand) -> CommandView {
    let checked = command.added().and_then(|added| Catalog::built_in().with_added(vec![added]).map(drop));
    CommandView {
        on: serde_json::from_value(command.platform).unwrap_or_default(),
        command_type: command.command_type,
        name: command.name,
        script: command.script,
        format: command.format,
        built_in: false,
        unverified: false,
        trial: None,
        problem: checked.err().map(|problem| problem.why.to_string()),
        created_at: Some(command.created_at),
        updated_at: Some(command.updated_at),
    }
}

fn named(mut views: impl Iterator<Item = CommandView>, path: &(String, String)) -> Result<CommandView> {
    let is_it = |view: &CommandView| view.command_type == path.0 && view.name == path.1;
    views.find(is_it).ok_or(Error::NotFound("The command"))
}

/// A command that was added; one that came with hannun cannot be changed.
fn own(connection: &mut Connection, command_type: &str, name: &str) -> Result<StoredCommand> {
    let is_it = |command: &StoredCommand| command.command_type == command_type && command.name == name;
    if let Some(found) = StoredCommand::all(connection)?.into_iter().find(is_it) {
        return Ok(found);
    }
    let known = CommandType::from_name(command_type);
    let came_with_us = known.is_some_and(|known| Catalog::built_in().variants(known).any(|one| one.name == name));
    Err(if came_with_us {
        Error::Conflict(Message::new("{name} came with hannun and cannot be changed. Add a command of your own for the same platforms: it is used instead").with("name", name))
    } else {
        Error::NotFound("The command")
    })
}
