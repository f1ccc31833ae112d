//! Letters of scenarios: they arrive with the key of their delivery, are tried again where that may help, and tell no secret.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use chrono::TimeDelta;
use diesel::prelude::*;
use hannun::config::OutboundConfig;
use hannun::models::actor::Role;
use hannun::models::channels::Channel;
use hannun::models::deliveries::{Delivery, DeliveryState};
use hannun::models::ids::ScenarioId;
use rcgen::KeyPair;
use serde_json::{Value, json};
use tempfile::TempDir;

use super::{Stage, each_five_minutes, through};
use crate::api::program::program;
use crate::harness::scenarios::due;
use crate::harness::smtp::{Begins, Post};
use crate::outbound::receiver::ok;
use crate::outbound::tls::{acceptor, authority, params};
use crate::outbound::{self, Liar, addresses, entries};

/// A stage with a server of mail whose certificate is believed.
async fn stage(answers: impl Fn(&str) -> Option<String> + Send + Sync + 'static) -> (Stage, Post, TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let (authority, key) = (authority(), KeyPair::generate().unwrap());
    let file = folder.path().join("ca.pem");
    std::fs::write(&file, authority.pem()).unwrap();
    let certificate = params("127.0.0.1").signed_by(&key, &authority).unwrap();
    let post = Post::open(Begins::Tls(acceptor(certificate.der().clone(), &key)), answers).await;
    let listed = post.entry();
    let stage = Stage::with(
        |_| ok(""),
        move |config| {
            config.outbound.allowed.extend(entries(&[listed]));
            config.outbound.ca_file = Some(file);
        },
    )
    .await;
    (stage, post, folder)
}

/// What a channel knows of a server of mail that is spoken to without TLS.
fn open(host: &str, port: u16) -> Value {
    json!({ "host": host, "port": port, "tls": "none", "from": "hannun@example.org" })
}

async fn channel(stage: &Stage, post: &Post) -> Channel {
    let settings = json!({ "host": "127.0.0.1", "port": post.port, "tls": "implicit", "user": "hannun",
        "password": "canary-password", "from": "hannun <hannun@example.org>" });
    stage.channel("mail", "email", settings).await
}

fn letter() -> Value {
    json!({ "to": "Ops <ops@example.org>", "subject": "{{ server.name }}: CPU {{ cpu.total }} %",
        "text": "{{ server.name }} is busy\n." })
}

/// A scenario whose one run has told once what was measured.
async fn told_once(stage: &Stage, channel: &Channel) -> ScenarioId {
    told_once_by(stage, channel, letter()).await
}

/// The same by this letter.
async fn told_once_by(stage: &Stage, channel: &Channel, letter: Value) -> ScenarioId {
    stage.measured("cpu.total", stage.now() - TimeDelta::seconds(20), 84.5).await;
    let destinations = vec![through("email", channel.id, letter)];
    let id = stage.add(due(each_five_minutes(), stage.now()), destinations).await;
    stage.fire().await;
    stage.execute("update scenarios set enabled = false");
    stage.work_off().await;
    id
}

async fn one(stage: &Stage, id: ScenarioId) -> Delivery {
    let run = stage.runs(id).await.remove(0);
    stage.deliveries(run.id).await.remove(0)
}

#[actix_web::test]
async fn sec_o05_s05_a_letter_arrives_with_the_key_of_its_delivery_and_its_password_is_sealed() {
    let (stage, post, _folder) = stage(|_| None).await;
    let channel = channel(&stage, &post).await;
    let id = told_once(&stage, &channel).await;
    let delivery = one(&stage, id).await;
    assert_eq!((delivery.state, delivery.status), (DeliveryState::Delivered, Some(250)), "{:?}", delivery.why());
    let letter = post.letters().remove(0);
    assert_eq!(
        (letter.to.as_slice(), letter.by.as_deref()),
        (&["ops@example.org".to_owned()][..], Some("hannun:canary-password"))
    );
    for line in ["Subject: web-1: CPU 84.5 %".to_owned(), format!("Message-ID: <{}@example.org>", delivery.key)] {
        assert!(letter.text.contains(&line), "{line}: {}", letter.text);
    }
    assert!(letter.text.contains("web-1 is busy\n."), "{}", letter.text);
    let kept: Vec<u8> = hannun::db::schema::channels::table
        .select(hannun::db::schema::channels::secrets)
        .first(&mut stage.app.database.owner())
        .unwrap();
    assert!(!String::from_utf8_lossy(&kept).contains("canary"));
    let administrator = program(&stage.app, Role::Administrator).await;
    let shown = administrator.get("/api/v1/channels/mail").await.status(200);
    assert_eq!((&shown["secrets"], shown["settings"]["user"].as_str()), (&json!(["password"]), Some("hannun")));
    assert!(!shown.to_string().contains("canary") && !delivery.message.to_string().contains("canary"));
}

#[actix_web::test]
async fn rel_o06_a_server_of_mail_that_is_full_is_asked_again_with_the_same_letter() {
    static ASKED: AtomicUsize = AtomicUsize::new(0);
    let (stage, post, _folder) = stage(|line| {
        (line == "LETTER" && ASKED.fetch_add(1, Ordering::SeqCst) == 0).then(|| "452 4.3.1 full".to_owned())
    })
    .await;
    let channel = channel(&stage, &post).await;
    let id = told_once(&stage, &channel).await;
    let waits = one(&stage, id).await;
    assert_eq!((waits.state, waits.status), (DeliveryState::Pending, Some(452)));
    assert!(waits.why().unwrap().to_string().contains("4.3.1 full"));
    stage.advance(waits.next_try_at.unwrap() - stage.now());
    stage.fire().await;
    stage.work_off().await;
    let arrived = one(&stage, id).await;
    assert_eq!((arrived.state, arrived.tries), (DeliveryState::Delivered, 2));
    assert!(post.letters()[0].text.contains(&format!("<{}@", arrived.key)));
}

#[actix_web::test]
async fn rel_o06_a_letter_that_is_refused_is_not_sent_again() {
    let (stage, post, _folder) =
        stage(|line| line.starts_with("RCPT").then(|| "550 5.1.1 nobody of that name".to_owned())).await;
    let channel = channel(&stage, &post).await;
    let id = told_once(&stage, &channel).await;
    let refused = one(&stage, id).await;
    assert_eq!((refused.state, refused.tries, refused.status), (DeliveryState::Failed, 1, Some(550)));
    assert!(post.letters().is_empty());
}

#[actix_web::test]
async fn sec_o04_a_server_of_mail_that_takes_its_time_for_each_line_is_left_when_the_time_of_all_is_over() {
    // Each answer comes soon enough; those to all lines of this letter would take four times as long as there is time.
    let slowly =
        |line: &str| (!["GREETING", "DATA", "LETTER"].contains(&line)).then(|| "250 one moment please".to_owned());
    let post = Post::thinking(Begins::Plain, Duration::from_millis(10), slowly).await;
    let listed = post.entry();
    let stage = Stage::with(
        |_| ok(""),
        move |config| {
            config.outbound.allowed.extend(entries(&[listed]));
            config.outbound.mail_timeout = Duration::from_millis(1_500);
        },
    )
    .await;
    let channel = stage.channel("mail", "email", open("127.0.0.1", post.port)).await;
    let everybody: Vec<String> = (1..=20).map(|n| format!("ops-{n}@example.org")).collect();
    let mut to_everybody = letter();
    to_everybody["to"] = everybody.join(", ").into();
    let id = told_once_by(&stage, &channel, to_everybody).await;
    let left = one(&stage, id).await;
    assert_eq!((left.state, left.tries, left.status), (DeliveryState::Pending, 1, None), "{:?}", left.why());
    assert_eq!(left.why().unwrap().to_string(), "127.0.0.1 did not answer in time");
    assert!(post.said().iter().any(|line| line.starts_with("MAIL")), "it went on after the first answer");
    assert!(post.letters().is_empty());
}

#[actix_web::test]
async fn sec_o02_without_tls_nobody_outside_is_connected_to_who_is_not_listed() {
    let mut stage = Stage::set(|_| ok("")).await;
    let liar = Arc::new(Liar::default().with("mail.example", &[addresses(&["8.8.8.8"])]));
    // No connection can be made in no time: whoever tries to comes too late to say why not.
    let config = OutboundConfig { connect_timeout: Duration::ZERO, ..OutboundConfig::default() };
    stage.scenarios.outbound = outbound::with(config, &liar);
    let channel = stage.channel("mail", "email", open("mail.example", 25)).await;
    let id = told_once(&stage, &channel).await;
    let refused = one(&stage, id).await;
    assert_eq!((refused.state, refused.tries), (DeliveryState::Failed, 1), "{:?}", refused.why());
    assert_eq!(
        refused.why().unwrap().to_string(),
        "mail.example was given nothing: without TLS only addresses in HANNUN_OUTBOUND_ALLOW are written to"
    );
    assert_eq!(liar.asked(), ["mail.example"]);
}

#[actix_web::test]
async fn sec_o02_without_tls_a_listed_address_opens_no_other_one_of_its_name() {
    let post = Post::open(Begins::Plain, |_| None).await;
    let mut stage = Stage::set(|_| ok("")).await;
    let liar = Arc::new(Liar::default().with("mail.example", &[addresses(&["127.0.0.1", "8.8.8.8"])]));
    stage.scenarios.outbound = outbound::outbound(&[post.entry()], &liar);
    let channel = stage.channel("mail", "email", open("mail.example", post.port)).await;
    let id = told_once(&stage, &channel).await;
    let refused = one(&stage, id).await;
    assert_eq!((refused.state, refused.tries), (DeliveryState::Failed, 1), "{:?}", refused.why());
    assert!(refused.why().unwrap().to_string().contains("without TLS"), "{:?}", refused.why());
    assert_eq!(post.connections(), 0);
}

#[actix_web::test]
async fn a_test_of_a_channel_of_mail_goes_to_its_own_address() {
    let (stage, post, _folder) = stage(|_| None).await;
    channel(&stage, &post).await;
    let administrator = program(&stage.app, Role::Administrator).await;
    let tried = administrator.post("/api/v1/channels/mail/tests", json!({})).await.status(200);
    assert_eq!((&tried["arrived"], &tried["status"]), (&json!(true), &json!(250)), "{tried}");
    let letter = post.letters().remove(0);
    assert_eq!(
        (letter.to.as_slice(), letter.text.contains("This is a test")),
        (&["hannun@example.org".to_owned()][..], true)
    );
}
