use hannun::models::data_keys::DataKey;
use hannun::models::servers::NewServer;

use super::hannun::{Place, finish, hannun};

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
    let mut command = hannun(&["doctor", "--no-servers", "--json"]);
    command.env("DATABASE_URL", place.database.owner_url().expose()).env("HANNUN_DATA_DIR", place.folder.path());
    let checks = finish(command, "").json();
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

#[test]
fn the_doctor_makes_nothing_where_the_first_start_is_still_to_come() {
    let place = Place::new();
    let data = place.folder.path().join("data");
    let mut command = hannun(&["doctor"]);
    command.env("HANNUN_DATA_DIR", &data);
    let report = finish(command, "").done();
    assert!(report.contains("warning  database: the private PostgreSQL is not made yet"), "{report}");
    assert!(!data.exists());
}

#[test]
fn sec_s03_the_doctor_tells_a_key_file_that_does_not_open_what_is_stored() {
    let place = Place::new();
    let key = place.folder.path().join("secret.key");
    DataKey::open_sealer(&mut place.database.connection(), &key).unwrap();
    let well = place.run(&["doctor", "--no-servers"]).done();
    assert!(well.contains("ok       secrets: the key file opens what the database holds"), "{well}");

    std::fs::write(&key, [7; 32]).unwrap();
    let exchanged = place.run(&["doctor"]);
    assert!(exchanged.status == 1 && exchanged.out.contains("FAILED   secrets: The key file"), "{}", exchanged.out);
    std::fs::remove_file(&key).unwrap();
    let lost = place.run(&["doctor"]);
    assert!(lost.out.contains("is not there, and the database holds secrets that only it opens"), "{}", lost.out);
    assert!(!key.exists());
}

#[test]
fn a_database_that_does_not_answer_is_told_with_what_to_do() {
    let place = Place::new();
    let mut command = hannun(&["doctor"]);
    command.env("DATABASE_URL", "postgres://hannun@127.0.0.1:1/hannun").env("HANNUN_DATA_DIR", place.folder.path());
    let report = finish(command, "");
    assert!(report.out.contains("FAILED   database: The database cannot be reached: "), "{}", report.out);
    assert!(report.out.contains("→ Start PostgreSQL, or correct DATABASE_URL or DATABASE_URL_FILE"), "{}", report.out);
    let mut command = hannun(&["servers"]);
    command.env("DATABASE_URL", "postgres://hannun@127.0.0.1:1/hannun").env("HANNUN_DATA_DIR", place.folder.path());
    assert!(!finish(command, "").failed(1).contains("Try again in a few seconds"));
}
