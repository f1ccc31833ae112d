//! Checks, as programs set them up. What they find: `tests/it/checks/`.

use hannun::models::actor::{Role, Scope};
use serde_json::json;

use super::program::{group, program, program_for};
use crate::harness::app::TestApp;

#[actix_web::test]
async fn a_check_is_added_changed_and_deleted() {
    let app = TestApp::start().await;
    let administrator = program(&app, Role::Administrator).await;
    administrator.post("/api/v1/servers", json!({"name": "a", "address": "b"})).await.status(201);
    let wish =
        json!({"name": "queue", "answer": "number", "script": "mailq | wc -l", "warning": 10, "all_servers": true});
    let made = administrator.post("/api/v1/checks", wish.clone()).await.status(201);
    assert_eq!(
        (&made["interval_seconds"], &made["unit"], &made["direction"]),
        (&json!(60), &json!("count"), &json!("above"))
    );
    assert_eq!(administrator.post("/api/v1/checks", wish).await.problem(409), "conflict");
    let found = administrator.get("/api/v1/servers/a/checks").await.status(200);
    assert_eq!((&found["items"][0]["check"], &found["items"][0]["state"]), (&json!("queue"), &json!("waiting")));

    let path = "/api/v1/checks/queue";
    let changed = administrator.patch(path, json!({"warning": null, "critical": 20})).await.status(200);
    assert_eq!((&changed["warning"], &changed["critical"]), (&json!(null), &json!(20.0)));
    assert_eq!(changed["script"], "mailq | wc -l");
    administrator.patch(path, json!({"all_servers": false})).await.status(200);
    let found = administrator.get("/api/v1/servers/a/checks").await.status(200);
    assert_eq!(found["items"], json!([]), "no group is no server");
    administrator.delete(path).await.status(204);
    assert_eq!(administrator.get(path).await.problem(404), "not-found");
}

#[actix_web::test]
async fn what_cannot_be_is_refused_by_field() {
    let app = TestApp::start().await;
    let administrator = program(&app, Role::Administrator).await;
    let good = json!({"name": "queue", "answer": "number", "script": "echo 1"});
    for (field, value) in [
        ("name", json!("Queue")),
        ("answer", json!("sound")),
        ("script", json!("")),
        ("unit", json!("furlongs")),
        ("direction", json!("sideways")),
        ("interval_seconds", json!(5)),
        ("timeout_seconds", json!(61)),
        ("groups", json!(["nobody"])),
        ("labels", json!({"role": "x".repeat(256)})),
        ("labels", json!({"ro\u{7}le": "x"})),
        ("note", json!("x".repeat(10_001))),
        ("note", json!("a\0b")),
        ("colour", json!("red")),
    ] {
        let mut wish = good.clone();
        wish[field] = value;
        assert_eq!(administrator.post("/api/v1/checks", wish.clone()).await.refused_fields(), [field], "{wish}");
    }
    let both = json!({"name": "queue", "answer": "number", "script": "echo 1", "warning": 10, "critical": 5});
    assert_eq!(administrator.post("/api/v1/checks", both).await.refused_fields(), ["critical"]);
}

#[actix_web::test]
async fn sec_z02_who_has_some_groups_reads_what_concerns_them_and_changes_nothing() {
    let app = TestApp::start().await;
    let administrator = program(&app, Role::Administrator).await;
    let (_, scope) = group(&app, "web").await;
    for (name, groups) in [("of-web", json!(["web"])), ("of-nobody", json!([]))] {
        let wish = json!({"name": name, "answer": "text", "script": "echo", "groups": groups});
        administrator.post("/api/v1/checks", wish).await.status(201);
    }
    let narrow = program_for(&app, "narrow", Role::Administrator, scope).await;
    assert_eq!(narrow.get("/api/v1/checks").await.names(), ["of-web"]);
    assert_eq!(narrow.get("/api/v1/checks/of-nobody").await.problem(404), "not-found");
    narrow.patch("/api/v1/checks/of-web", json!({"note": "x"})).await.problem(403);
    narrow.delete("/api/v1/checks/of-web").await.problem(403);
    let viewer = program_for(&app, "viewer", Role::Viewer, Scope::All).await;
    assert_eq!(viewer.get("/api/v1/checks").await.problem(403), "forbidden");
}
