//! Scenarios as files: written to be kept, and brought in once what would become of each was seen.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use actix_web::web::{Data, Query};
use askama::Template;
use serde::Deserialize;

use crate::app::App;
use crate::error::Result;
use crate::language::Message;
use crate::models::ids::ScenarioId;
use crate::scenarios::file::{self, Problem};
use crate::scenarios::import::{self, Deed, Imported, Plan, Planned, Step};
use crate::scenarios::keep;
use crate::web::extract::{Operator, SignedIn, Submitted};
use crate::web::filters;
use crate::web::render::Render;

/// The page.
#[derive(Template)]
#[template(path = "screens/scenarios/import.html")]
struct ImportPage {
    text: String,
    plan: Option<Plan>,
    problems: Vec<Problem>,
    /// Something was changed since the plan was seen.
    is_another: bool,
}

/// Which scenarios are written.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Wanted {
    /// The number of one; none: all of them.
    scenario: Option<i64>,
}

/// A text that was entered.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entered {
    text: String,
    /// What stands for the plan that was seen; empty: none was.
    #[serde(default)]
    plan: String,
}

impl ImportPage {
    fn of(text: String, planned: Planned) -> Self {
        match planned {
            Planned::Ready(plan) => Self { text, plan: Some(plan), problems: Vec::new(), is_another: false },
            Planned::Rejected(problems) => Self { text, plan: None, problems, is_another: false },
        }
    }

    /// Whether there is anything to do.
    fn is_something(&self) -> bool {
        self.plan.as_ref().is_some_and(|plan| plan.steps.iter().any(|step| step.deed != Deed::Keep))
    }
}

/// Scenarios as a file, without secrets.
///
/// `GET /scenarios/file?scenario=7`
pub async fn export(person: SignedIn, app: Data<App>, wanted: Query<Wanted>) -> Result<HttpResponse> {
    let (actor, wanted) = (person.actor.clone(), wanted.scenario.map(ScenarioId));
    let text = app.db.run(move |connection| {
        let scenarios = match wanted {
            Some(id) => vec![keep::find(connection, &actor, id)?],
            None => keep::visible(connection, &actor)?,
        };
        file::write(connection, &scenarios)
    });
    Ok(HttpResponse::Ok()
        .insert_header((CONTENT_TYPE, "application/yaml; charset=utf-8"))
        .insert_header((CONTENT_DISPOSITION, "attachment; filename=\"scenarios.yml\""))
        .body(text.await?))
}

/// The page, empty.
///
/// `GET /scenarios/imports/new`
pub async fn new(_: Operator, render: Render) -> Result<HttpResponse> {
    render.page(&ImportPage { text: String::new(), plan: None, problems: Vec::new(), is_another: false })
}

/// Says what would become of each scenario of a text. Nothing is done.
///
/// `POST /scenarios/imports/plans`
pub async fn plan(person: Operator, form: Submitted<Entered>, app: Data<App>, render: Render) -> Result<HttpResponse> {
    let (actor, now, text) = (person.actor.clone(), app.clock.now(), form.0.text);
    let read = text.clone();
    let planned = app.db.run(move |connection| import::plan(connection, &actor, &read, now)).await?;
    let page = ImportPage::of(text, planned);
    if page.problems.is_empty() { render.page(&page) } else { render.refused(&page) }
}

/// Brings in a text whose plan was seen: all of it or nothing.
///
/// `POST /scenarios/imports`
pub async fn create(
    person: Operator,
    form: Submitted<Entered>,
    app: Data<App>,
    render: Render,
) -> Result<HttpResponse> {
    let Entered { text, plan } = form.0;
    let (actor, now, read) = (person.actor.clone(), app.clock.now(), text.clone());
    let done = app.db.transaction(move |connection| {
        // Who saw no plan is shown one first.
        import::import(connection, &actor, (&read, Some(&plan)), now)
    });
    match done.await? {
        Imported::Done(plan) => render.done(said(&plan.steps)).go("/scenarios"),
        Imported::Otherwise(plan) => {
            let page = ImportPage { is_another: true, ..ImportPage::of(text, Planned::Ready(plan)) };
            render.html(StatusCode::CONFLICT, &page)
        }
        Imported::Rejected(problems) => render.refused(&ImportPage::of(text, Planned::Rejected(problems))),
    }
}

/// What was done.
fn said(steps: &[Step]) -> Message {
    let count = |deed| steps.iter().filter(|step| step.deed == deed).count();
    let words = Message::new("{added} scenarios added, {changed} changed");
    words.with("added", count(Deed::Add)).with("changed", count(Deed::Change))
}
