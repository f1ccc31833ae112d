//! The application role: everything but rewriting the audit log (L02).

use diesel::connection::SimpleConnection;
use hannun::db::{migrate, roles};

use crate::harness::database::TestDatabase;

#[test]
fn sec_l02_the_application_role_cannot_change_or_empty_the_audit_log() {
    let database = TestDatabase::new();
    let mut application = database.connection();
    for statement in [
        "update audit_events set actor = 'x'",
        "delete from audit_events",
        "truncate audit_events",
        "alter table audit_events disable trigger all",
        "drop trigger audit_events_are_final on audit_events",
        "delete from audit_head",
        "insert into audit_head (id, number, hash) values (2, 0, '')",
        "create table own (x integer)",
    ] {
        let refusal = application.batch_execute(statement).unwrap_err().to_string();
        assert!(refusal.contains("permission denied") || refusal.contains("must be owner"), "{statement}: {refusal}");
    }
    assert!(roles::audit_is_guarded(&mut application).unwrap());
    assert!(!roles::audit_is_guarded(&mut database.owner()).unwrap());
}

#[test]
fn sec_l02_the_trigger_alone_refuses_where_one_role_does_everything() {
    let database = TestDatabase::new();
    let mut owner = database.owner();
    owner
        .batch_execute(
            "insert into audit_events (number, at, actor_kind, actor, action, outcome, previous_hash, hash)
             values (1, now(), 'system', 'x', 'x', 'succeeded', '', '')",
        )
        .unwrap();
    for statement in ["update audit_events set actor = 'x'", "delete from audit_events", "truncate audit_events"] {
        let refusal = owner.batch_execute(statement).unwrap_err().to_string();
        assert!(refusal.contains("never changed or deleted"), "{statement}: {refusal}");
    }
}

#[test]
fn tables_of_later_migrations_and_of_the_queue_are_open_to_the_application_role() {
    let database = TestDatabase::new();
    let mut owner = database.owner();
    owner
        .batch_execute(
            "create table later (id bigint generated always as identity primary key, x integer);
             create schema apalis; create table apalis.jobs (id serial, x integer);",
        )
        .unwrap();
    database.connection().batch_execute("insert into later (x) values (1)").unwrap();
    assert!(database.connection().batch_execute("select from apalis.jobs").is_err());
    roles::grant_application_role(&mut owner, roles::APPLICATION_ROLE).unwrap();
    owner.batch_execute("create table apalis.workers (id serial)").unwrap();
    let mut application = database.connection();
    application.batch_execute("insert into apalis.jobs (x) values (1); select from apalis.workers").unwrap();
    assert!(application.batch_execute("delete from audit_events").is_err());
}

#[test]
fn granting_again_takes_back_what_must_not_be_granted() {
    let database = TestDatabase::new();
    database.owner().batch_execute("grant all on audit_events to hannun").unwrap();
    migrate::migrate(&database.owner_url(), Some(roles::APPLICATION_ROLE)).unwrap();
    assert!(roles::audit_is_guarded(&mut database.connection()).unwrap());
}
