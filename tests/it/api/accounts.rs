//! Accounts for programs: who there is, and keys that come and go.

use hannun::models::actor::Role;
use serde_json::{Value, json};

use super::program::{Program, program};
use crate::harness::app::TestApp;
use crate::harness::hosts::{Kind, TestHost};
use crate::harness::known;

const ACCOUNTS: &str = "/api/v1/servers/web-1/accounts";
const KEY: &str = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f anna <b>of</b> ops";

async fn scene(test: &str) -> Option<(TestApp, TestHost, Program)> {
    let system = TestHost::start(Kind::Debian, test)?;
    let app = TestApp::start().await;
    known::add(&app, "web-1", &system.deploy()).await;
    let program = program(&app, Role::Operator).await;
    Some((app, system, program))
}

/// The user of this name, as the list has it.
async fn user(program: &Program, name: &str) -> Value {
    let found = program.get(ACCOUNTS).await.status(200);
    let users = found["users"].as_array().unwrap().clone();
    users.into_iter().find(|user| user["name"] == name).unwrap()
}

/// What is asked for about the user's first file of keys.
fn wish(user: &Value, more: &Value) -> Value {
    let file = &user["files"][0];
    let mut wish = json!({"path": file["path"], "seen": file["seen"]});
    for (name, value) in more.as_object().unwrap() {
        wish[name] = value.clone();
    }
    wish
}

async fn delete(program: &Program, path: &str, body: Value) -> super::program::Json {
    program.ask(actix_web::http::Method::DELETE, path, Some(body), None).await
}

#[actix_web::test]
async fn a_program_reads_who_there_is_and_by_which_keys_they_come_in() {
    let test = "a_program_reads_who_there_is_and_by_which_keys_they_come_in";
    let Some((_app, system, program)) = scene(test).await else { return };
    system.run(&format!("groupadd ops; usermod -aG ops plain; echo 'no-pty {KEY}' >>~plain/.ssh/authorized_keys"));
    let found = program.get(ACCOUNTS).await.status(200);
    assert_eq!(
        (&found["as_root"], &found["sudo_is_told"], &found["left_out"]),
        (&true.into(), &true.into(), &0.into())
    );
    let ops = found["groups"].as_array().unwrap().iter().find(|group| group["name"] == "ops").unwrap();
    assert_eq!(ops["members"], json!(["plain"]));
    let plain = user(&program, "plain").await;
    assert!(plain["groups"].as_array().unwrap().contains(&"ops".into()) && plain["sudo"] == json!([]), "{plain}");
    let key = &plain["files"][0]["keys"][1];
    assert_eq!(
        (&key["kind"], &key["comment"], &key["options"]),
        (&"ssh-ed25519".into(), &"anna <b>of</b> ops".into(), &"no-pty".into())
    );
    assert!(key["fingerprint"].as_str().unwrap().starts_with("SHA256:"), "{key}");
    assert_eq!(user(&program, "deploy").await["sudo"], json!(["deploy ALL=(ALL) NOPASSWD: ALL"]));
}

#[actix_web::test]
async fn a_program_adds_a_key_and_keeps_or_undoes_what_it_means() {
    let test = "a_program_adds_a_key_and_keeps_or_undoes_what_it_means";
    let Some((_app, system, program)) = scene(test).await else { return };
    let keys = || system.run("cat ~plain/.ssh/authorized_keys");
    let (before, path) = (keys(), format!("{ACCOUNTS}/plain/keys"));
    program.get(&format!("{ACCOUNTS}/changes/latest")).await.problem(404);
    let entered = wish(&user(&program, "plain").await, &json!({"key": KEY, "keep": false}));
    let first = program.post(&path, entered.clone()).await.status(201);
    assert_eq!((&first["state"], keys().ends_with(&format!("{KEY}\n"))), (&"armed".into(), true));
    assert!(first["command"].as_str().unwrap().ends_with(" to plain"), "{first}");
    // What was seen is not what is there any more.
    program.post(&path, entered).await.problem(409);
    let id = first["id"].as_i64().unwrap();
    let undone = program.post(&format!("{ACCOUNTS}/changes/{id}/undoings"), json!({})).await.status(200);
    assert_eq!((&undone["state"], keys()), (&"undone".into(), before.clone()));
    program.post(&format!("{ACCOUNTS}/changes/{id}/confirmations"), json!({})).await.problem(409);
    for unknown in ["0", "latest", "9999999"] {
        program.post(&format!("{ACCOUNTS}/changes/{unknown}/undoings"), json!({})).await.problem(404);
    }
    // A number of another kind of change is none of keys.
    program.post(&format!("/api/v1/servers/web-1/firewall/changes/{id}/undoings"), json!({})).await.problem(404);
    let kept = wish(&user(&program, "plain").await, &json!({"key": KEY}));
    assert_eq!(program.post(&path, kept).await.status(201)["state"], "kept");
    let plain = user(&program, "plain").await;
    let fingerprint = plain["files"][0]["keys"][1]["fingerprint"].clone();
    let gone = wish(&plain, &json!({"fingerprint": fingerprint}));
    assert_eq!(delete(&program, &path, gone.clone()).await.status(201)["state"], "kept");
    assert_eq!(keys(), before);
    assert_eq!(program.get(&format!("{ACCOUNTS}/changes/latest")).await.status(200)["state"], "kept");
    delete(&program, &path, gone).await.problem(409);
}

#[actix_web::test]
async fn sec_z07_what_is_no_key_and_who_may_not_change_keys_is_refused() {
    let test = "sec_z07_what_is_no_key_and_who_may_not_change_keys_is_refused";
    let Some((app, system, program)) = scene(test).await else { return };
    let (before, path) = (system.run("cat ~plain/.ssh/authorized_keys"), format!("{ACCOUNTS}/plain/keys"));
    let plain = user(&program, "plain").await;
    for key in ["", "hello", "-----BEGIN OPENSSH PRIVATE KEY-----", "ssh-ed25519 AAAA\nssh-ed25519 BBBB"] {
        assert_eq!(program.post(&path, wish(&plain, &json!({"key": key}))).await.refused_fields(), ["key"], "{key}");
    }
    let elsewhere = json!({"path": "/etc/shadow", "seen": plain["files"][0]["seen"], "key": KEY});
    program.post(&path, elsewhere).await.problem(404);
    program.post(&format!("{ACCOUNTS}/nobody-here/keys"), wish(&plain, &json!({"key": KEY}))).await.problem(404);
    let viewer = super::program::program(&app, Role::Viewer).await;
    viewer.get(ACCOUNTS).await.problem(403);
    viewer.post(&path, wish(&plain, &json!({"key": KEY}))).await.problem(403);
    assert_eq!(system.run("cat ~plain/.ssh/authorized_keys"), before);
}
