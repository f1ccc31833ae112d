//! Who sent this request, from where, in which language: found once by the middleware, read by everything after it.

use std::future::{Ready, ready};
use std::net::IpAddr;

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpMessage, HttpRequest};
use chrono_tz::Tz;

use crate::error::{Error, Result};
use crate::language::Language;
use crate::models::actor::Actor;
use crate::models::sessions::Session;
use crate::models::users::{Theme, User};

/// Everything about the sender of one request.
#[derive(Debug, Clone)]
pub struct Visitor {
    /// Where the request came from (A04).
    pub address: IpAddr,
    /// A number that the log and the error page share (W12).
    pub request_id: String,
    /// The account's language, else the chosen one, else the browser's.
    pub language: Language,
    /// The account's colours, else those chosen before sign-in.
    pub theme: Theme,
    /// What an unsafe request must bring back (W01); bound to the session, or to the pre-session cookie.
    pub csrf_token: String,
    /// A pre-session cookie that the browser does not have yet.
    pub new_pre_session: Option<String>,
    /// Who is asking.
    pub identity: Identity,
}

/// Who is asking.
#[derive(Debug, Clone)]
pub enum Identity {
    /// Not signed in.
    Nobody,
    /// A signed-in browser.
    Person(Box<Person>),
    /// A program with a bearer token.
    Program(Actor),
}

/// A signed-in person, and the session they use.
#[derive(Debug, Clone)]
pub struct Person {
    /// Name, role, scope and address.
    pub actor: Actor,
    /// Their account.
    pub user: User,
    /// The browser's session.
    pub session: Session,
}

impl Person {
    /// The zone that times are shown in.
    pub fn time_zone(&self) -> Tz {
        self.user.time_zone.as_deref().and_then(|name| name.parse().ok()).unwrap_or(Tz::UTC)
    }
}

impl Visitor {
    /// The sender of `request`; none before the middleware ran.
    pub fn of(request: &HttpRequest) -> Option<Self> {
        request.extensions().get::<Self>().cloned()
    }

    /// The language of the sender of `request`.
    pub fn language_of(request: &HttpRequest) -> Language {
        Self::of(request).map(|visitor| visitor.language).unwrap_or_default()
    }

    /// The signed-in person.
    pub fn person(&self) -> Option<&Person> {
        match &self.identity {
            Identity::Person(person) => Some(person),
            Identity::Nobody | Identity::Program(_) => None,
        }
    }

    /// Who is asking, with their rights.
    pub fn actor(&self) -> Option<&Actor> {
        match &self.identity {
            Identity::Person(person) => Some(&person.actor),
            Identity::Program(actor) => Some(actor),
            Identity::Nobody => None,
        }
    }
}

impl FromRequest for Visitor {
    type Error = Error;
    type Future = Ready<Result<Self>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(Self::of(request).ok_or(Error::SignInNeeded))
    }
}
