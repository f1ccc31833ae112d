//! The first administrator, by the one-time link that the first start prints (A12).

use actix_web::web::{Data, Query};
use actix_web::{HttpRequest, HttpResponse};
use askama::Template;
use serde::Deserialize;

use crate::app::App;
use crate::error::{Error, FieldErrors, Result};
use crate::models::audit::{AuditEntry, Outcome};
use crate::models::setup_tokens::SetupToken;
use crate::models::users::User;
use crate::secret::{SecretText, password};
use crate::web::extract::Submitted;
use crate::web::filters;
use crate::web::render::Render;
use crate::web::signing;
use crate::web::visitor::Visitor;

#[derive(Template)]
#[template(path = "screens/setup.html")]
struct SetupPage {
    token: String,
    name: String,
    problems: FieldErrors,
    version: &'static str,
}

/// The token of the link.
#[derive(Debug, Deserialize)]
pub struct SetupQuery {
    #[serde(default)]
    token: String,
}

/// Asks for the first administrator's name and password. Not there without a good token, and once anybody exists.
///
/// `GET /setup?token=…`
pub async fn new(query: Query<SetupQuery>, app: Data<App>, render: Render) -> Result<HttpResponse> {
    let token = query.into_inner().token;
    must_be_open(&app, token.clone()).await?;
    render.page(&page(token, String::new(), FieldErrors::default()))
}

/// What was entered.
#[derive(Debug, Deserialize)]
pub struct SetupForm {
    token: String,
    name: String,
    password: SecretText,
}

/// Makes the first administrator and signs them in.
///
/// `POST /setup`
pub async fn create(
    form: Submitted<SetupForm>,
    app: Data<App>,
    request: HttpRequest,
    visitor: Visitor,
    render: Render,
) -> Result<HttpResponse> {
    let SetupForm { token, name, password } = form.0;
    must_be_open(&app, token.clone()).await?;
    let name = name.trim().to_owned();
    if let Some(problem) = password::problem(&password, &name) {
        return render.refused(&page(token, name, FieldErrors::default().and("password", problem)));
    }
    let hash = app.passwords.hash(password).await?;
    let (presented, wanted, now) = (token.clone(), name.clone(), app.clock.now());
    let address = visitor.address;
    let made = app
        .db
        .transaction(move |connection| {
            let user = User::set_up(connection, &presented, &wanted, &hash, now)?;
            let actor = user.actor(connection, Some(address))?;
            AuditEntry::by(&actor, "set_up").target(&user.name).record(connection, Outcome::Succeeded, now)?;
            Ok(user)
        })
        .await;
    let user = match made {
        Err(Error::Invalid(problems)) => return render.refused(&page(token, name, problems)),
        made => made?,
    };
    let cookie = signing::begin(&app, &request, user.id).await?;
    render.with_cookie(cookie).go("/")
}

fn page(token: String, name: String, problems: FieldErrors) -> SetupPage {
    SetupPage { token, name, problems, version: env!("CARGO_PKG_VERSION") }
}

async fn must_be_open(app: &App, token: String) -> Result<()> {
    let now = app.clock.now();
    let open = app
        .db
        .run(move |connection| {
            Ok::<_, Error>(!User::anybody_exists(connection)? && SetupToken::matches(connection, &token, now)?)
        })
        .await?;
    if open { Ok(()) } else { Err(Error::NotFound("This page")) }
}
