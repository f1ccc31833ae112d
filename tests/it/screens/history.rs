//! CPU, Memory and Disks over a span of time.

use hannun::metrics::catalogue::Metric;

use super::{add_server, answers, fails, measured, timed_out};
use crate::harness::app::TestApp;

#[actix_web::test]
async fn the_cpu_screen_draws_the_machine_and_each_core() {
    let app = TestApp::start().await;
    let server = add_server(&app, "web-1", "web").await;
    answers(&app, &server).await;
    for (metric, device, value) in [
        (Metric::CpuUser, "", 20.0),
        (Metric::CpuTotal, "", 30.0),
        (Metric::CpuCore, "0", 40.0),
        (Metric::CpuCore, "1", 50.0),
    ] {
        measured(&app, server.id, metric, device, (3000, 0), value).await;
    }
    let page = app.viewer().await.get("/servers/web-1/cpu").await.ok();
    assert_eq!(page.heading(), "CPU web-1");
    assert_eq!(page.text("#chart-cpu .reading"), "30 %");
    assert_eq!(page.texts(".small-charts h3"), ["Core, 0", "Core, 1"]);
    assert!(!page.has("#chart-steal"), "a machine that loses nothing to a hypervisor has no chart of it");
    let table = page.table("#chart-cpu .chart-table table");
    assert_eq!(table.head, ["Time", "user", "system", "iowait"]);
    assert_eq!(table.rows[0][1..], ["20 %", "", ""], "what is not known is empty, not 0");
}

#[actix_web::test]
async fn a_zoom_is_an_address_of_its_own_and_answers_with_the_charts_alone() {
    let app = TestApp::start().await;
    let server = add_server(&app, "web-1", "web").await;
    answers(&app, &server).await;
    measured(&app, server.id, Metric::MemoryUsed, "", (3000, 0), 1e9).await;
    let viewer = app.viewer().await;
    let zoom = "/servers/web-1/memory?from=2026-06-15T11:20:00Z&to=2026-06-15T11:30:00Z";
    let ask = viewer.ask(actix_web::http::Method::GET, zoom).header("HX-Request", "true").header("HX-Target", "charts");
    let charts = ask.send().await.ok();
    assert!(charts.has("#chart-memory .s1") && !charts.has("header.topbar"));
    assert_eq!(charts.attribute(".zoomed a", "href").as_deref(), Some("/servers/web-1/memory"));
    let page = viewer.get(zoom).await.ok();
    assert!(page.has(".zoomed") && page.has("header.topbar"));
    assert_eq!(page.texts("#chart-memory .x span")[0], "11:20");
}

#[actix_web::test]
async fn a_span_without_numbers_in_its_middle_shows_a_gap_and_no_bridge() {
    let app = TestApp::start().await;
    let server = add_server(&app, "web-1", "web").await;
    answers(&app, &server).await;
    measured(&app, server.id, Metric::MemoryPercent, "", (3000, 2000), 60.0).await;
    measured(&app, server.id, Metric::MemoryPercent, "", (1000, 0), 70.0).await;
    let page = app.viewer().await.get("/servers/web-1/memory?range=1h").await.ok();
    assert_eq!(page.texts("#chart-memory-percent .plot .gap").len(), 1);
    let path = page.attribute("#chart-memory-percent .s1", "d").unwrap();
    assert_eq!(path.matches('M').count(), 2, "{path}");
}

#[actix_web::test]
async fn the_screens_of_a_server_that_does_not_answer_say_so_and_keep_its_numbers() {
    let app = TestApp::start().await;
    let server = add_server(&app, "web-1", "web").await;
    measured(&app, server.id, Metric::FilesystemPercent, "/var", (3000, 600), 60.0).await;
    fails(&app, &server, timed_out(&server)).await;
    let page = app.viewer().await.get("/servers/web-1/disks").await.ok();
    assert_eq!(page.text(".notice b"), "web-1 does not answer.");
    assert!(page.has("chart-board.stale") && page.has("#chart-filesystem-0"));
    assert!(!page.has("#filesystems"), "nobody asks a server that does not answer");
}
