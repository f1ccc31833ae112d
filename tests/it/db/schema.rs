//! `src/db/schema.rs` is what the migrations make.

use std::collections::BTreeMap;

use diesel::prelude::*;
use diesel::sql_types::{Bool, Text};

use crate::harness::database::TestDatabase;

/// Column → its type as PostgreSQL calls it, with `?` where it may be null.
type Columns = BTreeMap<String, String>;

#[derive(QueryableByName)]
struct Column {
    #[diesel(sql_type = Text)]
    table_name: String,
    #[diesel(sql_type = Text)]
    name: String,
    #[diesel(sql_type = Text)]
    udt_name: String,
    #[diesel(sql_type = Bool)]
    nullable: bool,
}

/// The tables of the migrated database, without partitions and without Diesel's own.
fn of_database(database: &TestDatabase) -> BTreeMap<String, Columns> {
    let columns: Vec<Column> = diesel::sql_query(
        "select c.table_name::text, c.column_name::text as name, c.udt_name::text, c.is_nullable = 'YES' as nullable
         from information_schema.columns c join pg_class t on t.relname = c.table_name and t.relnamespace = 'public'::regnamespace
         where c.table_schema = 'public' and not t.relispartition and c.table_name <> '__diesel_schema_migrations'",
    )
    .load(&mut database.owner())
    .unwrap();
    let mut tables: BTreeMap<String, Columns> = BTreeMap::new();
    for column in columns {
        let kind = format!("{}{}", column.udt_name, if column.nullable { "?" } else { "" });
        tables.entry(column.table_name).or_default().insert(column.name, kind);
    }
    tables
}

/// The tables as `schema.rs` spells them; one that it spells in two parts is one.
fn of_schema_file() -> BTreeMap<String, Columns> {
    let mut tables: BTreeMap<String, Columns> = BTreeMap::new();
    let (mut table, mut part_of) = (String::new(), None);
    for line in include_str!("../../../src/db/schema.rs").lines().map(str::trim) {
        if let Some(whole) = line.strip_prefix("#[sql_name = \"").and_then(|rest| rest.strip_suffix("\"]")) {
            part_of = Some(whole);
        } else if let Some((column, kind)) = line.trim_end_matches(',').split_once(" -> ") {
            if !line.starts_with("diesel::") {
                let kind = postgres_name(kind);
                let before = tables.entry(table.clone()).or_default().insert(column.to_owned(), kind.clone());
                assert!(before.is_none_or(|before| before == kind), "{table}.{column} is spelt in two ways");
            }
        } else if let Some((name, _)) = line.split_once(" (").filter(|_| line.ends_with(") {")) {
            part_of.take().unwrap_or(name).clone_into(&mut table);
        }
    }
    tables
}

fn postgres_name(kind: &str) -> String {
    let inside = |outer: &str| kind.strip_prefix(outer).and_then(|rest| rest.strip_suffix('>'));
    if let Some(kind) = inside("Nullable<") {
        return format!("{}?", postgres_name(kind));
    }
    if let Some(kind) = inside("Array<") {
        return format!("_{}", postgres_name(kind));
    }
    match kind {
        "BigInt" => "int8",
        "Integer" => "int4",
        "SmallInt" => "int2",
        "Float" => "float4",
        "Double" => "float8",
        "Bool" => "bool",
        "Text" => "text",
        "Bytea" => "bytea",
        "Jsonb" => "jsonb",
        "Inet" => "inet",
        "Timestamptz" => "timestamptz",
        other => panic!("schema.rs has a type that this test does not know: {other}"),
    }
    .to_owned()
}

#[test]
fn schema_rs_names_every_column_with_its_type_and_nullability() {
    let database = TestDatabase::new();
    let (written, real) = (of_schema_file(), of_database(&database));
    assert!(real.len() > 20, "{real:?}");
    assert_eq!(written, real);
}
