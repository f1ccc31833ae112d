//! Deleting asks first, says what goes with it, and refuses what something else needs.

use super::{audit, filled, pairs, server, stored};
use crate::harness::app::TestApp;

#[actix_web::test]
async fn deleting_asks_first_and_says_what_goes_with_it() {
    let app = TestApp::start().await;
    let administrator = app.administrator().await;
    let one = server(&app, "web-1", "192.0.2.10", 22).await;
    let page = administrator.get(&format!("/admin/servers/{}/delete", one.id)).await.ok();
    assert_eq!(page.heading(), "Servers / Delete web-1");
    assert!(page.texts(".hints li")[0].starts_with("All its stored measurements"));
    assert_eq!(page.text("button[data-kind=final]"), "Delete web-1");
    stored(&app, one.id).await;
    let form = page.form("main form");
    administrator.post("/admin/servers/deletions", pairs(&form)).await.leads_to("/admin/servers");
    assert!(administrator.get("/admin/servers").await.ok().texts("td .key").is_empty());
    assert_eq!(audit(&app).await, ["administrator delete_server web-1 succeeded"]);
}

#[actix_web::test]
async fn several_rows_are_deleted_after_one_question() {
    let app = TestApp::start().await;
    let administrator = app.administrator().await;
    for name in ["web", "db", "lab"] {
        administrator.post("/admin/groups", [("name", name), ("note", ""), ("allow", "terminal")]).await;
    }
    let rows = [("action", "delete"), ("row", "1"), ("row", "3")];
    let page = administrator.post("/admin/groups/actions", rows).await.ok();
    assert_eq!(page.texts("main h2"), ["web", "lab"]);
    assert_eq!(page.text("button[data-kind=final]"), "Delete 2 rows");
    administrator.post("/admin/groups/deletions", pairs(&page.form("main form"))).await.leads_to("/admin/groups");
    assert_eq!(administrator.get("/admin/groups").await.ok().texts("td .key"), ["db"]);
}

#[actix_web::test]
async fn what_is_still_used_cannot_be_deleted_and_says_by_whom() {
    let app = TestApp::start().await;
    let administrator = app.administrator().await;
    let credential = [
        ("name", "ops"),
        ("user_name", "deploy"),
        ("kind", "password"),
        ("password", "hunter twenty two"),
        ("privilege", "none"),
    ];
    administrator.post("/admin/credentials", credential).await;
    let one = server(&app, "web-1", "192.0.2.10", 22).await;
    let page = administrator.get(&format!("/admin/servers/{}", one.id)).await.ok();
    let form = filled(&page, &[("credential_id", "ops")]);
    administrator.post(&format!("/admin/servers/{}", one.id), pairs(&form)).await.leads_to("/admin/servers");
    let page = administrator.get("/admin/credentials/1/delete").await.ok();
    assert!(page.text(".notice").contains("web-1 sign in with it"));
    assert!(!page.has("button[data-kind=final]"));
    assert_eq!(administrator.post("/admin/credentials/deletions", [("row", "1")]).await.status, 409);
    assert_eq!(administrator.get("/admin/credentials").await.ok().texts("td .key"), ["ops"]);
}
