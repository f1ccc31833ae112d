//! Which addresses are reached.

use std::process::Command;
use std::sync::Arc;

use hannun::outbound::{OutboundError, Request, Unresolved};

use super::receiver::{Receiver, ok};
use super::{Liar, addresses, outbound};
use crate::harness::alone::alone_by;

fn refused(host: &str, address: &str, what: &'static str) -> OutboundError {
    OutboundError::Refused { host: host.to_owned(), address: address.parse().unwrap(), what }
}

const OURSELVES: &str = "this machine itself";

#[tokio::test]
async fn sec_o01_a_name_is_resolved_once_and_the_checked_address_is_asked_by_its_name() {
    let receiver = Receiver::start(|_| ok("yes")).await;
    // A name server that says something else the second time leads nowhere: there is no second time.
    let canary = Receiver::canary("127.0.0.2", receiver.port).await;
    let liar = Liar::default().with("hooks.example", &[addresses(&["127.0.0.1"]), addresses(&["127.0.0.2"])]);
    let liar = Arc::new(liar);
    let way = outbound(&[receiver.entry()], &liar);
    let url = format!("http://hooks.example:{}/path?q=1", receiver.port);
    let answer = way.send(&Request::get(&url).unwrap()).await.unwrap();
    assert_eq!((answer.status, &*answer.body, answer.is_whole), (200, &b"yes"[..], true));
    assert_eq!(liar.asked(), ["hooks.example"]);
    let asked = receiver.asked().remove(0);
    assert!(asked.starts_with("GET /path?q=1 HTTP/1.1\r\n"), "{asked}");
    assert!(asked.contains(&format!("host: hooks.example:{}\r\n", receiver.port)), "{asked}");
    // The second request is another question, and its answer is refused.
    let error = way.send(&Request::get(&url).unwrap()).await.unwrap_err();
    assert_eq!(error, refused("hooks.example", "127.0.0.2", OURSELVES));
    assert_eq!((receiver.connections(), canary.connections()), (1, 0));
}

#[tokio::test]
async fn sec_o01_one_address_of_the_inside_among_others_is_enough() {
    let receiver = Receiver::start(|_| ok("yes")).await;
    let canary = Receiver::canary("127.0.0.2", receiver.port).await;
    for (others, first) in [(["127.0.0.1", "127.0.0.2"], "127.0.0.2"), (["127.0.0.2", "127.0.0.1"], "127.0.0.2")] {
        let liar = Arc::new(Liar::default().with("hooks.example", &[addresses(&others)]));
        let way = outbound(&[receiver.entry()], &liar);
        let url = format!("http://hooks.example:{}/", receiver.port);
        let error = way.send(&Request::get(&url).unwrap()).await.unwrap_err();
        assert_eq!(error, refused("hooks.example", first, OURSELVES));
    }
    assert_eq!((receiver.connections(), canary.connections()), (0, 0));
}

#[tokio::test]
async fn sec_o01_a_name_that_cannot_be_resolved_is_not_asked() {
    let canary = Receiver::canary("127.0.0.1", 0).await;
    let answers = [Err(Unresolved::Unknown), Err(Unresolved::TimedOut), Ok(Vec::new()), addresses(&["127.0.0.1"])];
    let liar = Arc::new(Liar::default().with("gone.example", &answers));
    let way = outbound(&[], &liar);
    let request = Request::get(&format!("http://gone.example:{}/", canary.port)).unwrap();
    let host = || "gone.example".to_owned();
    for expected in [
        OutboundError::NoAddress { host: host() },
        OutboundError::TimedOut { host: host() },
        OutboundError::NoAddress { host: host() },
        refused("gone.example", "127.0.0.1", OURSELVES),
    ] {
        assert_eq!(way.send(&request).await.unwrap_err(), expected);
    }
    assert_eq!(canary.connections(), 0);
}

#[tokio::test]
async fn sec_o01_the_inside_is_not_reached_however_it_is_written() {
    let canary = Receiver::canary("127.0.0.1", 0).await;
    let liar = Arc::new(Liar::default().with("localhost.", &[addresses(&["127.0.0.1"])]));
    let way = outbound(&[], &liar);
    for host in [
        "127.0.0.1",
        "127.1",
        "2130706433",
        "0x7f.1",
        "0177.1",
        "１２７.０.０.１",
        "[::ffff:127.0.0.1]",
        "[::127.0.0.1]",
        "[64:ff9b::7f00:1]",
        "0.0.0.0",
        "localhost.",
    ] {
        let request = Request::get(&format!("http://{host}:{}/", canary.port)).unwrap();
        let error = way.send(&request).await.unwrap_err();
        assert!(matches!(error, OutboundError::Refused { .. }), "{host}: {error}");
    }
    assert_eq!(canary.connections(), 0);
}

#[tokio::test]
async fn sec_o01_an_address_of_this_machine_is_not_reached_though_it_is_public() {
    let test = "sec_o01_an_address_of_this_machine_is_not_reached_though_it_is_public";
    let inside = "ip link set lo up && ip address add 8.8.8.8/32 dev lo && exec \"$@\"";
    let mut command = Command::new("unshare");
    command.args(["--net", "--", "/bin/sh", "-c", inside, "sh"]);
    let can = Command::new("unshare").args(["--net", "--", "/bin/sh", "-c", inside, "sh", "true"]).output();
    if !can.is_ok_and(|output| output.status.success()) && std::env::var_os("HANNUN_TEST_ALONE").is_none() {
        return crate::harness::skip::skip(test, "it needs root and ip");
    }
    command.arg(std::env::current_exe().unwrap());
    if alone_by(&format!("outbound::policy::{test}"), command).is_some() {
        return;
    }
    let canary = Receiver::canary("8.8.8.8", 0).await;
    let way = outbound(&[], &Arc::default());
    let request = Request::get(&format!("http://8.8.8.8:{}/", canary.port)).unwrap();
    assert_eq!(way.send(&request).await.unwrap_err(), refused("8.8.8.8", "8.8.8.8", OURSELVES));
    assert_eq!(canary.connections(), 0);
    let listed = outbound(&[format!("8.8.8.8:{}", canary.port)], &Arc::default());
    assert_eq!(listed.send(&request).await.unwrap().status, 200, "where it is listed, it is");
}

#[tokio::test]
async fn sec_o01_a_proxy_of_the_environment_is_not_asked() {
    // The environment of a process is its own, so this is another one; nothing listens on the discard port.
    let mut command = Command::new(std::env::current_exe().unwrap());
    for name in ["http_proxy", "HTTP_PROXY", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"] {
        command.env(name, "http://127.0.0.1:9");
    }
    let test = "outbound::policy::sec_o01_a_proxy_of_the_environment_is_not_asked";
    if alone_by(test, command).is_some() {
        return;
    }
    let receiver = Receiver::start(|_| ok("yes")).await;
    let way = outbound(&[receiver.entry()], &Arc::default());
    let answer = way.send(&Request::get(&receiver.url()).unwrap()).await.unwrap();
    assert_eq!((answer.status, receiver.connections()), (200, 1));
}

#[tokio::test]
async fn sec_o02_an_entry_opens_one_address_on_one_port() {
    let receiver = Receiver::start(|_| ok("yes")).await;
    let (beside, other_port) =
        (Receiver::canary("127.0.0.2", receiver.port).await, Receiver::canary("127.0.0.1", 0).await);
    let way = outbound(&[receiver.entry()], &Arc::default());
    for (host, port) in [("127.0.0.2", receiver.port), ("127.0.0.1", other_port.port)] {
        let request = Request::get(&format!("http://{host}:{port}/")).unwrap();
        assert_eq!(way.send(&request).await.unwrap_err(), refused(host, host, OURSELVES));
    }
    assert_eq!(way.send(&Request::get(&receiver.url()).unwrap()).await.unwrap().status, 200);
    assert_eq!((beside.connections(), other_port.connections()), (0, 0));
}

#[tokio::test]
async fn sec_o02_what_a_cloud_tells_its_machines_is_not_reached_whatever_is_listed() {
    let way = outbound(&["10.0.0.0/8:80".to_owned()], &Arc::default());
    for address in ["169.254.169.254", "[::ffff:169.254.169.254]", "100.100.100.200", "[fd00:ec2::254]"] {
        let error = way.send(&Request::get(&format!("http://{address}/")).unwrap()).await.unwrap_err();
        let OutboundError::Refused { what, .. } = error else { panic!("{error}") };
        assert!(what.contains("a cloud tells its machines"), "{what}");
    }
}

#[tokio::test]
async fn an_address_that_does_not_answer_gives_way_to_the_next_one() {
    let receiver = Receiver::start(|_| ok("yes")).await;
    let liar = Arc::new(Liar::default().with("hooks.example", &[addresses(&["127.0.0.9", "127.0.0.1"])]));
    let way = outbound(&[format!("127.0.0.0/8:{}", receiver.port)], &liar);
    let request = Request::get(&format!("http://hooks.example:{}/", receiver.port)).unwrap();
    assert_eq!(way.send(&request).await.unwrap().status, 200);
}
