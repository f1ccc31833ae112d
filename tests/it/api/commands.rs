//! Commands, their types, trials and capabilities, as programs use them.

use hannun::commands::CommandType;
use hannun::models::actor::{Role, Scope};
use serde_json::json;

use super::program::{group, program, program_for};
use crate::harness::app::TestApp;
use crate::harness::fake_host::{Act, FakeHost, Manner};
use crate::harness::known;

const DEBIAN: &str = include_str!("../../fixtures/commands/detect_platform/debian-12.txt");

/// A Debian that answers `MINE` with one process.
async fn debian(app: &TestApp) -> FakeHost {
    let manner = Manner::default()
        .when("MINE", Act::answer("1\t0\troot\t-\t-\t-\t-\t-\tS\tinit\n", "", 0))
        .when("os-release", Act::answer(DEBIAN, "", 0));
    let host = FakeHost::start(manner).await;
    known::add(app, "web-1", &host.endpoint()).await;
    host
}

#[actix_web::test]
async fn a_command_is_added_used_changed_and_deleted() {
    let app = TestApp::start().await;
    let _host = debian(&app).await;
    let administrator = program(&app, Role::Administrator).await;
    let wish = json!({"command_type": "list_processes", "name": "ours", "on": {"os": "linux", "has": ["procps-ps"]}, "script": "MINE"});
    let made = administrator.post("/api/v1/commands", wish.clone()).await.status(201);
    assert_eq!((&made["format"], &made["built_in"], &made["trial"]), (&json!("table"), &json!(false), &json!(null)));
    assert_eq!(administrator.post("/api/v1/commands", wish).await.problem(409), "conflict");
    let list = administrator.get("/api/v1/servers/web-1/processes").await.status(200);
    assert_eq!((&list["evidence"]["command"], &list["items"][0]["command"]), (&json!("ours"), &json!("init")));

    let path = "/api/v1/commands/list_processes/ours";
    let changed = administrator.patch(path, json!({"on": {"os": "netbsd"}})).await.status(200);
    assert_eq!((&changed["on"]["os"], &changed["script"]), (&json!(["netbsd"]), &json!("MINE")));
    let can = administrator.get("/api/v1/servers/web-1/capabilities").await.status(200);
    let processes = &can["commands"].as_array().unwrap().iter().find(|one| one["command_type"] == "list_processes");
    let processes = processes.unwrap();
    assert_eq!(processes["command"], "ps-procps");
    let ours = processes["considered"].as_array().unwrap().iter().find(|one| one["command"] == "ours").unwrap();
    assert_eq!((&ours["verdict"], &ours["built_in"]), (&json!("misfit"), &json!(false)));
    assert!(ours["reasons"][0].as_str().unwrap().contains("netbsd"), "{ours}");

    administrator.delete(path).await.status(204);
    assert_eq!(administrator.get(path).await.problem(404), "not-found");
    let built_in = administrator.get("/api/v1/commands/list_processes/ps-procps").await.status(200);
    assert_eq!(built_in["built_in"], true);
    let refused = administrator.delete("/api/v1/commands/list_processes/ps-procps").await;
    assert_eq!(refused.problem(409), "conflict");
}

#[actix_web::test]
async fn what_cannot_be_is_refused_by_field() {
    let app = TestApp::start().await;
    let administrator = program(&app, Role::Administrator).await;
    let good = json!({"command_type": "list_processes", "name": "ours", "script": "echo"});
    for (field, value) in [
        ("command_type", json!("list_dreams")),
        ("name", json!("Ours")),
        ("name", json!("ps-procps")),
        ("format", json!("ss")),
        ("script", json!(" ")),
        ("script", json!("echo \\")),
        ("on", json!({"os": "a b"})),
    ] {
        let mut wish = good.clone();
        wish[field] = value;
        assert_eq!(administrator.post("/api/v1/commands", wish.clone()).await.refused_fields(), [field], "{wish}");
    }
}

#[actix_web::test]
async fn every_type_says_how_its_table_looks() {
    let app = TestApp::start().await;
    let viewer = program(&app, Role::Viewer).await;
    let types = viewer.get("/api/v1/command-types").await.status(200);
    let items = types["items"].as_array().unwrap();
    assert_eq!(items.len(), CommandType::ALL.len());
    let processes = items.iter().find(|one| one["name"] == "list_processes").unwrap();
    assert_eq!(
        processes["table"][0]["columns"][0],
        json!({"name": "pid", "meaning": "Process id", "example": "4121", "needed": true})
    );
    assert!(processes["formats"].as_array().unwrap().contains(&json!("table")));
}

#[actix_web::test]
async fn a_script_is_tried_by_administrators_and_says_what_is_wrong() {
    let app = TestApp::start().await;
    let host = debian(&app).await;
    let administrator = program(&app, Role::Administrator).await;
    let path = "/api/v1/servers/web-1/trials";
    let tried = administrator.post(path, json!({"command_type": "list_processes", "script": "MINE"})).await.status(200);
    assert_eq!((&tried["worked"], &tried["run_as"], &tried["total"]), (&json!(true), &json!("deploy"), &json!(1)));
    let tried = administrator.post(path, json!({"answer": "number", "script": "MINE"})).await.status(200);
    assert_eq!((&tried["worked"], &tried["line"]), (&json!(false), &json!(1)));
    assert!(tried["problem"].as_str().unwrap().contains("no number"), "{tried}");
    for wish in [
        json!({"script": "MINE"}),
        json!({"command_type": "list_processes", "answer": "number", "script": "MINE"}),
        json!({"command_type": "list_processes", "format": "ss", "script": "MINE"}),
        json!({"answer": "sound", "script": "MINE"}),
        json!({"answer": "text", "script": "MINE", "timeout_seconds": 61}),
    ] {
        administrator.post(path, wish).await.status(422);
    }
    let before = host.ran().len();
    for role in [Role::Viewer, Role::Operator] {
        let other = program(&app, role).await;
        assert_eq!(other.post(path, json!({"answer": "text", "script": "MINE"})).await.problem(403), "forbidden");
    }
    assert_eq!(host.ran().len(), before);
}

#[actix_web::test]
async fn sec_z05_commands_are_for_administrators_of_all_servers_and_trials_for_one_s_own() {
    let app = TestApp::start().await;
    let host = debian(&app).await;
    let (_, scope) = group(&app, "other").await;
    let narrow = program_for(&app, "narrow", Role::Administrator, scope).await;
    let wish = json!({"command_type": "list_processes", "name": "ours", "script": "MINE"});
    narrow.post("/api/v1/commands", wish).await.problem(403);
    narrow.get("/api/v1/commands").await.status(200);
    narrow.post("/api/v1/servers/web-1/trials", json!({"answer": "text", "script": "MINE"})).await.problem(404);
    narrow.get("/api/v1/servers/web-1/capabilities").await.problem(404);
    assert!(host.ran().is_empty());
    let viewer = program_for(&app, "viewer", Role::Viewer, Scope::All).await;
    assert_eq!(viewer.get("/api/v1/commands").await.problem(403), "forbidden");
}
