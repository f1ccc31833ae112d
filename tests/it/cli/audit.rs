//! `hannun audit verify`: editing history is named, also by what was kept outside the database (L02).

use diesel::connection::SimpleConnection;
use hannun::models::actor::Actor;
use hannun::models::audit::kept_heads::KeptHeads;
use hannun::models::audit::{AuditEntry, Outcome, head};
use serde_json::json;

use super::hannun::Place;

fn with_events(count: usize) -> Place {
    let place = Place::new();
    let (mut connection, now) = (place.database.connection(), place.database.now());
    for _ in 0..count {
        AuditEntry::by(&Actor::system("test"), "x").record(&mut connection, Outcome::Succeeded, now).unwrap();
    }
    place
}

/// What the owner of the database can do.
fn tamper(place: &Place, statements: &str) {
    let statements = format!("alter table audit_events disable trigger user; {statements}");
    place.database.owner().batch_execute(&statements).unwrap();
}

fn keep_head(place: &Place) -> KeptHeads {
    let file = KeptHeads::in_folder(place.folder.path());
    file.add(&head(&mut place.database.connection()).unwrap(), place.database.now()).unwrap();
    file
}

#[test]
fn sec_l02_a_whole_log_is_said_to_be_whole_and_what_it_was_compared_with() {
    let place = with_events(5);
    let said = place.run(&["audit", "verify"]).done();
    assert!(said.starts_with("the audit log is whole: 5 events\nno end of it was kept outside"), "{said}");
    keep_head(&place);
    let said = place.run(&["audit", "verify"]).done();
    assert!(said.ends_with("it agrees with 1 ends that were kept outside the database\n"), "{said}");
}

#[test]
fn sec_l02_the_first_bad_number_is_printed_and_the_status_is_1() {
    let place = with_events(5);
    tamper(&place, "update audit_events set actor = 'somebody' where number = 3");
    let said = place.run(&["audit", "verify"]);
    assert_eq!((said.status, said.err.as_str()), (1, ""));
    assert!(said.out.starts_with("the audit log is broken at event 3: it was changed\n"), "{}", said.out);
    let said = place.run(&["audit", "verify", "--json"]);
    let finding: serde_json::Value = serde_json::from_str(&said.out).unwrap();
    assert_eq!((said.status, &finding["first_bad"], &finding["intact"]), (1, &json!(3), &json!(false)));
}

#[test]
fn sec_l02_a_log_that_was_cut_off_with_its_head_is_seen_by_what_was_kept_outside() {
    let place = with_events(5);
    let elsewhere = place.folder.path().join("elsewhere");
    std::fs::copy(keep_head(&place).path(), &elsewhere).unwrap();
    let cut = "delete from audit_events where number > 3;
        update audit_head set number = 3, hash = (select hash from audit_events where number = 3)";
    tamper(&place, cut);
    let said = place.run(&["audit", "verify"]);
    assert!(said.status == 1 && said.out.contains("broken at event 4: it is missing"), "{said:?}");
    // Whoever also took the file away does not have the copy.
    std::fs::remove_file(place.folder.path().join("audit-heads")).unwrap();
    assert_eq!(place.run(&["audit", "verify"]).status, 0);
    let said = place.run(&["audit", "verify", "--heads", elsewhere.to_str().unwrap()]);
    assert!(said.status == 1 && said.out.contains("broken at event 4"), "{said:?}");
}

#[test]
fn sec_l02_a_file_of_heads_that_cannot_be_read_is_no_proof() {
    let place = with_events(1);
    std::fs::write(place.folder.path().join("audit-heads"), "nonsense\n").unwrap();
    let complaint = place.run(&["audit", "verify"]).failed(1);
    assert!(complaint.contains("line 1 of") && complaint.contains("audit-heads"), "{complaint}");
    std::fs::remove_file(place.folder.path().join("audit-heads")).unwrap();
    let complaint = place.run(&["audit", "verify", "--heads", "/nonexistent/heads"]).failed(2);
    assert!(complaint.contains("/nonexistent/heads"), "{complaint}");
}
