//! The account page and what every page shows around its content.

use actix_web::http::Method;
use chrono::TimeDelta;
use hannun::models::actor::{Role, Scope};
use hannun::models::api_tokens::NewApiToken;
use hannun::models::server_states::ServerState;
use hannun::models::servers::NewServer;

use crate::harness::app::{PASSWORD, TestApp};

#[actix_web::test]
async fn colours_language_and_time_zone_are_stored_and_shown_at_once() {
    let app = TestApp::start().await;
    let viewer = app.viewer().await;
    // Without a tick the letters are off; a form that does not know of them leaves them alone.
    let form = [("theme", "dark"), ("language", "ko"), ("time_zone", "Asia/Seoul"), ("letter_keys", "off")];
    assert_eq!(viewer.post("/account/preferences", form).await.status, 303);
    let page = viewer.get("/account").await.ok();
    assert_eq!(page.attribute("html", "data-theme").as_deref(), Some("dark"));
    assert_eq!(page.attribute("html", "lang").as_deref(), Some("ko"));
    let stored = page.form("main form[action='/account/preferences']");
    assert_eq!(stored, form.map(|(name, value)| (name.to_owned(), value.to_owned())));
    assert_eq!(page.attribute("body", "data-letters").as_deref(), Some("off"));
    viewer.post("/account/preferences", [("theme", "light")]).await;
    viewer.post("/account/preferences", [("theme", "dark")]).await;
    assert!(viewer.get("/account").await.ok().has("body[data-letters=off]"));
    assert_eq!(page.table("#sessions").rows[0][2], "21:00:00", "noon in UTC");
    viewer.post("/sign-out", []).await;
    let sign_in = viewer.get("/sign-in").await.ok();
    assert_eq!(sign_in.attribute("html", "data-theme").as_deref(), Some("dark"), "also before sign-in");
    assert_eq!(sign_in.title(), "로그인 · hannun");
}

#[actix_web::test]
async fn a_choice_that_does_not_exist_is_refused() {
    let app = TestApp::start().await;
    let viewer = app.viewer().await;
    for (name, value) in [("theme", "pink"), ("language", "tlh"), ("time_zone", "Mars/Olympus")] {
        assert_eq!(viewer.post("/account/preferences", [(name, value)]).await.status, 422, "{name}");
    }
}

#[actix_web::test]
async fn a_refused_password_shows_the_form_again_and_changes_nothing() {
    let app = TestApp::start().await;
    let viewer = app.viewer().await;
    let cases = [
        ([("current", "wrong"), ("new", "seven grey seagulls"), ("again", "seven grey seagulls")], "#current-problem"),
        ([("current", PASSWORD), ("new", "short"), ("again", "short")], "#new-problem"),
        ([("current", PASSWORD), ("new", "seven grey seagulls"), ("again", "other")], "#again-problem"),
    ];
    for (form, problem) in cases {
        let block = viewer.hx().post("/account/password", form).await;
        assert!(!block.body.contains("<html"));
        assert!(block.with_status(422).has(problem), "{problem}");
        assert!(viewer.post("/account/password", form).await.with_status(422).has("main h1"));
    }
    app.browser().post("/sign-in", [("name", "viewer"), ("password", PASSWORD)]).await.leads_to("/");
}

#[actix_web::test]
async fn all_sessions_are_listed_and_the_others_can_be_ended() {
    let app = TestApp::start().await;
    let (viewer, other) = (app.viewer().await, app.viewer().await);
    app.advance(TimeDelta::minutes(5));
    let page = viewer.get("/account").await.ok();
    let table = page.table("#sessions");
    table.has_row(["test this one", &viewer.address().ip().to_string()]);
    table.has_row(["test", &other.address().ip().to_string()]);
    viewer.post("/account/sessions/endings", []).await.leads_to("/account");
    let page = viewer.get("/account").await.ok();
    assert_eq!((page.table("#sessions").rows.len(), page.text("toast-note").as_str()), (1, "Other sessions ended: 1"));
    other.get("/account").await.leads_to("/sign-in");
}

#[actix_web::test]
async fn the_server_selector_offers_what_needs_attention_first_and_remembers_what_was_looked_at() {
    let app = TestApp::start().await;
    let now = app.database.now();
    app.app
        .db
        .run(move |connection| {
            let mut servers = Vec::new();
            for name in ["db-1", "web-1", "web-2"] {
                servers.push(NewServer::new(name, "192.0.2.1").insert(connection)?);
            }
            ServerState::up(connection, servers[0].id, now)?;
            ServerState::up(connection, servers[1].id, now)?;
            let error = hannun::error::RemoteError::Unreachable { server: "web-2".to_owned(), why: "refused".into() };
            ServerState::failed(connection, servers[2].id, &error, now)?;
            Ok::<_, hannun::error::Error>(())
        })
        .await
        .unwrap();
    let viewer = app.viewer().await;
    viewer.set_cookie("recent", "db-1~gone");
    let page = viewer.hx().get("/servers/options?q=").await.ok();
    assert_eq!(page.texts("[role=presentation]"), ["Needs attention", "Recent", "All servers"]);
    assert_eq!(page.texts("[role=option] b"), ["web-2", "db-1", "web-1"]);
    let page = viewer.hx().get("/servers/options?q=WEB").await.ok();
    assert_eq!(page.texts("mark"), ["web", "web"]);
    assert_eq!(viewer.get("/").await.ok().text(".server-btn b"), "db-1", "a page about all servers names the last one");
    viewer.set_cookie("recent", "\"><script>~../../x");
    assert_eq!(viewer.get("/").await.ok().text(".server-btn b"), "Choose a server");
}

#[actix_web::test]
async fn one_other_session_is_signed_out_alone_and_nobody_else_s_is_found() {
    let app = TestApp::start().await;
    let (viewer, other, third) = (app.viewer().await, app.viewer().await, app.viewer().await);
    let operator = app.operator().await;
    let page = viewer.get("/account").await.ok();
    let actions = page.attributes("#sessions form", "action");
    assert_eq!(actions.len(), 2);
    assert_eq!(operator.post(&actions[0], []).await.status, 404);
    viewer.post(&actions[0], []).await.leads_to("/account");
    let page = viewer.get("/account").await.ok();
    assert_eq!((page.table("#sessions").rows.len(), page.text("toast-note").as_str()), (2, "Signed out there"));
    let living = [other.get("/account").await.status, third.get("/account").await.status];
    assert!(living.iter().any(|status| *status == 200) && living.iter().any(|status| *status == 303), "{living:?}");
    assert_eq!(viewer.post(&actions[0], []).await.status, 404);
    // One's own session, as another browser of the same person sees it.
    let survivor = if living[0] == 200 { other } else { third };
    let own = survivor.get("/account").await.ok().attributes("#sessions form", "action");
    assert_eq!(viewer.post(&own[0], []).await.status, 409);
}

#[actix_web::test]
async fn sec_z05_one_s_own_tokens_are_listed_and_revoked_and_others_are_not_found() {
    let app = TestApp::start().await;
    let (viewer, operator, now) = (app.viewer().await, app.operator().await, app.database.now());
    let owner = app.user("viewer", Role::Viewer, Scope::All).await.id;
    let made = app.app.db.run(move |connection| {
        let user_id = Some(owner);
        NewApiToken { name: "ci", user_id, role: Role::Viewer, scope: Scope::All, expires_at: None }
            .insert(connection, now)
    });
    let text = made.await.unwrap().0;
    let bearer = format!("Bearer {}", text.expose());
    let program = app.browser();
    let asks =
        async || program.ask(Method::GET, "/api/v1/servers").header("Authorization", &bearer).send().await.status;
    assert_eq!(asks().await, 200);
    assert!(!operator.get("/account").await.ok().has("#tokens"));
    let page = viewer.get("/account").await.ok();
    page.table("#tokens").has_row(["ci", "Viewer", "Works"]);
    let action = page.attribute("#tokens form", "action").unwrap();
    assert_eq!(operator.post(&action, []).await.status, 404);
    assert_eq!(asks().await, 200);
    viewer.post(&action, []).await.leads_to("/account");
    assert_eq!(asks().await, 401);
    let page = viewer.get("/account").await.ok();
    page.table("#tokens").has_row(["ci", "Viewer", "Revoked"]);
    assert!(!page.has("#tokens form"));
}
