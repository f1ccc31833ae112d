//! Migrations: embedded, one process at a time, one transaction each (R08).

use std::time::{Duration, Instant};

use diesel::PgConnection;
use diesel::connection::SimpleConnection;
use diesel::migration::{Migration, MigrationSource};
use diesel::pg::Pg;
use diesel::prelude::*;
use diesel::sql_types::{Bool, Text};
use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};

use super::roles;
use crate::error::{Error, Result};
use crate::language::Message;
use crate::secret::SecretText;

/// Every migration of this version of the program.
pub const MIGRATIONS: EmbeddedMigrations = embed_migrations!();

/// How long to wait for another process that is migrating.
const PATIENCE: Duration = Duration::from_mins(1);

/// Brings the database up to this program, as its owner, and grants `application_role` what it needs. With one role
/// for everything, that is none, and the trigger alone guards the audit log. Says how many migrations were applied.
pub fn migrate(owner: &SecretText, application_role: Option<&str>) -> Result<usize> {
    let mut connection = super::establish(owner)?;
    connection.batch_execute("set lock_timeout = '5s'; set client_min_messages = 'warning'")?;
    wait_for_turn(&mut connection)?;
    let applied = apply(&mut connection)?;
    if let Some(role) = application_role {
        roles::grant_application_role(&mut connection, role)?;
    }
    // The lock ends with the connection, also when this process is killed.
    Ok(applied)
}

/// How many migrations this database still lacks. Only reads, so that the application's role may ask.
pub fn pending(connection: &mut PgConnection) -> Result<usize> {
    let known = MigrationSource::<Pg>::migrations(&MIGRATIONS).map_err(unreadable)?;
    let listed = diesel::dsl::sql::<Bool>("to_regclass('__diesel_schema_migrations') is not null");
    if !diesel::dsl::select(listed).get_result::<bool>(connection)? {
        return Ok(known.len());
    }
    let applied: Vec<Applied> = diesel::sql_query("select version from __diesel_schema_migrations").load(connection)?;
    let lacks = |version: &str| applied.iter().all(|row| row.version != version);
    Ok(known.iter().filter(|migration| lacks(&migration.name().version().to_string())).count())
}

#[derive(QueryableByName)]
struct Applied {
    #[diesel(sql_type = Text)]
    version: String,
}

fn wait_for_turn(connection: &mut PgConnection) -> Result<()> {
    let end = Instant::now() + PATIENCE;
    let lock = diesel::dsl::sql::<Bool>("pg_try_advisory_lock(hashtext('hannun:migrations'))");
    while !diesel::dsl::select(lock.clone()).get_result::<bool>(connection)? {
        if Instant::now() > end {
            return Err(Error::Unavailable(Message::new(
                "Another hannun has been changing this database's tables for over a minute. Start again when it is done",
            )));
        }
        std::thread::sleep(Duration::from_millis(100));
    }
    Ok(())
}

fn apply(connection: &mut PgConnection) -> Result<usize> {
    let known: Vec<String> = MigrationSource::<Pg>::migrations(&MIGRATIONS)
        .map_err(unreadable)?
        .iter()
        .map(|migration| migration.name().version().to_string())
        .collect();
    let there = connection.applied_migrations().map_err(unreadable)?;
    if let Some(newer) = there.iter().map(ToString::to_string).find(|version| !known.contains(version)) {
        return Err(Error::Unavailable(
            Message::new(
                "The database was made by a newer hannun (it knows change {version}). Start that version, or restore an older backup",
            )
            .with("version", newer),
        ));
    }
    let pending: Vec<Box<dyn Migration<Pg>>> = connection.pending_migrations(MIGRATIONS).map_err(unreadable)?;
    for migration in &pending {
        let name = migration.name().to_string();
        connection.run_migration(migration).map_err(|cause| {
            Error::internal(anyhow::anyhow!("the change {name} of the database's tables failed: {cause}"))
        })?;
        tracing::info!(name, "changed the database's tables");
    }
    Ok(pending.len())
}

fn unreadable(cause: Box<dyn std::error::Error + Send + Sync>) -> Error {
    match cause.downcast::<diesel::result::Error>() {
        Ok(error) => Error::from(*error),
        Err(cause) => Error::internal(anyhow::anyhow!("the list of changes of the database's tables: {cause}")),
    }
}
