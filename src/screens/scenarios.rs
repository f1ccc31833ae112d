//! What is read at set times, and who is told: the list of scenarios, and the builder.

mod acts;
pub mod builder;
mod control;
pub mod deeds;
mod draft;
pub mod files;
mod load;
mod meaning;
mod page;
mod preview;
mod steps;
pub(super) mod times;
pub mod trial;
mod tried;

use std::collections::BTreeMap;

use actix_web::HttpResponse;
use actix_web::web::Data;
use askama::Template;

use self::times::{Slot, slot};
use crate::app::App;
use crate::db::Connection;
use crate::error::{Error, Result};
use crate::language::{Language, Message};
use crate::models::actor::{Actor, Role, Scope};
use crate::models::ids::{ScenarioId, UserId};
use crate::models::pauses::Pause;
use crate::models::runs::Run;
use crate::models::scenarios::{Destination, Scenario};
use crate::models::users::User;
use crate::scenarios::schedule::Schedule;
use crate::scenarios::{keep, sources};
use crate::web::extract::SignedIn;
use crate::web::filters;
use crate::web::menu::{Group, Screen};
use crate::web::render::Render;

/// All scenarios.
pub static SCREEN: Screen = Screen {
    slug: "scenarios",
    label: "Scenarios",
    icon: "workflow",
    group: Group::Automation,
    needs: &[],
    role: Role::Viewer,
    key: Some('r'),
};

/// The list.
#[derive(Template)]
#[template(path = "screens/scenarios.html")]
struct ScenariosPage {
    rows: Vec<ScenarioRow>,
    may_add: bool,
    /// The reader sees their own ones only.
    is_own: bool,
    /// None of them runs by its schedule now.
    is_paused: bool,
}

/// One scenario in the list.
struct ScenarioRow {
    id: ScenarioId,
    name: String,
    /// None: its schedule is of a version that this one does not know.
    when: Option<(Message, String)>,
    source: Message,
    servers: String,
    destinations: Vec<Message>,
    next: Option<Slot>,
    last: Option<Run>,
    enabled: bool,
    owner: String,
    may_change: bool,
}

/// Every scenario that the reader may know of.
///
/// `GET /scenarios`
pub async fn index(person: SignedIn, app: Data<App>, render: Render) -> Result<HttpResponse> {
    let (actor, language) = (person.actor.clone(), render.language());
    let found = app.db.run(move |connection| {
        Ok::<_, Error>((rows(connection, &actor, language)?, Pause::standing(connection)?.is_some()))
    });
    let (rows, is_paused) = found.await?;
    let (may_add, is_own) = (person.actor.may(Role::Operator), *person.actor.scope() != Scope::All);
    let page = ScenariosPage { rows, may_add, is_own, is_paused };
    render.page(&page)
}

fn rows(connection: &mut Connection, actor: &Actor, language: Language) -> Result<Vec<ScenarioRow>> {
    let scenarios = keep::visible(connection, actor)?;
    let ids: Vec<ScenarioId> = scenarios.iter().map(|scenario| scenario.id).collect();
    let mut destinations = Destination::of_all(connection, &ids)?;
    let mut last = Run::last_of(connection, &ids)?;
    let owners: BTreeMap<UserId, String> =
        User::all(connection)?.into_iter().map(|user| (user.id, user.name)).collect();
    let row = |scenario: Scenario| {
        let may_change = keep::may_change(connection, actor, &scenario)?;
        let schedule = serde_json::from_value::<Schedule>(scenario.schedule).ok();
        let zone = schedule.as_ref().map(|schedule| schedule.time_zone).unwrap_or_default();
        Ok::<_, Error>(ScenarioRow {
            when: schedule.map(|schedule| (schedule.sentence(), schedule.time_zone.name().to_owned())),
            source: sources::of(&scenario.source)
                .map_or_else(|| Message::heard(&scenario.source), |source| source.label.into()),
            servers: scenario.servers.join(", "),
            destinations: destinations
                .remove(&scenario.id)
                .unwrap_or_default()
                .iter()
                .map(|one| super::runs::rows::destination(&one.kind))
                .collect(),
            next: scenario.next_slot.map(|at| slot(at, zone, language)),
            last: last.remove(&scenario.id),
            enabled: scenario.enabled,
            owner: owners.get(&scenario.owner_id).cloned().unwrap_or_default(),
            may_change,
            name: scenario.name,
            id: scenario.id,
        })
    };
    scenarios.into_iter().map(row).collect()
}
