//! Beginning and ending the session of a browser, with its cookie.

use actix_web::HttpRequest;
use actix_web::cookie::Cookie;
use actix_web::http::header::USER_AGENT;

use super::cookies::Purpose;
use super::visitor::{Person, Visitor};
use crate::app::App;
use crate::error::{Error, Result};
use crate::models::audit::{AuditEntry, Outcome};
use crate::models::ids::UserId;
use crate::models::sessions::{NewSession, Session};
use crate::secret::SecretText;

/// A new session for `user` in the browser that sent `request`: always under a new id (A05).
pub async fn begin(app: &App, request: &HttpRequest, user_id: UserId) -> Result<Cookie<'static>> {
    let address = Visitor::of(request).ok_or(Error::SignInNeeded)?.address;
    let browser =
        request.headers().get(USER_AGENT).and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned();
    let now = app.clock.now();
    let (id, _) = app
        .db
        .run(move |connection| NewSession { user_id, address, user_agent: &browser }.begin(connection, now))
        .await?;
    Ok(cookie(app, &id))
}

/// The same session under a new id.
pub async fn renew(app: &App, session: Session) -> Result<Cookie<'static>> {
    let (id, _) = app.db.run(move |connection| session.renew(connection)).await?;
    Ok(cookie(app, &id))
}

/// Ends the session, here and in the database (A08).
pub async fn end(app: &App, person: Person) -> Result<Cookie<'static>> {
    let now = app.clock.now();
    app.db
        .transaction(move |connection| {
            person.session.end(connection)?;
            AuditEntry::by(&person.actor, "sign_out").record(connection, Outcome::Succeeded, now)
        })
        .await?;
    Ok(Purpose::Session.clear(&app.config))
}

fn cookie(app: &App, id: &SecretText) -> Cookie<'static> {
    Purpose::Session.write(&app.config, id.expose())
}
