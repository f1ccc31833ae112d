//! Changes of a firewall by a program: each is kept or undone by its number.

use actix_web::http::Method;
use hannun::models::actor::Role;
use serde_json::json;

use super::program::{Program, program};
use crate::harness::app::TestApp;
use crate::harness::hosts::{Kind, TestHost};
use crate::harness::known;

/// A server with ufw, which lets in by SSH alone, and a program of an operator.
async fn scene(test: &str) -> Option<(TestApp, TestHost, Program)> {
    let system = TestHost::start(Kind::Debian, test)?;
    system.run("ufw allow 22/tcp >/dev/null && ufw --force enable >/dev/null");
    let app = TestApp::start().await;
    known::add(&app, "web-1", &system.deploy()).await;
    let program = program(&app, Role::Operator).await;
    Some((app, system, program))
}

#[actix_web::test]
async fn a_program_keeps_or_undoes_the_change_that_it_means() {
    let test = "a_program_keeps_or_undoes_the_change_that_it_means";
    let Some((_app, system, program)) = scene(test).await else { return };
    let path = |more: &str| format!("/api/v1/servers/web-1/firewall/{more}");
    let wish = |port: &str| json!({"action": "allow", "protocol": "tcp", "port": port, "keep": false});
    let first = program.post(&path("rules"), wish("8443")).await.status(201);
    assert_eq!(first["state"], "armed");
    let first = first["id"].as_i64().unwrap();
    let undone = program.post(&path(&format!("changes/{first}/undoings")), json!({})).await.status(200);
    assert_eq!(undone["state"], "undone");
    assert!(!system.run("ufw status").contains("8443"));
    let second = program.post(&path("rules"), wish("8444")).await.status(201)["id"].as_i64().unwrap();
    let other = program.post(&path(&format!("changes/{first}/confirmations")), json!({})).await;
    assert_eq!(other.reply.status, 409, "the second one still waits");
    for unknown in ["0", "latest", "9999999"] {
        program.post(&path(&format!("changes/{unknown}/confirmations")), json!({})).await.problem(404);
    }
    let kept = program.post(&path(&format!("changes/{second}/confirmations")), json!({})).await.status(200);
    assert_eq!(kept["state"], "kept");
    assert!(system.run("ufw status").contains("8444"));
}

#[actix_web::test]
async fn a_program_reads_the_rules_asks_whether_a_port_is_open_and_removes_what_it_saw() {
    let test = "a_program_reads_the_rules_asks_whether_a_port_is_open_and_removes_what_it_saw";
    let Some((_app, system, program)) = scene(test).await else { return };
    system.run("ufw allow 8443/tcp comment panel >/dev/null");
    let path = |more: &str| format!("/api/v1/servers/web-1/firewall{more}");
    let firewall = program.get(&path("")).await.status(200);
    assert_eq!(firewall["owner"], "ufw");
    let rules = firewall["places"][0]["rules"].as_array().unwrap().clone();
    let seen = rules.iter().find(|rule| rule["comment"] == "panel").unwrap()["rule"].clone();
    let open = program.post(&path("/checks"), json!({"port": 22})).await.status(200);
    assert_eq!(
        (&open["open"], &open["listening"], &open["reachable"]),
        (&json!(true), &json!("yes"), &json!("ssh_port"))
    );
    let closed = program.post(&path("/checks"), json!({"port": 8443})).await.status(200);
    assert_eq!((&closed["open"], &closed["listening"]), (&json!(false), &json!("no")));
    for port in [0, 70000] {
        program.post(&path("/checks"), json!({"port": port})).await.problem(422);
    }
    let remove = async || program.ask(Method::DELETE, &path("/rules"), Some(json!({"rule": seen})), None).await;
    let removed = remove().await.status(201);
    assert_eq!(removed["state"], "kept");
    assert!(!system.run("ufw status").contains("8443/tcp  "), "one of the two is gone");
    remove().await.problem(409);
}

#[actix_web::test]
async fn sec_l01_each_step_of_a_change_is_in_the_audit_log_with_its_outcome() {
    let test = "sec_l01_each_step_of_a_change_is_in_the_audit_log_with_its_outcome";
    let Some((app, _system, program)) = scene(test).await else { return };
    let path = |more: &str| format!("/api/v1/servers/web-1/firewall/{more}");
    let wish = json!({"action": "allow", "protocol": "tcp", "port": "8443", "keep": false});
    let first = program.post(&path("rules"), wish.clone()).await.status(201)["id"].as_i64().unwrap();
    program.post(&path("rules"), wish).await.problem(409);
    program.post(&path(&format!("changes/{first}/undoings")), json!({})).await.status(200);
    known::only_watch(&app, "web-1").await;
    let late = json!({"action": "allow", "protocol": "tcp", "port": "8444"});
    program.post(&path("rules"), late).await.problem(403);
    let told: Vec<String> = app
        .audit()
        .await
        .into_iter()
        .rev()
        .filter(|event| event.action.contains("firewall"))
        .map(|event| format!("{} {} {}", event.action, event.target, event.outcome.name()))
        .collect();
    let line = "ufw allow proto tcp from any to any port";
    let has = |action: &str, target: &str, outcome: &str| {
        told.iter().any(|one| one.starts_with(action) && one.contains(target) && one.ends_with(outcome))
    };
    assert!(has("change_firewall", &format!("{line} 8443"), "succeeded"), "{told:#?}");
    assert!(has("end_firewall_change", &format!("{line} 8443"), "succeeded"), "{told:#?}");
    assert!(has("change_firewall", &format!("{line} 8444"), "refused"), "{told:#?}");
}
