//! The overview of a server that is being sampled, asked for again and again, beside a bare page of the same bytes.

use std::net::{Ipv4Addr, SocketAddr};
use std::time::{Duration, Instant};

use actix_web::dev::Decompress;
use actix_web::http::header::{ContentEncoding, ContentType};
use actix_web::middleware::Compress;
use actix_web::{App as ActixApp, HttpResponse, HttpServer, web};
use bytes::Bytes;
use futures_util::{StreamExt, stream};
use hannun::models::sessions::NewSession;
use hannun::models::users::User;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::sleep;

use crate::stage::{Stage, USER};

const REQUESTS: usize = 100;
const PAUSE: Duration = Duration::from_millis(40);

/// The 95th percentile of one round's requests.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Served {
    /// The whole time without the longest remote command of each page.
    pub(crate) overview: Duration,
    /// A page without anything behind it.
    pub(crate) bare: Duration,
}

/// One round; the console samples meanwhile.
pub(crate) async fn round(stage: &Stage) -> Served {
    let cookie = sign_in(stage).await;
    let console = SocketAddr::from((Ipv4Addr::LOCALHOST, stage.settings.web_port));
    let page = || fetch(console, "/servers/server-1", &cookie);
    for _ in 0..5 {
        page().await;
    }
    let (_, text) = page().await;
    let (bare, stop) = serve_bare(text);
    let (mut of_overview, mut of_bare) = (Vec::new(), Vec::new());
    for _ in 0..REQUESTS {
        let (took, text) = page().await;
        // A page that went without its server says so; there is nothing to take off then.
        if let Some(remote) = remote(&text) {
            of_overview.push(took.saturating_sub(remote));
        }
        of_bare.push(fetch(bare, "/", "").await.0);
        sleep(PAUSE).await;
    }
    assert!(2 * of_overview.len() > REQUESTS, "most pages went without their server: the machine is too busy");
    stop.stop(false).await;
    Served { overview: percentile(&mut of_overview), bare: percentile(&mut of_bare) }
}

async fn sign_in(stage: &Stage) -> String {
    let now = stage.app.clock.now();
    let begin = stage.app.db.run(move |connection| {
        let user = User::by_name(connection, USER)?.unwrap();
        NewSession { user_id: user.id, address: Ipv4Addr::LOCALHOST.into(), user_agent: "bench" }.begin(connection, now)
    });
    format!("sid={}", begin.await.unwrap().0.expose())
}

/// A page from the first byte of the request to the last of the answer, as text.
async fn fetch(from: SocketAddr, path: &str, cookie: &str) -> (Duration, String) {
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
    (took, String::from_utf8(text).unwrap())
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

/// The longest time that a remote command took, as the page itself says it below what it shows; in whole milliseconds,
/// rounded down. Commands of one page run at the same time.
fn remote(page: &str) -> Option<Duration> {
    let evidence = page.split("class=\"evidence\"").skip(1).filter_map(|part| part.split("</p>").next());
    let took = evidence.filter(|line| line.contains(">exit 0<")).filter_map(|line| {
        let milliseconds = line.split("<span>").find_map(|span| span.strip_suffix(" ms</span> "))?;
        milliseconds.parse().ok().map(Duration::from_millis)
    });
    took.max()
}

fn serve_bare(text: String) -> (SocketAddr, actix_web::dev::ServerHandle) {
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

fn percentile(times: &mut [Duration]) -> Duration {
    times.sort_unstable();
    times[times.len() * 95 / 100]
}
