//! The audit log: read with filters, never changed.

use super::server;
use crate::harness::app::TestApp;

#[actix_web::test]
async fn the_log_is_narrowed_by_who_what_where_how_and_when() {
    let app = TestApp::start().await;
    let administrator = app.administrator().await;
    administrator.post("/admin/groups", [("name", "web"), ("note", ""), ("allow", "terminal")]).await;
    let one = server(&app, "web-1", "192.0.2.10", 22).await.id.to_string();
    administrator.post("/admin/servers/actions", [("action", "pause_server"), ("row", one.as_str())]).await;
    app.advance(chrono::TimeDelta::days(2));
    let administrator = app.administrator().await;
    administrator.post("/admin/groups", [("name", "db"), ("note", ""), ("allow", "terminal")]).await;
    let shown = async |query: &str| {
        administrator.get(&format!("/admin/audit-events{query}")).await.ok().texts("td.num:first-child")
    };
    assert_eq!(shown("").await, ["3", "2", "1"]);
    assert_eq!(shown("?what=create_group").await, ["3", "1"]);
    assert_eq!(shown("?server=web-1").await, ["2"]);
    assert_eq!(shown("?days=1").await, ["3"]);
    assert_eq!(shown("?outcome=failed").await, [] as [&str; 0]);
    assert_eq!(shown("?who=somebody").await, [] as [&str; 0]);
    assert_eq!(shown("?q=WEB-1").await, ["2"]);
    assert_eq!(shown("?before=3").await, ["2", "1"]);
    let page = administrator.get("/admin/audit-events?what=pause_server").await.ok();
    page.table("table").has_row(["2"]);
    assert!(page.texts(".filters a").iter().any(|choice| choice == "pause_server"));
}

#[actix_web::test]
async fn a_long_log_goes_on_where_the_page_ends() {
    let app = TestApp::start().await;
    let administrator = app.administrator().await;
    for number in 0..55 {
        let name = format!("g{number}");
        administrator.post("/admin/groups", [("name", name.as_str()), ("note", ""), ("allow", "terminal")]).await;
    }
    let page = administrator.get("/admin/audit-events").await.ok();
    assert_eq!(page.texts("tbody tr").len(), 50);
    let older = page.attribute(".pager a", "href").unwrap();
    assert_eq!(administrator.get(&older).await.ok().texts("tbody tr").len(), 5);
}

#[actix_web::test]
async fn sec_l02_nobody_changes_the_log_from_a_page() {
    let app = TestApp::start().await;
    let administrator = app.administrator().await;
    administrator.post("/admin/groups", [("name", "web"), ("note", ""), ("allow", "terminal")]).await;
    for (path, field) in [
        ("/admin/audit-events", ("actor", "nobody")),
        ("/admin/audit-events/1", ("actor", "nobody")),
        ("/admin/audit-events/deletions", ("row", "1")),
        ("/admin/audit-events/actions", ("row", "1")),
    ] {
        let status = administrator.post(path, [field]).await.status.as_u16();
        assert!([400, 403, 404, 422].contains(&status), "{path}: {status}");
    }
    assert_eq!(administrator.get("/admin/audit-events").await.ok().texts("tbody tr").len(), 1);
}
