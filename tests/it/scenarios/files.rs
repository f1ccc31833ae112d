//! Scenarios as files: written, brought in again, and refused with the line of what is wrong.

use actix_web::http::Method;
use hannun::models::actor::{Role, Scope};
use serde_json::json;

use super::{Stage, always, each_five_minutes, through};
use crate::api::program::{Json, Program, program, program_of};
use crate::harness::scenarios::due;
use crate::outbound::receiver::ok;

const PLANS: &str = "/api/v1/scenario-files/plans";
const IMPORTS: &str = "/api/v1/scenario-files/imports";

async fn send(program: &Program, path: &str, text: &str) -> Json {
    program.send(Method::POST, path, "application/yaml", text).await
}

/// A scenario that goes through a channel, and its owner's program.
async fn stage() -> (Stage, Program) {
    let stage = Stage::set(|_| ok("ok")).await;
    let url = format!("{}/services/canary-of-the-url", stage.told.url());
    let channel = stage.channel("ops", "slack", json!({ "url": url })).await;
    let message = json!({ "text": "*{{ server.name }}*\nCPU {{ cpu.total }}", "color": "danger" });
    stage
        .add(due(each_five_minutes(), stage.now()), vec![through("slack", channel.id, message), stage.post(always())])
        .await;
    let program = program_of(&stage.app, &stage.owner, Role::Operator).await;
    (stage, program)
}

#[actix_web::test]
async fn sec_s05_what_is_written_is_read_again_and_holds_no_secret() {
    let (stage, owner) = stage().await;
    let file = owner.get("/api/v1/scenario-files").await.reply.body;
    assert!(file.contains("channel: ops") && file.contains("web-1") && !file.contains("canary"), "{file}");
    let plan = send(&owner, PLANS, &file).await.status(200);
    assert_eq!(plan["scenarios"][0]["deed"], "keep", "{plan}");
    // Another name is another scenario.
    let copy = file.replace("name: Morning check", "name: Evening check");
    let plan = send(&owner, PLANS, &copy).await.status(200);
    assert_eq!((&plan["scenarios"][0]["deed"], plan["scenarios"].as_array().unwrap().len()), (&json!("add"), 1));
    assert_eq!(owner.get("/api/v1/scenarios").await.names(), ["Morning check"], "a plan does nothing");
    let path = format!("{IMPORTS}?plan={}", plan["digest"].as_str().unwrap());
    send(&owner, &path, &copy).await.status(200);
    assert_eq!(owner.get("/api/v1/scenarios").await.names(), ["Evening check", "Morning check"]);
    send(&owner, &path, &copy).await.problem(409);
    let one = owner.get("/api/v1/scenarios").await.status(200)["items"][0]["id"].clone();
    let file = owner.get(&format!("/api/v1/scenario-files?scenarios={one}")).await.reply.body;
    assert!(file.contains("Evening check") && !file.contains("Morning check"), "{file}");
    let events = stage.app.audit().await;
    assert!(events.iter().any(|event| event.action == "create_scenario" && event.target == "Evening check"));
}

#[actix_web::test]
async fn what_changes_is_told_before_it_does_and_nothing_else_is_touched() {
    let (_stage, owner) = stage().await;
    let file = owner.get("/api/v1/scenario-files").await.reply.body;
    let changed = file.replace("color: danger", "color: good").replace("enabled: true", "enabled: false");
    let plan = send(&owner, PLANS, &changed).await.status(200);
    assert_eq!(
        (&plan["scenarios"][0]["deed"], &plan["scenarios"][0]["changes"]),
        (&json!("change"), &json!(["destinations", "enabled"]))
    );
    send(&owner, IMPORTS, &changed).await.status(200);
    let kept = owner.get("/api/v1/scenarios").await.status(200)["items"][0].clone();
    assert_eq!((&kept["enabled"], &kept["destinations"][0]["settings"]["color"]), (&json!(false), &json!("good")));
    assert_eq!(kept["destinations"].as_array().unwrap().len(), 2);
}

#[actix_web::test]
async fn what_is_wrong_is_told_with_line_and_field_and_nothing_of_the_file_is_done() {
    let (_stage, owner) = stage().await;
    let file = owner.get("/api/v1/scenario-files").await.reply.body;
    let second = file.split_once("scenarios:\n").unwrap().1.replace("Morning check", "Second").replace("ops", "nobody");
    let both = format!("{}{second}", file.replace("Morning check", "First"));
    let refused = send(&owner, IMPORTS, &both).await.status(422);
    let line = both.lines().position(|line| line.contains("channel: nobody")).unwrap() + 1;
    assert!(refused.to_string().contains(&format!("Line {line}, destinations.0.channel: ")), "{refused}");
    assert_eq!(owner.get("/api/v1/scenarios").await.names(), ["Morning check"], "not the first one either");
    for (text, expected) in [
        (file.replace("web-1", "nowhere").replace("Morning", "New"), "servers"),
        (file.replace("cpu.total", "cpu.frobs").replace("Morning", "New"), "destinations.0.text"),
        (file.replace("version: 1", "version: 7"), "version"),
        ("version: 1\nscenarios: [*x]\n".to_owned(), "file"),
        ("scenarios: []\n".to_owned(), "file"),
    ] {
        let fields = send(&owner, PLANS, &text).await.refused_fields();
        assert!(fields.contains(&expected.to_owned()), "{expected}: {fields:?}");
    }
}

#[actix_web::test]
async fn sec_z05_a_scenario_of_somebody_else_is_neither_written_nor_changed() {
    let (stage, owner) = stage().await;
    let file = owner.get("/api/v1/scenario-files").await.reply.body;
    let person = stage.app.user("other", Role::Operator, Scope::All).await;
    let other = program_of(&stage.app, &person, Role::Operator).await;
    let refused = send(&other, PLANS, &file.replace("color: danger", "color: good")).await.refused_fields();
    assert_eq!(refused, ["name"]);
    let viewer = program(&stage.app, Role::Viewer).await;
    send(&viewer, IMPORTS, &file).await.problem(403);
}

#[actix_web::test]
async fn a_file_is_brought_in_by_a_page_once_its_plan_was_seen() {
    let (stage, owner) = stage().await;
    let operator = stage.app.signed_in("jiwon", Role::Operator, Scope::All).await;
    let page = operator.get("/scenarios").await.ok();
    assert!(page.has("a[href='/scenarios/file']") && page.has("a[href='/scenarios/imports/new']"));
    let reply = operator.get("/scenarios/file").await;
    assert!(reply.header("Content-Disposition").is_some_and(|name| name.contains("scenarios.yml")));
    let text = reply.body.replace("Morning check", "Evening check");
    operator.get("/scenarios/imports/new").await.ok();
    let page = operator.post("/scenarios/imports/plans", [("text", text.as_str())]).await.ok();
    assert!(page.text("#plan").contains("Evening check") && page.text("#plan").contains("Is added"));
    let digest = page.attribute("button[name='plan']", "value").unwrap();
    let unseen = operator.post("/scenarios/imports", [("text", text.as_str()), ("plan", "")]).await.with_status(409);
    assert!(unseen.text("#plan").contains("nothing was done yet"));
    let done = operator.post("/scenarios/imports", [("text", text.as_str()), ("plan", digest.as_str())]).await;
    done.leads_to("/scenarios");
    assert_eq!(owner.get("/api/v1/scenarios").await.names(), ["Evening check", "Morning check"]);
    let broken = text.replace("*/5 * * * *", "0 0 30 2 *");
    let page = operator.post("/scenarios/imports/plans", [("text", broken.as_str())]).await.with_status(422);
    assert!(page.text("#problems").contains("schedule.expression"), "{}", page.text("#problems"));
}
