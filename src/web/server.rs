//! The site on a socket: HTTP/1.1, and no patience with those who take their time (W10). Knows no route.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use actix_web::HttpServer;
use actix_web::dev::Server;

use super::site::Site;

/// How long running requests may take once the server was told to stop (R06).
const DRAIN_SECONDS: u64 = 20;
/// How long a connection may take to be closed by its other end.
const GOODBYE: Duration = Duration::from_secs(2);

/// Listens on `address`, and answers as soon as the server is polled. Gives the address too, with the port that was taken.
pub fn listen(site: Site, address: SocketAddr, workers: usize) -> io::Result<(Server, SocketAddr)> {
    let head = site.app().config.requests.head;
    let server = HttpServer::new(move || site.clone().service())
        .workers(workers)
        .client_request_timeout(head)
        .client_disconnect_timeout(GOODBYE)
        .shutdown_timeout(DRAIN_SECONDS)
        .disable_signals()
        .bind(address)?;
    let bound = server.addrs().first().copied().unwrap_or(address);
    Ok((server.run(), bound))
}
