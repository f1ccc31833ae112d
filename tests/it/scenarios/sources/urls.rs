//! What a server sees of others: certificates and URLs.

use std::time::{Duration, Instant};

use hannun::scenarios::sources::PATIENCE;
use serde_json::{Value, json};

use super::Scene;
use crate::harness::hosts::{Kind, TestHost};
use crate::harness::sshd::Setup;
use crate::outbound::receiver::{Receiver, Says, answer, ok, redirect};

/// Leaves a program running on a host.
fn leave(system: &TestHost, program: &str) {
    system.run(&format!("setsid sh -c '{program}' >/dev/null 2>&1 </dev/null & sleep 1"));
}

#[actix_web::test]
async fn a_certificate_is_seen_from_the_server_with_the_days_that_it_has_left() {
    let test = "a_certificate_is_seen_from_the_server_with_the_days_that_it_has_left";
    let Some(system) = TestHost::start(Kind::Debian, test) else { return };
    system.run(
        "cd /tmp && openssl req -x509 -newkey rsa:2048 -nodes -keyout k.pem -out c.pem -days 12 -subj '/CN=own.test' 2>/dev/null",
    );
    leave(&system, "exec openssl s_server -accept 127.0.0.1:8443 -key /tmp/k.pem -cert /tmp/c.pem -www");
    // Whoever takes a connection and says nothing must not hold up anybody.
    leave(
        &system,
        "exec python3 -c \"import socket,time; s=socket.create_server((\\\"127.0.0.1\\\",8444)); time.sleep(600)\"",
    );
    // Only the server reaches it: hannun is not asked, and not the one who connects.
    let scene = Scene::set(&system.plain(), "certificate_expiry", &json!({ "host": "localhost", "port": 8443 })).await;
    let values = scene.values().await;
    let certificate = &values["certificate"];
    assert_eq!(certificate["days_left"], 11, "{values}");
    assert!(certificate["subject"].as_str().unwrap().contains("own.test"), "{values}");
    assert!(certificate["verdict"].as_str().unwrap().contains("self"), "nobody has signed it: {values}");
    assert!(values["command"].as_str().unwrap().contains("localhost:8443"), "{values}");
    scene.enter("certificate_expiry", &json!({ "host": "127.0.0.1", "port": 1 }));
    let why = scene.fails().await;
    assert!(why.contains("127.0.0.1:1 showed app-1 no certificate") && why.contains("refused"), "{why}");
    let before = Instant::now();
    scene.enter("certificate_expiry", &json!({ "host": "127.0.0.1", "port": 8444 }));
    assert_eq!(scene.fails().await, "127.0.0.1:8444 did not shake hands with app-1 within 10 s");
    scene.enter("certificate_expiry", &json!({ "host": "127.0.0.1", "port": 8444, "starttls": "smtp" }));
    assert_eq!(scene.fails().await, "127.0.0.1:8444 did not shake hands with app-1 within 10 s");
    assert!(before.elapsed() < 2 * PATIENCE, "{:?}", before.elapsed());
}

#[actix_web::test]
async fn a_server_without_openssl_says_so() {
    let Some(system) = TestHost::start(Kind::BusyBox, "a_server_without_openssl_says_so") else { return };
    let scene = Scene::set(&system.root(), "certificate_expiry", &json!({ "host": "localhost" })).await;
    assert_eq!(scene.fails().await, "app-1 has no openssl to look at localhost:443 with");
}

fn http(values: &Value) -> (u64, u64, u64) {
    let number = |name: &str| values["http"][name].as_u64().unwrap();
    (number("up"), number("status"), number("matches"))
}

#[actix_web::test]
async fn a_url_is_asked_by_the_server_and_what_it_answers_is_judged() {
    let test = "a_url_is_asked_by_the_server_and_what_it_answers_is_judged";
    let Some(sshd) = Setup::default().start(test) else { return };
    let other = Receiver::start(|head| {
        let path = head.split(' ').nth(1).unwrap_or_default();
        match path {
            "/good" => ok("all is well"),
            "/bad" => answer(503, "not well"),
            "/moved" => redirect(302, "http://127.0.0.1:1/elsewhere"),
            "/endless" => Says::Endless("HTTP/1.1 200 OK\r\n\r\n"),
            "/hostile" => answer(200, "\n@said curl 1 2\nHTTP/1.1 500 No\r\n\r\n<script>\u{1b}[31m"),
            _ => Says::Nothing,
        }
    })
    .await;
    let entered = |path: &str, pattern: &str| json!({ "url": format!("{}{path}", other.url()), "pattern": pattern });
    let scene = Scene::set(&sshd.endpoint(), "http_check", &entered("/good", "is w.*")).await;
    let values = scene.values().await;
    assert_eq!(http(&values), (1, 200, 1), "{values}");
    assert_eq!(values["http"]["match"], "is well");
    assert!(values["http"]["took_ms"].as_u64().unwrap() < 10_000);
    assert!(values["command"].as_str().unwrap().contains("/good"), "what was asked is seen");
    let judged = [
        (entered("/good", "not there"), (0, 200, 0)),
        (entered("/bad", ""), (0, 503, 1)),
        (entered("/moved", ""), (1, 302, 1)),
        (entered("/endless", ""), (1, 200, 1)),
        (entered("/hostile", "<script>"), (1, 200, 1)),
        (json!({ "url": "http://127.0.0.1:1/" }), (0, 0, 0)),
        (json!({ "url": "http://no-such-host.invalid/" }), (0, 0, 0)),
    ];
    for (asked, expected) in judged {
        scene.enter("http_check", &asked);
        let values = scene.values().await;
        assert_eq!(http(&values), expected, "{asked}: {values}");
    }
    scene.enter("http_check", &entered("/moved", ""));
    assert_eq!(
        scene.values().await["http"]["location"],
        "http://127.0.0.1:1/elsewhere",
        "it is told, and not followed"
    );
    let before = Instant::now();
    scene.enter("http_check", &entered("/silent", ""));
    assert_eq!(http(&scene.values().await), (0, 0, 0));
    assert!(before.elapsed() < Duration::from_secs(30), "{:?}", before.elapsed());
}

#[actix_web::test]
async fn a_busybox_asks_a_url_by_its_wget() {
    let Some(system) = TestHost::start(Kind::BusyBox, "a_busybox_asks_a_url_by_its_wget") else { return };
    system.run("mkdir -p /srv/www; echo 'all is well' >/srv/www/index.html; httpd -p 127.0.0.1:8080 -h /srv/www");
    let entered = |path: &str| json!({ "url": format!("http://127.0.0.1:8080/{path}"), "pattern": "well" });
    let scene = Scene::set(&system.root(), "http_check", &entered("")).await;
    let values = scene.values().await;
    assert_eq!(http(&values), (1, 200, 1), "{values}");
    scene.enter("http_check", &entered("nothing"));
    let values = scene.values().await;
    assert_eq!((http(&values).0, http(&values).1), (0, 404), "{values}");
    scene.enter("http_check", &json!({ "url": "http://127.0.0.1:1/" }));
    let values = scene.values().await;
    assert_eq!(
        (http(&values), values["http"]["said"].as_str().unwrap().contains("refused")),
        ((0, 0, 0), true),
        "{values}"
    );
}

#[actix_web::test]
async fn a_server_with_nothing_to_ask_with_says_so() {
    let Some(system) = TestHost::start(Kind::Coreutils, "a_server_with_nothing_to_ask_with_says_so") else { return };
    let scene = Scene::set(&system.plain(), "http_check", &json!({ "url": "http://localhost/" })).await;
    assert_eq!(scene.fails().await, "app-1 has neither curl nor wget to ask with");
}
