//! `If-Match` and `If-None-Match` of a request that puts content in a place: what has to be there for it to be done.

use actix_web::HttpRequest;
use actix_web::http::header::{HeaderName, IF_MATCH, IF_NONE_MATCH};

use crate::error::{Error, Result};
use crate::language::Message;

/// What has to be there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Precondition<'r> {
    /// What has this etag.
    Replaces(&'r str),
    /// Nothing.
    IsNew,
}

impl<'r> Precondition<'r> {
    /// Of a request; it has to say one of the two. `missing` tells how.
    pub(super) fn of(request: &'r HttpRequest, missing: &'static str) -> Result<Self> {
        match (header(request, &IF_MATCH), header(request, &IF_NONE_MATCH)) {
            (Some(etag), None) => Ok(Self::Replaces(etag)),
            (None, Some("*")) => Ok(Self::IsNew),
            _ => Err(Error::BadRequest(Message::new(missing))),
        }
    }
}

/// The etag of `If-Match`, for what can only be done to something that is there. `missing` asks for it.
pub(super) fn etag<'r>(request: &'r HttpRequest, missing: &'static str) -> Result<&'r str> {
    header(request, &IF_MATCH).ok_or_else(|| Error::BadRequest(Message::new(missing)))
}

fn header<'r>(request: &'r HttpRequest, name: &HeaderName) -> Option<&'r str> {
    request.headers().get(name).and_then(|value| value.to_str().ok())
}
