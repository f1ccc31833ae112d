//! The cookies that we set: their names and their exact attributes (A06).

use actix_web::HttpRequest;
use actix_web::cookie::time::Duration;
use actix_web::cookie::{Cookie, SameSite};

use crate::config::Config;

/// What a cookie is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// The session's id.
    Session,
    /// What the CSRF token is bound to before there is a session.
    PreSession,
    /// The theme, for pages before sign-in.
    Theme,
    /// The language, for pages before sign-in.
    Language,
    /// The servers that were looked at last.
    Recent,
    /// A sentence for the page after a redirect.
    Flash,
    /// Where to go after signing in.
    ReturnTo,
}

impl Purpose {
    fn base(self) -> &'static str {
        match self {
            Self::Session => "sid",
            Self::PreSession => "pre",
            Self::Theme => "theme",
            Self::Language => "lang",
            Self::Recent => "recent",
            Self::Flash => "flash",
            Self::ReturnTo => "return",
        }
    }

    /// How long the browser keeps it; none: until it is closed.
    fn age(self) -> Option<Duration> {
        match self {
            Self::Session | Self::PreSession => None,
            Self::Theme | Self::Language | Self::Recent => Some(Duration::days(365)),
            Self::Flash => Some(Duration::minutes(1)),
            Self::ReturnTo => Some(Duration::minutes(30)),
        }
    }

    /// `__Host-sid` over HTTPS, `sid` on a plain loopback.
    pub fn name(self, config: &Config) -> String {
        if config.https() { format!("__Host-{}", self.base()) } else { self.base().to_owned() }
    }

    /// What the browser sent.
    pub fn read(self, request: &HttpRequest, config: &Config) -> Option<String> {
        request.cookie(&self.name(config)).map(|cookie| cookie.value().to_owned()).filter(|value| !value.is_empty())
    }

    /// A cookie with `value`.
    pub fn write(self, config: &Config, value: impl Into<String>) -> Cookie<'static> {
        let mut cookie = Cookie::build(self.name(config), value.into())
            .path("/")
            .secure(config.https())
            .http_only(true)
            .same_site(SameSite::Lax)
            .finish();
        if let Some(age) = self.age() {
            cookie.set_max_age(age);
        }
        cookie
    }

    /// A cookie that ends the one the browser has.
    pub fn clear(self, config: &Config) -> Cookie<'static> {
        let mut cookie = self.write(config, "");
        cookie.make_removal();
        cookie
    }
}
