//! Commands that a person keeps under a name.

use actix_web::{HttpResponse, web};
use serde::Deserialize;

use crate::app::App;
use crate::commands::run_command::checked;
use crate::error::{Error, FieldErrors, Result};
use crate::language::Message;
use crate::models::ids::SavedCommandId;
use crate::models::saved_commands::{MOST, NewSavedCommand, SavedCommand};
use crate::screens::gather::Stored;
use crate::screens::packages::artifacts::Nothing;
use crate::web::extract::{Form, Operator, Submitted, ValidForm};
use crate::web::render::Render;

/// Characters of a name.
const LONGEST_NAME: usize = 80;

/// What is kept.
#[derive(Debug, Deserialize)]
pub struct SavedForm {
    #[serde(default)]
    name: String,
    #[serde(default)]
    command: String,
    #[serde(default)]
    as_root: bool,
}

impl Form for SavedForm {
    type Valid = (String, String, bool);

    fn check(&self) -> Result<Self::Valid, FieldErrors> {
        let mut problems = FieldErrors::default();
        let name = self.name.trim();
        if name.is_empty() || name.chars().count() > LONGEST_NAME || name.chars().any(char::is_control) {
            problems.add("name", Message::new("A name has 1 to {most} characters").with("most", LONGEST_NAME));
        }
        let words = checked(&self.command).unwrap_or_else(|why| {
            problems.add("command", why);
            String::new()
        });
        if problems.is_empty() { Ok((name.to_owned(), words, self.as_root)) } else { Err(problems) }
    }
}

/// Keeps a command; one of the same name is replaced.
///
/// `POST /servers/{server}/terminal/saved-commands`
pub async fn create(
    person: Operator,
    path: web::Path<String>,
    form: Submitted<SavedForm>,
    app: web::Data<App>,
    render: Render,
) -> Result<HttpResponse> {
    let stored = Stored::load(&app, person.actor.scope(), &path).await?;
    let (name, words, as_root) = form.0.check()?;
    let new = NewSavedCommand { user_id: person.user.id, name, words, as_root, created_at: app.clock.now() };
    if !app.db.run(move |connection| Ok::<_, Error>(new.keep(connection)?)).await? {
        let full = Message::new("You keep {most} commands, and no more: remove one first").with("most", MOST);
        return Err(Error::Conflict(full));
    }
    render.done(Message::new("The command is kept")).go(&format!("/servers/{}/terminal/commands", stored.server.name))
}

/// Forgets one.
///
/// `POST /servers/{server}/terminal/saved-commands/{command}/deletions`
pub async fn destroy(
    person: Operator,
    path: web::Path<(String, i64)>,
    _: ValidForm<Nothing>,
    app: web::Data<App>,
    render: Render,
) -> Result<HttpResponse> {
    let (server, id) = path.into_inner();
    let stored = Stored::load(&app, person.actor.scope(), &server).await?;
    let user = person.user.id;
    let forget = move |connection: &mut _| Ok::<_, Error>(SavedCommand::forget(connection, user, SavedCommandId(id))?);
    if !app.db.run(forget).await? {
        return Err(Error::NotFound("This command"));
    }
    render
        .done(Message::new("The command is not kept any more"))
        .go(&format!("/servers/{}/terminal/commands", stored.server.name))
}
