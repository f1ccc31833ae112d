//! `/inventory`: a text is planned, applied and exported, by programs.

use actix_web::http::Method;
use hannun::models::actor::Role;
use serde_json::{Value, json};

use super::program::{Json, Program, group, program, program_for};
use crate::harness::app::TestApp;

const FLEET: &str = "groups: [web]\nservers:\n  web-1: {address: 10.0.0.7, groups: [web], allow: watch}\n";

async fn send(program: &Program, path: &str, text: &str) -> Json {
    program.send(Method::POST, path, "application/yaml", text).await
}

#[actix_web::test]
async fn a_text_is_planned_applied_and_exported() {
    let app = TestApp::start().await;
    let administrator = program(&app, Role::Administrator).await;
    let plan = send(&administrator, "/api/v1/inventory/plans?file=servers.yml", FLEET).await.status(200);
    assert_eq!((&plan["dry_run"], &plan["added"], &plan["without_host_keys"]), (&json!(true), &json!(2), &json!(1)));
    assert_eq!(
        plan["items"][1]["fields"][0],
        json!({"field": "address", "before": "", "after": "10.0.0.7", "secret": false})
    );
    assert!(administrator.get("/api/v1/servers").await.names().is_empty());

    let digest = plan["digest"].as_str().unwrap();
    let other = send(&administrator, "/api/v1/inventory/applications?file=servers.yml&plan=0123", FLEET).await;
    assert_eq!(other.problem(409), "conflict");
    let path = format!("/api/v1/inventory/applications?file=servers.yml&plan={digest}");
    assert_eq!(send(&administrator, &path, FLEET).await.status(200)["added"], 2);
    let server = administrator.get("/api/v1/servers/web-1").await.status(200);
    assert_eq!((&server["managed_by"], &server["allow"]), (&json!("servers.yml"), &json!("watch")));

    let export = administrator.get("/api/v1/inventory?with=commands").await;
    assert_eq!(export.reply.header("Content-Type"), Some("application/yaml; charset=utf-8"));
    let again = send(&administrator, "/api/v1/inventory/plans?file=servers.yml", &export.reply.body).await.status(200);
    assert_eq!((&again["items"], &again["unchanged"]), (&json!([]), &json!(2)));
    let pruned = send(&administrator, "/api/v1/inventory/applications?file=servers.yml&prune=true", "groups: [web]\n");
    assert_eq!(pruned.await.status(200)["removed"], 1);
}

#[actix_web::test]
async fn what_is_wrong_is_told_with_its_place() {
    let app = TestApp::start().await;
    let administrator = program(&app, Role::Administrator).await;
    let refused =
        send(&administrator, "/api/v1/inventory/plans?file=servers.yml", "servers:\n  web-1: {prot: 22}\n").await;
    let problem = refused.status(422);
    let errors: Vec<&str> =
        problem["errors"].as_array().unwrap().iter().map(|error| error["detail"].as_str().unwrap()).collect();
    assert_eq!(
        errors,
        [
            "Line 2, column 3: address is missing: a server needs it",
            "Line 2, column 11: There is no key prot in a server. Did you mean port?",
        ]
    );
    assert_eq!(problem["errors"][0]["field"], "servers.yml");
    let bad = "/api/v1/inventory/plans";
    assert_eq!(send(&administrator, &format!("{bad}?file=a/b"), FLEET).await.refused_fields(), ["file"]);
    assert_eq!(send(&administrator, &format!("{bad}?prune=true"), FLEET).await.refused_fields(), ["prune"]);
    assert_eq!(send(&administrator, &format!("{bad}?prune=maybe"), FLEET).await.refused_fields(), ["prune"]);
    assert_eq!(send(&administrator, &format!("{bad}?force=true"), FLEET).await.refused_fields(), ["force"]);
    assert_eq!(administrator.get("/api/v1/inventory?with=secrets").await.refused_fields(), ["with"]);
    let as_json = administrator.post(bad, json!({"servers": {}})).await;
    assert_eq!(as_json.problem(400), "bad-request");
}

#[actix_web::test]
async fn what_came_from_a_file_is_not_changed_through_the_api_either() {
    let app = TestApp::start().await;
    let administrator = program(&app, Role::Administrator).await;
    send(&administrator, "/api/v1/inventory/applications?file=servers.yml", FLEET).await.status(200);
    let refused = administrator.patch("/api/v1/servers/web-1", json!({"note": "x"})).await.status(409);
    assert_eq!(refused["detail"], "web-1 comes from servers.yml. Change it there, and apply the file again");
    administrator.delete("/api/v1/servers/web-1").await.status(409);
    administrator.patch("/api/v1/groups/web", json!({"allow": "change"})).await.status(409);
    administrator.delete("/api/v1/groups/web").await.status(409);

    let files = administrator.get("/api/v1/inventory/files").await.status(200);
    assert_eq!((&files["items"][0]["name"], &files["items"][0]["drift"]), (&json!("servers.yml"), &json!([])));
    administrator.delete("/api/v1/inventory/files/servers.yml").await.status(204);
    assert_eq!(administrator.delete("/api/v1/inventory/files/servers.yml").await.problem(404), "not-found");
    let changed =
        administrator.patch("/api/v1/servers/web-1", json!({"note": "x", "allow": "change"})).await.status(200);
    assert_eq!((&changed["managed_by"], &changed["allow"]), (&Value::Null, &json!("change")));
}

#[actix_web::test]
async fn sec_z02_a_token_for_some_groups_reaches_no_further_through_a_file() {
    let app = TestApp::start().await;
    let (_, web) = group(&app, "web").await;
    let narrow = program_for(&app, "narrow", Role::Administrator, web).await;
    let all = program(&app, Role::Administrator).await;
    send(&all, "/api/v1/inventory/applications", "servers: {db-1: 10.0.0.2}\n").await.status(200);
    let text = "servers: {web-1: {address: a, groups: [web]}}\n";
    assert_eq!(send(&narrow, "/api/v1/inventory/applications", text).await.status(200)["added"], 1);
    send(&narrow, "/api/v1/inventory/applications", "servers: {db-1: {address: a, groups: [web]}}\n").await.status(422);
    assert!(!narrow.get("/api/v1/inventory").await.reply.body.contains("db-1"));
    narrow.get("/api/v1/inventory/files").await.status(403);
    narrow.delete("/api/v1/inventory/files/servers.yml").await.status(403);
    let operator = program(&app, Role::Operator).await;
    send(&operator, "/api/v1/inventory/plans", text).await.status(403);
}

#[actix_web::test]
async fn an_application_that_is_repeated_with_its_key_is_answered_from_memory() {
    let app = TestApp::start().await;
    let administrator = program(&app, Role::Administrator).await;
    let path = "/api/v1/inventory/applications";
    let first = administrator.send_once(path, FLEET, "key-1").await.status(200);
    let second = administrator.send_once(path, FLEET, "key-1").await;
    assert_eq!(second.reply.header("Idempotency-Replayed"), Some("true"));
    assert_eq!(second.status(200)["added"], first["added"]);
}

#[actix_web::test]
async fn the_schema_is_served_to_editors_which_do_not_sign_in() {
    let app = TestApp::start().await;
    let reply = app.browser().get("/schemas/servers.json").await;
    assert_eq!((reply.status.as_u16(), reply.header("Content-Type")), (200, Some("application/schema+json")));
    let schema: Value = serde_json::from_str(&reply.body).unwrap();
    assert_eq!(schema["$id"], "/schemas/servers.json");
    assert!(schema["properties"]["servers"].is_object());
}
