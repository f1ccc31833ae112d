//! The body of a request, read before anybody waits for it: it is bounded, and it must keep coming (W10). Whoever sends one
//! that nobody reads is hung up on.

use std::cell::{Cell, RefCell};
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};
use std::time::Duration;

use actix_web::Error as ActixError;
use actix_web::HttpMessage;
use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{Payload, ServiceRequest, ServiceResponse};
use actix_web::error::PayloadError;
use actix_web::http::header::CONTENT_LENGTH;
use actix_web::middleware::Next;
use bytes::{Bytes, BytesMut};
use futures_util::{Stream, StreamExt};
use tokio::time::{Instant, timeout_at};

use super::{app, refuse};
use crate::config::RequestConfig;
use crate::error::{Error, Result};
use crate::language::Message;
use crate::web::router::Permissions;
use crate::web::site::BODY_LIMIT;

/// How long an answer may take to be sent, once it is made.
const UNTIL_ANSWERED: Duration = Duration::from_secs(2);

/// Middleware: gives the handler a whole body, or refuses it.
pub async fn body(
    mut request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, ActixError> {
    if !request.method().is_safe() && !Permissions::streams(&request) {
        match read(&mut request).await {
            Ok(body) => request.set_payload(Payload::from(body)),
            Err(error) => return Ok(refuse(request, error)),
        }
    }
    Ok(next.call(request).await?.map_into_boxed_body())
}

/// Middleware, the outermost: ends the connection of a request whose body was not read to its end.
///
/// The HTTP library would wait for that end for ever, once the body's reader is gone. As long as there is one when the answer
/// is sent, it closes the connection instead.
pub async fn hang_up<B: MessageBody>(
    mut request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<B>, ActixError> {
    let payload = request.take_payload();
    if matches!(payload, Payload::None) {
        return next.call(request).await;
    }
    let shared = Shared { payload: Rc::new(RefCell::new(payload)), has_ended: Rc::default() };
    request.set_payload(Payload::Stream { payload: Box::pin(shared.clone()) });
    let answer = next.call(request).await;
    if !shared.has_ended.get() {
        actix_web::rt::spawn(async move {
            tokio::time::sleep(UNTIL_ANSWERED).await;
            drop(shared);
        });
    }
    answer
}

/// A body that lives as long as anybody has it.
#[derive(Clone)]
struct Shared {
    payload: Rc<RefCell<Payload>>,
    has_ended: Rc<Cell<bool>>,
}

impl Stream for Shared {
    type Item = Result<Bytes, PayloadError>;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let part = self.payload.borrow_mut().poll_next_unpin(cx);
        if matches!(part, Poll::Ready(None)) {
            self.has_ended.set(true);
        }
        part
    }
}

async fn read(request: &mut ServiceRequest) -> Result<Bytes> {
    let limits: RequestConfig = app(request)?.config.requests;
    let told = request.headers().get(CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse::<usize>().ok());
    if told.is_some_and(|length| length > BODY_LIMIT) {
        return Err(Error::TooLarge);
    }
    let mut body = BytesMut::with_capacity(told.unwrap_or_default());
    let mut parts = request.take_payload();
    let end = Instant::now() + limits.body;
    while let Some(part) = timeout_at(end.min(Instant::now() + limits.body_pause), parts.next())
        .await
        .map_err(|_elapsed| Error::TooSlow)?
    {
        let part = part.map_err(|_broken| Error::BadRequest(Message::new("The request could not be read")))?;
        if body.len() + part.len() > BODY_LIMIT {
            return Err(Error::TooLarge);
        }
        body.extend_from_slice(&part);
    }
    Ok(body.freeze())
}
