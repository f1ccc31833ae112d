//! Migrations: embedded, one process at a time, one transaction each (R08).

use std::time::{Duration, Instant};

use diesel::PgConnection;
use diesel::connection::SimpleConnection;
use diesel::migration::{Migration, MigrationSource};
use diesel::pg::Pg;
use diesel::prelude::*;
use diesel::sql_types::{Bool, Text};
use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};

use super::{restoring, roles};
use crate::error::{Error, Result};
use crate::language::Message;
use crate::secret::SecretText;

/// Every migration of this version of the program.
pub const MIGRATIONS: EmbeddedMigrations = embed_migrations!();

/// How long to wait for another process that is migrating.
const PATIENCE: Duration = Duration::from_mins(1);

/// Brings the database up to this program, as its owner, and grants `application_role` what it needs. With one role
/// for everything, that is none, and the trigger alone guards the audit log. Says how many migrations were applied.
///
/// A role that may not change tables applies none: it finds them up to date, or is told who can bring them there.
pub fn migrate(owner: &SecretText, application_role: Option<&str>) -> Result<usize> {
    let mut connection = super::establish(owner)?;
    restoring::refuse_unfinished(&mut connection)?;
    bring_up(&mut connection, application_role)
}

/// The same for a database that is being restored from a backup, for whoever restores it (R09).
pub fn migrate_restored(owner: &SecretText, application_role: Option<&str>) -> Result<usize> {
    bring_up(&mut super::establish(owner)?, application_role)
}

fn bring_up(connection: &mut PgConnection, application_role: Option<&str>) -> Result<usize> {
    if !roles::may_change_tables(connection)? {
        return must_be_current(connection).map(|()| 0);
    }
    connection.batch_execute("set lock_timeout = '5s'; set client_min_messages = 'warning'")?;
    wait_for_turn(connection)?;
    let applied = apply(connection)?;
    if let Some(role) = application_role {
        roles::grant_application_role(connection, role)?;
    }
    // The lock ends with the connection, also when this process is killed.
    Ok(applied)
}

/// How many migrations this database still lacks. Only reads, so that the application's role may ask.
pub fn pending(connection: &mut PgConnection) -> Result<usize> {
    let there = applied(connection)?;
    Ok(known()?.iter().filter(|version| !there.contains(version)).count())
}

/// For a role that may not change tables: they are as this program needs them.
fn must_be_current(connection: &mut PgConnection) -> Result<()> {
    refuse_newer(&applied(connection)?)?;
    match pending(connection)? {
        0 => Ok(()),
        count => Err(Error::Unavailable(
            Message::new(
                "The database lacks {count} changes of this version, and the role of DATABASE_URL may not make them. Run hannun migrate --grant with the DATABASE_URL of the tables' owner",
            )
            .with("count", count),
        )),
    }
}

/// The versions of every migration of this program.
pub fn known() -> Result<Vec<String>> {
    let migrations = MigrationSource::<Pg>::migrations(&MIGRATIONS).map_err(unreadable)?;
    Ok(migrations.iter().map(|migration| migration.name().version().to_string()).collect())
}

/// The versions that the database has, as far as this role may know. Only reads.
pub fn applied(connection: &mut PgConnection) -> Result<Vec<String>> {
    let listed = "coalesce(has_table_privilege(to_regclass('__diesel_schema_migrations'), 'select'), false)";
    if !diesel::dsl::select(diesel::dsl::sql::<Bool>(listed)).get_result::<bool>(connection)? {
        return Ok(Vec::new());
    }
    let applied: Vec<Applied> = diesel::sql_query("select version from __diesel_schema_migrations").load(connection)?;
    Ok(applied.into_iter().map(|row| row.version).collect())
}

#[derive(QueryableByName)]
struct Applied {
    #[diesel(sql_type = Text)]
    version: String,
}

fn refuse_newer(there: &[String]) -> Result<()> {
    let known = known()?;
    match there.iter().find(|version| !known.contains(version)) {
        None => Ok(()),
        Some(newer) => Err(Error::Unavailable(
            Message::new(
                "The database was made by a newer hannun (it knows change {version}). Start that version, or restore an older backup",
            )
            .with("version", newer),
        )),
    }
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
    let there = connection.applied_migrations().map_err(unreadable)?;
    refuse_newer(&there.iter().map(ToString::to_string).collect::<Vec<_>>())?;
    let pending: Vec<Box<dyn Migration<Pg>>> = connection.pending_migrations(MIGRATIONS).map_err(unreadable)?;
    for migration in &pending {
        let name = migration.name().to_string();
        connection.run_migration(migration).map_err(|cause| {
            Error::internal(anyhow::anyhow!("the change {name} of the database's tables failed: {cause}"))
        })?;
    }
    if let Some(newest) = pending.last() {
        tracing::info!(count = pending.len(), newest = %newest.name(), "changed the database's tables");
    }
    Ok(pending.len())
}

fn unreadable(cause: Box<dyn std::error::Error + Send + Sync>) -> Error {
    match cause.downcast::<diesel::result::Error>() {
        Ok(error) => Error::from(*error),
        Err(cause) => Error::internal(anyhow::anyhow!("the list of changes of the database's tables: {cause}")),
    }
}
