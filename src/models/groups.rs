//! Groups: a way to speak of several servers at once, and the border of what a person may know of.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel::upsert::excluded;

use super::allowance::Allowance;
use super::ids::GroupId;
use super::inventory_files::only_by_hand;
use super::names::name_problem;
use crate::db::errors::conflict;
use crate::db::schema::{groups, user_group_roles, user_groups, users};
use crate::error::{Error, Result};
use crate::language::Message;

/// One row of `groups`.
#[derive(Debug, Clone, PartialEq, Eq, HasQuery, Identifiable)]
#[diesel(table_name = groups)]
#[expect(missing_docs, reason = "the migration describes the columns")]
pub struct Group {
    pub id: GroupId,
    pub name: String,
    pub note: String,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
    pub managed_by: Option<String>,
    pub allow: Allowance,
}

/// What is needed to add a group.
#[derive(Debug, Insertable)]
#[diesel(table_name = groups)]
pub struct NewGroup<'a> {
    /// `web`
    pub name: &'a str,
    /// What people wrote about it.
    pub note: &'a str,
}

impl NewGroup<'_> {
    /// Adds the group.
    pub fn insert(&self, connection: &mut PgConnection) -> Result<Group> {
        check(Some(self.name))?;
        self.insert_into(groups::table)
            .returning(Group::as_select())
            .get_result(connection)
            .map_err(|error| taken(error, self.name))
    }
}

/// What may change about a group; `None` stays as it is.
#[derive(Debug, Default, AsChangeset)]
#[diesel(table_name = groups)]
#[expect(missing_docs, reason = "the same as in the row")]
pub struct GroupChanges<'a> {
    pub name: Option<&'a str>,
    pub note: Option<&'a str>,
    pub allow: Option<Allowance>,
}

impl Group {
    /// All of them, by name.
    pub fn all(connection: &mut PgConnection) -> QueryResult<Vec<Self>> {
        Self::query().order(groups::name).load(connection)
    }

    /// The group with this id.
    pub fn by_id(connection: &mut PgConnection, id: GroupId) -> Result<Self> {
        Self::query().find(id).first(connection).optional()?.ok_or(Error::NotFound("The group"))
    }

    /// The group with this name.
    pub fn by_name(connection: &mut PgConnection, name: &str) -> Result<Self> {
        Self::query().filter(groups::name.eq(name)).first(connection).optional()?.ok_or(Error::NotFound("The group"))
    }

    /// The groups of these names, in no order; unknown names are left out.
    pub fn by_names(connection: &mut PgConnection, names: &[String]) -> QueryResult<Vec<Self>> {
        Self::query().filter(groups::name.eq_any(names)).load(connection)
    }

    /// The ids of the groups of these names, all of which must be there.
    pub fn ids_of(connection: &mut PgConnection, names: &[String]) -> Result<Vec<GroupId>> {
        let found = Self::by_names(connection, names)?;
        let missing: Vec<&str> =
            names.iter().filter(|name| !found.iter().any(|group| group.name == **name)).map(String::as_str).collect();
        if missing.is_empty() {
            return Ok(found.into_iter().map(|group| group.id).collect());
        }
        Err(Error::field("groups", Message::new("There is no group {names}").with("names", missing.join(", "))))
    }

    /// The groups of these names; those that do not exist are added.
    pub fn ensure(connection: &mut PgConnection, names: &[String]) -> Result<Vec<Self>> {
        let mut rows = Vec::with_capacity(names.len());
        for name in names {
            check(Some(name))?;
            rows.push(NewGroup { name, note: "" });
        }
        Ok(diesel::insert_into(groups::table)
            .values(&rows)
            .on_conflict(groups::name)
            // An update that changes nothing: `do nothing` would not return the row.
            .do_update()
            .set(groups::name.eq(excluded(groups::name)))
            .returning(Self::as_select())
            .get_results(connection)?)
    }

    /// Adds the new ones and changes the others, as a file describes them: name, note, switch, file. Gives the id of each
    /// name. Whoever calls this holds the table and has checked everything.
    pub fn keep_all(
        connection: &mut PgConnection,
        wanted: &[(&str, &str, Allowance, Option<&str>)],
        now: DateTime<Utc>,
    ) -> Result<Vec<(String, GroupId)>> {
        let rows: Vec<_> = wanted
            .iter()
            .map(|(name, note, allow, file)| {
                let (name, note) = (groups::name.eq(*name), groups::note.eq(*note));
                (name, note, groups::allow.eq(*allow), groups::managed_by.eq(*file), groups::updated_at.eq(now))
            })
            .collect();
        Ok(diesel::insert_into(groups::table)
            .values(rows)
            .on_conflict(groups::name)
            .do_update()
            .set((
                groups::note.eq(excluded(groups::note)),
                groups::allow.eq(excluded(groups::allow)),
                groups::managed_by.eq(excluded(groups::managed_by)),
                groups::updated_at.eq(excluded(groups::updated_at)),
            ))
            .returning((groups::name, groups::id))
            .get_results(connection)?)
    }

    /// Deletes these groups, also those that came from a file; their servers stay.
    pub fn delete_all(connection: &mut PgConnection, ids: &[GroupId]) -> QueryResult<()> {
        diesel::delete(groups::table.filter(groups::id.eq_any(ids))).execute(connection).map(drop)
    }

    /// The names of people who see only servers of some groups, this one among them.
    pub fn people_limited_to(connection: &mut PgConnection, id: GroupId) -> QueryResult<Vec<String>> {
        user_groups::table
            .inner_join(users::table)
            .filter(user_groups::group_id.eq(id).and(users::all_groups.eq(false)))
            .select(users::name)
            .order(users::name)
            .load(connection)
    }

    /// The names of people who have another role on its servers than elsewhere.
    pub fn people_with_another_role(connection: &mut PgConnection, id: GroupId) -> QueryResult<Vec<String>> {
        user_group_roles::table
            .inner_join(users::table)
            .filter(user_group_roles::group_id.eq(id))
            .select(users::name)
            .order(users::name)
            .load(connection)
    }

    /// Changes it.
    pub fn change(
        connection: &mut PgConnection,
        id: GroupId,
        changes: &GroupChanges<'_>,
        now: DateTime<Utc>,
    ) -> Result<Self> {
        check(changes.name)?;
        Self::of_hand(connection, id)?;
        diesel::update(groups::table.find(id))
            .set((changes, groups::updated_at.eq(now)))
            .returning(Self::as_select())
            .get_result(connection)
            .optional()
            .map_err(|error| taken(error, changes.name.unwrap_or_default()))?
            .ok_or(Error::NotFound("The group"))
    }

    /// The group, if it may be changed by hand: it did not come from a file.
    fn of_hand(connection: &mut PgConnection, id: GroupId) -> Result<Self> {
        let group = Self::by_id(connection, id)?;
        only_by_hand(&group.name, group.managed_by.as_deref())?;
        Ok(group)
    }

    /// Deletes it; its servers stay. Not by hand where it came from a file.
    pub fn delete(connection: &mut PgConnection, id: GroupId) -> Result<()> {
        let group = Self::of_hand(connection, id)?;
        diesel::delete(&group).execute(connection)?;
        Ok(())
    }
}

fn check(name: Option<&str>) -> Result<()> {
    name.and_then(name_problem).map_or(Ok(()), |problem| Err(Error::field("name", problem)))
}

fn taken(error: diesel::result::Error, name: &str) -> Error {
    conflict(error, "groups_name_key", Message::new("There is a group named {name} already").with("name", name))
}
