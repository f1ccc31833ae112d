use hannun::models::audit::{AuditEvent, AuditFilter};
use hannun::models::groups::NewGroup;
use serde_json::json;

use super::hannun::Place;

const PASSWORD: &str = "tuesday rain in april\n";

#[test]
fn a_person_is_added_listed_and_disabled() {
    let place = Place::new();
    place.run_with(&["user", "add", "anna", "--role", "administrator", "--password-stdin"], PASSWORD).done();
    place.run_with(&["user", "add", "ben", "--role", "viewer", "--password-stdin"], PASSWORD).done();
    let people = place.run(&["user", "list", "--json"]).json();
    assert_eq!(people[0]["name"], "anna");
    assert_eq!((&people[1]["role"], &people[1]["disabled_at"]), (&json!("viewer"), &json!(null)));

    place.run(&["user", "disable", "ben"]).done();
    let table = place.run(&["user", "list"]).done();
    assert!(table.contains("ben   viewer         all      disabled"), "{table}");
    assert!(place.run(&["user", "disable", "anna"]).failed(1).contains("last administrator"));
    assert!(place.run(&["user", "disable", "nobody"]).failed(1).contains("not found"));
}

#[test]
fn sec_z07_a_person_is_given_another_role_in_a_group_and_not_all_that_it_brings() {
    let place = Place::new();
    let add = ["user", "add", "anna", "--role", "operator", "--password-stdin"];
    let with = |more: &[&'static str]| [add.as_slice(), more].concat();
    assert!(place.run_with(&with(&["--group-role", "db=boss"]), PASSWORD).failed(2).contains("viewer or operator"));
    assert!(place.run_with(&with(&["--without", "sleep"]), PASSWORD).failed(2).contains("use run-command, terminal"));
    let unknown = place.run_with(&with(&["--group-role", "db=viewer"]), PASSWORD).failed(1);
    assert!(unknown.contains("There is no group db"), "{unknown}");
    let outside = place.run_with(&with(&["--group", "web", "--group-role", "db=viewer"]), PASSWORD).failed(2);
    assert!(outside.contains("anna does not see the servers of db: add --group db"), "{outside}");
    let both = ["--group-role", "db=viewer", "--group-role", "db=operator"];
    assert!(place.run_with(&with(&both), PASSWORD).failed(2).contains("choose one role in db"));
    place.run_with(&with(&["--without", "terminal", "--without", "root"]), PASSWORD).done();
    let people = place.run(&["user", "list", "--json"]).json();
    assert_eq!(people[0]["withheld"], json!(["terminal", "root"]));
}

#[test]
fn sec_l01_the_audit_log_says_which_roles_in_groups_were_given_and_what_was_withheld() {
    let place = Place::new();
    let mut connection = place.database.connection();
    for name in ["db", "web"] {
        NewGroup { name, note: "" }.insert(&mut connection).unwrap();
    }
    let add = ["user", "add", "anna", "--role", "viewer", "--password-stdin", "--group", "db", "--group", "web"];
    let more = ["--group-role", "web=operator", "--without", "terminal", "--without", "root"];
    place.run_with(&[add.as_slice(), &more].concat(), PASSWORD).done();
    let event = AuditEvent::latest(&mut connection, &AuditFilter::default(), 1).unwrap().remove(0);
    let details = serde_json::to_value(&event.details.0).unwrap();
    let expected = json!({"role": "viewer", "groups": "db, web", "operator_in": "web", "withheld": "terminal, root"});
    assert_eq!((event.target.as_str(), details), ("anna", expected));
}

#[test]
fn sec_a13_a_weak_password_is_refused_on_the_command_line_too() {
    let place = Place::new();
    let complaint =
        place.run_with(&["user", "add", "anna", "--role", "viewer", "--password-stdin"], "short\n").failed(1);
    assert!(complaint.contains("password: Use at least 12 characters"), "{complaint}");
    assert_eq!(place.run(&["user", "list", "--json"]).json(), json!([]));
}

#[test]
fn sec_s06_a_password_is_never_repeated() {
    let place = Place::new();
    place.run_with(&["user", "add", "anna", "--role", "viewer", "--password-stdin"], PASSWORD).done();
    let again = place.run_with(&["user", "add", "anna", "--role", "viewer", "--password-stdin"], PASSWORD);
    assert!(again.err.contains("named anna already"), "{}", again.err);
    assert!(!again.failed(1).contains("tuesday"));
    let changed = place.run_with(&["user", "password", "anna", "--password-stdin"], "monday sun in october\n").done();
    assert_eq!(changed, "changed the password of anna\n");
}

#[test]
fn a_token_is_printed_once_and_revoked() {
    let place = Place::new();
    let token = place.run(&["token", "create", "ci", "--role", "viewer", "--expires", "90d"]).done();
    assert!(token.starts_with("hnn_") && token.trim().len() == 47, "{token}");
    let list = place.run(&["token", "list", "--json"]).json();
    assert_eq!((&list[0]["name"], &list[0]["role"]), (&json!("ci"), &json!("viewer")));
    assert!(!list.to_string().contains(token.trim()));
    place.run(&["token", "revoke", "ci"]).done();
    assert!(place.run(&["token", "list"]).done().contains("revoked"));
    assert!(place.run(&["token", "revoke", "ci"]).failed(1).contains("not found"));
    assert!(place.run(&["token", "create", "x", "--role", "viewer", "--expires", "soon"]).failed(2).contains("90d"));
    assert!(place.run(&["token", "create", "x", "--role", "viewer", "--group", "none"]).failed(1).contains("group"));
}
