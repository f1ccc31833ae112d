//! What is asked outside, and what came back.

use std::fmt;
use std::time::Duration;

use bytes::Bytes;
use hyper::Method;
use hyper::header::{HeaderMap, HeaderName, HeaderValue, LOCATION};
use url::Url;

use super::error::OutboundError;

/// A URL that is longer is not asked, bytes.
const LONGEST: usize = 4096;

/// What is asked. URL, headers and body may hold tokens: it prints as its host.
#[derive(Clone)]
pub struct Request {
    method: Method,
    url: Url,
    headers: HeaderMap,
    secrets: HeaderMap,
    body: Bytes,
    follows: bool,
}

/// The beginning of an answer.
#[derive(Debug, Clone)]
pub struct Answer {
    /// `200`
    pub status: u16,
    /// As they came.
    pub headers: HeaderMap,
    /// As it came, never unpacked: at most what is read of any answer.
    pub body: Bytes,
    /// Nothing of the body is missing.
    pub is_whole: bool,
    /// How long it took, without connecting.
    pub took: Duration,
}

impl fmt::Debug for Request {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{} {}", self.method, self.host())
    }
}

impl Request {
    /// Asks for what is behind `url`.
    pub fn get(url: &str) -> Result<Self, OutboundError> {
        Ok(Self::new(Method::GET, checked(url)?, Bytes::new()))
    }

    /// Sends `body` to `url`.
    pub fn post(url: &str, body: impl Into<Bytes>) -> Result<Self, OutboundError> {
        Ok(Self::new(Method::POST, checked(url)?, body.into()))
    }

    /// Sends `body` to `url` by another method.
    pub fn with(method: Method, url: &str, body: impl Into<Bytes>) -> Result<Self, OutboundError> {
        Ok(Self::new(method, checked(url)?, body.into()))
    }

    fn new(method: Method, url: Url, body: Bytes) -> Self {
        let (headers, secrets) = (HeaderMap::new(), HeaderMap::new());
        Self { method, url, headers, secrets, body, follows: false }
    }

    /// With this header.
    #[must_use]
    pub fn header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.headers.insert(name, value);
        self
    }

    /// With this header, which is not shown to anybody else when the way leads elsewhere (O03).
    #[must_use]
    pub fn secret(mut self, name: HeaderName, mut value: HeaderValue) -> Self {
        value.set_sensitive(true);
        self.secrets.insert(name, value);
        self
    }

    /// Follows redirects, at most three. What is sent with a body is not sent elsewhere all the same.
    #[must_use]
    pub fn following(mut self) -> Self {
        self.follows = true;
        self
    }

    /// Whom it is for, as people read it.
    pub fn host(&self) -> String {
        host_of(&self.url)
    }

    pub(super) fn url(&self) -> &Url {
        &self.url
    }

    /// What is sent to `url`: method, body, and headers, those that are secret where they may be shown.
    pub(super) fn on_the_wire(&self, with_secrets: bool) -> (Method, Bytes, HeaderMap) {
        let mut headers = self.headers.clone();
        if with_secrets {
            headers.extend(self.secrets.clone());
        }
        (self.method.clone(), self.body.clone(), headers)
    }

    /// Where `answer` points, and the request follows.
    pub(super) fn redirected(&self, from: &Url, answer: &Answer) -> Result<Option<Url>, OutboundError> {
        let is_redirect = matches!(answer.status, 301 | 302 | 303 | 307 | 308);
        if !self.follows || self.method != Method::GET || !is_redirect {
            return Ok(None);
        }
        let Some(location) = answer.headers.get(LOCATION) else { return Ok(None) };
        let refused = |why| OutboundError::Redirected { host: host_of(from), why };
        let location = location.to_str().map_err(|_no_text| refused("it says no URL"))?;
        let next = from.join(location).map_err(|_no_url| refused("it says no URL"))?;
        if from.scheme() == "https" && next.scheme() == "http" {
            return Err(refused("it leads from HTTPS to plain HTTP"));
        }
        checked(next.as_str()).map(Some).map_err(|error| match error {
            OutboundError::NoUrl(why) => refused(why),
            other => other,
        })
    }
}

pub(super) fn host_of(url: &Url) -> String {
    url.host_str().unwrap_or_default().to_owned()
}

/// A URL that may be asked (O01). What looks like a number is an address, however it is written.
fn checked(text: &str) -> Result<Url, OutboundError> {
    let no = OutboundError::NoUrl;
    if text.len() > LONGEST {
        return Err(no("it is longer than 4,096 bytes"));
    }
    if text.chars().any(|sign| sign.is_control() || sign.is_whitespace()) {
        return Err(no("it holds spaces or control characters"));
    }
    let mut url = Url::parse(text).map_err(|_no_url| no("it is no URL"))?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err(no("only http and https are asked"));
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(no("a user name does not belong into it"));
    }
    if url.host().is_none() || url.port() == Some(0) {
        return Err(no("it names no host"));
    }
    url.set_fragment(None);
    Ok(url)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn host(url: &str) -> Option<String> {
        Request::get(url).ok().map(|request| request.host())
    }

    #[test]
    fn sec_o01_however_an_address_is_written_it_is_known_as_one() {
        for (written, meant) in [
            ("http://127.1/", "127.0.0.1"),
            ("http://2130706433/", "127.0.0.1"),
            ("http://0x7f.1/", "127.0.0.1"),
            ("http://0177.0.0.1/", "127.0.0.1"),
            ("http://127.0.0.1./", "127.0.0.1"),
            ("http://１２７.０.０.１/", "127.0.0.1"),
            ("http://127。0。0。1/", "127.0.0.1"),
            ("http://%31%32%37.0.0.1/", "127.0.0.1"),
            ("http://0/", "0.0.0.0"),
            ("http://[::ffff:10.0.0.1]/", "[::ffff:a00:1]"),
            ("http://[64:ff9b::7f00:1]/", "[64:ff9b::7f00:1]"),
            ("http://ⓛocalhost/", "localhost"),
        ] {
            assert_eq!(host(written).as_deref(), Some(meant), "{written}");
        }
    }

    #[test]
    fn sec_o01_only_plain_http_and_https_urls_are_asked() {
        for odd in [
            "file:///etc/passwd",
            "ftp://example.com/",
            "gopher://example.com/",
            "javascript:alert(1)",
            "http://user@example.com/",
            "http://user:secret@example.com/",
            "http://@example.com@127.0.0.1/",
            "http:///",
            "http://example.com:0/",
            "http://exa mple.com/",
            "ht\ntp://example.com/",
            "http://example.com/\r\nX: y",
            "http://256.256.256.256/",
            "http://1.2.3.4.5/",
            "http://0x100000000/",
            "http://[::1%25lo]/",
            "example.com",
            "",
        ] {
            assert_eq!(host(odd), None, "{odd}");
        }
        assert_eq!(host(&format!("http://example.com/{}", "x".repeat(5_000))), None);
    }

    #[test]
    fn sec_s06_a_request_prints_as_its_host() {
        let request = Request::post("https://hooks.example/T0/secret", "body").unwrap();
        let shown = format!("{request:?}");
        assert_eq!(shown, "POST hooks.example");
    }
}
