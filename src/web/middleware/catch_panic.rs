//! A panic in a handler is an answer with status 500 (R07); the process lives.

use std::any::Any;
use std::panic::AssertUnwindSafe;

use actix_web::Error as ActixError;
use actix_web::HttpResponse;
use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::middleware::Next;
use futures_util::FutureExt;

use crate::error::Error;

/// Middleware around one resource: only there may the request be kept for the answer.
pub async fn catch_panic(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, ActixError> {
    let kept = request.request().clone();
    match AssertUnwindSafe(next.call(request)).catch_unwind().await {
        Ok(answer) => answer.map(ServiceResponse::map_into_boxed_body),
        Err(panic) => {
            let error = Error::internal(anyhow::anyhow!("a handler panicked: {}", words(panic.as_ref())));
            Ok(ServiceResponse::new(kept, HttpResponse::from_error(error)))
        }
    }
}

fn words(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    text.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("no words")
}
