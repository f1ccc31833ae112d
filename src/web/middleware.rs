//! What every request passes, from the outside in: [`body::hang_up`], [`headers`], [`super::errors::look`], [`hosts`], [`identify`],
//! [`limits`], [`guard`], [`body::body`], [`csrf`]; and [`catch_panic`] around each handler.

pub mod body;
pub mod catch_panic;
pub mod csrf;
pub mod guard;
pub mod headers;
pub mod hosts;
pub mod identify;
pub mod limits;

use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::web;

use crate::app::App;
use crate::error::{Error, Result};

/// The application that `request` is for.
fn app(request: &ServiceRequest) -> Result<web::Data<App>> {
    request
        .app_data::<web::Data<App>>()
        .cloned()
        .ok_or_else(|| Error::internal(anyhow::anyhow!("App is not registered")))
}

/// An answer that carries `error`, to be dressed by [`super::errors::look`]. Middleware never returns `Err`: that would
/// lose the request, and with it the language and the look.
fn refuse(request: ServiceRequest, error: Error) -> ServiceResponse {
    request.error_response(error)
}
