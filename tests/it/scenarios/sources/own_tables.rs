//! Sources that ask no server: failed logins, and checks of administrators' own.

use chrono::TimeDelta;
use hannun::checks::Runner;
use hannun::db::types::Labels;
use hannun::models::checks::CheckValues;
use serde_json::json;

use super::Scene;
use crate::harness::sshd::Setup;

#[actix_web::test]
async fn failed_logins_are_counted_within_the_window_and_old_logs_are_no_reading() {
    let test = "failed_logins_are_counted_within_the_window_and_old_logs_are_no_reading";
    let Some(sshd) = Setup::default().start(test) else { return };
    let scene = Scene::set(&sshd.endpoint(), "failed_logins", &json!({ "window_seconds": 600 })).await;
    assert_eq!(scene.fails().await, "The logs of app-1 were not read for some time");
    let server = scene.server.id.0;
    let at = |seconds: i64| (scene.stage.now() + TimeDelta::seconds(seconds)).to_rfc3339();
    let event = |at: &str, outcome: &str, address: &str, times: i32| {
        scene.stage.execute(&format!(
            "insert into login_events (server_id, at, outcome, user_name, is_unknown_user, address, host, method, fingerprint, terminal, is_over, times, told_by, is_ours)
             values ({server}, '{at}', '{outcome}', 'root', false, '{address}', '', 'password', '', '', true, {times}, 'attempt', false)"
        ));
    };
    // The next run is due within five minutes, and looks back ten.
    event(&at(-20), "failed", "203.0.113.9", 3);
    event(&at(-10), "failed", "203.0.113.8", 1);
    event(&at(-10), "accepted", "203.0.113.7", 1);
    event(&at(-3_600), "failed", "203.0.113.9", 50);
    scene.stage.execute(&format!(
        "insert into login_readings (server_id, due_at, read_at) values ({server}, '{0}', '{0}') on conflict (server_id) do update set read_at = excluded.read_at",
        at(0)
    ));
    let values = scene.values().await;
    let logins = &values["logins"];
    assert_eq!((&logins["failed"], &logins["top"]["address"]), (&json!(4), &json!("203.0.113.9")), "{values}");
    assert_eq!((&logins["top"]["failed"], logins["addresses"].as_array().unwrap().len()), (&json!(3), 2), "{values}");
    // What was not read says nothing: no number of failures is made of it.
    scene.stage.execute("update login_readings set error = 'it says no', read_at = read_at - interval '1 day'");
    assert_eq!(scene.fails().await, "The logs of app-1 were not read for some time: it says no");
}

#[actix_web::test]
async fn a_check_gives_its_last_answer_and_what_is_old_is_no_reading() {
    let Some(sshd) = Setup::default().start("a_check_gives_its_last_answer_and_what_is_old_is_no_reading") else {
        return;
    };
    let scene = Scene::set(&sshd.endpoint(), "check", &json!({ "check": "queue" })).await;
    assert_eq!(scene.fails().await, "No check queue runs on app-1");
    let app = &scene.stage.app;
    let values = CheckValues {
        answer: "number".to_owned(),
        script: "echo 42".to_owned(),
        unit: "count".to_owned(),
        unit_word: "jobs".to_owned(),
        warning: Some(10.0),
        critical: Some(100.0),
        direction: "above".to_owned(),
        interval_seconds: 600,
        timeout_seconds: 10,
        platform: json!({}),
        labels: Labels::default(),
        all_groups: true,
        enabled: true,
        note: String::new(),
    };
    let check = app.app.db.run(move |connection| values.insert(connection, "queue", &[])).await.unwrap();
    let runner = Runner::new(app.app.hosts.clone(), app.app.db.clone(), app.app.clock.clone());
    runner.plan().await.unwrap();
    assert_eq!(scene.fails().await, "The check queue has not run on app-1 for some time");
    scene.stage.advance(TimeDelta::seconds(600));
    runner.run_due().await.unwrap();
    scene.fire().await;
    scene.stage.work_off().await;
    let reading = scene.reading().await;
    assert_eq!((reading.number("check.value"), reading.text("check.state").as_deref()), (Some(42.0), Some("warning")));
    assert_eq!(reading.text("check.unit").as_deref(), Some("jobs"));
    // It failed since: there is no number, and the reason is there.
    let broken = "update checks set script = 'echo no number here'";
    scene.stage.execute(broken);
    scene.stage.advance(TimeDelta::seconds(1_200));
    runner.run_due().await.unwrap();
    scene.fire().await;
    scene.stage.work_off().await;
    let reading = scene.reading().await;
    assert_eq!((reading.number("check.value"), reading.text("check.state").as_deref()), (None, Some("failed")));
    assert!(reading.text("check.error").unwrap().contains("no number"), "{reading:?}");
    scene.stage.execute(&format!("update checks set interval_seconds = 60 where id = {}", check.id.0));
    scene.stage.advance(TimeDelta::seconds(3_600));
    assert_eq!(scene.fails().await, "The check queue has not run on app-1 for some time");
}
