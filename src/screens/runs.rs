//! Runs of scenarios: all of them, the newest first, and one with everything that became of it.

mod detail;
mod plot;
mod query;
pub(super) mod rows;

use actix_web::HttpResponse;
use actix_web::web::{Data, Path, Query};
use askama::Template;

use self::detail::RunPage;
use self::plot::{MOST_POINTS, RunPlot};
use self::query::RunsQuery;
use self::rows::RunRow;
use super::scenarios::deeds::{self, Pressed};
use crate::app::App;
use crate::db::Connection;
use crate::error::{Error, FieldErrors, Result};
use crate::language::Message;
use crate::models::actor::{Actor, Role};
use crate::models::command_runs::CommandRun;
use crate::models::deliveries::Delivery;
use crate::models::ids::{RunId, ScenarioId};
use crate::models::runs::{RunPoint, RunSearch};
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

/// The list.
#[derive(Template)]
#[template(path = "screens/runs.html")]
struct RunsPage {
    query: RunsQuery,
    problems: FieldErrors,
    /// Times of the query as its form has them.
    from: String,
    until: String,
    zone: &'static str,
    /// The name of the scenario that it is about, where it is about one.
    scenario: Option<String>,
    plot: Option<RunPlot>,
    rows: Vec<RunRow>,
    /// Some of them go on.
    is_open: bool,
    /// There are more of them than are shown.
    is_cut: bool,
}

/// What was found.
struct Found {
    rows: Vec<RunRow>,
    points: Vec<RunPoint>,
    scenario: Option<String>,
}

/// The newest runs that the reader may know of, as a list and as a picture from which a part of it is chosen.
///
/// `GET /runs?state=failed&from=2026-11-29T12:00:00Z&least=30`
pub async fn index(person: SignedIn, query: Query<RunsQuery>, app: Data<App>, render: Render) -> Result<HttpResponse> {
    let (actor, query, zone, now) = (person.actor.clone(), query.into_inner(), render.shell.time_zone, app.clock.now());
    let (search, problems) = query.search(zone);
    let (wanted, about) = (search.clone(), query.scenario());
    let found = app.db.run(move |connection| found(connection, &actor, wanted, about)).await?;
    let page = RunsPage {
        from: query.field("from", zone),
        until: query.field("until", zone),
        zone: zone.name(),
        problems,
        scenario: found.scenario,
        plot: RunPlot::of(found.points, &search, now, zone),
        is_open: found.rows.iter().any(|row| row.state.is_open()),
        is_cut: i64::try_from(found.rows.len()).is_ok_and(|n| n >= MOST),
        rows: found.rows,
        query,
    };
    render.page(&page)
}

fn found(
    connection: &mut Connection,
    actor: &Actor,
    mut search: RunSearch,
    about: Option<ScenarioId>,
) -> Result<Found> {
    let mut names = keep::names(connection, actor)?;
    if let Some(about) = about {
        // One that is not there, or not for the reader, has no runs.
        names.retain(|id, _| *id == about);
    }
    search.scenarios = names.keys().copied().collect();
    let runs = search.newest(connection, MOST)?;
    let ids: Vec<RunId> = runs.iter().map(|run| run.id).collect();
    let scenario = about.and_then(|about| names.remove(&about));
    let rows = RunRow::all(&runs, Delivery::of_runs(connection, &ids)?, &names);
    Ok(Found { rows, points: points(connection, &search)?, scenario })
}

/// The picture shows more than what is looked for: the rest tells what that is a part of. What lies before all of it is drawn instead.
fn points(connection: &mut Connection, search: &RunSearch) -> Result<Vec<RunPoint>> {
    let most = i64::try_from(MOST_POINTS + 1).unwrap_or(i64::MAX);
    let around = RunSearch { from: None, until: None, least_ms: None, most_ms: None, ..search.clone() };
    let points = around.points(connection, most)?;
    let lies_before = |until| points.len() > MOST_POINTS && points.last().is_some_and(|oldest| until < oldest.at);
    match search.until.filter(|until| lies_before(*until)) {
        Some(until) => Ok(RunSearch { until: Some(until), ..around }.points(connection, most)?),
        None => Ok(points),
    }
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
