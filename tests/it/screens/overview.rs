//! One server at one glance, also while it does not answer.

use hannun::error::RemoteError;
use hannun::language::Message;
use hannun::metrics::catalogue::Metric;
use hannun::models::actor::{Role, Scope};
use hannun::models::servers::NewServer;

use super::{HOSTILE, add_server, answers, fails, group, measured, runs, timed_out};
use crate::harness::app::TestApp;

#[actix_web::test]
async fn the_overview_shows_facts_charts_and_what_could_not_be_asked() {
    let app = TestApp::start().await;
    let server = app.app.db.run(|connection| NewServer::new("web-1", "192.0.2.9").insert(connection)).await.unwrap();
    answers(&app, &server).await;
    runs(&app, &server, "Debian GNU/Linux 12 (bookworm)").await;
    measured(&app, server.id, Metric::CpuUser, "", (600, 0), 25.0).await;
    let page = app.viewer().await.get("/servers/web-1").await.ok();
    assert_eq!((page.heading().as_str(), page.title().as_str()), ("web-1", "web-1 · hannun"));
    let facts = page.texts(".facts dt");
    assert!(
        ["Status", "OS", "Kernel", "CPU", "Memory", "Time zone"].iter().all(|fact| facts.iter().any(|one| one == fact))
    );
    assert!(page.attribute("#chart-cpu .s1", "d").is_some_and(|path| path.starts_with('M')));
    // It has no credential, so its processes cannot be asked for: that is said in their region, and the page is there.
    assert_eq!(page.text("#processes .fail h3"), "web-1 has no credential yet");
}

#[actix_web::test]
async fn a_server_that_does_not_answer_shows_how_far_we_got_and_what_to_do() {
    let app = TestApp::start().await;
    let server = add_server(&app, "lab-1", "lab").await;
    measured(&app, server.id, Metric::CpuTotal, "", (1800, 900), 94.0).await;
    fails(&app, &server, timed_out(&server)).await;
    app.advance(chrono::TimeDelta::minutes(14));
    let page = app.viewer().await.get("/servers/lab-1").await.ok();
    assert_eq!(page.text(".verdict"), "Unreachable for 14 min. No answer within 10 s (Connect)");
    assert_eq!(page.attribute(".ladder li:nth-child(2) .dot", "data-state").as_deref(), Some("crit"));
    assert_eq!(page.texts(".ladder li[data-skip]").len(), 4);
    assert!(page.text(".hints").starts_with("Check that the server is on"));
    assert!(page.has("#chart-cpu .gap"), "the time without numbers is marked");
    assert!(!page.has("form[action=\"/servers/lab-1/connections\"]"), "a viewer may not try");
    let page = app.operator().await.get("/servers/lab-1").await.ok();
    assert!(page.has("form[action=\"/servers/lab-1/connections\"]"));
    assert!(!page.has("a[href^=\"/admin/\"]"), "an operator may not change its address");
}

#[actix_web::test]
async fn a_wrong_credential_is_said_to_wait_for_a_person() {
    let app = TestApp::start().await;
    let server = add_server(&app, "web-1", "web").await;
    let refused = RemoteError::SignInRefused { server: "web-1".into(), user: "root".into(), method: "password".into() };
    fails(&app, &server, refused).await;
    let page = app.administrator().await.get("/servers/web-1").await.ok();
    assert!(page.text(".unreach > .dim").contains("until a person has changed something"));
    let form = format!("/admin/servers/{}", server.id);
    assert_eq!(page.attribute(".hints + p a", "href"), Some(form));
}

#[actix_web::test]
async fn sec_z05_a_server_of_another_group_is_not_found_on_any_of_its_screens() {
    let app = TestApp::start().await;
    add_server(&app, "web-1", "web").await;
    add_server(&app, "db-1", "db").await;
    let scope = Scope::Groups(vec![group(&app, "web").await]);
    let reader = app.signed_in("min", Role::Operator, scope).await;
    for screen in ["", "/cpu", "/memory", "/disks", "/stream"] {
        let hidden = reader.get(&format!("/servers/db-1{screen}")).await;
        let missing = reader.get(&format!("/servers/nowhere{screen}")).await;
        assert_eq!((hidden.status.as_u16(), missing.status.as_u16()), (404, 404), "{screen}");
        let without_names = |body: &str| body.replace("db-1", "").replace("nowhere", "");
        assert_eq!(without_names(&hidden.body), without_names(&missing.body), "{screen}");
    }
    let answer = reader.post("/servers/db-1/connections", []).await;
    assert_eq!(answer.status.as_u16(), 404);
}

#[actix_web::test]
async fn a_region_that_asks_for_itself_gets_itself_alone() {
    let app = TestApp::start().await;
    let server = add_server(&app, "web-1", "web").await;
    answers(&app, &server).await;
    let viewer = app.viewer().await;
    for region in ["facts", "charts", "processes", "filesystems", "cores"] {
        let ask = viewer.ask(actix_web::http::Method::GET, "/servers/web-1");
        let reply = ask.header("HX-Request", "true").header("HX-Target", region).send().await;
        let page = reply.ok();
        assert!(page.has(&format!("#{region}")) && !page.has("header.topbar"), "{region}");
        let others =
            ["facts", "charts", "processes", "filesystems", "cores"].into_iter().filter(|other| *other != region);
        assert!(others.into_iter().all(|other| !page.has(&format!("#{other}"))), "{region}");
    }
}

#[actix_web::test]
async fn sec_w05_x04_hostile_names_and_reasons_are_text_on_the_page_of_their_server() {
    let app = TestApp::start().await;
    let server = add_server(&app, "web-1", "web").await;
    runs(&app, &server, HOSTILE).await;
    measured(&app, server.id, Metric::NetworkSent, HOSTILE, (600, 0), 10.0).await;
    answers(&app, &server).await;
    let viewer = app.viewer().await;
    let page = viewer.get("/servers/web-1").await.ok();
    assert!(!page.has("main img") && !page.has("main [hx-get^=\"//\"]"));
    assert!(page.text("#chart-network-0 .device").contains("␛[2J⟨U+202E⟩"));
    fails(&app, &server, RemoteError::Unreachable { server: "web-1".into(), why: Message::heard(HOSTILE) }).await;
    let page = viewer.get("/servers/web-1").await.ok();
    assert!(!page.has("main img") && page.text(".verdict").contains("<img src=x"));
}
