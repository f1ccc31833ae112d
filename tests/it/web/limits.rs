//! Floods, and senders who take their time (W10).

use std::net::SocketAddr;
use std::sync::LazyLock;
use std::time::Duration;

use actix_web::http::Method;
use actix_web::{HttpResponse, web};
use bytes::Bytes;
use chrono::TimeDelta;
use hannun::config::RequestConfig;
use hannun::models::actor::{Role, Scope};
use hannun::models::api_tokens::NewApiToken;
use hannun::web::router::{VIEWER, get, post};

use crate::harness::app::TestApp;
use crate::harness::client::Client;
use crate::harness::raw;

/// The product with the limits that it is shipped with.
async fn limited() -> TestApp {
    TestApp::with_config(|config| config.requests = RequestConfig::default()).await
}

/// How many of `wanted` requests are answered before the first 429, which says when to come again.
async fn answered(client: &Client, path: &str, wanted: usize) -> usize {
    for number in 0..wanted {
        let reply = client.get(path).await;
        if reply.status == 429 {
            assert_eq!(reply.header("Retry-After"), Some("1"), "{}", reply.body);
            assert!(reply.body.contains("Try again in 1 s"), "{}", reply.body);
            return number;
        }
        assert!(reply.status.is_success() || reply.status.is_redirection(), "{}", reply.body);
    }
    wanted
}

#[actix_web::test]
async fn sec_w10_a_session_may_burst_and_then_goes_on_at_its_pace_while_others_are_not_disturbed() {
    let app = limited().await;
    let (one, other) = (app.viewer().await, app.operator().await);
    assert_eq!(answered(&one, "/account", 200).await, 60);
    app.advance(TimeDelta::seconds(1));
    assert_eq!(answered(&one, "/account", 200).await, 20);
    assert_eq!(answered(&other, "/account", 60).await, 60);
    app.advance(TimeDelta::minutes(10));
    assert_eq!(answered(&one, "/account", 200).await, 60, "a pause saves up a burst and no more");
}

#[actix_web::test]
async fn sec_w10_an_address_that_is_not_signed_in_is_held_to_five_a_second() {
    let app = limited().await;
    let (one, other) = (app.browser(), app.browser());
    assert_eq!(answered(&one, "/sign-in", 200).await, 20);
    app.advance(TimeDelta::seconds(1));
    assert_eq!(answered(&one, "/sign-in", 200).await, 5);
    assert_eq!(answered(&other, "/sign-in", 20).await, 20);
    // Somebody who is signed in at the same address is counted by their session.
    let viewer = app.viewer().await.at_the_address_of(&one);
    assert_eq!(answered(&viewer, "/account", 60).await, 60);
}

#[actix_web::test]
async fn sec_w10_a_cookie_or_token_that_opens_nothing_counts_for_its_address() {
    let app = limited().await;
    let browser = app.browser();
    for number in 0..20 {
        browser.set_cookie("sid", &format!("guess {number}"));
        assert_eq!(browser.get("/account").await.status, 303);
    }
    browser.set_cookie("sid", "guess 20");
    assert_eq!(browser.get("/account").await.status, 429);
    let program = app.browser().at_the_address_of(&browser);
    let ask = program.ask(Method::GET, "/api/v1/servers").header("Authorization", "Bearer hnn_guess");
    let reply = ask.send().await;
    assert_eq!((reply.status.as_u16(), reply.header("Content-Type")), (429, Some("application/problem+json")));
}

#[actix_web::test]
async fn sec_w10_files_health_and_the_opening_of_streams_are_not_counted() {
    let app = TestApp::with(
        |config| config.requests = RequestConfig::default(),
        vec![get("/test/stream", VIEWER, || web::to(async || "an event"))],
    )
    .await;
    let (viewer, stranger) = (app.viewer().await, app.browser());
    for _ in 0..100 {
        for path in ["/static/css/app.css", "/healthz", "/test/stream"] {
            assert_eq!(viewer.get(path).await.status, 200, "{path}");
        }
        for path in ["/static/css/app.css", "/healthz"] {
            assert_eq!(stranger.get(path).await.status, 200, "{path}");
        }
    }
    assert_eq!(answered(&viewer, "/account", 60).await, 60);
    assert_eq!(answered(&stranger, "/test/stream", 200).await, 20, "a stranger's streams are requests like others");
}

#[actix_web::test]
async fn sec_w10_more_than_64_header_fields_are_refused() {
    let app = TestApp::start().await;
    let viewer = app.viewer().await;
    let with = async |count: usize| {
        let mut ask = viewer.ask(Method::GET, "/account");
        for name in NAMES.iter().take(count) {
            ask = ask.header(name, "x");
        }
        ask.send().await.status.as_u16()
    };
    assert_eq!((with(60).await, with(65).await), (200, 431));
}

/// Names of header fields that mean nothing.
static NAMES: LazyLock<Vec<&'static str>> =
    LazyLock::new(|| (0..70).map(|number| &*format!("x-field-{number}").leak()).collect());

/// The product on a real socket, with little patience, and the head of a request that sends a body.
async fn on_a_socket() -> (TestApp, SocketAddr, String) {
    let app = TestApp::with(
        |config| {
            config.requests.head = Duration::from_millis(500);
            config.requests.body_pause = Duration::from_millis(500);
        },
        vec![post("/api/v1/length", VIEWER, || {
            web::to(async |body: Bytes| HttpResponse::Ok().body(body.len().to_string()))
        })],
    )
    .await;
    let (address, now) = (app.listen().trim_start_matches("http://").parse().unwrap(), app.database.now());
    let token = app.app.db.run(move |connection| {
        let scope = Scope::All;
        NewApiToken { name: "ci", user_id: None, role: Role::Viewer, scope, expires_at: None }.insert(connection, now)
    });
    let token = token.await.unwrap().0;
    let head = "POST /api/v1/length HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\nAuthorization: Bearer ";
    (app, address, format!("{head}{}\r\n", token.expose()))
}

#[actix_web::test]
async fn sec_w10_a_head_that_does_not_come_to_its_end_is_not_waited_for() {
    let (app, address, _) = on_a_socket().await;
    let viewer = app.viewer().await;
    let mut slow = Vec::new();
    for _ in 0..200 {
        slow.push(raw::begin(address, "GET /sign-in HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Slow: ").await);
    }
    // While they dawdle, others are answered.
    assert_eq!(viewer.get("/account").await.status, 200);
    let quick = raw::ask(address, "GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n").await;
    assert!(quick.starts_with("HTTP/1.1 200 "), "{quick}");
    for connection in slow {
        let answer = raw::rest(connection).await;
        assert!(answer.starts_with("HTTP/1.1 408 "), "{answer}");
    }
}

#[actix_web::test]
async fn sec_w10_a_body_that_pauses_is_not_waited_for_and_one_that_goes_on_is() {
    let (_app, address, head) = on_a_socket().await;
    let head = format!("{head}Content-Length: 8\r\n\r\n");
    let paused = raw::begin(address, &format!("{head}1234")).await;
    let answer = raw::rest(paused).await;
    assert!(answer.starts_with("HTTP/1.1 408 ") && answer.contains("came too slowly"), "{answer}");
    let mut slow = raw::begin(address, &head).await;
    for _ in 0..8 {
        raw::go_on(&mut slow, "x").await;
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    let answer = raw::rest(slow).await;
    assert!(answer.starts_with("HTTP/1.1 200 ") && answer.ends_with('8'), "{answer}");
}

#[actix_web::test]
async fn sec_w10_who_sends_a_body_that_nobody_reads_is_hung_up_on() {
    let (_app, address, _) = on_a_socket().await;
    for (method, path) in [("POST", "/account/preferences"), ("GET", "/account")] {
        let head =
            format!("{method} {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n");
        // The end of the body never comes; the answer does, and then the end of the connection.
        let answer = raw::ask(address, &head).await;
        assert!(answer.starts_with("HTTP/1.1 303 "), "{method}: {answer}");
    }
}

#[actix_web::test]
async fn sec_w10_a_body_of_more_than_a_mebibyte_is_refused_however_its_length_is_told() {
    let (_app, address, head) = on_a_socket().await;
    let told = raw::ask(address, &format!("{head}Content-Length: 1048577\r\n\r\n")).await;
    assert!(told.starts_with("HTTP/1.1 413 "), "{told}");
    let mut untold = raw::begin(address, &format!("{head}Transfer-Encoding: chunked\r\n\r\n")).await;
    let block = format!("10000\r\n{}\r\n", "x".repeat(0x10000));
    for _ in 0..17 {
        raw::go_on(&mut untold, &block).await;
    }
    let answer = raw::rest(untold).await;
    assert!(answer.starts_with("HTTP/1.1 413 "), "{answer}");
    let whole = format!("{head}Content-Length: 1048576\r\n\r\n{}", "x".repeat(1 << 20));
    let answer = raw::ask(address, &whole).await;
    assert!(answer.starts_with("HTTP/1.1 200 ") && answer.ends_with("1048576"), "{answer}");
}
