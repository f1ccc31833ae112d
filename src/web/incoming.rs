//! Bodies that are read as they come: parts of a form with files, or raw bytes. Nothing of them is given before the token of
//! the form was found to be right (W01), and whoever stops sending is given up (W10). Knows no file.

use actix_multipart::{Field, Multipart};
use actix_web::dev::Payload;
use actix_web::http::header::{CONTENT_LENGTH, CONTENT_TYPE};
use actix_web::{FromRequest, HttpMessage, HttpRequest, web};
use bytes::Bytes;
use futures_util::StreamExt;
use std::future::{Ready, ready};
use std::time::Duration;
use subtle::ConstantTimeEq;
use tokio::time::timeout;

use super::middleware::csrf::{self, TokenToCome};
use super::visitor::Visitor;
use crate::app::App;
use crate::error::{Error, Result};
use crate::language::Message;

/// The longest text of a part that is no file, bytes.
const TEXT_LIMIT: usize = 16 << 10;

/// A body of raw bytes, piece by piece. Where a token is still to come there is no place for it, and it is refused.
pub struct RawBody {
    payload: Payload,
    pause: Duration,
    is_known: bool,
}

impl RawBody {
    /// The next piece; none at the end.
    pub async fn next(&mut self) -> Result<Option<Bytes>> {
        if !self.is_known {
            return Err(too_old());
        }
        let next = timeout(self.pause, self.payload.next()).await.map_err(|_elapsed| Error::TooSlow)?;
        next.transpose().map_err(|_broken| unreadable())
    }
}

impl FromRequest for RawBody {
    type Error = Error;
    type Future = Ready<Result<Self>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let is_known = request.extensions().get::<TokenToCome>().is_none();
        ready(Ok(Self { payload: payload.take(), pause: pause(request), is_known }))
    }
}

/// A form with files, part by part, in the order in which it was sent.
pub struct Parts {
    multipart: Multipart,
    pause: Duration,
    /// What the first part must say; none where a header said it.
    token: Option<String>,
    told: Option<u64>,
}

/// One part of a form.
pub enum Part {
    /// A field with its text.
    Text(String, String),
    /// A file with the name that it has on the sender's machine; its bytes follow.
    File(String, Box<File>),
}

/// A file on its way.
pub struct File {
    field: Field,
    pause: Duration,
}

impl Parts {
    /// How long all parts together are, bytes, as far as the sender tells; a claim.
    pub fn told(&self) -> Option<u64> {
        self.told
    }

    /// The next part; none at the end. A file that was not read to its end is skipped.
    pub async fn next(&mut self) -> Result<Option<Part>> {
        loop {
            let Some(field) = timeout(self.pause, self.multipart.next()).await.map_err(|_elapsed| Error::TooSlow)?
            else {
                return if self.token.is_some() { Err(too_old()) } else { Ok(None) };
            };
            let field = field.map_err(|_broken| unreadable())?;
            let name = field.name().unwrap_or_default().to_owned();
            let file_name = field.content_disposition().and_then(|head| head.get_filename().map(str::to_owned));
            let mut file = File { field, pause: self.pause };
            if let Some(expected) = &self.token {
                // Before a byte of anything else is kept.
                let given = if name == csrf::FIELD && file_name.is_none() { file.text().await? } else { String::new() };
                if given.is_empty() || !bool::from(given.as_bytes().ct_eq(expected.as_bytes())) {
                    return Err(too_old());
                }
                self.token = None;
                continue;
            }
            match file_name {
                None if name == csrf::FIELD => {}
                None => return Ok(Some(Part::Text(name, file.text().await?))),
                // What a browser sends where no file was chosen.
                Some(file_name) if file_name.is_empty() => {}
                Some(file_name) => return Ok(Some(Part::File(file_name, Box::new(file)))),
            }
        }
    }
}

impl File {
    /// The next piece; none at the end.
    pub async fn next(&mut self) -> Result<Option<Bytes>> {
        let next = timeout(self.pause, self.field.next()).await.map_err(|_elapsed| Error::TooSlow)?;
        next.transpose().map_err(|_broken| unreadable())
    }

    async fn text(&mut self) -> Result<String> {
        let mut bytes = Vec::new();
        while let Some(piece) = self.next().await? {
            if bytes.len() + piece.len() > TEXT_LIMIT {
                return Err(Error::TooLarge);
            }
            bytes.extend_from_slice(&piece);
        }
        String::from_utf8(bytes).map_err(|_no_text| unreadable())
    }
}

impl FromRequest for Parts {
    type Error = Error;
    type Future = Ready<Result<Self>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let is_to_come = request.extensions().get::<TokenToCome>().is_some();
        let is_form =
            request.headers().get(CONTENT_TYPE).is_some_and(|kind| kind.as_bytes().starts_with(b"multipart/"));
        let token = Visitor::of(request).map(|visitor| visitor.csrf_token);
        ready(match token {
            Some(token) if is_form => {
                let token = is_to_come.then_some(token);
                let told = request.headers().get(CONTENT_LENGTH).and_then(|told| told.to_str().ok()?.parse().ok());
                let multipart = Multipart::new(request.headers(), payload.take());
                Ok(Self { multipart, pause: pause(request), token, told })
            }
            _ => Err(unreadable()),
        })
    }
}

fn pause(request: &HttpRequest) -> Duration {
    let app = request.app_data::<web::Data<App>>();
    app.map_or(Duration::from_secs(10), |app| app.config.requests.body_pause)
}

fn too_old() -> Error {
    Error::Forbidden(Message::new("The page is too old. Load it again, then repeat"))
}

fn unreadable() -> Error {
    Error::BadRequest(Message::new("The request could not be read"))
}
