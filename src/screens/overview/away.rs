//! What the overview shows while a server does not answer, or is paused.

use actix_web::HttpResponse;

use super::facts::Fact;
use super::ladder;
use super::page::facts;
use super::unreachable::{Neighbours, UnreachablePage, hints, verdict};
use crate::app::App;
use crate::error::Result;
use crate::metrics::catalogue::Metric;
use crate::models::actor::Role;
use crate::screens::declared;
use crate::screens::gather::{self, Stored};
use crate::screens::health::Level;
use crate::screens::numbers::LARGE;
use crate::screens::range::{Range, RangeQuery};
use crate::web::render::Render;
use crate::web::visitor::Person;

/// The span of its last known numbers.
const SPAN: &str = "1h";

/// The page of a server that does not answer.
pub async fn show(stored: &Stored, level: Level, person: &Person, app: &App, render: Render) -> Result<HttpResponse> {
    let page = page(stored, level, person, app, &render).await?;
    render.page(&page)
}

/// The same as a value, for the answer to "try again".
pub(super) async fn page(
    stored: &Stored,
    level: Level,
    person: &Person,
    app: &App,
    render: &Render,
) -> Result<UnreachablePage> {
    let now = app.clock.now();
    let language = render.language();
    let paused = level == Level::Paused;
    let (verdict, outlook) = verdict(stored, now);
    let state = stored.state.as_ref();
    let next_step = state.map_or("", |state| state.next_step.as_str());
    let neighbours = if paused { Neighbours::default() } else { gather::neighbours(app, person, stored).await? };
    let latest = app.live.latest(stored.server.id);
    let range = Range::of(&RangeQuery::default(), SPAN, now);
    let metrics = [Metric::CpuTotal, Metric::MemoryPercent];
    let numbers = gather::numbers(app, stored, &metrics, &range).await?;
    let reading = stored.reading(range, &numbers, &render.shell);
    let known = metrics.iter().any(|metric| numbers.line(*metric, "").is_some_and(|line| !line.points.is_empty()));
    let charts = if known { vec![declared::cpu_total(), declared::memory_percent()] } else { Vec::new() };
    let administrator = person.actor.may(Role::Administrator);
    Ok(UnreachablePage {
        about: stored.about(&render.shell.here, level),
        paused,
        verdict,
        reason: state.map(|state| state.reason.clone()).unwrap_or_default(),
        outlook,
        steps: state
            .filter(|_| !paused)
            .map(|state| ladder::of_failure(&state.reason_code, &state.reason))
            .unwrap_or_default(),
        tried_at: state.map(|state| state.checked_at),
        endpoint: format!("{}:{}", stored.server.address, stored.server.port),
        hints: hints(next_step, neighbours, language),
        may_try: !paused && person.actor.may(Role::Operator),
        csrf_token: render.shell.csrf_token.clone(),
        admin_id: administrator.then_some(stored.server.id.0),
        seen_at: gather::seen(latest.as_deref(), state),
        facts: if stored.platform.is_some() { then(stored, latest.as_deref(), level, now) } else { Vec::new() },
        charts: charts.into_iter().map(|chart| numbers.chart(chart, &reading, LARGE)).collect(),
    })
}

/// What it was when it answered last: everything but its state, which the verdict tells.
fn then(
    stored: &Stored,
    latest: Option<&crate::metrics::live::Latest>,
    level: Level,
    now: chrono::DateTime<chrono::Utc>,
) -> Vec<Fact> {
    facts(stored, latest, level, now).into_iter().filter(|fact| fact.level.is_none() && fact.label != "Up").collect()
}
