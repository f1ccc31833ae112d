//! The audit log: read with filters, never changed.

use diesel::connection::SimpleConnection;
use hannun::models::actor::{Actor, Role, Scope};
use hannun::models::audit::{AuditEntry, Outcome};
use hannun::models::groups::NewGroup;

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

/// The numbers of the events of an export in JSON lines.
fn numbers(jsonl: &str) -> Vec<i64> {
    let number = |line: &str| serde_json::from_str::<serde_json::Value>(line).unwrap()["number"].as_i64().unwrap();
    jsonl.lines().map(number).collect()
}

#[actix_web::test]
async fn days_address_and_target_narrow_together_with_search_and_the_other_filters() {
    let app = TestApp::start().await;
    let administrator = app.administrator().await;
    let address = administrator.address().ip().to_string();
    administrator.post("/account/preferences", [("time_zone", "Asia/Seoul")]).await;
    administrator.post("/admin/groups", [("name", "web"), ("note", ""), ("allow", "terminal")]).await;
    let today = app.app.clock.now().with_timezone(&chrono_tz::Asia::Seoul).format("%F").to_string();
    app.advance(chrono::TimeDelta::days(2));
    let administrator = app.administrator().await.at_the_address_of(&administrator);
    administrator.post("/admin/groups", [("name", "db"), ("note", ""), ("allow", "terminal")]).await;
    let shown = async |query: &str| {
        administrator.get(&format!("/admin/audit-events?{query}")).await.ok().texts("td.num:first-child")
    };
    assert_eq!(shown(&format!("from={today}&to={today}")).await, ["1"]);
    assert_eq!(shown(&format!("from={today}")).await, ["2", "1"]);
    assert_eq!(shown(&format!("address={address}&target=w&q=WEB&what=create_group")).await, ["1"]);
    assert_eq!(shown("address=192.0.2.99").await, [] as [&str; 0]);
    let page = administrator.get(&format!("/admin/audit-events?q=web&what=create_group&from={today}")).await.ok();
    let mut form = page.form("#filters form");
    form.retain(|(_, value)| !value.is_empty());
    form.sort();
    let expected = [("from", today.as_str()), ("q", "web"), ("what", "create_group")];
    assert_eq!(form, expected.map(|(name, value)| (name.to_owned(), value.to_owned())));
    for wrong in ["from=yesterday", "to=2026-02-30", "address=web-1"] {
        assert_eq!(administrator.get(&format!("/admin/audit-events?{wrong}")).await.status, 422, "{wrong}");
        let export = format!("/admin/audit-events/exports/csv?{wrong}");
        assert_eq!(administrator.get(&export).await.status, 422, "{wrong}");
    }
}

#[actix_web::test]
async fn an_export_holds_what_the_page_s_filters_let_through_over_all_its_pages() {
    let app = TestApp::start().await;
    let administrator = app.administrator().await;
    // More than two batches.
    let write = |connection: &mut hannun::db::Connection| {
        for number in 0..2_100_i64 {
            let name = if number % 2 == 0 { "even" } else { "odd" };
            let entry = AuditEntry::by(&Actor::system("test"), "x").target(name);
            entry.record(connection, Outcome::Succeeded, chrono::DateTime::UNIX_EPOCH)?;
        }
        Ok::<_, hannun::error::Error>(())
    };
    app.database.db.transaction(write).await.unwrap();
    let page = administrator.get("/admin/audit-events?target=even").await.ok();
    let links = page.attributes(".table-foot a[download]", "href");
    assert_eq!(links.len(), 2);
    let csv = administrator.get(&links[0]).await;
    assert!(csv.header("Content-Disposition").unwrap().ends_with(".csv\""));
    assert_eq!(csv.body.lines().count(), 1 + 1_050);
    let lines = administrator.get(&links[1]).await;
    assert_eq!(numbers(&lines.body), (0..1_050).map(|step| 2_099 - 2 * step).collect::<Vec<i64>>());
    let all = administrator.get("/admin/audit-events/exports/jsonl?before=5").await;
    assert_eq!(numbers(&all.body), (1..=2_100).rev().collect::<Vec<i64>>());
    assert_eq!(administrator.get("/admin/audit-events/exports/xml").await.status, 404);
}

#[actix_web::test]
async fn sec_l03_an_export_forges_no_line_and_runs_no_formula() {
    let app = TestApp::start().await;
    let administrator = app.administrator().await;
    let write = |connection: &mut hannun::db::Connection| {
        let hostile = "=cmd|' /C calc'!A0\n{\"forged\":1}\u{1b}[2J\u{2028}";
        let entry = AuditEntry::by(&Actor::system("test"), "x").target(hostile);
        entry.record(connection, Outcome::Succeeded, chrono::DateTime::UNIX_EPOCH)
    };
    app.app.db.transaction(write).await.unwrap();
    let csv = administrator.get("/admin/audit-events/exports/csv").await.body;
    assert_eq!(csv.lines().count(), 2, "{csv}");
    assert!(csv.contains(",\"'=cmd|") && !csv.contains('\u{1b}') && !csv.contains('\u{2028}'), "{csv}");
    let lines = administrator.get("/admin/audit-events/exports/jsonl").await.body;
    assert_eq!(numbers(&lines), [1]);
}

#[actix_web::test]
async fn sec_z02_the_export_and_the_page_are_for_the_same_people() {
    let app = TestApp::start().await;
    let insert = |connection: &mut hannun::db::Connection| NewGroup { name: "web", note: "" }.insert(connection);
    let group = app.app.db.run(insert).await.unwrap();
    let narrow = app.signed_in("narrow", Role::Administrator, Scope::Groups(vec![group.id])).await;
    for person in [app.viewer().await, app.operator().await, narrow] {
        for path in ["/admin/audit-events", "/admin/audit-events/exports/csv", "/admin/audit-events/exports/jsonl"] {
            assert_eq!(person.get(path).await.status, 403, "{path}");
        }
        assert_eq!(person.post("/admin/audit-events/verifications", []).await.status, 403);
    }
}

#[actix_web::test]
async fn sec_l02_the_page_verifies_the_chain_and_names_the_first_bad_number() {
    let app = TestApp::start().await;
    let administrator = app.administrator().await;
    for name in ["web", "db"] {
        administrator.post("/admin/groups", [("name", name), ("note", ""), ("allow", "terminal")]).await;
    }
    let page = administrator.get("/admin/audit-events").await.ok();
    assert_eq!(page.text("#chain"), "Nobody verified the hash chain yet");
    let verify = async || {
        administrator.post("/admin/audit-events/verifications", []).await.leads_to("/admin/audit-events");
        administrator.get("/admin/audit-events").await.ok()
    };
    let page = verify().await;
    assert!(page.text("#chain").starts_with("Verified up to event 2,"), "{}", page.text("#chain"));
    assert_eq!(page.text("toast-note"), "The log is whole up to event 2");
    let tamper = "alter table audit_events disable trigger user; \
                  update audit_events set actor = 'somebody' where number = 2; \
                  alter table audit_events enable trigger user";
    app.database.owner().batch_execute(tamper).unwrap();
    let page = verify().await;
    assert!(page.text("#chain").starts_with("The log is broken at event 2"), "{}", page.text("#chain"));
    assert_eq!(page.text("toast-note"), "The log is broken at event 2: it was changed");
}

#[actix_web::test]
async fn an_event_leads_to_the_history_of_its_object_also_when_that_is_gone() {
    let app = TestApp::start().await;
    let administrator = app.administrator().await;
    administrator.post("/admin/groups", [("name", "web"), ("note", ""), ("allow", "terminal")]).await;
    let link = |page: crate::harness::page::Page| page.attributes("#records td a", "href")[0].clone();
    let history = link(administrator.get("/admin/audit-events").await.ok());
    assert_eq!(history, "/admin/groups/1/history");
    administrator.post("/admin/groups/deletions", [("row", "1")]).await;
    let page = administrator.get(&history).await.ok();
    assert_eq!(page.heading(), "Groups / web / Changes");
    assert_eq!(page.texts("tbody tr").len(), 2);
    assert_eq!(administrator.get("/admin/groups/99/history").await.status, 404);
}
