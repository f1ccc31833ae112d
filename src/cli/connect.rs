//! The database, for subcommands that do one thing and end.

use crate::app::App;
use crate::config::Config;
use crate::db::private_server::{Durability, PrivateServer};
use crate::db::roles::APPLICATION_ROLE;
use crate::db::{Db, establish, migrate, roles};
use crate::error::{Error, Result};
use crate::language::Message;
use crate::models::actor::Actor;
use crate::secret::SecretText;
use crate::startup::assemble;

use super::{Failure, output};

/// Connections of a subcommand.
const CONNECTIONS: u32 = 2;

/// The database; the private PostgreSQL runs as long as this is held, if it was started for it.
pub(super) struct Database {
    /// The doorway.
    pub(super) db: Db,
    /// Where it is.
    url: SecretText,
    /// Whose server it is.
    pub(super) server: ServerOf,
}

impl Database {
    fn at(url: SecretText, server: ServerOf) -> Result<Self> {
        Ok(Self { db: Db::connect(&url, CONNECTIONS)?, url, server })
    }

    /// Where it is, for who works with a connection of their own.
    pub(super) fn url(&self) -> &SecretText {
        &self.url
    }

    /// The application over it, for subcommands that speak to servers.
    pub(super) async fn app(&self, config: &Config) -> Result<App> {
        assemble::app(config.clone(), &self.url).await
    }
}

/// Whose PostgreSQL answers.
pub(super) enum ServerOf {
    /// `DATABASE_URL` names it.
    Elsewhere,
    /// A private one, of a hannun that runs beside us.
    AnotherProcess,
    /// A private one, started by this subcommand.
    Ours(PrivateServer),
}

impl ServerOf {
    /// What to call it in a report.
    pub(super) fn describe(&self) -> String {
        match self {
            Self::Elsewhere => "PostgreSQL of DATABASE_URL".to_owned(),
            Self::AnotherProcess => "private PostgreSQL of the running hannun".to_owned(),
            Self::Ours(server) => match server.process_id() {
                Some(id) => format!("private PostgreSQL, started for this command (process {id})"),
                None => "private PostgreSQL, started for this command".to_owned(),
            },
        }
    }
}

/// Reaches the database, starting the private one where nobody runs it. Called from the main thread: the private
/// PostgreSQL ends when the thread that started it does.
pub(super) async fn database(config: &Config) -> Result<Database> {
    let found = reach(config)?;
    let pending = found.db.run(migrate::pending).await?;
    if pending > 0 {
        return Err(Error::Unavailable(
            Message::new("The database lacks {count} changes of this version. Run hannun migrate")
                .with("count", pending),
        ));
    }
    Ok(found)
}

/// The database as it is, migrated or not.
pub(super) fn reach(config: &Config) -> Result<Database> {
    if let Some(url) = &config.database_url {
        // The pool behind the doorway knows only that nothing answers; one try of ours says why.
        establish(url)?;
        return Database::at(url.clone(), ServerOf::Elsewhere);
    }
    output::progress("Starting the private PostgreSQL …");
    match PrivateServer::start(&config.data_dir, Durability::Kept) {
        Ok(server) => {
            migrate::migrate(&server.owner_url(), Some(APPLICATION_ROLE))?;
            Database::at(server.application_url(), ServerOf::Ours(server))
        }
        Err(Error::Conflict(_)) => {
            Database::at(PrivateServer::application_url_of(&config.data_dir)?, ServerOf::AnotherProcess)
        }
        Err(other) => Err(other),
    }
}

/// A database that is to be filled, for whoever is to own its tables; the private PostgreSQL runs as long as this is held.
pub(super) struct Empty {
    /// Where it is.
    pub(super) owner: SecretText,
    /// The role that hannun will work as, where that is another one.
    pub(super) application_role: Option<String>,
    _server: Option<PrivateServer>,
}

/// Reaches a database as it is, and makes no tables. `grant` is the role that hannun works as in a database of `DATABASE_URL`.
pub(super) fn empty(config: &Config, grant: Option<String>) -> Result<Empty> {
    if let Some(url) = &config.database_url {
        if let Some(role) = &grant {
            must_exist(url, role)?;
        }
        return Ok(Empty { owner: url.clone(), application_role: grant, _server: None });
    }
    output::progress("Starting the private PostgreSQL …");
    let server = PrivateServer::start(&config.data_dir, Durability::Kept)?;
    let (owner, role) = (server.owner_url(), Some(APPLICATION_ROLE.to_owned()));
    Ok(Empty { owner, application_role: role, _server: Some(server) })
}

/// Refuses a role that the server at `url` does not have.
pub(super) fn must_exist(url: &SecretText, role: &str) -> Result<()> {
    if roles::exists(&mut establish(url)?, role)? {
        return Ok(());
    }
    let problem = Message::new("PostgreSQL has no role {role}. Make it first: create role {role} login");
    Err(Error::Conflict(problem.with("role", role)))
}

/// Runs what takes long and waits for a disk or a program, away from the threads that wait for nothing.
pub(super) async fn aside<T, E>(work: impl FnOnce() -> Result<T, E> + Send + 'static) -> Result<T, Failure>
where
    T: Send + 'static,
    E: Send + 'static,
    Failure: From<E>,
{
    Ok(tokio::task::spawn_blocking(work).await.map_err(Error::internal)??)
}

/// Who acts, in the audit log.
pub(super) fn actor() -> Actor {
    Actor::system("command line")
}
