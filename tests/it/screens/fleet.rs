//! The first page: every server at one glance.

use hannun::error::RemoteError;
use hannun::language::Message;
use hannun::models::actor::{Role, Scope};
use hannun::models::servers::NewServer;

use super::{HOSTILE, add_server, answers, fails, group, runs, timed_out};
use crate::harness::app::TestApp;

#[actix_web::test]
async fn a_fresh_hannun_says_what_comes_first_to_those_who_may_do_it() {
    let app = TestApp::start().await;
    let page = app.administrator().await.get("/").await.ok();
    assert_eq!(page.text(".empty h2"), "No servers yet");
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
    assert!(page.text("#r-db-1 .gone").starts_with("No answer within 10 s (Connect)"));
    assert_eq!(page.texts(".tally dd"), ["3", "1", "0", "1", "0", "0", "1"]);
    assert_eq!(page.text("#nav a[aria-current] small"), "3");
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
    assert_eq!(reader.get("/?q=db-1").await.ok().text(".empty h2"), "No server matches “db-1”");
}

#[actix_web::test]
async fn a_filter_or_a_sort_is_answered_with_the_list_alone_and_without_htmx_with_the_page() {
    let app = TestApp::start().await;
    for name in ["web-1", "web-2", "db-1"] {
        add_server(&app, name, "all-of-them").await;
    }
    let viewer = app.viewer().await;
    let answer = viewer.hx().get("/?q=web&group=&status=&view=table&sort=-name").await;
    assert_eq!(answer.header("HX-Push-Url"), Some("/?q=web&sort=-name"), "the address says what was asked, no more");
    assert!(answer.body.starts_with("<div id=\"fleet-list\""), "{}", answer.body);
    let size = answer.body.len();
    let list = answer.ok();
    let names: Vec<String> = list.table(".fleet-table").rows.into_iter().map(|row| row[1].clone()).collect();
    assert_eq!(names, ["web-2", "web-1"]);
    assert_eq!(list.form("#fleet-list"), [("sort".to_owned(), "-name".to_owned())], "the next filter keeps the order");
    assert!(!list.has("header") && !list.has("script") && !list.has("nav"));
    let reply = viewer.get("/?q=web&sort=-name").await;
    assert!(size * 3 < reply.body.len(), "{size} of {} bytes", reply.body.len());
    let page = reply.ok();
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
    let text = rest.body.trim();
    assert!(text.starts_with("<tr id=") && text.ends_with("</tr>"), "rows and nothing else: {text}");
    assert_eq!(text.matches("<tr").count(), 10);
    assert!(text.len() < 10 * 1_500, "{} bytes for ten rows", text.len());
    assert_eq!(rest.header("HX-Push-Url"), None, "more rows are no other question");
}

#[actix_web::test]
async fn the_map_shows_every_server_in_its_group() {
    let app = TestApp::start().await;
    add_server(&app, "web-icn1-01", "web").await;
    add_server(&app, "db-1", "db").await;
    let page = app.viewer().await.get("/?view=map").await.ok();
    assert_eq!(page.texts(".hostmap h2"), ["db 1 server", "web 1 server"]);
    assert_eq!(page.texts(".tile > span"), ["1", "icn1-01"], "a tile leaves out what its group says");
    assert!(!page.has(".fleet-table"));
}

#[actix_web::test]
async fn sec_w05_w06_x04_what_a_server_says_is_text_and_is_inert() {
    let app = TestApp::start().await;
    let server = add_server(&app, "web-1", "web").await;
    runs(&app, &server, HOSTILE).await;
    let hostile = RemoteError::Unreachable { server: "web-1".into(), why: Message::heard(HOSTILE) };
    fails(&app, &server, hostile).await;
    let page = app.viewer().await.get("/").await.ok();
    assert!(!page.has("main img") && !page.has("main [hx-get^=\"//\"]"));
    let said = page.text("#r-web-1 .gone [hx-disable]");
    assert!(said.contains("<img src=x onerror=alert(1)>") && said.contains("␛[2J⟨U+202E⟩"), "{said}");
}

#[actix_web::test]
async fn why_a_server_does_not_answer_is_said_in_the_language_of_whoever_reads_it() {
    let app = TestApp::start().await;
    let server = add_server(&app, "web-1", "web").await;
    fails(&app, &server, RemoteError::Unreachable { server: "web-1".into(), why: Message::new("connection refused") })
        .await;
    let viewer = app.viewer().await;
    viewer.post("/account/preferences", [("language", "ko")]).await;
    let page = viewer.get("/").await.ok();
    assert!(
        page.text("#r-web-1 .gone").starts_with("연결 실패: 연결이 거부되었습니다"),
        "{}",
        page.text("#r-web-1 .gone")
    );
    let page = viewer.get("/servers/web-1").await.ok();
    assert!(page.text(".verdict").ends_with("연결 실패: 연결이 거부되었습니다"), "{}", page.text(".verdict"));
    assert!(page.text(".ladder li:nth-child(2)").contains("연결이 거부되었습니다"));
    assert!(page.text(".hints").starts_with("서버가 켜져 있는지"));
}

#[actix_web::test]
async fn a_server_without_a_credential_says_so_and_claims_nothing_else() {
    let app = TestApp::start().await;
    app.app.db.run(|connection| NewServer::new("new-1", "192.0.2.9").insert(connection)).await.unwrap();
    let administrator = app.administrator().await;
    assert!(administrator.get("/").await.ok().text("#r-new-1 .gone").starts_with("No credential yet"));
    let page = administrator.get("/servers/new-1").await.ok();
    assert_eq!(page.text(".verdict"), "Not connected yet. No credential yet");
    assert!(!page.has(".ladder [data-state=up]"), "nothing was tried");
    assert_eq!(page.text(".hints + p"), "Choose a credential");
    assert!(!page.has("form[action$=\"/connections\"]"), "trying again would change nothing");
}
