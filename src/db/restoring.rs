//! A database that is being restored from a backup (R09): a table that nothing else has marks it until all is as it should be, so
//! that nobody works with half of it, however the restore ended.

use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::sql_types::{Bool, Text};

use super::roles;
use crate::error::{Error, Result};
use crate::language::Message;

/// What keeps a restore from beginning.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Obstacle {
    /// Another restore goes on.
    Busy,
    /// This role may not make tables.
    NotTheOwner,
    /// It has tables, or whatever else can be asked with `select`: so many, and this is the first.
    NotEmpty {
        /// How many.
        count: usize,
        /// The first.
        first: String,
    },
}

#[derive(QueryableByName)]
struct Named {
    #[diesel(sql_type = Text)]
    name: String,
}

/// Marks an empty database as one that is being restored, for as long as it takes; none where it may begin.
pub fn begin(connection: &mut PgConnection) -> Result<Option<Obstacle>> {
    if !truth(connection, "pg_try_advisory_lock(hashtext('hannun:restore'))")? {
        return Ok(Some(Obstacle::Busy));
    }
    if !roles::may_change_tables(connection)? {
        return Ok(Some(Obstacle::NotTheOwner));
    }
    let there = contents(connection)?;
    if let Some(first) = there.first() {
        return Ok(Some(Obstacle::NotEmpty { count: there.len(), first: first.name.clone() }));
    }
    connection.batch_execute(
        "set client_min_messages = 'warning'; set statement_timeout = 0;
         create table if not exists public.restore_unfinished (since timestamptz not null default now())",
    )?;
    Ok(None)
}

/// Nothing came of it: where nothing was restored, nothing tells of it.
pub fn give_up(connection: &mut PgConnection) -> Result<()> {
    if contents(connection)?.is_empty() {
        end(connection)?;
    }
    Ok(())
}

/// All is as it should be.
pub fn end(connection: &mut PgConnection) -> QueryResult<()> {
    connection.batch_execute("drop table if exists public.restore_unfinished")
}

/// Refuses a database that was restored by half.
pub fn refuse_unfinished(connection: &mut PgConnection) -> Result<()> {
    if truth(connection, "to_regclass('public.restore_unfinished') is not null")? {
        let sentence = "A restore into this database has not come to its end, so nothing works with it. Where none goes on any more, make the database anew and run hannun restore again";
        return Err(Error::Unavailable(Message::new(sentence)));
    }
    Ok(())
}

/// What is in it, but for our mark.
fn contents(connection: &mut PgConnection) -> QueryResult<Vec<Named>> {
    diesel::sql_query(
        "select format('%I.%I', n.nspname, c.relname) as name
         from pg_class c join pg_namespace n on n.oid = c.relnamespace
         where n.nspname in ('public', 'apalis') and c.relkind in ('r', 'p', 'v', 'm', 'S', 'f')
             and c.relname <> 'restore_unfinished'
         order by 1",
    )
    .load(connection)
}

fn truth(connection: &mut PgConnection, question: &str) -> QueryResult<bool> {
    diesel::dsl::select(diesel::dsl::sql::<Bool>(question)).get_result(connection)
}
