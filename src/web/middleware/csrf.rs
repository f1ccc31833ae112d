//! Unsafe requests must come from a page of ours (W01): by what the browser says, and by a token that only our pages know.

use actix_web::Error as ActixError;
use actix_web::HttpMessage;
use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{Payload, ServiceRequest, ServiceResponse};
use actix_web::http::header::{HOST, HeaderMap, HeaderValue, ORIGIN};
use actix_web::middleware::Next;
use bytes::Bytes;
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use super::{app, refuse};
use crate::app::App;
use crate::error::{Error, Result};
use crate::language::Message;
use crate::web::router::Permissions;
use crate::web::visitor::{Identity, Visitor};

/// The hidden field of plain forms; never part of a form's own fields.
pub const FIELD: &str = "csrf_token";
/// The token has not been seen yet: it is the first part of the body (W01).
pub struct TokenToCome;

/// The header that htmx sends, from `hx-headers` on `body`.
const HEADER: &str = "X-CSRF-Token";

/// The token for people who have no session yet, from the value of their pre-session cookie.
pub fn pre_session_token(cookie: &str) -> String {
    hex::encode(Sha256::digest(format!("hannun pre-session {cookie}")))
}

/// Middleware: lets safe methods through, and unsafe ones that prove where they come from.
pub async fn csrf(
    mut request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, ActixError> {
    match check(&mut request).await {
        Ok(()) => Ok(next.call(request).await?.map_into_boxed_body()),
        Err(error) => Ok(refuse(request, error)),
    }
}

async fn check(request: &mut ServiceRequest) -> Result<()> {
    if request.method().is_safe() {
        return Ok(());
    }
    let visitor = Visitor::of(request.request()).ok_or(Error::SignInNeeded)?;
    if matches!(visitor.identity, Identity::Program(_)) {
        return Ok(()); // no cookie was used, so no browser was tricked into sending one
    }
    if !is_same_origin(request)? {
        return Err(Error::Forbidden(Message::new("The request did not come from a page of hannun")));
    }
    let token = match header(request, HEADER) {
        Some(token) => token.to_owned(),
        // The first part of a body that is read as it comes: its reader gives nothing before it was found to be right.
        None if Permissions::streams(request) && request.content_type() == "multipart/form-data" => {
            request.extensions_mut().insert(TokenToCome);
            return Ok(());
        }
        None => field(request).await?.unwrap_or_default(),
    };
    if bool::from(token.as_bytes().ct_eq(visitor.csrf_token.as_bytes())) && !token.is_empty() {
        Ok(())
    } else {
        Err(Error::Forbidden(Message::new("The page is too old. Load it again, then repeat")))
    }
}

/// Whether `Origin` is there and is ours, to the letter: what an upgrade to a WebSocket needs, which browsers let every page
/// ask for (W02).
pub fn comes_from_our_origin(app: &App, headers: &HeaderMap) -> bool {
    let text = |name| headers.get(name).and_then(|value: &HeaderValue| value.to_str().ok()).unwrap_or_default();
    let (origin, host) = (text(ORIGIN), text(HOST));
    let scheme = if app.config.https() { "https" } else { "http" };
    headers.get_all(ORIGIN).count() == 1 && (origin == app.config.origin() || origin == format!("{scheme}://{host}"))
}

/// What the browser says: `Sec-Fetch-Site`, else `Origin`. A browser that says neither is refused.
fn is_same_origin(request: &ServiceRequest) -> Result<bool> {
    if let Some(site) = header(request, "Sec-Fetch-Site") {
        return Ok(site == "same-origin");
    }
    let app = app(request)?;
    let origin = header(request, ORIGIN.as_str()).unwrap_or_default();
    let scheme = if app.config.https() { "https" } else { "http" };
    let host = header(request, HOST.as_str()).unwrap_or_default();
    Ok(!origin.is_empty() && (origin == app.config.origin() || origin == format!("{scheme}://{host}")))
}

/// The token of a plain form. The body is put back for the handler.
async fn field(request: &mut ServiceRequest) -> Result<Option<String>> {
    if request.content_type() != "application/x-www-form-urlencoded" {
        return Ok(None);
    }
    let body = request.extract::<Bytes>().await.map_err(|_overflow| Error::TooLarge)?;
    request.set_payload(Payload::from(body.clone()));
    let pairs: Vec<(String, String)> = serde_urlencoded::from_bytes(&body).unwrap_or_default();
    Ok(pairs.into_iter().find(|(name, _)| name == FIELD).map(|(_, token)| token))
}

fn header<'r>(request: &'r ServiceRequest, name: &str) -> Option<&'r str> {
    request.headers().get(name).and_then(|value| value.to_str().ok())
}
