//! The whole site as one actix service: the route table behind its middleware.

use actix_web::body::MessageBody;
use actix_web::dev::{ServiceFactory, ServiceRequest, ServiceResponse};
use actix_web::middleware::{Compress, from_fn};
use actix_web::{App as ActixApp, Error as ActixError, web};

use super::errors;
use super::middleware::limits::Limits;
use super::middleware::{body, csrf, guard, headers, hosts, identify, limits};
use super::router::{self, Permissions, Route};
use super::shell::Screens;
use crate::app::App;

/// The most that one request may carry, uploads aside (W10).
pub const BODY_LIMIT: usize = 1 << 20;

/// What every worker of the web server shares.
#[derive(Clone)]
pub struct Site {
    app: web::Data<App>,
    screens: web::Data<Screens>,
    permissions: web::Data<Permissions>,
    limits: web::Data<Limits>,
    routes: Vec<Route>,
}

impl Site {
    /// A site of these screens and routes.
    pub fn new(app: App, screens: Screens, routes: Vec<Route>) -> Self {
        Self {
            limits: web::Data::new(Limits::new(&app.config.requests, &app.clock)),
            app: web::Data::new(app),
            screens: web::Data::new(screens),
            permissions: web::Data::new(Permissions::of(&routes)),
            routes,
        }
    }

    /// What the site is part of.
    pub fn app(&self) -> &App {
        &self.app
    }

    /// The service of one worker: `HttpServer::new(move || site.clone().service())`.
    pub fn service(
        self,
    ) -> ActixApp<
        impl ServiceFactory<
            ServiceRequest,
            Config = (),
            Response = ServiceResponse<impl MessageBody>,
            Error = ActixError,
            InitError = (),
        >,
    > {
        ActixApp::new()
            .app_data(self.app)
            .app_data(self.screens)
            .app_data(self.permissions)
            .app_data(self.limits)
            .app_data(web::PayloadConfig::new(BODY_LIMIT))
            .app_data(web::FormConfig::default().limit(BODY_LIMIT))
            .app_data(web::JsonConfig::default().limit(BODY_LIMIT))
            .configure(|services| router::configure(&self.routes, services))
            // The last is the outermost.
            .wrap(from_fn(csrf::csrf))
            .wrap(from_fn(body::body))
            .wrap(from_fn(guard::guard))
            .wrap(from_fn(limits::limits))
            .wrap(from_fn(identify::identify))
            .wrap(from_fn(hosts::hosts))
            .wrap(from_fn(errors::look))
            .wrap(from_fn(headers::headers))
            .wrap(Compress::default())
            .wrap(from_fn(body::hang_up))
    }
}
