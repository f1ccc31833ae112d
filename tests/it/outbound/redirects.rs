//! Where an answer points elsewhere.

use std::sync::Arc;

use hannun::outbound::header::{AUTHORIZATION, HeaderValue};
use hannun::outbound::{OutboundError, Request};

use super::outbound;
use super::receiver::{Receiver, Says, ok, redirect};

fn with_secret(url: &str) -> Request {
    Request::get(url).unwrap().secret(AUTHORIZATION, HeaderValue::from_static("Bearer hunter2"))
}

#[tokio::test]
async fn sec_o03_a_redirect_is_not_followed_unless_it_is_asked_for() {
    let elsewhere = Receiver::start(|_| ok("elsewhere")).await;
    let to = elsewhere.url();
    let receiver = Receiver::start(move |_| redirect(302, &to)).await;
    let way = outbound(&[receiver.entry(), elsewhere.entry()], &Arc::default());
    assert_eq!(way.send(&Request::get(&receiver.url()).unwrap()).await.unwrap().status, 302);
    assert_eq!(elsewhere.connections(), 0);
    let followed = way.send(&Request::get(&receiver.url()).unwrap().following()).await.unwrap();
    assert_eq!(&*followed.body, b"elsewhere");
}

#[tokio::test]
async fn sec_o03_each_step_is_checked_like_the_first() {
    let canary = Receiver::canary("127.0.0.2", 0).await;
    let inside = format!("http://127.0.0.2:{}/", canary.port);
    for (to, is_refused) in [
        (inside.as_str(), false),
        ("//127.0.0.2/", false),
        ("file:///etc/passwd", true),
        ("gopher://127.0.0.2/", true),
        ("http://user:word@127.0.0.2/", true),
        ("http://[::1/", true),
    ] {
        let to = to.to_owned();
        let receiver = Receiver::start({
            let to = to.clone();
            move |_| redirect(302, &to)
        });
        let receiver = receiver.await;
        let way = outbound(&[receiver.entry()], &Arc::default());
        let error = way.send(&Request::get(&receiver.url()).unwrap().following()).await.unwrap_err();
        let as_expected = match error {
            OutboundError::Refused { .. } => !is_refused,
            OutboundError::Redirected { .. } => is_refused,
            _ => false,
        };
        assert!(as_expected, "{to}");
    }
    assert_eq!(canary.connections(), 0);
}

#[tokio::test]
async fn sec_o03_a_secret_header_is_shown_to_nobody_else() {
    let elsewhere = Receiver::start(|_| ok("elsewhere")).await;
    let to = elsewhere.url();
    let receiver =
        Receiver::start(
            move |asked| if asked.starts_with("GET /first ") { redirect(307, "/second") } else { redirect(302, &to) },
        );
    let receiver = receiver.await;
    let way = outbound(&[receiver.entry(), elsewhere.entry()], &Arc::default());
    let answer = way.send(&with_secret(&format!("{}/first", receiver.url())).following()).await.unwrap();
    assert_eq!(&*answer.body, b"elsewhere");
    let shown = |asked: &[String]| asked.iter().map(|one| one.contains("hunter2")).collect::<Vec<_>>();
    assert_eq!(shown(&receiver.asked()), [true, true], "the same origin is shown it");
    assert_eq!(shown(&elsewhere.asked()), [false]);
}

#[tokio::test]
async fn sec_o03_a_secret_header_does_not_come_back_over_a_detour() {
    // first → elsewhere → back to first: whoever sent it away decides where it goes.
    let back = Arc::new(std::sync::Mutex::new(String::new()));
    let elsewhere = Receiver::start({
        let back = Arc::clone(&back);
        move |_| redirect(302, &format!("{}/again", back.lock().unwrap()))
    });
    let elsewhere = elsewhere.await;
    let to = elsewhere.url();
    let receiver =
        Receiver::start(move |asked| if asked.starts_with("GET /again ") { ok("again") } else { redirect(302, &to) });
    let receiver = receiver.await;
    *back.lock().unwrap() = receiver.url();
    let way = outbound(&[receiver.entry(), elsewhere.entry()], &Arc::default());
    assert_eq!(way.send(&with_secret(&receiver.url()).following()).await.unwrap().status, 200);
    let asked = receiver.asked();
    assert_eq!((asked.len(), asked[1].contains("hunter2")), (2, false));
}

#[tokio::test]
async fn sec_o03_three_redirects_are_followed_and_no_fourth() {
    for (steps, arrives) in [(3, true), (4, false)] {
        let receiver = Receiver::start(move |asked| {
            let at: u32 = asked[5..6].parse().unwrap();
            if at == steps { ok("there") } else { redirect(301, &format!("/{}", at + 1)) }
        });
        let receiver = receiver.await;
        let way = outbound(&[receiver.entry()], &Arc::default());
        let answer = way.send(&Request::get(&format!("{}/0", receiver.url())).unwrap().following()).await;
        assert_eq!(answer.is_ok(), arrives, "{steps} steps");
        assert_eq!(receiver.connections(), 4, "{steps} steps");
    }
}

#[tokio::test]
async fn sec_o03_what_has_a_body_is_sent_once() {
    let elsewhere = Receiver::start(|_| ok("elsewhere")).await;
    for status in [301, 302, 303, 307, 308] {
        let to = elsewhere.url();
        let receiver = Receiver::start(move |_| redirect(status, &to)).await;
        let way = outbound(&[receiver.entry(), elsewhere.entry()], &Arc::default());
        let answer = way.send(&Request::post(&receiver.url(), "body").unwrap().following()).await.unwrap();
        assert_eq!((answer.status, receiver.connections()), (status, 1));
    }
    assert_eq!(elsewhere.connections(), 0);
    // Nor where the connection ends before there is an answer.
    let silent = Receiver::start(|_| Says::Bytes(Vec::new())).await;
    let way = outbound(&[silent.entry()], &Arc::default());
    let error = way.send(&Request::post(&silent.url(), "body").unwrap()).await.unwrap_err();
    assert!(matches!(error, OutboundError::NoAnswer { .. }), "{error}");
    assert_eq!((silent.asked().len(), silent.connections()), (1, 1));
    assert!(silent.asked()[0].ends_with("\r\n\r\nbody"));
}
