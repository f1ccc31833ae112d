//! The console's own troubles: a database that goes away and comes back. (A full disk: `faults::full_disk`.)

use std::os::unix::fs::PermissionsExt;

use hannun::db::private_server::{Durability, PrivateServer};
use hannun::models::actor::Role;
use serde_json::json;

use crate::api::program::program;
use crate::harness::app::{PASSWORD, TestApp};
use crate::harness::client::Reply;
use crate::harness::database::TestDatabase;
use crate::harness::outage::Away;

/// Put off with a sentence, and told when to come again.
#[track_caller]
fn put_off(reply: &Reply) {
    assert_eq!((reply.status.as_u16(), reply.header("Retry-After")), (503, Some("5")), "{}", reply.body);
    let said = "The database cannot be reached";
    assert!(reply.body.contains(said) && reply.body.contains("Try again in a few seconds"), "{}", reply.body);
}

#[actix_web::test]
async fn a_database_that_goes_away_is_said_on_the_page_and_in_the_api_and_nothing_is_lost() {
    let permissions = std::fs::Permissions::from_mode(0o711);
    let folder = tempfile::Builder::new().prefix("hannun-away-").permissions(permissions).tempdir().unwrap();
    let server = PrivateServer::start(folder.path(), Durability::Kept).unwrap();
    let app = TestApp::over(TestDatabase::of(server), |_| {}, Vec::new(), None).await;
    let (administrator, program) = (app.administrator().await, program(&app, Role::Administrator).await);
    administrator
        .post("/admin/groups", [("name", "before"), ("note", ""), ("allow", "terminal")])
        .await
        .leads_to("/admin/groups");

    let away = Away::take(&app.database, folder.path());
    let page = administrator.get("/").await;
    put_off(&page);
    assert_eq!(page.with_status(503).text(".notice b"), "Not available now");
    put_off(&administrator.hx().get("/servers/options?q=").await);
    put_off(&program.get("/api/v1/servers").await.reply);
    // What is asked for meanwhile is not done, and says so.
    put_off(&administrator.post("/admin/groups", [("name", "page"), ("note", ""), ("allow", "terminal")]).await);
    put_off(&program.post("/api/v1/groups", json!({"name": "api"})).await.reply);
    put_off(&app.browser().post("/sign-in", [("name", "administrator"), ("password", PASSWORD)]).await);
    assert_eq!(app.browser().get("/healthz").await.status, 200);
    let ready = app.browser().get("/readyz").await;
    assert!(ready.status == 503 && ready.body.contains(r#""database":"away""#), "{}", ready.body);

    drop(away);
    let deadline = std::time::Instant::now() + std::time::Duration::from_secs(30);
    while administrator.get("/").await.status != 200 {
        assert!(std::time::Instant::now() < deadline, "it does not come back");
    }
    // The same session and the same token; what was there is there, and nothing else.
    assert_eq!(program.get("/api/v1/groups").await.names(), ["before"]);
    program.post("/api/v1/groups", json!({"name": "after"})).await.status(201);
    assert_eq!(program.get("/api/v1/groups").await.names(), ["after", "before"]);
}
