//! Errors as people see them: a page, a `.fail` block where a server did not do what was asked, or a toast.

use std::time::Duration;

use actix_web::http::StatusCode;
use actix_web::http::header::{ContentType, LOCATION, REFERER};
use actix_web::{HttpMessage, HttpRequest, HttpResponse, HttpResponseBuilder, web};
use askama::Template;

use crate::app::App;
use crate::error::{Error, FieldErrors, RemoteError};
use crate::language::Message;
use crate::models::actor::Role;
use crate::web::cookies::Purpose;
use crate::web::filters;
use crate::web::flash;
use crate::web::hx;
use crate::web::render::{Render, Toast};
use crate::web::return_to;
use crate::web::visitor::{Identity, Visitor};

/// What went wrong, why, and what to do next.
#[derive(Template)]
#[template(path = "errors/page.html", blocks = ["failure"])]
struct ErrorPage {
    title: Message,
    message: Message,
    hint: Option<Message>,
    problems: FieldErrors,
    fail: Option<Fail>,
    /// Shown where something went wrong on our side.
    request_id: Option<String>,
    /// Where to return after the password was entered again.
    reauthenticate: Option<String>,
}

/// The same for people who are not signed in.
#[derive(Template)]
#[template(path = "errors/bare.html")]
struct BareErrorPage {
    title: Message,
    message: Message,
    hint: Option<Message>,
    request_id: Option<String>,
}

/// A command that did not work: what a server did, or did not do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fail {
    /// What happened.
    pub message: Message,
    /// What to do next.
    pub next_step: Message,
    /// The command's name and its exit status, where it came that far.
    pub command: Option<(String, Option<u32>)>,
    /// What the server said; only operators see it.
    pub evidence: String,
}

impl Fail {
    /// The block for `error`, as somebody with `role` may see it.
    pub fn new(error: &RemoteError, role: Role) -> Self {
        let command = match error {
            RemoteError::Failed { command, status, .. } => Some((command.clone(), Some(*status))),
            RemoteError::Killed { command, .. }
            | RemoteError::CutOff { command, .. }
            | RemoteError::DeadlinePassed { command, .. }
            | RemoteError::OutputLimit { command, .. }
            | RemoteError::Unparsable { command, .. }
            | RemoteError::Unsupported { command, .. }
            | RemoteError::PrivilegeRefused { command, .. } => Some((command.clone(), None)),
            _ => None,
        };
        let evidence = if role >= Role::Operator { error.evidence().to_owned() } else { String::new() };
        Self { message: error.message(), next_step: error.advice().next_step, command, evidence }
    }
}

/// How long an error page waits for what a page shows besides.
const A_MOMENT: Duration = Duration::from_millis(500);

/// A browser that navigated here.
pub(super) async fn for_browser(
    request: &HttpRequest,
    error: &Error,
    status: StatusCode,
    request_id: String,
) -> HttpResponse {
    if matches!(error, Error::SignInNeeded) {
        return to_sign_in(request, HttpResponse::SeeOther(), LOCATION.as_str());
    }
    let Some(render) = render(request, error).await else { return plain(error, status) };
    let title = title(error, status);
    let request_id = is_ours(error).then_some(request_id);
    let answer = if let Some(reader) = render.shell.reader.clone() {
        let page = ErrorPage {
            title,
            message: error.message(),
            hint: error.hint(),
            problems: problems(error),
            fail: fail(error, reader.role),
            request_id,
            reauthenticate: matches!(error, Error::ReauthenticationNeeded).then(|| place(request)),
        };
        render.html(status, &page)
    } else {
        let page = BareErrorPage { title, message: error.message(), hint: error.hint(), request_id };
        render.html(status, &page)
    };
    answer.unwrap_or_else(|_| plain(error, status))
}

/// htmx: a server's failure goes where the answer would have gone, everything else is a toast.
pub(super) async fn for_htmx(
    request: &HttpRequest,
    error: &Error,
    status: StatusCode,
    request_id: String,
) -> HttpResponse {
    match error {
        Error::SignInNeeded => {
            return to_sign_in(request, HttpResponse::build(status), hx::REDIRECT);
        }
        Error::ReauthenticationNeeded => {
            let to = format!("/account/proof?{}", query("return_to", &place(request)));
            return HttpResponse::build(status).insert_header((hx::REDIRECT, to)).finish();
        }
        _ => {}
    }
    let Some(Render { shell, .. }) = render(request, error).await else { return plain(error, status) };
    let role = shell.reader.as_ref().map_or(Role::Viewer, |reader| reader.role);
    if let Some(fail) = fail(error, role) {
        let page = ErrorPage {
            title: title(error, status),
            message: error.message(),
            hint: None,
            problems: FieldErrors::default(),
            fail: Some(fail),
            request_id: None,
            reauthenticate: None,
        };
        return match page.as_failure().render_with_values(&shell) {
            Ok(body) => HttpResponse::Ok().insert_header(ContentType::html()).body(body),
            Err(_) => plain(error, status),
        };
    }
    let toast = Toast {
        dot: "crit",
        text: error.message().in_language(shell.language),
        hint: error.hint(),
        request_id: is_ours(error).then_some(request_id),
        problems: problems(error),
    };
    match toast.render_with_values(&shell) {
        Ok(body) => HttpResponse::build(status)
            .insert_header(ContentType::html())
            .insert_header((hx::RETARGET, "#toasts"))
            .insert_header((hx::RESWAP, "beforeend"))
            .body(body),
        Err(_) => plain(error, status),
    }
}

/// What pages are rendered with. Where the database is what is not available, it is asked for the reader's menu for a moment
/// only; then the page is one for somebody whom nobody knows.
async fn render(request: &HttpRequest, error: &Error) -> Option<Render> {
    let known = Render::of(request);
    let known = match error {
        Error::Unavailable(_) => tokio::time::timeout(A_MOMENT, known).await.ok().and_then(Result::ok),
        _ => known.await.ok(),
    };
    if known.is_some() {
        return known;
    }
    let mut visitor = Visitor::of(request)?;
    visitor.identity = Identity::Nobody;
    request.extensions_mut().insert(visitor);
    Render::of(request).await.ok()
}

/// When nothing can be rendered: the English sentence.
fn plain(error: &Error, status: StatusCode) -> HttpResponse {
    HttpResponse::build(status).insert_header(ContentType::plaintext()).body(error.message().to_string())
}

/// Whether the log knows more, under the request's number.
fn is_ours(error: &Error) -> bool {
    matches!(error, Error::Internal(_))
}

fn fail(error: &Error, role: Role) -> Option<Fail> {
    match error {
        Error::Remote(remote) => Some(Fail::new(remote, role)),
        _ => None,
    }
}

fn problems(error: &Error) -> FieldErrors {
    match error {
        Error::Invalid(problems) => problems.clone(),
        _ => FieldErrors::default(),
    }
}

fn title(error: &Error, status: StatusCode) -> Message {
    Message::new(match error {
        Error::NotFound(_) => "Not found",
        Error::ReauthenticationNeeded => "Enter your password",
        Error::Forbidden(_) => "Not allowed",
        Error::Invalid(_) => "Check your input",
        Error::TooLarge => "Too large",
        Error::TooSlow => "Too slow",
        Error::NoRoom(_) => "No room",
        Error::Conflict(_) => "Changed meanwhile",
        Error::NoFile(_) => "Not possible with this file",
        Error::BeyondEnd { .. } => "Beyond the end of the file",
        Error::TooMany { .. } => "Too many attempts",
        Error::Unavailable(_) => "Not available now",
        Error::Remote(_) => "The server did not do it",
        Error::Internal(_) => "Something went wrong",
        Error::SignInNeeded => "Sign in",
        Error::BadRequest(_) if status == StatusCode::METHOD_NOT_ALLOWED => "Not possible here",
        Error::BadRequest(_) => "Not understood",
    })
}

/// The page that the person is on: the one asked for, or the one that the request came from.
fn place(request: &HttpRequest) -> String {
    let header =
        |name: &str| request.headers().get(name).and_then(|value| value.to_str().ok()).map(return_to::from_url);
    if let Some(page) = header("HX-Current-URL") {
        return page;
    }
    if request.method().is_safe() {
        return return_to::safe(request.uri().path_and_query().map_or("/", |here| here.as_str()));
    }
    header(REFERER.as_str()).unwrap_or_else(|| "/".to_owned())
}

/// On to the sign-in page, which leads back here.
fn to_sign_in(request: &HttpRequest, mut response: HttpResponseBuilder, header: &'static str) -> HttpResponse {
    if let Some(app) = request.app_data::<web::Data<App>>() {
        response.cookie(Purpose::ReturnTo.write(&app.config, flash::pack(&place(request))));
    }
    response.insert_header((header, "/sign-in")).finish()
}

fn query(name: &str, value: &str) -> String {
    serde_urlencoded::to_string([(name, value)]).unwrap_or_default()
}
