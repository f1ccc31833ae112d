//! Writing to the audit log, and reading it.

use chrono::TimeDelta;
use diesel::prelude::*;
use hannun::error::Error;
use hannun::models::actor::Actor;
use hannun::models::audit::{AuditEntry, AuditEvent, AuditFilter, Outcome};
use hannun::models::groups::{Group, NewGroup};

use crate::harness::database::TestDatabase;

#[test]
fn sec_l01_what_cannot_be_written_about_does_not_happen() {
    let database = TestDatabase::new();
    diesel::sql_query("drop table audit_head").execute(&mut database.owner()).unwrap();
    let outcome = database.connection().transaction::<_, Error, _>(|connection| {
        NewGroup { name: "web", note: "" }.insert(connection)?;
        AuditEntry::by(&Actor::system("test"), "group.create").target("group web").record(
            connection,
            Outcome::Succeeded,
            database.now(),
        )
    });
    assert!(outcome.is_err());
    assert_eq!(Group::all(&mut database.connection()).unwrap(), []);
}

#[test]
fn sec_l01_an_entry_of_an_undone_change_leaves_no_gap() {
    let database = TestDatabase::new();
    let mut connection = database.connection();
    let entry = AuditEntry::by(&Actor::system("test"), "x");
    let undone = connection.transaction::<(), Error, _>(|connection| {
        entry.record(connection, Outcome::Succeeded, database.now())?;
        Err(Error::SignInNeeded)
    });
    assert!(undone.is_err());
    assert_eq!(entry.record(&mut connection, Outcome::Succeeded, database.now()).unwrap(), 1);
}

#[test]
fn sec_l01_an_outcome_names_what_was_asked_and_an_open_end_is_found() {
    let database = TestDatabase::new();
    let (mut connection, now) = (database.connection(), database.now());
    let entry = AuditEntry::by(&Actor::system("test"), "signal_process").server("web-1").run_as("root");
    let first = entry.clone().target("nginx (1)").asked(&mut connection, now).unwrap();
    let second = entry.target("nginx (2)").asked(&mut connection, now).unwrap();
    let number = first.detail("status", 0).ended(&mut connection, Outcome::Succeeded, now).unwrap();
    let ended = AuditEvent::by_number(&mut connection, number).unwrap().unwrap();
    assert_eq!((ended.asked_number, ended.target.as_str()), (Some(1), "nginx (1)"));
    assert_eq!(ended.details.0["status"], "0");
    assert_eq!(AuditEvent::outcome_of(&mut connection, 1).unwrap(), Some(ended));
    let open = AuditEvent::without_outcome(&mut connection, now + TimeDelta::seconds(1)).unwrap();
    assert_eq!(open.iter().map(|event| event.number).collect::<Vec<_>>(), [second.number]);
    assert_eq!(AuditEvent::without_outcome(&mut connection, now).unwrap(), []);
}

#[test]
fn sec_l03_hostile_text_is_bounded_and_stored_without_nul() {
    let database = TestDatabase::new();
    let mut connection = database.connection();
    let entry = AuditEntry::by_nobody("a\0b\n{\"forged\":1}", Some([10, 0, 0, 1].into()), "sign_in")
        .target(&"x".repeat(1 << 20))
        .detail("why", "\u{1b}[2J");
    let number = entry.record(&mut connection, Outcome::Refused, database.now()).unwrap();
    let event = AuditEvent::by_number(&mut connection, number).unwrap().unwrap();
    assert_eq!(event.actor, "a\u{fffd}b\n{\"forged\":1}");
    assert_eq!(event.target.chars().count(), 2_001);
    assert_eq!(event.to_json_line().lines().count(), 1);
}

#[test]
fn the_newest_come_first_page_by_page_narrowed_by_filters() {
    let database = TestDatabase::new();
    let mut connection = database.connection();
    for number in 0..5 {
        let entry = AuditEntry::by(&Actor::system("test"), "x").server(if number % 2 == 0 { "even" } else { "odd" });
        entry.record(&mut connection, Outcome::Succeeded, database.now()).unwrap();
        database.advance(TimeDelta::minutes(1));
    }
    let mut numbers = |filter: AuditFilter, limit| -> Vec<i64> {
        let events = AuditEvent::latest(&mut connection, &filter, limit).unwrap();
        events.into_iter().map(|event| event.number).collect()
    };
    assert_eq!(numbers(AuditFilter::default(), 2), [5, 4]);
    assert_eq!(numbers(AuditFilter { before: Some(4), ..AuditFilter::default() }, 2), [3, 2]);
    assert_eq!(numbers(AuditFilter { server: Some("odd".to_owned()), ..AuditFilter::default() }, 9), [4, 2]);
    let to = Some(database.now() - TimeDelta::minutes(4));
    assert_eq!(numbers(AuditFilter { to, ..AuditFilter::default() }, 9), [1]);
    assert_eq!(numbers(AuditFilter { outcome: Some(Outcome::Failed), ..AuditFilter::default() }, 9), [] as [i64; 0]);
}
