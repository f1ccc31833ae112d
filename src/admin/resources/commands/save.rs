//! What is checked and written of a command, and what its servers get when it is deleted.

use super::{Draft, Row};
use crate::admin::resource::{By, Checking, Consequences};
use crate::commands::{AddedCommand, Catalog, CommandType, Conditions, Platform};
use crate::db::Connection;
use crate::error::{Error, FieldErrors, Result};
use crate::language::Message;
use crate::models::actor::Scope;
use crate::models::commands::{NewStoredCommand, StoredCommand, StoredCommandChanges};
use crate::models::ids::CommandId;
use crate::models::platforms::DetectedPlatform;
use crate::models::servers::Server;
use crate::yaml;

/// Servers that are named one by one.
const MOST_NAMES: usize = 8;

/// The catalogue's own rules, and who may say what runs on every server.
pub(super) fn check(check: &mut Checking<'_, Row>, draft: &mut Draft) {
    match conditions(&draft.on) {
        Ok(on) => {
            // As it will be shown: what means the same is no change.
            draft.on = on.text();
            let name = draft.name.clone();
            if let (Some(command_type), false) = (draft.command_type(), name.is_empty()) {
                let (script, format) = (draft.script.clone(), draft.format.clone());
                let added = AddedCommand { command_type, name, on, script, format };
                if let Err(problem) = Catalog::built_in().with_added(vec![added])
                    && check.problems.of(problem.field).is_none()
                {
                    check.problems.add(problem.field, problem.why);
                }
            }
        }
        Err(problem) => check.problems.add("on", problem),
    }
}

/// The conditions that somebody typed as YAML.
pub fn conditions(text: &str) -> std::result::Result<Conditions, Message> {
    if text.trim().is_empty() {
        return Ok(Conditions::default());
    }
    let conditions: Conditions = yaml::read(text).map_err(|error| error.message())?;
    conditions.problem().map_or(Ok(conditions), Err)
}

fn platform(draft: &Draft) -> Result<serde_json::Value> {
    let on = conditions(&draft.on).map_err(|problem| FieldErrors::default().and("on", problem))?;
    serde_json::to_value(on).map_err(Error::internal)
}

pub(super) fn create(connection: &mut Connection, draft: &Draft) -> Result<i64> {
    let platform = platform(draft)?;
    let new = NewStoredCommand {
        command_type: &draft.command_type,
        name: &draft.name,
        platform: &platform,
        script: &draft.script,
        format: &draft.format,
    };
    new.insert(connection).map(|command| command.id.0)
}

pub(super) fn update(connection: &mut Connection, by: &By, row: &Row, draft: &Draft) -> Result<()> {
    let platform = platform(draft)?;
    let changes = StoredCommandChanges {
        name: Some(&draft.name),
        platform: Some(&platform),
        script: Some(&draft.script),
        format: Some(&draft.format),
    };
    StoredCommand::change(connection, CommandId(row.id), &changes, by.at).map(drop)
}

/// Who uses it now, and what they get instead.
pub(super) fn consequences(connection: &mut Connection, by: &By, row: &Row) -> Result<Consequences> {
    let mut consequences = Consequences::default();
    let Some(command_type) = CommandType::from_name(&row.command_type) else { return Ok(consequences) };
    let catalog = by.app.hosts.catalog();
    let servers = Server::all(connection, &Scope::All)?;
    let ids: Vec<_> = servers.iter().map(|server| server.id).collect();
    let mut losing: Vec<String> = Vec::new();
    let mut changing: std::collections::BTreeMap<String, Vec<String>> = std::collections::BTreeMap::new();
    for found in DetectedPlatform::of_all(connection, &ids)? {
        let Some(server) = servers.iter().find(|server| server.id == found.server_id) else { continue };
        let mut fitting = catalog.candidates(command_type, &Platform::from(found)).into_iter();
        if fitting.next().is_none_or(|chosen| chosen.name != row.name) {
            continue;
        }
        match fitting.next() {
            Some(next) => changing.entry(next.name).or_default().push(server.name.clone()),
            None => losing.push(server.name.clone()),
        }
    }
    if !losing.is_empty() {
        let sentence =
            Message::new("Used on {servers}, where no other command fits: this can no longer be asked there");
        consequences.goes.push(sentence.with("servers", names(losing)));
    }
    for (next, servers) in changing {
        let sentence = Message::new("Used on {servers}, where {next} takes its place");
        consequences.goes.push(sentence.with("servers", names(servers)).with("next", next));
    }
    Ok(consequences)
}

/// `web-1, web-2 … (12)`
fn names(mut servers: Vec<String>) -> String {
    servers.sort_unstable();
    let count = servers.len();
    if count <= MOST_NAMES {
        return servers.join(", ");
    }
    servers.truncate(MOST_NAMES);
    format!("{} … ({count})", servers.join(", "))
}
