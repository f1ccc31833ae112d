//! *Try* and *Last 14 days*: what stands in the builder is read, or looked back at; nothing of it is saved, and nobody is told.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::web::Data;

use super::builder::{again, load};
use super::draft::{Draft, Sent};
use super::page::BuilderPage;
use super::tried::TriedPart;
use crate::app::App;
use crate::error::{Error, FieldErrors, Result};
use crate::scenarios::Unsaved;
use crate::web::extract::{Operator, Pairs};
use crate::web::render::Render;
use crate::web::visitor::Person;

/// Reads now what stands in the builder, and shows what would be sent.
///
/// `POST /scenarios/trials`
pub async fn create(person: Operator, form: Pairs, app: Data<App>, render: Render) -> Result<HttpResponse> {
    let Sent { draft, .. } = Draft::read(form.0)?;
    // When it would run is no matter.
    let unsaved = match understood(&draft, &app, |field| !field.starts_with("schedule.") && !is_about_runs(field)) {
        Ok(unsaved) => unsaved,
        Err(problems) => return refused(&person, draft, &app, render, &problems).await,
    };
    match Box::pin(app.scenarios().try_out(&person.actor, unsaved)).await {
        Ok(trial) => show(&person, draft, &app, render, TriedPart::trial(trial)).await,
        Err(Error::Conflict(why)) => show(&person, draft, &app, render, TriedPart::Cannot(why)).await,
        Err(Error::Invalid(problems)) => refused(&person, draft, &app, render, &problems).await,
        Err(error) => Err(error),
    }
}

/// Shows how often what stands in the builder would have told somebody over the last two weeks.
///
/// `POST /scenarios/back-tests`
pub async fn look_back(person: Operator, form: Pairs, app: Data<App>, render: Render) -> Result<HttpResponse> {
    let Sent { draft, .. } = Draft::read(form.0)?;
    let unsaved = match understood(&draft, &app, |field| !is_about_runs(field)) {
        Ok(unsaved) => unsaved,
        Err(problems) => return refused(&person, draft, &app, render, &problems).await,
    };
    let zone = draft.zone();
    match app.scenarios().look_back(&person.actor, unsaved).await {
        Ok(Ok(found)) => {
            let part = TriedPart::back_test(found, zone, render.language());
            show(&person, draft, &app, render, part).await
        }
        Ok(Err(why)) | Err(Error::Conflict(why)) => show(&person, draft, &app, render, TriedPart::Cannot(why)).await,
        Err(Error::Invalid(problems)) => refused(&person, draft, &app, render, &problems).await,
        Err(error) => Err(error),
    }
}

/// Fields that say what becomes of a run, and not what it reads or tells.
fn is_about_runs(field: &str) -> bool {
    matches!(field, "grace_seconds" | "parallel_most" | "schedule.jitter_seconds")
}

/// What a draft means; or what of it cannot be read, of the fields that matter.
fn understood(draft: &Draft, app: &App, matters: impl Fn(&str) -> bool) -> Result<Unsaved, FieldErrors> {
    let (wish, problems) = draft.wish(app.clock.now());
    let mut wrong = FieldErrors::default();
    for (field, problem) in problems.iter().filter(|(field, _)| matters(field)) {
        wrong.add(field, problem.clone());
    }
    if wrong.is_empty() { Ok(Unsaved { wish, kept: draft.scenario }) } else { Err(wrong) }
}

async fn refused(
    person: &Person,
    draft: Draft,
    app: &App,
    render: Render,
    problems: &FieldErrors,
) -> Result<HttpResponse> {
    again(person, draft, app, render, (StatusCode::UNPROCESSABLE_ENTITY, problems)).await
}

/// The builder as it was filled in, with what was found.
async fn show(person: &Person, draft: Draft, app: &App, render: Render, tried: TriedPart) -> Result<HttpResponse> {
    let (known, draft) = load(app, &person.actor, draft).await?;
    let now = app.clock.now();
    let is_kept = known.kept.as_ref().is_some_and(|kept| draft.says_as_much_as(&Draft::of(&kept.wish), now));
    let mut page = BuilderPage::new(known, draft, &FieldErrors::default(), (now, render.language()));
    page.is_changed = !is_kept;
    page.tried = Some(tried);
    render.page_or(&page, BuilderPage::as_builder)
}
