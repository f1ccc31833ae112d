//! `/groups`: ways to speak of several servers at once. Somebody who is limited to groups sees only those.

use actix_web::web::{Data, Json, Path};
use actix_web::{HttpResponse, http::header};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::input::{Body, Parameters};
use super::paging::{Key, ListQuery, Page, Shape};
use super::recorded::recorded;
use crate::app::App;
use crate::db::Connection;
use crate::error::{Error, Result};
use crate::models::actor::Actor;
use crate::models::allowance::Allowance;
use crate::models::audit::AuditEntry;
use crate::models::groups::{Group, GroupChanges, NewGroup};
use crate::web::extract::{Asking, Reauthenticated};

/// A group of servers.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Group)]
pub struct GroupView {
    /// Its name, by which it is addressed.
    #[schema(example = "web")]
    pub name: String,
    /// What people wrote about it.
    pub note: String,
    /// How far hannun may go on its servers, whoever asks: `watch`, `read-files`, `change`, `terminal`. The narrowest of a
    /// server and its groups counts.
    pub allow: &'static str,
    /// The file that it came from; it is changed there.
    pub managed_by: Option<String>,
    /// When it was added.
    pub created_at: DateTime<Utc>,
    /// When it was last changed.
    pub updated_at: DateTime<Utc>,
}

impl From<Group> for GroupView {
    fn from(row: Group) -> Self {
        Self {
            name: row.name,
            note: row.note,
            allow: row.allow.name(),
            managed_by: row.managed_by,
            created_at: row.created_at,
            updated_at: row.updated_at,
        }
    }
}

/// A group to be added.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewGroup)]
pub struct GroupToAdd {
    /// Lower-case letters, digits, dots and hyphens, at most 63.
    #[schema(pattern = "^[a-z0-9][a-z0-9.-]{0,62}$", example = "web")]
    pub name: String,
    /// What people wrote about it.
    #[serde(default)]
    pub note: String,
    /// How far hannun may go on its servers, whoever asks: `watch`, `read-files`, `change`, `terminal`.
    #[serde(default)]
    #[schema(value_type = String, default = "terminal")]
    pub allow: Allowance,
}

/// What is to change about a group; what is not given stays.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = GroupChanges)]
pub struct GroupToChange {
    /// Its new name.
    #[schema(pattern = "^[a-z0-9][a-z0-9.-]{0,62}$")]
    pub name: Option<String>,
    /// What people wrote about it.
    pub note: Option<String>,
    /// How far hannun may go on its servers, whoever asks: `watch`, `read-files`, `change`, `terminal`.
    #[schema(value_type = Option<String>)]
    pub allow: Option<Allowance>,
}

/// What audit events call rows of this kind.
const TABLE: &str = "groups";

const LIST: Shape<GroupView> = Shape {
    sorts: &[("name", |group| Key::text(&group.name)), ("created_at", |group| Key::time(Some(group.created_at)))],
    default_sort: "name",
    identity: |group| group.name.clone(),
    texts: |group| vec![&group.name, &group.note],
};

/// Groups that the token may know of.
#[utoipa::path(
    operation_id = "list_groups",
    get, path = "/api/v1/groups", tag = "groups",
    params(ListQuery),
    responses((status = 200, body = Page<GroupView>)),
)]
pub async fn index(app: Data<App>, asking: Asking, query: Parameters<ListQuery>) -> Result<Json<Page<GroupView>>> {
    let groups = app.db.run(Group::all).await?;
    let visible = groups.into_iter().filter(|group| asking.scope().sees(group.id)).map(GroupView::from).collect();
    LIST.page(visible, &query.0).map(Json)
}

/// Adds a group. Role: administrator of all servers.
#[utoipa::path(
    operation_id = "add_group",
    post, path = "/api/v1/groups", tag = "groups",
    request_body = GroupToAdd,
    responses((status = 201, body = GroupView)),
)]
pub async fn create(
    app: Data<App>,
    asking: Asking,
    _: Reauthenticated,
    body: Body<GroupToAdd>,
) -> Result<HttpResponse> {
    let now = app.clock.now();
    let entry = AuditEntry::by(&asking, "create_group").target(&body.0.name);
    let group = recorded(&app, entry, TABLE, move |connection| {
        let group = NewGroup { name: &body.0.name, note: &body.0.note }.insert(connection)?;
        let switch = GroupChanges { allow: Some(body.0.allow), ..GroupChanges::default() };
        Ok((group.id.0, Group::change(connection, group.id, &switch, now)?))
    })
    .await?;
    let place = (header::LOCATION, format!("/api/v1/groups/{}", group.name));
    Ok(HttpResponse::Created().insert_header(place).json(GroupView::from(group)))
}

/// One group.
#[utoipa::path(
    operation_id = "get_group",
    get, path = "/api/v1/groups/{group}", tag = "groups",
    params(("group" = String, Path, description = "Its name")),
    responses((status = 200, body = GroupView)),
)]
pub async fn show(app: Data<App>, asking: Asking, name: Path<String>) -> Result<Json<GroupView>> {
    let group = app.db.run(move |connection| visible(connection, &asking, &name)).await?;
    Ok(Json(group.into()))
}

/// Changes a group. Role: administrator of all servers.
#[utoipa::path(
    operation_id = "change_group",
    patch, path = "/api/v1/groups/{group}", tag = "groups",
    params(("group" = String, Path, description = "Its name")),
    request_body = GroupToChange,
    responses((status = 200, body = GroupView)),
)]
pub async fn update(
    app: Data<App>,
    asking: Asking,
    _: Reauthenticated,
    name: Path<String>,
    body: Body<GroupToChange>,
) -> Result<Json<GroupView>> {
    let now = app.clock.now();
    let entry = AuditEntry::by(&asking, "change_group").target(&name);
    let group = recorded(&app, entry, TABLE, move |connection| {
        let group = Group::by_name(connection, &name)?;
        let (name, note) = (body.0.name.as_deref(), body.0.note.as_deref());
        let changes = GroupChanges { name, note, allow: body.0.allow };
        Ok((group.id.0, Group::change(connection, group.id, &changes, now)?))
    })
    .await?;
    Ok(Json(group.into()))
}

/// Deletes a group; its servers stay. Role: administrator of all servers.
#[utoipa::path(
    operation_id = "delete_group",
    delete, path = "/api/v1/groups/{group}", tag = "groups",
    params(("group" = String, Path, description = "Its name")),
    responses((status = 204, description = "It is gone")),
)]
pub async fn destroy(app: Data<App>, asking: Asking, _: Reauthenticated, name: Path<String>) -> Result<HttpResponse> {
    let entry = AuditEntry::by(&asking, "delete_group").target(&name);
    recorded(&app, entry, TABLE, move |connection| {
        let group = Group::by_name(connection, &name)?;
        Ok((group.id.0, Group::delete(connection, group.id)?))
    })
    .await?;
    Ok(HttpResponse::NoContent().finish())
}

/// The group of a name, if the one who asks may know of it (Z05).
fn visible(connection: &mut Connection, actor: &Actor, name: &str) -> Result<Group> {
    let group = Group::by_name(connection, name)?;
    if actor.scope().sees(group.id) { Ok(group) } else { Err(Error::NotFound("The group")) }
}
