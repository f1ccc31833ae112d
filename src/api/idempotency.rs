//! `Idempotency-Key`: a request that is repeated with the same key within a day is answered, not done again.
//!
//! What is kept of an answer can be opened by the same bearer token only: one answer, that of a new token, is secret.

use actix_web::body::{self, BoxBody, MessageBody};
use actix_web::dev::{Payload, ServiceRequest, ServiceResponse};
use actix_web::http::StatusCode;
use actix_web::http::header::{AUTHORIZATION, CONTENT_TYPE, HeaderValue};
use actix_web::middleware::Next;
use actix_web::{HttpResponse, web};
use chacha20poly1305::aead::{Aead, KeyInit};
use chacha20poly1305::{Key, XChaCha20Poly1305, XNonce};
use sha2::{Digest, Sha256};

use super::input;
use crate::app::App;
use crate::error::{Error, Result};
use crate::language::Message;
use crate::models::idempotency::RememberedRequest;

/// The header that names a request.
pub(super) const KEY: &str = "Idempotency-Key";
/// Says on an answer that it was given before.
pub(super) const REPLAYED: &str = "Idempotency-Replayed";
/// The longest key, in characters.
const LONGEST_KEY: usize = 255;
/// Bytes of a nonce.
const NONCE: usize = 24;

/// Answers a repeated request from memory; remembers the answer of a new one.
pub async fn remember(
    mut request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, actix_web::Error> {
    let Some(header) = request.headers().get(KEY).cloned() else {
        return Ok(next.call(request).await?.map_into_boxed_body());
    };
    let Some(app) = request.app_data::<web::Data<App>>().cloned() else {
        return Err(Error::internal(anyhow::anyhow!("App is not registered")).into());
    };
    let bytes = match input::read_whole(request.parts_mut().1.take()).await {
        Ok(bytes) => bytes,
        Err(error) => return Ok(request.error_response(error)),
    };
    let named = match Named::of(&request, &header, &bytes) {
        Ok(named) => named,
        Err(error) => return Ok(request.error_response(error)),
    };
    request.set_payload(Payload::from(bytes));

    let (id, digest, now) = (named.id.clone(), named.digest.clone(), app.clock.now());
    let before = app.db.run(move |connection| RememberedRequest::begin(connection, &id, &digest, now)).await;
    match before {
        Ok(None) => {}
        Ok(Some(before)) => {
            return Ok(match named.again(&before) {
                Ok(answer) => request.into_response(answer),
                Err(error) => request.error_response(error),
            });
        }
        Err(error) => return Ok(request.error_response(error)),
    }
    let response = next.call(request).await?.map_into_boxed_body();
    named.keep(&app, response).await
}

/// Whether a server may have done what it was asked for, although it did not say so.
fn is_unclear(response: &ServiceResponse) -> bool {
    let error = response.response().error().and_then(|error| error.as_error::<Error>());
    let Some(Error::Remote(error)) = error else { return false };
    error.may_have_run()
}

/// A request with a key.
struct Named {
    id: Vec<u8>,
    digest: Vec<u8>,
    seal: XChaCha20Poly1305,
}

impl Named {
    fn of(request: &ServiceRequest, header: &HeaderValue, body: &[u8]) -> Result<Self> {
        let key = header.to_str().unwrap_or_default();
        if key.is_empty() || key.len() > LONGEST_KEY {
            return Err(Error::BadRequest(Message::new("Idempotency-Key must be 1 to 255 printable characters")));
        }
        let Some(token) = request.headers().get(AUTHORIZATION) else {
            return Err(Error::BadRequest(Message::new("Idempotency-Key goes with a bearer token")));
        };
        let hash = |purpose: &str, parts: &[&[u8]]| {
            let mut hash = Sha256::new_with_prefix(purpose);
            for part in [token.as_bytes(), key.as_bytes()].iter().chain(parts) {
                hash.update(part.len().to_be_bytes());
                hash.update(part);
            }
            hash.finalize()
        };
        let target = request.uri().path_and_query().map_or("", |target| target.as_str());
        Ok(Self {
            id: hash("idempotency id", &[]).to_vec(),
            digest: hash("idempotency request", &[request.method().as_str().as_bytes(), target.as_bytes(), body])
                .to_vec(),
            seal: XChaCha20Poly1305::new(&Key::from(<[u8; 32]>::from(hash("idempotency answer", &[])))),
        })
    }

    /// The answer that was given before.
    fn again(&self, before: &RememberedRequest) -> Result<HttpResponse> {
        if before.request_digest != self.digest {
            return Err(Error::Conflict(Message::new("This Idempotency-Key was used for another request")));
        }
        let (Some(status), Some(answer)) = (before.status, &before.answer) else {
            return Err(Error::Conflict(Message::new(
                "A request with this Idempotency-Key has begun, and its end is not known. Look at what it did before you send it again with another key",
            )));
        };
        let (content_type, body) = self.open(answer)?;
        let status = u16::try_from(status).ok().and_then(|status| StatusCode::from_u16(status).ok());
        let mut response = HttpResponse::build(status.unwrap_or(StatusCode::OK));
        response.insert_header((REPLAYED, "true"));
        if !content_type.is_empty() {
            response.insert_header((CONTENT_TYPE, content_type));
        }
        Ok(response.body(body))
    }

    /// Keeps an answer that says what was done; what did nothing may be tried again under the same key.
    async fn keep(
        self,
        app: &App,
        response: ServiceResponse<BoxBody>,
    ) -> Result<ServiceResponse<BoxBody>, actix_web::Error> {
        let id = self.id.clone();
        if !response.status().is_success() {
            // A server that was lost while it was changed is another matter: what it did is not known.
            if !is_unclear(&response) {
                app.db.run(move |connection| RememberedRequest::forget(connection, &id)).await?;
            }
            return Ok(response);
        }
        let (request, response) = response.into_parts();
        let status = i32::from(response.status().as_u16());
        let content_type =
            response.headers().get(CONTENT_TYPE).map(|value| value.as_bytes().to_vec()).unwrap_or_default();
        let (response, content) = response.into_parts();
        let content = body::to_bytes(content)
            .await
            .map_err(|_broken| Error::internal(anyhow::anyhow!("an answer could not be read to remember it")))?;
        let sealed = self.seal(&content_type, &content)?;
        app.db.run(move |connection| RememberedRequest::answered(connection, &id, status, &sealed)).await?;
        Ok(ServiceResponse::new(request, response.set_body(BoxBody::new(content))))
    }

    /// Nonce, then sealed: the content type, a line break, the body.
    fn seal(&self, content_type: &[u8], content: &[u8]) -> Result<Vec<u8>> {
        let mut nonce = [0; NONCE];
        getrandom::fill(&mut nonce).map_err(|error| Error::internal(anyhow::anyhow!("no randomness: {error}")))?;
        let plain = [content_type, b"\n", content].concat();
        let sealed = self
            .seal
            .encrypt(&XNonce::from(nonce), plain.as_slice())
            .map_err(|_unsaid| Error::internal(anyhow::anyhow!("an answer could not be sealed")))?;
        Ok([nonce.as_slice(), &sealed].concat())
    }

    fn open(&self, sealed: &[u8]) -> Result<(Vec<u8>, Vec<u8>)> {
        let damaged = || Error::internal(anyhow::anyhow!("a remembered answer is damaged"));
        let (nonce, sealed) = sealed.split_first_chunk::<NONCE>().ok_or_else(damaged)?;
        let plain = self.seal.decrypt(&XNonce::from(*nonce), sealed).map_err(|_unsaid| damaged())?;
        let end = plain.iter().position(|byte| *byte == b'\n').ok_or_else(damaged)?;
        let (content_type, content) = plain.split_at(end);
        Ok((content_type.to_vec(), content.iter().skip(1).copied().collect()))
    }
}
