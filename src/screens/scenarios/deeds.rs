//! What is done with a kept scenario at once: switch it, run it, copy it, delete it.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::web::{Data, Path};
use serde::Deserialize;

use super::builder;
use super::draft::Draft;
use super::load::Known;
use super::page::DonePart;
use crate::app::App;
use crate::db::Connection;
use crate::error::{Error, Result};
use crate::language::Message;
use crate::models::actor::Actor;
use crate::models::channels::Channel;
use crate::models::ids::ScenarioId;
use crate::models::scenarios::{Destination, Scenario};
use crate::scenarios::wish::{LONGEST_NAME, of_kept};
use crate::scenarios::{Wish, keep};
use crate::web::extract::{Operator, Submitted};
use crate::web::render::Render;

/// Nothing but a press of a button.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Pressed {}

/// On or off.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Switched {
    /// A box that is not ticked sends nothing.
    #[serde(default)]
    enabled: bool,
}

/// Lets a scenario run by its schedule, or not.
///
/// `POST /scenarios/{scenario}/switches`
pub async fn switch(
    person: Operator,
    path: Path<i64>,
    form: Submitted<Switched>,
    app: Data<App>,
    render: Render,
) -> Result<HttpResponse> {
    let (actor, now, on) = (person.actor.clone(), app.clock.now(), form.0.enabled);
    let id = ScenarioId(*path);
    let done = app.db.transaction(move |connection| keep::enable(connection, &actor, id, on, now)).await?;
    let words = if on { "{name} is enabled" } else { "{name} is disabled" };
    answer(&person.actor, id, &app, render, Message::new(words).with("name", done.name)).await
}

/// Runs a scenario now.
///
/// `POST /scenarios/{scenario}/runs`
pub async fn run(
    person: Operator,
    path: Path<i64>,
    _: Submitted<Pressed>,
    app: Data<App>,
    render: Render,
) -> Result<HttpResponse> {
    let (actor, now, id) = (person.actor.clone(), app.clock.now(), ScenarioId(*path));
    let run = app.db.transaction(move |connection| keep::run(connection, &actor, id, now)).await?;
    answer(&person.actor, id, &app, render, Message::new("Run {n} begins").with("n", run.id)).await
}

/// Adds a copy under another name, which does not run yet. Where it cannot be added as it is (a date that has passed), it stands in
/// the builder.
///
/// `POST /scenarios/{scenario}/copies`
pub async fn copy(
    person: Operator,
    path: Path<i64>,
    _: Submitted<Pressed>,
    app: Data<App>,
    render: Render,
) -> Result<HttpResponse> {
    let (actor, id) = (person.actor.clone(), ScenarioId(*path));
    let wish = app.db.run(move |connection| copied(connection, &actor, id)).await?;
    let (actor, now, wanted) = (person.actor.clone(), app.clock.now(), wish.clone());
    match app.db.transaction(move |connection| keep::add(connection, &actor, wanted, now)).await {
        Ok(added) => {
            let said = Message::new("{name} is added, and disabled").with("name", &added.name);
            render.done(said).go(&format!("/scenarios/{}", added.id))
        }
        Err(Error::Invalid(problems)) => {
            let wrong = (StatusCode::UNPROCESSABLE_ENTITY, &problems);
            builder::again(&person, Draft::of(&wish), &app, render, wrong).await
        }
        Err(error) => Err(error),
    }
}

/// Removes a scenario with its history.
///
/// `POST /scenarios/{scenario}/deletions`
pub async fn delete(
    person: Operator,
    path: Path<i64>,
    _: Submitted<Pressed>,
    app: Data<App>,
    render: Render,
) -> Result<HttpResponse> {
    let (actor, now, id) = (person.actor.clone(), app.clock.now(), ScenarioId(*path));
    let name = app.db.transaction(move |connection| {
        let scenario = keep::find_to_change(connection, &actor, id)?;
        keep::delete(connection, &actor, id, now)?;
        Ok::<_, Error>(scenario.name)
    });
    let said = Message::new("{name} is deleted").with("name", name.await?);
    render.done(said).go("/scenarios")
}

/// On a page with a builder what stands around it is drawn again, so that what is unsaved stays; everywhere else the page.
pub(in crate::screens) async fn answer(
    actor: &Actor,
    id: ScenarioId,
    app: &App,
    render: Render,
    said: Message,
) -> Result<HttpResponse> {
    let origin = render.origin();
    if !render.wants_fragment() || origin.split('?').next() != Some(format!("/scenarios/{id}").as_str()) {
        return render.done(said).go(&origin);
    }
    let actor = actor.clone();
    let loaded =
        app.db.run(move |connection| Known::load(connection, &actor, Some(id), |_, _| Ok(Draft::default()))).await?;
    let kept = loaded.0.kept.ok_or(Error::NotFound("This scenario"))?;
    let part = DonePart::new(kept, render.language());
    render.done(said).swap(&part)
}

/// A scenario as the wish for another one.
fn copied(connection: &mut Connection, actor: &Actor, id: ScenarioId) -> Result<Wish> {
    let scenario = keep::find(connection, actor, id)?;
    let (destinations, channels) = (Destination::of(connection, id)?, Channel::all(connection)?);
    let names: Vec<String> = Scenario::all(connection)?.into_iter().map(|scenario| scenario.name).collect();
    let wish = of_kept(&scenario, &destinations, &channels)?;
    Ok(Wish { name: another(&wish.name, &names), enabled: false, ..wish })
}

/// A name that nobody has: `Morning 2`.
fn another(name: &str, names: &[String]) -> String {
    let stem = name.trim_end_matches(|sign: char| sign.is_ascii_digit()).trim_end();
    let stem = if stem.is_empty() { name } else { stem };
    let numbered = |n: usize| {
        let end = format!(" {n}");
        let kept: String = stem.chars().take(LONGEST_NAME - end.len()).collect();
        format!("{kept}{end}")
    };
    (2..=names.len() + 2).map(numbered).find(|name| !names.contains(name)).unwrap_or_else(|| numbered(names.len() + 3))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_copy_has_a_name_of_its_own() {
        let names = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
        assert_eq!(another("Morning", &names(&["Morning"])), "Morning 2");
        assert_eq!(another("Morning 2", &names(&["Morning", "Morning 2", "Morning 3"])), "Morning 4");
        assert_eq!(another("7", &names(&["7"])), "7 2");
        assert_eq!(another(&"x".repeat(100), &[]).len(), 100);
    }
}
