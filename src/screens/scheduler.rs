//! What hannun does by itself: what runs now, what comes within a day, and the switch for all of it.

mod page;

use actix_web::HttpResponse;
use actix_web::web::{Data, Path};
use serde::Deserialize;

use self::page::SchedulerPage;
use super::scenarios::deeds::Pressed;
use crate::app::App;
use crate::error::Result;
use crate::language::Message;
use crate::models::actor::Role;
use crate::models::ids::PauseId;
use crate::scenarios::outlook::Outlook;
use crate::scenarios::pause;
use crate::web::extract::{Admin, SignedIn, Submitted};
use crate::web::menu::{Group, Screen};
use crate::web::render::Render;

/// The scheduler.
pub static SCREEN: Screen = Screen {
    slug: "scheduler",
    label: "Scheduler",
    icon: "calendar",
    group: Group::Automation,
    needs: &[],
    role: Role::Viewer,
    key: None,
};

/// Why all scenarios are paused.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Reason {
    why: String,
}

/// What runs and what comes, as far as the reader may know of it.
///
/// `GET /scheduler`
pub async fn index(person: SignedIn, app: Data<App>, render: Render) -> Result<HttpResponse> {
    let (actor, now) = (person.actor.clone(), app.clock.now());
    let outlook = app.db.run(move |connection| Outlook::of(connection, &actor, now)).await?;
    let page = SchedulerPage::new(outlook, &person.actor, now, render.language());
    render.page(&page)
}

/// Pauses all scenarios.
///
/// `POST /scheduler/pauses`
pub async fn pause(person: Admin, form: Submitted<Reason>, app: Data<App>, render: Render) -> Result<HttpResponse> {
    let (actor, now, why) = (person.actor.clone(), app.clock.now(), form.0.why);
    app.db.transaction(move |connection| pause::pause(connection, &actor, &why, now)).await?;
    render.done(Message::new("All scenarios are paused")).go("/scheduler")
}

/// Ends the pause that was seen.
///
/// `POST /scheduler/pauses/{pause}/endings`
pub async fn start(
    person: Admin,
    path: Path<i64>,
    _: Submitted<Pressed>,
    app: Data<App>,
    render: Render,
) -> Result<HttpResponse> {
    let (actor, now, id) = (person.actor.clone(), app.clock.now(), PauseId(*path));
    app.db.transaction(move |connection| pause::start(connection, &actor, id, now)).await?;
    render.done(Message::new("Scenarios run by their schedules again")).go("/scheduler")
}
