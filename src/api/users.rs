//! `/users`: the people who sign in. Read only: people are added on the command line and in the admin area.

use std::collections::{BTreeMap, HashMap};

use actix_web::web::{Data, Json, Path};
use chrono::{DateTime, Utc};
use serde::Serialize;
use utoipa::ToSchema;

use super::input::Parameters;
use super::paging::{Key, ListQuery, Page, Shape};
use crate::app::App;
use crate::db::Connection;
use crate::error::{Error, Result};
use crate::models::actor::Role;
use crate::models::groups::Group;
use crate::models::ids::{GroupId, UserId};
use crate::models::permission::Permission;
use crate::models::users::User;

/// A person who signs in.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = User)]
pub struct UserView {
    /// The name they sign in with.
    #[schema(example = "anna")]
    pub name: String,
    /// `viewer`, `operator` or `administrator`.
    pub role: &'static str,
    /// Whether they may know of every server.
    pub all_groups: bool,
    /// Otherwise, the groups whose servers they may know of.
    pub groups: Vec<String>,
    /// Groups in which they have another role, `viewer` or `operator`.
    #[schema(example = json!({"db": "viewer"}))]
    pub group_roles: BTreeMap<String, &'static str>,
    /// What they may not do anywhere, although a role would let them: `terminal`, `root`, …
    pub withheld: Vec<&'static str>,
    /// Since when the account is out of use; null while it is in use.
    pub disabled_at: Option<DateTime<Utc>>,
    /// When the account was made.
    pub created_at: DateTime<Utc>,
    /// When it was last changed.
    pub updated_at: DateTime<Utc>,
}

const LIST: Shape<UserView> = Shape {
    sorts: &[
        ("name", |user| Key::text(&user.name)),
        ("role", |user| Key::text(user.role)),
        ("created_at", |user| Key::time(Some(user.created_at))),
    ],
    default_sort: "name",
    identity: |user| user.name.clone(),
    texts: |user| vec![&user.name, user.role],
};

/// Everybody who may sign in. Role: administrator of all servers.
#[utoipa::path(
    operation_id = "list_users",
    get, path = "/api/v1/users", tag = "users",
    params(ListQuery),
    responses((status = 200, body = Page<UserView>)),
)]
pub async fn index(app: Data<App>, query: Parameters<ListQuery>) -> Result<Json<Page<UserView>>> {
    let users = app
        .db
        .run(|connection| {
            let mut groups = Groups::load(connection)?;
            Ok::<_, Error>(User::all(connection)?.into_iter().map(|user| groups.view(user)).collect())
        })
        .await?;
    LIST.page(users, &query.0).map(Json)
}

/// One person. Role: administrator of all servers.
#[utoipa::path(
    operation_id = "get_user",
    get, path = "/api/v1/users/{user}", tag = "users",
    params(("user" = String, Path, description = "The name they sign in with")),
    responses((status = 200, body = UserView)),
)]
pub async fn show(app: Data<App>, name: Path<String>) -> Result<Json<UserView>> {
    let user = app
        .db
        .run(move |connection| {
            let user = User::by_name(connection, &name)?.ok_or(Error::NotFound("The user"))?;
            Ok::<_, Error>(Groups::load(connection)?.view(user))
        })
        .await?;
    Ok(Json(user))
}

/// The groups of everybody.
struct Groups {
    names: HashMap<GroupId, String>,
    seen: BTreeMap<UserId, Vec<GroupId>>,
    roles: BTreeMap<UserId, BTreeMap<GroupId, Role>>,
}

impl Groups {
    fn load(connection: &mut Connection) -> Result<Self> {
        let (seen, roles) = (User::groups_of_all(connection)?, User::group_roles_of_all(connection)?);
        Ok(Self { names: group_names(connection)?, seen, roles })
    }

    fn view(&mut self, user: User) -> UserView {
        let seen = self.seen.remove(&user.id).unwrap_or_default();
        let mut groups: Vec<String> = seen.iter().filter_map(|group| self.names.get(group).cloned()).collect();
        groups.sort();
        let roles = self.roles.remove(&user.id).unwrap_or_default().into_iter();
        UserView {
            groups,
            group_roles: roles.filter_map(|(id, role)| Some((self.names.get(&id)?.clone(), role.name()))).collect(),
            withheld: user.withheld().map(Permission::name).collect(),
            name: user.name,
            role: user.role.name(),
            all_groups: user.all_groups,
            disabled_at: user.disabled_at,
            created_at: user.created_at,
            updated_at: user.updated_at,
        }
    }
}

/// Every group's name.
pub(super) fn group_names(connection: &mut Connection) -> Result<HashMap<GroupId, String>> {
    Ok(Group::all(connection)?.into_iter().map(|group| (group.id, group.name)).collect())
}
