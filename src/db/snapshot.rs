//! One state of the whole database, while others go on writing: what a backup is made of (R09).

use std::collections::BTreeMap;

use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Integer, Text};

use crate::error::{Error, Result};

/// Our tables and the queue's, quoted; a table of parts is counted by its parts. What is lost in a crash is no part of a backup either.
const TABLES: &str = "select format('%I.%I', n.nspname, c.relname) as name
    from pg_class c join pg_namespace n on n.oid = c.relnamespace
    where n.nspname in ('public', 'apalis') and c.relkind = 'r' and c.relpersistence = 'p' and c.relname <> 'restore_unfinished'
    order by 1";

#[derive(QueryableByName)]
struct Table {
    #[diesel(sql_type = Text)]
    name: String,
}

/// Rows by table, `public.servers`.
pub type Rows = BTreeMap<String, i64>;

/// Lets `connection` see the database as it is at this moment until [`end`]; gives the name by which other connections see the same.
pub fn begin(connection: &mut PgConnection) -> Result<String> {
    // A dump may take hours.
    connection.batch_execute("set statement_timeout = 0; set idle_in_transaction_session_timeout = 0")?;
    connection.batch_execute("begin isolation level repeatable read read only")?;
    Ok(diesel::dsl::select(diesel::dsl::sql::<Text>("pg_export_snapshot()")).get_result(connection)?)
}

/// The snapshot is not needed any more.
pub fn end(connection: &mut PgConnection) -> Result<()> {
    Ok(connection.batch_execute("rollback")?)
}

/// How many rows each table has.
pub fn rows(connection: &mut PgConnection) -> Result<Rows> {
    let tables: Vec<Table> = diesel::sql_query(TABLES).load(connection)?;
    tables
        .into_iter()
        .map(|Table { name }| {
            // Quoted by PostgreSQL itself.
            let count = diesel::dsl::sql::<BigInt>(&format!("(select count(*) from {name})"));
            Ok((name, diesel::dsl::select(count).get_result(connection)?))
        })
        .collect()
}

/// The major version of the server.
pub fn server_major(connection: &mut PgConnection) -> Result<u32> {
    let version = diesel::dsl::sql::<Integer>("current_setting('server_version_num')::integer / 10000");
    let major: i32 = diesel::dsl::select(version).get_result(connection)?;
    u32::try_from(major).map_err(Error::internal)
}
