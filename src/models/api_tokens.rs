//! Signed-in programs: `Authorization: Bearer hnn_…`. Only SHA-256 of the token is stored.

use std::collections::BTreeMap;
use std::net::IpAddr;

use chrono::{DateTime, TimeDelta, Utc};
use diesel::prelude::*;

use super::actor::{Actor, ActorKind, Rights, Role, Scope};
use super::ids::{ApiTokenId, GroupId, UserId};
use super::names::name_problem;
use super::tokens;
use super::users::User;
use crate::db::errors::conflict;
use crate::db::schema::{api_token_groups, api_tokens};
use crate::error::{Error, Result};
use crate::language::Message;
use crate::secret::SecretText;

/// What every token begins with, so that people and scanners recognise one.
pub const PREFIX: &str = "hnn_";

/// How often the time of last use is written.
const NOTE_USE_EVERY: TimeDelta = TimeDelta::minutes(1);

/// One row of `api_tokens`, without its hash.
#[derive(Debug, Clone, PartialEq, Eq, HasQuery, Identifiable)]
#[diesel(table_name = api_tokens)]
#[expect(missing_docs, reason = "the migration describes the columns")]
pub struct ApiToken {
    pub id: ApiTokenId,
    pub name: String,
    pub user_id: Option<UserId>,
    pub role: Role,
    pub all_groups: bool,
    pub expires_at: Option<DateTime<Utc>>,
    pub revoked_at: Option<DateTime<Utc>>,
    pub used_at: Option<DateTime<Utc>>,
    pub created_at: DateTime<Utc>,
}

/// What is needed to make a token.
#[derive(Debug)]
pub struct NewApiToken<'a> {
    /// `ci`
    pub name: &'a str,
    /// The person it acts for; none on the command line.
    pub user_id: Option<UserId>,
    /// What it may do; never more than its owner.
    pub role: Role,
    /// On which servers; never more than its owner.
    pub scope: Scope,
    /// When it ends by itself.
    pub expires_at: Option<DateTime<Utc>>,
}

/// The text of a token to be made.
pub fn new_text() -> Result<SecretText> {
    tokens::random(PREFIX)
}

impl NewApiToken<'_> {
    /// Makes the token. The text is shown once and is not kept anywhere.
    pub fn insert(&self, connection: &mut PgConnection, now: DateTime<Utc>) -> Result<(SecretText, ApiToken)> {
        let text = new_text()?;
        let token = self.insert_as(connection, &text, now)?;
        Ok((text, token))
    }

    /// Makes the token that `text` of [`new_text`] opens.
    pub fn insert_as(&self, connection: &mut PgConnection, text: &SecretText, now: DateTime<Utc>) -> Result<ApiToken> {
        if let Some(problem) = name_problem(self.name) {
            return Err(Error::field("name", problem));
        }
        connection.transaction::<_, Error, _>(|connection| {
            let token = diesel::insert_into(api_tokens::table)
                .values((
                    api_tokens::name.eq(self.name),
                    api_tokens::token_hash.eq(tokens::hash(text.expose())),
                    api_tokens::user_id.eq(self.user_id),
                    api_tokens::role.eq(self.role),
                    api_tokens::all_groups.eq(self.scope == Scope::All),
                    api_tokens::expires_at.eq(self.expires_at),
                    api_tokens::created_at.eq(now),
                ))
                .returning(ApiToken::as_select())
                .get_result(connection)
                .map_err(|error| {
                    let message = Message::new("There is a token named {name} already").with("name", self.name);
                    conflict(error, "api_tokens_name_key", message)
                })?;
            if let Scope::Groups(groups) = &self.scope {
                let rows: Vec<_> = groups
                    .iter()
                    .map(|group| (api_token_groups::api_token_id.eq(token.id), api_token_groups::group_id.eq(*group)))
                    .collect();
                diesel::insert_into(api_token_groups::table)
                    .values(rows)
                    .on_conflict_do_nothing()
                    .execute(connection)?;
            }
            Ok(token)
        })
    }
}

impl ApiToken {
    /// All of them, by name, also those that ended.
    pub fn all(connection: &mut PgConnection) -> QueryResult<Vec<Self>> {
        Self::query().order(api_tokens::name).load(connection)
    }

    /// The tokens of one person, by name.
    pub fn of_user(connection: &mut PgConnection, user: UserId) -> QueryResult<Vec<Self>> {
        Self::query().filter(api_tokens::user_id.eq(user)).order(api_tokens::name).load(connection)
    }

    /// Who a presented token is: none if it is unknown, revoked, too old, or its owner is disabled. Its rights are cut
    /// to what its owner may do now (A08, Z04).
    pub fn find(
        connection: &mut PgConnection,
        presented: &str,
        address: Option<IpAddr>,
        now: DateTime<Utc>,
    ) -> Result<Option<(Self, Actor)>> {
        let token: Option<Self> = Self::query()
            .filter(api_tokens::token_hash.eq(tokens::hash(presented)).and(api_tokens::revoked_at.is_null()))
            .filter(api_tokens::expires_at.is_null().or(api_tokens::expires_at.gt(now)))
            .first(connection)
            .optional()?;
        let Some(token) = token else { return Ok(None) };
        let Some(actor) = token.actor(connection, address)? else { return Ok(None) };
        // Where nothing can be written, programs read on (R05).
        if let Err(problem) = token.note_use(connection, now) {
            tracing::debug!(%problem, "a token's last use could not be written");
        }
        Ok(Some((token, actor)))
    }

    /// Who it is now, by its id: none if it is revoked, too old, or its owner is disabled. For what it began and goes on without
    /// it (Z04).
    pub fn actor_now(
        connection: &mut PgConnection,
        id: ApiTokenId,
        address: Option<IpAddr>,
        now: DateTime<Utc>,
    ) -> Result<Option<Actor>> {
        let token: Option<Self> = Self::query()
            .filter(api_tokens::id.eq(id).and(api_tokens::revoked_at.is_null()))
            .filter(api_tokens::expires_at.is_null().or(api_tokens::expires_at.gt(now)))
            .first(connection)
            .optional()?;
        match token {
            Some(token) => token.actor(connection, address),
            None => Ok(None),
        }
    }

    /// The token with its rights, cut to what its owner may do now; none where the owner is disabled.
    fn actor(&self, connection: &mut PgConnection, address: Option<IpAddr>) -> Result<Option<Actor>> {
        let mut rights = Rights::new(self.role, self.scope(connection)?);
        if let Some(owner) = self.user_id {
            let owner = User::by_id(connection, owner)?;
            if !owner.is_enabled() {
                return Ok(None);
            }
            rights = rights.within(owner.rights(connection)?);
        }
        Ok(Some(Actor { kind: ActorKind::Token(self.id), name: self.name.clone(), rights, address }))
    }

    /// Whose it is, if it is anybody's.
    pub fn owner(connection: &mut PgConnection, id: ApiTokenId) -> QueryResult<Option<UserId>> {
        Ok(api_tokens::table.find(id).select(api_tokens::user_id).first(connection).optional()?.flatten())
    }

    /// Which servers the token itself names, before it is cut to its owner's.
    pub fn scope(&self, connection: &mut PgConnection) -> QueryResult<Scope> {
        if self.all_groups {
            return Ok(Scope::All);
        }
        let groups: Vec<GroupId> = api_token_groups::table
            .filter(api_token_groups::api_token_id.eq(self.id))
            .select(api_token_groups::group_id)
            .load(connection)?;
        Ok(Scope::Groups(groups))
    }

    /// The groups of all tokens that do not see everything; a token without any is missing.
    pub fn groups_of_all(connection: &mut PgConnection) -> QueryResult<BTreeMap<ApiTokenId, Vec<GroupId>>> {
        let rows: Vec<(ApiTokenId, GroupId)> = api_token_groups::table
            .select((api_token_groups::api_token_id, api_token_groups::group_id))
            .load(connection)?;
        let mut groups: BTreeMap<ApiTokenId, Vec<GroupId>> = BTreeMap::new();
        for (token, group) in rows {
            groups.entry(token).or_default().push(group);
        }
        Ok(groups)
    }

    /// Ends the token with this id.
    pub fn revoke(connection: &mut PgConnection, id: ApiTokenId, now: DateTime<Utc>) -> Result<Self> {
        diesel::update(api_tokens::table.find(id).filter(api_tokens::revoked_at.is_null()))
            .set(api_tokens::revoked_at.eq(now))
            .returning(Self::as_select())
            .get_result(connection)
            .optional()?
            .ok_or(Error::NotFound("The token"))
    }

    /// Ends every token of a person (A08). Says how many.
    pub fn revoke_all_of_user(connection: &mut PgConnection, user: UserId, now: DateTime<Utc>) -> QueryResult<usize> {
        diesel::update(api_tokens::table.filter(api_tokens::user_id.eq(user).and(api_tokens::revoked_at.is_null())))
            .set(api_tokens::revoked_at.eq(now))
            .execute(connection)
    }

    /// Whether it was ended, or ended by itself.
    pub fn is_over(&self, now: DateTime<Utc>) -> bool {
        self.revoked_at.is_some() || self.expires_at.is_some_and(|end| end <= now)
    }

    fn note_use(&self, connection: &mut PgConnection, now: DateTime<Utc>) -> QueryResult<()> {
        if self.used_at.is_some_and(|used| now < used + NOTE_USE_EVERY) {
            return Ok(());
        }
        diesel::update(self).set(api_tokens::used_at.eq(now)).execute(connection).map(drop)
    }
}
