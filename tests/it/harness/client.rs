//! A browser as HTTP sees it: keeps cookies, brings the token of its pages back, asks like htmx when told to.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::future::Future;
use std::net::SocketAddr;
use std::pin::Pin;
use std::rc::Rc;

use actix_web::cookie::Cookie;
use actix_web::http::header::HeaderMap;
use actix_web::http::{Method, StatusCode};
use actix_web::test::TestRequest;
use bytes::Bytes;

use super::page::Page;

type Service = Rc<dyn Fn(TestRequest) -> Pin<Box<dyn Future<Output = Reply>>>>;

/// One browser at one address.
#[derive(Clone)]
pub(crate) struct Client {
    service: Service,
    address: SocketAddr,
    https: bool,
    cookies: Rc<RefCell<BTreeMap<String, String>>>,
    csrf: Rc<RefCell<Option<String>>>,
    hx: bool,
}

impl Client {
    pub(super) fn new(service: Service, address: SocketAddr, https: bool) -> Self {
        Self { service, address, https, cookies: Rc::default(), csrf: Rc::default(), hx: false }
    }

    /// Where it is.
    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// The same browser, asking like htmx.
    pub(crate) fn hx(&self) -> Self {
        Self { hx: true, ..self.clone() }
    }

    /// Another browser with copies of this one's cookies: what a thief has.
    pub(crate) fn copy(&self) -> Self {
        let cookies = Rc::new(RefCell::new(self.cookies.borrow().clone()));
        let csrf = Rc::new(RefCell::new(self.csrf.borrow().clone()));
        Self { cookies, csrf, ..self.clone() }
    }

    /// The same browser at the address of another one.
    pub(crate) fn at_the_address_of(&self, other: &Self) -> Self {
        Self { address: other.address, ..self.clone() }
    }

    /// A cookie's value.
    pub(crate) fn cookie(&self, name: &str) -> Option<String> {
        self.cookies.borrow().get(name).cloned()
    }

    /// Sets a cookie.
    pub(crate) fn set_cookie(&self, name: &str, value: &str) {
        self.cookies.borrow_mut().insert(name.to_owned(), value.to_owned());
    }

    /// Opens a page or asks for a fragment.
    pub(crate) async fn get(&self, path: &str) -> Reply {
        self.ask(Method::GET, path).send().await
    }

    /// Asks for one region of a page, as htmx does.
    pub(crate) async fn region(&self, path: &str, region: &str) -> Page {
        self.hx().ask(Method::GET, path).header("HX-Target", region).send().await.ok()
    }

    /// Sends a form with the token of the pages seen so far.
    pub(crate) async fn post<'f>(&self, path: &str, fields: impl IntoIterator<Item = (&'f str, &'f str)>) -> Reply {
        let token = self.token().await;
        self.ask(Method::POST, path)
            .header("Sec-Fetch-Site", "same-origin")
            .header("X-CSRF-Token", &token)
            .form(fields)
            .send()
            .await
    }

    /// Sends the form `#edit` of a page as it stands, with other values for some of its fields.
    pub(crate) async fn send_form(&self, path: &str, page: &Page, others: &[(&str, &str)]) -> Reply {
        let form = page.form("#edit");
        let is_other = |name: &str| others.iter().any(|(other, _)| *other == name);
        let own = form.iter().map(|(name, value)| (name.as_str(), value.as_str())).filter(|(name, _)| !is_other(name));
        self.post(path, own.chain(others.iter().copied())).await
    }

    /// The token of its pages, from the sign-in page where it has seen none.
    pub(crate) async fn token(&self) -> String {
        if self.csrf.borrow().is_none() {
            Self { hx: false, ..self.clone() }.get("/sign-in").await;
        }
        self.csrf.borrow().clone().expect("a page with a token")
    }

    /// A request to be put together by hand; it carries the cookies and nothing else.
    pub(crate) fn ask(&self, method: Method, path: &str) -> Ask<'_> {
        let mut request = TestRequest::default().method(method).uri(path).peer_addr(self.address);
        let cookies: Vec<String> =
            self.cookies.borrow().iter().map(|(name, value)| format!("{name}={value}")).collect();
        if !cookies.is_empty() {
            request = request.insert_header(("Cookie", cookies.join("; ")));
        }
        if self.hx {
            request = request.insert_header(("HX-Request", "true"));
        }
        let host = if self.https { "hannun.example.com" } else { "127.0.0.1:8080" };
        Ask { client: self, request: request.insert_header(("Host", host)) }
    }

    fn learn(&self, reply: &Reply) {
        for header in reply.headers.get_all("set-cookie") {
            let cookie = Cookie::parse(header.to_str().unwrap().to_owned()).unwrap();
            let ended = cookie.max_age().is_some_and(actix_web::cookie::time::SignedDuration::is_zero);
            if ended {
                self.cookies.borrow_mut().remove(cookie.name());
            } else {
                self.set_cookie(cookie.name(), cookie.value());
            }
        }
        if let Some((_, after)) =
            reply.body.split_once("X-CSRF-Token\":\"").or_else(|| reply.body.split_once("X-CSRF-Token&#34;:&#34;"))
        {
            let token = after.chars().take_while(char::is_ascii_alphanumeric).collect();
            *self.csrf.borrow_mut() = Some(token);
        }
    }
}

/// A request that is being put together.
pub(crate) struct Ask<'c> {
    client: &'c Client,
    request: TestRequest,
}

impl Ask<'_> {
    /// With this header, instead of any other of its name.
    pub(crate) fn header(mut self, name: &'static str, value: &str) -> Self {
        self.request = self.request.insert_header((name, value));
        self
    }

    /// With a form as its body.
    pub(crate) fn form<'f>(mut self, fields: impl IntoIterator<Item = (&'f str, &'f str)>) -> Self {
        let fields: Vec<_> = fields.into_iter().collect();
        self.request = self
            .request
            .insert_header(("Content-Type", "application/x-www-form-urlencoded"))
            .set_payload(serde_urlencoded::to_string(fields).unwrap());
        self
    }

    /// With this body.
    pub(crate) fn body(mut self, kind: &str, body: impl Into<Bytes>) -> Self {
        self.request = self.request.insert_header(("Content-Type", kind)).set_payload(body);
        self
    }

    /// Sends it and reads the whole answer.
    pub(crate) async fn send(self) -> Reply {
        let reply = (self.client.service)(self.request).await;
        self.client.learn(&reply);
        reply
    }
}

/// An answer.
#[derive(Debug)]
pub(crate) struct Reply {
    /// 200, 303, 422, …
    pub(crate) status: StatusCode,
    /// All headers.
    pub(crate) headers: HeaderMap,
    /// The body as text.
    pub(crate) body: String,
}

impl Reply {
    pub(super) fn new(status: StatusCode, headers: HeaderMap, body: &Bytes) -> Self {
        Self { status, headers, body: String::from_utf8_lossy(body).into_owned() }
    }

    /// The page, if all went well.
    #[track_caller]
    pub(crate) fn ok(self) -> Page {
        self.with_status(200)
    }

    /// The page that came with this status.
    #[track_caller]
    pub(crate) fn with_status(self, status: u16) -> Page {
        assert_eq!(self.status.as_u16(), status, "{}", self.body);
        Page::read(&self.body)
    }

    /// One header.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().unwrap())
    }

    /// Where it leads: a redirect, or htmx' own.
    #[track_caller]
    pub(crate) fn leads_to(&self, path: &str) {
        let place = self.header("Location").or_else(|| self.header("HX-Redirect"));
        assert_eq!(place, Some(path), "{} {}", self.status, self.body);
    }

    /// It is a toast with this text.
    #[track_caller]
    pub(crate) fn toast(&self, text: &str) {
        assert_eq!(self.header("HX-Retarget"), Some("#toasts"), "{} {}", self.status, self.body);
        assert_eq!(Page::read(&self.body).text("toast-note"), text);
    }

    /// The one `Set-Cookie` header of a name, as it was sent.
    pub(crate) fn set_cookie(&self, name: &str) -> Option<String> {
        let headers = self.headers.get_all("set-cookie").map(|value| value.to_str().unwrap().to_owned());
        headers.into_iter().find(|header| header.starts_with(&format!("{name}=")))
    }
}
