//! Scenarios, as programs set them up. What becomes of their runs: `tests/it/scenarios/`.

use chrono::{DateTime, TimeDelta, Utc};
use hannun::models::actor::{Role, Scope};
use hannun::queue;
use serde_json::{Value, json};

use super::program::{Program, group, program, program_for, program_of};
use crate::harness::app::TestApp;
use crate::harness::known;

fn wish() -> Value {
    json!({
        "name": "Morning check",
        "schedule": { "when": { "kind": "cron", "expression": "50 8 * * 1-5" }, "time_zone": "Asia/Seoul" },
        "source": { "kind": "cpu_usage" },
        "servers": ["web-1"],
        "destinations": [{
            "kind": "http_post",
            "settings": { "url": "https://hooks.example/cpu", "format": "text", "body": "{{ server.name }} {{ cpu.total }}" },
            "condition": { "kind": "while", "question": "above", "value": "cpu.total", "limit": 80 },
        }],
    })
}

/// A program of an operator for every server.
async fn of_operator(app: &TestApp, name: &str) -> Program {
    let person = app.user(name, Role::Operator, Scope::All).await;
    program_of(app, &person, Role::Operator).await
}

async fn app() -> TestApp {
    let app = TestApp::start().await;
    queue::set_up(&app.database.owner_url(), Some(hannun::db::roles::APPLICATION_ROLE)).await.unwrap();
    known::answering(&app, "web-1").await;
    app
}

#[actix_web::test]
async fn a_scenario_is_added_read_replaced_switched_and_deleted() {
    let app = app().await;
    let operator = of_operator(&app, "jiwon").await;
    let made = operator.post("/api/v1/scenarios", wish()).await.status(201);
    assert_eq!(made["source"]["settings"], json!({ "window_seconds": 60 }), "what was left out has its default");
    assert_eq!(
        (&made["missed"], &made["overlap"], &made["enabled"]),
        (&json!("coalesce"), &json!("skip"), &json!(true))
    );
    assert_eq!(made["destinations"][0]["condition"]["for_runs"], 1);
    assert!(made["next_slot"].as_str().is_some());
    assert_eq!(operator.post("/api/v1/scenarios", wish()).await.problem(409), "conflict");
    let path = format!("/api/v1/scenarios/{}", made["id"]);

    let mut again = wish();
    again["name"] = json!("Evening check");
    assert_eq!(operator.put_matching(&path, again.clone(), "\"1\"").await.status(200)["version"], 2);
    assert_eq!(operator.put_matching(&path, again, "\"1\"").await.problem(409), "conflict");
    let off = operator.patch(&path, json!({ "enabled": false })).await.status(200);
    assert_eq!((&off["enabled"], &off["next_slot"]), (&json!(false), &json!(null)));
    assert_eq!(operator.get("/api/v1/scenarios").await.status(200)["items"][0]["name"], "Evening check");
    operator.delete(&path).await.status(204);
    assert_eq!(operator.get(&path).await.problem(404), "not-found");
    let deeds: Vec<String> = app.audit().await.into_iter().map(|event| event.action).collect();
    assert_eq!(deeds[..4], ["delete_scenario", "disable_scenario", "change_scenario", "create_scenario"]);
}

#[actix_web::test]
async fn rel_j10_a_date_that_has_passed_may_stay_as_it_is_and_no_other_that_has_passed_may_come() {
    let app = app().await;
    let operator = of_operator(&app, "jiwon").await;
    let at = |at: DateTime<Utc>| {
        let mut wish = wish();
        wish["schedule"]["when"] = json!({ "kind": "date", "at": at });
        wish
    };
    let soon = app.database.now() + TimeDelta::hours(1);
    let made = operator.post("/api/v1/scenarios", at(soon)).await.status(201);
    let path = format!("/api/v1/scenarios/{}", made["id"]);
    app.advance(TimeDelta::hours(2));
    let mut renamed = at(soon);
    renamed["name"] = json!("Renamed");
    let saved = operator.put_matching(&path, renamed, "\"1\"").await.status(200);
    assert_eq!((&saved["name"], &saved["schedule"]), (&json!("Renamed"), &made["schedule"]));
    let other = at(soon + TimeDelta::minutes(1));
    assert_eq!(operator.put_matching(&path, other, "\"2\"").await.refused_fields(), ["schedule.at"]);
    assert_eq!(operator.post("/api/v1/scenarios", at(soon)).await.refused_fields(), ["schedule.at"]);
}

#[actix_web::test]
async fn what_cannot_be_is_refused_by_field() {
    let app = app().await;
    let operator = of_operator(&app, "jiwon").await;
    let refused = |path: &'static [&'static str], value: Value| {
        let mut wish = wish();
        let mut place = &mut wish;
        for part in path {
            place = match part.parse::<usize>() {
                Ok(number) => &mut place[number],
                Err(_) => &mut place[*part],
            };
        }
        *place = value;
        wish
    };
    for (path, value, field) in [
        (&["name"][..], json!(" "), "name"),
        (&["servers"], json!([]), "servers"),
        (&["servers"], json!(["nobody"]), "servers"),
        (&["servers"], json!(["label:x"]), "servers"),
        (&["schedule", "when", "expression"], json!("0 0 30 2 *"), "schedule.expression"),
        (&["schedule", "jitter_seconds"], json!(9_999), "schedule.jitter_seconds"),
        (&["source", "kind"], json!("moon"), "source.kind"),
        (&["source", "settings"], json!({ "window_seconds": 5 }), "source.window_seconds"),
        (&["destinations", "0", "kind"], json!("pigeon"), "destinations.0.kind"),
        (&["destinations", "0", "settings", "body"], json!("{{ memory.used }}"), "destinations.0.body"),
        (&["destinations", "0", "settings", "url"], json!(""), "destinations.0.url"),
        (&["destinations", "0", "channel"], json!("ops"), "destinations.0.channel"),
        (&["destinations", "0", "kind"], json!("slack"), "destinations.0.url"),
        (&["destinations", "0", "condition", "value"], json!("cpu.totl"), "destinations.0.value"),
        (&["destinations", "0", "condition", "value"], json!("cpu\0"), "destinations.0.value"),
        (&["servers"], json!(["all", "label:a=\0"]), "servers"),
        (&["name"], json!("a\0b"), "name"),
        (&["destinations", "0", "settings", "body"], json!("a\0b"), "destinations.0.body"),
        (&["destinations", "0", "condition", "for_runs"], json!(0), "destinations.0.for_runs"),
        (&["grace_seconds"], json!(0), "grace_seconds"),
        (&["parallel_most"], json!(11), "parallel_most"),
    ] {
        let fields = operator.post("/api/v1/scenarios", refused(path, value.clone())).await.refused_fields();
        assert!(fields.contains(&field.to_owned()), "{path:?} {value}: {fields:?}");
    }
    let mut odd = wish();
    odd["schedule"]["time_zone"] = json!("Moon/Crater");
    assert_eq!(operator.post("/api/v1/scenarios", odd).await.refused_fields(), ["schedule"]);
    assert!(app.audit().await.iter().all(|event| event.action != "create_scenario"));
}

#[actix_web::test]
async fn a_run_is_started_read_and_stopped_before_any_worker_has_it() {
    let app = app().await;
    let operator = of_operator(&app, "jiwon").await;
    let made = operator.post("/api/v1/scenarios", wish()).await.status(201);
    let path = format!("/api/v1/scenarios/{}/runs", made["id"]);
    let run = operator.post(&path, json!({})).await.status(202);
    assert_eq!(
        (&run["state"], &run["cause"], &run["started_by"]),
        (&json!("queued"), &json!("person"), &json!("program-of-jiwon"))
    );
    assert_eq!(operator.post(&path, json!({})).await.problem(409), "conflict", "it is running already");
    let one = format!("/api/v1/runs/{}", run["id"]);
    let stopped = operator.delete(&one).await.status(202);
    assert_eq!((&stopped["state"], &stopped["why"]), (&json!("stopped"), &json!("program-of-jiwon stopped it")));
    assert_eq!(operator.delete(&one).await.problem(409), "conflict");
    assert_eq!(operator.get(&path).await.status(200)["items"].as_array().unwrap().len(), 1);
    assert_eq!(operator.get(&format!("{one}/deliveries")).await.status(200), json!([]));
}

#[actix_web::test]
async fn sec_z05_z04_scenarios_of_others_are_not_seen_from_inside_a_group_nor_changed_by_those_who_may_less() {
    let app = app().await;
    let operator = of_operator(&app, "jiwon").await;
    let made = operator.post("/api/v1/scenarios", wish()).await.status(201);
    let path = format!("/api/v1/scenarios/{}", made["id"]);
    let viewer = program_for(&app, "viewer", Role::Viewer, Scope::All).await;
    viewer.get(&path).await.status(200);
    assert_eq!(viewer.patch(&path, json!({ "enabled": false })).await.problem(403), "forbidden");
    let other = of_operator(&app, "mina").await;
    assert_eq!(other.patch(&path, json!({ "enabled": false })).await.problem(403), "forbidden");
    let (_, scope) = group(&app, "web").await;
    let narrow = program_for(&app, "narrow", Role::Operator, scope).await;
    assert_eq!(narrow.get(&path).await.problem(404), "not-found");
    assert_eq!(narrow.get("/api/v1/scenarios").await.status(200)["items"], json!([]));
    // Who may less than the person whose rights a scenario would have, or belongs to nobody, adds none.
    assert_eq!(narrow.post("/api/v1/scenarios", wish()).await.problem(403), "forbidden");
    let boss = app.user("boss", Role::Administrator, Scope::All).await;
    let lesser = program_of(&app, &boss, Role::Operator).await;
    assert_eq!(lesser.post("/api/v1/scenarios", wish()).await.problem(403), "forbidden");
}

#[actix_web::test]
async fn rel_j10_a_schedule_is_told_in_a_sentence_with_its_next_times_before_anything_goes_by_it() {
    let app = app().await;
    let viewer = program(&app, Role::Viewer).await;
    let schedule = json!({ "when": { "kind": "cron", "expression": "50 8 * * 1-5" }, "time_zone": "Asia/Seoul" });
    let told = viewer.post("/api/v1/schedules/preview", json!({ "schedule": schedule, "count": 3 })).await.status(200);
    assert_eq!((&told["sentence"], &told["late_after_seconds"]), (&json!("every weekday at 08:50"), &json!(300)));
    assert_eq!(told["next"].as_array().unwrap().len(), 3);
    let never = json!({ "when": { "kind": "cron", "expression": "0 0 30 2 *" }, "time_zone": "Asia/Seoul" });
    let refused = viewer.post("/api/v1/schedules/preview", json!({ "schedule": never })).await.refused_fields();
    assert_eq!(refused, ["expression"]);
}
