//! How much of an answer is read, and for how long.

use std::sync::Arc;
use std::time::Duration;

use hannun::config::OutboundConfig;
use hannun::outbound::{Outbound, OutboundError, Request};

use super::receiver::{Receiver, Says, ok};
use super::{entries, outbound, with};

/// The way out for whoever does not want to wait for ten seconds.
fn impatient(receiver: &Receiver) -> Outbound {
    let config = OutboundConfig {
        allowed: entries(&[receiver.entry()]),
        connect_timeout: Duration::from_millis(400),
        total_timeout: Duration::from_millis(800),
        ..OutboundConfig::default()
    };
    with(config, &Arc::default())
}

#[test]
fn sec_o04_an_answer_has_its_limits() {
    let usual = OutboundConfig::default();
    assert_eq!(usual.answer_limit, 64 << 10);
    assert_eq!((usual.connect_timeout, usual.total_timeout), (Duration::from_secs(5), Duration::from_secs(10)));
    assert_eq!(usual.mail_timeout, Duration::from_secs(30));
}

#[tokio::test]
async fn sec_o04_an_endless_body_is_read_to_the_limit() {
    for head in ["HTTP/1.1 200 OK\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n"] {
        let receiver = Receiver::start(move |_| Says::Endless(head)).await;
        let way = outbound(&[receiver.entry()], &Arc::default());
        let answer = way.send(&Request::get(&receiver.url()).unwrap()).await.unwrap();
        assert_eq!((answer.status, answer.body.len(), answer.is_whole), (200, 64 << 10, false));
    }
}

#[tokio::test]
async fn sec_o04_a_body_as_long_as_the_limit_is_whole() {
    let receiver = Receiver::start(|_| ok(&"x".repeat(64 << 10))).await;
    let way = outbound(&[receiver.entry()], &Arc::default());
    let answer = way.send(&Request::get(&receiver.url()).unwrap()).await.unwrap();
    assert_eq!((answer.body.len(), answer.is_whole), (64 << 10, true));
}

#[tokio::test]
async fn sec_o04_nothing_is_unpacked() {
    // Ten MiB of zeros, packed: 10 KiB that would become a thousand times as many.
    let packed = {
        use std::io::Write as _;
        let mut gzip = std::process::Command::new("gzip")
            .arg("-9")
            .stdin(std::process::Stdio::piped())
            .stdout(std::process::Stdio::piped())
            .spawn()
            .unwrap();
        let mut input = gzip.stdin.take().unwrap();
        std::thread::spawn(move || input.write_all(&vec![0; 10 << 20]).unwrap());
        gzip.wait_with_output().unwrap().stdout
    };
    assert!((1 << 10..64 << 10).contains(&packed.len()));
    let head = format!("HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: {}\r\n\r\n", packed.len());
    let bytes = [head.as_bytes(), &packed].concat();
    let receiver = Receiver::start(move |_| Says::Bytes(bytes.clone())).await;
    let way = outbound(&[receiver.entry()], &Arc::default());
    let answer = way.send(&Request::get(&receiver.url()).unwrap()).await.unwrap();
    assert_eq!(&*answer.body, packed);
    assert!(receiver.asked()[0].contains("accept-encoding: identity\r\n"));
}

#[tokio::test]
async fn sec_o04_whoever_dribbles_is_not_waited_for_and_what_came_counts() {
    let receiver = Receiver::start(|_| Says::Dribble("HTTP/1.1 200 OK\r\n\r\n")).await;
    let answer = impatient(&receiver).send(&Request::get(&receiver.url()).unwrap()).await.unwrap();
    assert_eq!((answer.status, answer.is_whole), (200, false));
    assert!(!answer.body.is_empty() && answer.body.iter().all(|byte| *byte == b'x'), "{:?}", answer.body);
}

#[tokio::test]
async fn sec_o04_whoever_says_nothing_is_given_up() {
    let timed_out = OutboundError::TimedOut { host: "127.0.0.1".to_owned() };
    let receiver = Receiver::start(|_| Says::Nothing).await;
    let error = impatient(&receiver).send(&Request::get(&receiver.url()).unwrap()).await.unwrap_err();
    assert_eq!(error, timed_out);
    let head = Receiver::start(|_| Says::Dribble("HTTP/1.1 200 OK\r\nX: ")).await;
    let error = impatient(&head).send(&Request::get(&head.url()).unwrap()).await.unwrap_err();
    assert_eq!(error, timed_out);
    // A port that takes connections and speaks no TLS.
    let request = Request::get(&receiver.url().replace("http:", "https:")).unwrap();
    assert_eq!(impatient(&receiver).send(&request).await.unwrap_err(), timed_out);
}

#[tokio::test]
async fn sec_o04_what_is_no_http_is_told_and_a_head_without_an_end_is_not_read() {
    for says in [Says::Bytes(b"SSH-2.0-OpenSSH_9.2p1\r\n".to_vec()), Says::Endless("HTTP/1.1 200 OK\r\nX: ")] {
        let receiver = Receiver::start(move |_| says.clone()).await;
        let way = outbound(&[receiver.entry()], &Arc::default());
        let error = way.send(&Request::get(&receiver.url()).unwrap()).await.unwrap_err();
        assert!(matches!(error, OutboundError::NoAnswer { .. }), "{error}");
    }
}

#[tokio::test]
async fn a_body_that_is_cut_off_is_not_whole() {
    let cut = || Says::Bytes(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf".to_vec());
    let receiver = Receiver::start(move |_| cut()).await;
    let way = outbound(&[receiver.entry()], &Arc::default());
    let answer = way.send(&Request::get(&receiver.url()).unwrap()).await.unwrap();
    assert_eq!((&*answer.body, answer.is_whole), (&b"half"[..], false));
}
