//! Most servers drop every packet; the others must not feel it (R01).

use std::time::Duration;

use hannun::error::Error;
use hannun::metrics::sampler::Pace;
use hannun::models::servers::NewServer;
use tokio::net::{TcpListener, TcpSocket, TcpStream};

use super::{Sampling, register};
use crate::harness::alone::{alone, at_length, descriptors, resident};
use crate::harness::app::TestApp;
use crate::harness::database::TestDatabase;
use crate::harness::relay::Relay;
use crate::harness::sshd::Setup;

const TEST: &str = "rel_r01_among_many_servers_that_drop_packets_the_good_ones_are_sampled_on_time";
const GOOD: usize = 5;
/// Seconds between two samples of a good server.
const INTERVAL: i32 = 3;

/// An address that swallows packets: its queue of connections that nobody accepts is full.
async fn black_hole() -> (u16, TcpListener, Vec<TcpStream>) {
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let listener = socket.listen(1).unwrap();
    let address = listener.local_addr().unwrap();
    let mut queue = Vec::new();
    while let Ok(Ok(stream)) = tokio::time::timeout(Duration::from_millis(300), TcpStream::connect(address)).await {
        queue.push(stream);
    }
    (address.port(), listener, queue)
}

#[actix_web::test]
async fn rel_r01_among_many_servers_that_drop_packets_the_good_ones_are_sampled_on_time() {
    if alone(&format!("faults::dead_hosts::{TEST}")).is_some() {
        return;
    }
    let Some(sshd) = Setup::default().start(TEST) else { return };
    let (dead, seconds) = if at_length() { (995, 600) } else { (200, 25) };
    let change = |config: &mut hannun::config::Config| {
        if !at_length() {
            config.remote.connect_timeout = Duration::from_secs(2);
        }
    };
    let app = TestApp::over(TestDatabase::with_connections(8), change, Vec::new(), None).await;
    let (port, _listener, _queue) = black_hole().await;
    let endpoint = sshd.endpoint();
    let (mut good, mut cables) = (Vec::new(), Vec::new());
    for number in 0..GOOD {
        let cable = Relay::to(sshd.port).await;
        let through = hannun::remote::Endpoint { port: cable.port, ..endpoint.clone() };
        good.push(register(&app, &format!("good-{number}"), &through, INTERVAL).await);
        cables.push(cable);
    }
    // They share the first one's credential: what matters is that their packets are lost.
    let first = good[0];
    let insert = move |connection: &mut hannun::db::Connection| {
        let scope = hannun::models::actor::Scope::All;
        let credential_id = hannun::models::servers::Server::by_id(connection, &scope, first)?.credential_id;
        for number in 0..dead {
            let name = format!("dead-{number}");
            let new = NewServer { port: i32::from(port), credential_id, ..NewServer::new(&name, "127.0.0.1") };
            new.insert(connection)?;
        }
        Ok::<_, Error>(())
    };
    app.app.db.run(insert).await.unwrap();

    let sampling = Sampling::start(&app, Pace::default());
    sampling.until_sampled(&good).await;
    // Once everybody has been tried, nothing grows any more.
    tokio::time::sleep(Duration::from_secs(5)).await;
    let (open, memory) = (descriptors(), resident());
    let limit = Duration::from_secs(2 * u64::try_from(INTERVAL).unwrap());
    let viewer = app.viewer().await;
    let end = tokio::time::Instant::now() + Duration::from_secs(seconds);
    let mut most = 0;
    while tokio::time::Instant::now() < end {
        for (number, server) in good.iter().enumerate() {
            let age = sampling.age(*server).unwrap();
            assert!(age < limit, "the newest sample of good-{number} is {age:?} old");
        }
        most = most.max(descriptors());
        assert_eq!(viewer.get("/servers/good-0/cpu").await.status, 200);
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    // Sixty-four may be knocking at a time, of those that were tried for the first time and of the others.
    assert!(most <= open + 128 + 10, "{open} descriptors became {most}");
    let grown = resident().saturating_sub(memory) >> 20;
    assert!(grown < 64, "{grown} MiB more");

    // A good one that loses its connection does not wait behind those that never had one.
    let cut = good[GOOD - 1];
    drop(cables.pop());
    app.app.hosts.pool().forget(cut);
    let replaced = Relay::to(sshd.port).await;
    let port = i32::from(replaced.port);
    let moved = move |connection: &mut hannun::db::Connection| {
        let changes = hannun::models::servers::ServerChanges { port: Some(port), ..Default::default() };
        hannun::models::servers::Server::change(connection, cut, &changes, chrono::Utc::now()).map(drop)
    };
    let asked = chrono::Utc::now();
    app.app.db.run(moved).await.unwrap();
    let end = tokio::time::Instant::now() + Duration::from_secs(30);
    while sampling.live.latest(cut).is_none_or(|latest| latest.at < asked) {
        assert!(tokio::time::Instant::now() < end, "it does not come back");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    sampling.stop().await;
}
