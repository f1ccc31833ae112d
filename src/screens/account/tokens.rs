//! Revoking one's own tokens. Nobody else's is found (Z05).

use actix_web::HttpResponse;
use actix_web::web::{Data, Path};

use crate::app::App;
use crate::error::{Error, Result};
use crate::language::Message;
use crate::models::api_tokens::ApiToken;
use crate::models::audit::{AuditEntry, Outcome};
use crate::web::extract::SignedIn;
use crate::web::render::Render;

/// Ends a token at once.
///
/// `POST /account/tokens/{token}/revocations`
pub async fn revoke(person: SignedIn, id: Path<i64>, app: Data<App>, render: Render) -> Result<HttpResponse> {
    let (person, now) = (person.0, app.clock.now());
    let name = app
        .db
        .transaction(move |connection| {
            let own = ApiToken::of_user(connection, person.user.id)?.into_iter().find(|token| token.id.0 == *id);
            let token = ApiToken::revoke(connection, own.ok_or(Error::NotFound("The token"))?.id, now)?;
            AuditEntry::by(&person.actor, "revoke_token")
                .target(&token.name)
                .detail("object", format!("tokens/{}", token.id.0))
                .record(connection, Outcome::Succeeded, now)?;
            Ok(token.name)
        })
        .await?;
    render.done(Message::new("Revoked {names}").with("names", name)).go("/account")
}
