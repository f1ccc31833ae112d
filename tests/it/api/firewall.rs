//! Changes of a firewall by a program: each is kept or undone by its number.

use hannun::models::actor::Role;
use serde_json::json;

use super::program::program;
use crate::harness::app::TestApp;
use crate::harness::hosts::{Kind, TestHost};
use crate::harness::known;

#[actix_web::test]
async fn a_program_keeps_or_undoes_the_change_that_it_means() {
    let test = "a_program_keeps_or_undoes_the_change_that_it_means";
    let Some(system) = TestHost::start(Kind::Debian, test) else { return };
    system.run("ufw allow 22/tcp >/dev/null && ufw --force enable >/dev/null");
    let app = TestApp::start().await;
    known::add(&app, "web-1", &system.deploy()).await;
    let program = program(&app, Role::Operator).await;
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
