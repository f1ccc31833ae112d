//! From a new server to an approved one, against a real sshd.

use hannun::models::actor::Role;
use serde_json::{Value, json};

use super::program::{Program, program};
use crate::harness::app::TestApp;
use crate::harness::fake_host::FakeHost;
use crate::harness::ssh::{PASSWORD, fixture_key};
use crate::harness::sshd::{Setup, Sshd};

/// Registers a real sshd as `web-1`.
pub(super) async fn register(administrator: &Program, sshd: &Sshd) {
    let endpoint = sshd.endpoint();
    let key = json!({"name": "key", "user_name": endpoint.user, "private_key": fixture_key("ed25519")});
    administrator.post("/api/v1/credentials", key).await.status(201);
    let server = json!({"name": "web-1", "address": "127.0.0.1", "port": endpoint.port, "credential": "key"});
    administrator.post("/api/v1/servers", server).await.status(201);
}

/// Registers and approves it.
pub(super) async fn approve(administrator: &Program, sshd: &Sshd) {
    register(administrator, sshd).await;
    administrator.post("/api/v1/servers/web-1/connection", json!({})).await.status(200);
    let approval = json!({"fingerprint": sshd.fingerprint()});
    administrator.post("/api/v1/servers/web-1/host-key", approval).await.status(200);
}

fn outcomes(test: &Value) -> Vec<String> {
    let stages = test["stages"].as_array().unwrap();
    stages
        .iter()
        .map(|stage| format!("{} {}", stage["stage"].as_str().unwrap(), stage["outcome"].as_str().unwrap()))
        .collect()
}

#[actix_web::test]
async fn a_server_is_approved_by_its_fingerprint_and_then_signed_in_to() {
    let Some(sshd) = Setup::default().start("a_server_is_approved_by_its_fingerprint_and_then_signed_in_to") else {
        return;
    };
    let app = TestApp::start().await;
    let administrator = program(&app, Role::Administrator).await;
    register(&administrator, &sshd).await;
    assert_eq!(
        administrator.get("/api/v1/servers/web-1/host-key").await.status(200),
        json!({"state": "unknown", "trusted": [], "presented": null})
    );
    administrator.get("/api/v1/servers/web-1/platform").await.problem(404);

    let first = administrator.post("/api/v1/servers/web-1/connection", json!({})).await.status(200);
    assert_eq!(first["ok"], false);
    assert_eq!(
        outcomes(&first),
        [
            "name passed",
            "connect passed",
            "host-key failed",
            "sign-in not_reached",
            "shell not_reached",
            "platform not_reached"
        ]
    );
    assert_eq!(first["stages"][2]["code"], "host-key-unknown");
    assert_eq!(first["host_key"]["presented"]["fingerprint"], json!(sshd.fingerprint()));
    assert_eq!(
        administrator.get("/api/v1/servers/web-1").await.status(200)["state"]["reason"]["code"],
        "host-key-unknown"
    );

    let wrong = json!({"fingerprint": "SHA256:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"});
    assert_eq!(administrator.post("/api/v1/servers/web-1/host-key", wrong).await.refused_fields(), ["fingerprint"]);
    let right = json!({"fingerprint": sshd.fingerprint()});
    let keys = administrator.post("/api/v1/servers/web-1/host-key", right).await.status(200);
    assert_eq!((&keys["state"], &keys["presented"]), (&json!("trusted"), &json!(null)));
    assert_eq!(keys["trusted"][0]["approved_by"], "administrator");

    let second = administrator.post("/api/v1/servers/web-1/connection", json!({})).await.status(200);
    assert_eq!(second["ok"], true, "{second}");
    assert!(outcomes(&second).iter().all(|stage| stage.ends_with(" passed")), "{second}");
    assert_eq!(second["platform"]["os"], "linux");
    assert!(second["commands"].as_array().unwrap().iter().all(|choice| choice["command"].is_string()), "{second}");
    let server = administrator.get("/api/v1/servers/web-1").await.status(200);
    assert_eq!((&server["state"]["state"], &server["host_key"]), (&json!("up"), &json!("trusted")));
    assert_eq!(administrator.get("/api/v1/servers/web-1/platform").await.status(200), second["platform"]);
    let capabilities = administrator.get("/api/v1/servers/web-1/capabilities").await.status(200);
    let chosen = |answer: &Value| -> Vec<(Value, Value)> {
        let commands = answer["commands"].as_array().unwrap();
        commands.iter().map(|choice| (choice["command_type"].clone(), choice["command"].clone())).collect()
    };
    assert_eq!(chosen(&capabilities), chosen(&second));
}

#[actix_web::test]
async fn sec_h01_nothing_is_tried_before_the_key_is_approved() {
    let host = FakeHost::polite().await;
    let app = TestApp::start().await;
    let administrator = program(&app, Role::Administrator).await;
    let credential = json!({"name": "key", "user_name": "deploy", "password": PASSWORD});
    administrator.post("/api/v1/credentials", credential).await.status(201);
    let server = json!({"name": "web-1", "address": "127.0.0.1", "port": host.port, "credential": "key"});
    administrator.post("/api/v1/servers", server).await.status(201);

    administrator.post("/api/v1/servers/web-1/connection", json!({})).await.status(200);
    for what in ["processes", "sockets", "filesystems", "capabilities"] {
        let refused = administrator.get(&format!("/api/v1/servers/web-1/{what}")).await.problem(502);
        // After a few tries we wait before the next one.
        assert!(["host-key-unknown", "resting"].contains(&refused.as_str()), "{what}: {refused}");
    }
    assert!(host.connections() > 0);
    assert_eq!((host.attempts(), host.told()), (0, Vec::new()));
}

#[actix_web::test]
async fn sec_h02_another_key_than_the_approved_one_is_told_and_nothing_is_sent() {
    let Some(sshd) = Setup::default().start("sec_h02_another_key_than_the_approved_one_is_told_and_nothing_is_sent")
    else {
        return;
    };
    let app = TestApp::start().await;
    let administrator = program(&app, Role::Administrator).await;
    approve(&administrator, &sshd).await;
    let other = FakeHost::polite().await;
    administrator.patch("/api/v1/servers/web-1", json!({"port": other.port})).await.status(200);

    let test = administrator.post("/api/v1/servers/web-1/connection", json!({})).await.status(200);
    assert_eq!(test["stages"][2]["code"], "host-key-changed");
    assert_eq!(test["host_key"]["state"], "changed");
    assert_eq!(administrator.get("/api/v1/servers/web-1").await.status(200)["host_key"], "changed");
    assert_eq!((other.attempts(), other.told()), (0, Vec::new()));
}

#[actix_web::test]
async fn sec_z07_a_viewer_may_not_connect_and_an_operator_may() {
    let app = TestApp::start().await;
    let administrator = program(&app, Role::Administrator).await;
    administrator.post("/api/v1/servers", json!({"name": "web-1", "address": "127.0.0.1"})).await.status(201);
    let viewer = program(&app, Role::Viewer).await;
    assert_eq!(viewer.post("/api/v1/servers/web-1/connection", json!({})).await.problem(403), "forbidden");
    let operator = program(&app, Role::Operator).await;
    assert_eq!(operator.post("/api/v1/servers/web-1/connection", json!({})).await.problem(502), "no-credential");
}
