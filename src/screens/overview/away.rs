//! What the overview shows while a server does not answer, or is paused.

use actix_web::HttpResponse;

use super::facts::Fact;
use super::ladder;
use super::page::facts;
use super::unreachable::{Neighbours, UnreachablePage, last_strain, remedy, verdict};
use crate::app::App;
use crate::error::{RemoteError, Result};
use crate::metrics::catalogue::Metric;
use crate::metrics::health::{Health, Level};
use crate::models::actor::Role;
use crate::models::permission::Permission;
use crate::screens::declared;
use crate::screens::gather::{self, Stored};
use crate::screens::numbers::LARGE;
use crate::screens::power;
use crate::screens::range::{Range, RangeQuery};
use crate::web::format;
use crate::web::render::Render;
use crate::web::visitor::Person;

/// The span of its last known numbers.
const SPAN: &str = "1h";

/// The page of a server that does not answer.
pub async fn show(stored: &Stored, health: Health, person: &Person, app: &App, render: Render) -> Result<HttpResponse> {
    let page = page(stored, health, person, app, &render).await?;
    render.page(&page)
}

/// The same as a value, for the answer to "try again".
pub(super) async fn page(
    stored: &Stored,
    health: Health,
    person: &Person,
    app: &App,
    render: &Render,
) -> Result<UnreachablePage> {
    let now = app.clock.now();
    let Health { level, problem, .. } = health;
    let (state, paused) = (stored.state.as_ref(), level == Level::Paused);
    let neighbours = if paused { Neighbours::default() } else { gather::neighbours(app, person, stored).await? };
    let latest = app.live.latest(stored.server.id);
    let range = Range::of(&RangeQuery::default(), SPAN, now);
    let metrics = [Metric::CpuTotal, Metric::MemoryPercent];
    let numbers = gather::numbers(app, stored, &metrics, &range).await?;
    let reading = stored.reading(range, &numbers, &render.shell);
    let known = metrics.iter().any(|metric| numbers.line(*metric, "").is_some_and(|line| !line.points.is_empty()));
    let charts = if known { vec![declared::cpu_total(), declared::memory_percent()] } else { Vec::new() };
    let administrator = person.actor.may(Role::Administrator);
    let next_try = app.hosts.pool().next_try(stored.server.id);
    let next_try = next_try.map(|at| format::time(at, now, render.shell.time_zone, render.language()));
    let seen_at = gather::seen(latest.as_deref(), state);
    let hints = [
        problem.as_ref().map(|problem| problem.advice().next_step),
        neighbours.say(),
        last_strain(latest.as_deref()).filter(|_| !paused),
    ];
    Ok(UnreachablePage {
        about: stored.about(&render.shell.here, level),
        paused,
        verdict: verdict(stored, problem.as_ref(), next_try, now),
        reason: problem.as_ref().map(RemoteError::brief),
        power: power::why_away(app, stored, seen_at).await?,
        steps: problem.as_ref().map(ladder::of_failure).unwrap_or_default(),
        tried_at: state.filter(|_| problem.is_some()).map(|state| state.checked_at),
        endpoint: format!("{}:{}", stored.server.address, stored.server.port),
        hints: hints.into_iter().flatten().collect(),
        may_try: !paused && stored.server.credential_id.is_some() && stored.allows(&person.actor, Permission::Connect),
        waits: problem.as_ref().is_some_and(|problem| !problem.advice().retry),
        csrf_token: render.shell.csrf_token.clone(),
        admin_id: administrator.then_some(stored.server.id.0),
        remedy: remedy(problem.as_ref()),
        seen_at,
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
    facts(stored, latest, level, now)
        .into_iter()
        .filter(|fact| fact.level.is_none() && fact.label != "Uptime")
        .collect()
}
