//! Ending other sessions of the same person: one, or all.

use actix_web::HttpResponse;
use actix_web::web::{Data, Path};

use crate::app::App;
use crate::error::{Error, Result};
use crate::language::Message;
use crate::models::audit::{AuditEntry, Outcome};
use crate::models::sessions::Session;
use crate::web::extract::SignedIn;
use crate::web::render::Render;

/// Signs out every browser but this one.
///
/// `POST /account/sessions/endings`
pub async fn end_others(person: SignedIn, app: Data<App>, render: Render) -> Result<HttpResponse> {
    let (person, now) = (person.0, app.clock.now());
    let ended = app
        .db
        .transaction(move |connection| {
            let ended = Session::end_all_of_user(connection, person.user.id, Some(&person.session))?;
            AuditEntry::by(&person.actor, "end_sessions").detail("ended", ended).record(
                connection,
                Outcome::Succeeded,
                now,
            )?;
            Ok(ended)
        })
        .await?;
    render.done(Message::new("Other sessions ended: {n}").with("n", ended)).go("/account")
}

/// Signs out one other browser.
///
/// `POST /account/sessions/{session}/endings`
pub async fn end(person: SignedIn, session: Path<String>, app: Data<App>, render: Render) -> Result<HttpResponse> {
    let id_hash = hex::decode(&*session).map_err(|_no_id| Error::NotFound("The session"))?;
    if id_hash == person.session.id_hash {
        return Err(Error::Conflict(Message::new(
            "This is the browser that you use now: sign out in the account menu",
        )));
    }
    let (person, now) = (person.0, app.clock.now());
    app.db
        .transaction(move |connection| {
            if !Session::end_of_user(connection, person.user.id, &id_hash)? {
                return Err(Error::NotFound("The session"));
            }
            AuditEntry::by(&person.actor, "end_sessions").detail("ended", 1).record(
                connection,
                Outcome::Succeeded,
                now,
            )?;
            Ok(())
        })
        .await?;
    render.done(Message::new("Signed out there")).go("/account")
}
