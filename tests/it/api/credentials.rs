use hannun::models::actor::Role;
use serde_json::json;

use super::program::program;
use crate::harness::app::TestApp;
use crate::harness::ssh::fixture_key;

#[actix_web::test]
async fn sec_s05_a_credential_is_written_and_never_read() {
    let app = TestApp::start().await;
    let administrator = program(&app, Role::Administrator).await;
    let body = json!({
        "name": "deploy", "user_name": "deploy", "password": "canary-password",
        "sudo_password": "canary-sudo", "privilege": "sudo_password", "note": "x",
    });
    let added = administrator.post("/api/v1/credentials", body).await.status(201);
    assert_eq!(added["kind"], "password");
    assert_eq!((&added["has_password"], &added["has_sudo_password"]), (&json!(true), &json!(true)));
    administrator.patch("/api/v1/credentials/deploy", json!({"password": "canary-second"})).await.status(200);
    administrator
        .post("/api/v1/servers", json!({"name": "a", "address": "b", "credential": "deploy"}))
        .await
        .status(201);
    for path in [
        "/api/v1/credentials",
        "/api/v1/credentials/deploy",
        "/api/v1/servers",
        "/api/v1/audit-events",
        "/api/v1/servers/a",
    ] {
        let reply = administrator.get(path).await;
        assert!(reply.reply.status.is_success(), "{path}");
        assert!(!reply.reply.body.contains("canary"), "{path}: {}", reply.reply.body);
    }
}

#[actix_web::test]
async fn a_private_key_is_known_by_its_fingerprint() {
    let app = TestApp::start().await;
    let administrator = program(&app, Role::Administrator).await;
    let body = json!({"name": "key", "user_name": "deploy", "private_key": fixture_key("ed25519")});
    let added = administrator.post("/api/v1/credentials", body).await.status(201);
    assert_eq!((&added["kind"], &added["key_algorithm"]), (&json!("private_key"), &json!("ssh-ed25519")));
    assert!(added["fingerprint"].as_str().unwrap().starts_with("SHA256:"), "{added}");
    assert_eq!(added["has_passphrase"], false);
}

#[actix_web::test]
async fn what_does_not_fit_together_is_refused() {
    let app = TestApp::start().await;
    let administrator = program(&app, Role::Administrator).await;
    let refused = async |body| administrator.post("/api/v1/credentials", body).await.refused_fields();
    assert_eq!(refused(json!({"name": "a", "user_name": "b"})).await, ["password"]);
    assert_eq!(refused(json!({"name": "a", "user_name": "b", "kind": "private_key"})).await, ["private_key"]);
    assert_eq!(refused(json!({"name": "a", "user_name": "b", "private_key": "no key"})).await, ["private_key"]);
    let no_sudo = json!({"name": "a", "user_name": "b", "password": "x", "privilege": "sudo_password"});
    assert_eq!(refused(no_sudo).await, ["sudo_password"]);
    assert_eq!(refused(json!({"name": "a", "user_name": "-l", "password": "x"})).await, ["user_name"]);
    assert_eq!(
        refused(json!({"name": "a", "user_name": "b", "password": "x", "fingerprint": "y"})).await,
        ["fingerprint"]
    );
}

#[actix_web::test]
async fn a_credential_in_use_is_not_deleted() {
    let app = TestApp::start().await;
    let administrator = program(&app, Role::Administrator).await;
    administrator
        .post("/api/v1/credentials", json!({"name": "k", "user_name": "u", "password": "p"}))
        .await
        .status(201);
    administrator.post("/api/v1/servers", json!({"name": "a", "address": "b", "credential": "k"})).await.status(201);
    assert_eq!(administrator.delete("/api/v1/credentials/k").await.problem(409), "conflict");
    administrator.delete("/api/v1/servers/a").await.status(204);
    administrator.delete("/api/v1/credentials/k").await.status(204);
}

#[actix_web::test]
async fn sec_z07_only_administrators_see_credentials() {
    let app = TestApp::start().await;
    for role in [Role::Viewer, Role::Operator] {
        let other = program(&app, role).await;
        assert_eq!(other.get("/api/v1/credentials").await.problem(403), "forbidden");
        assert_eq!(other.get("/api/v1/users").await.problem(403), "forbidden");
        assert_eq!(other.get("/api/v1/tokens").await.problem(403), "forbidden");
        assert_eq!(other.get("/api/v1/audit-events").await.problem(403), "forbidden");
    }
}
