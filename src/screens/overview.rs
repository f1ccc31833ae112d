//! One server at one glance: what it is, how it is now, its busiest processes, its filesystems.

pub mod away;
pub mod checks;
pub mod connections;
pub mod facts;
pub mod ladder;
pub mod page;
pub mod stream;
pub mod unreachable;

use actix_web::{HttpRequest, HttpResponse, web};
use futures_util::future::OptionFuture;

use self::checks::Checks;
use self::page::{METRICS, OverviewPage, charts, cores, facts, is_young};
use super::asked;
use super::gather::{self, Stored};
use super::part::Part;
use super::range::{Range, RangeQuery};
use crate::app::App;
use crate::commands::CommandType;
use crate::error::Result;
use crate::metrics::health::Level;
use crate::models::actor::Role;
use crate::web::condition;
use crate::web::extract::SignedIn;
use crate::web::menu::{Group, Screen};
use crate::web::render::Render;

/// One server at one glance.
pub static SCREEN: Screen = Screen {
    slug: "",
    label: "Overview",
    icon: "activity",
    group: Group::Server,
    needs: &[CommandType::SampleMetrics],
    role: Role::Viewer,
    key: Some('o'),
};

/// The span that the page opens with, and how many spans it offers.
const DEFAULT_RANGE: &str = "15m";
const CHOICES: usize = 5;

/// One server at one glance; a server that does not answer has a page of its own at the same address.
///
/// `GET /servers/{server}?range=1h`
pub async fn index(
    person: SignedIn,
    path: web::Path<String>,
    query: web::Query<RangeQuery>,
    app: web::Data<App>,
    request: HttpRequest,
    render: Render,
) -> Result<HttpResponse> {
    let stored = Stored::load(&app, person.actor.scope(), &path).await?;
    let now = app.clock.now();
    let health = stored.health(&app.live, now);
    if !health.level.answers() {
        return away::show(&stored, health, &person, &app, render).await;
    }
    let (level, why) = (health.level, condition::reason(&health));
    let part = Part::of(&request);
    let live = app.live.server(stored.server.id);
    live.look();
    let latest = live.latest();
    let range = Range::of(&query, DEFAULT_RANGE, now);
    let mut page = OverviewPage::new(stored.about(&render.shell.here, level), range.choices(CHOICES), why);
    page.is_found_by_check = health.alarm.is_some();
    if part.includes("facts") {
        page.facts = facts(&stored, latest.as_deref(), level, now);
    }
    if part.includes("cores") {
        page.cores = cores(latest.as_deref());
    }
    let host = app.hosts.of(person.actor.clone(), stored.server.clone());
    // While nobody has got in yet, a page that waited for an answer would only be late.
    let wait =
        |region| (part.includes(region) && (part != Part::Page || level != Level::Unknown)).then(|| part.patience());
    let role = stored.role_of(&person.actor);
    let numbers = part.includes("charts").then(|| gather::numbers(&app, &stored, METRICS, &range));
    // The database reads while the server answers.
    let (numbers, checks, processes, filesystems) = tokio::join!(
        OptionFuture::from(numbers),
        Checks::load(&app, &stored, part, range, &render.shell),
        asked::processes(&host, &live, wait("processes"), role),
        asked::filesystems(&app, &host, wait("filesystems"), role),
    );
    (page.checks, page.processes, page.filesystems) = (checks?, processes?, filesystems?);
    if let Some(numbers) = numbers.transpose()? {
        let reading = stored.reading(range, &numbers, &render.shell);
        page.charts = charts(&numbers, &stored, latest.as_deref(), &reading);
        page.is_young = is_young(&numbers);
        page.sampling = gather::sampling(&app, &stored, latest.as_deref());
    }
    match part {
        Part::Block("facts") => render.page(&page.as_facts()),
        Part::Block("charts") => render.page(&page.as_charts()),
        Part::Block("cores") => render.page(&page.as_cores()),
        Part::Block("checks") => render.page(&page.as_checks()),
        Part::Block("check-charts") => render.page(&page.as_check_charts()),
        // Too late for this time: what is shown stays, and the region asks again.
        Part::Block("processes") if page.processes.is_waiting() => render.nothing(),
        Part::Block("processes") => render.page(&page.as_processes()),
        Part::Block("filesystems") if page.filesystems.is_waiting() => render.nothing(),
        Part::Block("filesystems") => render.page(&page.as_filesystems()),
        Part::Block(_) | Part::Page => render.page(&page),
    }
}
