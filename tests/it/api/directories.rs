//! What takes the room on a real server, measured by a program.

use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::PermissionsExt;
use std::time::Duration;

use actix_web::http::Method;
use hannun::commands::directories::encode;
use hannun::models::actor::{Rights, Role, Scope};
use hannun::models::permission::Permission;
use serde_json::{Value, json};

use super::program::{Program, group, program, program_for};
use crate::harness::app::TestApp;
use crate::harness::known;
use crate::harness::sshd::{Setup, Sshd};

const BEGIN: &str = "/api/v1/servers/web-1/directories/measurements";
const LATEST: &str = "/api/v1/servers/web-1/directories/measurements/latest";
/// The whole machine, which takes long enough.
const LONG: &str = "/.//.//.";

async fn server(test: &str) -> Option<(TestApp, Sshd)> {
    let sshd = Setup::default().user("hannun-test", "/bin/sh").start(test)?;
    let app = TestApp::start().await;
    known::add(&app, "web-1", &sshd.endpoint_of("hannun-test")).await;
    Some((app, sshd))
}

/// The last measurement, once it runs no more.
async fn ended(program: &Program) -> Value {
    for _ in 0..400 {
        let latest = program.get(LATEST).await.status(200);
        if latest["state"] != "running" {
            return latest;
        }
        tokio::time::sleep(Duration::from_millis(25)).await;
    }
    panic!("it is still being measured");
}

#[actix_web::test]
async fn a_program_has_directories_measured_and_is_told_the_biggest_first() {
    let test = "a_program_has_directories_measured_and_is_told_the_biggest_first";
    let Some((app, _sshd)) = server(test).await else { return };
    let folder =
        tempfile::Builder::new().permissions(fs::Permissions::from_mode(0o755)).tempdir_in("/var/tmp").unwrap();
    for (name, bytes) in [("logs \u{e9}", 300_000), ("cache", 900_000)] {
        fs::create_dir(folder.path().join(name)).unwrap();
        fs::write(folder.path().join(name).join("file"), vec![1; bytes]).unwrap();
    }
    fs::create_dir(folder.path().join("closed")).unwrap();
    fs::set_permissions(folder.path().join("closed"), fs::Permissions::from_mode(0o700)).unwrap();
    let (operator, path) = (program(&app, Role::Operator).await, encode(folder.path().as_os_str().as_bytes()));
    assert_eq!(operator.get(LATEST).await.problem(404), "not-found", "nothing is measured before somebody asks");
    let begun = operator.post(BEGIN, json!({ "path": path })).await;
    assert_eq!(begun.reply.header("Location"), Some(LATEST));
    assert_eq!(begun.status(202)["path"], json!(path));
    let done = ended(&operator).await;
    assert_eq!((&done["state"], &done["as"], &done["left_out"]), (&json!("done"), &json!("user"), &json!(0)), "{done}");
    let (rows, inner) = (done["directories"].as_array().unwrap(), |name: &str| json!(format!("{path}/{name}")));
    assert_eq!((&rows[0]["path"], &rows[1]["path"]), (&inner("cache"), &inner("logs%20%C3%A9")));
    assert!(rows[0]["size_bytes"].as_u64().unwrap() >= 900_000, "{done}");
    assert!(done["total_bytes"].as_u64().unwrap() >= 1_200_000, "{done}");
    assert_eq!(done["unreadable"], 1, "what may not be read is not counted as empty");
    assert!(done["command"].as_str().unwrap().contains("du -x -k -d 1"), "{done}");
    assert_eq!(
        program_for(&app, "other", Role::Operator, Scope::All).await.get(LATEST).await.problem(404),
        "not-found"
    );
}

#[actix_web::test]
async fn a_program_is_told_why_nothing_could_be_measured() {
    let Some((app, _sshd)) = server("a_program_is_told_why_nothing_could_be_measured").await else { return };
    let operator = program(&app, Role::Operator).await;
    operator.post(BEGIN, json!({"path": "/no-such-folder"})).await.status(202);
    let failed = ended(&operator).await;
    assert_eq!(
        (&failed["state"], &failed["failure"]["code"]),
        (&json!("failed"), &json!("command-failed")),
        "{failed}"
    );
    assert!(failed["failure"]["stderr"].as_str().unwrap().contains("No such file"), "{failed}");
    assert_eq!(failed["directories"], json!([]));
}

#[actix_web::test]
async fn a_measurement_that_runs_refuses_the_next_one_until_it_is_stopped() {
    let test = "a_measurement_that_runs_refuses_the_next_one_until_it_is_stopped";
    let Some((app, _sshd)) = server(test).await else { return };
    let operator = program(&app, Role::Operator).await;
    operator.post(BEGIN, json!({ "path": LONG })).await.status(202);
    assert_eq!(operator.post(BEGIN, json!({"path": "/var"})).await.problem(409), "conflict");
    assert_eq!(operator.get(LATEST).await.status(200)["path"], LONG, "and the first one goes on");
    assert_eq!(operator.delete(LATEST).await.reply.status, 202);
    assert_eq!(ended(&operator).await["state"], "stopped");
    operator.post(BEGIN, json!({"path": "/no-such-folder"})).await.status(202);
}

#[actix_web::test]
async fn a_person_s_page_and_what_they_ask_of_the_api_are_about_one_measurement() {
    let test = "a_person_s_page_and_what_they_ask_of_the_api_are_about_one_measurement";
    let Some((app, _sshd)) = server(test).await else { return };
    let person = app.operator().await;
    person.post("/servers/web-1/disks/measurements", [("path", LONG)]).await;
    let seen: Value = serde_json::from_str(&person.get(LATEST).await.body).unwrap();
    assert_eq!((&seen["path"], &seen["state"]), (&json!(LONG), &json!("running")), "{seen}");
    person.post("/servers/web-1/disks/measurements", [("path", LONG), ("stop", "yes")]).await;
}

#[actix_web::test]
async fn sec_z07_directories_are_measured_only_for_programs_that_may_read_files_there() {
    let test = "sec_z07_directories_are_measured_only_for_programs_that_may_read_files_there";
    let Some((app, _sshd)) = server(test).await else { return };
    let viewer = program(&app, Role::Viewer).await;
    assert_eq!(viewer.post(BEGIN, json!({"path": "/var"})).await.problem(403), "forbidden");
    assert_eq!(viewer.get(LATEST).await.problem(403), "forbidden");
    for withheld in [Permission::ReadFiles, Permission::Root] {
        let mut rights = Rights::new(Role::Operator, Scope::All);
        rights.withheld.insert(withheld);
        let person = app.signed_in_with(withheld.name(), rights).await;
        let token = person.token().await;
        let ask =
            person.ask(Method::POST, BEGIN).header("Sec-Fetch-Site", "same-origin").header("X-CSRF-Token", &token);
        let refused = ask.body("application/json", r#"{"path":"/var","as":"root"}"#).send().await;
        assert_eq!(refused.status, 403, "{withheld:?}: {}", refused.body);
        assert_eq!(person.get(LATEST).await.status, 404, "{withheld:?}: nothing began");
    }
    let (_, elsewhere) = group(&app, "elsewhere").await;
    let foreign = program_for(&app, "foreign", Role::Operator, elsewhere).await;
    assert_eq!(foreign.post(BEGIN, json!({"path": "/var"})).await.problem(404), "not-found");
    assert_eq!(foreign.get(LATEST).await.problem(404), "not-found");
    assert_eq!(foreign.delete(LATEST).await.problem(404), "not-found");
}

#[actix_web::test]
async fn sec_z06_what_is_no_path_and_nobody_s_word_is_refused() {
    let Some((app, _sshd)) = server("sec_z06_what_is_no_path_and_nobody_s_word_is_refused").await else { return };
    let operator = program(&app, Role::Operator).await;
    for path in ["var", "", "/a%00b", "%2"] {
        assert_eq!(operator.post(BEGIN, json!({ "path": path })).await.refused_fields(), ["path"], "{path}");
    }
    assert_eq!(operator.post(BEGIN, json!({"path": "/", "as": "daemon"})).await.refused_fields(), ["as"]);
    assert_eq!(operator.post(BEGIN, json!({"path": "/", "deep": true})).await.refused_fields(), ["deep"]);
    assert_eq!(operator.get(LATEST).await.problem(404), "not-found", "nothing began");
}
