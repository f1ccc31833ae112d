//! One request and the beginning of its answer, on one connection (O04).

use std::pin::pin;

use bytes::{Bytes, BytesMut};
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use hyper::client::conn::http1::{self, SendRequest};
use hyper::header::{ACCEPT_ENCODING, CONNECTION, HOST, HeaderValue, USER_AGENT};
use hyper_util::rt::TokioIo;
use tokio::time::{Instant, timeout_at};
use url::{Position, Url};

use super::connect::Stream;
use super::error::OutboundError;
use super::request::{Answer, Request, host_of};

/// The largest head of an answer, bytes.
const HEAD: usize = 64 << 10;

/// Sends `request` to `url`, with its secret headers or without, and reads up to `limit` bytes of what is answered before `until`.
pub(super) async fn exchange(
    stream: &mut Box<dyn Stream>,
    (request, url, with_secrets): (&Request, &Url, bool),
    (until, limit): (Instant, usize),
) -> Result<Answer, OutboundError> {
    let began = Instant::now();
    let wrong = |why: hyper::Error| OutboundError::NoAnswer { host: host_of(url), why: why.to_string() };
    let late = || OutboundError::TimedOut { host: host_of(url) };
    let request = on_the_wire(request, url, with_secrets)?;
    let shaken = http1::Builder::new().max_buf_size(HEAD).handshake(TokioIo::new(stream));
    let (sender, connection) = shaken.await.map_err(wrong)?;
    let asking = async {
        let answer = timeout_at(until, ask(sender, request)).await.map_err(|_late| late())?.map_err(wrong)?;
        let (head, body) = answer.into_parts();
        let (body, is_whole) = beginning(body, until, limit).await;
        let (status, took) = (head.status.as_u16(), began.elapsed());
        Ok(Answer { status, headers: head.headers, body, is_whole, took })
    };
    let (mut asking, mut connection) = (pin!(asking), pin!(connection));
    // What drives the connection ends with it; what came before is still to be read.
    tokio::select! {
        biased;
        answer = &mut asking => answer,
        _ended = &mut connection => asking.await,
    }
}

async fn ask(
    mut sender: SendRequest<Full<Bytes>>,
    request: hyper::Request<Full<Bytes>>,
) -> hyper::Result<hyper::Response<Incoming>> {
    sender.send_request(request).await
}

fn on_the_wire(request: &Request, url: &Url, with_secrets: bool) -> Result<hyper::Request<Full<Bytes>>, OutboundError> {
    let no_url = |_| OutboundError::NoUrl("it is no URL");
    let (method, body, mut headers) = request.on_the_wire(with_secrets);
    let host = &url[Position::BeforeHost..Position::AfterPort];
    headers.insert(HOST, HeaderValue::from_str(host).map_err(|_odd| OutboundError::NoUrl("it is no URL"))?);
    headers.insert(CONNECTION, HeaderValue::from_static("close"));
    headers.insert(ACCEPT_ENCODING, HeaderValue::from_static("identity"));
    headers.entry(USER_AGENT).or_insert(HeaderValue::from_static("hannun"));
    let target = &url[Position::BeforePath..Position::AfterQuery];
    let mut made = hyper::Request::builder().method(method).uri(target).body(Full::new(body)).map_err(no_url)?;
    *made.headers_mut() = headers;
    Ok(made)
}

/// The beginning of `body`, and whether it is all of it. Whoever dribbles is not waited for, and what came counts.
async fn beginning(mut body: Incoming, until: Instant, limit: usize) -> (Bytes, bool) {
    let mut read = BytesMut::new();
    loop {
        let frame = match timeout_at(until, body.frame()).await {
            Ok(Some(Ok(frame))) => frame,
            Ok(None) => return (read.freeze(), true),
            Ok(Some(Err(_))) | Err(_) => return (read.freeze(), false),
        };
        let Ok(data) = frame.into_data() else { continue };
        let room = limit - read.len();
        read.extend_from_slice(data.get(..room.min(data.len())).unwrap_or_default());
        if data.len() > room {
            return (read.freeze(), false);
        }
    }
}
