//! The application role: may do everything with the tables but rewrite the audit log (L02).

use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::sql_types::{Bool, Text};

/// The role that owns database and tables in a private PostgreSQL.
pub const OWNER_ROLE: &str = "hannun_owner";
/// The role that the program works with in a private PostgreSQL.
pub const APPLICATION_ROLE: &str = "hannun";

/// Grants `role` what the program needs, in `public` and, once it is there, in `apalis`. Run by the owner, after every
/// migration and after the queue's own set-up; running it again changes nothing.
pub fn grant_application_role(connection: &mut PgConnection, role: &str) -> QueryResult<()> {
    connection.transaction(|connection| {
        grant_in_schema(connection, "public", role)?;
        let role = quoted(role);
        // Default privileges cannot make exceptions, so what must not be granted is taken back each time.
        connection.batch_execute(&format!(
            "revoke update, delete, truncate, references, trigger on audit_events from {role};
             revoke insert, delete, truncate on audit_head from {role};
             revoke insert, update, delete, truncate on __diesel_schema_migrations from {role};"
        ))?;
        if diesel::dsl::select(diesel::dsl::sql::<Bool>("to_regnamespace('apalis') is not null"))
            .get_result(connection)?
        {
            grant_in_schema(connection, "apalis", role.trim_matches('"'))?;
        }
        Ok(())
    })
}

fn grant_in_schema(connection: &mut PgConnection, schema: &str, role: &str) -> QueryResult<()> {
    let role = quoted(role);
    connection.batch_execute(&format!(
        "grant usage on schema {schema} to {role};
         grant select, insert, update, delete on all tables in schema {schema} to {role};
         grant usage, select on all sequences in schema {schema} to {role};
         grant execute on all functions in schema {schema} to {role};
         alter default privileges in schema {schema} grant select, insert, update, delete on tables to {role};
         alter default privileges in schema {schema} grant usage, select on sequences to {role};
         alter default privileges in schema {schema} grant execute on functions to {role};"
    ))
}

/// Whether this connection's role may change the tables: it owns them, or, while there are none, may make them.
pub fn may_change_tables(connection: &mut PgConnection) -> QueryResult<bool> {
    diesel::dsl::select(diesel::dsl::sql::<Bool>(
        "coalesce(
             (select pg_has_role(current_user, relowner, 'member') from pg_class where oid = to_regclass('audit_events')),
             has_schema_privilege(current_user, 'public', 'create'))",
    ))
    .get_result(connection)
}

/// Whether the server has a role of this name.
pub fn exists(connection: &mut PgConnection, role: &str) -> QueryResult<bool> {
    let there =
        diesel::dsl::sql::<Bool>("exists (select from pg_roles where rolname = ").bind::<Text, _>(role).sql(")");
    diesel::dsl::select(there).get_result(connection)
}

/// Whether the audit log is guarded from this connection's role by its missing privileges, not by the trigger alone.
pub fn audit_is_guarded(connection: &mut PgConnection) -> QueryResult<bool> {
    diesel::dsl::select(diesel::dsl::sql::<Bool>(
        "not has_table_privilege(current_user, 'audit_events', 'update, delete, truncate')
         and not pg_has_role(current_user, (select relowner from pg_class where oid = 'audit_events'::regclass), 'member')",
    ))
    .get_result(connection)
}

/// `name` as a quoted identifier.
pub(super) fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}
