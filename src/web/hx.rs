//! What htmx says about a request, and the names of the headers it listens to.

use actix_web::HttpRequest;
use actix_web::http::header::HeaderMap;

/// Where the answer goes instead of the element that asked.
pub const RETARGET: &str = "HX-Retarget";
/// How the answer is put there.
pub const RESWAP: &str = "HX-Reswap";
/// What of the answer is put there.
pub const RESELECT: &str = "HX-Reselect";
/// Events that the answer sets off.
pub const TRIGGER: &str = "HX-Trigger";
/// What the browser's address bar shows from now on.
pub const PUSH_URL: &str = "HX-Push-Url";
/// A full navigation.
pub const REDIRECT: &str = "HX-Redirect";

/// How the request was made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Hx {
    /// By htmx at all.
    pub request: bool,
    whole_page: bool,
}

impl Hx {
    /// Reads the headers of `request`.
    pub fn of(request: &HttpRequest) -> Self {
        let says = |headers: &HeaderMap, name: &str| headers.get(name).is_some_and(|value| value.as_bytes() == b"true");
        let headers = request.headers();
        Self {
            request: says(headers, "HX-Request"),
            whole_page: says(headers, "HX-Boosted") || says(headers, "HX-History-Restore-Request"),
        }
    }

    /// Whether one block of the page is enough.
    pub fn wants_fragment(self) -> bool {
        self.request && !self.whole_page
    }
}

/// Whether the page asked by itself: a poll, a stream, an event of the server. Such requests keep no session alive (A07).
pub fn is_background(headers: &HeaderMap) -> bool {
    let says = |name: &str, value: &[u8]| headers.get(name).is_some_and(|found| found.as_bytes() == value);
    says("X-Background", b"1") || says("Accept", b"text/event-stream")
}
