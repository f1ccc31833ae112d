//! What is done to accounts. Whatever takes rights away ends the sessions and tokens that had them (A08).

use chrono::{DateTime, Utc};
use diesel::prelude::*;

use super::{User, UserPreferences};
use crate::db::schema::{user_group_roles, user_groups, users};
use crate::error::{Error, FieldErrors, Result};
use crate::language::{Language, Message};
use crate::models::actor::{Rights, Role, Scope};
use crate::models::api_tokens::ApiToken;
use crate::models::ids::UserId;
use crate::models::sessions::Session;
use crate::secret::password::PasswordHash;

impl User {
    /// Changes how hannun looks to the person.
    pub fn prefer(
        connection: &mut PgConnection,
        id: UserId,
        preferences: &UserPreferences,
        now: DateTime<Utc>,
    ) -> Result<Self> {
        let mut problems = FieldErrors::default();
        if let Some(Some(tag)) = &preferences.language
            && Language::from_tag(tag).is_none_or(|language| language.tag() != tag)
        {
            problems.add("language", "This language is not known");
        }
        if let Some(Some(zone)) = &preferences.time_zone
            && zone.parse::<chrono_tz::Tz>().is_err()
        {
            problems.add("time_zone", "This time zone is not known");
        }
        problems.or(())?;
        diesel::update(users::table.find(id))
            .set((preferences, users::updated_at.eq(now)))
            .returning(Self::as_select())
            .get_result(connection)
            .optional()?
            .ok_or(Error::NotFound("The user"))
    }

    /// Replaces the password and ends every session but `kept`, and all tokens.
    pub fn change_password(
        &self,
        connection: &mut PgConnection,
        hash: &PasswordHash,
        kept: Option<&Session>,
        now: DateTime<Utc>,
    ) -> Result<()> {
        connection.transaction(|connection| {
            diesel::update(users::table.find(self.id))
                .set((users::password_hash.eq(hash.as_str()), users::updated_at.eq(now)))
                .execute(connection)?;
            self.end_everything(connection, kept, now)
        })
    }

    /// Stores the same password's stronger hash, at sign-in (A01); ends nothing. Does nothing if the password changed meanwhile.
    pub fn strengthen_hash(&self, connection: &mut PgConnection, hash: &PasswordHash) -> QueryResult<()> {
        diesel::update(users::table.find(self.id).filter(users::password_hash.eq(self.password_hash.as_str())))
            .set(users::password_hash.eq(hash.as_str()))
            .execute(connection)
            .map(drop)
    }

    /// Changes what the person may do, and where. The last administrator cannot step down.
    pub fn change_rights(&self, connection: &mut PgConnection, rights: &Rights, now: DateTime<Utc>) -> Result<Self> {
        connection.transaction(|connection| {
            if rights.role != Role::Administrator {
                self.refuse_if_last_administrator(connection)?;
            }
            let user = diesel::update(users::table.find(self.id))
                .set((
                    users::role.eq(rights.role),
                    users::all_groups.eq(rights.scope == Scope::All),
                    users::withheld.eq(rights.withheld_words()),
                    users::updated_at.eq(now),
                ))
                .returning(Self::as_select())
                .get_result(connection)?;
            user.write_groups(connection, rights)?;
            self.end_everything(connection, None, now)?;
            Ok(user)
        })
    }

    /// Takes the account out of use. The last administrator stays.
    pub fn disable(&self, connection: &mut PgConnection, now: DateTime<Utc>) -> Result<()> {
        connection.transaction(|connection| {
            self.refuse_if_last_administrator(connection)?;
            diesel::update(users::table.find(self.id))
                .set((users::disabled_at.eq(now), users::updated_at.eq(now)))
                .execute(connection)?;
            self.end_everything(connection, None, now)
        })
    }

    /// Takes the account into use again.
    pub fn enable(&self, connection: &mut PgConnection, now: DateTime<Utc>) -> Result<()> {
        diesel::update(users::table.find(self.id))
            .set((users::disabled_at.eq(None::<DateTime<Utc>>), users::updated_at.eq(now)))
            .execute(connection)?;
        Ok(())
    }

    /// Writes the groups of a scope, and the roles in groups; a scope of everything has no groups.
    pub(super) fn write_groups(&self, connection: &mut PgConnection, rights: &Rights) -> QueryResult<()> {
        diesel::delete(user_group_roles::table.filter(user_group_roles::user_id.eq(self.id))).execute(connection)?;
        let roles = rights.group_roles.iter().map(|(group, role)| {
            let (user, group) = (user_group_roles::user_id.eq(self.id), user_group_roles::group_id.eq(*group));
            (user, group, user_group_roles::role.eq(*role))
        });
        diesel::insert_into(user_group_roles::table).values(roles.collect::<Vec<_>>()).execute(connection)?;
        diesel::delete(user_groups::table.filter(user_groups::user_id.eq(self.id))).execute(connection)?;
        let Scope::Groups(groups) = &rights.scope else { return Ok(()) };
        let rows: Vec<_> =
            groups.iter().map(|group| (user_groups::user_id.eq(self.id), user_groups::group_id.eq(*group))).collect();
        diesel::insert_into(user_groups::table).values(rows).on_conflict_do_nothing().execute(connection).map(drop)
    }

    fn end_everything(&self, connection: &mut PgConnection, kept: Option<&Session>, now: DateTime<Utc>) -> Result<()> {
        Session::end_all_of_user(connection, self.id, kept)?;
        ApiToken::revoke_all_of_user(connection, self.id, now)?;
        Ok(())
    }

    /// Locks the administrators, so that two of them cannot remove each other at once.
    fn refuse_if_last_administrator(&self, connection: &mut PgConnection) -> Result<()> {
        let administrators: Vec<UserId> = users::table
            .filter(users::role.eq(Role::Administrator).and(users::disabled_at.is_null()))
            .select(users::id)
            .order(users::id)
            .for_update()
            .load(connection)?;
        if administrators == [self.id] {
            return Err(Error::Conflict(
                Message::new("{name} is the last administrator. Make somebody else one first").with("name", &self.name),
            ));
        }
        Ok(())
    }
}
