//! What somebody who listens to a stream showed to come in: asked again as long as it is open (A07, A08).

use actix_web::HttpRequest;
use actix_web::http::header::AUTHORIZATION;

use super::cookies::Purpose;
use crate::app::App;
use crate::error::Result;
use crate::models::actor::Actor;
use crate::models::api_tokens::ApiToken;
use crate::models::sessions::Session;
use crate::secret::SecretText;

/// A bearer token or a session.
#[derive(Clone)]
pub enum Pass {
    /// Of a program.
    Token(SecretText),
    /// Of a browser.
    Session(SecretText),
}

impl Pass {
    /// What came with `request`.
    pub fn of(request: &HttpRequest, app: &App) -> Option<Self> {
        if let Some(id) = Purpose::Session.read(request, &app.config) {
            return Some(Self::Session(SecretText::new(id)));
        }
        let header = request.headers().get(AUTHORIZATION)?.to_str().ok()?;
        let (_, token) = header.split_once(' ')?;
        Some(Self::Token(SecretText::new(token.trim().to_owned())))
    }

    /// Whose it is, with the rights of now; nobody's once it has ended.
    pub fn actor(&self, connection: &mut crate::db::Connection, app: &App) -> Result<Option<Actor>> {
        let now = app.clock.now();
        match self {
            Self::Token(token) => Ok(ApiToken::find(connection, token.expose(), None, now)?.map(|(_, actor)| actor)),
            Self::Session(id) => match Session::find(connection, id.expose(), &app.config.sessions, now)? {
                Some((_, user)) => Ok(Some(user.actor(connection, None)?)),
                None => Ok(None),
            },
        }
    }

    /// Whoever showed it did something: the idle time of a session begins again. One that has ended stays so.
    pub fn touch(&self, connection: &mut crate::db::Connection, app: &App) -> Result<()> {
        let now = app.clock.now();
        if let Self::Session(id) = self
            && let Some((session, _)) = Session::find(connection, id.expose(), &app.config.sessions, now)?
        {
            session.touch(connection, now)?;
        }
        Ok(())
    }
}
