//! Ending the other sessions of the same person.

use actix_web::HttpResponse;
use actix_web::web::Data;

use crate::app::App;
use crate::error::Result;
use crate::language::Message;
use crate::models::sessions::Session;
use crate::web::extract::SignedIn;
use crate::web::render::Render;

/// Signs out every browser but this one.
///
/// `POST /account/sessions/endings`
pub async fn end_others(person: SignedIn, app: Data<App>, render: Render) -> Result<HttpResponse> {
    let (user, kept) = (person.user.id, person.0.session);
    let ended = app.db.run(move |connection| Session::end_all_of_user(connection, user, Some(&kept))).await?;
    render.done(Message::new("Other sessions ended: {n}").with("n", ended)).go("/account")
}
