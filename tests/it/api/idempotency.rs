use actix_web::http::Method;
use hannun::models::actor::Role;
use serde_json::json;

use super::program::program;
use crate::harness::app::TestApp;

#[actix_web::test]
async fn a_repeated_request_is_answered_and_not_done_again() {
    let app = TestApp::start().await;
    let administrator = program(&app, Role::Administrator).await;
    let again = async || {
        let body = json!({"name": "ci", "role": "viewer"});
        administrator.ask(Method::POST, "/api/v1/tokens", Some(body), Some("deploy-1")).await
    };
    let (first, second) = (again().await, again().await);
    assert_eq!(first.reply.header("Idempotency-Replayed"), None);
    assert_eq!(second.reply.header("Idempotency-Replayed"), Some("true"));
    assert_eq!(second.reply.header("Content-Type"), Some("application/json"));
    assert_eq!(second.reply.body, first.reply.body);
    first.status(201);
    second.status(201);
}

#[actix_web::test]
async fn the_same_key_for_another_request_is_a_conflict() {
    let app = TestApp::start().await;
    let administrator = program(&app, Role::Administrator).await;
    let ask = async |name: &str| {
        administrator.ask(Method::POST, "/api/v1/groups", Some(json!({"name": name})), Some("key")).await
    };
    ask("one").await.status(201);
    assert_eq!(ask("two").await.problem(409), "conflict");
    assert_eq!(administrator.get("/api/v1/groups").await.names(), ["one"]);
}

#[actix_web::test]
async fn a_request_that_did_nothing_may_be_tried_again() {
    let app = TestApp::start().await;
    let administrator = program(&app, Role::Administrator).await;
    let ask = async || {
        let body = json!({"name": "a", "address": "b", "groups": ["web"]});
        administrator.ask(Method::POST, "/api/v1/servers", Some(body), Some("key")).await
    };
    assert_eq!(ask().await.refused_fields(), ["groups"]);
    administrator.post("/api/v1/groups", json!({"name": "web"})).await.status(201);
    ask().await.status(201);
}

#[actix_web::test]
async fn a_key_is_remembered_for_a_day_and_for_one_token_only() {
    let app = TestApp::start().await;
    let administrator = program(&app, Role::Administrator).await;
    let made = administrator.post("/api/v1/tokens", json!({"name": "two", "role": "administrator"})).await.status(201);
    let other = administrator.with_token(made["token"].as_str().unwrap());
    let body = || Some(json!({"name": "web"}));
    administrator.ask(Method::POST, "/api/v1/groups", body(), Some("key")).await.status(201);
    other.ask(Method::POST, "/api/v1/groups", body(), Some("key")).await.problem(409);
    app.advance(chrono::TimeDelta::hours(25));
    let late = administrator.ask(Method::POST, "/api/v1/groups", body(), Some("key")).await;
    assert_eq!(late.problem(409), "conflict", "done again: the group exists");
}

#[actix_web::test]
async fn sec_s01_no_answer_and_no_key_can_be_read_from_the_table() {
    let app = TestApp::start().await;
    let administrator = program(&app, Role::Administrator).await;
    let body = json!({"name": "ci", "role": "viewer"});
    let reply = administrator.ask(Method::POST, "/api/v1/tokens", Some(body), Some("canary-key")).await;
    let token = reply.status(201)["token"].as_str().unwrap().to_owned();
    let mut connection = app.database.connection();
    let row: Dump = diesel::RunQueryDsl::get_result(
        diesel::sql_query("select encode(id || request_digest || answer, 'escape') as text from idempotency_keys"),
        &mut connection,
    )
    .unwrap();
    assert!(
        !row.text.contains(&token) && !row.text.contains("canary-key") && !row.text.contains("viewer"),
        "{}",
        row.text
    );
}

#[derive(diesel::QueryableByName)]
struct Dump {
    #[diesel(sql_type = diesel::sql_types::Text)]
    text: String,
}
