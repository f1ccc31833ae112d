//! Migrations: once, by one process, never backwards by accident (R08).

use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel_migrations::MigrationHarness;
use hannun::db::{migrate, roles};

use crate::harness::database::TestDatabase;

#[test]
fn rel_r08_a_second_run_changes_nothing() {
    let database = TestDatabase::new();
    assert_eq!(migrate::migrate(&database.owner_url(), Some(roles::APPLICATION_ROLE)).unwrap(), 0);
    assert_eq!(migrate::pending(&mut database.owner()).unwrap(), 0);
}

#[test]
fn rel_r08_down_and_up_again_gives_the_same_tables() {
    let database = TestDatabase::new();
    let mut owner = database.owner();
    owner.revert_all_migrations(migrate::MIGRATIONS).unwrap();
    assert!(diesel::sql_query("select from users").execute(&mut owner).is_err());
    let applied = migrate::migrate(&database.owner_url(), Some(roles::APPLICATION_ROLE)).unwrap();
    assert!(applied >= 4, "{applied}");
    diesel::sql_query("select from users").execute(&mut database.connection()).unwrap();
}

#[test]
fn rel_r08_of_many_that_start_at_once_one_migrates() {
    let database = TestDatabase::new();
    database.owner().revert_all_migrations(migrate::MIGRATIONS).unwrap();
    let starts: Vec<_> = (0..4)
        .map(|_| {
            let url = database.owner_url();
            std::thread::spawn(move || migrate::migrate(&url, Some(roles::APPLICATION_ROLE)))
        })
        .collect();
    let applied: Vec<usize> = starts.into_iter().map(|start| start.join().unwrap().unwrap()).collect();
    assert_eq!(applied.iter().filter(|count| **count > 0).count(), 1, "{applied:?}");
}

#[test]
fn rel_r08_a_database_of_a_newer_program_is_refused_with_a_sentence() {
    let database = TestDatabase::new();
    database
        .owner()
        .batch_execute("insert into __diesel_schema_migrations (version) values ('29990101000000')")
        .unwrap();
    let refusal = migrate::migrate(&database.owner_url(), None).unwrap_err().to_string();
    assert!(refusal.contains("newer hannun") && refusal.contains("29990101000000"), "{refusal}");
}

#[test]
fn rel_r08_a_table_that_somebody_holds_is_not_waited_for_without_end() {
    let database = TestDatabase::new();
    let mut holder = database.owner();
    let mut owner = database.owner();
    owner.revert_last_migration(migrate::MIGRATIONS).unwrap();
    holder.batch_execute("begin; lock table __diesel_schema_migrations in exclusive mode").unwrap();
    let began = std::time::Instant::now();
    let outcome = migrate::migrate(&database.owner_url(), None);
    assert!(outcome.is_err(), "{outcome:?}");
    assert!((4..9).contains(&began.elapsed().as_secs()), "{:?}", began.elapsed());
    holder.batch_execute("rollback").unwrap();
    assert_eq!(migrate::migrate(&database.owner_url(), None).unwrap(), 1);
}
