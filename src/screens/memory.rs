//! Memory and swap over time.

use actix_web::{HttpRequest, HttpResponse, web};

use super::consumers::{Asked, By, Consumed};
use super::declared;
use super::gather::{self, Stored};
use super::history::{HistoryPage, Plan};
use super::part::Part;
use super::pressure;
use super::range::RangeQuery;
use crate::app::App;
use crate::commands::CommandType;
use crate::error::Result;
use crate::metrics::catalogue::Metric;
use crate::models::actor::Role;
use crate::web::extract::SignedIn;
use crate::web::menu::{Group, Screen};
use crate::web::render::Render;

/// Memory and swap over time.
pub static SCREEN: Screen = Screen {
    slug: "memory",
    label: "Memory",
    icon: "memory-stick",
    group: Group::Server,
    needs: &[CommandType::SampleMetrics],
    role: Role::Viewer,
    key: None,
};

const METRICS: &[Metric] = &[
    Metric::MemoryUsed,
    Metric::MemoryCached,
    Metric::MemoryPercent,
    Metric::SwapUsed,
    Metric::SwapIn,
    Metric::SwapOut,
    Metric::PressureMemory,
    Metric::PressureMemoryFull,
];

/// Memory and swap over a span of time.
///
/// `GET /servers/{server}/memory?range=24h`
pub async fn index(
    person: SignedIn,
    path: web::Path<String>,
    query: web::Query<RangeQuery>,
    app: web::Data<App>,
    request: HttpRequest,
    render: Render,
) -> Result<HttpResponse> {
    let stored = Stored::load(&app, person.actor.scope(), &path).await?;
    let (about, numbers, reading) = gather::history(&app, &stored, METRICS, &query, &render.shell).await?;
    let (installed, swap) = gather::memory_sizes(&app, &stored);
    let mut memory = declared::memory(installed);
    memory.lines.retain(|line| line.metric != Metric::SwapUsed);
    let mut charts = vec![memory, declared::memory_percent(), declared::swap(swap)];
    // Without swap space nothing is swapped, and nothing is told of it.
    if numbers.seconds_of(Metric::SwapOut).is_some() {
        charts.push(declared::swapping());
    }
    let (chart, why_not) = pressure::chart(declared::memory_pressure(), &numbers, Metric::MemoryUsed);
    charts.extend(chart);
    let plan = Plan::default().with("", charts).with_note(why_not);
    let mut page = HistoryPage::new(SCREEN.label, about, plan, &numbers, &reading);
    let part = Part::of(&request);
    if part.includes("consumers") {
        let asked = Asked {
            path: &page.about.here_path,
            range: &reading.range,
            at: query.at,
            part,
            answers: page.about.away.is_none(),
        };
        page.consumers = Some(Consumed::load(&app, &stored, &person.actor, (By::Memory, asked)).await?);
    }
    page.answer(part, render)
}
