//! Unsafe requests come from our own pages (W01), and only under our own name (W03).

use actix_web::http::Method;
use hannun::models::actor::{Role, Scope};
use hannun::models::api_tokens::NewApiToken;
use hannun::models::users::{Theme, User};
use hannun::routes;

use crate::harness::app::TestApp;
use crate::harness::client::Client;

async fn theme(app: &TestApp) -> Theme {
    app.app.db.run(|connection| User::by_name(connection, "viewer")).await.unwrap().unwrap().theme
}

#[actix_web::test]
async fn sec_w01_every_unsafe_route_refuses_what_does_not_come_from_our_own_page() {
    let app = TestApp::start().await;
    let (administrator, other) = (app.administrator().await, app.viewer().await);
    let (token, foreign) = (administrator.token().await, other.token().await);
    let cases: [&[(&'static str, &str)]; 9] = [
        &[],
        &[("X-CSRF-Token", &token)],
        &[("X-CSRF-Token", &token), ("Sec-Fetch-Site", "cross-site")],
        &[("X-CSRF-Token", &token), ("Sec-Fetch-Site", "same-site")],
        &[("X-CSRF-Token", &token), ("Sec-Fetch-Site", "none")],
        &[("X-CSRF-Token", &token), ("Origin", "null")],
        &[("X-CSRF-Token", &token), ("Origin", "http://evil.test")],
        &[("Sec-Fetch-Site", "same-origin")],
        &[("Sec-Fetch-Site", "same-origin"), ("X-CSRF-Token", &foreign)],
    ];
    for route in routes::all().iter().filter(|route| !route.method.is_safe()) {
        for headers in cases {
            let mut ask = administrator.ask(route.method.clone(), route.path).form([]);
            for (name, value) in headers {
                ask = ask.header(name, value);
            }
            let reply = ask.send().await;
            assert_eq!(reply.status, 403, "{} {} {headers:?}", route.method, route.path);
        }
    }
    assert_eq!(administrator.get("/account").await.status, 200, "nothing was done: not even the sign-out");
}

#[actix_web::test]
async fn sec_w01_a_plain_form_brings_its_token_in_a_hidden_field() {
    let app = TestApp::start().await;
    let viewer = app.viewer().await;
    let token = viewer.token().await;
    let send = async |fields: Vec<(&str, &str)>| {
        viewer
            .ask(Method::POST, "/account/preferences")
            .header("Origin", "http://127.0.0.1:8080")
            .form(fields)
            .send()
            .await
    };
    assert_eq!(send(vec![("theme", "dark")]).await.status, 403);
    assert_eq!(send(vec![("theme", "dark"), ("csrf_token", "guess")]).await.status, 403);
    let json = viewer.ask(Method::POST, "/account/preferences").header("Origin", "http://127.0.0.1:8080");
    assert_eq!(json.body("application/json", format!("{{\"csrf_token\":\"{token}\"}}")).send().await.status, 403);
    assert_eq!(theme(&app).await, Theme::System);
    assert_eq!(send(vec![("csrf_token", &token), ("theme", "dark")]).await.status, 303);
    assert_eq!(theme(&app).await, Theme::Dark);
}

#[actix_web::test]
async fn sec_w01_the_pre_session_token_is_bound_to_its_cookie() {
    let app = TestApp::start().await;
    let (one, other) = (app.browser(), app.browser());
    other.get("/sign-in").await.ok();
    let token = one.token().await;
    let send = async |browser: &Client| {
        let ask = browser
            .ask(Method::POST, "/sign-in")
            .header("Sec-Fetch-Site", "same-origin")
            .header("X-CSRF-Token", &token);
        ask.form([("name", "a"), ("password", "b")]).send().await.status.as_u16()
    };
    assert_eq!((send(&one).await, send(&other).await), (422, 403));
}

#[actix_web::test]
async fn sec_w01_a_program_with_a_bearer_token_and_no_cookie_needs_no_page() {
    let app =
        TestApp::with_routes(vec![hannun::web::router::post("/api/v1/echo", hannun::web::router::OPERATOR, || {
            actix_web::web::to(async || "done")
        })])
        .await;
    let now = app.database.now();
    let (token, _) = app
        .app
        .db
        .run(move |connection| {
            let new =
                NewApiToken { name: "ci", user_id: None, role: Role::Operator, scope: Scope::All, expires_at: None };
            new.insert(connection, now)
        })
        .await
        .unwrap();
    let bearer = format!("Bearer {}", token.expose());
    let program = app.browser();
    let reply = program.ask(Method::POST, "/api/v1/echo").header("Authorization", &bearer).send().await;
    assert_eq!((reply.status.as_u16(), reply.body.as_str()), (200, "done"));
    assert_eq!(
        program.ask(Method::POST, "/api/v1/echo").header("Authorization", "Bearer hnn_guess").send().await.status,
        401
    );
    let page = program.ask(Method::GET, "/account").header("Authorization", &bearer).send().await;
    page.leads_to("/sign-in");
    let operator = app.operator().await;
    let with_cookie = operator.ask(Method::POST, "/api/v1/echo").header("Authorization", &bearer).send().await;
    assert_eq!(with_cookie.status, 403, "a browser's cookie needs the browser's proof");
}

#[actix_web::test]
async fn sec_w03_every_route_refuses_another_name() {
    let app = TestApp::start().await;
    let administrator = app.administrator().await;
    for route in routes::all() {
        let reply = administrator.ask(route.method.clone(), route.path).header("Host", "evil.test").send().await;
        assert_eq!(reply.status, 421, "{} {}", route.method, route.path);
    }
}
