use hannun::models::actor::Role;
use serde_json::{Value, json};

use super::program::program;
use crate::harness::app::TestApp;

fn actions(page: &Value) -> Vec<&str> {
    page["items"].as_array().unwrap().iter().map(|event| event["action"].as_str().unwrap()).collect()
}

#[actix_web::test]
async fn sec_l01_every_change_through_the_api_leaves_a_trace_and_a_refused_one_changes_nothing() {
    let app = TestApp::start().await;
    let administrator = program(&app, Role::Administrator).await;
    administrator.post("/api/v1/groups", json!({"name": "web"})).await.status(201);
    administrator.post("/api/v1/groups", json!({"name": "web"})).await.problem(409);
    administrator.post("/api/v1/servers", json!({"name": "a", "address": "b", "groups": ["web"]})).await.status(201);
    administrator.patch("/api/v1/servers/a", json!({"note": "x", "port": 23})).await.status(200);
    administrator.post("/api/v1/tokens", json!({"name": "ci", "role": "viewer"})).await.status(201);
    administrator.delete("/api/v1/servers/a").await.status(204);

    let log = administrator.get("/api/v1/audit-events").await.status(200);
    assert_eq!(actions(&log), ["delete_server", "create_token", "change_server", "create_server", "create_group"]);
    let change = &log["items"][2];
    assert_eq!((&change["actor"], &change["actor_kind"]), (&json!("administrator"), &json!("token")));
    assert_eq!((&change["server"], &change["outcome"]), (&json!("a"), &json!("succeeded")));
    assert_eq!(change["details"]["fields"], "port, note");
    assert!(change["address"].as_str().unwrap().starts_with("192.0.2."));
}

#[actix_web::test]
async fn the_log_is_filtered_and_read_page_by_page() {
    let app = TestApp::start().await;
    let administrator = program(&app, Role::Administrator).await;
    for name in ["a", "b", "c"] {
        administrator.post("/api/v1/groups", json!({"name": name})).await.status(201);
    }
    administrator.delete("/api/v1/groups/b").await.status(204);

    let deleted = administrator.get("/api/v1/audit-events?action=delete_group").await.status(200);
    assert_eq!(deleted["items"][0]["target"], "b");
    assert_eq!(deleted["items"].as_array().unwrap().len(), 1);
    let first = administrator.get("/api/v1/audit-events?limit=3").await.status(200);
    assert_eq!(first["items"].as_array().unwrap().len(), 3);
    let next = first["next"].as_str().unwrap();
    let rest = administrator.get(&format!("/api/v1/audit-events?limit=3&cursor={next}")).await.status(200);
    assert_eq!((rest["items"].as_array().unwrap().len(), &rest["next"]), (1, &json!(null)));
    assert_eq!(administrator.get("/api/v1/audit-events?outcome=maybe").await.refused_fields(), ["outcome"]);
    assert_eq!(administrator.get("/api/v1/audit-events?sort=actor").await.refused_fields(), ["sort"]);
}
