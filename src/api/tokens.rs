//! `/tokens`: programs that may use this API. A token's text is in the answer to its creation, and nowhere else.

use std::collections::{BTreeMap, HashMap};

use actix_web::HttpResponse;
use actix_web::web::{Data, Json, Path};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::input::{Body, Parameters};
use super::paging::{Key, ListQuery, Page, Shape};
use super::recorded::recorded;
use super::users::group_names;
use crate::app::App;
use crate::db::Connection;
use crate::error::{Error, FieldErrors, Result};
use crate::models::actor::{Actor, ActorKind, Role, Scope};
use crate::models::api_tokens::{ApiToken, NewApiToken};
use crate::models::audit::AuditEntry;
use crate::models::groups::Group;
use crate::models::ids::{ApiTokenId, GroupId, UserId};
use crate::models::users::User;
use crate::web::extract::{Asking, Reauthenticated};

/// A program that may use this API.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Token)]
pub struct TokenView {
    /// Its name, by which it is addressed.
    #[schema(example = "ci")]
    pub name: String,
    /// The person it acts for, whose rights bound it; null where it was made on the command line.
    pub user: Option<String>,
    /// `viewer`, `operator` or `administrator`.
    pub role: &'static str,
    /// Whether it may know of every server.
    pub all_groups: bool,
    /// Otherwise, the groups whose servers it may know of.
    pub groups: Vec<String>,
    /// When it ends by itself; null: never.
    pub expires_at: Option<DateTime<Utc>>,
    /// When it was ended; null while it is not.
    pub revoked_at: Option<DateTime<Utc>>,
    /// When it was last used, to the minute.
    pub used_at: Option<DateTime<Utc>>,
    /// When it was made.
    pub created_at: DateTime<Utc>,
}

/// A token to be made.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewToken)]
pub struct TokenToMake {
    /// Lower-case letters, digits, dots and hyphens, at most 63.
    #[schema(pattern = "^[a-z0-9][a-z0-9.-]{0,62}$", example = "ci")]
    pub name: String,
    /// What it may do; not more than the one who makes it.
    #[schema(value_type = String, example = "viewer")]
    pub role: Role,
    /// The groups whose servers it may know of; null or absent: every server. An empty list is no server at all.
    #[serde(default)]
    pub groups: Option<Vec<String>>,
    /// When it ends by itself; null or absent: as late as the token that makes it, if that one ends.
    #[serde(default)]
    pub expires_at: Option<DateTime<Utc>>,
}

/// A new token with its text, which is shown this once.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = MadeToken)]
pub struct MadeToken {
    /// What goes after `Authorization: Bearer`.
    #[schema(example = "hnn_…")]
    pub token: String,
    /// The rest of it.
    #[serde(flatten)]
    pub about: TokenView,
}

/// What audit events call rows of this kind.
const TABLE: &str = "tokens";

const LIST: Shape<TokenView> = Shape {
    sorts: &[
        ("name", |token| Key::text(&token.name)),
        ("created_at", |token| Key::time(Some(token.created_at))),
        ("used_at", |token| Key::time(token.used_at)),
        ("expires_at", |token| Key::time(token.expires_at)),
    ],
    default_sort: "name",
    identity: |token| token.name.clone(),
    texts: |token| vec![&token.name, token.user.as_deref().unwrap_or_default()],
};

/// Every token, also those that ended. Role: administrator of all servers.
#[utoipa::path(
    operation_id = "list_tokens",
    get, path = "/api/v1/tokens", tag = "tokens",
    params(ListQuery),
    responses((status = 200, body = Page<TokenView>)),
)]
pub async fn index(app: Data<App>, query: Parameters<ListQuery>) -> Result<Json<Page<TokenView>>> {
    let tokens = app
        .db
        .run(|connection| {
            let mut names = Names::load(connection)?;
            Ok::<_, Error>(ApiToken::all(connection)?.into_iter().map(|token| names.view(token)).collect())
        })
        .await?;
    LIST.page(tokens, &query.0).map(Json)
}

/// Makes a token. Role: administrator of all servers.
#[utoipa::path(
    operation_id = "create_token",
    post, path = "/api/v1/tokens", tag = "tokens",
    request_body = TokenToMake,
    responses((status = 201, body = MadeToken)),
)]
pub async fn create(
    app: Data<App>,
    asking: Asking,
    _: Reauthenticated,
    body: Body<TokenToMake>,
) -> Result<HttpResponse> {
    let now = app.clock.now();
    let (actor, wish) = (asking.0, body.0);
    let entry = AuditEntry::by(&actor, "create_token").target(&wish.name).detail("role", wish.role.name());
    let made = recorded(&app, entry, TABLE, move |connection| {
        let (user_id, latest_end) = maker(connection, &actor)?;
        let expires_at = wish.expires_at.or(latest_end);
        check(&actor, &wish, latest_end, now)?;
        let scope = match &wish.groups {
            None => Scope::All,
            Some(names) => Scope::Groups(Group::ids_of(connection, names)?),
        };
        let new = NewApiToken { name: &wish.name, user_id, role: wish.role, scope, expires_at };
        let (text, token) = new.insert(connection, now)?;
        let id = token.id.0;
        let about = Names::load(connection)?.view(token);
        Ok((id, MadeToken { token: text.expose().clone(), about }))
    })
    .await?;
    Ok(HttpResponse::Created().json(made))
}

/// Ends a token; what it is doing ends within seconds. Role: administrator of all servers.
#[utoipa::path(
    operation_id = "revoke_token",
    delete, path = "/api/v1/tokens/{token}", tag = "tokens",
    params(("token" = String, Path, description = "Its name")),
    responses((status = 204, description = "It is ended")),
)]
pub async fn revoke(app: Data<App>, asking: Asking, _: Reauthenticated, name: Path<String>) -> Result<HttpResponse> {
    let now = app.clock.now();
    let entry = AuditEntry::by(&asking, "revoke_token").target(&name);
    recorded(&app, entry, TABLE, move |connection| {
        let token = ApiToken::all(connection)?.into_iter().find(|token| token.name == *name);
        let token = token.ok_or(Error::NotFound("The token"))?;
        ApiToken::revoke(connection, token.id, now)?;
        Ok((token.id.0, ()))
    })
    .await?;
    Ok(HttpResponse::NoContent().finish())
}

/// The person a new token acts for, and when it must end: a token gives no more than it has, also not time.
fn maker(connection: &mut Connection, actor: &Actor) -> Result<(Option<UserId>, Option<DateTime<Utc>>)> {
    match actor.kind {
        ActorKind::User(user) => Ok((Some(user), None)),
        ActorKind::Token(id) => {
            let token = ApiToken::all(connection)?.into_iter().find(|token| token.id == id);
            let token = token.ok_or(Error::SignInNeeded)?;
            Ok((token.user_id, token.expires_at))
        }
        ActorKind::System => Ok((None, None)),
    }
}

fn check(actor: &Actor, wish: &TokenToMake, latest_end: Option<DateTime<Utc>>, now: DateTime<Utc>) -> Result<()> {
    let mut errors = FieldErrors::default();
    if !actor.may(wish.role) {
        errors.add("role", "This is more than you may do yourself");
    }
    match (wish.expires_at, latest_end) {
        (Some(end), _) if end <= now => errors.add("expires_at", "This time is over"),
        (Some(end), Some(latest)) if end > latest => errors.add("expires_at", "This is later than your own token ends"),
        _ => {}
    }
    errors.or(())
}

/// What stands for the ids in a token's row.
struct Names {
    groups: HashMap<GroupId, String>,
    users: HashMap<UserId, String>,
    seen: BTreeMap<ApiTokenId, Vec<GroupId>>,
}

impl Names {
    fn load(connection: &mut Connection) -> Result<Self> {
        let users = User::all(connection)?.into_iter().map(|user| (user.id, user.name)).collect();
        Ok(Self { groups: group_names(connection)?, users, seen: ApiToken::groups_of_all(connection)? })
    }

    fn view(&mut self, token: ApiToken) -> TokenView {
        let seen = self.seen.remove(&token.id).unwrap_or_default();
        let mut groups: Vec<String> = seen.iter().filter_map(|group| self.groups.get(group).cloned()).collect();
        groups.sort();
        TokenView {
            groups,
            user: token.user_id.and_then(|user| self.users.get(&user).cloned()),
            name: token.name,
            role: token.role.name(),
            all_groups: token.all_groups,
            expires_at: token.expires_at,
            revoked_at: token.revoked_at,
            used_at: token.used_at,
            created_at: token.created_at,
        }
    }
}
