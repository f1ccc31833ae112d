//! What was entered in a form.

use std::future::Future;
use std::ops::Deref;
use std::pin::Pin;

use actix_web::dev::Payload;
use actix_web::http::StatusCode;
use actix_web::{FromRequest, HttpRequest, web};
use serde::de::DeserializeOwned;

use crate::error::{Error, FieldErrors, Result};
use crate::language::Message;
use crate::web::form_data;
use crate::web::middleware::csrf;

/// A form: its fields as they were entered, and what they mean once they are checked.
///
/// Fields are `String`s (or `Vec<String>`, `bool`), so that a refused form shows what was entered.
pub trait Form: DeserializeOwned {
    /// What the checked form means.
    type Valid;

    /// Checks every field, and names each that cannot be accepted.
    fn check(&self) -> Result<Self::Valid, FieldErrors>;
}

/// A form as it was entered; the handler checks it and shows it again where it cannot be accepted
/// ([`Render::invalid`](crate::web::render::Render::invalid)). A field that the form does not have is refused (Z06).
pub struct Submitted<T>(pub T);

impl<T: DeserializeOwned + 'static> FromRequest for Submitted<T> {
    type Error = Error;
    type Future = Pin<Box<dyn Future<Output = Result<Self>>>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let pairs = Pairs::from_request(request, payload);
        Box::pin(async move { Ok(Self(form_data::read(pairs.await?.0)?)) })
    }
}

/// A form whose names follow from what is in it, as name and value in their order; the handler refuses those that it does not know
/// (Z06).
pub struct Pairs(pub Vec<(String, String)>);

impl FromRequest for Pairs {
    type Error = Error;
    type Future = Pin<Box<dyn Future<Output = Result<Self>>>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let pairs = web::Form::<Vec<(String, String)>>::from_request(request, payload);
        Box::pin(async move {
            let mut pairs = pairs.await.map_err(|error| match error.as_response_error().status_code() {
                StatusCode::PAYLOAD_TOO_LARGE => Error::TooLarge,
                _ => Error::BadRequest(Message::new("The request could not be read")),
            })?;
            pairs.retain(|(name, _)| name != csrf::FIELD);
            Ok(Self(pairs.into_inner()))
        })
    }
}

/// A form that needs no second try in place (a button, a choice): what cannot be accepted is 422 with every problem.
pub struct ValidForm<T: Form>(pub T::Valid);

impl<T: Form> Deref for ValidForm<T> {
    type Target = T::Valid;

    fn deref(&self) -> &T::Valid {
        &self.0
    }
}

impl<T: Form + 'static> FromRequest for ValidForm<T> {
    type Error = Error;
    type Future = Pin<Box<dyn Future<Output = Result<Self>>>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let submitted = Submitted::<T>::from_request(request, payload);
        Box::pin(async move { Ok(Self(submitted.await?.0.check()?)) })
    }
}
