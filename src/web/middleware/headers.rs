//! The headers of every answer (W04, W07). A handler's own header of the same name wins.

use actix_web::Error as ActixError;
use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::{HeaderName, HeaderValue};
use actix_web::middleware::Next;

use super::app;

/// What a page of ours may load and do: only what comes from us.
pub const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; \
     font-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'; object-src 'none'";

/// What a downloaded file may do: nothing.
pub const DOWNLOAD_POLICY: &str = "default-src 'none'; sandbox";

const HEADERS: [(&str, &str); 8] = [
    ("content-security-policy", CONTENT_SECURITY_POLICY),
    ("x-content-type-options", "nosniff"),
    ("x-frame-options", "DENY"),
    // Not `no-referrer`: that makes browsers send `Origin: null` with forms.
    ("referrer-policy", "same-origin"),
    ("cross-origin-opener-policy", "same-origin"),
    ("cross-origin-resource-policy", "same-origin"),
    ("permissions-policy", "camera=(), microphone=(), geolocation=(), usb=()"),
    ("cache-control", "no-store"),
];

/// Middleware: adds them.
pub async fn headers<B: MessageBody>(request: ServiceRequest, next: Next<B>) -> Result<ServiceResponse<B>, ActixError> {
    let https = app(&request).is_ok_and(|app| app.config.https());
    let mut answer = next.call(request).await?;
    let present = answer.headers_mut();
    for (name, value) in HEADERS {
        if !present.contains_key(name) {
            present.insert(HeaderName::from_static(name), HeaderValue::from_static(value));
        }
    }
    if https {
        let value = HeaderValue::from_static("max-age=31536000");
        present.insert(HeaderName::from_static("strict-transport-security"), value);
    }
    Ok(answer)
}
