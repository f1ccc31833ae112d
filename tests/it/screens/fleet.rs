//! The first page: every server at one glance.

use hannun::models::actor::{Role, Scope};

use super::{HOSTILE, add_server, answers, fails, group, runs, timed_out};
use crate::harness::app::TestApp;

#[actix_web::test]
async fn a_fresh_hannun_says_what_comes_first_to_those_who_may_do_it() {
    let app = TestApp::start().await;
    let page = app.administrator().await.get("/").await.ok();
    assert_eq!(page.text(".empty h3"), "No servers yet");
    assert_eq!(page.attribute(".empty a.btn", "href").as_deref(), Some("/admin/servers/new"));
    assert!(!app.viewer().await.get("/").await.ok().has(".empty a"));
}

#[actix_web::test]
async fn servers_come_worst_first_and_one_that_does_not_answer_says_why() {
    let app = TestApp::start().await;
    let (well, gone) = (add_server(&app, "web-1", "web").await, add_server(&app, "db-1", "db").await);
    add_server(&app, "new-1", "web").await;
    answers(&app, &well).await;
    fails(&app, &gone, timed_out(&gone)).await;
    let page = app.viewer().await.get("/").await.ok();
    let table = page.table(".fleet-table");
    let names: Vec<&str> = table.rows.iter().map(|row| row[1].as_str()).collect();
    assert_eq!(names, ["db-1", "new-1", "web-1"]);
    table.has_row(["Unreachable", "db-1", "db"]);
    assert!(page.text("#r-db-1 .gone").starts_with("db-1 did not answer within 10 s (Connect)"));
    assert_eq!(page.texts(".tally dd"), ["3", "1", "0", "1", "0", "0", "1"]);
    assert!(!page.has(".spectrum"), "three servers are too few for a strip");
}

#[actix_web::test]
async fn sec_z02_the_fleet_holds_only_servers_of_the_reader_s_groups() {
    let app = TestApp::start().await;
    add_server(&app, "web-1", "web").await;
    add_server(&app, "db-1", "db").await;
    let scope = Scope::Groups(vec![group(&app, "web").await]);
    let reader = app.signed_in("min", Role::Viewer, scope).await;
    let page = reader.get("/").await.ok();
    assert_eq!(page.table(".fleet-table").rows.len(), 1);
    assert_eq!(page.texts("select[name=group] option"), ["All groups", "web (1)"]);
    assert_eq!(reader.get("/?q=db-1").await.ok().text(".empty h3"), "No server matches “db-1”");
}

#[actix_web::test]
async fn a_filter_is_answered_with_the_list_alone_and_without_htmx_with_the_page() {
    let app = TestApp::start().await;
    for name in ["web-1", "web-2", "db-1"] {
        add_server(&app, name, "all-of-them").await;
    }
    let viewer = app.viewer().await;
    let answer = viewer.hx().get("/?q=web&sort=-name").await;
    assert_eq!(answer.header("HX-Reselect"), Some("#fleet-list"));
    let list = answer.ok();
    let names: Vec<String> = list.table(".fleet-table").rows.into_iter().map(|row| row[1].clone()).collect();
    assert_eq!(names, ["web-2", "web-1"]);
    let page = viewer.get("/?q=web&sort=-name").await.ok();
    assert!(page.has("header.topbar") && page.has(".tally"));
    assert_eq!(page.table(".fleet-table").rows.len(), 2);
}

#[actix_web::test]
async fn a_long_fleet_comes_in_pieces_and_the_last_piece_ends_it() {
    let app = TestApp::start().await;
    for number in 0..70 {
        add_server(&app, &format!("web-{number:02}"), "web").await;
    }
    let viewer = app.viewer().await;
    let page = viewer.get("/").await.ok();
    assert_eq!(page.texts("#fleet-rows tr[id]").len(), 60);
    assert!(page.has(".spectrum"));
    let next = page.attribute("#fleet-rows tr:last-child", "hx-get").unwrap();
    let rest = viewer.hx().get(&next).await;
    assert_eq!(rest.header("HX-Reselect"), Some("#fleet-rows > tr"));
    assert_eq!(rest.body.matches("<tr id=").count(), 10);
}

#[actix_web::test]
async fn the_map_shows_every_server_in_its_group() {
    let app = TestApp::start().await;
    add_server(&app, "web-icn1-01", "web").await;
    add_server(&app, "db-1", "db").await;
    let page = app.viewer().await.get("/?view=map").await.ok();
    assert_eq!(page.texts(".hostmap h3"), ["db 1 servers", "web 1 servers"]);
    assert_eq!(page.texts(".tile > span"), ["1", "icn1-01"], "a tile leaves out what its group says");
    assert!(!page.has(".fleet-table"));
}

#[actix_web::test]
async fn sec_w05_w06_x04_what_a_server_says_is_text_and_is_inert() {
    let app = TestApp::start().await;
    let server = add_server(&app, "web-1", "web").await;
    runs(&app, &server, HOSTILE).await;
    let hostile = hannun::error::RemoteError::Unreachable { server: "web-1".into(), why: HOSTILE.into() };
    fails(&app, &server, hostile).await;
    let page = app.viewer().await.get("/").await.ok();
    assert!(!page.has("main img") && !page.has("main [hx-get^=\"//\"]"));
    let said = page.text("#r-web-1 .gone [hx-disable]");
    assert!(said.contains("<img src=x onerror=alert(1)>") && said.contains("␛[2J⟨U+202E⟩"), "{said}");
}
