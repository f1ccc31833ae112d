use hannun::models::actor::{Role, Scope};
use serde_json::json;

use super::program::{group, program, program_for};
use crate::harness::app::TestApp;

#[actix_web::test]
async fn sec_s05_a_channel_is_written_and_its_secrets_are_never_read() {
    let app = TestApp::start().await;
    let administrator = program(&app, Role::Administrator).await;
    let body = json!({
        "name": "deploys", "kind": "webhook",
        "settings": { "url": "https://hooks.example/canary-one", "secret": "canary-two" },
    });
    let added = administrator.post("/api/v1/channels", body).await.status(201);
    assert_eq!((&added["secrets"], &added["settings"]), (&json!(["secret", "url"]), &json!({})));
    let rotated = json!({ "settings": { "secret": "canary-three", "secret_before": "canary-two" } });
    let changed = administrator.patch("/api/v1/channels/deploys", rotated).await.status(200);
    assert_eq!(changed["secrets"], json!(["secret", "secret_before", "url"]), "what is not named stays");
    let forgotten = json!({ "name": "releases", "settings": { "secret_before": null } });
    let changed = administrator.patch("/api/v1/channels/deploys", forgotten).await.status(200);
    assert_eq!((&changed["name"], &changed["secrets"]), (&json!("releases"), &json!(["secret", "url"])));
    for path in ["/api/v1/channels", "/api/v1/channels/releases", "/api/v1/audit-events"] {
        let answer = administrator.get(path).await.status(200).to_string();
        assert!(!answer.contains("canary"), "{path}: {answer}");
    }
    administrator.delete("/api/v1/channels/releases").await.status(204);
    administrator.get("/api/v1/channels/releases").await.status(404);
}

#[actix_web::test]
async fn what_is_wrong_with_a_channel_is_told_by_field_and_nothing_is_added() {
    let app = TestApp::start().await;
    let administrator = program(&app, Role::Administrator).await;
    for (body, fields) in [
        (json!({"name": "Ops!", "kind": "slack", "settings": {}}), vec!["name", "settings.url"]),
        (json!({"name": "ops", "kind": "pigeon"}), vec!["kind"]),
        (json!({"name": "ops", "kind": "http_post"}), vec!["kind"]),
        (json!({"name": "ops", "kind": "slack", "settings": {"url": "ftp://example.org/"}}), vec!["settings.url"]),
        (
            json!({"name": "ops", "kind": "slack", "settings": {"url": "https://a.example/", "x": 1}}),
            vec!["settings.x"],
        ),
    ] {
        assert_eq!(administrator.post("/api/v1/channels", body.clone()).await.refused_fields(), fields, "{body}");
    }
    let ops = json!({"name": "ops", "kind": "slack", "settings": {"url": "https://hooks.example/x"}});
    administrator.post("/api/v1/channels", ops.clone()).await.status(201);
    assert_eq!(administrator.post("/api/v1/channels", ops).await.problem(409), "conflict");
    assert_eq!(administrator.get("/api/v1/channels").await.names(), ["ops"]);
}

#[actix_web::test]
async fn sec_z02_channels_belong_to_who_may_know_of_every_server() {
    let app = TestApp::start().await;
    let (_, scope) = group(&app, "web").await;
    let limited = program_for(&app, "limited", Role::Administrator, scope).await;
    let operator = program_for(&app, "operator", Role::Operator, Scope::All).await;
    for program in [limited, operator] {
        program.get("/api/v1/channels").await.status(403);
        program.post("/api/v1/channels", json!({"name": "ops", "kind": "slack"})).await.status(403);
    }
}
