//! The rows of the list: what came with hannun and what was added, each with how it went when somebody tried it.

use chrono::{DateTime, Utc};
use sha2::{Digest, Sha256};

use crate::admin::cell::Cell;
use crate::commands::catalog::Variant;
use crate::commands::{Catalog, CommandType, Conditions};
use crate::db::Connection;
use crate::error::Result;
use crate::language::Message;
use crate::models::commands::StoredCommand;
use crate::models::trials::{Trial, TrialOutcome, fingerprint};

/// Where a command is from.
pub(super) const ORIGINS: &[(&str, &str)] = &[("built-in", "Built in"), ("added", "Added here")];

/// How far a command is to be trusted.
pub(super) const STATES: &[(&str, &str)] = &[
    ("verified", "Seen to work"),
    ("documented", "Documented"),
    ("worked", "Worked when tried"),
    ("failed", "Failed when tried"),
    ("untried", "Not tried on any server"),
    ("unusable", "Cannot be used"),
];

/// One command.
pub struct Row {
    /// Its number; those that came with hannun have negative ones that follow from their names.
    pub(super) id: i64,
    pub(super) command_type: String,
    pub(super) name: String,
    pub(super) on: Conditions,
    pub(super) format: String,
    pub(super) script: String,
    pub(super) updated_at: Option<DateTime<Utc>>,
    unverified: bool,
    trial: Option<TrialOutcome>,
    /// Why it is not used: a row of another version, say.
    pub(super) problem: Option<Message>,
}

impl Row {
    pub(super) fn is_built_in(&self) -> bool {
        self.id < 0
    }

    pub(super) fn origin(&self) -> &'static str {
        if self.is_built_in() { "built-in" } else { "added" }
    }

    pub(super) fn state(&self) -> &'static str {
        match self.trial {
            _ if self.problem.is_some() => "unusable",
            Some(TrialOutcome::Worked) => "worked",
            Some(TrialOutcome::Failed) => "failed",
            None if self.is_built_in() && self.unverified => "documented",
            None if self.is_built_in() => "verified",
            None => "untried",
        }
    }

    pub(super) fn state_cell(&self) -> Cell {
        let (state, dot) = match self.state() {
            "unusable" => ("unusable", "crit"),
            "failed" => ("failed", "warn"),
            state @ ("verified" | "worked") => (state, "up"),
            state => (state, "none"),
        };
        let label = STATES.iter().find(|(known, _)| *known == state).map_or("", |(_, label)| *label);
        Cell::State { dot, label }
    }

    pub(super) fn type_cell(&self) -> Cell {
        match CommandType::from_name(&self.command_type) {
            Some(known) => Cell::Word(known.label()),
            None => Cell::Code(self.command_type.clone()),
        }
    }

    pub(super) fn searched(&self) -> String {
        let label = CommandType::from_name(&self.command_type).map_or("", CommandType::label);
        [&self.name, &self.command_type, label, &self.on.text(), &self.format, &self.script].join(" ")
    }
}

/// All of them: by type, those that came with hannun first.
pub(super) fn all(connection: &mut Connection) -> Result<Vec<Row>> {
    let known = CommandType::ALL.iter().flat_map(|command_type| Catalog::built_in().variants(*command_type));
    let mut rows: Vec<Row> = known.map(built_in).collect();
    rows.extend(StoredCommand::all(connection)?.into_iter().map(stored));
    let name = |row: &Row| fingerprint(&row.command_type, &row.format, &row.script);
    let fingerprints: Vec<String> = rows.iter().map(name).collect();
    let trials = Trial::of(connection, &fingerprints)?;
    for (row, fingerprint) in rows.iter_mut().zip(&fingerprints) {
        row.trial = trials.get(fingerprint).map(|trial| trial.outcome);
    }
    rows.sort_by_cached_key(|row| row.type_cell().sort_key());
    Ok(rows)
}

fn built_in(variant: &Variant) -> Row {
    Row {
        id: number(variant.command_type, &variant.name),
        command_type: variant.command_type.name().to_owned(),
        name: variant.name.clone(),
        on: variant.on.clone(),
        format: variant.format.to_string(),
        script: variant.script.to_string(),
        updated_at: None,
        unverified: variant.unverified,
        trial: None,
        problem: None,
    }
}

fn stored(command: StoredCommand) -> Row {
    let checked = command.added().and_then(|added| {
        let on = added.on.clone();
        Catalog::built_in().with_added(vec![added]).map(|_| on)
    });
    let (on, problem) = match checked {
        Ok(on) => (on, None),
        Err(problem) => (serde_json::from_value(command.platform).unwrap_or_default(), Some(problem.why)),
    };
    Row {
        id: command.id.0,
        command_type: command.command_type,
        name: command.name,
        on,
        format: command.format,
        script: command.script,
        updated_at: Some(command.updated_at),
        unverified: false,
        trial: None,
        problem,
    }
}

/// A number for an address, the same in every version: negative, so that it is no stored row's.
fn number(command_type: CommandType, name: &str) -> i64 {
    let digest = Sha256::digest(format!("{}/{name}", command_type.name()));
    let number = digest.iter().take(5).fold(0_i64, |number, byte| (number << 8) | i64::from(*byte));
    -(number + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_command_that_came_with_hannun_has_a_number_of_its_own() {
        let known = CommandType::ALL.iter().flat_map(|command_type| Catalog::built_in().variants(*command_type));
        let mut numbers: Vec<i64> = known.map(|variant| built_in(variant).id).collect();
        let count = numbers.len();
        numbers.sort_unstable();
        numbers.dedup();
        assert_eq!(numbers.len(), count);
        assert!(numbers.iter().all(|number| *number < 0));
        assert_eq!(number(CommandType::ListSockets, "ss"), -380_929_931_791, "it stands in people's bookmarks");
    }
}
