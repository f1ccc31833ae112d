//! Ending the other sessions of the same person.

use actix_web::HttpResponse;
use actix_web::web::Data;

use crate::app::App;
use crate::error::Result;
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
