//! A person whose page stays open: whether the session still is, and what they may see now (A07, A08, Z02).

use std::net::IpAddr;

use actix_web::HttpRequest;

use super::cookies::Purpose;
use super::visitor::Visitor;
use crate::app::App;
use crate::error::{Error, Result};
use crate::models::actor::Actor;
use crate::models::sessions::Session;

/// Asked again and again while a stream is open. Asking keeps no session alive.
pub struct StillSignedIn {
    session: String,
    address: IpAddr,
}

impl StillSignedIn {
    /// Whoever sent `request`.
    pub fn of(request: &HttpRequest, app: &App) -> Result<Self> {
        let session = Purpose::Session.read(request, &app.config).ok_or(Error::SignInNeeded)?;
        let visitor = Visitor::of(request).ok_or(Error::SignInNeeded)?;
        Ok(Self { session, address: visitor.address })
    }

    /// The person with the rights of now; nobody once the session has ended.
    pub async fn check(&self, app: &App) -> Option<Actor> {
        let (session, address) = (self.session.clone(), self.address);
        let (lengths, now) = (app.config.sessions, app.clock.now());
        let found = app.db.run(move |connection| {
            let Some((_, user)) = Session::find(connection, &session, &lengths, now)? else { return Ok(None) };
            Ok::<_, Error>(Some(user.actor(connection, Some(address))?))
        });
        // While the database is away nobody is known; the browser opens the stream again.
        found.await.ok().flatten()
    }
}
