//! Editing history does not go unnoticed (L02). The owner of the database can switch the trigger off; the chain tells.

use diesel::connection::SimpleConnection;
use hannun::models::actor::Actor;
use hannun::models::audit::{AuditEntry, AuditEvent, Head, Outcome, Verification, head, verify};

use crate::harness::database::TestDatabase;

fn with_events(count: i64) -> TestDatabase {
    let database = TestDatabase::new();
    let mut connection = database.connection();
    for number in 1..=count {
        let entry = AuditEntry::by(&Actor::system("test"), "x").target(&format!("event {number}")).detail("n", number);
        entry.record(&mut connection, Outcome::Succeeded, database.now()).unwrap();
    }
    database
}

/// What the owner of the database can do.
fn tamper(database: &TestDatabase, statements: &str) {
    let statements = format!(
        "alter table audit_events disable trigger user; {statements}; alter table audit_events enable trigger user"
    );
    database.owner().batch_execute(&statements).unwrap();
}

fn first_bad(database: &TestDatabase, known: &[Head]) -> Option<i64> {
    match verify(&mut database.connection(), known).unwrap() {
        Verification::Intact(_) => None,
        Verification::Broken { number, .. } => Some(number),
    }
}

#[test]
fn sec_l02_fifty_writers_at_once_leave_a_whole_chain_without_gaps() {
    let database = TestDatabase::new();
    let writers: Vec<_> = (0..50)
        .map(|writer| {
            let (mut connection, now) = (database.connection(), database.now());
            std::thread::spawn(move || {
                for _ in 0..4 {
                    let entry = AuditEntry::by(&Actor::system("test"), "x").target(&format!("writer {writer}"));
                    entry.record(&mut connection, Outcome::Succeeded, now).unwrap();
                }
            })
        })
        .collect();
    for writer in writers {
        writer.join().unwrap();
    }
    let mut connection = database.connection();
    let end = head(&mut connection).unwrap();
    assert_eq!(end.number, 200);
    assert_eq!(verify(&mut connection, &[]).unwrap(), Verification::Intact(end));
}

#[test]
fn sec_l02_an_empty_log_is_whole() {
    let database = TestDatabase::new();
    assert_eq!(first_bad(&database, &[]), None);
}

#[test]
fn sec_l02_an_edited_event_is_named() {
    for edit in [
        "actor = 'somebody'",
        "at = at + interval '1 microsecond'",
        "details = details || '{\"n\": \"0\"}'",
        "address = '10.0.0.1'",
        "outcome = 'failed'",
        "asked_number = 1",
    ] {
        let database = with_events(6);
        assert_eq!(first_bad(&database, &[]), None);
        tamper(&database, &format!("update audit_events set {edit} where number = 4"));
        assert_eq!(first_bad(&database, &[]), Some(4), "{edit}");
    }
}

#[test]
fn sec_l02_a_deleted_event_is_named() {
    let database = with_events(6);
    tamper(&database, "delete from audit_events where number = 3");
    assert_eq!(first_bad(&database, &[]), Some(3));
}

#[test]
fn sec_l02_the_first_of_the_last_three_that_were_deleted_is_named() {
    let database = with_events(6);
    tamper(&database, "delete from audit_events where number > 3");
    assert_eq!(first_bad(&database, &[]), Some(4));
}

#[test]
fn sec_l02_a_head_kept_outside_the_database_shows_what_a_changed_head_hides() {
    let database = with_events(6);
    let known = head(&mut database.connection()).unwrap();
    tamper(
        &database,
        "delete from audit_events where number > 3;
         update audit_head set number = 3, hash = (select hash from audit_events where number = 3)",
    );
    assert_eq!(first_bad(&database, &[]), None, "inside the database nothing is left to see");
    assert_eq!(first_bad(&database, std::slice::from_ref(&known)), Some(4));
    // Written anew up to the same number, the events are others.
    for _ in 0..3 {
        let entry = AuditEntry::by(&Actor::system("forger"), "x");
        entry.record(&mut database.connection(), Outcome::Succeeded, database.now()).unwrap();
    }
    assert_eq!(first_bad(&database, &[]), None);
    assert_eq!(first_bad(&database, &[known]), Some(6));
}

#[test]
fn sec_l02_two_swapped_events_are_named() {
    let database = with_events(6);
    tamper(
        &database,
        "update audit_events set number = -2 where number = 2; update audit_events set number = 2 where number = 5;
         update audit_events set number = 5 where number = -2",
    );
    assert_eq!(first_bad(&database, &[]), Some(2));
}

#[test]
fn sec_l02_a_head_is_read_back_from_the_line_that_was_written() {
    let database = with_events(2);
    let end = head(&mut database.connection()).unwrap();
    assert_eq!(end.to_string().parse::<Head>().unwrap(), end);
    assert!("2".parse::<Head>().is_err() && "x 00".parse::<Head>().is_err() && "2 zz".parse::<Head>().is_err());
    assert_eq!(AuditEvent::after(&mut database.connection(), 1, 10).unwrap()[0].hash, end.hash);
}
