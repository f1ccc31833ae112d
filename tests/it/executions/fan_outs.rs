//! One command on many servers: who is meant, what reaches them, what became of it, and its end on request.

use std::time::{Duration, Instant};

use hannun::commands::script::Privilege;
use hannun::models::actor::Role;
use hannun::models::ids::ServerId;
use hannun::models::servers::Server;
use hannun::remote::Endpoint;
use serde_json::{Value, json};

use super::Stage;
use crate::api::program::{Program, group, program, program_for};
use crate::harness::ssh::{eventually, runs};
use crate::harness::sshd::{Setup, Sshd};
use crate::harness::{PATIENCE, known};

/// A server that may be signed in to, which is known by three names.
pub(super) async fn three(test: &str) -> Option<(Stage, Sshd)> {
    let setup = Setup::default().user("hannun-test", "/bin/sh").sudoers("hannun-test ALL=(ALL) NOPASSWD: ALL");
    let sshd = setup.start(test)?;
    let endpoint = Endpoint { privilege: Privilege::Sudo, ..sshd.endpoint() };
    let stage = Stage::set(&endpoint).await;
    known::add(&stage.app, "web-2", &endpoint).await;
    known::add(&stage.app, "web-3", &endpoint).await;
    Some((stage, sshd))
}

/// Asks for one; its address.
pub(super) async fn ask(program: &Program, wish: Value) -> String {
    let asked = program.post("/api/v1/fan-outs", wish).await.status(202);
    format!("/api/v1/fan-outs/{}", asked["id"])
}

/// The one at an address once it is so.
pub(super) async fn once(program: &Program, path: &str, what: &str, is_so: impl Fn(&Value) -> bool) -> Value {
    let deadline = Instant::now() + PATIENCE;
    loop {
        let found = program.get(path).await.status(200);
        if is_so(&found) {
            return found;
        }
        assert!(Instant::now() < deadline, "not {what}: {found}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

pub(super) async fn end_of(program: &Program, path: &str) -> Value {
    once(program, path, "its end", |found| !found["ended_at"].is_null()).await
}

pub(super) fn column<'v>(found: &'v Value, name: &str) -> Vec<&'v Value> {
    found["items"].as_array().unwrap().iter().map(|item| &item[name]).collect()
}

#[actix_web::test]
async fn job_j03_a_command_runs_once_on_each_server_and_each_has_its_lines_in_the_audit_log() {
    let test = "job_j03_a_command_runs_once_on_each_server_and_each_has_its_lines_in_the_audit_log";
    let Some((stage, sshd)) = three(test).await else { return };
    let operator = program(&stage.app, Role::Operator).await;
    let file = sshd.home("hannun-test").join("count");
    let command = format!("echo once >> {}; echo same", file.display());
    let path = ask(&operator, json!({ "servers": ["all"], "command": command })).await;
    let found = end_of(&operator, &path).await;
    assert_eq!((&found["state"], &found["counts"]["succeeded"]), (&json!("succeeded"), &json!(3)), "{found}");
    assert_eq!(std::fs::read_to_string(&file).unwrap(), "once\nonce\nonce\n");
    assert_eq!(column(&found, "server"), ["web-1", "web-2", "web-3"]);
    let digests = column(&found, "output_sha256");
    assert!(digests.iter().all(|digest| digest.is_string() && *digest == digests[0]), "{found}");
    for execution in column(&found, "execution") {
        let read = operator.get(&format!("/api/v1/executions/{execution}")).await.status(200);
        assert_eq!((&read["output"], &read["text"]), (&json!("same\n"), &json!(command)), "{read}");
    }
    let log = stage.app.audit().await;
    let told = |action: &str, outcome: &str| {
        log.iter().filter(|event| event.action == action && event.outcome.name() == outcome).count()
    };
    assert_eq!((told("run_command", "asked"), told("run_command", "succeeded")), (3, 3));
    let whole = log.iter().find(|event| event.action == "run_on_servers").unwrap();
    assert_eq!((whole.target.as_str(), whole.details.0["count"].as_str()), (command.as_str(), "3"));
    let ended = log.iter().find(|event| event.action == "run_command" && event.outcome.name() == "succeeded").unwrap();
    assert!(ended.asked_number.is_some() && ended.run_as == "hannun-test", "{ended:?}");
}

#[actix_web::test]
async fn sec_p01_parameters_reach_the_command_by_its_environment_and_no_shell_reads_them() {
    let test = "sec_p01_parameters_reach_the_command_by_its_environment_and_no_shell_reads_them";
    let Some((stage, _sshd)) = three(test).await else { return };
    let operator = program(&stage.app, Role::Operator).await;
    let hostile = "'; touch /tmp/never-made; $(id) `id` \"x\" \\ %s 한글";
    for r#become in [false, true] {
        let wish = json!({
            "servers": ["web-1"], "command": "printf '[%s][%s][%s]' \"$TEXT\" \"$N\" \"$YES\"; env | grep -c '^TEXT='",
            "become": r#become,
            "parameters": [
                { "name": "TEXT", "value": hostile },
                { "name": "N", "kind": "number", "value": "-1.5" },
                { "name": "YES", "kind": "yes_no", "value": "no" },
            ],
        });
        let found = end_of(&operator, &ask(&operator, wish).await).await;
        let execution = &found["items"][0]["execution"];
        let read = operator.get(&format!("/api/v1/executions/{execution}")).await.status(200);
        assert_eq!(read["output"], json!(format!("[{hostile}][-1.5][no]1\n")), "{found}");
    }
    let log = stage.app.audit().await;
    let whole = log.iter().find(|event| event.action == "run_on_servers").unwrap();
    assert!(whole.details.0["parameters"].contains(hostile));
    for wrong in [
        json!({ "name": "A;id", "value": "x" }),
        json!({ "name": "N", "kind": "number", "value": "1;id" }),
        json!({ "name": "C", "kind": "choice", "choices": ["a"], "value": "b" }),
        json!({ "name": "T", "value": "two\nlines" }),
    ] {
        let wish = json!({ "servers": ["web-1"], "command": "id", "parameters": [wrong] });
        operator.post("/api/v1/fan-outs", wish).await.status(422);
    }
}

#[actix_web::test]
async fn sec_p07_a_stop_ends_what_runs_on_its_server_and_what_waits_never_begins() {
    let test = "sec_p07_a_stop_ends_what_runs_on_its_server_and_what_waits_never_begins";
    let Some((stage, sshd)) = three(test).await else { return };
    let operator = program(&stage.app, Role::Operator).await;
    let file = sshd.home("hannun-test").join("begun");
    let command = format!("echo begun >> {}; trap '' HUP; sleep 87661", file.display());
    let wish = json!({ "servers": ["all"], "command": command, "batch_size": 2, "timeout_seconds": 600 });
    let path = ask(&operator, wish).await;
    eventually("two of them", || std::fs::read_to_string(&file).is_ok_and(|text| text == "begun\nbegun\n")).await;
    eventually("the commands", || runs("sleep 87661")).await;
    operator.delete(&path).await.status(202);
    let found = end_of(&operator, &path).await;
    assert_eq!(found["state"], json!("stopped"), "{found}");
    assert_eq!(column(&found, "state"), ["stopped"; 3], "{found}");
    assert!(!runs("sleep 87661"), "it runs no more");
    assert_eq!(std::fs::read_to_string(&file).unwrap(), "begun\nbegun\n", "the third never began");
    assert!(found["items"][2]["execution"].is_null());
    operator.delete(&path).await.status(409);
    let log = stage.app.audit().await;
    assert!(log.iter().any(|event| event.action == "stop_on_servers"));
}

#[actix_web::test]
async fn sec_z03_no_servers_are_refused_and_all_is_all_that_one_may_know_of() {
    let test = "sec_z03_no_servers_are_refused_and_all_is_all_that_one_may_know_of";
    let Some((stage, _sshd)) = three(test).await else { return };
    let operator = program(&stage.app, Role::Operator).await;
    for servers in [json!([]), json!(["label:env=none"]), json!(["nobody"]), json!(["group:none"]), json!(["label:x"])]
    {
        operator.post("/api/v1/fan-outs", json!({ "servers": servers, "command": "id" })).await.status(422);
    }
    for wrong in [
        json!({ "batch_size": 0 }),
        json!({ "batch_size": -1 }),
        json!({ "stop_after": 0 }),
        json!({ "pause_seconds": -1 }),
        json!({ "timeout_seconds": 0 }),
        json!({ "command": " " }),
        json!({ "sudo": true }),
    ] {
        let mut wish = json!({ "servers": ["all"], "command": "id" });
        wish.as_object_mut().unwrap().extend(wrong.as_object().unwrap().clone());
        operator.post("/api/v1/fan-outs", wish).await.status(422);
    }
    let listed = operator.get("/api/v1/fan-outs").await.status(200);
    assert_eq!(listed["items"], json!([]), "nothing of it was begun");

    let (web, scope) = group(&stage.app, "web").await;
    let set = stage.app.app.db.run(move |connection| {
        let server = Server::by_name(connection, &hannun::models::actor::Scope::All, "web-2")?;
        server.set_groups(connection, &[web.id])?;
        Ok::<ServerId, hannun::error::Error>(server.id)
    });
    set.await.unwrap();
    let limited = program_for(&stage.app, "limited", Role::Operator, scope).await;
    let path = ask(&limited, json!({ "servers": ["all"], "command": "echo mine" })).await;
    assert_eq!(column(&end_of(&limited, &path).await, "server"), ["web-2"]);
    // Of one that touches other servers they see their own, and one without any of theirs is not found (Z05).
    let of_all = ask(&operator, json!({ "servers": ["all"], "command": "echo all" })).await;
    let seen = end_of(&limited, &of_all).await;
    assert_eq!((column(&seen, "server"), &seen["hidden"]), (vec![&json!("web-2")], &json!(2)));
    let of_others = ask(&operator, json!({ "servers": ["web-1"], "command": "echo other" })).await;
    limited.get(&of_others).await.status(404);
    limited.delete(&of_others).await.status(404);
    let viewer = program(&stage.app, Role::Viewer).await;
    viewer.post("/api/v1/fan-outs", json!({ "servers": ["all"], "command": "id" })).await.status(403);
    known::only_watch(&stage.app, "web-3").await;
    operator.post("/api/v1/fan-outs", json!({ "servers": ["all"], "command": "id" })).await.status(403);
}

#[actix_web::test]
async fn it_is_run_once_more_where_it_failed_and_nowhere_else() {
    let test = "it_is_run_once_more_where_it_failed_and_nowhere_else";
    let Some((stage, sshd)) = three(test).await else { return };
    let operator = program(&stage.app, Role::Operator).await;
    let turn = sshd.home("hannun-test").join("turn");
    // The first one to make the folder succeeds.
    let command = format!("mkdir {} 2>/dev/null", turn.display());
    let path = ask(&operator, json!({ "servers": ["all"], "command": command })).await;
    let found = end_of(&operator, &path).await;
    assert_eq!((&found["state"], &found["counts"]["failed"]), (&json!("partly"), &json!(2)), "{found}");
    let failed: Vec<Value> = found["items"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|item| item["state"] == "failed")
        .map(|item| item["server"].clone())
        .collect();
    std::fs::remove_dir(&turn).unwrap();
    let retried = operator.post(&format!("{path}/retries"), json!({})).await.status(202);
    assert_eq!(retried["retry_of"], found["id"]);
    let retried = end_of(&operator, &format!("/api/v1/fan-outs/{}", retried["id"])).await;
    assert_eq!(column(&retried, "server"), failed.iter().collect::<Vec<_>>());
}
