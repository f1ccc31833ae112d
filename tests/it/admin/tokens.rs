//! Tokens of programs: shown once, never more than their owner, ended at once.

use actix_web::http::Method;
use hannun::models::actor::{Role, Scope};
use hannun::models::groups::NewGroup;

use super::{audit, events, pairs};
use crate::harness::app::TestApp;
use crate::harness::client::Client;

fn form() -> Vec<(&'static str, &'static str)> {
    vec![("name", "ci"), ("lasts", "90d"), ("role", "viewer"), ("sees", "all")]
}

/// Makes a token in the browser; gives its text.
async fn made(administrator: &Client, form: Vec<(&str, &str)>) -> String {
    let page = administrator.post("/admin/tokens", form).await.ok();
    page.attribute("#given", "value").unwrap()
}

async fn asks(app: &TestApp, token: &str, path: &str) -> u16 {
    let bearer = format!("Bearer {token}");
    app.browser().ask(Method::GET, path).header("Authorization", &bearer).send().await.status.as_u16()
}

#[actix_web::test]
async fn a_token_is_shown_once_and_works() {
    let app = TestApp::start().await;
    let administrator = app.administrator().await;
    let text = made(&administrator, form()).await;
    assert_eq!(asks(&app, &text, "/api/v1/servers").await, 200);
    assert_eq!(asks(&app, &text, "/api/v1/users").await, 403);
    let list = administrator.get("/admin/tokens").await;
    assert!(!list.body.contains(&text));
    list.ok().table("table").has_row(["", "ci", "administrator", "Viewer", "All servers", "Works"]);
    let page = administrator.get("/admin/tokens/1").await;
    assert!(!page.body.contains(&text));
    assert!(!page.ok().has("button[type=submit][data-kind=primary]"));
    let written = format!("{:?}", events(&app).await);
    assert!(!written.contains(&text));
    assert!(audit(&app).await.contains(&"administrator create_token ci succeeded".to_owned()));
}

#[actix_web::test]
async fn sec_a08_a_token_revoked_in_the_browser_is_refused_at_once_and_stays_in_the_list() {
    let app = TestApp::start().await;
    let administrator = app.administrator().await;
    let text = made(&administrator, form()).await;
    assert_eq!(asks(&app, &text, "/api/v1/servers").await, 200);
    let page = administrator.get("/admin/tokens/1/delete").await.ok();
    assert_eq!(page.text("button[data-kind=final]"), "Revoke ci");
    assert!(page.texts(".hints li")[1].starts_with("It was last used"));
    administrator.post("/admin/tokens/deletions", pairs(&page.form("main form"))).await.leads_to("/admin/tokens");
    assert_eq!(asks(&app, &text, "/api/v1/servers").await, 401);
    let list = administrator.get("/admin/tokens?state=revoked").await.ok();
    list.table("table").has_row(["", "ci", "administrator", "Viewer", "All servers", "Revoked"]);
    let again = administrator.post("/admin/tokens/deletions", [("row", "1")]).await;
    assert_eq!(again.status, 409);
    assert!(audit(&app).await.contains(&"administrator revoke_token ci succeeded".to_owned()));
}

#[actix_web::test]
async fn sec_a11_a_token_is_not_made_or_revoked_with_an_old_proof() {
    let app = TestApp::start().await;
    let administrator = app.administrator().await;
    made(&administrator, form()).await;
    app.advance(chrono::TimeDelta::minutes(11));
    let mut another = form();
    another[0].1 = "another";
    let page = administrator.post("/admin/tokens", another).await.with_status(403);
    assert!(page.has("[name=your-password]"));
    assert_eq!(administrator.post("/admin/tokens/deletions", [("row", "1")]).await.status, 403);
    let list = administrator.get("/admin/tokens").await.ok();
    assert_eq!(list.texts("td .key"), ["ci"]);
    list.table("table").has_row(["", "ci", "administrator", "Viewer", "All servers", "Works"]);
}

#[actix_web::test]
async fn sec_z06_a_token_belongs_to_who_makes_it_and_is_never_changed() {
    let app = TestApp::start().await;
    let administrator = app.administrator().await;
    for strange in [("owner", "viewer"), ("user_id", "2"), ("token_hash", "00"), ("ends", "2099-01-01")] {
        let mut form = form();
        form.push(strange);
        assert_eq!(administrator.post("/admin/tokens", form).await.status, 422, "{strange:?}");
    }
    made(&administrator, form()).await;
    let changed = administrator.post("/admin/tokens/1", [("role", "administrator")]).await;
    assert_eq!(changed.status, 403);
    administrator.get("/admin/tokens").await.ok().table("table").has_row(["", "ci", "administrator", "Viewer"]);
}

#[actix_web::test]
async fn a_token_for_some_groups_says_which_and_ends_by_itself() {
    let app = TestApp::start().await;
    let administrator = app.administrator().await;
    administrator.post("/admin/groups", [("name", "web"), ("note", ""), ("allow", "terminal")]).await;
    let form = vec![("name", "ci"), ("lasts", "30d"), ("role", "viewer"), ("sees", "groups"), ("groups", "web")];
    let text = made(&administrator, form).await;
    let page = administrator.get("/admin/tokens/1").await.ok();
    assert!(page.text("#record").contains("Groups web"), "{}", page.text("#record"));
    app.advance(chrono::TimeDelta::days(31));
    assert_eq!(asks(&app, &text, "/api/v1/servers").await, 401);
    let administrator = app.administrator().await;
    let list = administrator.get("/admin/tokens?state=expired").await.ok();
    list.table("table").has_row(["", "ci", "administrator", "Viewer", "web", "Expired"]);
}

#[actix_web::test]
async fn sec_z02_an_administrator_of_some_groups_sees_no_tokens_here_as_through_the_api() {
    let app = TestApp::start().await;
    let insert = |connection: &mut hannun::db::Connection| NewGroup { name: "web", note: "" }.insert(connection);
    let group = app.app.db.run(insert).await.unwrap();
    let narrow = app.signed_in("narrow", Role::Administrator, Scope::Groups(vec![group.id])).await;
    for path in ["/admin/tokens", "/admin/tokens/1", "/admin/tokens/1/delete"] {
        assert_eq!(narrow.get(path).await.status, 403, "{path}");
    }
    assert_eq!(narrow.post("/admin/tokens", form()).await.status, 403);
}

#[actix_web::test]
async fn a_person_s_form_lists_their_sessions_and_tokens_and_signs_them_out() {
    let app = TestApp::start().await;
    let administrator = app.administrator().await;
    made(&administrator, form()).await;
    let viewer = app.viewer().await;
    let id = app.user("viewer", Role::Viewer, Scope::All).await.id.to_string();
    let page = administrator.get(&format!("/admin/users/{id}")).await.ok();
    assert_eq!(page.texts("main section h2"), ["Sessions"]);
    let form = page.form("main section form");
    let form: Vec<_> = pairs(&form).into_iter().chain([("action", "end_sessions")]).collect();
    administrator.post("/admin/users/actions", form).await.leads_to("/admin/users");
    assert_eq!(viewer.get("/account").await.status, 303);
    assert_eq!(administrator.get("/account").await.status, 200);
    assert!(audit(&app).await.contains(&"administrator end_sessions viewer succeeded".to_owned()));
    let own = app.user("administrator", Role::Administrator, Scope::All).await.id;
    let page = administrator.get(&format!("/admin/users/{own}")).await.ok();
    assert_eq!(page.texts("main section h2"), ["Sessions", "API tokens"]);
    assert_eq!(page.attributes("main section td a", "href"), ["/admin/tokens/1"]);
}
