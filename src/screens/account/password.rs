//! Changing one's own password, which ends every other session and all tokens (A08).

use actix_web::HttpResponse;
use actix_web::web::Data;
use serde::Deserialize;

use super::AccountPage;
use crate::app::App;
use crate::error::{FieldErrors, Result};
use crate::language::Message;
use crate::models::audit::{AuditEntry, Outcome};
use crate::secret::{SecretText, password};
use crate::web::extract::{SignedIn, Submitted};
use crate::web::password_check::{self, Presented};
use crate::web::render::Render;
use crate::web::signing;
use crate::web::visitor::Visitor;

/// What was entered.
#[derive(Debug, Deserialize)]
pub struct PasswordForm {
    current: SecretText,
    new: SecretText,
    again: SecretText,
}

/// Replaces the password.
///
/// `POST /account/password`
pub async fn update(
    person: SignedIn,
    form: Submitted<PasswordForm>,
    app: Data<App>,
    visitor: Visitor,
    render: Render,
) -> Result<HttpResponse> {
    let PasswordForm { current, new, again } = form.0;
    let mut problems = FieldErrors::default();
    if let Some(problem) = password::problem(&new, &person.user.name) {
        problems.add("new", problem);
    } else if new.expose() != again.expose() {
        problems.add("again", "The two new passwords differ");
    }
    if problems.is_empty() {
        let (name, address) = (person.user.name.as_str(), visitor.address);
        let presented = Presented { name, password: current, address, action: "prove_password" };
        if password_check::check(&app, presented).await?.is_none() {
            problems.add("current", "This is not your password");
        }
    }
    if !problems.is_empty() {
        let page = AccountPage::load(&app, &person, problems).await?;
        return render.invalid(&page, super::AccountPage::as_password);
    }
    let hash = app.passwords.hash(new).await?;
    let (changed, now) = (person.0.clone(), app.clock.now());
    app.db
        .transaction(move |connection| {
            changed.user.change_password(connection, &hash, Some(&changed.session), now)?;
            let entry = AuditEntry::by(&changed.actor, "change_password").target(&changed.user.name);
            entry.record(connection, Outcome::Succeeded, now)
        })
        .await?;
    let cookie = signing::renew(&app, person.0.session).await?;
    let message = Message::new("Password changed. All other sessions and tokens have ended");
    render.with_cookie(cookie).done(message).go("/account")
}
