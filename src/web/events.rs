//! Server-sent events: how one is written, and the answer that carries them. Knows no event by name.

use std::convert::Infallible;

use actix_web::http::header::{CACHE_CONTROL, CONTENT_ENCODING, HeaderName, HeaderValue};
use actix_web::{HttpRequest, HttpResponse};
use bytes::Bytes;
use futures_util::{Stream, StreamExt};

/// Says that the line is alive, to programs: a comment, which no listener hears.
pub const ALIVE: Bytes = Bytes::from_static(b": alive\n\n");

/// The same for a page that says how fresh it is.
pub const STILL_HERE: Bytes = Bytes::from_static(b"event: alive\ndata: 1\n\n");

/// One event. Data of several lines stays one event; a carriage return cannot end one early.
pub fn event(name: &str, data: &str) -> Bytes {
    let mut text = String::with_capacity(name.len() + data.len() + 32);
    text.push_str("event: ");
    text.push_str(name);
    for line in data.split(['\n', '\r']) {
        text.push_str("\ndata: ");
        text.push_str(line);
    }
    text.push_str("\n\n");
    Bytes::from(text)
}

/// The same with an id, which the browser names when it opens the stream again.
pub fn event_at(id: &str, name: &str, data: &str) -> Bytes {
    let id: String = id.chars().filter(|c| !c.is_control()).collect();
    let rest = event(name, data);
    Bytes::from([b"id: ", id.as_bytes(), b"\n", &rest].concat())
}

/// The id of the last event that whoever opens a stream again has got.
pub fn last_id(request: &HttpRequest) -> Option<&str> {
    request.headers().get("Last-Event-ID").and_then(|id| id.to_str().ok()).filter(|id| !id.is_empty())
}

/// The answer that sends `events` as they come, past every cache, buffer and compressor.
pub fn answer(events: impl Stream<Item = Bytes> + 'static) -> HttpResponse {
    HttpResponse::Ok()
        .content_type("text/event-stream")
        .insert_header((CACHE_CONTROL, HeaderValue::from_static("no-store")))
        .insert_header((CONTENT_ENCODING, HeaderValue::from_static("identity")))
        .insert_header((HeaderName::from_static("x-accel-buffering"), HeaderValue::from_static("no")))
        .streaming(events.map(Ok::<_, Infallible>))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn data_of_several_lines_is_one_event_and_cannot_forge_another() {
        let sent = event("fleet", "<tr>\r\nevent: forged\rdata: x");
        let text = std::str::from_utf8(&sent).unwrap();
        assert_eq!(text, "event: fleet\ndata: <tr>\ndata: \ndata: event: forged\ndata: data: x\n\n");
    }
}
