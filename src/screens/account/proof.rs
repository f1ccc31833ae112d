//! The password once more, before something that a borrowed screen must not do (A11).

use actix_web::HttpResponse;
use actix_web::web::{Data, Query};
use askama::Template;
use serde::Deserialize;

use crate::app::App;
use crate::error::{FieldErrors, Result};
use crate::secret::SecretText;
use crate::web::extract::{SignedIn, Submitted};
use crate::web::filters;
use crate::web::password_check::{self, Presented};
use crate::web::render::Render;
use crate::web::return_to;
use crate::web::visitor::Visitor;

#[derive(Template)]
#[template(path = "screens/account/proof.html")]
struct ProofPage {
    return_to: String,
    problems: FieldErrors,
}

/// Where to go back to.
#[derive(Debug, Deserialize)]
pub struct ProofQuery {
    #[serde(default)]
    return_to: String,
}

/// Asks for the password.
///
/// `GET /account/proof?return_to=/admin/credentials/3`
pub async fn new(query: Query<ProofQuery>, render: Render) -> Result<HttpResponse> {
    render.page(&ProofPage { return_to: return_to::safe(&query.return_to), problems: FieldErrors::default() })
}

/// What was entered.
#[derive(Debug, Deserialize)]
pub struct ProofForm {
    password: SecretText,
    return_to: String,
}

/// Opens for ten minutes what needs the password again, and goes back.
///
/// `POST /account/proof`
pub async fn create(
    person: SignedIn,
    form: Submitted<ProofForm>,
    app: Data<App>,
    visitor: Visitor,
    render: Render,
) -> Result<HttpResponse> {
    let ProofForm { password, return_to } = form.0;
    let return_to = return_to::safe(&return_to);
    let (name, address) = (person.user.name.as_str(), visitor.address);
    let presented = Presented { name, password, address, action: "prove_password" };
    if password_check::check(&app, presented).await?.is_none() {
        let problems = FieldErrors::default().and("password", "This is not your password");
        return render.refused(&ProofPage { return_to, problems });
    }
    let (session, now) = (person.0.session, app.clock.now());
    app.db.run(move |connection| session.prove(connection, now)).await?;
    render.go(&return_to)
}
