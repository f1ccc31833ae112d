//! The scheduler, as programs see and pause it.

use chrono::TimeDelta;
use hannun::models::actor::Role;
use serde_json::{Value, json};

use super::program::{group, program, program_for};
use crate::harness::scenarios::due;
use crate::outbound::receiver::ok;
use crate::scenarios::{Stage, each_five_minutes};

#[actix_web::test]
async fn what_runs_and_what_comes_is_told_to_those_who_may_know_of_it() {
    let stage = Stage::set(|_| ok("")).await;
    let viewer = program(&stage.app, Role::Viewer).await;
    let nothing = viewer.get("/api/v1/scheduler").await.status(200);
    assert_eq!(
        nothing,
        json!({ "pause": null, "running": [], "is_running_cut": false, "coming": [], "coming_count": 0 })
    );
    let id = stage.add(due(each_five_minutes(), stage.now()), Vec::new()).await;
    stage.fire().await;
    let told = viewer.get("/api/v1/scheduler").await.status(200);
    let running = &told["running"][0];
    assert_eq!(
        (&running["scenario"], &running["name"], &running["state"], &running["usual_ms"]),
        (&json!(id.0), &json!("Morning check"), &json!("queued"), &Value::Null)
    );
    let coming = &told["coming"][0];
    assert_eq!((&told["coming_count"], &coming["scenario"], &coming["count"]), (&json!(1), &json!(id.0), &json!(288)));
    assert_eq!((&coming["time_zone"], &coming["due_since"]), (&json!("Asia/Seoul"), &Value::Null));
    assert_eq!(coming["next"].as_array().unwrap().len(), 24);
    stage.advance(TimeDelta::minutes(6));
    let told = viewer.get("/api/v1/scheduler").await.status(200);
    assert!(told["coming"][0]["due_since"].as_str().is_some(), "nobody fired it");
    let (_, scope) = group(&stage.app, "web").await;
    let narrow = program_for(&stage.app, "narrow", Role::Administrator, scope).await;
    let told = narrow.get("/api/v1/scheduler").await.status(200);
    assert_eq!((&told["running"], &told["coming"]), (&json!([]), &json!([])), "sec_z05");
}

#[actix_web::test]
async fn rel_r09_all_are_paused_and_started_again_by_whoever_may_know_of_all() {
    let stage = Stage::set(|_| ok("")).await;
    let path = "/api/v1/scheduler/pauses";
    let boss = program(&stage.app, Role::Administrator).await;
    let operator = program(&stage.app, Role::Operator).await;
    let (_, scope) = group(&stage.app, "web").await;
    let narrow = program_for(&stage.app, "narrow", Role::Administrator, scope).await;
    for other in [&operator, &narrow] {
        assert_eq!(other.post(path, json!({ "why": "because" })).await.problem(403), "forbidden");
    }
    assert_eq!(boss.post(path, json!({ "why": "" })).await.refused_fields(), ["why"]);
    assert_eq!(boss.post(path, json!({})).await.refused_fields(), ["why"]);
    assert_eq!(boss.post(path, json!({ "why": "x", "until": "noon" })).await.refused_fields(), ["until"]);
    let pause = boss.post(path, json!({ "why": "the mail server moves" })).await.status(201);
    assert_eq!((&pause["started_by"], &pause["ended_at"]), (&json!("administrator"), &Value::Null));
    assert_eq!(boss.post(path, json!({ "why": "once more" })).await.problem(409), "conflict");
    assert_eq!(operator.get("/api/v1/scheduler").await.status(200)["pause"], pause, "everybody is told");
    let one = format!("{path}/{}", pause["id"]);
    assert_eq!(operator.delete(&one).await.problem(403), "forbidden");
    let ended = boss.delete(&one).await.status(200);
    assert_eq!((&ended["ended_by"], &ended["why"]), (&json!("administrator"), &pause["why"]));
    assert_eq!(boss.delete(&one).await.problem(409), "conflict");
    assert_eq!(operator.get("/api/v1/scheduler").await.status(200)["pause"], Value::Null);
    let deeds: Vec<String> = stage.app.audit().await.into_iter().map(|event| event.action).collect();
    assert_eq!(deeds.iter().filter(|deed| deed.ends_with("_scheduler")).count(), 2, "{deeds:?}");
}
