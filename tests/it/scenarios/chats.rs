//! Chats and webhooks of somebody's own, whose receivers take no more than the real ones do.

use chrono::TimeDelta;
use hannun::models::deliveries::{Delivery, DeliveryState};
use serde_json::{Value, json};

use super::{Stage, each_five_minutes, through};
use crate::harness::scenarios::due;
use crate::outbound::receiver::{Says, answer, ok};

fn body(request: &str) -> Value {
    let (_, body) = request.split_once("\r\n\r\n").unwrap();
    serde_json::from_str(body).unwrap()
}

/// Takes what Discord takes.
fn discord(request: &str) -> Says {
    let message = body(request);
    let length = |value: &Value| value.as_str().map_or(0, |text| text.chars().count());
    let content = length(&message["content"]);
    let embeds = message["embeds"].as_array().cloned().unwrap_or_default();
    let texts: Vec<usize> = embeds.iter().map(|embed| length(&embed["description"])).collect();
    let is_empty = content == 0 && texts.iter().all(|length| *length == 0);
    let is_long = content > 2_000 || texts.iter().any(|length| *length > 4_096) || texts.iter().sum::<usize>() > 6_000;
    if is_empty || is_long || embeds.len() > 10 || message["allowed_mentions"]["parse"] != json!([]) {
        return answer(400, r#"{"message": "Invalid Form Body", "code": 50035}"#);
    }
    Says::Bytes(b"HTTP/1.1 204 No Content\r\nContent-Length: 0\r\n\r\n".to_vec())
}

/// Takes what a webhook of Teams takes, and says the rest as that does: in words.
fn teams(request: &str) -> Says {
    let (_, text) = request.split_once("\r\n\r\n").unwrap();
    let card = &body(request)["attachments"][0];
    let is_card =
        card["contentType"] == "application/vnd.microsoft.card.adaptive" && card["content"]["type"] == "AdaptiveCard";
    if text.len() > 28 << 10 {
        return ok("Webhook message delivery failed with error: Microsoft Teams endpoint returned HTTP error 413");
    }
    if is_card { ok("1") } else { answer(400, "Bad payload received by generic incoming webhook.") }
}

/// What became of a message of this kind.
async fn told(stage: &Stage, kind: &str, settings: Value) -> Delivery {
    let channel = stage.channel("ops", Box::leak(kind.to_owned().into_boxed_str()), channel_of(stage, kind)).await;
    stage.measured("cpu.total", stage.now() - TimeDelta::seconds(20), 84.5).await;
    let destinations = vec![through(kind, channel.id, settings)];
    let id = stage.add(due(each_five_minutes(), stage.now()), destinations).await;
    stage.fire().await;
    stage.execute("update scenarios set enabled = false");
    stage.work_off().await;
    let run = stage.runs(id).await.remove(0);
    stage.deliveries(run.id).await.remove(0)
}

fn channel_of(stage: &Stage, kind: &str) -> Value {
    let url = format!("{}/canary-of-the-url", stage.told.url());
    match kind {
        "webhook_template" => json!({ "url": url, "header": "Authorization", "header_value": "Bearer canary-token" }),
        _ => json!({ "url": url }),
    }
}

#[actix_web::test]
async fn discord_and_teams_take_a_short_message_and_the_longest_one() {
    let long = "{% for n in range(3000) %}가나다라 {{ server.name }}\n{% endfor %}";
    for (kind, takes) in [("discord", discord as fn(&str) -> Says), ("teams", teams)] {
        for (text, color) in [("**{{ server.name }}** CPU {{ cpu.total }} %", "none"), (long, "danger")] {
            let stage = Stage::set(takes).await;
            let delivery = told(&stage, kind, json!({ "text": text, "color": color })).await;
            assert_eq!(
                delivery.state,
                DeliveryState::Delivered,
                "{kind} {color}: {:?} {}",
                delivery.why(),
                delivery.said
            );
        }
    }
}

#[actix_web::test]
async fn what_a_chat_refuses_is_told_in_its_words_and_not_sent_again() {
    for (kind, status, said, expected) in [
        ("discord", 404, r#"{"message": "Unknown Webhook", "code": 10015}"#, "Unknown Webhook"),
        ("teams", 200, "Webhook message delivery failed with error: endpoint returned HTTP error 403", "error 403"),
    ] {
        let stage = Stage::set(move |_| answer(status, said)).await;
        let delivery = told(&stage, kind, json!({ "text": "x", "color": "none" })).await;
        assert_eq!((delivery.state, delivery.tries), (DeliveryState::Failed, 1), "{kind}");
        let why = delivery.why().unwrap().to_string();
        assert!(why.contains(expected) && !why.contains("canary"), "{why}");
    }
}

#[actix_web::test]
async fn rel_o06_a_chat_that_is_busy_in_words_is_asked_again() {
    let busy = "Webhook message delivery failed with error: Microsoft Teams endpoint returned HTTP error 429 with x";
    let stage = Stage::set(move |_| ok(busy)).await;
    let delivery = told(&stage, "teams", json!({ "text": "x", "color": "none" })).await;
    assert_eq!((delivery.state, delivery.tries), (DeliveryState::Pending, 1));
    assert!(delivery.next_try_at.unwrap() > stage.now());
}

#[actix_web::test]
async fn sec_s05_a_webhook_of_its_own_shape_carries_its_headers_and_keeps_the_secret_one() {
    let stage = Stage::set(|_| ok("")).await;
    let settings = json!({ "method": "PUT", "headers": "X-Server: {{ server.name }}",
        "body": "{\"cpu\": {{ cpu.total }}, \"all\": [{% for one in readings %}\"{{ one.server.name }}\"{% endfor %}]}" });
    let delivery = told(&stage, "webhook_template", settings).await;
    assert_eq!(delivery.state, DeliveryState::Delivered, "{:?}", delivery.why());
    let asked = stage.told.asked().remove(0);
    let head = asked.to_ascii_lowercase();
    assert!(asked.starts_with("PUT /canary-of-the-url ") && head.contains("x-server: web-1\r\n"), "{asked}");
    assert!(head.contains("authorization: bearer canary-token\r\n") && head.contains("hannun-delivery: "), "{asked}");
    assert_eq!(body(&asked), json!({ "cpu": 84.5, "all": ["web-1"] }));
    let kept = format!("{} {} {:?}", delivery.message, delivery.settings, delivery.why());
    assert!(!kept.contains("canary"), "{kept}");
}

#[actix_web::test]
async fn a_request_of_http_post_carries_headers_of_its_own() {
    let stage = Stage::set(|_| ok("")).await;
    stage.measured("cpu.total", stage.now() - TimeDelta::seconds(20), 84.5).await;
    let mut post = stage.post(super::always());
    post.settings["headers"] = json!("X-Team: ops\nX-CPU: {{ cpu.total }}");
    stage.add(due(each_five_minutes(), stage.now()), vec![post]).await;
    stage.fire().await;
    stage.work_off().await;
    let asked = stage.told.asked().remove(0).to_ascii_lowercase();
    assert!(asked.contains("x-team: ops\r\n") && asked.contains("x-cpu: 84.5\r\n"), "{asked}");
    assert!(asked.contains("content-type: application/json\r\n"), "{asked}");
}
