//! Whether a password is somebody's: slowed down, off the async threads, and costing the same for everybody (A02, A03).
//! Both answers are in the audit log (L01).

use std::net::IpAddr;

use crate::app::App;
use crate::error::{Error, Result};
use crate::models::audit::{AuditEntry, Outcome};
use crate::models::sign_in::AuthThrottle;
use crate::models::users::User;
use crate::secret::SecretText;

/// A password that somebody presents.
pub struct Presented<'a> {
    /// Whose it is said to be.
    pub name: &'a str,
    /// What was typed.
    pub password: SecretText,
    /// Where it came from.
    pub address: IpAddr,
    /// What for, as the audit log calls it: `sign_in`.
    pub action: &'static str,
}

/// The enabled account with this name and password, if there is one. Too many wrong tries are an error (A03).
pub async fn check(app: &App, presented: Presented<'_>) -> Result<Option<User>> {
    let Presented { name, password, address, action } = presented;
    let throttle = AuthThrottle::new(name, address);
    let (attempt, name, now) = (throttle.clone(), name.to_owned(), app.clock.now());
    let user = app
        .db
        .run(move |connection| {
            attempt.begin(connection, now)?;
            Ok::<_, Error>(User::by_name(connection, &name)?)
        })
        .await?;
    let hash = user.as_ref().filter(|user| user.is_enabled()).map(|user| user.password_hash.clone());
    let verdict = app.passwords.verify(password, hash).await?;
    let right = verdict.right && user.as_ref().is_some_and(User::is_enabled);
    app.db
        .transaction(move |connection| {
            let Some(user) = user.as_ref().filter(|_| right) else {
                // People type passwords into the wrong field: only names that exist are written down.
                let name = user.as_ref().map_or("somebody", |user| user.name.as_str());
                AuditEntry::by_nobody(name, Some(address), action).record(connection, Outcome::Failed, now)?;
                return Ok(None);
            };
            throttle.succeeded(connection)?;
            if let Some(stronger) = &verdict.stronger {
                user.strengthen_hash(connection, stronger)?;
            }
            let actor = user.actor(connection, Some(address))?;
            AuditEntry::by(&actor, action).record(connection, Outcome::Succeeded, now)?;
            Ok(Some(user.clone()))
        })
        .await
}
