//! Who is asking, by the role that a handler needs. The route table declares the same; here the type says it.

use std::future::{Ready, ready};
use std::ops::Deref;

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest};

use crate::error::{Error, Result};
use crate::models::actor::{Actor, Role};
use crate::web::middleware::guard::too_weak;
use crate::web::visitor::{Person, Visitor};

/// A signed-in person with a browser: pages only.
pub struct SignedIn(pub Person);

/// A signed-in person who may change servers.
pub struct Operator(pub Person);

/// A signed-in person who may change what hannun knows.
pub struct Admin(pub Person);

/// Who is asking, a person or a program with a bearer token; the handler checks the role where the route does not.
pub struct Asking(pub Actor);

impl Deref for Asking {
    type Target = Actor;

    fn deref(&self) -> &Actor {
        &self.0
    }
}

fn person(request: &HttpRequest, role: Role) -> Result<Person> {
    let visitor = Visitor::of(request).ok_or(Error::SignInNeeded)?;
    let person = visitor.person().cloned().ok_or(Error::SignInNeeded)?;
    if person.actor.may(role) { Ok(person) } else { Err(Error::Forbidden(too_weak(role))) }
}

macro_rules! of_role {
    ($extractor:ident, $role:expr) => {
        impl Deref for $extractor {
            type Target = Person;

            fn deref(&self) -> &Person {
                &self.0
            }
        }

        impl FromRequest for $extractor {
            type Error = Error;
            type Future = Ready<Result<Self>>;

            fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
                ready(person(request, $role).map(Self))
            }
        }
    };
}

of_role!(SignedIn, Role::Viewer);
of_role!(Operator, Role::Operator);
of_role!(Admin, Role::Administrator);

impl FromRequest for Asking {
    type Error = Error;
    type Future = Ready<Result<Self>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let actor = Visitor::of(request).and_then(|visitor| visitor.actor().cloned());
        ready(actor.map(Self).ok_or(Error::SignInNeeded))
    }
}
