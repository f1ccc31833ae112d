//! Commands on many servers that a person keeps under a name.

use actix_web::HttpResponse;
use actix_web::web::{Data, Path};

use super::again;
use super::form::RunForm;
use crate::app::App;
use crate::error::{Error, FieldErrors, Result};
use crate::language::Message;
use crate::models::ids::SavedFanOutId;
use crate::models::saved_fan_outs::{MOST, NewSavedFanOut, SavedFanOut};
use crate::screens::packages::artifacts::Nothing;
use crate::web::extract::{Operator, Submitted, ValidForm};
use crate::web::render::Render;

/// Characters of a name.
pub(super) const LONGEST_NAME: usize = 80;

/// Keeps what is filled in; one of the same name is replaced.
///
/// `POST /run/saved`
pub async fn create(
    person: Operator,
    form: Submitted<RunForm>,
    app: Data<App>,
    render: Render,
) -> Result<HttpResponse> {
    let form = form.0;
    let name = form.name.trim().to_owned();
    let is_name = !name.is_empty() && name.chars().count() <= LONGEST_NAME && !name.chars().any(char::is_control);
    let named = if is_name {
        Ok(())
    } else {
        let why = Message::new("A name has 1 to {most} characters").with("most", LONGEST_NAME);
        Err(FieldErrors::default().and("name", why))
    };
    let wish = match named.and_then(|()| form.wish()).and_then(|wish| wish.checked()) {
        Ok(wish) => wish,
        Err(problems) => return again(&person, form, problems, &app, render).await,
    };
    let wish = serde_json::to_value(&wish).map_err(Error::internal)?;
    let new = NewSavedFanOut { user_id: person.user.id, name, wish, created_at: app.clock.now() };
    let Some(id) = app.db.run(move |connection| Ok::<_, Error>(new.keep(connection)?)).await? else {
        let full = Message::new("You keep {most} commands, and no more: remove one first").with("most", MOST);
        return Err(Error::Conflict(full));
    };
    render.done(Message::new("The command is kept")).go(&format!("/run?saved={id}"))
}

/// Forgets one.
///
/// `POST /run/saved/{saved}/deletions`
pub async fn destroy(
    person: Operator,
    path: Path<i64>,
    _: ValidForm<Nothing>,
    app: Data<App>,
    render: Render,
) -> Result<HttpResponse> {
    let (user, id) = (person.user.id, SavedFanOutId(*path));
    let forget = move |connection: &mut _| Ok::<_, Error>(SavedFanOut::forget(connection, user, id)?);
    if !app.db.run(forget).await? {
        return Err(Error::NotFound("This command"));
    }
    render.done(Message::new("The command is not kept any more")).go("/run")
}
