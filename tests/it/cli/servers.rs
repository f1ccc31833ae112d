use hannun::models::servers::NewServer;
use serde_json::json;

use super::hannun::Place;

#[test]
fn servers_are_listed_with_their_state() {
    let place = Place::new();
    assert_eq!(place.run(&["servers", "--json"]).json(), json!([]));
    NewServer::new("web-1", "10.0.0.7").insert(&mut place.database.connection()).unwrap();
    let paused = NewServer { enabled: false, port: 2222, ..NewServer::new("web-2", "10.0.0.8") };
    paused.insert(&mut place.database.connection()).unwrap();
    let list = place.run(&["servers", "--json"]).json();
    assert_eq!((&list[0]["name"], &list[0]["state"]), (&json!("web-1"), &json!("unknown")));
    assert_eq!(list[1]["state"], "paused");
    let table = place.run(&["servers"]).done();
    assert!(table.starts_with("NAME") && table.contains("10.0.0.8 port 2222"), "{table}");
}

#[test]
fn a_key_that_the_server_did_not_present_is_not_approved() {
    let place = Place::new();
    assert!(place.run(&["approve", "web-1", "SHA256:x"]).failed(1).contains("not found"));
    NewServer::new("web-1", "127.0.0.1").insert(&mut place.database.connection()).unwrap();
    let complaint = place.run(&["approve", "web-1", "SHA256:x"]).failed(1);
    assert!(complaint.contains("no credential yet"), "{complaint}");
}

#[test]
fn migrate_says_whether_there_was_anything_to_do() {
    let place = Place::new();
    let mut command = super::hannun::hannun(&["migrate"]);
    command.env("DATABASE_URL", place.database.owner_url().expose()).env("HANNUN_DATA_DIR", place.folder.path());
    assert_eq!(super::hannun::finish(command, "").done(), "the database is up to date\n");
}

#[test]
fn the_doctor_names_what_is_wrong_and_what_to_do() {
    let place = Place::new();
    let healthy = place.run(&["doctor", "--no-servers"]);
    assert_eq!(healthy.status, 0, "{}{}", healthy.out, healthy.err);
    for line in ["ok       configuration", "ok       database", "ok       clock", "warning  people", "→"] {
        assert!(healthy.out.contains(line), "{line}:\n{}", healthy.out);
    }
    assert!(
        healthy.out.contains("ok       audit log: the role that hannun works with cannot rewrite it"),
        "{}",
        healthy.out
    );

    std::fs::write(place.folder.path().join("secret.key"), "short").unwrap();
    let ill = place.run(&["doctor", "--no-servers", "--json"]);
    assert_eq!((ill.status, ill.err.as_str()), (1, ""));
    let checks: serde_json::Value = serde_json::from_str(&ill.out).unwrap();
    let key = checks.as_array().unwrap().iter().find(|check| check["name"] == "key file").unwrap();
    assert_eq!(key["verdict"], "failed");
    assert!(key["next_step"].as_str().unwrap().contains("0600"));
}

#[test]
fn sec_l02_the_doctor_says_when_the_trigger_alone_guards_the_audit_log() {
    let place = Place::new();
    let mut command = super::hannun::hannun(&["doctor", "--no-servers", "--json"]);
    command.env("DATABASE_URL", place.database.owner_url().expose()).env("HANNUN_DATA_DIR", place.folder.path());
    let checks = super::hannun::finish(command, "").json();
    let audit = checks.as_array().unwrap().iter().find(|check| check["name"] == "audit log").unwrap();
    assert_eq!(audit["verdict"], "warning");
    assert!(audit["detail"].as_str().unwrap().contains("the trigger alone"), "{audit}");
}

#[test]
fn the_doctor_tries_each_server() {
    let place = Place::new();
    NewServer::new("web-1", "127.0.0.1").insert(&mut place.database.connection()).unwrap();
    let ill = place.run(&["doctor"]);
    assert_eq!(ill.status, 1);
    assert!(ill.out.contains("FAILED   server web-1: web-1 has no credential yet"), "{}", ill.out);
}
