//! One delivery: tried again where that may help, marked where it may have arrived, and never more often than a receiver takes.

use std::sync::atomic::{AtomicUsize, Ordering};

use chrono::TimeDelta;
use diesel::prelude::*;
use hannun::models::deliveries::{Delivery, DeliveryState};
use hannun::models::runs::RunState;
use hannun::models::scenarios::NewDestination;
use serde_json::json;

use super::{Stage, always, each_five_minutes, through};
use crate::harness::scenarios::due;
use crate::outbound::receiver::{Says, ok};

fn answer(status: u16, more: &str, body: &str) -> Says {
    let length = body.len();
    Says::Bytes(format!("HTTP/1.1 {status} Word\r\n{more}Content-Length: {length}\r\n\r\n{body}").into_bytes())
}

async fn one(stage: &Stage) -> Delivery {
    let id = stage.app.app.db.run(hannun::models::scenarios::Scenario::all).await.unwrap()[0].id;
    let run = stage.runs(id).await.remove(0);
    stage.deliveries(run.id).await.remove(0)
}

/// A scenario whose one run has told once what was measured.
async fn told_once(stage: &Stage) {
    stage.measured("cpu.total", stage.now() - TimeDelta::seconds(20), 10.0).await;
    stage.add(due(each_five_minutes(), stage.now()), vec![stage.post(always())]).await;
    stage.fire().await;
    stage.execute("update scenarios set enabled = false");
    stage.work_off().await;
}

#[actix_web::test]
async fn rel_o06_j11_a_receiver_that_fails_is_asked_five_times_at_growing_distance_with_one_key() {
    let stage = Stage::set(|_| answer(503, "", "busy")).await;
    told_once(&stage).await;
    let mut pauses = Vec::new();
    for _ in 0..20 {
        let delivery = one(&stage).await;
        let Some(next) = delivery.next_try_at else { break };
        pauses.push((next - stage.now()).num_seconds());
        stage.advance(next - stage.now());
        stage.fire().await;
        stage.work_off().await;
    }
    let delivery = one(&stage).await;
    assert_eq!((delivery.state, delivery.tries, delivery.status), (DeliveryState::Failed, 5, Some(503)));
    assert_eq!((delivery.said.as_str(), delivery.why().unwrap().to_string().as_str()), ("busy", "It answered 503"));
    assert!(pauses.iter().zip([15, 60, 240, 960]).all(|(pause, most)| (1..=most).contains(pause)), "{pauses:?}");
    let asked = stage.told.asked();
    let keys: Vec<&str> =
        asked.iter().filter_map(|asked| asked.lines().find(|line| line.starts_with("hannun-delivery"))).collect();
    assert_eq!(keys.len(), 5, "{asked:?}");
    assert!(keys.iter().all(|key| *key == keys[0] && key.len() > 25), "{keys:?}");
    assert_eq!(
        stage.runs(stage.app.app.db.run(hannun::models::scenarios::Scenario::all).await.unwrap()[0].id).await[0].state,
        RunState::Failed
    );
}

#[actix_web::test]
async fn rel_o06_a_receiver_that_comes_back_hears_of_it_and_one_that_refuses_is_not_asked_again() {
    static ASKED: AtomicUsize = AtomicUsize::new(0);
    let stage = Stage::set(|_| {
        if ASKED.fetch_add(1, Ordering::SeqCst) == 0 { answer(429, "Retry-After: 120\r\n", "") } else { ok("") }
    })
    .await;
    told_once(&stage).await;
    let waits = one(&stage).await;
    assert_eq!(waits.next_try_at, Some(stage.now() + TimeDelta::seconds(120)), "as it asked for");
    stage.advance(TimeDelta::seconds(119));
    assert_eq!(stage.fire().await, 0);
    stage.advance(TimeDelta::seconds(1));
    stage.fire().await;
    stage.work_off().await;
    assert_eq!(one(&stage).await.state, DeliveryState::Delivered);

    let refuses = Stage::set(|_| answer(410, "", "gone")).await;
    told_once(&refuses).await;
    let delivery = one(&refuses).await;
    assert_eq!((delivery.state, delivery.tries), (DeliveryState::Failed, 1));
}

#[actix_web::test]
async fn rel_j04_what_may_have_arrived_is_marked_with_the_same_key_or_not_sent_again_where_that_was_chosen() {
    let stage = Stage::set(|_| answer(503, "", "")).await;
    told_once(&stage).await;
    for at_most_once in [false, true] {
        stage.advance(TimeDelta::minutes(2));
        // As if its process had ended between sending and writing.
        stage.execute(&format!(
            "update deliveries set state = 'sending', next_try_at = null, lease_until = now() - interval '10 years', at_most_once = {at_most_once}"
        ));
        stage.fire().await;
        let delivery = one(&stage).await;
        let expected = if at_most_once { DeliveryState::Unknown } else { DeliveryState::Pending };
        assert_eq!((delivery.state, delivery.may_repeat), (expected, true));
    }
    assert!(one(&stage).await.why().unwrap().to_string().contains("it was not to arrive twice"));
}

#[actix_web::test]
async fn rel_j04_what_got_no_answer_is_not_sent_again_where_it_is_to_arrive_once_at_most() {
    for (at_most_once, expected) in [(false, DeliveryState::Pending), (true, DeliveryState::Unknown)] {
        let stage = Stage::set(|_| Says::Bytes(b"what?\r\n\r\n".to_vec())).await;
        stage.measured("cpu.total", stage.now() - TimeDelta::seconds(20), 84.5).await;
        let destination = NewDestination { at_most_once, ..stage.post(always()) };
        stage.add(due(each_five_minutes(), stage.now()), vec![destination]).await;
        stage.fire().await;
        stage.work_off().await;
        let delivery = one(&stage).await;
        assert_eq!((delivery.state, delivery.tries), (expected, 1), "{:?}", delivery.why());
        let is_left = delivery.why().unwrap().to_string().contains("not to arrive twice");
        assert_eq!(is_left, at_most_once, "{:?}", delivery.why());
    }
}

#[actix_web::test]
async fn rel_j05_a_run_ends_although_whoever_sent_its_last_message_died_before_it_said_so() {
    let stage = Stage::set(|_| ok("")).await;
    told_once(&stage).await;
    let id = stage.app.app.db.run(hannun::models::scenarios::Scenario::all).await.unwrap()[0].id;
    stage.execute("update runs set state = 'delivering', ended_at = null");
    stage.fire().await;
    assert_eq!((stage.runs(id).await[0].state, stage.told.asked().len()), (RunState::Succeeded, 1));
}

#[actix_web::test]
async fn rel_j07_what_was_on_its_way_when_a_run_was_stopped_is_not_sent_once_more() {
    let stage = Stage::set(|_| answer(503, "", "")).await;
    told_once(&stage).await;
    let run = one(&stage).await.run_id;
    // As if it was being sent at that moment.
    stage.execute(&format!(
        "update deliveries set state = 'sending', lease_until = '{}', next_try_at = null",
        stage.now() + TimeDelta::seconds(60)
    ));
    stage.stop(run).await;
    let delivery = one(&stage).await;
    assert_eq!(delivery.state, DeliveryState::Unknown);
    assert!(delivery.why().unwrap().to_string().contains("nobody knows whether it arrived"));
    stage.advance(TimeDelta::minutes(5));
    stage.fire().await;
    stage.work_off().await;
    assert_eq!((stage.told.asked().len(), one(&stage).await.state), (1, DeliveryState::Unknown));
}

#[actix_web::test]
async fn sec_o01_nobody_inside_is_told_unless_an_administrator_listed_them() {
    let stage = Stage::set(|_| ok("")).await;
    let canary = crate::outbound::receiver::Receiver::canary("127.0.0.1", 0).await;
    stage.measured("cpu.total", stage.now() - TimeDelta::seconds(20), 10.0).await;
    let mut inside = stage.post(always());
    inside.settings["url"] = json!(canary.url());
    stage.add(due(each_five_minutes(), stage.now()), vec![inside]).await;
    stage.fire().await;
    stage.work_off().await;
    let delivery = one(&stage).await;
    assert_eq!((delivery.state, delivery.tries, canary.connections()), (DeliveryState::Failed, 1, 0));
    assert!(delivery.why().unwrap().to_string().contains("HANNUN_OUTBOUND_ALLOW"));
}

#[actix_web::test]
async fn sec_o05_a_signed_webhook_proves_who_sends_it_and_its_secret_is_sealed() {
    let stage = Stage::set(|_| ok("")).await;
    let secrets = json!({ "url": format!("{}/hook", stage.told.url()), "secret": "s3cret-of-the-receiver" });
    let channel = stage.channel("receiver", "webhook", secrets).await;
    stage.measured("cpu.total", stage.now() - TimeDelta::seconds(20), 10.0).await;
    stage.add(due(each_five_minutes(), stage.now()), vec![through("webhook", channel.id, json!({}))]).await;
    stage.fire().await;
    stage.work_off().await;
    assert_eq!(one(&stage).await.state, DeliveryState::Delivered);
    let asked = stage.told.asked().remove(0);
    let signature = asked.lines().find(|line| line.starts_with("hannun-signature")).unwrap();
    assert!(signature.contains(&format!("t={},v1=", stage.now().timestamp())), "{signature}");
    assert!(!asked.contains("s3cret-of-the-receiver"));
    let kept: Vec<u8> = hannun::db::schema::channels::table
        .select(hannun::db::schema::channels::secrets)
        .first(&mut stage.app.database.owner())
        .unwrap();
    assert!(!String::from_utf8_lossy(&kept).contains("receiver") && kept.len() > 40);
}

#[actix_web::test]
async fn rel_o06_one_channel_of_slack_is_written_to_once_a_second_and_the_rest_waits_its_turn() {
    let stage = Stage::set(|_| ok("ok")).await;
    let channel = stage.channel("ops", "slack", json!({ "url": format!("{}/services/T/B/x", stage.told.url()) })).await;
    stage.measured("cpu.total", stage.now() - TimeDelta::seconds(20), 10.0).await;
    let message =
        || through("slack", channel.id, json!({ "text": "{{ server.name }} {{ cpu.total }}", "color": "none" }));
    let id = stage.add(due(each_five_minutes(), stage.now()), (0..9).map(|_| message()).collect()).await;
    stage.fire().await;
    stage.execute("update scenarios set enabled = false");
    stage.work_off().await;
    let sent = stage.told.asked().len();
    assert!((1..=5).contains(&sent), "{sent}");
    let run = stage.runs(id).await.remove(0);
    assert_eq!(run.state, RunState::Delivering);
    let waiting = stage.deliveries(run.id).await;
    assert!(
        waiting.iter().filter(|one| one.state == DeliveryState::Pending).all(|one| one.tries == 0),
        "waiting is no try"
    );
    for _ in 0..40 {
        stage.advance(TimeDelta::seconds(5));
        stage.fire().await;
        stage.work_off().await;
    }
    assert_eq!((stage.told.asked().len(), stage.runs(id).await[0].state), (9, RunState::Succeeded));
}
