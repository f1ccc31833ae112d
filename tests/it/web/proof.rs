//! What needs the password again asks for it when it was entered more than ten minutes ago (A11).

use actix_web::http::Method;
use chrono::TimeDelta;
use hannun::models::actor::{Role, Scope};
use hannun::models::api_tokens::NewApiToken;
use hannun::routes;
use serde_json::{Value, json};

use crate::harness::app::{PASSWORD, TestApp};
use crate::harness::client::{Client, Reply};

/// What is no change of what hannun knows: a look at a server, and at what a text would change.
const CHANGES_NOTHING: &[&str] = &[
    "/api/v1/servers/{server}/connection",
    "/api/v1/inventory/plans",
    "/api/v1/servers/{server}/firewall/checks",
    "/api/v1/servers/{server}/directories/measurements",
    "/api/v1/servers/{server}/directories/measurements/latest",
    "/api/v1/schedules/preview",
    "/api/v1/scenarios/trials",
    "/api/v1/scenarios/back-tests",
    "/api/v1/scenario-files/plans",
];

/// Changes through the API, in an order in which each is possible.
fn through_the_api() -> Vec<(Method, String, Value)> {
    let changes = [
        (Method::POST, "/api/v1/credentials", json!({"name": "lab", "user_name": "root", "password": "x"})),
        (Method::PATCH, "/api/v1/credentials/lab", json!({"password": "y"})),
        (Method::POST, "/api/v1/groups", json!({"name": "web"})),
        (Method::PATCH, "/api/v1/groups/web", json!({"note": "all of them"})),
        (Method::POST, "/api/v1/servers", json!({"name": "web-1", "address": "127.0.0.1", "credential": "lab"})),
        (Method::PATCH, "/api/v1/servers/web-1", json!({"port": 2222})),
        (Method::POST, "/api/v1/servers/web-1/host-key", json!({"fingerprint": "SHA256:x"})),
        (Method::POST, "/api/v1/tokens", json!({"name": "ci", "role": "viewer"})),
        (Method::DELETE, "/api/v1/tokens/ci", Value::Null),
        (Method::DELETE, "/api/v1/servers/web-1", Value::Null),
        (Method::DELETE, "/api/v1/groups/web", Value::Null),
        (Method::DELETE, "/api/v1/credentials/lab", Value::Null),
    ];
    changes.into_iter().map(|(method, path, body)| (method, path.to_owned(), body)).collect()
}

async fn send(client: &Client, bearer: Option<&str>, (method, path, body): &(Method, String, Value)) -> Reply {
    let token = client.token().await;
    let mut ask = client.ask(method.clone(), path);
    ask = match bearer {
        Some(bearer) => ask.header("Authorization", bearer),
        None => ask.header("Sec-Fetch-Site", "same-origin").header("X-CSRF-Token", &token),
    };
    if !body.is_null() {
        ask = ask.body("application/json", body.to_string());
    }
    ask.send().await
}

#[actix_web::test]
async fn sec_a11_every_change_of_the_api_by_a_person_needs_a_fresh_password_and_a_token_its_own_right() {
    let app = TestApp::start().await;
    let administrator = app.administrator().await;
    app.advance(TimeDelta::minutes(11));
    let mut asked = 0;
    for route in routes::all().iter().filter(|route| !route.method.is_safe() && route.path.starts_with("/api/v1/")) {
        if CHANGES_NOTHING.contains(&route.path) {
            continue;
        }
        let change = (route.method.clone(), route.path.to_owned(), json!({}));
        let reply = send(&administrator, None, &change).await;
        let problem: Value = serde_json::from_str(&reply.body).unwrap();
        assert_eq!((reply.status.as_u16(), &problem["type"]), (403, &json!("urn:hannun:reauth")), "{change:?}");
        asked += 1;
    }
    assert!(asked > 20, "{asked}");
    let now = app.database.now();
    let made = app.app.db.run(move |connection| {
        let (role, scope) = (Role::Administrator, Scope::All);
        NewApiToken { name: "machine", user_id: None, role, scope, expires_at: None }.insert(connection, now)
    });
    let bearer = format!("Bearer {}", made.await.unwrap().0.expose());
    for change in through_the_api() {
        let status = send(&app.browser(), Some(&bearer), &change).await.status;
        assert_ne!(status, 403, "{change:?}");
    }
    // And with a fresh password the person may, too.
    administrator.post("/account/proof", [("return_to", "/"), ("password", PASSWORD)]).await.leads_to("/");
    for change in through_the_api() {
        let status = send(&administrator, None, &change).await.status;
        assert_ne!(status, 403, "{change:?}");
    }
}

#[actix_web::test]
async fn sec_a11_people_and_credentials_are_changed_on_pages_with_a_fresh_password_only() {
    let app = TestApp::start().await;
    let administrator = app.administrator().await;
    let other = app.user("anna", Role::Viewer, Scope::All).await.id.to_string();
    let path = format!("/admin/users/{other}");
    let user = [("role", "operator"), ("sees", "all"), ("enabled", "on")];
    let new = [("name", "ben"), ("password", "seven grey seagulls"), ("role", "viewer"), ("sees", "all")];
    let row = [("row", other.as_str())];
    let disable = [("action", "disable_user"), ("row", other.as_str())];
    let lab = [("name", "lab"), ("user_name", "root"), ("kind", "password"), ("password", "x"), ("privilege", "none")];
    let changes: [(&str, &[(&str, &str)]); 6] = [
        ("/admin/users", &new),
        (&path, &user),
        ("/admin/users/actions", &disable),
        ("/admin/users/deletions", &row),
        ("/admin/credentials", &lab),
        ("/admin/credentials/deletions", &[("row", "1")]),
    ];
    app.advance(TimeDelta::minutes(11));
    for (path, form) in changes {
        assert_eq!(administrator.post(path, form.iter().copied()).await.status, 403, "{path}");
    }
    let anna = app.user("anna", Role::Viewer, Scope::All).await;
    assert_eq!((anna.role, anna.is_enabled()), (Role::Viewer, true), "nothing was done");
    administrator.post("/account/proof", [("return_to", "/"), ("password", PASSWORD)]).await.leads_to("/");
    administrator.post(&path, user).await.leads_to("/admin/users");
}
