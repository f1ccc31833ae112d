//! Runs of scenarios: all of them, the newest first, and one with everything that became of it.

mod detail;
pub(super) mod rows;

use std::collections::BTreeMap;

use actix_web::HttpResponse;
use actix_web::web::{Data, Path, Query};
use askama::Template;
use serde::Deserialize;

use self::detail::RunPage;
use self::rows::RunRow;
use super::scenarios::deeds::{self, Pressed};
use crate::app::App;
use crate::db::Connection;
use crate::error::{Error, Result};
use crate::language::Message;
use crate::models::actor::{Actor, Role};
use crate::models::command_runs::CommandRun;
use crate::models::deliveries::Delivery;
use crate::models::ids::{RunId, ScenarioId};
use crate::models::runs::{Run, RunState};
use crate::scenarios::keep;
use crate::web::extract::{Operator, SignedIn, Submitted};
use crate::web::filters;
use crate::web::menu::{Group, Screen};
use crate::web::render::Render;

/// All runs.
pub static SCREEN: Screen = Screen {
    slug: "runs",
    label: "Runs",
    icon: "history",
    group: Group::Automation,
    needs: &[],
    role: Role::Viewer,
    key: None,
};

/// Runs in the list.
const MOST: i64 = 200;
/// The word for all that have not ended.
const OPEN: &str = "open";

/// What is looked for.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct RunsQuery {
    state: String,
}

impl RunsQuery {
    fn states(&self) -> Vec<RunState> {
        let all = RunState::ALL.iter().copied();
        match self.state.as_str() {
            OPEN => all.filter(|state| state.is_open()).collect(),
            word => RunState::from_name(word).map_or_else(|| all.collect(), |state| vec![state]),
        }
    }

    /// Every choice with its English word, and whether it is chosen.
    fn choices(&self) -> Vec<(&'static str, &'static str, bool)> {
        let ended = RunState::ALL.iter().filter(|state| !state.is_open());
        let ended = ended.map(|state| (state.name(), state.label()));
        let choices = [("", "All"), (OPEN, "Going on")].into_iter().chain(ended);
        choices.map(|(word, label)| (word, label, word == self.state)).collect()
    }
}

/// The list.
#[derive(Template)]
#[template(path = "screens/runs.html")]
struct RunsPage {
    query: RunsQuery,
    rows: Vec<RunRow>,
    /// Some of them go on.
    is_open: bool,
    /// There are more of them than are shown.
    is_cut: bool,
}

/// The newest runs that the reader may know of.
///
/// `GET /runs?state=failed`
pub async fn index(person: SignedIn, query: Query<RunsQuery>, app: Data<App>, render: Render) -> Result<HttpResponse> {
    let (actor, states) = (person.actor.clone(), query.states());
    let rows = app.db.run(move |connection| newest(connection, &actor, &states)).await?;
    let page = RunsPage {
        query: query.into_inner(),
        is_open: rows.iter().any(|row| row.state.is_open()),
        is_cut: i64::try_from(rows.len()).is_ok_and(|n| n >= MOST),
        rows,
    };
    render.page(&page)
}

fn newest(connection: &mut Connection, actor: &Actor, states: &[RunState]) -> Result<Vec<RunRow>> {
    let names: BTreeMap<ScenarioId, String> =
        keep::visible(connection, actor)?.into_iter().map(|scenario| (scenario.id, scenario.name)).collect();
    let scenarios: Vec<ScenarioId> = names.keys().copied().collect();
    let runs = Run::newest(connection, &scenarios, states, MOST)?;
    let ids: Vec<RunId> = runs.iter().map(|run| run.id).collect();
    Ok(RunRow::all(&runs, Delivery::of_runs(connection, &ids)?, &names))
}

/// One run.
///
/// `GET /runs/{run}`
pub async fn show(person: SignedIn, path: Path<i64>, app: Data<App>, render: Render) -> Result<HttpResponse> {
    let (actor, id) = (person.actor.clone(), RunId(*path));
    let found = app.db.run(move |connection| {
        let (run, scenario) = keep::find_run(connection, &actor, id)?;
        let may_change = keep::may_change(connection, &actor, &scenario)?;
        let told = (Delivery::of_run(connection, id)?, CommandRun::of_run(connection, id)?);
        Ok::<_, Error>((told, run, scenario, may_change))
    });
    let (told, run, scenario, may_change) = found.await?;
    let page = RunPage::new(run, &scenario, told, may_change, render.language());
    render.page(&page)
}

/// Stops a run: what has not gone out does not go out.
///
/// `POST /runs/{run}/endings`
pub async fn stop(
    person: Operator,
    path: Path<i64>,
    _: Submitted<Pressed>,
    app: Data<App>,
    render: Render,
) -> Result<HttpResponse> {
    let (actor, now, id) = (person.actor.clone(), app.clock.now(), RunId(*path));
    let run = app.db.transaction(move |connection| keep::stop(connection, &actor, id, now)).await?;
    let said = Message::new("Run {n} is stopped").with("n", run.id);
    deeds::answer(&person.actor, run.scenario_id, &app, render, said).await
}
