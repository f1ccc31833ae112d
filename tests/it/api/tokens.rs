use chrono::TimeDelta;
use hannun::models::actor::{Role, Scope};
use hannun::models::api_tokens::NewApiToken;
use serde_json::json;

use super::program::program;
use crate::harness::app::TestApp;

#[actix_web::test]
async fn a_token_is_made_works_and_is_ended() {
    let app = TestApp::start().await;
    let administrator = program(&app, Role::Administrator).await;
    administrator.post("/api/v1/groups", json!({"name": "web"})).await.status(201);
    let body = json!({"name": "ci", "role": "viewer", "groups": ["web"]});
    let made = administrator.post("/api/v1/tokens", body).await.status(201);
    assert_eq!(
        (&made["role"], &made["all_groups"], &made["groups"]),
        (&json!("viewer"), &json!(false), &json!(["web"]))
    );

    let ci = administrator.with_token(made["token"].as_str().unwrap());
    assert_eq!(ci.get("/api/v1/groups").await.names(), ["web"]);
    administrator.delete("/api/v1/tokens/ci").await.status(204);
    assert_eq!(ci.get("/api/v1/groups").await.problem(401), "sign-in-needed");
}

#[actix_web::test]
async fn sec_s05_the_text_of_a_token_is_in_no_other_answer() {
    let app = TestApp::start().await;
    let administrator = program(&app, Role::Administrator).await;
    let made = administrator.post("/api/v1/tokens", json!({"name": "ci", "role": "viewer"})).await.status(201);
    let text = made["token"].as_str().unwrap();
    for path in ["/api/v1/tokens", "/api/v1/audit-events", "/api/v1/users"] {
        let reply = administrator.get(path).await.reply;
        assert!(reply.status.is_success() && !reply.body.contains(text) && !reply.body.contains(administrator.token()));
    }
}

#[actix_web::test]
async fn a_token_gives_no_more_than_it_has() {
    let app = TestApp::start().await;
    let end = app.database.now() + TimeDelta::hours(1);
    let now = app.database.now();
    let made = app.app.db.run(move |connection| {
        let new = NewApiToken {
            name: "short",
            user_id: None,
            role: Role::Administrator,
            scope: Scope::All,
            expires_at: Some(end),
        };
        new.insert(connection, now)
    });
    let short = program(&app, Role::Viewer).await.with_token(made.await.unwrap().0.expose());

    let later = json!({"name": "later", "role": "viewer", "expires_at": end + TimeDelta::hours(1)});
    assert_eq!(short.post("/api/v1/tokens", later).await.refused_fields(), ["expires_at"]);
    let over = json!({"name": "over", "role": "viewer", "expires_at": now - TimeDelta::hours(1)});
    assert_eq!(short.post("/api/v1/tokens", over).await.refused_fields(), ["expires_at"]);
    let without = short.post("/api/v1/tokens", json!({"name": "same", "role": "viewer"})).await.status(201);
    assert_eq!(without["expires_at"], json!(end));
}

#[actix_web::test]
async fn sec_a08_a_token_made_by_a_person_s_token_ends_with_the_person() {
    let app = TestApp::start().await;
    let anna = app.user("anna", Role::Administrator, Scope::All).await;
    app.user("other", Role::Administrator, Scope::All).await;
    let (now, id) = (app.database.now(), anna.id);
    let made = app.app.db.run(move |connection| {
        let new = NewApiToken {
            name: "hers",
            user_id: Some(id),
            role: Role::Administrator,
            scope: Scope::All,
            expires_at: None,
        };
        new.insert(connection, now)
    });
    let hers = program(&app, Role::Viewer).await.with_token(made.await.unwrap().0.expose());
    let child = hers.post("/api/v1/tokens", json!({"name": "child", "role": "viewer"})).await.status(201);
    assert_eq!(child["user"], "anna");
    let child = hers.with_token(child["token"].as_str().unwrap());
    child.get("/api/v1/groups").await.status(200);

    app.app.db.run(move |connection| anna.disable(connection, now)).await.unwrap();
    assert_eq!(child.get("/api/v1/groups").await.problem(401), "sign-in-needed");
}
