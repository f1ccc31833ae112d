//! What people and programs see of checks.

use actix_web::http::header::ACCEPT_LANGUAGE;
use chrono::TimeDelta;
use hannun::models::actor::Role;
use hannun::models::checks::CheckValues;

use super::{Scene, add, queue};
use crate::api::program::program;
use crate::harness::fake_host::Act;

#[actix_web::test]
async fn a_value_that_is_too_high_shows_on_the_server_and_in_the_fleet() {
    let scene = Scene::new(Act::answer("12", "", 0)).await;
    add(&scene.app, "queue", queue(), &[]).await;
    scene.minute().await;
    scene.app.advance(TimeDelta::seconds(10));
    let viewer = scene.app.viewer().await;

    let page = viewer.get("/servers/web-1/checks").await.ok();
    let row = page.table("table.checks").rows.remove(0);
    assert_eq!(row[..4], ["Warning", "queue", "12 jobs", "warning from 10 jobs, critical from 100 jobs"]);
    assert!(page.has("#charts figure") && page.text("#charts").contains("12 jobs"), "its number is drawn");
    assert_eq!(page.text("details .evidence span"), "MINE queue");

    let page = viewer.get("/servers/web-1").await.ok();
    page.table("table.checks").has_row([
        "Warning",
        "queue",
        "12 jobs",
        "warning from 10 jobs, critical from 100 jobs",
        &row[4],
        &row[5],
    ]);
    assert!(page.text("main").contains("queue 12 jobs"), "why it needs attention");
    assert!(page.has(".why-line a[href='/servers/web-1/checks']"), "where to look");
    assert!(page.text("#check-charts figure").contains("12 jobs"), "its number is drawn");

    let fleet = viewer.get("/").await.ok();
    assert!(fleet.text("main").contains("queue 12 jobs"), "{}", fleet.text("main"));
    assert!(fleet.has("main [data-state=warn]"));

    scene.app.advance(TimeDelta::seconds(60 * 3 + 61));
    let fleet = viewer.get("/").await.ok();
    assert!(!fleet.text("main").contains("queue 12 jobs"), "what was found long ago says nothing about now");
    let page = viewer.get("/servers/web-1/checks").await.ok();
    assert!(page.has("table.checks tr.stale"));
}

#[actix_web::test]
async fn a_failure_shows_why_and_hostile_words_stay_words() {
    let scene = Scene::new(Act::answer("", "<img src=x onerror=alert(1)>\u{1b}[2J\n", 3)).await;
    add(&scene.app, "queue", queue(), &[]).await;
    scene.minute().await;
    let page = scene.app.viewer().await.get("/servers/web-1/checks").await.ok();
    assert!(page.text("details .fail pre").contains("<img src=x onerror=alert(1)>␛[2J"));
    assert!(!page.has("details img"));
    let fleet = scene.app.viewer().await.get("/").await.ok();
    assert!(fleet.text("main").contains("queue could not be read"));
}

#[actix_web::test]
async fn a_server_without_checks_says_what_they_are() {
    let scene = Scene::new(Act::answer("12", "", 0)).await;
    let page = scene.app.viewer().await.get("/servers/web-1/checks").await.ok();
    assert_eq!(page.text(".empty h2"), "No check is for this server");
    assert!(!page.has("main a[href='/admin/checks/new']"));
    let page = scene.app.administrator().await.get("/servers/web-1/checks").await.ok();
    assert!(page.has("main a[href='/admin/checks/new']"));
    let korean = scene.app.viewer().await;
    let page = korean.ask(actix_web::http::Method::GET, "/servers/web-1/checks").header(ACCEPT_LANGUAGE.as_str(), "ko");
    assert!(!page.send().await.ok().text("main").contains("No check"));
}

#[actix_web::test]
async fn programs_read_results_and_numbers() {
    let scene = Scene::new(Act::answer("1536", "", 0)).await;
    add(&scene.app, "queue", CheckValues { unit: "bytes".into(), unit_word: String::new(), ..queue() }, &[]).await;
    scene.minute().await;
    scene.app.advance(TimeDelta::seconds(10));
    let viewer = program(&scene.app, Role::Viewer).await;
    let found = viewer.get("/api/v1/servers/web-1/checks").await.status(200);
    let item = &found["items"][0];
    assert_eq!((&item["check"], &item["state"]), (&"queue".into(), &"critical".into()));
    assert_eq!((item["value"].as_f64(), &item["unit"]), (Some(1536.0), &"bytes".into()));
    let lines = viewer.get("/api/v1/servers/web-1/metrics?names=check.queue").await.status(200);
    assert_eq!((&lines[0]["name"], &lines[0]["device"]), (&"check.queue".into(), &"".into()));
    assert_eq!((&lines[0]["unit"], lines[0]["points"][0][2].as_f64()), (&"bytes".into(), Some(1536.0)));
    let all = viewer.get("/api/v1/servers/web-1/metrics").await.status(200);
    assert!(all.as_array().unwrap().iter().any(|line| line["name"] == "check.queue"), "{all}");
    let figures = viewer.get("/metrics?servers=1").await.reply.body;
    assert!(figures.contains("hannun_check_value{server=\"web-1\",check=\"queue\"} 1536"), "{figures}");
    assert!(figures.contains("hannun_check_well{server=\"web-1\",check=\"queue\"} 0"));
    let refused = viewer.get("/api/v1/servers/web-1/metrics?names=check").await;
    assert_eq!(refused.refused_fields(), ["names"]);
    let none = viewer.get("/api/v1/servers/web-1/metrics?names=check.nothing").await.status(200);
    assert_eq!(none, serde_json::json!([]));
}
