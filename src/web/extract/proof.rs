//! The password was entered lately (A11).

use std::future::{Ready, ready};

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest, web};

use crate::app::App;
use crate::error::{Error, Result};
use crate::web::visitor::{Identity, Person, Visitor};

/// A person whose password was entered within the last ten minutes, or a program, whose token has a role of its own.
/// Anyone else gets 403 `reauth`: a page that asks for the password and comes back.
pub struct Reauthenticated;

impl FromRequest for Reauthenticated {
    type Error = Error;
    type Future = Ready<Result<Self>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(check(request))
    }
}

fn check(request: &HttpRequest) -> Result<Reauthenticated> {
    let app = request
        .app_data::<web::Data<App>>()
        .ok_or_else(|| Error::internal(anyhow::anyhow!("App is not registered")))?;
    match Visitor::of(request).map(|visitor| visitor.identity) {
        Some(Identity::Program(_)) => Ok(Reauthenticated),
        Some(Identity::Person(person)) if is_fresh(app, &person) => Ok(Reauthenticated),
        Some(Identity::Person(_)) => Err(Error::ReauthenticationNeeded),
        Some(Identity::Nobody) | None => Err(Error::SignInNeeded),
    }
}

fn is_fresh(app: &App, person: &Person) -> bool {
    person.session.is_proved(&app.config.sessions, app.clock.now())
}
