//! Whether a password is somebody's: slowed down, off the async threads, and costing the same for everybody (A02, A03).

use std::net::IpAddr;

use crate::app::App;
use crate::error::Result;
use crate::models::sign_in::AuthThrottle;
use crate::models::users::User;
use crate::secret::SecretText;

/// The enabled account with this name and password, if there is one. Too many wrong tries are an error (A03).
pub async fn check(app: &App, name: &str, password: SecretText, address: IpAddr) -> Result<Option<User>> {
    let throttle = AuthThrottle::new(name, address);
    let (attempt, name, now) = (throttle.clone(), name.to_owned(), app.clock.now());
    let user = app
        .db
        .run(move |connection| {
            attempt.begin(connection, now)?;
            Ok::<_, crate::error::Error>(User::by_name(connection, &name)?)
        })
        .await?
        .filter(User::is_enabled);
    let hash = user.as_ref().map(|user| user.password_hash.clone());
    let verdict = app.passwords.verify(password, hash).await?;
    let Some(user) = user.filter(|_| verdict.right) else { return Ok(None) };
    app.db
        .run(move |connection| {
            throttle.succeeded(connection)?;
            if let Some(stronger) = verdict.stronger {
                user.strengthen_hash(connection, &stronger)?;
            }
            Ok::<_, crate::error::Error>(Some(user))
        })
        .await
}
