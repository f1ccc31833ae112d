//! `/channels`: where messages of scenarios go. Secrets are write-only: no answer ever holds one (S05).

use actix_web::HttpResponse;
use actix_web::http::header;
use actix_web::web::{Data, Json, Path};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::ToSchema;

use super::input::{Body, Parameters};
use super::paging::{Key, ListQuery, Page, Shape};
use super::recorded::recorded;
use crate::app::App;
use crate::error::{Error, FieldErrors, Result};
use crate::language::Language;
use crate::models::audit::AuditEntry;
use crate::models::channels::{Channel, ChannelValues, NewChannel};
use crate::models::names::name_problem;
use crate::scenarios::channels::{accept, kind_of, known};
use crate::web::extract::{Asking, Reauthenticated};

/// Where messages go.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Channel)]
pub struct ChannelView {
    /// Its name, by which it is addressed and chosen.
    #[schema(example = "ops")]
    name: String,
    /// The kind of destination that goes through it.
    #[schema(example = "slack")]
    kind: String,
    /// What it knows that is no secret.
    #[schema(value_type = serde_json::Value)]
    settings: Value,
    /// The names of the secrets that are stored.
    #[schema(example = json!(["url"]))]
    secrets: Vec<String>,
    /// When a secret was last changed.
    secrets_changed_at: Option<DateTime<Utc>>,
    /// When it was added.
    created_at: DateTime<Utc>,
    /// When it was last changed.
    updated_at: DateTime<Utc>,
}

impl From<Channel> for ChannelView {
    fn from(row: Channel) -> Self {
        Self {
            name: row.name,
            kind: row.kind,
            settings: row.settings,
            secrets: row.secret_names,
            secrets_changed_at: row.secrets_changed_at,
            created_at: row.created_at,
            updated_at: row.updated_at,
        }
    }
}

/// A channel to be added.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewChannel)]
pub struct ChannelToAdd {
    /// Lower-case letters, digits, dots and hyphens, at most 63.
    #[schema(pattern = "^[a-z0-9][a-z0-9.-]{0,62}$", example = "ops")]
    name: String,
    /// `slack`, `webhook` and the like.
    #[schema(example = "slack")]
    kind: String,
    /// What the kind wants to know, secrets among it.
    #[serde(default)]
    #[schema(value_type = serde_json::Value, write_only)]
    settings: Map<String, Value>,
}

/// What is to change about a channel.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = ChannelChanges)]
pub struct ChannelToChange {
    /// Its new name.
    #[schema(pattern = "^[a-z0-9][a-z0-9.-]{0,62}$")]
    name: Option<String>,
    /// What is not named in it stays; null forgets.
    #[serde(default)]
    #[schema(value_type = serde_json::Value, write_only)]
    settings: Map<String, Value>,
}

/// What came of a test.
#[derive(Debug, Serialize, ToSchema)]
pub struct ChannelTest {
    /// Whether it was taken.
    arrived: bool,
    /// The status of what was answered.
    status: Option<u16>,
    /// Why it did not arrive.
    why: Option<String>,
    /// How long it took.
    took_ms: u64,
}

/// What audit events call rows of this kind.
const TABLE: &str = "channels";

const LIST: Shape<ChannelView> = Shape {
    sorts: &[
        ("name", |channel| Key::text(&channel.name)),
        ("kind", |channel| Key::text(&channel.kind)),
        ("created_at", |channel| Key::time(Some(channel.created_at))),
    ],
    default_sort: "name",
    identity: |channel| channel.name.clone(),
    texts: |channel| vec![&channel.name, &channel.kind],
};

/// Every channel, without its secrets. Role: administrator of all servers.
#[utoipa::path(
    operation_id = "list_channels",
    get, path = "/api/v1/channels", tag = "channels",
    params(ListQuery),
    responses((status = 200, body = Page<ChannelView>)),
)]
pub async fn index(app: Data<App>, query: Parameters<ListQuery>) -> Result<Json<Page<ChannelView>>> {
    let channels = app.db.run(Channel::all).await?;
    LIST.page(channels.into_iter().map(ChannelView::from).collect(), &query.0).map(Json)
}

/// Adds a channel. Role: administrator of all servers.
#[utoipa::path(
    operation_id = "add_channel",
    post, path = "/api/v1/channels", tag = "channels",
    request_body = ChannelToAdd,
    responses((status = 201, body = ChannelView)),
)]
pub async fn create(
    app: Data<App>,
    asking: Asking,
    _: Reauthenticated,
    body: Body<ChannelToAdd>,
) -> Result<HttpResponse> {
    let ChannelToAdd { name, kind, settings } = body.0;
    let mut problems = FieldErrors::default();
    if let Some(problem) = name_problem(&name) {
        problems.add("name", problem);
    }
    let values = accepted(&kind, settings, problems)?;
    let entry = AuditEntry::by(&asking, "create_channel").target(&name).detail("kind", &kind);
    let (sealer, now) = (app.sealer.clone(), app.clock.now());
    let channel = recorded(&app, entry, TABLE, move |connection| {
        let new = NewChannel { name: &name, kind: &kind, values: &values };
        let channel = new.insert(connection, &sealer, now)?;
        Ok((channel.id.0, channel))
    })
    .await?;
    let place = (header::LOCATION, format!("/api/v1/channels/{}", channel.name));
    Ok(HttpResponse::Created().insert_header(place).json(ChannelView::from(channel)))
}

/// One channel, without its secrets. Role: administrator of all servers.
#[utoipa::path(
    operation_id = "get_channel",
    get, path = "/api/v1/channels/{channel}", tag = "channels",
    params(("channel" = String, Path, description = "Its name")),
    responses((status = 200, body = ChannelView)),
)]
pub async fn show(app: Data<App>, name: Path<String>) -> Result<Json<ChannelView>> {
    let channel = app.db.run(move |connection| Channel::by_name(connection, &name)).await?;
    Ok(Json(channel.into()))
}

/// Changes a channel; what is not given stays. Role: administrator of all servers.
#[utoipa::path(
    operation_id = "change_channel",
    patch, path = "/api/v1/channels/{channel}", tag = "channels",
    params(("channel" = String, Path, description = "Its name")),
    request_body = ChannelToChange,
    responses((status = 200, body = ChannelView)),
)]
pub async fn update(
    app: Data<App>,
    asking: Asking,
    _: Reauthenticated,
    name: Path<String>,
    body: Body<ChannelToChange>,
) -> Result<Json<ChannelView>> {
    let ChannelToChange { name: new_name, settings } = body.0;
    if let Some(problem) = new_name.as_deref().and_then(name_problem) {
        return Err(Error::field("name", problem));
    }
    let fields = new_name.iter().map(|_| "name").chain(settings.keys().map(String::as_str));
    let fields = fields.collect::<Vec<_>>().join(", ");
    let entry = AuditEntry::by(&asking, "change_channel").target(&name).detail("fields", fields);
    let (sealer, now) = (app.sealer.clone(), app.clock.now());
    let channel = recorded(&app, entry, TABLE, move |connection| {
        let mut channel = Channel::by_name(connection, &name)?;
        if let Some(name) = &new_name {
            channel = Channel::rename(connection, channel.id, name, now)?;
        }
        if !settings.is_empty() {
            let mut whole = known(connection, &sealer, &channel);
            whole.extend(settings);
            let values = accepted(&channel.kind, whole, FieldErrors::default())?;
            channel = channel.keep(connection, &sealer, &values, now)?;
        }
        Ok((channel.id.0, channel))
    });
    Ok(Json(channel.await?.into()))
}

/// Deletes a channel that no scenario sends through. Role: administrator of all servers.
#[utoipa::path(
    operation_id = "delete_channel",
    delete, path = "/api/v1/channels/{channel}", tag = "channels",
    params(("channel" = String, Path, description = "Its name")),
    responses((status = 204, description = "It is gone")),
)]
pub async fn destroy(app: Data<App>, asking: Asking, _: Reauthenticated, name: Path<String>) -> Result<HttpResponse> {
    let entry = AuditEntry::by(&asking, "delete_channel").target(&name);
    recorded(&app, entry, TABLE, move |connection| {
        let channel = Channel::by_name(connection, &name)?;
        Ok((channel.id.0, Channel::delete(connection, channel.id)?))
    })
    .await?;
    Ok(HttpResponse::NoContent().finish())
}

/// Sends a message through a channel, now and once, and says what came of it. Role: administrator of all servers.
#[utoipa::path(
    operation_id = "test_channel",
    post, path = "/api/v1/channels/{channel}/tests", tag = "channels",
    params(("channel" = String, Path, description = "Its name")),
    responses((status = 200, body = ChannelTest)),
)]
pub async fn test(app: Data<App>, asking: Asking, _: Reauthenticated, name: Path<String>) -> Result<Json<ChannelTest>> {
    let channel = app.db.run(move |connection| Channel::by_name(connection, &name)).await?;
    let tried = app.channels().try_out(&asking, &channel, Language::En).await?;
    Ok(Json(ChannelTest {
        arrived: tried.why.is_none(),
        status: tried.status,
        why: tried.why.map(|why| why.to_string()),
        took_ms: u64::try_from(tried.took.as_millis()).unwrap_or(u64::MAX),
    }))
}

/// What was sent for a channel of this kind, with all that is wrong with it.
fn accepted(kind: &str, given: Map<String, Value>, mut problems: FieldErrors) -> Result<ChannelValues> {
    match kind_of(kind)
        .map_err(|problem| FieldErrors::default().and("kind", problem))
        .and_then(|kind| accept(kind, given))
    {
        Ok(values) => problems.or(values),
        Err(more) => {
            let place = |field: &str| if field == "kind" { field.to_owned() } else { format!("settings.{field}") };
            for (field, problem) in more.iter() {
                problems.add(place(field), problem.clone());
            }
            Err(problems.into())
        }
    }
}
