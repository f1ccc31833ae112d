//! `If-Match` and `If-None-Match` of a request that puts content in a place: what has to be there for it to be done.

use std::fmt;

use actix_web::HttpRequest;
use actix_web::http::header::{HeaderName, IF_MATCH, IF_NONE_MATCH};

use crate::error::{Error, Result};
use crate::language::Message;

/// What has to be there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Precondition<'r> {
    /// What has this etag, which is told without quotes.
    Replaces(&'r str),
    /// Nothing.
    IsNew,
}

impl<'r> Precondition<'r> {
    /// Of a request; it has to say one of the two. `missing` tells how.
    pub(super) fn of(request: &'r HttpRequest, missing: &'static str) -> Result<Self> {
        match (header(request, &IF_MATCH), header(request, &IF_NONE_MATCH)) {
            (Some(etag), None) => Ok(Self::Replaces(bare(etag))),
            (None, Some("*")) => Ok(Self::IsNew),
            _ => Err(Error::BadRequest(Message::new(missing))),
        }
    }
}

/// The etag of `If-Match` without quotes, for what can only be done to something that is there. `missing` asks for it.
pub(super) fn etag<'r>(request: &'r HttpRequest, missing: &'static str) -> Result<&'r str> {
    header(request, &IF_MATCH).map(bare).ok_or_else(|| Error::BadRequest(Message::new(missing)))
}

/// An etag as a header writes it.
pub(super) fn quoted(etag: impl fmt::Display) -> String {
    format!("\"{etag}\"")
}

/// An etag without the quotes of a header: whoever sends it in JSON may have left them there.
pub(super) fn bare(etag: &str) -> &str {
    etag.trim().trim_matches('"')
}

fn header<'r>(request: &'r HttpRequest, name: &HeaderName) -> Option<&'r str> {
    request.headers().get(name).and_then(|value| value.to_str().ok())
}
