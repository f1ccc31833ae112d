//! `POST /imports`: what a dry run tells, what is added, and who may.

use hannun::models::actor::{Role, Scope};
use hannun::models::servers::Server;
use serde_json::{Value, json};

use super::program::{group, program, program_for};
use crate::harness::app::TestApp;

const CONFIG: &str = "Host github.com\n  User git\nHost gate\n  HostName 192.0.2.1\nHost web\n  HostName 192.0.2.2\n  ProxyJump gate\nHost db\n  HostName 192.0.2.3\n  User postgres\n";

fn names(list: &Value) -> Vec<&str> {
    list.as_array().unwrap().iter().map(|one| one["name"].as_str().unwrap()).collect()
}

/// What the plan adds, by kind.
fn added<'r>(report: &'r Value, kind: &str) -> Vec<&'r str> {
    let items = report["plan"]["items"].as_array().unwrap().iter();
    items
        .filter(|item| item["kind"] == kind && item["action"] == "add")
        .map(|item| item["name"].as_str().unwrap())
        .collect()
}

async fn servers(app: &TestApp) -> Vec<String> {
    let all = app.app.db.run(|connection| Server::all(connection, &Scope::All)).await.unwrap();
    all.into_iter().map(|server| server.name).collect()
}

#[actix_web::test]
async fn a_dry_run_tells_what_would_be_added_and_adds_nothing() {
    let app = TestApp::start().await;
    let administrator = program(&app, Role::Administrator).await;
    let body = json!({"format": "ssh-config", "text": CONFIG, "user": "ops", "dry_run": true});
    let told = administrator.post("/api/v1/imports", body).await.status(200);
    assert_eq!(names(&told["found"]), ["gate", "web", "db"]);
    assert_eq!(added(&told, "server"), ["db", "gate", "web"]);
    assert_eq!(added(&told, "credential"), ["ops", "postgres"]);
    assert_eq!((&told["skipped"][0]["what"], &told["skipped"][0]["place"]), (&json!("github.com"), &json!("text:1")));
    assert_eq!((&told["found"][1]["jump_server"], &told["found"][1]["user"]), (&json!("gate"), &json!("ops")));
    assert!(servers(&app).await.is_empty());
}

#[actix_web::test]
async fn the_servers_that_were_asked_for_are_added_with_their_way() {
    let app = TestApp::start().await;
    let administrator = program(&app, Role::Administrator).await;
    let body = json!({"format": "ssh-config", "text": CONFIG, "servers": ["web"]});
    let told = administrator.post("/api/v1/imports", body).await.status(200);
    assert_eq!(added(&told, "server"), ["gate", "web"]);
    assert_eq!(servers(&app).await, ["gate", "web"]);
    let again =
        administrator.post("/api/v1/imports", json!({"format": "ssh-config", "text": CONFIG})).await.status(200);
    assert_eq!(added(&again, "server"), ["db"]);
    let registered: Vec<bool> =
        again["found"].as_array().unwrap().iter().map(|found| found["registered"].as_bool().unwrap()).collect();
    assert_eq!(registered, [true, true, false]);
}

#[actix_web::test]
async fn sec_s05_a_password_of_the_text_is_stored_and_never_sent_back() {
    let app = TestApp::start().await;
    let administrator = program(&app, Role::Administrator).await;
    let text = "[web]\nw1 ansible_host=192.0.2.5 ansible_user=ops ansible_password=canary-of-import other=canary-too\n";
    let reply = administrator.post("/api/v1/imports", json!({"format": "ansible", "text": text})).await;
    assert!(!reply.reply.body.contains("canary"), "{}", reply.reply.body);
    let told = reply.status(200);
    assert_eq!((&told["found"][0]["password"], added(&told, "group")), (&json!("given"), vec!["web"]));
    let credential = administrator.get("/api/v1/credentials/ops").await.status(200);
    assert!(!credential.to_string().contains("canary"), "{credential}");
}

#[actix_web::test]
async fn sec_z06_unknown_fields_formats_and_names_are_refused() {
    let app = TestApp::start().await;
    let administrator = program(&app, Role::Administrator).await;
    let refused = |body: Value| administrator.post("/api/v1/imports", body);
    assert_eq!(refused(json!({"format": "putty", "text": ""})).await.refused_fields(), ["format"]);
    assert_eq!(refused(json!({"format": "ansible"})).await.refused_fields(), ["text"]);
    let body = json!({"format": "ansible", "text": "a", "path": "/etc/passwd"});
    assert_eq!(refused(body).await.refused_fields(), ["path"]);
    let body = json!({"format": "ansible", "text": "a", "servers": ["b"]});
    assert_eq!(refused(body).await.refused_fields(), ["servers"]);
    assert!(servers(&app).await.is_empty());
}

#[actix_web::test]
async fn sec_z02_who_may_not_add_servers_may_not_import_them_either() {
    let app = TestApp::start().await;
    let operator = program(&app, Role::Operator).await;
    let body = json!({"format": "ssh-config", "text": CONFIG});
    assert_eq!(operator.post("/api/v1/imports", body.clone()).await.problem(403), "forbidden");
    let (_, own) = group(&app, "own").await;
    let limited = program_for(&app, "limited", Role::Administrator, own).await;
    assert_eq!(limited.post("/api/v1/imports", body).await.refused_fields()[0], "text");
    assert!(servers(&app).await.is_empty());
}
