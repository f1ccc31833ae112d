//! What pages take: a client that counts every byte, and a bare page of the same bytes to compare with.

use std::net::{Ipv4Addr, SocketAddr};
use std::time::{Duration, Instant};

use actix_web::dev::Decompress;
use actix_web::http::header::{ContentEncoding, ContentType};
use actix_web::middleware::Compress;
use actix_web::{App as ActixApp, HttpResponse, HttpServer, web};
use bytes::Bytes;
use futures_util::{StreamExt, stream};
use hannun::app::App;
use hannun::models::sessions::NewSession;
use hannun::models::users::User;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// The cookie of somebody who has just signed in.
pub(crate) async fn sign_in(app: &App, name: &'static str) -> String {
    let now = app.clock.now();
    let begin = app.db.run(move |connection| {
        let user = User::by_name(connection, name)?.unwrap();
        NewSession { user_id: user.id, address: Ipv4Addr::LOCALHOST.into(), user_agent: "bench" }.begin(connection, now)
    });
    format!("sid={}", begin.await.unwrap().0.expose())
}

/// A page from the first byte of the request to the last of the answer, as text.
pub(crate) async fn fetch(from: SocketAddr, path: &str, cookie: &str) -> (Duration, String) {
    let (took, _, text) = fetch_counted(from, path, cookie).await;
    (took, text)
}

/// The same with the bytes that came, headers included.
pub(crate) async fn fetch_counted(from: SocketAddr, path: &str, cookie: &str) -> (Duration, u64, String) {
    let began = Instant::now();
    let mut stream = TcpStream::connect(from).await.unwrap();
    let request = format!(
        "GET {path} HTTP/1.1\r\nHost: {from}\r\nCookie: {cookie}\r\nAccept: text/html\r\nAccept-Encoding: gzip, br\r\n\
         Connection: close\r\n\r\n"
    );
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await.unwrap();
    let took = began.elapsed();
    let end = answer.windows(4).position(|window| window == b"\r\n\r\n").unwrap();
    let head = String::from_utf8_lossy(&answer[..end]).to_lowercase();
    assert!(head.starts_with("http/1.1 200") && head.contains("transfer-encoding: chunked"), "{head}");
    let encoding = head.lines().find_map(|line| line.strip_prefix("content-encoding: ")).unwrap_or("identity");
    let encoding: ContentEncoding = encoding.trim().parse().unwrap();
    let body = Bytes::from(without_chunks(&answer[end + 4..]));
    let mut pieces = Decompress::new(stream::iter([Ok(body)]), encoding);
    let mut text = Vec::new();
    while let Some(piece) = pieces.next().await {
        text.extend_from_slice(&piece.unwrap());
    }
    (took, answer.len() as u64, String::from_utf8(text).unwrap())
}

/// Each chunk follows a line with its length; the last one is empty.
fn without_chunks(mut body: &[u8]) -> Vec<u8> {
    let mut whole = Vec::with_capacity(body.len());
    loop {
        let line = body.windows(2).position(|window| window == b"\r\n").unwrap();
        let length = usize::from_str_radix(std::str::from_utf8(&body[..line]).unwrap(), 16).unwrap();
        if length == 0 {
            return whole;
        }
        whole.extend_from_slice(&body[line + 2..line + 2 + length]);
        body = &body[line + 2 + length + 2..];
    }
}

/// A page that is there already, served as ours are.
pub(crate) fn serve_bare(text: String) -> (SocketAddr, actix_web::dev::ServerHandle) {
    let text = web::Data::new(text);
    let server = HttpServer::new(move || {
        let page =
            async |text: web::Data<String>| HttpResponse::Ok().content_type(ContentType::html()).body(text.to_string());
        ActixApp::new().app_data(text.clone()).route("/", web::get().to(page)).wrap(Compress::default())
    });
    let server = server.workers(1).disable_signals().bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let address = server.addrs()[0];
    let running = server.run();
    let handle = running.handle();
    tokio::spawn(running);
    (address, handle)
}

/// The 95th.
pub(crate) fn percentile(times: &mut [Duration]) -> Duration {
    times.sort_unstable();
    times[times.len() * 95 / 100]
}
