//! People who sign in to hannun.

mod deeds;
mod first;

use std::collections::BTreeMap;
use std::net::IpAddr;

use chrono::{DateTime, Utc};
use diesel::prelude::*;

use super::actor::{Actor, ActorKind, Rights, Role, Scope};
use super::ids::{GroupId, UserId};
use super::names::user_name_problem;
use super::permission::Permission;
use crate::db::errors::conflict;
use crate::db::schema::{user_group_roles, user_groups, users};
use crate::db::types::text_enum;
use crate::error::{Error, Result};
use crate::language::{Language, Message};
use crate::secret::password::PasswordHash;

text_enum! {
    /// How pages look to a person.
    pub enum Theme {
        /// As the browser says.
        System = "system",
        /// Dark on light.
        Light = "light",
        /// Light on dark.
        Dark = "dark",
    }
}

/// One row of `users`.
#[derive(Debug, Clone, HasQuery, Identifiable)]
#[diesel(table_name = users)]
#[expect(missing_docs, reason = "the migration describes the columns")]
pub struct User {
    pub id: UserId,
    pub name: String,
    #[diesel(deserialize_as = String)]
    pub password_hash: PasswordHash,
    pub role: Role,
    pub all_groups: bool,
    pub disabled_at: Option<DateTime<Utc>>,
    pub theme: Theme,
    /// A tag; [`User::language`] is what it means.
    pub language: Option<String>,
    pub time_zone: Option<String>,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
    pub letter_keys: bool,
    pub withheld: Vec<String>,
}

/// What is needed to add a person.
#[derive(Debug)]
pub struct NewUser<'a> {
    /// `anna`
    pub name: &'a str,
    /// Of a password that passed `secret::password::problem`.
    pub password_hash: &'a PasswordHash,
    /// What they may do, and where.
    pub rights: Rights,
}

impl NewUser<'_> {
    /// Adds the person, and the groups of their scope.
    pub fn insert(&self, connection: &mut PgConnection) -> Result<User> {
        if let Some(problem) = user_name_problem(self.name) {
            return Err(Error::field("name", problem));
        }
        connection.transaction(|connection| {
            let user = diesel::insert_into(users::table)
                .values((
                    users::name.eq(self.name),
                    users::password_hash.eq(self.password_hash.as_str()),
                    users::role.eq(self.rights.role),
                    users::all_groups.eq(self.rights.scope == Scope::All),
                    users::withheld.eq(self.rights.withheld_words()),
                ))
                .returning(User::as_select())
                .get_result(connection)
                .map_err(|error| taken(error, self.name))?;
            user.write_groups(connection, &self.rights)?;
            Ok(user)
        })
    }
}

/// What may change about a person's account without touching their rights; `None` stays as it is.
#[derive(Debug, Default, AsChangeset)]
#[diesel(table_name = users)]
pub struct UserPreferences {
    /// How pages look.
    pub theme: Option<Theme>,
    /// A language's tag; `Some(None)` follows the browser.
    pub language: Option<Option<String>>,
    /// A name of the time zone database; `Some(None)` follows the browser.
    pub time_zone: Option<Option<String>>,
    /// Whether single letters do something on pages.
    pub letter_keys: Option<bool>,
}

impl User {
    /// All of them, by name.
    pub fn all(connection: &mut PgConnection) -> QueryResult<Vec<Self>> {
        Self::query().order(users::name).load(connection)
    }

    /// The person with this id.
    pub fn by_id(connection: &mut PgConnection, id: UserId) -> Result<Self> {
        Self::query().find(id).first(connection).optional()?.ok_or(Error::NotFound("The user"))
    }

    /// The person with this name, if there is one: at sign-in, "no such person" is not an error yet.
    pub fn by_name(connection: &mut PgConnection, name: &str) -> QueryResult<Option<Self>> {
        // PostgreSQL refuses NUL in any text; nobody is named so.
        if name.contains('\0') {
            return Ok(None);
        }
        Self::query().filter(users::name.eq(name)).first(connection).optional()
    }

    /// Whether anybody was ever set up: the setup page is gone then (A12).
    pub fn anybody_exists(connection: &mut PgConnection) -> QueryResult<bool> {
        diesel::select(diesel::dsl::exists(users::table.select(users::id))).get_result(connection)
    }

    /// Whether the account may be used.
    pub fn is_enabled(&self) -> bool {
        self.disabled_at.is_none()
    }

    /// The language that the person chose; none: the browser's.
    pub fn language(&self) -> Option<Language> {
        self.language.as_deref().and_then(Language::from_tag)
    }

    /// Which servers the person may know of.
    pub fn scope(&self, connection: &mut PgConnection) -> QueryResult<Scope> {
        if self.all_groups {
            return Ok(Scope::All);
        }
        self.groups(connection).map(Scope::Groups)
    }

    /// The groups of a person whose scope is not everything.
    pub fn groups(&self, connection: &mut PgConnection) -> QueryResult<Vec<GroupId>> {
        user_groups::table.filter(user_groups::user_id.eq(self.id)).select(user_groups::group_id).load(connection)
    }

    /// The groups in which the person has a role of its own.
    pub fn group_roles(&self, connection: &mut PgConnection) -> QueryResult<BTreeMap<GroupId, Role>> {
        let roles = user_group_roles::table
            .filter(user_group_roles::user_id.eq(self.id))
            .select((user_group_roles::group_id, user_group_roles::role));
        Ok(roles.load::<(GroupId, Role)>(connection)?.into_iter().collect())
    }

    /// The groups of everybody whose scope is not everything; a person without any is missing.
    pub fn groups_of_all(connection: &mut PgConnection) -> QueryResult<BTreeMap<UserId, Vec<GroupId>>> {
        let rows: Vec<(UserId, GroupId)> =
            user_groups::table.select((user_groups::user_id, user_groups::group_id)).load(connection)?;
        let mut groups: BTreeMap<UserId, Vec<GroupId>> = BTreeMap::new();
        for (user, group) in rows {
            groups.entry(user).or_default().push(group);
        }
        Ok(groups)
    }

    /// The roles of their own that everybody has in groups; a person without any is missing.
    pub fn group_roles_of_all(connection: &mut PgConnection) -> QueryResult<BTreeMap<UserId, BTreeMap<GroupId, Role>>> {
        let columns = (user_group_roles::user_id, user_group_roles::group_id, user_group_roles::role);
        let rows: Vec<(UserId, GroupId, Role)> = user_group_roles::table.select(columns).load(connection)?;
        let mut roles: BTreeMap<UserId, BTreeMap<GroupId, Role>> = BTreeMap::new();
        for (user, group, role) in rows {
            roles.entry(user).or_default().insert(group, role);
        }
        Ok(roles)
    }

    /// What the person may not do although a role would let them.
    pub fn withheld(&self) -> impl Iterator<Item = Permission> {
        self.withheld.iter().filter_map(|name| Permission::from_name(name))
    }

    /// What the person may do, and where.
    pub fn rights(&self, connection: &mut PgConnection) -> QueryResult<Rights> {
        Ok(Rights {
            role: self.role,
            scope: self.scope(connection)?,
            group_roles: self.group_roles(connection)?,
            withheld: self.withheld().collect(),
        })
    }

    /// The person as the one who asks, from `address`.
    pub fn actor(&self, connection: &mut PgConnection, address: Option<IpAddr>) -> QueryResult<Actor> {
        Ok(Actor { kind: ActorKind::User(self.id), name: self.name.clone(), rights: self.rights(connection)?, address })
    }
}

fn taken(error: diesel::result::Error, name: &str) -> Error {
    conflict(error, "users_name_key", Message::new("There is a user named {name} already").with("name", name))
}
