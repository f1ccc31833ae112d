//! Files as answers, whole or in part (RFC 9110, section 14): what a request wants of one, and how that is answered.

use std::ops::Range;

use actix_web::http::StatusCode;
use actix_web::http::header::{ACCEPT_RANGES, CONTENT_RANGE, ETAG, HeaderName, HeaderValue, IF_RANGE, RANGE};
use actix_web::{HttpRequest, HttpResponse, HttpResponseBuilder};
use bytes::Bytes;
use futures_util::Stream;

use super::outgoing::streamed;
use crate::error::Result;
use crate::transfers::download::Download;
use crate::transfers::{Part, Wanted};

/// The part that a request wants. None is all: also where it wants several parts, or says what we do not understand, and where
/// its `If-Range` is no strong validator of ours.
pub fn wanted(request: &HttpRequest) -> Option<Wanted> {
    let part = part(only(request, &RANGE)?)?;
    let if_still = if request.headers().contains_key(IF_RANGE) {
        let quoted = only(request, &IF_RANGE)?.strip_prefix('"')?.strip_suffix('"')?;
        Some(quoted.to_owned())
    } else {
        None
    };
    Some(Wanted { part, if_still })
}

/// A header that came once.
fn only<'r>(request: &'r HttpRequest, name: &HeaderName) -> Option<&'r str> {
    let mut values = request.headers().get_all(name);
    let value = values.next()?.to_str().ok()?;
    values.next().is_none().then(|| value.trim())
}

/// `bytes=0-499`, `bytes=500-` or `bytes=-500`.
fn part(text: &str) -> Option<Part> {
    let (unit, set) = text.split_once('=')?;
    if !unit.trim().eq_ignore_ascii_case("bytes") {
        return None;
    }
    let (first, last) = set.trim().split_once('-')?;
    match (first, last) {
        ("", last) => Some(Part::Last(number(last)?)),
        (first, "") => Some(Part::From(number(first)?, None)),
        (first, last) => {
            let (first, last) = (number(first)?, number(last)?);
            (first <= last).then_some(Part::From(first, Some(last)))
        }
    }
}

/// What is more than any file has is as much as can be said.
fn number(digits: &str) -> Option<u64> {
    let is_number = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    is_number.then(|| digits.parse().unwrap_or(u64::MAX))
}

/// The answer that carries a file, with what is needed to ask for the rest of it later.
pub fn answer(
    mut answer: HttpResponseBuilder,
    file: Download<impl Stream<Item = Result<Bytes>> + 'static>,
) -> HttpResponse {
    let whole = file.whole();
    let mut length = whole;
    let mut set = |name: HeaderName, value: &str| {
        if let Ok(value) = HeaderValue::from_str(value) {
            answer.insert_header((name, value));
        }
    };
    if whole.is_some() {
        set(ACCEPT_RANGES, "bytes");
    }
    if !file.look.may_change_unseen {
        set(ETAG, &format!("\"{}\"", file.look.seen));
    }
    if let Some(Range { start, end }) = file.part {
        set(CONTENT_RANGE, &format!("bytes {start}-{}/{}", end - 1, file.look.seen.size));
        answer.status(StatusCode::PARTIAL_CONTENT);
        length = Some(end - start);
    }
    streamed(answer, length, file.content)
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::*;

    fn of(headers: &[(&'static str, &str)]) -> Option<Wanted> {
        let mut request = TestRequest::default();
        for header in headers {
            request = request.append_header(*header);
        }
        wanted(&request.to_http_request())
    }

    #[test]
    fn one_part_is_understood_and_anything_else_is_the_whole() {
        for (range, part) in [
            ("bytes=0-0", Part::From(0, Some(0))),
            ("bytes=4294967296-", Part::From(1 << 32, None)),
            ("BYTES = 5-7", Part::From(5, Some(7))),
            ("bytes=-500", Part::Last(500)),
            ("bytes=0-99999999999999999999999", Part::From(0, Some(u64::MAX))),
        ] {
            assert_eq!(of(&[("range", range)]), Some(Wanted { part, if_still: None }), "{range}");
        }
        for range in ["bytes", "bytes=", "bytes=-", "bytes=2-1", "bytes=0-1,5-6", "bytes=+1-2", "lines=0-1", "bytes=a-"]
        {
            assert_eq!(of(&[("range", range)]), None, "{range}");
        }
        assert_eq!(of(&[("range", "bytes=0-1"), ("range", "bytes=3-4")]), None);
        assert_eq!(of(&[("if-range", "\"1:2:3:4\"")]), None);
    }

    #[test]
    fn a_part_goes_with_a_strong_validator_or_with_none() {
        let part = Part::From(1, None);
        let with = |validator| of(&[("range", "bytes=1-"), ("if-range", validator)]);
        assert_eq!(with("\"1:2:3:4\""), Some(Wanted { part, if_still: Some("1:2:3:4".to_owned()) }));
        for weak in ["W/\"1:2:3:4\"", "Sun, 06 Nov 1994 08:49:37 GMT", "1:2:3:4", "\"", ""] {
            assert_eq!(with(weak), None, "{weak}");
        }
    }
}
