//! *Try on a server*: runs what a form says, saved or not, and shows what the server answered beside what was understood.

mod panel;
mod result;

use std::time::Duration;

use actix_web::HttpResponse;
use actix_web::web::Path;
use askama::Template;

use super::desk::Desk;
use super::edit;
use super::entered::Entered;
use crate::commands::checks::Answer as CheckAnswer;
use crate::commands::{CommandType, ParseError, Preview, Shape};
use crate::error::{Error, FieldErrors, Result};
use crate::language::Message;
use crate::remote::trial::Attempt;
use crate::web::filters;
use crate::web::render::Render;

pub use panel::{Panel, ServerOffer};
pub use result::{Lines, ResultView};

/// The field that names the server.
pub const SERVER: &str = "try_on";

/// What is tried.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subject {
    /// What its answer is.
    pub purpose: Purpose,
    /// What it is called.
    pub name: String,
    /// The format of its answer.
    pub format: String,
    /// The script.
    pub script: String,
    /// Time for everything; none: as long as any command.
    pub deadline: Option<Duration>,
}

/// What a script is for, which says how its answer is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// A spelling of a command type.
    Command(CommandType),
    /// A check with this kind of answer.
    Check(CheckAnswer),
}

impl Purpose {
    /// The word under which trials are kept.
    pub fn name(self) -> &'static str {
        match self {
            Self::Command(command_type) => command_type.name(),
            Self::Check(_) => crate::models::trials::CHECKS,
        }
    }

    /// What the rows of a `table` look like.
    pub fn shapes(self) -> &'static [Shape] {
        match self {
            Self::Command(command_type) => command_type.table(),
            Self::Check(_) => &[],
        }
    }

    fn read(self, format: &str, output: &[u8]) -> Result<Preview, ParseError> {
        match self {
            Self::Command(command_type) => command_type.preview(format, output),
            Self::Check(answer) => answer.preview(output),
        }
    }
}

impl Subject {
    fn attempt(&self) -> Attempt<'_> {
        Attempt {
            purpose: self.purpose.name(),
            name: &self.name,
            format: &self.format,
            script: &self.script,
            deadline: self.deadline,
        }
    }

    /// The name of this very script among trials.
    pub fn fingerprint(&self) -> String {
        crate::models::trials::fingerprint(self.purpose.name(), &self.format, &self.script)
    }
}

/// One block of the page: the panel with its result.
#[derive(Template)]
#[template(path = "admin/trial_result.html")]
struct Found {
    trial: Panel,
}

/// Tries what the form of a new row says.
///
/// `POST /admin/{resource}/trials`
#[tracing::instrument(skip_all, fields(resource = %path))]
pub async fn create(path: Path<String>, desk: Desk, body: Entered, render: Render) -> Result<HttpResponse> {
    try_out(&path, None, desk, body, render).await
}

/// Tries what the form of a stored row says, saved or not.
///
/// `POST /admin/{resource}/{id}/trials`
#[tracing::instrument(skip_all, fields(resource = %path.0))]
pub async fn create_of(path: Path<(String, i64)>, desk: Desk, body: Entered, render: Render) -> Result<HttpResponse> {
    let (slug, id) = path.into_inner();
    try_out(&slug, Some(id), desk, body, render).await
}

async fn try_out(slug: &str, id: Option<i64>, desk: Desk, body: Entered, render: Render) -> Result<HttpResponse> {
    let resource = super::resource(slug)?;
    let (server, entered) = body.taken(SERVER);
    let entered = std::sync::Arc::new(entered);
    let (typed, scope) = (entered.clone(), desk.person().actor.scope().clone());
    let subject = desk.app.db.run(move |connection| resource.subject(connection, &scope, id, &typed)).await?;
    let subject = subject.ok_or(Error::NotFound("This page"))?;
    let result = match crate::commands::catalog::script_problem(&subject.script) {
        Some(problem) => ResultView::of_problem(problem),
        None if server.is_empty() => ResultView::of_problem(Message::new("Choose a server to try it on")),
        None => {
            let host = desk.app.hosts.open(desk.person().actor.clone(), server.clone()).await?.operable().await?;
            let read = |output: &[u8]| subject.purpose.read(&subject.format, output);
            ResultView::of(&host.try_script(subject.attempt(), read).await?)
        }
    };
    let panel = Panel::load(resource, id, subject, &server, &desk).await?.with_result(result);
    if render.wants_fragment() {
        return render.page(&Found { trial: panel });
    }
    let scope = desk.person().actor.scope().clone();
    let form = desk
        .app
        .db
        .run(move |connection| resource.form_again(connection, &scope, id, &entered, &FieldErrors::default()))
        .await?;
    let mut page = edit::page(resource, form, &desk).await?;
    page.trial = Some(panel);
    render.page(&page)
}
