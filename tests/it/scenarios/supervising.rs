//! What supervisors are told: whether what is due is begun, and how much waits.

use chrono::TimeDelta;
use hannun::models::actor::Role;
use serde_json::{Value, json};

use super::{Stage, always};
use crate::api::program::program;
use crate::harness::scenarios::due;
use crate::outbound::receiver::{answer, ok};

/// Each hour from a moment on, so that no other slot comes while a test waits for minutes.
fn hourly(stage: &Stage) -> Value {
    let when = json!({ "kind": "interval", "every_seconds": 3_600, "starts_at": stage.now() });
    json!({ "when": when, "time_zone": "UTC" })
}

/// Status, scheduler and workers.
async fn ready(stage: &Stage) -> (u16, String, String) {
    let reply = stage.app.browser().get("/readyz").await;
    let said: Value = serde_json::from_str(&reply.body).unwrap();
    let word = |name: &str| said[name].as_str().unwrap().to_owned();
    assert_eq!(said["ready"], json!(reply.status == 200));
    (reply.status.as_u16(), word("scheduler"), word("workers"))
}

fn is(status: u16, scheduler: &str, workers: &str) -> (u16, String, String) {
    (status, scheduler.to_owned(), workers.to_owned())
}

#[actix_web::test]
async fn rel_r11_what_is_due_and_not_begun_makes_the_console_not_ready_until_it_is() {
    let stage = Stage::set(|_| ok("")).await;
    stage.add(due(hourly(&stage), stage.now()), Vec::new()).await;
    stage.advance(TimeDelta::seconds(59));
    assert_eq!(ready(&stage).await, is(200, "ok", "ok"));
    stage.advance(TimeDelta::seconds(1));
    assert_eq!(ready(&stage).await, is(503, "late", "ok"), "nobody fires");
    assert_eq!(stage.fire().await, 1);
    assert_eq!(ready(&stage).await, is(200, "ok", "ok"));
    stage.advance(TimeDelta::minutes(3));
    assert_eq!(ready(&stage).await, is(503, "ok", "late"), "no worker takes it");
    stage.work_off().await;
    assert_eq!(ready(&stage).await, is(200, "ok", "ok"));
}

#[actix_web::test]
async fn rel_r11_what_somebody_paused_is_not_late() {
    let stage = Stage::set(|_| ok("")).await;
    stage.add(due(hourly(&stage), stage.now()), Vec::new()).await;
    let pause = stage.pause("a look at the receivers").await.unwrap();
    stage.advance(TimeDelta::minutes(10));
    assert_eq!(ready(&stage).await, is(200, "ok", "ok"));
    stage.start_again(pause.id).await.unwrap();
    assert_eq!(ready(&stage).await.0, 503, "until the next look at what is due");
    stage.fire().await;
    assert_eq!(ready(&stage).await, is(200, "ok", "ok"));
}

#[actix_web::test]
async fn rel_r11_the_figures_tell_how_much_waits_and_for_how_long() {
    let stage = Stage::set(|_| answer(500, "")).await;
    let viewer = program(&stage.app, Role::Viewer).await;
    let figures = async || viewer.get("/metrics").await.reply.body;
    let has = |figures: &str, line: &str| assert!(figures.contains(&format!("{line}\n")), "{line}: {figures}");
    stage.measured("cpu.total", stage.now() - TimeDelta::seconds(20), 12.5).await;
    stage.add(due(hourly(&stage), stage.now()), vec![stage.post(always())]).await;
    stage.advance(TimeDelta::seconds(40));
    let due = figures().await;
    has(&due, "hannun_scheduler_lag_seconds 40");
    has(&due, "hannun_scheduler_paused 0");
    has(&due, "hannun_runs_open{state=\"queued\"} 0");
    stage.fire().await;
    stage.advance(TimeDelta::seconds(7));
    let queued = figures().await;
    has(&queued, "hannun_scheduler_lag_seconds 0");
    has(&queued, "hannun_run_queue_age_seconds 7");
    has(&queued, "hannun_runs_open{state=\"queued\"} 1");
    stage.work_off().await;
    let waits = figures().await;
    has(&waits, "hannun_run_queue_age_seconds 0");
    has(&waits, "hannun_runs_open{state=\"delivering\"} 1");
    has(&waits, "hannun_oldest_open_run_seconds 7");
    has(&waits, "hannun_deliveries_open{state=\"pending\"} 1");
    has(&waits, "hannun_delivery_lag_seconds 0");
    stage.advance(TimeDelta::hours(1));
    let lag = figures().await;
    let lag = lag.lines().find_map(|line| line.strip_prefix("hannun_delivery_lag_seconds ")).unwrap().to_owned();
    assert!(lag.parse::<f64>().unwrap() > 0.0, "{lag}: its next try is due");
    stage.pause("enough of it").await.unwrap();
    has(&figures().await, "hannun_scheduler_paused 1");
}
