//! The checks of one server: how each went last, and their numbers over time.

use actix_web::{HttpRequest, HttpResponse, web};
use askama::Template;
use chrono::{DateTime, Utc};

use super::about::About;
use super::charts::Chart;
use super::check_results::{self, CheckRow};
use super::gather::{self, Stored};
use super::part::Part;
use super::range::{Choice, RangeQuery};
use crate::app::App;
use crate::error::Result;
use crate::metrics::catalogue::Metric;
use crate::models::actor::Role;
use crate::web::extract::SignedIn;
use crate::web::filters;
use crate::web::menu::{Group, Screen};
use crate::web::render::Render;

/// The checks of one server.
pub static SCREEN: Screen = Screen {
    slug: "checks",
    label: "Checks",
    icon: "check",
    group: Group::Server,
    needs: &[],
    role: Role::Viewer,
    key: None,
};

/// Spans that the page offers.
const CHOICES: usize = 8;

/// The page.
#[derive(Template)]
#[template(path = "screens/checks.html", blocks = ["checks", "charts"])]
struct ChecksPage {
    about: About,
    choices: Vec<Choice>,
    zoomed: bool,
    from: DateTime<Utc>,
    to: DateTime<Utc>,
    rows: Vec<CheckRow>,
    charts: Vec<Chart>,
    is_administrator: bool,
}

/// The checks of a server, and their numbers over a span of time.
///
/// `GET /servers/{server}/checks?range=24h`
pub async fn index(
    person: SignedIn,
    path: web::Path<String>,
    query: web::Query<RangeQuery>,
    app: web::Data<App>,
    request: HttpRequest,
    render: Render,
) -> Result<HttpResponse> {
    let stored = Stored::load(&app, person.actor.scope(), &path).await?;
    let part = Part::of(&request);
    let metrics: &[Metric] = if part.includes("charts") { &[Metric::Check] } else { &[] };
    let (about, numbers, reading) = gather::history(&app, &stored, metrics, &query, &render.shell).await?;
    let (checks, now) = (stored.checks(&app).await?, app.clock.now());
    let drawn = if part.includes("charts") { checks.as_slice() } else { &[] };
    let page = ChecksPage {
        about,
        choices: reading.range.choices(CHOICES),
        zoomed: !reading.range.follows(),
        from: reading.range.from,
        to: reading.range.to,
        rows: CheckRow::all(&checks, now),
        charts: check_results::charts(drawn, &numbers, &reading),
        is_administrator: person.actor.may(Role::Administrator),
    };
    match part {
        Part::Block("checks") => render.page(&page.as_checks()),
        Part::Block("charts") => render.page(&page.as_charts()),
        _ => render.page(&page),
    }
}
