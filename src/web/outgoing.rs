//! Bodies that are given as they come. Knows no file.

use actix_web::body::SizedStream;
use actix_web::http::header::{CONTENT_ENCODING, HeaderValue};
use actix_web::{HttpResponse, HttpResponseBuilder};
use bytes::Bytes;
use futures_util::Stream;

use crate::error::Result;

/// The answer with `content` as its body, which is not pressed together on its way; with its length where that is known.
pub fn streamed(
    mut answer: HttpResponseBuilder,
    size: Option<u64>,
    content: impl Stream<Item = Result<Bytes>> + 'static,
) -> HttpResponse {
    answer.insert_header((CONTENT_ENCODING, HeaderValue::from_static("identity")));
    match size {
        Some(size) => answer.body(SizedStream::new(size, Box::pin(content))),
        None => answer.streaming(content),
    }
}
