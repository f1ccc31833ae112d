//! Groups: a way to speak of several servers at once, and the border of what a person may know of.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel::upsert::excluded;

use super::ids::GroupId;
use super::names::name_problem;
use crate::db::errors::conflict;
use crate::db::schema::{groups, user_groups, users};
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

    /// The names of people who see only servers of some groups, this one among them.
    pub fn people_limited_to(connection: &mut PgConnection, id: GroupId) -> QueryResult<Vec<String>> {
        user_groups::table
            .inner_join(users::table)
            .filter(user_groups::group_id.eq(id).and(users::all_groups.eq(false)))
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
        diesel::update(groups::table.find(id))
            .set((changes, groups::updated_at.eq(now)))
            .returning(Self::as_select())
            .get_result(connection)
            .optional()
            .map_err(|error| taken(error, changes.name.unwrap_or_default()))?
            .ok_or(Error::NotFound("The group"))
    }

    /// Deletes it; its servers stay.
    pub fn delete(connection: &mut PgConnection, id: GroupId) -> Result<()> {
        match diesel::delete(groups::table.find(id)).execute(connection)? {
            0 => Err(Error::NotFound("The group")),
            _ => Ok(()),
        }
    }
}

fn check(name: Option<&str>) -> Result<()> {
    name.and_then(name_problem).map_or(Ok(()), |problem| Err(Error::field("name", problem)))
}

fn taken(error: diesel::result::Error, name: &str) -> Error {
    conflict(error, "groups_name_key", Message::new("There is a group named {name} already").with("name", name))
}
