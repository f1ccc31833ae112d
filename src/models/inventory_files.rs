//! Files that servers came from, each as it was applied last. What a file manages is changed by applying it again.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel::upsert::excluded;

use crate::db::schema::{commands, credentials, groups, inventory_files, servers};
use crate::error::{Error, Result};
use crate::language::Message;

/// Longest name, in characters.
const LONGEST_NAME: usize = 128;

/// One row of `inventory_files`.
#[derive(Debug, Clone, PartialEq, Eq, HasQuery, Identifiable, Insertable)]
#[diesel(table_name = inventory_files, primary_key(name))]
#[expect(missing_docs, reason = "the migration describes the columns")]
pub struct InventoryFile {
    pub name: String,
    pub text: String,
    pub applied_at: DateTime<Utc>,
    pub applied_by: String,
}

impl InventoryFile {
    /// What is wrong with the name of a file.
    pub fn name_problem(name: &str) -> Option<Message> {
        let good = !name.is_empty()
            && name.chars().count() <= LONGEST_NAME
            && !name.contains(|c: char| c.is_control() || c == '/')
            && name.trim() == name;
        (!good).then(|| Message::new("Write the name of a file, without its folder, at most 128 characters"))
    }

    /// All of them, by name.
    pub fn all(connection: &mut PgConnection) -> QueryResult<Vec<Self>> {
        Self::query().order(inventory_files::name).load(connection)
    }

    /// The file of a name.
    pub fn by_name(connection: &mut PgConnection, name: &str) -> Result<Self> {
        if name.contains('\0') {
            return Err(Error::NotFound("The file"));
        }
        Self::query().find(name).first(connection).optional()?.ok_or(Error::NotFound("The file"))
    }

    /// The text that is kept of a file, if there is one.
    pub fn text_of(connection: &mut PgConnection, name: &str) -> QueryResult<Option<String>> {
        inventory_files::table.find(name).select(inventory_files::text).first(connection).optional()
    }

    /// Keeps it as it was applied now.
    pub fn save(&self, connection: &mut PgConnection) -> Result<()> {
        diesel::insert_into(inventory_files::table)
            .values(self)
            .on_conflict(inventory_files::name)
            .do_update()
            .set((
                inventory_files::text.eq(excluded(inventory_files::text)),
                inventory_files::applied_at.eq(excluded(inventory_files::applied_at)),
                inventory_files::applied_by.eq(excluded(inventory_files::applied_by)),
            ))
            .execute(connection)?;
        Ok(())
    }

    /// Forgets it: what it managed stays as it is, and is changed by hand from now on. Gives how much that is.
    pub fn release(connection: &mut PgConnection, name: &str) -> Result<usize> {
        connection.transaction(|connection| {
            let file = Self::by_name(connection, name)?;
            let nobody = None::<String>;
            let by = &file.name;
            let freed = diesel::update(credentials::table.filter(credentials::managed_by.eq(by)))
                .set(credentials::managed_by.eq(&nobody))
                .execute(connection)?
                + diesel::update(groups::table.filter(groups::managed_by.eq(by)))
                    .set(groups::managed_by.eq(&nobody))
                    .execute(connection)?
                + diesel::update(servers::table.filter(servers::managed_by.eq(by)))
                    .set(servers::managed_by.eq(&nobody))
                    .execute(connection)?
                + diesel::update(commands::table.filter(commands::managed_by.eq(by)))
                    .set(commands::managed_by.eq(&nobody))
                    .execute(connection)?;
            diesel::delete(&file).execute(connection)?;
            Ok(freed)
        })
    }
}

/// Holds the whole registry until the end of the transaction: others read, nobody changes. One file is applied at a time.
pub fn hold_registry(connection: &mut PgConnection) -> QueryResult<()> {
    let tables = "lock table credentials, groups, servers, commands in share row exclusive mode";
    diesel::sql_query(tables).execute(connection).map(drop)
}

/// Refuses to change by hand what came from a file.
pub fn only_by_hand(name: &str, managed_by: Option<&str>) -> Result<()> {
    match managed_by {
        None => Ok(()),
        Some(file) => Err(Error::Conflict(comes_from(name, file))),
    }
}

/// Why something cannot be changed by hand.
pub fn comes_from(name: &str, file: &str) -> Message {
    Message::new("{name} comes from {file}. Change it there, and apply the file again")
        .with("name", name)
        .with("file", file)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_s_name_has_no_folder_and_no_second_line() {
        for good in ["servers.yml", "서버 목록.yml", &"a".repeat(128)] {
            assert_eq!(InventoryFile::name_problem(good), None, "{good}");
        }
        for bad in ["", " a", "a/b", "a\nb", "a\0", &"a".repeat(129)] {
            assert!(InventoryFile::name_problem(bad).is_some(), "{bad:?}");
        }
    }
}
