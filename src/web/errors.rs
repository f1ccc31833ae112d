//! One error, many looks: a page for a browser, a `.fail` block or a toast for htmx, a problem document for programs.
//!
//! [`ResponseError`] gives the status only; [`look`] is the middleware that dresses the answer, and logs our own faults.

mod page;
mod problem;

pub use page::Fail;

use actix_web::body::{BodySize, BoxBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::StatusCode;
use actix_web::http::header::{
    CONTENT_RANGE, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue, RETRY_AFTER, VARY, WWW_AUTHENTICATE,
};
use actix_web::middleware::Next;
use actix_web::{HttpRequest, HttpResponse, ResponseError};

use super::format;
use super::hx::Hx;
use super::visitor::Visitor;
use crate::error::{Error, RemoteError};
use crate::language::Message;

/// Seconds until what is not available now is worth another try (R04).
const RETRY_UNAVAILABLE: &str = "5";

impl ResponseError for Error {
    fn status_code(&self) -> StatusCode {
        match self {
            Self::NotFound(_) => StatusCode::NOT_FOUND,
            Self::SignInNeeded => StatusCode::UNAUTHORIZED,
            Self::ReauthenticationNeeded | Self::Forbidden(_) => StatusCode::FORBIDDEN,
            Self::Invalid(_) => StatusCode::UNPROCESSABLE_ENTITY,
            Self::BadRequest(_) => StatusCode::BAD_REQUEST,
            Self::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::TooSlow => StatusCode::REQUEST_TIMEOUT,
            Self::NoRoom(_) => StatusCode::INSUFFICIENT_STORAGE,
            Self::Conflict(_) | Self::NoFile(_) => StatusCode::CONFLICT,
            Self::BeyondEnd { .. } => StatusCode::RANGE_NOT_SATISFIABLE,
            // Nobody was asked: what is paused is in the way, not the server.
            Self::Remote(error) if matches!(**error, RemoteError::Disabled { .. }) => StatusCode::CONFLICT,
            Self::Remote(error) if matches!(**error, RemoteError::Busy { .. }) => StatusCode::TOO_MANY_REQUESTS,
            Self::TooMany { .. } => StatusCode::TOO_MANY_REQUESTS,
            Self::Unavailable(_) => StatusCode::SERVICE_UNAVAILABLE,
            Self::Remote(_) => StatusCode::BAD_GATEWAY,
            Self::Internal(_) => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    fn error_response(&self) -> HttpResponse {
        HttpResponse::new(self.status_code())
    }
}

/// The word for an error that programs read.
pub fn code(error: &Error) -> &'static str {
    match error {
        Error::NotFound(_) => "not-found",
        Error::SignInNeeded => "sign-in-needed",
        Error::ReauthenticationNeeded => "reauth",
        Error::Forbidden(_) => "forbidden",
        Error::Invalid(_) => "invalid",
        Error::BadRequest(_) => "bad-request",
        Error::TooLarge => "too-large",
        Error::TooSlow => "too-slow",
        Error::NoRoom(_) => "no-room",
        Error::Conflict(_) => "conflict",
        Error::NoFile(_) => "no-file",
        Error::BeyondEnd { .. } => "beyond-end",
        Error::TooMany { .. } => "too-many-requests",
        Error::Unavailable(_) => "unavailable",
        Error::Remote(error) => error.code(),
        Error::Internal(_) => "internal",
    }
}

/// Middleware: gives every failed answer that has no body of its own the look that its request asks for.
pub async fn look(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, actix_web::Error> {
    let answer = next.call(request).await?.map_into_boxed_body();
    if !answer.status().is_client_error() && !answer.status().is_server_error() {
        return Ok(answer);
    }
    let bare = answer.response().error().is_some()
        || matches!(answer.response().body().size(), BodySize::None | BodySize::Sized(0));
    if !bare {
        return Ok(answer);
    }
    let (request, response) = answer.into_parts();
    let status = response.status();
    let own = response.error().and_then(|error| error.as_error::<Error>());
    let foreign;
    let error = if let Some(error) = own {
        error
    } else {
        foreign = of_status(status);
        &foreign
    };
    let dressed = dress(&request, error, status, response.headers()).await;
    Ok(ServiceResponse::new(request, dressed))
}

/// The error for an answer that actix or a library made.
fn of_status(status: StatusCode) -> Error {
    match status {
        StatusCode::NOT_FOUND => Error::NotFound("This page"),
        StatusCode::METHOD_NOT_ALLOWED => Error::BadRequest(Message::new("This address does not take such requests")),
        StatusCode::PAYLOAD_TOO_LARGE => Error::TooLarge,
        StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE => {
            Error::BadRequest(Message::new("The request has more header fields than hannun reads"))
        }
        StatusCode::MISDIRECTED_REQUEST => Error::BadRequest(Message::new(
            "hannun does not answer under this name. An administrator can add it to HANNUN_HOSTS",
        )),
        status if status.is_server_error() => Error::internal(anyhow::anyhow!("{status}")),
        _ => Error::BadRequest(Message::new("The request could not be read")),
    }
}

async fn dress(request: &HttpRequest, error: &Error, status: StatusCode, kept: &HeaderMap) -> HttpResponse {
    let visitor = Visitor::of(request);
    let request_id = visitor.as_ref().map(|visitor| visitor.request_id.clone()).unwrap_or_default();
    if let Error::Internal(cause) = error {
        let cause = format::visible(&format!("{cause:#}")).replace('\n', "␊");
        tracing::error!(request_id, cause, "a request failed on our side");
    }
    let mut response = if is_for_programs(request.path()) {
        problem::document(request, error, status, &request_id)
    } else if Hx::of(request).request {
        page::for_htmx(request, error, status, request_id).await
    } else {
        page::for_browser(request, error, status, request_id).await
    };
    for (name, value) in kept {
        if name != CONTENT_TYPE && !response.headers().contains_key(name) {
            response.headers_mut().append(name.clone(), value.clone());
        }
    }
    let headers = response.headers_mut();
    headers.insert(VARY, HeaderValue::from_static("HX-Request"));
    match error {
        Error::TooMany { retry_after_seconds } => set(headers, RETRY_AFTER, &retry_after_seconds.to_string()),
        Error::Unavailable(_) => set(headers, RETRY_AFTER, RETRY_UNAVAILABLE),
        Error::BeyondEnd { size } => set(headers, CONTENT_RANGE, &format!("bytes */{size}")),
        _ => {}
    }
    if matches!(error, Error::SignInNeeded) && is_for_programs(request.path()) {
        set(headers, WWW_AUTHENTICATE, "Bearer");
    }
    response
}

/// Whether programs ask for this address, not people.
fn is_for_programs(path: &str) -> bool {
    path.starts_with("/api/") || path == "/metrics"
}

fn set(headers: &mut HeaderMap, name: HeaderName, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        headers.insert(name, value);
    }
}
