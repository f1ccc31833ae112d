//! *Send a test*: one message through a channel, for an administrator who wants to know whether it works.

use chrono::{DateTime, TimeDelta, Utc};
use diesel::prelude::*;
use hannun::db::schema::channels;
use hannun::models::actor::Role;
use serde_json::json;

use super::Stage;
use crate::api::program::program;
use crate::outbound::receiver::{Receiver, answer, ok};

#[actix_web::test]
async fn a_test_of_a_channel_arrives_and_stands_in_the_audit_log() {
    let stage = Stage::set(|_| ok("ok")).await;
    let url = format!("{}/services/T/B/canary-of-the-url", stage.told.url());
    let channel = stage.channel("ops", "slack", json!({ "url": url })).await;
    let administrator = stage.app.administrator().await;
    let page = administrator.get(&format!("/admin/channels/{}", channel.id)).await.ok();
    assert!(page.has("form[action$='/tests']") && !page.text("main").contains("canary-of-the-url"));
    let page = administrator.post(&format!("/admin/channels/{}/tests", channel.id), []).await.ok();
    assert!(page.text("#channel-tried").contains("It was taken"), "{}", page.text("#channel-tried"));
    let asked = stage.told.asked();
    assert!(asked.len() == 1 && asked[0].contains("This is a test from hannun, sent by administrator"), "{asked:?}");
    let event = stage.app.audit().await.remove(0);
    assert_eq!(
        (event.action.as_str(), event.target.as_str(), event.outcome.name()),
        ("test_channel", "ops", "succeeded")
    );
}

#[actix_web::test]
async fn a_test_that_is_refused_says_what_was_answered_and_no_secret() {
    let stage = Stage::set(|_| answer(404, "no_service")).await;
    let url = format!("{}/services/T/B/canary-of-the-url", stage.told.url());
    stage.channel("ops", "slack", json!({ "url": url })).await;
    let administrator = program(&stage.app, Role::Administrator).await;
    let tried = administrator.post("/api/v1/channels/ops/tests", json!({})).await.status(200);
    assert_eq!((&tried["arrived"], &tried["status"]), (&json!(false), &json!(404)));
    assert!(tried["why"].as_str().unwrap().contains("no_service") && !tried.to_string().contains("canary"), "{tried}");
    assert_eq!(stage.app.audit().await[0].outcome.name(), "failed");
    administrator.post("/api/v1/channels/nothing/tests", json!({})).await.status(404);
}

#[actix_web::test]
async fn sec_o01_a_test_reaches_nobody_inside() {
    let stage = Stage::set(|_| ok("ok")).await;
    let canary = Receiver::canary("127.0.0.1", 0).await;
    stage.channel("ops", "slack", json!({ "url": canary.url() })).await;
    let administrator = program(&stage.app, Role::Administrator).await;
    let tried = administrator.post("/api/v1/channels/ops/tests", json!({})).await.status(200);
    assert!(tried["why"].as_str().unwrap().contains("HANNUN_OUTBOUND_ALLOW"), "{tried}");
    assert_eq!(canary.connections(), 0);
}

#[actix_web::test]
async fn rel_o06_a_test_waits_for_its_turn_as_every_message_does() {
    let stage = Stage::set(|_| ok("ok")).await;
    stage.channel("ops", "slack", json!({ "url": stage.told.url() })).await;
    let administrator = program(&stage.app, Role::Administrator).await;
    let send = async || administrator.post("/api/v1/channels/ops/tests", json!({})).await.status(200);
    assert_eq!(send().await["arrived"], true);
    let free: Option<DateTime<Utc>> =
        channels::table.select(channels::free_at).first(&mut stage.app.database.owner()).unwrap();
    assert_eq!(free, Some(stage.now() + TimeDelta::seconds(1)), "whoever comes next comes a second later");
    stage.execute(&format!("update channels set free_at = '{}'", stage.now() + TimeDelta::minutes(1)));
    assert!(send().await["why"].as_str().unwrap().contains("Other messages wait for their turn"));
    assert_eq!(stage.told.asked().len(), 1);
}
