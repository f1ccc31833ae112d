use hannun::models::actor::Role;
use serde_json::json;

use super::program::{group, program, program_for};
use crate::harness::app::TestApp;

#[actix_web::test]
async fn a_group_is_added_changed_and_deleted() {
    let app = TestApp::start().await;
    let administrator = program(&app, Role::Administrator).await;

    let added = administrator.post("/api/v1/groups", json!({"name": "web", "note": "front"})).await;
    assert_eq!(added.reply.header("Location"), Some("/api/v1/groups/web"));
    assert_eq!(added.status(201)["note"], "front");
    assert_eq!(administrator.get("/api/v1/groups").await.names(), ["web"]);

    let changed = administrator.patch("/api/v1/groups/web", json!({"name": "www"})).await.status(200);
    assert_eq!((&changed["name"], &changed["note"]), (&json!("www"), &json!("front")));
    administrator.delete("/api/v1/groups/www").await.status(204);
    assert_eq!(administrator.get("/api/v1/groups/www").await.problem(404), "not-found");
}

#[actix_web::test]
async fn sec_z06_what_a_group_does_not_have_is_refused_with_every_problem_at_once() {
    let app = TestApp::start().await;
    let administrator = program(&app, Role::Administrator).await;
    let body = json!({"name": 5, "note": "x", "role": "administrator", "id": 7});
    let mut refused = administrator.post("/api/v1/groups", body).await.refused_fields();
    refused.sort();
    assert_eq!(refused, ["id", "name", "role"]);
    assert_eq!(administrator.post("/api/v1/groups", json!({})).await.refused_fields(), ["name"]);
    assert_eq!(administrator.post("/api/v1/groups", json!({"name": "-x"})).await.refused_fields(), ["name"]);
    assert_eq!(administrator.get("/api/v1/groups?colour=red").await.refused_fields(), ["colour"]);
    assert_eq!(administrator.post("/api/v1/groups", json!([])).await.problem(400), "bad-request");
}

#[actix_web::test]
async fn a_name_that_is_taken_is_a_conflict() {
    let app = TestApp::start().await;
    let administrator = program(&app, Role::Administrator).await;
    administrator.post("/api/v1/groups", json!({"name": "web"})).await.status(201);
    assert_eq!(administrator.post("/api/v1/groups", json!({"name": "web"})).await.problem(409), "conflict");
}

#[actix_web::test]
async fn sec_z05_somebody_limited_to_a_group_knows_of_no_other() {
    let app = TestApp::start().await;
    let (_, own) = group(&app, "own").await;
    group(&app, "other").await;
    let viewer = program_for(&app, "viewer", Role::Viewer, own.clone()).await;
    assert_eq!(viewer.get("/api/v1/groups").await.names(), ["own"]);
    let (other, missing) = (viewer.get("/api/v1/groups/other").await, viewer.get("/api/v1/groups/missing").await);
    assert_eq!(other.reply.body, missing.reply.body);
    assert_eq!(other.problem(404), "not-found");

    let administrator = program_for(&app, "administrator", Role::Administrator, own).await;
    assert_eq!(administrator.post("/api/v1/groups", json!({"name": "new"})).await.problem(403), "forbidden");
    assert_eq!(administrator.delete("/api/v1/groups/other").await.problem(403), "forbidden");
}

#[actix_web::test]
async fn lists_are_cut_into_pages() {
    let app = TestApp::start().await;
    let administrator = program(&app, Role::Administrator).await;
    for name in ["c", "a", "b"] {
        administrator.post("/api/v1/groups", json!({"name": name})).await.status(201);
    }
    let first = administrator.get("/api/v1/groups?limit=2&sort=-name").await.status(200);
    let cursor = first["next"].as_str().unwrap().to_owned();
    assert_eq!(first["items"].as_array().unwrap().len(), 2);
    let rest = administrator.get(&format!("/api/v1/groups?limit=2&sort=-name&cursor={cursor}")).await;
    assert_eq!(rest.value["next"], json!(null));
    assert_eq!(rest.names(), ["a"]);
    assert_eq!(administrator.get(&format!("/api/v1/groups?cursor={cursor}")).await.refused_fields(), ["cursor"]);
    assert_eq!(administrator.get("/api/v1/groups?limit=501").await.refused_fields(), ["limit"]);
}
