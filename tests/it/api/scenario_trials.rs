//! What a scenario would do, before anything goes by it: tried now, and looked back at.

use chrono::TimeDelta;
use diesel::prelude::*;
use hannun::db::schema::{deliveries, executions, runs, scenarios};
use hannun::models::actor::{Role, Scope};
use hannun::models::deliveries::DeliveryState;
use hannun::models::scenarios::NewScenario;
use serde_json::{Value, json};

use super::program::{Program, program, program_for, program_of};
use crate::harness::known;
use crate::harness::scenarios::due;
use crate::outbound::receiver::ok;
use crate::scenarios::{Stage, always};

const TRIALS: &str = "/api/v1/scenarios/trials";
const BACK_TESTS: &str = "/api/v1/scenarios/back-tests";

async fn stage() -> (Stage, Program) {
    let stage = Stage::set(|_| ok("")).await;
    let operator = program_of(&stage.app, &stage.owner, Role::Operator).await;
    (stage, operator)
}

/// A scenario of these servers that tells under these conditions.
fn wish(stage: &Stage, servers: &[&str], conditions: &[Value]) -> Value {
    let url = format!("{}/ping?cpu={{{{ cpu.total }}}}", stage.told.url());
    let destination =
        |condition: &Value| json!({ "kind": "http_get", "settings": { "url": url }, "condition": condition });
    json!({
        "name": "",
        "schedule": { "when": { "kind": "cron", "expression": "0 * * * *" }, "time_zone": "UTC" },
        "source": { "kind": "cpu_usage" },
        "servers": servers,
        "destinations": conditions.iter().map(destination).collect::<Vec<_>>(),
    })
}

fn above(limit: f64) -> Value {
    json!({ "kind": "while", "question": "above", "value": "cpu.total", "limit": limit })
}

/// Rows of scenarios, runs and deliveries.
fn kept(stage: &Stage) -> (i64, i64, i64) {
    let owner = &mut stage.app.database.owner();
    (
        scenarios::table.count().get_result(owner).unwrap(),
        runs::table.count().get_result(owner).unwrap(),
        deliveries::table.count().get_result(owner).unwrap(),
    )
}

#[actix_web::test]
async fn rel_j03_what_would_do_something_on_a_server_is_not_tried() {
    let (stage, operator) = stage().await;
    let mut wish = wish(&stage, &["web-1"], &[always()]);
    wish["source"] = json!({ "kind": "command_output", "settings": { "command": "uptime" } });
    wish["destinations"][0]["settings"]["url"] = json!("https://example.org/");
    let refused = operator.post(TRIALS, json!({ "scenario": wish })).await.status(409);
    assert!(refused.to_string().contains("trying does nothing"), "{refused}");
    let asked: i64 = executions::table.count().get_result(&mut stage.app.database.owner()).unwrap();
    assert_eq!((asked, kept(&stage), stage.work_off().await), (0, (0, 0, 0), 0));
}

#[actix_web::test]
async fn trying_reads_now_and_tells_what_would_be_sent_and_sends_and_keeps_nothing() {
    let (stage, operator) = stage().await;
    known::answering(&stage.app, "web-2").await;
    stage.measured("cpu.total", stage.now() - TimeDelta::seconds(20), 84.25).await;
    let conditions = [always(), above(90.0), above(80.0), json!({ "kind": "failed" })];
    let mut wish = wish(&stage, &["web-1", "web-2"], &conditions);
    // It has no name yet, and its time has passed: that is no matter.
    wish["schedule"]["when"] = json!({ "kind": "date", "at": stage.now() - TimeDelta::days(1) });
    wish["destinations"][3]["settings"]["url"] = json!("https://example.org/failed");
    let tried = operator.post(TRIALS, json!({ "scenario": wish })).await.status(200);
    assert_eq!(tried["readings"][0]["values"]["cpu"]["total"], 84.25);
    let failed = tried["readings"][1]["failed"].as_str().unwrap();
    assert_eq!(failed, "Nothing was measured on web-2 in the 60 s before", "as a run would say it");
    let told = |place: usize| (&tried["destinations"][place]["servers"], &tried["destinations"][place]["message"]);
    assert_eq!(told(0).0, &json!(["web-1"]));
    assert!(told(0).1["url"].as_str().unwrap().ends_with("/ping?cpu=84.2"), "{tried}");
    assert_eq!(told(1), (&json!([]), &Value::Null));
    assert_eq!(told(2).0, &json!(["web-1"]));
    assert_eq!((told(3).0, &told(3).1["url"]), (&json!(["web-2"]), &json!("https://example.org/failed")));
    assert_eq!((kept(&stage), stage.work_off().await, stage.told.connections()), ((0, 0, 0), 0, 0));
}

#[actix_web::test]
async fn a_trial_reads_sixteen_servers_at_most_and_says_how_many_it_left_out() {
    let (stage, operator) = stage().await;
    let names: Vec<&'static str> = (10..29).map(|n| &*format!("host-{n}").leak()).collect();
    for name in &names {
        known::answering(&stage.app, name).await;
    }
    let tried = operator.post(TRIALS, json!({ "scenario": wish(&stage, &names, &[]) })).await.status(200);
    assert_eq!((tried["readings"].as_array().unwrap().len(), &tried["servers_left_out"]), (16, &json!(3)));
    assert_eq!((&tried["readings"][0]["server"], &tried["destinations"]), (&json!("host-10"), &json!([])));
}

#[actix_web::test]
async fn what_is_wrong_with_a_draft_is_told_at_its_field() {
    let (stage, operator) = stage().await;
    let mut wrong = wish(&stage, &["web-1", "nobody-1"], &[always()]);
    assert_eq!(operator.post(TRIALS, json!({ "scenario": wrong })).await.refused_fields(), ["servers"]);
    wrong["servers"] = json!(["web-1"]);
    wrong["source"]["kind"] = json!("moon");
    wrong["destinations"][0]["settings"]["url"] = json!("");
    let fields = operator.post(TRIALS, json!({ "scenario": wrong })).await.refused_fields();
    let named = |field: &str| fields.iter().any(|one| one == field);
    assert!(named("source.kind") && named("destinations.0.url"), "{fields:?}");
    let odd = json!({ "scenario": wish(&stage, &["web-1"], &[]), "confirmed": true });
    assert_eq!(operator.post(TRIALS, odd).await.reply.status, 422, "sec_z06: a field that no trial has");
    let mut never = wish(&stage, &["web-1"], &[]);
    never["schedule"]["when"]["expression"] = json!("0 0 30 2 *");
    let fields = operator.post(BACK_TESTS, json!({ "scenario": never })).await.refused_fields();
    assert_eq!(fields, ["schedule.expression"]);
}

#[actix_web::test]
async fn sec_z04_trying_lends_nobody_the_rights_of_another() {
    let (stage, operator) = stage().await;
    stage.measured("cpu.total", stage.now() - TimeDelta::seconds(20), 84.25).await;
    let asked = |kept: Option<i64>| json!({ "scenario": wish(&stage, &["web-1"], &[]), "kept": kept });
    let viewer = program(&stage.app, Role::Viewer).await;
    let elsewhere = program_for(&stage.app, "minji", Role::Operator, Scope::Groups(Vec::new())).await;
    for path in [TRIALS, BACK_TESTS] {
        assert_eq!(viewer.post(path, asked(None)).await.problem(403), "forbidden");
        assert_eq!(elsewhere.post(path, asked(None)).await.refused_fields(), ["servers"]);
        operator.post(path, asked(None)).await.status(200);
    }
    let id = stage.add(due(wish(&stage, &[], &[])["schedule"].clone(), stage.now()), Vec::new()).await;
    let administrator = program(&stage.app, Role::Administrator).await;
    administrator.post(TRIALS, asked(Some(id.0))).await.status(200);
    assert_eq!(elsewhere.post(TRIALS, asked(Some(id.0))).await.problem(404), "not-found", "somebody else's");
    stage.execute(&format!("update users set all_groups = false where id = {}", stage.owner.id.0));
    let fields = administrator.post(TRIALS, asked(Some(id.0))).await.refused_fields();
    assert_eq!(fields, ["servers"], "it would run with the rights of its owner, who sees nothing");
    stage.execute(&format!("update users set disabled_at = now() where id = {}", stage.owner.id.0));
    assert_eq!(administrator.post(TRIALS, asked(Some(id.0))).await.problem(409), "conflict");
}

/// Hourly values, the last of them an hour ago; `None` is an hour in which nothing was measured.
async fn measured(stage: &Stage, values: &[Option<f32>]) {
    for (hours, value) in (1..).zip(values.iter().rev()) {
        if let Some(value) = value {
            stage.measured("cpu.total", stage.now() - TimeDelta::hours(hours) - TimeDelta::seconds(20), *value).await;
        }
    }
}

fn conditions() -> [Value; 5] {
    let in_a_row = json!({ "kind": "while", "question": "above", "value": "cpu.total", "limit": 90.0, "for_runs": 2 });
    let recovered = json!({ "kind": "recovered", "question": "above", "value": "cpu.total", "limit": 90.0 });
    let changed = json!({ "kind": "changed", "value": "cpu.total" });
    [above(90.0), in_a_row, recovered, changed, json!({ "kind": "failed", "for_runs": 2 })]
}

#[actix_web::test]
async fn looking_back_says_how_often_it_would_have_told_whom_of_what() {
    let (stage, operator) = stage().await;
    // The clock of a test stands at a full hour.
    measured(&stage, &[Some(10.0), Some(95.0), Some(96.0), Some(10.0), Some(95.0), None]).await;
    let mut scenario = wish(&stage, &["web-1"], &conditions());
    scenario["destinations"][4]["settings"]["url"] = json!("https://example.org/failed");
    let found = operator.post(BACK_TESTS, json!({ "scenario": scenario })).await.status(200);
    assert_eq!((&found["days"], &found["times"], &found["is_cut"]), (&json!(14), &json!(336), &json!(false)));
    assert_eq!((&found["unread"], &found["resolution_seconds"]), (&json!(331), &json!(60)));
    // Nothing was measured before the first of them, nor after the last one: an hour ago, and now.
    assert_eq!(found["told"], json!([3, 1, 1, 4, 328 + 1]));
    assert_eq!(found["fired"], json!(4 + 328 + 1));
    let firings = found["firings"].as_array().unwrap();
    assert_eq!(firings.len(), 20);
    let of_hour = |hours: i64| {
        let at = json!(stage.now() - TimeDelta::hours(hours));
        firings.iter().find(|firing| firing["at"] == at).unwrap_or(&Value::Null)
    };
    let positions = |firing: &Value| -> Vec<i64> {
        let told = firing["destinations"].as_array().into_iter().flatten();
        told.map(|one| one["position"].as_i64().unwrap()).collect()
    };
    assert_eq!(
        (positions(of_hour(5)), positions(of_hour(4)), positions(of_hour(3))),
        (vec![0, 3], vec![0, 1, 3], vec![2, 3])
    );
    let message = &of_hour(4)["destinations"][0]["message"]["url"];
    assert!(message.as_str().unwrap().ends_with("/ping?cpu=96"), "{message}");
    assert_eq!((positions(of_hour(1)), positions(of_hour(0))), (Vec::new(), vec![4]));
    assert_eq!((kept(&stage), stage.told.connections()), ((0, 0, 0), 0));
}

#[actix_web::test]
async fn looking_back_decides_as_the_runs_did() {
    let (stage, operator) = stage().await;
    let destinations = conditions().map(|condition| stage.post(condition)).to_vec();
    let schedule = wish(&stage, &[], &[])["schedule"].clone();
    let new = NewScenario { source_settings: json!({ "window_seconds": 60 }), ..due(schedule, stage.now()) };
    let id = stage.add(new, destinations).await;
    for value in [Some(10.0), Some(95.0), Some(96.0), None, Some(10.0), None, None, Some(91.0), Some(92.0)] {
        let next = stage.row(id).await.next_slot.unwrap();
        if let Some(value) = value {
            stage.measured("cpu.total", next - TimeDelta::seconds(20), value).await;
        }
        stage.advance(next - stage.now());
        stage.fire().await;
        stage.work_off().await;
    }
    let mut told = vec![0; 4];
    for run in stage.runs(id).await {
        for one in stage.deliveries(run.id).await.iter().filter(|one| one.state == DeliveryState::Delivered) {
            if let Some(told) = told.get_mut(usize::try_from(one.position).unwrap()) {
                *told += 1;
            }
        }
    }
    assert_eq!(told, [4, 2, 1, 5], "what runs have told");
    let kept = operator.get(&format!("/api/v1/scenarios/{id}")).await.status(200);
    let parts = ["name", "schedule", "source", "servers", "destinations"];
    let scenario: serde_json::Map<String, Value> =
        parts.iter().map(|part| ((*part).to_owned(), kept[*part].clone())).collect();
    let found = operator.post(BACK_TESTS, json!({ "scenario": scenario })).await.status(200);
    assert_eq!(found["told"].as_array().unwrap()[..4], json!(told).as_array().unwrap()[..], "{found}");
}

#[actix_web::test]
async fn what_cannot_be_looked_back_at_says_why_and_what_is_too_much_is_cut() {
    let (stage, operator) = stage().await;
    let mut once = wish(&stage, &["web-1"], &[]);
    once["schedule"]["when"] = json!({ "kind": "date", "at": stage.now() + TimeDelta::days(1) });
    let refused = operator.post(BACK_TESTS, json!({ "scenario": once })).await;
    assert!(refused.reply.body.contains("A date comes once"), "{}", refused.reply.body);
    assert_eq!(refused.problem(409), "conflict");
    let mut often = wish(&stage, &["web-1"], &[above(1.0)]);
    often["schedule"]["when"] = json!({ "kind": "interval", "every_seconds": 10, "starts_at": stage.now() });
    let found = operator.post(BACK_TESTS, json!({ "scenario": often })).await.status(200);
    assert_eq!((&found["times"], &found["is_cut"]), (&json!(5_000), &json!(true)));
    assert_eq!((&found["to"], &found["fired"]), (&json!(stage.now()), &json!(0)), "the newest ones");
}
