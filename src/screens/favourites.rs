//! The star of a server, in the selector and the palette.

use actix_web::HttpResponse;
use actix_web::web::{Data, Path};
use serde::Deserialize;

use crate::app::App;
use crate::error::{Error, FieldErrors, Result};
use crate::language::Message;
use crate::models::favourite_servers;
use crate::models::servers::Server;
use crate::web::extract::{Form, SignedIn, ValidForm};
use crate::web::render::Render;

/// The lists that show stars fetch themselves again at this.
const CHANGED: &str = "favourites";

/// `on` or `off`.
#[derive(Debug, Deserialize)]
pub struct FavouriteForm {
    favourite: String,
}

impl Form for FavouriteForm {
    type Valid = bool;

    fn check(&self) -> Result<bool, FieldErrors> {
        match self.favourite.as_str() {
            "on" => Ok(true),
            "off" => Ok(false),
            _ => Err(FieldErrors::default().and("favourite", "This choice is not known")),
        }
    }
}

/// Stars a server for the person who asks, or takes the star away.
///
/// `POST /servers/{server}/favourite`
pub async fn update(
    person: SignedIn,
    name: Path<String>,
    form: ValidForm<FavouriteForm>,
    app: Data<App>,
    render: Render,
) -> Result<HttpResponse> {
    let (person, is_favourite, asked) = (person.0, form.0, name.into_inner());
    let server = asked.clone();
    app.db
        .transaction(move |connection| {
            let server = Server::by_name(connection, person.actor.scope(), &server)?.id;
            if is_favourite {
                favourite_servers::add(connection, person.user.id, server)?;
            } else {
                favourite_servers::remove(connection, person.user.id, server)?;
            }
            Ok::<_, Error>(())
        })
        .await?;
    let sentence = if is_favourite { "{name} is a favourite" } else { "{name} is no favourite any more" };
    render.done(Message::new(sentence).with("name", asked)).refresh(CHANGED)
}
