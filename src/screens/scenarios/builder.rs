//! The builder: a new scenario, a kept one, a draft that is drawn again, and what is saved.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::web::{Data, Path};

use super::draft::{Draft, Sent};
use super::load::Known;
use super::page::BuilderPage;
use crate::app::App;
use crate::error::{Error, FieldErrors, Result};
use crate::language::Message;
use crate::models::actor::Actor;
use crate::models::channels::Channel;
use crate::models::ids::ScenarioId;
use crate::scenarios::keep;
use crate::web::extract::{Operator, Pairs, SignedIn};
use crate::web::render::Render;
use crate::web::visitor::Person;

/// The builder of a new scenario.
///
/// `GET /scenarios/new`
pub async fn new(person: Operator, app: Data<App>, render: Render) -> Result<HttpResponse> {
    let server = render.shell.server.as_ref().map(|server| server.name.clone()).unwrap_or_default();
    let draft = Draft::new(person.time_zone(), &server);
    let (known, draft) = load(&app, &person.actor, draft).await?;
    show(render, &app, (known, draft), (StatusCode::OK, &FieldErrors::default()))
}

/// A scenario in the builder, with its history.
///
/// `GET /scenarios/{scenario}`
pub async fn edit(person: SignedIn, path: Path<i64>, app: Data<App>, render: Render) -> Result<HttpResponse> {
    let (actor, id) = (person.actor.clone(), ScenarioId(*path));
    let (known, mut draft) = app
        .db
        .run(move |connection| {
            Known::load(connection, &actor, Some(id), |wish, _| Ok(wish.map(Draft::of).unwrap_or_default()))
        })
        .await?;
    draft.scenario = Some(id);
    draft.seen = known.kept.as_ref().map(|kept| kept.scenario.version).unwrap_or_default();
    show(render, &app, (known, draft), (StatusCode::OK, &FieldErrors::default()))
}

/// The builder once a button of it has been pressed, or something was typed. Saves nothing.
///
/// `POST /scenarios/drafts`
pub async fn redraw(person: Operator, form: Pairs, app: Data<App>, render: Render) -> Result<HttpResponse> {
    let Sent { draft, act } = Draft::read(form.0)?;
    let (actor, id) = (person.actor.clone(), draft.scenario);
    let applied = app.db.run(move |connection| {
        if let Some(id) = id {
            keep::find_to_change(connection, &actor, id)?;
        }
        Known::load(connection, &actor, id, |_, channels: &[Channel]| {
            let mut draft = draft;
            draft.apply(&act, channels)?;
            Ok(draft)
        })
    });
    let (known, draft) = applied.await?;
    let mut page = BuilderPage::new(known, draft, &FieldErrors::default(), (app.clock.now(), render.language()));
    page.is_changed = true;
    render.page_or(&page, BuilderPage::as_builder)
}

/// Adds a scenario.
///
/// `POST /scenarios`
pub async fn create(person: Operator, form: Pairs, app: Data<App>, render: Render) -> Result<HttpResponse> {
    let mut draft = Draft::read(form.0)?.draft;
    draft.scenario = None;
    save(&person, draft, &app, render).await
}

/// Writes a scenario over the version that was seen.
///
/// `POST /scenarios/{scenario}`
pub async fn update(
    person: Operator,
    path: Path<i64>,
    form: Pairs,
    app: Data<App>,
    render: Render,
) -> Result<HttpResponse> {
    let mut draft = Draft::read(form.0)?.draft;
    draft.scenario = Some(ScenarioId(*path));
    save(&person, draft, &app, render).await
}

async fn save(person: &Person, mut draft: Draft, app: &App, render: Render) -> Result<HttpResponse> {
    let (actor, now, wanted) = (person.actor.clone(), app.clock.now(), draft.clone());
    let saved = app.db.transaction(move |connection| {
        let (mut wish, mut problems) = wanted.wish(now);
        let kept = match wanted.scenario {
            Some(id) => Some(keep::find_to_change(connection, &actor, id)?),
            None => None,
        };
        if let Some(kept) = &kept {
            // Its switch stands beside the form, and takes effect at once.
            wish.enabled = kept.enabled;
        }
        if !problems.is_empty() {
            // What can be read may be wrong all the same: everything is said at once.
            let before = kept.and_then(|kept| serde_json::from_value(kept.schedule).ok());
            if let Err(Error::Invalid(more)) = wish.checked_over(before.as_ref(), &Channel::all(connection)?, now) {
                for (name, problem) in more.iter() {
                    problems.add(name, problem.clone());
                }
            }
            return Err(Error::Invalid(problems));
        }
        match kept {
            Some(kept) => keep::save(connection, &actor, (kept.id, wanted.seen), wish, now),
            None => keep::add(connection, &actor, wish, now),
        }
    });
    match saved.await {
        Ok(scenario) => {
            let said = Message::new("Saved {name}").with("name", &scenario.name);
            render.done(said).go(&format!("/scenarios/{}", scenario.id))
        }
        Err(Error::Invalid(problems)) => {
            again(person, draft, app, render, (StatusCode::UNPROCESSABLE_ENTITY, &problems)).await
        }
        Err(Error::Conflict(why)) => {
            let problems = FieldErrors::default().and("", why);
            draft.fresh = None;
            again(person, draft, app, render, (StatusCode::CONFLICT, &problems)).await
        }
        Err(error) => Err(error),
    }
}

/// The builder as it was filled in, with what is wrong with it.
pub(super) async fn again(
    person: &Person,
    draft: Draft,
    app: &App,
    render: Render,
    wrong: (StatusCode, &FieldErrors),
) -> Result<HttpResponse> {
    let (known, mut draft) = load(app, &person.actor, draft).await?;
    if let Some(kept) = known.kept.as_ref().filter(|_| wrong.0 == StatusCode::CONFLICT) {
        // Whoever saves once more has been told what that writes over.
        draft.seen = kept.scenario.version;
    }
    show(render, app, (known, draft), wrong)
}

/// A draft with all that the builder shows besides it.
pub(super) async fn load(app: &App, actor: &Actor, draft: Draft) -> Result<(Known, Draft)> {
    let (actor, id) = (actor.clone(), draft.scenario);
    app.db.run(move |connection| Known::load(connection, &actor, id, |_, _| Ok(draft))).await
}

fn show(
    render: Render,
    app: &App,
    (known, draft): (Known, Draft),
    (status, problems): (StatusCode, &FieldErrors),
) -> Result<HttpResponse> {
    let at = (app.clock.now(), render.language());
    let page = BuilderPage::new(known, draft, problems, at);
    render.html(status, &page)
}
