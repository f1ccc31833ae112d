//! Adding and changing a command, checked by the catalogue's own rules.

use chrono::{DateTime, Utc};
use serde::Deserialize;
use utoipa::ToSchema;

use crate::commands::{AddedCommand, Catalog, CommandType, Conditions};
use crate::db::Connection;
use crate::error::{Error, FieldErrors, Result};
use crate::models::commands::{NewStoredCommand, StoredCommand, StoredCommandChanges};

/// A command to be added.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewCommand)]
pub struct CommandToAdd {
    /// What it answers: the name of a command type.
    #[schema(example = "list_processes")]
    pub command_type: String,
    /// Lower-case letters, digits and hyphens, at most 63.
    #[schema(pattern = "^[a-z0-9-]{1,63}$")]
    pub name: String,
    /// The platforms that it is for; what is not given is not asked.
    #[serde(default)]
    #[schema(value_type = serde_json::Value, example = json!({"os": "linux", "has": ["ss"]}))]
    pub on: Conditions,
    /// The script, run by `/bin/sh`.
    pub script: String,
    /// Which reader reads its answer.
    #[serde(default = "table")]
    #[schema(default = "table")]
    pub format: String,
}

/// What is to change about a command; what is not given stays.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = CommandChanges)]
pub struct CommandToChange {
    /// Its new name.
    pub name: Option<String>,
    /// The platforms that it is for, instead of those before.
    #[schema(value_type = Option<serde_json::Value>)]
    pub on: Option<Conditions>,
    /// The script.
    pub script: Option<String>,
    /// Which reader reads its answer.
    pub format: Option<String>,
}

fn table() -> String {
    "table".to_owned()
}

impl CommandToAdd {
    /// Adds it.
    pub(super) fn add(self, connection: &mut Connection) -> Result<StoredCommand> {
        let command_type = CommandType::from_name(&self.command_type)
            .ok_or_else(|| Error::field("command_type", "There is no such command type"))?;
        let platform = serde_json::to_value(&self.on).map_err(Error::internal)?;
        let added =
            AddedCommand { command_type, name: self.name, on: self.on, script: self.script, format: self.format };
        check(&added)?;
        let new = NewStoredCommand {
            command_type: command_type.name(),
            name: &added.name,
            platform: &platform,
            script: &added.script,
            format: &added.format,
        };
        new.insert(connection)
    }
}

impl CommandToChange {
    /// Changes `before`.
    pub(super) fn apply(
        self,
        connection: &mut Connection,
        before: &StoredCommand,
        now: DateTime<Utc>,
    ) -> Result<StoredCommand> {
        let stored = before.added().map_err(|problem| Error::Conflict(problem.why))?;
        let after = AddedCommand {
            command_type: stored.command_type,
            name: self.name.unwrap_or(stored.name),
            on: self.on.unwrap_or(stored.on),
            script: self.script.unwrap_or(stored.script),
            format: self.format.unwrap_or(stored.format),
        };
        check(&after)?;
        let platform = serde_json::to_value(&after.on).map_err(Error::internal)?;
        let changes = StoredCommandChanges {
            name: Some(&after.name),
            platform: Some(&platform),
            script: Some(&after.script),
            format: Some(&after.format),
        };
        StoredCommand::change(connection, before.id, &changes, now)
    }
}

fn check(command: &AddedCommand) -> Result<()> {
    match Catalog::built_in().with_added(vec![command.clone()]) {
        Ok(_) => Ok(()),
        Err(problem) => Err(FieldErrors::default().and(problem.field, problem.why).into()),
    }
}
