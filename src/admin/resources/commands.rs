//! Commands, as administrators see them: those that came with hannun to look at and to copy, their own to change.

mod rows;
mod save;

use chrono::{DateTime, Utc};
use futures_util::future::BoxFuture;

use super::screen;
use crate::admin::cell::Cell;
use crate::admin::control::Offer;
use crate::admin::field::Field;
use crate::admin::form::Form;
use crate::admin::list::List;
use crate::admin::resource::{Beside, By, Checking, Consequences, Reach, Resource};
use crate::admin::trial::{Purpose, Subject};
use crate::app::App;
use crate::commands::CommandType;
use crate::db::Connection;
use crate::error::Result;
use crate::language::Message;
use crate::models::actor::Scope;
use crate::models::commands::StoredCommand;
use crate::models::ids::CommandId;
use crate::web::menu::Screen;

pub use rows::Row;
use rows::{ORIGINS, STATES};
pub use save::conditions;

static SCREEN: Screen = screen("commands", "Commands", "file-text");

/// How each question is asked on each platform.
pub struct Commands;

/// What the form fills in.
#[derive(Debug, Clone, Default)]
pub struct Draft {
    command_type: String,
    name: String,
    on: String,
    format: String,
    script: String,
}

impl Draft {
    fn command_type(&self) -> Option<CommandType> {
        CommandType::from_name(&self.command_type)
    }
}

/// The words of a filter by command type.
const TYPES: &[(&str, &str)] = &[
    ("detect_platform", "Detect the platform"),
    ("sample_metrics", "Read the metrics"),
    ("list_filesystems", "List filesystems"),
    ("list_processes", "List processes"),
    ("read_process", "Read one process"),
    ("read_environment", "Read the environment of a process"),
    ("signal_process", "Send a signal to a process"),
    ("list_sockets", "List listening sockets"),
    ("list_connections", "List connections"),
    ("list_packages", "List installed packages"),
    ("list_updates", "List pending updates"),
    ("list_restarts", "List what should be restarted"),
    ("preview_install", "See what an installation would bring"),
    ("preview_removal", "See what a removal would take along"),
    ("install_package", "Install a package"),
    ("remove_package", "Remove a package"),
    ("preview_updates", "See what all updates would bring"),
    ("preview_security_updates", "See what the security updates would bring"),
    ("install_updates", "Install all updates"),
    ("install_security_updates", "Install the security updates"),
    ("refresh_lists", "Refresh the package lists"),
    ("install_file", "Install a package file"),
    ("inspect_file", "Look into a package file"),
    ("measure_directories", "Measure directories"),
    ("read_firewall", "Read the firewall"),
    ("change_firewall", "Change the firewall"),
    ("end_firewall_change", "Keep or undo a change of the firewall"),
    ("read_firewall_change", "Read what became of a change of the firewall"),
    ("probe_port", "Try a port of another server"),
    ("list_directory", "List a directory"),
    ("describe_file", "Describe a file"),
    ("read_file", "Read a file"),
    ("follow_file", "Follow a file"),
    ("download_file", "Download a file"),
    ("archive_directory", "Download a directory"),
    ("write_file", "Write a file"),
    ("make_directory", "Make a directory"),
    ("move_file", "Rename a file"),
    ("delete_file", "Delete a file"),
    ("set_file_mode", "Change the mode of a file"),
    ("set_file_owner", "Change the owner of a file"),
    ("list_services", "List services"),
    ("read_service", "Read one service"),
    ("control_service", "Start or stop a service"),
    ("list_logs", "List logs"),
    ("read_journal", "Read the journal"),
    ("follow_journal", "Follow the journal"),
    ("search_log", "Search a log file"),
    ("list_cron", "List timetables"),
    ("replace_crontab", "Change a crontab"),
    ("list_cron_runs", "List what cron ran"),
    ("run_cron_line", "Run a line of a crontab"),
    ("list_accounts", "List accounts"),
    ("change_keys", "Change authorised keys"),
    ("end_key_change", "Keep or undo a change of keys"),
    ("read_key_change", "Read what became of a change of keys"),
    ("read_boot", "Read how long the server is up"),
    ("list_inhibitors", "List what stands in the way of a restart"),
    ("restart_server", "Restart the server"),
    ("shut_down_server", "Shut down the server"),
    ("read_logins", "Read who signed in"),
    ("list_sessions", "List who is signed in"),
    ("end_session", "End a session"),
    ("run_command", "Run a command of one's own"),
    ("read_growth", "Read what was added to a file"),
    ("read_certificate", "Read the certificate of a port"),
    ("request_url", "Ask a URL"),
];

fn types() -> Vec<Offer> {
    CommandType::ALL.iter().map(|known| Offer::word(known.name(), known.label())).collect()
}

/// The readers of the chosen type; `table` first, because it needs no release.
fn formats(draft: &Draft) -> Vec<Offer> {
    let formats = draft.command_type().map(CommandType::formats).unwrap_or_default();
    let others = formats.iter().filter(|format| **format != "table");
    std::iter::once(&"table").chain(others).map(|format| Offer::name(*format)).collect()
}

impl Resource for Commands {
    type Row = Row;
    type Draft = Draft;

    const REACH: Reach = Reach::Shared;
    const EVENTS: [&'static str; 3] = ["create_command", "change_command", "delete_command"];
    const ADD: Option<&'static str> = Some("Add command");
    const DELETES: bool = true;
    const COPIES: bool = true;
    const BESIDE: Beside = Beside::Trial;

    fn screen() -> &'static Screen {
        &SCREEN
    }

    fn list() -> List<Row> {
        // One's own come first: those that came with hannun fill several pages.
        List::in_order_of("origin")
            .column("Name", |row: &Row| Cell::Key(row.name.clone()))
            .column("Type", Row::type_cell)
            .column("For", |row| Cell::Code(row.on.text().trim_end().replace('\n', ", ")))
            .column("Format", |row| Cell::Code(row.format.clone()))
            .column("Origin", |row| Cell::choice(ORIGINS, row.origin()))
            .column("State", Row::state_cell)
            .column("Changed", |row| Cell::Time(row.updated_at))
            .search("Name, type, platform or script", Row::searched)
            .filter_words("type", "Type", TYPES, |row| vec![row.command_type.clone()])
            .filter_words("origin", "Origin", ORIGINS, |row| vec![row.origin().to_owned()])
            .filter_words("state", "State", STATES, |row| vec![row.state().to_owned()])
            .filter_names("os", "System", |row| row.on.os.clone())
    }

    fn form() -> Form<Draft> {
        Form::new()
            .fieldset(
                "Command",
                [
                    Field::choice("command_type", "Type", |draft: &mut Draft| &mut draft.command_type, types)
                        .required()
                        .fixed()
                        .redraws()
                        .hint("What it answers; the columns of its table follow from that."),
                    Field::literal("name", "Name", |draft: &mut Draft| &mut draft.name)
                        .required()
                        .hint("Shown under every answer. Small letters, digits, hyphens."),
                    Field::code("on", "For", |draft: &mut Draft| &mut draft.on, 3)
                        .hint("Which platforms, as YAML: os, distro, like, version, arch, has, lacks. Empty: every server. The most precise command that fits is used."),
                ],
            )
            .fieldset(
                "Script",
                [
                    Field::fitting("format", "Format", |draft: &mut Draft| &mut draft.format, formats)
                        .required()
                        .hint("How the answer is read. table: tab-separated columns."),
                    Field::code("script", "Script", |draft: &mut Draft| &mut draft.script, 14)
                        .required()
                        .hint("Run by /bin/sh as the user who signs in; $as_root before a line asks for root. It must end by itself."),
                ],
            )
    }

    fn rows(connection: &mut Connection, _: &Scope) -> Result<Vec<Row>> {
        rows::all(connection)
    }

    fn id(row: &Row) -> i64 {
        row.id
    }

    fn name(row: &Row) -> String {
        row.name.clone()
    }

    fn updated_at(row: &Row) -> Option<DateTime<Utc>> {
        row.updated_at
    }

    fn blank() -> Draft {
        Draft {
            command_type: CommandType::ListProcesses.name().to_owned(),
            format: "table".to_owned(),
            ..Draft::default()
        }
    }

    fn draft(_: &mut Connection, row: &Row) -> Result<Draft> {
        Ok(Draft {
            command_type: row.command_type.clone(),
            name: row.name.clone(),
            on: row.on.text(),
            format: row.format.clone(),
            script: row.script.clone(),
        })
    }

    fn copied(draft: &mut Draft) {
        draft.name = format!("our-{}", draft.name);
    }

    fn locked(row: &Row) -> Option<Message> {
        row.is_built_in().then(|| {
            Message::new("This command came with hannun and cannot be changed. Copy it: of two that are for the same platforms, the one that was added here is used")
        })
    }

    fn subject(draft: &Draft) -> Option<Subject> {
        Some(Subject {
            purpose: Purpose::Command(draft.command_type()?),
            name: draft.name.clone(),
            format: draft.format.clone(),
            script: draft.script.clone(),
            deadline: None,
        })
    }

    fn check(check: &mut Checking<'_, Row>, draft: &mut Draft) -> Result<()> {
        save::check(check, draft);
        Ok(())
    }

    fn create(connection: &mut Connection, _: &By, draft: &Draft) -> Result<i64> {
        save::create(connection, draft)
    }

    fn update(connection: &mut Connection, by: &By, row: &Row, draft: &Draft) -> Result<()> {
        save::update(connection, by, row, draft)
    }

    fn consequences(connection: &mut Connection, by: &By, row: &Row) -> Result<Consequences> {
        save::consequences(connection, by, row)
    }

    fn delete(connection: &mut Connection, _: &By, row: &Row) -> Result<()> {
        StoredCommand::delete(connection, CommandId(row.id))
    }

    fn take_into_use(app: App) -> BoxFuture<'static, Result<()>> {
        Box::pin(async move { app.hosts.load_commands().await })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_command_type_has_its_word_in_the_filter() {
        let words: Vec<_> = CommandType::ALL.iter().map(|known| (known.name(), known.label())).collect();
        assert_eq!(TYPES, words);
    }
}
