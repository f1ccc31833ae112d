//! Who may use which route (Z01, Z05, Z06, S05). A new route fails the matrix until it is reviewed.

use actix_web::http::Method;
use actix_web::web;
use hannun::models::actor::{Role, Scope};
use hannun::models::api_tokens::NewApiToken;
use hannun::models::groups::NewGroup;
use hannun::models::servers::NewServer;
use hannun::routes;
use hannun::web::extract::{Admin, Operator, SignedIn};
use hannun::web::router::{ADMINISTRATOR, OPERATOR, VIEWER, get};
use hannun::web::visitor::Person;

use crate::harness::app::{PASSWORD, TestApp};
use crate::harness::client::Client;

/// 200 and the like are `yes`: the guard let it through, whatever the handler then said.
async fn door(client: &Client, method: &actix_web::http::Method, path: &str) -> &'static str {
    let token = client.token().await;
    let ask = client.ask(method.clone(), path).header("Sec-Fetch-Site", "same-origin").header("X-CSRF-Token", &token);
    let reply = ask.form([]).send().await;
    // Whoever is sent away is brought back later; whoever signs out is not.
    match reply.status.as_u16() {
        303 if reply.set_cookie("return").is_some() => "sign in",
        401 => "sign in",
        403 => "no",
        _ => "yes",
    }
}

#[actix_web::test]
async fn sec_z01_every_route_lets_in_exactly_those_whom_it_declares() {
    let app = TestApp::start().await;
    let mut lines = Vec::new();
    for route in routes::all() {
        // New sessions for each route: one of them signs out.
        let people = [app.browser(), app.viewer().await, app.operator().await, app.administrator().await];
        let path = route.path.replace("{server}", "web-1").replace("{path:.*}", "css/app.css");
        let mut doors = Vec::new();
        for person in &people {
            doors.push(door(person, &route.method, &path).await);
        }
        lines.push(format!("{:4} {:32} {}", route.method.as_str(), route.path, doors.join(" | ")));
    }
    insta::assert_snapshot!(lines.join("\n"));
}

#[actix_web::test]
async fn sec_l01_a_change_that_somebody_may_not_make_is_in_the_audit_log_as_refused() {
    let app = TestApp::start().await;
    let (viewer, now) = (app.viewer().await, app.database.now());
    let made = app.app.db.run(move |connection| {
        let (name, scope) = ("ci", Scope::All);
        NewApiToken { name, user_id: None, role: Role::Operator, scope, expires_at: None }.insert(connection, now)
    });
    let bearer = format!("Bearer {}", made.await.unwrap().0.expose());
    assert_eq!(viewer.get("/admin").await.status, 403, "looking is no change");
    assert_eq!(viewer.post("/admin/groups", [("name", "web")]).await.status, 403);
    let program = app.browser();
    let ask = program.ask(Method::DELETE, "/api/v1/groups/web").header("Authorization", &bearer);
    assert_eq!(ask.send().await.status, 403);
    assert_eq!(app.browser().post("/sign-out", []).await.status, 303, "nobody is nobody");
    let events = app.audit().await;
    let lines: Vec<String> = events
        .iter()
        .map(|event| {
            format!("{} {} {} {} {}", event.actor_kind, event.actor, event.action, event.target, event.outcome.name())
        })
        .collect();
    assert_eq!(
        lines,
        ["token ci request DELETE /api/v1/groups/web refused", "user viewer request POST /admin/groups refused"]
    );
    assert_eq!(events[1].address.map(|address| address.0), Some(viewer.address().ip()));
}

#[actix_web::test]
async fn sec_z01_a_route_outside_the_table_is_refused_to_everybody() {
    // The guard sees the table only; this resource is not in it.
    let app = TestApp::with_undeclared("/undeclared").await;
    let administrator = app.administrator().await;
    assert_eq!(administrator.get("/undeclared").await.status, 403);
}

#[actix_web::test]
async fn sec_z01_an_extractor_refuses_a_weaker_role_even_where_the_route_forgot() {
    fn name(person: Person) -> String {
        person.actor.name
    }
    let app = TestApp::with_routes(vec![
        get("/for-viewers", VIEWER, || web::to(async |person: SignedIn| name(person.0))),
        get("/for-operators", VIEWER, || web::to(async |person: Operator| name(person.0))),
        get("/for-administrators", VIEWER, || web::to(async |person: Admin| name(person.0))),
        get("/guarded-operators", OPERATOR, || web::to(async || "in")),
        get("/guarded-administrators", ADMINISTRATOR, || web::to(async || "in")),
    ])
    .await;
    let people = [app.viewer().await, app.operator().await, app.administrator().await];
    let rows = [
        ("/for-viewers", [200, 200, 200]),
        ("/for-operators", [403, 200, 200]),
        ("/for-administrators", [403, 403, 200]),
        ("/guarded-operators", [403, 200, 200]),
        ("/guarded-administrators", [403, 403, 200]),
    ];
    for (path, expected) in rows {
        for (person, status) in people.iter().zip(expected) {
            assert_eq!(person.get(path).await.status.as_u16(), status, "{path}");
        }
    }
}

#[actix_web::test]
async fn sec_z05_a_server_outside_the_scope_is_not_offered_and_not_counted() {
    let app = TestApp::start().await;
    let (web, db) = app
        .app
        .db
        .run(|connection| {
            let web = NewGroup { name: "web", note: "" }.insert(connection)?;
            let db = NewGroup { name: "db", note: "" }.insert(connection)?;
            NewServer::new("web-1", "192.0.2.10").insert(connection)?.set_groups(connection, &[web.id])?;
            NewServer::new("db-1", "192.0.2.20").insert(connection)?.set_groups(connection, &[db.id])?;
            Ok::<_, hannun::error::Error>((web, db))
        })
        .await
        .unwrap();
    let narrow = app.signed_in("narrow", Role::Operator, Scope::Groups(vec![web.id])).await;
    let offered = narrow.hx().get("/servers/options?q=").await.ok().texts("[role=option] b");
    assert_eq!(offered, ["web-1"]);
    assert_eq!(narrow.get("/").await.ok().text(".server-btn small"), "1");
    let nothing = app.signed_in("nothing", Role::Operator, Scope::Groups(vec![])).await;
    assert!(nothing.hx().get("/servers/options?q=").await.ok().texts("[role=option]").is_empty());
    let other = app.signed_in("other", Role::Viewer, Scope::Groups(vec![db.id])).await;
    let page = other.hx().get("/servers/options?q=1&screen=nonsense").await.ok();
    assert_eq!(page.attribute("[role=option]", "href").as_deref(), Some("/servers/db-1"));
    let missing = other.hx().get("/servers/options?q=web-1").await;
    let unknown = other.hx().get("/servers/options?q=nobody").await;
    assert_eq!(missing.body, unknown.body);
}

#[actix_web::test]
async fn sec_z06_a_field_that_a_form_does_not_have_is_refused() {
    let app = TestApp::start().await;
    let viewer = app.viewer().await;
    assert_eq!(viewer.post("/account/preferences", [("theme", "dark"), ("role", "administrator")]).await.status, 422);
    let password =
        [("current", PASSWORD), ("new", "seven grey seagulls"), ("again", "seven grey seagulls"), ("user_id", "1")];
    assert_eq!(viewer.post("/account/password", password).await.status, 422);
    let user = app.user("viewer", Role::Viewer, Scope::All).await;
    assert_eq!((user.role, user.theme.name()), (Role::Viewer, "system"));
    assert_eq!(
        app.browser().post("/sign-in", [("name", "viewer"), ("password", PASSWORD), ("role", "x")]).await.status,
        422
    );
}

#[actix_web::test]
async fn sec_s05_no_page_shows_what_was_entered_into_a_password_field_or_what_is_stored_of_it() {
    const CANARY: &str = "canary-0f8e2c7b9a";
    let app = TestApp::start().await;
    let administrator = app.administrator().await;
    let id = administrator.cookie("sid").unwrap();
    let refused =
        administrator.post("/account/password", [("current", CANARY), ("new", CANARY), ("again", "other")]).await;
    assert!(!refused.body.contains(CANARY));
    let refused = app.browser().post("/sign-in", [("name", "x"), ("password", CANARY)]).await;
    assert!(!refused.body.contains(CANARY));
    for route in routes::all().iter().filter(|route| route.method.is_safe()) {
        let body = administrator.get(&route.path.replace("{path:.*}", "css/app.css")).await.body;
        assert!(!body.contains("$argon2id") && !body.contains(&id), "{}", route.path);
    }
}
