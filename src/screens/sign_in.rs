//! Signing in and out.

use actix_web::web::{Data, Query};
use actix_web::{HttpRequest, HttpResponse};
use askama::Template;
use serde::Deserialize;

use crate::app::App;
use crate::error::Result;
use crate::language::{Language, Message};
use crate::secret::SecretText;
use crate::web::cookies::Purpose;
use crate::web::extract::{SignedIn, Submitted};
use crate::web::filters;
use crate::web::flash;
use crate::web::password_check::{self, Presented};
use crate::web::render::Render;
use crate::web::return_to;
use crate::web::signing;
use crate::web::visitor::Visitor;

#[derive(Template)]
#[template(path = "screens/sign_in.html")]
struct SignInPage {
    name: String,
    problem: Option<Message>,
    version: &'static str,
}

impl SignInPage {
    fn new(name: String, problem: Option<Message>) -> Self {
        Self { name, problem, version: env!("CARGO_PKG_VERSION") }
    }
}

/// In which language to ask.
#[derive(Debug, Deserialize)]
pub struct SignInQuery {
    lang: Option<String>,
}

/// Asks for name and password.
///
/// `GET /sign-in?lang=ko`
pub async fn new(query: Query<SignInQuery>, app: Data<App>, mut render: Render) -> Result<HttpResponse> {
    if let Some(language) = query.lang.as_deref().and_then(Language::from_tag) {
        render.shell.language = language;
        render = render.with_cookie(Purpose::Language.write(&app.config, language.tag()));
    }
    render.page(&SignInPage::new(String::new(), None))
}

/// What was entered.
#[derive(Debug, Deserialize)]
pub struct SignInForm {
    name: String,
    password: SecretText,
}

/// Signs in: the password is right, and nobody guesses too fast (A03).
///
/// `POST /sign-in`
pub async fn create(
    form: Submitted<SignInForm>,
    app: Data<App>,
    request: HttpRequest,
    visitor: Visitor,
    render: Render,
) -> Result<HttpResponse> {
    let SignInForm { name, password } = form.0;
    let presented = Presented { name: name.trim(), password, address: visitor.address, action: "sign_in" };
    let Some(user) = password_check::check(&app, presented).await? else {
        let page = SignInPage::new(name, Some(Message::new("Name or password is wrong.")));
        return render.refused(&page);
    };
    let place = Purpose::ReturnTo.read(&request, &app.config).and_then(|value| flash::unpack(&value));
    let cookie = signing::begin(&app, &request, user.id).await?;
    render
        .with_cookie(cookie)
        .with_cookie(Purpose::ReturnTo.clear(&app.config))
        .go(&return_to::safe(place.as_deref().unwrap_or("/")))
}

/// Signs out, here and in the database.
///
/// `POST /sign-out`
pub async fn destroy(person: SignedIn, app: Data<App>, render: Render) -> Result<HttpResponse> {
    let cookie = signing::end(&app, person.0).await?;
    render.with_cookie(cookie).go("/sign-in")
}
