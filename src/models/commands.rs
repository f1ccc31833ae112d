//! Commands added in the admin area, as stored: the catalogue reads them, checks them and decides between them.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel::upsert::excluded;

use super::ids::CommandId;
use super::inventory_files::only_by_hand;
use super::settings::Setting;
use crate::commands::{AddedCommand, CatalogError, CommandType, Conditions};
use crate::db::errors::conflict;
use crate::db::schema::commands;
use crate::error::{Error, Result};
use crate::language::Message;

/// Grows with each change of the table, whoever writes it: a trigger sees to that.
pub const VERSION: Setting<i64> = Setting::new("commands.version", || 0);

/// One row of `commands`.
#[derive(Debug, Clone, PartialEq, HasQuery, Identifiable)]
#[diesel(table_name = commands)]
#[expect(missing_docs, reason = "the migration describes the columns")]
pub struct StoredCommand {
    pub id: CommandId,
    pub command_type: String,
    pub name: String,
    pub platform: serde_json::Value,
    pub script: String,
    pub format: String,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
    pub managed_by: Option<String>,
}

/// What is needed to add a command; the catalogue has accepted it.
#[derive(Debug, Insertable)]
#[diesel(table_name = commands)]
#[expect(missing_docs, reason = "the same as in the row")]
pub struct NewStoredCommand<'a> {
    pub command_type: &'a str,
    pub name: &'a str,
    pub platform: &'a serde_json::Value,
    pub script: &'a str,
    pub format: &'a str,
}

impl NewStoredCommand<'_> {
    /// Adds the command.
    pub fn insert(&self, connection: &mut PgConnection) -> Result<StoredCommand> {
        self.insert_into(commands::table)
            .returning(StoredCommand::as_select())
            .get_result(connection)
            .map_err(|error| taken(error, self.name))
    }
}

/// What may change about a command; `None` stays as it is.
#[derive(Debug, Default, AsChangeset)]
#[diesel(table_name = commands)]
#[expect(missing_docs, reason = "the same as in the row")]
pub struct StoredCommandChanges<'a> {
    pub name: Option<&'a str>,
    pub platform: Option<&'a serde_json::Value>,
    pub script: Option<&'a str>,
    pub format: Option<&'a str>,
}

impl StoredCommand {
    /// As the catalogue takes it. A row of another version may name a type or conditions that are not known here.
    pub fn added(&self) -> std::result::Result<AddedCommand, CatalogError> {
        let problem = |field, why| CatalogError { name: self.name.clone(), field, why };
        let command_type = CommandType::from_name(&self.command_type)
            .ok_or_else(|| problem("command_type", Message::new("This version of hannun does not know its type")))?;
        let on: Conditions = serde_json::from_value(self.platform.clone())
            .map_err(|error| problem("on", Message::new("Its conditions cannot be read: {why}").with("why", error)))?;
        let (name, script, format) = (self.name.clone(), self.script.clone(), self.format.clone());
        Ok(AddedCommand { command_type, name, on, script, format })
    }

    /// All of them, by command type and name.
    pub fn all(connection: &mut PgConnection) -> QueryResult<Vec<Self>> {
        Self::query().order((commands::command_type, commands::name)).load(connection)
    }

    /// The command with this id.
    pub fn by_id(connection: &mut PgConnection, id: CommandId) -> Result<Self> {
        Self::query().find(id).first(connection).optional()?.ok_or(Error::NotFound("The command"))
    }

    /// Adds the new ones and changes the others, as a file describes them. Whoever calls this holds the table and has
    /// checked everything. Gives type, name and id of each.
    pub fn keep_all(
        connection: &mut PgConnection,
        wanted: &[(NewStoredCommand<'_>, Option<&str>)],
        now: DateTime<Utc>,
    ) -> Result<Vec<(String, String, CommandId)>> {
        let rows: Vec<_> = wanted
            .iter()
            .map(|(new, file)| {
                (
                    commands::command_type.eq(new.command_type),
                    commands::name.eq(new.name),
                    commands::platform.eq(new.platform),
                    commands::script.eq(new.script),
                    commands::format.eq(new.format),
                    commands::managed_by.eq(*file),
                    commands::updated_at.eq(now),
                )
            })
            .collect();
        Ok(diesel::insert_into(commands::table)
            .values(rows)
            .on_conflict((commands::command_type, commands::name))
            .do_update()
            .set((
                commands::platform.eq(excluded(commands::platform)),
                commands::script.eq(excluded(commands::script)),
                commands::format.eq(excluded(commands::format)),
                commands::managed_by.eq(excluded(commands::managed_by)),
                commands::updated_at.eq(excluded(commands::updated_at)),
            ))
            .returning((commands::command_type, commands::name, commands::id))
            .get_results(connection)?)
    }

    /// Deletes these commands, also those that came from a file.
    pub fn delete_all(connection: &mut PgConnection, ids: &[CommandId]) -> QueryResult<()> {
        diesel::delete(commands::table.filter(commands::id.eq_any(ids))).execute(connection).map(drop)
    }

    /// Changes it.
    pub fn change(
        connection: &mut PgConnection,
        id: CommandId,
        changes: &StoredCommandChanges<'_>,
        now: DateTime<Utc>,
    ) -> Result<Self> {
        Self::of_hand(connection, id)?;
        diesel::update(commands::table.find(id))
            .set((changes, commands::updated_at.eq(now)))
            .returning(Self::as_select())
            .get_result(connection)
            .optional()
            .map_err(|error| taken(error, changes.name.unwrap_or_default()))?
            .ok_or(Error::NotFound("The command"))
    }

    /// The command, if it may be changed by hand: it did not come from a file.
    fn of_hand(connection: &mut PgConnection, id: CommandId) -> Result<Self> {
        let command = Self::by_id(connection, id)?;
        only_by_hand(&command.name, command.managed_by.as_deref())?;
        Ok(command)
    }

    /// Deletes it. Not by hand where it came from a file.
    pub fn delete(connection: &mut PgConnection, id: CommandId) -> Result<()> {
        let command = Self::of_hand(connection, id)?;
        diesel::delete(&command).execute(connection)?;
        Ok(())
    }
}

fn taken(error: diesel::result::Error, name: &str) -> Error {
    let message = Message::new("There is a command named {name} for this already").with("name", name);
    conflict(error, "commands_command_type_name_key", message)
}
