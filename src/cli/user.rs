//! `hannun user`: the people who sign in.

use std::collections::BTreeMap;

use clap::{Args, Subcommand};
use serde::Serialize;

use super::connect::{self, actor};
use super::{Failure, Outcome, output, password};
use crate::clock::Clock;
use crate::config::Config;
use crate::db::Connection;
use crate::error::{Error, Result};
use crate::models::actor::{Rights, Role, Scope};
use crate::models::audit::{self, AuditEntry};
use crate::models::groups::Group;
use crate::models::permission::Permission;
use crate::models::users::{NewUser, User as Person};

/// Add, list or disable the people who sign in, or change a password
#[derive(Debug, Args)]
#[command(
    after_help = "Example:\n  printf '%s\\n' \"$PASSWORD\" | hannun user add anna --role operator --password-stdin"
)]
pub(super) struct User {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    Add(Add),
    List(List),
    Disable(Disable),
    Password(Password),
}

/// Add a person
#[derive(Debug, Args)]
#[command(
    after_help = "Example:\n  printf '%s\\n' \"$PASSWORD\" | hannun user add anna --role viewer --group web --password-stdin"
)]
struct Add {
    /// The name to sign in with
    name: String,
    /// What they may do: viewer, operator or administrator
    #[arg(long, value_parser = role)]
    role: Role,
    /// Limit them to the servers of this group; may be given several times
    #[arg(long = "group", value_name = "GROUP")]
    groups: Vec<String>,
    /// Another role, viewer or operator, on the servers of one group; may be given several times
    #[arg(long = "group-role", value_name = "GROUP=ROLE", value_parser = group_role)]
    group_roles: Vec<(String, Role)>,
    /// Something they may not do although a role would let them; may be given several times
    #[arg(long = "without", value_name = "PERMISSION", value_parser = permission)]
    withheld: Vec<Permission>,
    /// Read the password from the first line of standard input
    #[arg(long, required = true)]
    password_stdin: bool,
}

/// List the people who may sign in
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  hannun user list --json")]
struct List {
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// Take an account out of use; its sessions and tokens end at once
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  hannun user disable anna")]
struct Disable {
    /// The name they sign in with
    name: String,
}

/// Replace a password; the person's sessions and tokens end at once
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  printf '%s\\n' \"$PASSWORD\" | hannun user password anna --password-stdin")]
struct Password {
    /// The name they sign in with
    name: String,
    /// Read the password from the first line of standard input
    #[arg(long, required = true)]
    password_stdin: bool,
}

/// A role's word, for clap.
pub(super) fn role(word: &str) -> Result<Role, String> {
    Role::from_name(word).ok_or_else(|| "use viewer, operator or administrator".to_owned())
}

/// `db=viewer`, for clap.
fn group_role(word: &str) -> Result<(String, Role), String> {
    let (group, role) = word.split_once('=').ok_or("use GROUP=ROLE, for example db=viewer")?;
    match Role::from_name(role) {
        Some(role @ (Role::Viewer | Role::Operator)) => Ok((group.to_owned(), role)),
        _ => Err("use viewer or operator for the role in a group".to_owned()),
    }
}

/// A permission's word, for clap.
fn permission(word: &str) -> Result<Permission, String> {
    let known = Permission::WITHHOLDABLE.into_iter().find(|permission| permission.name() == word);
    known.ok_or_else(|| format!("use {}", Permission::WITHHOLDABLE.map(Permission::name).join(", ")))
}

impl User {
    pub(super) async fn run(self, config: Config) -> Outcome {
        match self.action {
            Action::Add(add) => add.run(config).await,
            Action::List(list) => list.run(config).await,
            Action::Disable(disable) => disable.run(config).await,
            Action::Password(password) => password.run(config).await,
        }
    }
}

impl Add {
    async fn run(self, config: Config) -> Outcome {
        if let Some(problem) = self.problem() {
            return Err(Failure::Usage(problem));
        }
        let password_hash = password::hash_from_stdin(&self.name).await?;
        let database = connect::database(&config).await?;
        let now = Clock::system().now();
        let name = self.name.clone();
        let added = database.db.transaction(move |connection| {
            let rights = self.rights(connection)?;
            let user = NewUser { name: &self.name, password_hash: &password_hash, rights }.insert(connection)?;
            self.entry().record(connection, audit::Outcome::Succeeded, now)?;
            Ok(user)
        });
        added.await?;
        Ok(output::line(format_args!("added {name}"))?)
    }

    /// What of the arguments does not fit together.
    fn problem(&self) -> Option<String> {
        let sees = |group: &String| self.groups.is_empty() || self.groups.contains(group);
        let mut roles: BTreeMap<&str, Role> = BTreeMap::new();
        for (group, role) in &self.group_roles {
            if !sees(group) {
                return Some(format!("{} does not see the servers of {group}: add --group {group}", self.name));
            }
            if roles.insert(group, *role).is_some_and(|other| other != *role) {
                return Some(format!("choose one role in {group}"));
            }
        }
        None
    }

    fn rights(&self, connection: &mut Connection) -> Result<Rights> {
        let mut rights = Rights::new(self.role, scope_of(connection, &self.groups)?);
        for role in [Role::Operator, Role::Viewer] {
            rights
                .group_roles
                .extend(Group::ids_of(connection, &self.with_role(role))?.into_iter().map(|group| (group, role)));
        }
        rights.withheld = self.withheld.iter().copied().collect();
        Ok(rights)
    }

    fn with_role(&self, role: Role) -> Vec<String> {
        self.group_roles.iter().filter(|(_, own)| *own == role).map(|(group, _)| group.clone()).collect()
    }

    /// With the names that the fields have in the browser.
    fn entry(&self) -> AuditEntry {
        let withheld: Vec<&str> = self.withheld.iter().map(|permission| permission.name()).collect();
        let lists = [
            ("groups", self.groups.join(", ")),
            ("operator_in", self.with_role(Role::Operator).join(", ")),
            ("viewer_in", self.with_role(Role::Viewer).join(", ")),
            ("withheld", withheld.join(", ")),
        ];
        let entry = AuditEntry::by(&actor(), "create_user").target(&self.name).detail("role", self.role.name());
        let said = lists.into_iter().filter(|(_, list)| !list.is_empty());
        said.fold(entry, |entry, (field, list)| entry.detail(field, list))
    }
}

/// The servers of the groups with these names, each of which must be there; where none is named, all servers.
pub(super) fn scope_of(connection: &mut Connection, names: &[String]) -> Result<Scope> {
    if names.is_empty() { Ok(Scope::All) } else { Group::ids_of(connection, names).map(Scope::Groups) }
}

#[derive(Serialize)]
struct Row {
    name: String,
    role: &'static str,
    all_groups: bool,
    withheld: Vec<&'static str>,
    disabled_at: Option<chrono::DateTime<chrono::Utc>>,
    created_at: chrono::DateTime<chrono::Utc>,
}

impl List {
    async fn run(self, config: Config) -> Outcome {
        let database = connect::database(&config).await?;
        let people = database.db.run(Person::all).await?;
        let rows: Vec<Row> = people
            .into_iter()
            .map(|person| Row {
                withheld: person.withheld().map(Permission::name).collect(),
                name: person.name,
                role: person.role.name(),
                all_groups: person.all_groups,
                disabled_at: person.disabled_at,
                created_at: person.created_at,
            })
            .collect();
        if self.json {
            return Ok(output::json(&rows)?);
        }
        let cells: Vec<Vec<String>> = rows
            .iter()
            .map(|row| {
                let servers = if row.all_groups { "all" } else { "some groups" };
                let state = if row.disabled_at.is_some() { "disabled" } else { "in use" };
                vec![row.name.clone(), row.role.to_owned(), servers.to_owned(), state.to_owned()]
            })
            .collect();
        Ok(output::table(&["name", "role", "servers", "state"], &cells)?)
    }
}

impl Disable {
    async fn run(self, config: Config) -> Outcome {
        let database = connect::database(&config).await?;
        let now = Clock::system().now();
        let name = self.name.clone();
        database
            .db
            .transaction(move |connection| {
                let person = Person::by_name(connection, &self.name)?.ok_or(Error::NotFound("The user"))?;
                person.disable(connection, now)?;
                AuditEntry::by(&actor(), "disable_user").target(&person.name).record(
                    connection,
                    audit::Outcome::Succeeded,
                    now,
                )?;
                Ok(())
            })
            .await?;
        Ok(output::line(format_args!("disabled {name}"))?)
    }
}

impl Password {
    async fn run(self, config: Config) -> Outcome {
        let hash = password::hash_from_stdin(&self.name).await?;
        let database = connect::database(&config).await?;
        let now = Clock::system().now();
        let name = self.name.clone();
        database
            .db
            .transaction(move |connection| {
                let person = Person::by_name(connection, &self.name)?.ok_or(Error::NotFound("The user"))?;
                person.change_password(connection, &hash, None, now)?;
                AuditEntry::by(&actor(), "change_password").target(&person.name).record(
                    connection,
                    audit::Outcome::Succeeded,
                    now,
                )?;
                Ok(())
            })
            .await?;
        Ok(output::line(format_args!("changed the password of {name}"))?)
    }
}
